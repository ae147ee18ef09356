// What nodes are called, and the formula of each, as Graph.table writes them: "v3 = v1 + v2".

const INFIX = new Set(["+", "-", "*", "/", "//", "%", "^", "@"]);
const FORMS = { neg: (x) => `-${x}`, reciprocal: (x) => `1 / ${x}`, square: (x) => `${x} ^ 2` };

/**
 * Give every node its `label`: its name; else v1, v2, ... for operations, c1, ... for data, x1, ... for leaves.
 * A constant without a name that is one number is called by that number.
 */
function nameNodes(nodes) {
  const taken = new Set(nodes.map(({ name }) => name));
  const counts = { v: 0, c: 0, x: 0 };
  for (const node of nodes) {
    node.isNumber =
      !node.op && !node.name && node.kind === "constant" && typeof node.value?.number === "number";
    if (node.name) node.label = node.name;
    else if (node.isNumber) node.label = node.title.startsWith("-") ? `(${node.title})` : node.title;
    else {
      const letter = node.op ? "v" : node.kind === "constant" ? "c" : "x";
      do node.label = `${letter}${++counts[letter]}`;
      while (taken.has(node.label));
    }
  }
}

/** A label where room is scarce: of a long path only the end tells one from another. */
function shortLabel({ label }) {
  const parts = label.split(".");
  return parts.length > 2 && label.length > 12 ? `…${parts.slice(-2).join(".")}` : label;
}

/** A node as a formula of its inputs: "v3 * w", "exp(v4)". */
function formula(graph, node, labelOf = ({ label }) => label) {
  if (!node.op) return node.kind;
  const labels = node.inputs.map((edge) => labelOf(graph.nodes[edge.tail]));
  if (labels.length === 2 && INFIX.has(node.title)) return `${labels[0]} ${node.title} ${labels[1]}`;
  if (node.op in FORMS && labels.length === 1) return FORMS[node.op](labels[0]);
  if (node.arguments) labels.push(node.arguments);
  return `${/^[A-Za-z_]\w*$/.test(node.title) ? node.title : node.op}(${labels.join(", ")})`;
}
