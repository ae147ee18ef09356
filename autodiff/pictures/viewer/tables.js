// The two tables beside the sweep. A table holds only the rows on the screen: five thousand would be slow to build.

const ROW_HEIGHT = 28;

class RowTable {
  /** `columns` are titles; `rowAt(i)` gives { cells, state }; `chosen(i)` is called when a row is clicked. */
  constructor(table, columns, rowAt, chosen) {
    this.rowAt = rowAt;
    this.chosen = chosen;
    this.count = 0;
    this.current = -1;
    this.columns = columns.length;
    this.body = element("tbody");
    const head = element("tr", {}, ...columns.map((title) => element("th", { scope: "col" }, title)));
    table.replaceChildren(table.caption, element("thead", {}, head), this.body);
    this.table = table;
    this.scroller = table.parentElement;
    this.scroller.addEventListener("scroll", () => this.fill());
    new ResizeObserver(() => this.fill()).observe(this.scroller);
  }

  update(count, current) {
    this.count = count;
    this.current = current;
    this.table.setAttribute("aria-rowcount", String(count + 1));
    this.fill();
    const { scroller } = this;
    const space = scroller.clientHeight - ROW_HEIGHT; // the head stays
    const top = current * ROW_HEIGHT;
    if (current < 0) scroller.scrollTop = 0;
    else if (top < scroller.scrollTop || top + ROW_HEIGHT > scroller.scrollTop + space) {
      scroller.scrollTop = Math.max(0, top - space + 2 * ROW_HEIGHT);
    }
    this.fill();
  }

  fill() {
    const { scroller, count } = this;
    const begin = Math.max(0, Math.floor(scroller.scrollTop / ROW_HEIGHT) - 4);
    const end = Math.min(count, begin + Math.ceil(scroller.clientHeight / ROW_HEIGHT) + 8);
    const rows = [];
    for (let i = begin; i < end; i++) rows.push(this.row(i));
    this.body.replaceChildren(this.spacer(begin), ...rows, this.spacer(count - end));
  }

  row(i) {
    const { cells, state } = this.rowAt(i);
    const attributes = { class: state, "aria-rowindex": i + 2, onclick: () => this.chosen(i) };
    if (i === this.current) attributes["aria-current"] = "step";
    return element("tr", attributes, ...cells.map((cell) => element("td", { title: cell }, cell)));
  }

  spacer(rows) {
    const cell = element("td", { colspan: this.columns });
    cell.style.height = `${Math.max(0, rows) * ROW_HEIGHT}px`;
    return element("tr", { class: "spacer", "aria-hidden": "true" }, cell);
  }
}

class SweepTables {
  constructor(sweep, goTo) {
    this.sweep = sweep;
    this.position = 0;
    const { graph, forward } = sweep;
    this.forward = new RowTable(
      byId("forward-table"),
      ["Node", "Operation", "Value"],
      (i) => {
        const node = graph.nodes[forward[i].node];
        return {
          cells: [shortLabel(node), formula(graph, node, shortLabel), summaryText(forward[i].value, 6)],
          state: "",
        };
      },
      (i) => goTo(i + 1),
    );
    this.backward = new RowTable(
      byId("backward-table"),
      ["Node", "Adjoint so far", "Contributions"],
      (i) => {
        const index = sweep.receivers[i];
        const parts = sweep.contributions(index, this.position).map(({ from, contribution }) => {
          return from === null ? "seed" : `${summaryText(contribution)} (${shortLabel(graph.nodes[from])})`;
        });
        const isNew = sweep.contributions(index, this.position).some(({ at }) => at === this.position);
        const cells = [
          shortLabel(graph.nodes[index]),
          sweep.adjointText(index, this.position, 6),
          parts.join(" + "),
        ];
        return { cells, state: isNew ? "receives" : "" };
      },
      (i) => goTo(sweep.adjointAt.get(sweep.receivers[i]) ?? this.position),
    );
  }

  show(position) {
    const { sweep } = this;
    this.position = position;
    const done = Math.min(position, sweep.forward.length);
    const known = sweep.receivers.findIndex((node) => !sweep.hasAdjoint(node, position));
    const count = known < 0 ? sweep.receivers.length : known;
    const present = sweep.step(position)?.node;
    this.forward.update(done, (sweep.valueAt.get(present) ?? 0) - 1);
    this.backward.update(
      count,
      sweep.phase(position) === "backward" ? sweep.receivers.indexOf(sweep.leaf[present]) : -1,
    );
  }
}
