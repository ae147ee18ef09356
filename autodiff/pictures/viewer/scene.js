// What is drawn at present: the boxes that are not inside a folded module, the wires between them, the frames of
// open modules. Folding makes a new scene; nothing else does.

const TITLE_FONT = `600 13px ${fontFamily()}`;
const LINE_FONT = `12px ${fontFamily()}`;
const LABEL_FONT = `600 12px ${fontFamily()}`;
const TITLE_HEIGHT = 18;
const LINE_HEIGHT = 16;
const PADDING = { x: 12, y: 7 };
const LONGEST = 30; // characters of a line; the details show the whole

function fontFamily() {
  return getComputedStyle(document.body).fontFamily;
}

const textWidth = (() => {
  const context = document.createElement("canvas").getContext("2d");
  const known = new Map();
  return (text, font) => {
    const key = font + text;
    if (!known.has(key)) {
      context.font = font;
      known.set(key, context.measureText(text).width);
    }
    return known.get(key);
  };
})();

const shortened = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);

/** { boxes, wires, frames, boxOf, bounds }; `anchor` is the module that stays where it is on the screen. */
function makeScene(graph, root, anchor) {
  const boxes = [];
  const frames = [];
  const boxOf = new Array(graph.nodes.length);
  const stack = [root];
  while (stack.length) {
    const module = stack.pop();
    for (const index of module.nodes) boxes.push((boxOf[index] = nodeBox(graph, graph.nodes[index], module)));
    for (const child of module.children) {
      if (child.open) {
        child.labelWidth = textWidth(child.name, LABEL_FONT) + 56;
        frames.push(child);
        stack.push(child);
      } else {
        const box = moduleBox(child);
        boxes.push(box);
        for (const index of child.every) boxOf[index] = box;
      }
    }
  }
  const wires = makeWires(graph, boxOf);
  const before = anchor && { x: anchor.x, y: anchor.y - anchor.h / 2 };
  layOutNested(root, boxes, wires);
  for (const box of boxes)
    if (box.module) Object.assign(box.module, { x: box.x, y: box.y, w: box.w, h: box.h });
  if (before) shift(boxes, frames, wires, before.x - anchor.x, before.y - (anchor.y - anchor.h / 2));
  for (const wire of wires) wire.bounds = routeBounds(wire.route);
  return { boxes, wires, frames, boxOf, bounds: boundsOf(boxes, frames) };
}

function makeWires(graph, boxOf) {
  const wires = new Map();
  const number = new Map();
  for (const box of boxOf) if (!number.has(box)) number.set(box, number.size);
  for (const node of graph.nodes) {
    for (const edge of node.inputs) {
      const [tail, head] = [boxOf[edge.tail], boxOf[edge.head]];
      if (tail === head) continue;
      const key = number.get(tail) * number.size + number.get(head);
      if (!wires.has(key)) wires.set(key, { key: `${tail.key}>${head.key}`, tail, head });
    }
  }
  return [...wires.values()];
}

function nodeBox(graph, node, parent) {
  const box = { key: node.key, node, parent, kind: node.kind, alert: node.alert, x: 0, y: 0 };
  box.title = shortened(titleOf(node, parent));
  if (node.times > 1) box.title += ` ×${node.times}`;
  box.lines = linesOf(node);
  const widths = box.lines.map(({ role, text }) => {
    const wide = textWidth(text, LINE_FONT);
    return graph.steps && role === "shape" ? Math.max(wide, 84) : wide; // room for a norm while stepping
  });
  const mark = node.saved?.length ? 8 : 0; // room for the dot in the corner
  box.w = Math.max(40, textWidth(box.title, TITLE_FONT) + mark, ...widths) + 2 * PADDING.x;
  box.h = TITLE_HEIGHT + LINE_HEIGHT * box.lines.length + 2 * PADDING.y;
  return box;
}

/** A name without the path of the frame it stands in. */
function titleOf(node, parent) {
  const prefix = parent.path.length ? `${parent.path.join(".")}.` : "";
  if (node.kind === "parameter" && node.name)
    return node.name.startsWith(prefix) ? node.name.slice(prefix.length) : node.name;
  return node.name && node.op && !node.title.includes(node.name) ? `${node.title}  ${node.name}` : node.title;
}

/** The lines below the title: { role, text }; the stepper replaces the text while a sweep is shown. */
function linesOf(node) {
  if (node.kind === "constant" && !node.shape?.length) return [];
  const isNumber = node.value && "number" in node.value;
  if (!isNumber) return node.shape ? [{ role: "shape", text: shapeText(node.shape) }] : [];
  const lines = [{ role: "value", text: numberText(node.value.number) }];
  if (node.gradient && "number" in node.gradient) {
    lines.push({ role: "gradient", text: `∂ ${numberText(node.gradient.number)}` });
  }
  return lines;
}

function moduleBox(module) {
  const lines = [{ role: "count", text: plural(module.operations, "operation") }];
  if (module.parameterCount) lines.push({ role: "count", text: plural(module.parameterCount, "parameter") });
  const title = shortened(module.name);
  const widths = lines.map(({ text }) => textWidth(text, LINE_FONT));
  return {
    key: module.key,
    module,
    parent: module.parent,
    kind: "module",
    alert: module.alert,
    title,
    lines,
    w: Math.max(textWidth(title, TITLE_FONT) + 22, ...widths) + 2 * PADDING.x + 8,
    h: TITLE_HEIGHT + LINE_HEIGHT * lines.length + 2 * PADDING.y + 4,
    x: 0,
    y: 0,
  };
}

function shift(boxes, frames, wires, dx, dy) {
  for (const thing of [...boxes, ...frames]) {
    thing.x += dx;
    thing.y += dy;
  }
  for (const { module } of boxes) {
    if (module) {
      module.x += dx;
      module.y += dy;
    }
  }
  for (const { route } of wires) {
    for (let i = 0; i < route.length; i += 2) {
      route[i] += dx;
      route[i + 1] += dy;
    }
  }
}

function routeBounds(route) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < route.length; i += 2) {
    left = Math.min(left, route[i]);
    right = Math.max(right, route[i]);
    top = Math.min(top, route[i + 1]);
    bottom = Math.max(bottom, route[i + 1]);
  }
  return { left, top, right, bottom };
}

function boundsOf(boxes, frames) {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const { x, y, w, h } of [...boxes, ...frames]) {
    left = Math.min(left, x - w / 2);
    right = Math.max(right, x + w / 2);
    top = Math.min(top, y - h / 2);
    bottom = Math.max(bottom, y + h / 2);
  }
  return left > right ? { left: 0, top: 0, right: 1, bottom: 1 } : { left, top, right, bottom };
}

// How many boxes a page opens with, at most: levels of modules are opened as long as fewer are on the screen.
// What the graph's maker folded stays folded.
const OPEN_AT_MOST = 60;
const SMALL = 150;

function openAtFirst(graph, root) {
  const modules = walkModules(root).filter((module) => !graph.folded.has(module.path.join(".")));
  const all = graph.nodes.length <= SMALL;
  const deepest = modules.reduce((most, module) => Math.max(most, module.depth), 0);
  for (let depth = 1; depth <= deepest; depth++) {
    const level = modules.filter((module) => module.depth === depth);
    for (const module of level) module.open = true;
    if (!all && countVisible(root) > OPEN_AT_MOST) {
      for (const module of level) module.open = false;
      break;
    }
  }
}

function countVisible(root) {
  let count = 0;
  const stack = [root];
  while (stack.length) {
    const module = stack.pop();
    count += module.nodes.length;
    for (const child of module.children) {
      if (child.open) stack.push(child);
      else count += 1;
    }
  }
  return count;
}
