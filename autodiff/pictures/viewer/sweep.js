// The sweeps as a row of positions: 0 is before everything, then one per node forwards, then one per node backwards.
// What is known at a position follows from it alone, so that going back is as easy as going on.

class Sweep {
  constructor(graph) {
    const { backward } = graph.steps;
    const forward = graph.steps.forward.filter(({ node }) => !graph.nodes[node].isNumber); // known from the outset
    this.graph = graph;
    this.forward = forward;
    this.backward = backward;
    this.length = forward.length + backward.length;
    this.leaf = sameLeaves(graph.nodes);
    this.valueAt = new Map(forward.map(({ node }, i) => [node, i + 1]));
    this.values = new Map(forward.map(({ node, value }) => [node, value]));
    this.adjointAt = new Map();
    this.adjoints = new Map();
    this.received = new Map(); // node -> contributions in the order of their coming
    backward.forEach(({ node, adjoint, gives }, i) => {
      const at = forward.length + i + 1;
      const own = this.leaf[node];
      if (!this.adjointAt.has(own)) this.adjointAt.set(own, at);
      this.adjoints.set(own, adjoint);
      // What nobody has given anything to is where the sweep starts: its adjoint is there from the outset.
      if (!this.received.has(own)) this.received.set(own, [{ at, from: null, contribution: adjoint }]);
      for (const { to, slot, local, contribution } of gives) {
        const receiver = this.leaf[to];
        if (!this.received.has(receiver)) this.received.set(receiver, []);
        this.received.get(receiver).push({ at, from: node, slot, local, contribution });
      }
    });
    this.receivers = [...this.received.keys()]; // in the order of their first contribution
  }

  phase(position) {
    return position === 0 ? "before" : position <= this.forward.length ? "forward" : "backward";
  }

  /** { node, ... } of the step that leads to a position; null before the first. */
  step(position) {
    if (position === 0) return null;
    const back = position - this.forward.length - 1;
    return back < 0 ? this.forward[position - 1] : this.backward[back];
  }

  hasValue(node, position) {
    return (this.valueAt.get(node) ?? 0) <= position;
  }

  contributions(node, position) {
    return (this.received.get(this.leaf[node]) ?? []).filter(({ at }) => at <= position);
  }

  hasAdjoint(node, position) {
    const received = this.received.get(this.leaf[node]);
    return received !== undefined && received[0].at <= position;
  }

  /** The adjoint as far as it is known: a number, a norm, or how many of its parts are there. */
  adjointText(node, position, digits = 4) {
    const own = this.leaf[node];
    const parts = this.contributions(own, position);
    if (!parts.length) return "";
    if ((this.adjointAt.get(own) ?? Infinity) <= position) return summaryText(this.adjoints.get(own), digits);
    if (parts.length === 1) return summaryText(parts[0].contribution, digits);
    if (parts.every(({ contribution }) => typeof contribution?.number === "number")) {
      return numberText(
        parts.reduce((sum, { contribution }) => sum + contribution.number, 0),
        digits,
      );
    }
    return `${parts.length} of ${this.received.get(own).length} parts`;
  }

  /** What happens at a position, in words and numbers. */
  sentence(position) {
    const step = this.step(position);
    if (!step) return "Before the first operation. Step on, or play.";
    const node = this.graph.nodes[step.node];
    const name = headline(node);
    if (this.phase(position) === "forward") {
      const value = step.value ? ` = ${summaryText(step.value, 6)}` : "";
      return node.inputs.length ? `${node.label} = ${formula(this.graph, node)}${value}` : `${name}${value}`;
    }
    const adjoint = `Adjoint of ${name}: ${summaryText(step.adjoint, 6)}`;
    if (!step.gives.length) return adjoint;
    const parts = step.gives.map(({ to, local, contribution }) => {
      const receiver = this.graph.nodes[to].label;
      const product =
        typeof local?.number === "number"
          ? `${numberText(local.number)} · ${summaryText(step.adjoint)} = `
          : "";
      return `${receiver} receives ${product}${summaryText(contribution)}`;
    });
    return `${adjoint}. ${parts.join("; ")}`;
  }
}

/** A parameter is drawn once per use, but it has one adjoint: for each node the first one of its name. */
function sameLeaves(nodes) {
  const first = new Map();
  return nodes.map(({ index, kind, name }) => {
    if (!name || (kind !== "parameter" && kind !== "input")) return index;
    const key = `${kind} ${name}`;
    if (!first.has(key)) first.set(key, index);
    return first.get(key);
  });
}
