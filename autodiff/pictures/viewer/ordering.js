// Who stands beside whom within a rank, so that few edges cross: the barycentre heuristic of Sugiyama, Tagawa and
// Toda, "Methods for visual understanding of hierarchical system structures" (1981).

const ORDER_SWEEPS = 12;

/**
 * Sort the layers' vertices in place. `above[v]` and `below[v]` list { to, at, from }: the neighbour, and where
 * along it (-1/2 ... 1/2 of its width) and along v the edge ends.
 */
function orderLayers(layers, above, below) {
  const place = new Int32Array(above.length);
  const number = () => {
    for (const layer of layers) for (let i = 0; i < layer.length; i++) place[layer[i]] = i;
  };
  number();
  let fewest = countCrossings(layers, below, place);
  let best = layers.map((layer) => layer.slice());
  const keys = new Float64Array(above.length);
  for (let sweep = 0; sweep < ORDER_SWEEPS && fewest; sweep++) {
    const neighbours = sweep % 2 ? below : above;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[sweep % 2 ? layers.length - 1 - i : i];
      for (const v of layer) {
        let sum = 0;
        for (const edge of neighbours[v]) sum += place[edge.to] + edge.at - edge.from;
        keys[v] = neighbours[v].length ? sum / neighbours[v].length : place[v];
      }
      layer.sort((a, b) => keys[a] - keys[b] || place[a] - place[b]);
      for (let k = 0; k < layer.length; k++) place[layer[k]] = k;
    }
    const crossings = countCrossings(layers, below, place);
    if (crossings < fewest) {
      fewest = crossings;
      best = layers.map((layer) => layer.slice());
    }
  }
  for (let i = 0; i < layers.length; i++) layers[i] = best[i];
}

/** The pairs of edges that cross, counted with a Fenwick tree per pair of ranks. */
function countCrossings(layers, below, place) {
  let total = 0;
  for (let r = 0; r + 1 < layers.length; r++) {
    const tree = new Int32Array(layers[r + 1].length + 1);
    let passed = 0;
    for (const v of layers[r]) {
      for (const { to } of below[v]) {
        let before = 0;
        for (let i = place[to] + 1; i; i -= i & -i) before += tree[i];
        total += passed - before;
      }
      for (const { to } of below[v]) {
        for (let i = place[to] + 1; i < tree.length; i += i & -i) tree[i] += 1;
      }
      passed += below[v].length;
    }
  }
  return total;
}

/** The vertices layer by layer, those that lead to one another close together, inputs in their order. */
function initialLayers(rank, above) {
  const layers = Array.from({ length: 1 + rank.reduce((a, b) => Math.max(a, b), -1) }, () => []);
  const seen = new Uint8Array(rank.length);
  const roots = rank.map((_, v) => v).sort((a, b) => rank[b] - rank[a] || a - b);
  for (const root of roots) {
    const stack = [root];
    while (stack.length) {
      const v = stack.pop();
      if (seen[v]) continue;
      seen[v] = 1;
      layers[rank[v]].push(v);
      for (let i = above[v].length - 1; i >= 0; i--) stack.push(above[v][i].to);
    }
  }
  return layers;
}
