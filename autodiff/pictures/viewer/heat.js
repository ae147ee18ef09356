// Colours by a quantity: how large gradients are, where time and memory go; and the legend that says so.

const QUANTITIES = {
  gradient: {
    label: "Gradient norm",
    of: (node) => normOf(node.gradient),
    join: (a, b) => Math.max(a, b), // a folded module shows the largest inside it
    text: (x) => numberText(x, 3),
  },
  seconds: {
    label: "Time, forward and backward",
    of: (node) =>
      node.seconds == null && node.backward_seconds == null
        ? null
        : (node.seconds ?? 0) + (node.backward_seconds ?? 0),
    join: (a, b) => a + b,
    text: secondsText,
  },
  bytes: {
    label: "Memory",
    of: (node) => node.bytes || null,
    join: (a, b) => a + b,
    text: bytesText,
  },
};

function normOf(summary) {
  if (!summary) return null;
  const norm = "number" in summary ? summary.number : summary.norm;
  return typeof norm === "number" ? Math.abs(norm) : null;
}

/** The amount of a quantity at a box; null where nothing is known. */
function amountAt(graph, quantity, box) {
  const { of, join } = QUANTITIES[quantity];
  if (box.node) return of(box.node);
  const known = box.module.every.map((index) => of(graph.nodes[index])).filter((x) => x !== null);
  return known.length ? known.reduce(join) : null;
}

/** Where on the scale each box lies: { shares: Map from box to 0 ... 1, low, high, log }, for the boxes on show. */
function measureHeat(graph, quantity, boxes) {
  const amounts = new Map();
  for (const box of boxes) {
    const amount = amountAt(graph, quantity, box);
    if (amount !== null) amounts.set(box, amount);
  }
  const positive = [...amounts.values()].filter((x) => x > 0);
  const low = positive.reduce((a, b) => Math.min(a, b), Infinity);
  const high = positive.reduce((a, b) => Math.max(a, b), -Infinity);
  const log = high / low > 50;
  const share = (x) => {
    if (!(x > 0) || low === high) return x > 0 ? 0.5 : 0;
    return log ? Math.log(x / low) / Math.log(high / low) : (x - low) / (high - low);
  };
  const shares = new Map([...amounts].map(([box, amount]) => [box, share(amount)]));
  return { shares, low, high, log, unknown: boxes.length > amounts.size };
}

function showLegend(graph, quantity, heat) {
  const legend = byId("legend");
  const parts = [];
  if (quantity) {
    const { label, text } = QUANTITIES[quantity];
    parts.push(element("strong", {}, label + (heat.log ? " (log scale)" : "")));
    if (heat.shares.size && heat.high > 0) {
      parts.push(element("div", { class: "ramp" }));
      parts.push(
        element(
          "div",
          { class: "ends" },
          element("span", {}, text(heat.low)),
          element("span", {}, text(heat.high)),
        ),
      );
    }
    if (heat.unknown)
      parts.push(
        element("div", { class: "swatch unknown" }, heat.shares.size ? "not known" : "nothing recorded"),
      );
  }
  const marks = quantity ? [] : MARKS.filter((mark) => graph.nodes.some((node) => node.mark === mark));
  for (const mark of marks) parts.push(element("div", { class: `swatch ${mark}` }, mark));
  if (graph.nodes.some((node) => node.alert))
    parts.push(element("div", { class: "swatch alert" }, "NaN or infinity"));
  legend.hidden = !parts.length;
  legend.replaceChildren(...parts);
}
