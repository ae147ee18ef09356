// Details of the node or module that was clicked, with links to its neighbours.

class Panel {
  /** `act` holds what links and buttons do: select(thing), toggle(module), close(). */
  constructor(graph, act) {
    this.graph = graph;
    this.act = act;
    this.aside = byId("panel");
    byId("close-panel").addEventListener("click", () => act.close());
  }

  show(thing) {
    this.aside.hidden = !thing;
    if (!thing) return;
    const isNode = thing.index !== undefined;
    byId("panel-title").textContent = isNode ? headline(thing) : thing.name;
    byId("panel-body").replaceChildren(...(isNode ? this.ofNode(thing) : this.ofModule(thing)));
    this.aside.scrollTop = 0;
  }

  ofNode(node) {
    const facts = [
      ["Kind", element("span", { class: `kind ${node.kind}` }, node.kind)],
      [
        "Formula",
        this.graph.nodes[node.index].inputs.length ? `${node.label} = ${formula(this.graph, node)}` : null,
      ],
      ["Operation", node.op || null],
      ["Arguments", node.arguments || null],
      ["Difference", node.mark || null],
      ["Name", node.name || null],
      ["Module", this.moduleLink(node)],
      ["Shape", node.shape ? shapeText(node.shape) : null],
      ["Type", node.dtype || null],
      ["Memory", node.bytes ? bytesText(node.bytes) : null],
      ["Forward", node.seconds == null ? null : secondsText(node.seconds)],
      ["Backward", node.backward_seconds == null ? null : secondsText(node.backward_seconds)],
      ["Kept for backward", node.saved?.length ? node.saved.join(", ") : null],
      ["Source", node.line ? element("code", {}, node.line) : null],
    ];
    return [
      factList(facts),
      ...summarySection("Value", node.value),
      ...summarySection("Gradient", node.gradient),
      ...this.linkSection(
        "Inputs",
        node.inputs.map(({ tail }) => this.graph.nodes[tail]),
      ),
      ...this.linkSection(
        "Used by",
        node.outputs.map(({ head }) => this.graph.nodes[head]),
      ),
    ];
  }

  ofModule(module) {
    const inside = module.every.map((index) => this.graph.nodes[index]);
    const total = (of) => inside.reduce((sum, node) => sum + (of(node) ?? 0), 0);
    const seconds = [total((n) => n.seconds), total((n) => n.backward_seconds)];
    const bytes = total((n) => n.bytes);
    const facts = [
      ["Kind", element("span", { class: "kind module" }, "module")],
      ["Path", module.path.join(".")],
      ["Module", this.parentLink(module)],
      ["Operations", countText(module.operations)],
      [
        "Parameters",
        module.parameterCount
          ? `${countText(module.parameterCount)} in ${plural(module.parameters.size, "array")}`
          : null,
      ],
      ["Memory", bytes ? bytesText(bytes) : null],
      ["Forward", seconds[0] ? secondsText(seconds[0]) : null],
      ["Backward", seconds[1] ? secondsText(seconds[1]) : null],
    ];
    const toggle = element(
      "button",
      { class: "wide", onclick: () => this.act.toggle(module) },
      module.open ? "Fold" : "Unfold",
    );
    const within = new Set(module.every);
    const into = inside.flatMap((n) => n.inputs.map((e) => e.tail)).filter((index) => !within.has(index));
    const out = inside.flatMap((n) => n.outputs.map((e) => e.head)).filter((index) => !within.has(index));
    const nodes = (indices) => [...new Set(indices)].map((index) => this.graph.nodes[index]);
    return [
      factList(facts),
      toggle,
      ...this.linkSection("Modules inside", module.children),
      ...this.linkSection("Comes in", nodes(into)),
      ...this.linkSection("Used by", nodes(out)),
    ];
  }

  moduleLink(node) {
    return node.parent.parent ? this.link(node.parent) : node.scope.length ? node.scope.join(".") : null;
  }

  parentLink(module) {
    return module.parent.parent ? this.link(module.parent) : null;
  }

  link(thing) {
    const label = thing.index === undefined ? thing.path.join(".") : headline(thing);
    return element("button", { class: "link", onclick: () => this.act.select(thing) }, label);
  }

  linkSection(title, things) {
    if (!things.length) return [];
    const shown = things.slice(0, 40);
    const items = shown.map((thing) =>
      element("li", {}, this.link(thing), element("small", {}, noteOf(thing))),
    );
    if (things.length > shown.length)
      items.push(element("li", {}, `and ${countText(things.length - shown.length)} more`));
    return [element("h3", {}, title), element("ul", { class: "links" }, ...items)];
  }
}

/** What a node is called in a list: "w", "exp  v6". */
function headline(node) {
  if (node.kind === "parameter" || node.kind === "input") return node.name || node.title;
  return node.kind === "constant" ? node.title : `${node.title}  ${node.label}`;
}

/** The same for who listens. */
function spoken(thing) {
  if (thing.index === undefined) return `module ${thing.name}, ${noteOf(thing)}`;
  return `${thing.kind} ${headline(thing)} ${noteOf(thing)}`;
}

function noteOf(thing) {
  if (thing.index === undefined) return plural(thing.operations, "operation");
  if (thing.value && "number" in thing.value)
    return thing.kind === "constant" ? "" : numberText(thing.value.number);
  return shapeText(thing.shape);
}

function factList(facts) {
  const known = facts.filter(([, value]) => value !== null);
  return element(
    "dl",
    {},
    ...known.flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

function summarySection(title, summary) {
  if (!summary) return [];
  const heading = element("h3", {}, title);
  if ("number" in summary) {
    const isAlert = typeof summary.number === "string";
    return [
      heading,
      element("p", { class: isAlert ? "number alert" : "number" }, numberText(summary.number, 9)),
    ];
  }
  const bad = (count) => (count ? element("span", { class: "alert" }, countText(count)) : null);
  const facts = ["min", "max", "mean", "std", "norm"].map((name) => [
    name,
    summary[name] == null ? null : numberText(summary[name]),
  ]);
  const drawn = summary.histogram ? histogramOf(summary.histogram) : null;
  drawn?.classList.add(title.toLowerCase());
  const list = factList([...facts, ["NaN", bad(summary.nan)], ["infinite", bad(summary.inf)]]);
  list.classList.add("statistics");
  const first = summary.first?.map((x) => numberText(x, 3)).join("  ");
  const parts = [heading, drawn, list, first ? element("p", { class: "first" }, `first: ${first} …`) : null];
  return parts.filter((part) => part !== null);
}
