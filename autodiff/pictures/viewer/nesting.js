// Layout of modules within modules. Every open module is laid out for itself, innermost first, and is then one box
// of the module around it: frames cannot overlap, and folding one part leaves the rest as it was.
// An edge that crosses a frame passes through a port: one per origin on top, one per origin at the bottom.

const FRAME = { side: 16, top: 34, bottom: 16 };

/** Give boxes { x, y }, open modules { x, y, w, h } (all by their middle) and wires { route }. */
function layOutNested(root, boxes, wires) {
  const plans = new Map();
  const planOf = (module) => {
    if (!plans.has(module))
      plans.set(module, { module, items: [], place: new Map(), links: new Map(), ports: new Map() });
    return plans.get(module);
  };
  collectItems(root, boxes, planOf);
  for (const wire of wires) wire.parts = splitWire(wire, planOf);
  const inward = [...plans.values()].sort((a, b) => a.module.depth - b.module.depth);
  for (const plan of [...inward].reverse()) layOutModule(plan, plan.module === root);
  root.x = root.w / 2;
  root.y = root.h / 2;
  for (const plan of inward) placeInside(plan);
  for (const wire of wires) joinRoutes(wire);
}

function collectItems(root, boxes, planOf) {
  const add = (thing) => {
    const plan = planOf(thing.parent);
    plan.place.set(thing, plan.items.length);
    plan.items.push(thing);
  };
  const first = (thing) => (thing.node ? thing.node.index : (thing.module ?? thing).every[0]);
  const open = [];
  const stack = [root];
  while (stack.length) {
    const module = stack.pop();
    planOf(module);
    for (const child of module.children) {
      if (child.open) {
        open.push(child);
        stack.push(child);
      }
    }
  }
  for (const thing of [...boxes, ...open].sort((a, b) => first(a) - first(b))) add(thing);
}

/** The links that a wire consists of: out of the frames around its tail, across, into those around its head. */
function splitWire(wire, planOf) {
  const out = framesAround(wire.tail);
  const into = framesAround(wire.head);
  while (out.length && into.length && out.at(-1) === into.at(-1)) {
    out.pop();
    into.pop();
  }
  const parts = [];
  let tail = wire.tail;
  let tailPort = null;
  for (const module of out) {
    const plan = planOf(module);
    const port = portOf(plan, "bottom", wire.tail);
    parts.push([plan, linkOf(plan, plan.place.get(tail), tailPort, plan.place.get(port), null)]);
    [tail, tailPort] = [module, port];
  }
  let head = wire.head;
  let headPort = null;
  const inner = [];
  for (const module of into) {
    const plan = planOf(module);
    const port = portOf(plan, "top", wire.tail);
    inner.push([plan, linkOf(plan, plan.place.get(port), null, plan.place.get(head), headPort)]);
    [head, headPort] = [module, port];
  }
  const plan = planOf(tail.parent);
  parts.push([plan, linkOf(plan, plan.place.get(tail), tailPort, plan.place.get(head), headPort)]);
  return [...parts, ...inner.reverse()];
}

/** The open modules around a box, innermost first, without the root. */
function framesAround(thing) {
  const found = [];
  for (let module = thing.parent; module.parent; module = module.parent) found.push(module);
  return found;
}

function portOf(plan, pin, origin) {
  const key = `${pin} ${origin.key}`;
  if (!plan.ports.has(key)) {
    const port = { key, pin, w: 2, h: 0, x: 0 };
    plan.ports.set(key, port);
    plan.place.set(port, plan.items.length);
    plan.items.push(port);
  }
  return plan.ports.get(key);
}

function linkOf(plan, tail, tailPort, head, headPort) {
  const key = `${tail} ${tailPort?.key} ${head} ${headPort?.key}`;
  if (!plan.links.has(key)) plan.links.set(key, { tail, head, tailPort, headPort });
  return plan.links.get(key);
}

function layOutModule(plan, bare) {
  const { module, items } = plan;
  const { xs, ys, w, h } = layOut(items, [...plan.links.values()]);
  const pad = bare ? { side: 0, top: 0, bottom: 0 } : FRAME;
  module.w = Math.max(w + 2 * pad.side, bare ? 0 : module.labelWidth);
  module.h = h + pad.top + pad.bottom;
  plan.inset = { x: (module.w - w) / 2, y: pad.top };
  plan.xs = xs;
  plan.ys = ys;
  for (const port of plan.ports.values()) port.x = plan.inset.x + xs[plan.place.get(port)] - module.w / 2;
}

function placeInside(plan) {
  const { module, inset } = plan;
  plan.left = module.x - module.w / 2 + inset.x;
  plan.top = module.y - module.h / 2 + inset.y;
  plan.items.forEach((item, i) => {
    if (item.pin) return;
    item.x = plan.left + plan.xs[i];
    item.y = plan.top + plan.ys[i];
  });
}

function joinRoutes(wire) {
  wire.route = [];
  for (const [plan, link] of wire.parts) {
    for (let i = 0; i < link.route.length; i += 2)
      wire.route.push(plan.left + link.route[i], plan.top + link.route[i + 1]);
  }
  delete wire.parts;
}
