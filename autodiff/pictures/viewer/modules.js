// The tree of modules, read off the nodes' scopes.
//
// A scope that is left and entered again (a recurrent cell, a shared layer) cannot be one box: an arrow would lead
// out of it and back into it. Where that happens the scope becomes one module per call.

/** The root of the tree: { path, name, parent, children, nodes, every, open, depth, key }. */
function buildModules(graph) {
  const root = newModule([], "", null, "");
  root.open = true;
  root.every = graph.nodes.map((node) => node.index);
  const stack = [root];
  while (stack.length) {
    const module = stack.pop();
    const groups = groupByScope(graph, module);
    const calls = splitCalls(graph, module.every, groups);
    const counts = new Map();
    for (const { name } of calls.values()) counts.set(name, (counts.get(name) ?? 0) + 1);
    const seen = new Map();
    for (const [key, call] of calls) {
      // A frame around one node says nothing that its details don't say.
      if (call.nodes.length === 1) {
        module.nodes.push(call.nodes[0]);
        continue;
      }
      const child = newModule([...module.path, call.name], call.name, module, `${module.key}/${key}`);
      const number = (seen.get(call.name) ?? 0) + 1;
      seen.set(call.name, number);
      if (counts.get(call.name) > 1) child.name = `${call.name} #${number}`;
      child.every = call.nodes;
      module.children.push(child);
      stack.push(child);
    }
    module.nodes.sort((a, b) => a - b);
    for (const index of module.nodes) graph.nodes[index].parent = module;
  }
  for (const module of walkModules(root)) countInside(graph, module);
  return root;
}

function newModule(path, name, parent, key) {
  const depth = parent ? parent.depth + 1 : 0;
  return { path, name, parent, key: key || "m", depth, children: [], nodes: [], every: [], open: false };
}

function countInside(graph, module) {
  const inside = module.every.map((index) => graph.nodes[index]);
  module.operations = inside.filter((n) => n.op || n.kind === "module").length;
  module.parameters = new Map();
  for (const node of inside) {
    if (node.kind === "parameter" && node.shape) {
      module.parameters.set(
        node.name || node.key,
        node.shape.reduce((a, b) => a * b, 1),
      );
    }
  }
  module.parameterCount = [...module.parameters.values()].reduce((a, b) => a + b, 0);
  module.alert = inside.some((n) => n.alert);
}

/** All modules below `root`, each before its children; the root itself is left out. */
function walkModules(root) {
  const found = [];
  const stack = [...root.children].reverse();
  while (stack.length) {
    const module = stack.pop();
    found.push(module);
    for (let i = module.children.length - 1; i >= 0; i--) stack.push(module.children[i]);
  }
  return found;
}

/** Which child of `module` each of its nodes belongs to: a Map from node to name; its own nodes are put aside. */
function groupByScope(graph, module) {
  const depth = module.path.length;
  const groups = new Map();
  for (const index of module.every) {
    const scope = graph.nodes[index].scope;
    if (scope.length > depth) groups.set(index, scope[depth]);
    else module.nodes.push(index);
  }
  return groups;
}

/** Groups whose contraction leaves no cycle: Map from key to { name, nodes }. */
function splitCalls(graph, every, groups) {
  const item = (index) => groups.get(index) ?? index;
  const cyclic = onCycles(graph, every, item);
  const calls = cyclic.size ? numberCalls(graph, every, item, cyclic) : null;
  const found = new Map();
  for (const index of every) {
    const name = groups.get(index);
    if (name === undefined) continue;
    const key = calls && cyclic.has(name) ? `${name}@${calls.get(index)}` : name;
    if (!found.has(key)) found.set(key, { name, nodes: [] });
    found.get(key).nodes.push(index);
  }
  return found;
}

/** The items (module names, single nodes) that are on a cycle, or between two, once modules are contracted. */
function onCycles(graph, every, item) {
  const inside = new Set(every);
  let rest = new Set(every.map(item));
  for (const [from, to] of [
    ["tail", "head"],
    ["head", "tail"],
  ]) {
    const blocked = new Map();
    const next = new Map();
    for (const index of every) {
      for (const edge of graph.nodes[index].inputs) {
        if (!inside.has(edge.tail)) continue;
        const [a, b] = [item(edge[from]), item(edge[to])];
        if (a === b || !rest.has(a) || !rest.has(b)) continue;
        blocked.set(b, (blocked.get(b) ?? 0) + 1);
        if (!next.has(a)) next.set(a, []);
        next.get(a).push(b);
      }
    }
    const free = [...rest].filter((x) => !blocked.get(x));
    while (free.length) {
      const x = free.pop();
      rest.delete(x);
      for (const y of next.get(x) ?? []) {
        blocked.set(y, blocked.get(y) - 1);
        if (!blocked.get(y)) free.push(y);
      }
    }
  }
  return rest;
}

/**
 * A number per node such that every edge between different items leads to a higher one: as early as the inputs
 * allow, then moved as late as the uses allow, so that what a call prepares ahead stays with the call.
 */
function numberCalls(graph, every, item, cyclic) {
  const inside = every.filter((index) => cyclic.has(item(index)));
  const number = new Map();
  for (const index of inside) {
    let least = 0;
    for (const { tail } of graph.nodes[index].inputs) {
      if (number.has(tail)) least = Math.max(least, number.get(tail) + (item(tail) === item(index) ? 0 : 1));
    }
    number.set(index, least);
  }
  for (const index of [...inside].reverse()) {
    const limits = graph.nodes[index].outputs
      .filter(({ head }) => number.has(head))
      .map(({ head }) => number.get(head) - (item(head) === item(index) ? 0 : 1));
    if (limits.length) number.set(index, Math.min(...limits));
  }
  return number;
}
