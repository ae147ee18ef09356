// Where the vertices of ordered layers stand from left to right: as near to their neighbours' mean as they can
// without overlapping. That is isotonic regression, solved exactly layer by layer by pooling adjacent violators.

const POSITION_SWEEPS = 12;

/**
 * `weights` say how much it counts that a vertex is off its place; those of the edges, what its place is. `chains`
 * are the bends of long edges.
 */
function placeLayers(layers, above, below, widths, weights, chains, gap) {
  const xs = new Float64Array(widths.length);
  for (const layer of layers) {
    let x = 0;
    for (const v of layer) {
      xs[v] = x + widths[v] / 2;
      x += widths[v] + gap;
    }
  }
  for (let sweep = 0; sweep < POSITION_SWEEPS; sweep++) {
    const downward = sweep % 2 === 0;
    const neighbours = downward ? above : below;
    const last = sweep >= POSITION_SWEEPS - 2;
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[downward ? i : layers.length - 1 - i];
      const wanted = layer.map((v) =>
        wantedPlace(v, xs, widths, last ? [above[v], below[v]] : [neighbours[v]]),
      );
      const placed = separate(
        wanted,
        layer.map((v) => weights[v]),
        layer.map((v) => widths[v]),
        gap,
      );
      for (let k = 0; k < layer.length; k++) xs[layer[k]] = placed[k];
    }
  }
  straighten(layers, chains, widths, xs, gap);
  return xs;
}

/** The mean of where the edges would run straight; the last sweeps look both ways, to settle in between. */
function wantedPlace(v, xs, widths, sides) {
  let sum = 0;
  let total = 0;
  for (const side of sides) {
    for (const { to, at, from, weight } of side) {
      sum += weight * (xs[to] + at * widths[to] - from * widths[v]);
      total += weight;
    }
  }
  return total ? sum / total : xs[v];
}

/** The positions nearest to `wanted` (weighted least squares) that keep the order and the distance. */
function separate(wanted, weights, widths, gap) {
  const blocks = []; // neighbours that touch, and move as one
  const shifts = [];
  let shift = 0;
  for (let i = 0; i < wanted.length; i++) {
    if (i) shift += widths[i - 1] / 2 + gap + widths[i] / 2;
    shifts.push(shift);
    const block = { mean: wanted[i] - shift, weight: weights[i], size: 1 };
    while (blocks.length && blocks[blocks.length - 1].mean > block.mean) {
      const { mean, weight, size } = blocks.pop();
      block.mean = (block.mean * block.weight + mean * weight) / (block.weight + weight);
      block.weight += weight;
      block.size += size;
    }
    blocks.push(block);
  }
  return blocks.flatMap(({ mean, size }) => new Array(size).fill(mean)).map((mean, i) => mean + shifts[i]);
}

/** Let long edges run straight as far as the free space beside them allows. */
function straighten(layers, chains, widths, xs, gap) {
  const place = new Map();
  layers.forEach((layer) => layer.forEach((v, i) => place.set(v, [layer, i])));
  const free = (v) => {
    const [layer, i] = place.get(v);
    const [before, after] = [layer[i - 1], layer[i + 1]];
    const low = before === undefined ? -Infinity : xs[before] + (widths[before] + widths[v]) / 2 + gap;
    const high = after === undefined ? Infinity : xs[after] - (widths[after] + widths[v]) / 2 - gap;
    return [low - 0.01, high + 0.01];
  };
  for (const chain of [...chains, ...chains]) {
    let begin = 0;
    while (begin < chain.length) {
      let [low, high] = free(chain[begin]);
      let end = begin + 1;
      for (; end < chain.length; end++) {
        const [lower, upper] = free(chain[end]);
        if (Math.max(low, lower) > Math.min(high, upper)) break;
        [low, high] = [Math.max(low, lower), Math.min(high, upper)];
      }
      const run = chain.slice(begin, end);
      const mean = run.reduce((sum, v) => sum + xs[v], 0) / run.length;
      for (const v of run) xs[v] = Math.min(high, Math.max(low, mean));
      begin = end;
    }
  }
}
