// The graph as the page was given it, with what is looked up again and again: neighbours, gradients, alerts.
// Nodes are numbered by their place in the topological order; the ids of the file stay inside this file.

function readGraph(json) {
  const sorted = [...json.nodes].sort((a, b) => a.id - b.id);
  const place = new Map(sorted.map((node, index) => [node.id, index]));
  const nodes = sorted.map((node, index) => ({
    ...node,
    index,
    key: `n${index}`,
    inputs: [], // edges that end here, by slot
    outputs: [], // edges that begin here
    gradient: node.grad,
  }));
  for (const [tail, head, slot] of json.edges) {
    const edge = { tail: place.get(tail), head: place.get(head), slot };
    nodes[edge.tail].outputs.push(edge);
    nodes[edge.head].inputs.push(edge);
  }
  for (const node of nodes) node.inputs.sort((a, b) => a.slot - b.slot);
  markBackward(nodes);
  nameNodes(nodes);
  const steps = readSteps(json.steps, nodes, place);
  for (const node of nodes) node.alert = hasAlert(node.value) || hasAlert(node.gradient);
  return { nodes, steps, folded: new Set(json.folded ?? []) };
}

/** What a module does backwards stands in a frame of its own, called like the module: "∂ encoder". */
function markBackward(nodes) {
  for (const node of nodes) {
    const forGradients = node.kind === "constant" && node.outputs.length > 0;
    const isBackward =
      node.kind === "gradient" ||
      (forGradients && node.outputs.every(({ head }) => nodes[head].kind === "gradient"));
    if (isBackward && node.scope.length) node.scope = [`∂ ${node.scope[0]}`, ...node.scope.slice(1)];
  }
}

function readSteps(steps, nodes, place) {
  if (!steps) return null;
  const forward = steps.forward.map(({ node, value }) => {
    nodes[place.get(node)].value ??= value;
    return { node: place.get(node), value };
  });
  const backward = steps.backward.map(({ node, adjoint, gives }) => {
    // What the sweep finds, not what .grad has gathered over several of them.
    nodes[place.get(node)].gradient = adjoint ?? nodes[place.get(node)].gradient;
    return {
      node: place.get(node),
      adjoint,
      gives: gives.map((give) => ({ ...give, to: place.get(give.to) })),
    };
  });
  return { forward, backward };
}

/** Whether a summary holds NaN or an infinity. */
function hasAlert(summary) {
  if (!summary) return false;
  return "number" in summary ? typeof summary.number === "string" : summary.nan > 0 || summary.inf > 0;
}
