// A layered layout of boxes and links, without knowing what they stand for: ranks by longest path, then order,
// then positions. A long link bends at every rank it passes; all links of one origin share their bends, so that
// a value used in many places runs down beside the graph like a bus.

const GAP = 22; // between neighbours
const RANK_GAP = 34; // between ranks, at least
const PORT_GAP = 16; // the same beside a rank of ports only
const BENDS_AT_MOST = 40000; // beyond that the longest links are drawn straight, behind everything

/**
 * `sizes`: { w, h, pin } per box, pin "top" or "bottom" for ports. `links`: { tail, head, tailPort, headPort },
 * ports { x } measured from the box's middle, or null. Returns { xs, ys, w, h }, centres with the origin at the
 * top left, and gives every link its `route`, a flat list x, y, x, y, ... from the tail's edge to the head's.
 */
function layOut(sizes, links) {
  const count = sizes.length;
  if (!count) return { xs: [], ys: [], w: 0, h: 0 };
  const rank = rankBoxes(sizes, links);
  const widths = sizes.map(({ w }) => w);
  const above = sizes.map(() => []);
  const below = sizes.map(() => []);
  const isLeaf = findLeaves(sizes, links);
  const chains = addBends(links, rank, widths, above, below, isLeaf);
  const layers = initialLayers(rank, above);
  orderLayers(layers, above, below);
  const weights = widths.map((_, v) => (v >= count ? 0.3 : isLeaf[v] ? 0.01 : 1));
  const xs = placeLayers(layers, above, below, widths, weights, chains, GAP);
  const left = layers.reduce(
    (least, layer) => Math.min(least, xs[layer[0]] - widths[layer[0]] / 2),
    Infinity,
  );
  for (let v = 0; v < xs.length; v++) xs[v] -= left;
  const rows = placeRows(layers, sizes, below, xs, widths);
  const ys = sizes.map((_, v) => (rows.top[rank[v]] + rows.bottom[rank[v]]) / 2);
  spreadEnds(sizes, links, xs);
  for (const link of links) link.route = routeOf(link, sizes, xs, ys, rank, rows);
  const right = layers.reduce((most, layer) => {
    const last = layer[layer.length - 1];
    return Math.max(most, xs[last] + widths[last] / 2);
  }, 0);
  return { xs: xs.subarray(0, count), ys, w: right, h: rows.bottom[rows.bottom.length - 1] };
}

/**
 * The longest path to each box, then as far down towards its uses as that makes edges shorter: leaves, and what is
 * made of leaves alone (the transpose of a parameter), stand right above where they are used.
 */
function rankBoxes(sizes, links) {
  const rank = new Array(sizes.length).fill(0);
  const heads = sizes.map(() => []);
  const tails = sizes.map(() => []);
  for (const { tail, head } of links) {
    heads[tail].push(head);
    tails[head].push(tail);
  }
  const order = topologicalOrder(heads, tails);
  const held = new Array(sizes.length).fill(0); // inputs that come from a port, and cannot come along
  for (const v of order) {
    for (const tail of tails[v]) {
      rank[v] = Math.max(rank[v], rank[tail] + 1);
      if (held[tail] || sizes[tail].pin) held[v] += 1;
    }
  }
  for (const v of order.reverse()) {
    if (sizes[v].pin === "top" || !heads[v].length || (held[v] && held[v] >= heads[v].length)) continue;
    rank[v] = heads[v].reduce((low, head) => Math.min(low, rank[head]), Infinity) - 1;
  }
  const deepest = rank.reduce((a, b) => Math.max(a, b), 0);
  const inner = sizes.some(({ pin }, v) => pin !== "bottom" && rank[v] === deepest);
  sizes.forEach(({ pin }, v) => {
    if (pin === "bottom") rank[v] = deepest + (inner ? 1 : 0);
  });
  return rank;
}

function topologicalOrder(heads, tails) {
  const waiting = tails.map((list) => list.length);
  const order = [];
  waiting.forEach((count, v) => count === 0 && order.push(v));
  for (let i = 0; i < order.length; i++) {
    for (const head of heads[order[i]]) if (--waiting[head] === 0) order.push(head);
  }
  return order;
}

/** Parameters, inputs, constants: what nothing leads to, and no frame lets in. */
function findLeaves(sizes, links) {
  const isLeaf = sizes.map(({ pin }) => !pin);
  for (const { head } of links) isLeaf[head] = false;
  return isLeaf;
}

/**
 * What the chain of operations is drawn by: it runs straight down, while leaves and skips stand beside it. So an
 * edge that begins at a leaf or at a bend hardly pulls at a box.
 */
function pullOf(upper, lower, isLeaf) {
  if (isLeaf[upper]) return 0.002;
  const isBend = (v) => v >= isLeaf.length;
  return isBend(upper) !== isBend(lower) ? 0.1 : 1;
}

function addBends(links, rank, widths, above, below, isLeaf) {
  const chains = new Map(); // per origin (box and port): the bends below it, rank by rank
  const join = (upper, lower, upperPort, lowerPort) => {
    const at = upperPort ? upperPort.x / widths[upper] : 0;
    const from = lowerPort ? lowerPort.x / widths[lower] : 0;
    const weight = pullOf(upper, lower, isLeaf);
    below[upper].push({ to: lower, at: from, from: at, weight });
    above[lower].push({ to: upper, at, from, weight });
  };
  const span = (link) => rank[link.head] - rank[link.tail];
  for (const link of [...links].sort((a, b) => span(a) - span(b))) {
    const origin = link.tailPort ?? link.tail;
    if (!chains.has(origin)) chains.set(origin, []);
    const chain = chains.get(origin);
    const bends = span(link) - 1;
    link.bends = [];
    if (bends > chain.length && rank.length + bends - chain.length > BENDS_AT_MOST) continue;
    while (chain.length < bends) {
      const bend = rank.length;
      rank.push(rank[link.tail] + chain.length + 1);
      widths.push(2);
      above.push([]);
      below.push([]);
      if (chain.length) join(chain[chain.length - 1], bend, null, null);
      else join(link.tail, bend, link.tailPort, null);
      chain.push(bend);
    }
    link.bends = chain.slice(0, bends);
    if (bends) join(chain[bends - 1], link.head, null, link.headPort);
    else join(link.tail, link.head, link.tailPort, link.headPort);
  }
  return [...chains.values()].filter((chain) => chain.length);
}

/** The ranks' tops and bottoms; further apart where an edge has far to go sideways, so that none lies flat. */
function placeRows(layers, sizes, below, xs, widths) {
  const top = [];
  const bottom = [];
  let y = 0;
  layers.forEach((layer, r) => {
    const height = layer.reduce((most, v) => Math.max(most, sizes[v]?.h ?? 0), 0);
    top.push(y);
    bottom.push(y + height);
    let sideways = 0;
    for (const v of layer) {
      for (const { to, at, from } of below[v]) {
        sideways = Math.max(sideways, Math.abs(xs[to] + at * widths[to] - xs[v] - from * widths[v]));
      }
    }
    const ports = [layer, layers[r + 1] ?? layer].some((some) => some.every((v) => sizes[v]?.pin));
    y += height + Math.min(96, Math.max(ports ? PORT_GAP : RANK_GAP, sideways * 0.11));
  });
  return { top, bottom };
}

/** Arrows into one box end side by side along its top, straight below where they come from if that is possible. */
function spreadEnds(sizes, links, xs) {
  const arriving = sizes.map(() => []);
  for (const link of links) {
    link.end = link.headPort ? link.headPort.x : 0;
    if (!link.headPort && !sizes[link.head].pin) arriving[link.head].push(link);
  }
  arriving.forEach((group, head) => {
    const from = (link) =>
      link.bends.length ? xs[link.bends.at(-1)] : xs[link.tail] + (link.tailPort?.x ?? 0);
    group.sort((a, b) => from(a) - from(b));
    const reach = Math.max(0, sizes[head].w / 2 - 12);
    const gap = Math.min(14, (2 * reach) / Math.max(1, group.length - 1));
    const wanted = group.map((link) => Math.min(reach, Math.max(-reach, from(link) - xs[head])));
    const ends = separate(
      wanted,
      wanted.map(() => 1),
      wanted.map(() => 0),
      gap,
    );
    const last = group.length - 1;
    group.forEach((link, i) => {
      link.end = Math.max(i * gap - reach, Math.min(reach - (last - i) * gap, ends[i]));
    });
  });
}

/** Straight down within a rank, so that no box is cut; sideways only between ranks. */
function routeOf(link, sizes, xs, ys, rank, rows) {
  const { tail, head } = link;
  const x0 = xs[tail] + (link.tailPort?.x ?? 0);
  const x1 = xs[head] + link.end;
  const route = [x0, ys[tail] + sizes[tail].h / 2];
  const add = (x, y) => {
    if (y > route[route.length - 1] + 0.5) route.push(x, y);
  };
  add(x0, rows.bottom[rank[tail]]);
  for (const bend of link.bends) {
    route.push(xs[bend], rows.top[rank[bend]]);
    add(xs[bend], rows.bottom[rank[bend]]);
  }
  route.push(x1, rows.top[rank[head]]);
  add(x1, ys[head] - sizes[head].h / 2);
  return route;
}
