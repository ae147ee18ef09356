// Search over names, operations and modules. Hits get a ring on the canvas; next and previous go to them.

class Search {
  /** `go` shows a node or a module, opening what it is in; `marked` is told the hits' keys. */
  constructor(graph, modules, { go, marked }) {
    this.field = byId("query");
    this.go = go;
    this.marked = marked;
    this.hits = [];
    this.place = -1;
    this.entries = [
      ...modules.map((module) => ({ thing: module, text: module.path.join(".").toLowerCase() })),
      ...graph.nodes.map((node) => ({
        thing: node,
        text: [node.title, node.op, node.name, node.kind, node.label].join(" ").toLowerCase(),
      })),
    ];
    this.field.addEventListener("input", () => this.find());
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter") this.move(event.shiftKey ? -1 : 1);
      if (event.key === "Escape") this.clear();
    });
    byId("next-hit").addEventListener("click", () => this.move(1));
    byId("previous-hit").addEventListener("click", () => this.move(-1));
    this.report();
  }

  /** Every word must occur. */
  find() {
    const words = this.field.value.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = ({ text }) => words.every((word) => text.includes(word));
    this.hits = words.length ? this.entries.filter(fits).map(({ thing }) => thing) : [];
    this.place = -1;
    this.marked(new Set(this.hits.map((thing) => thing.key)));
    this.report();
  }

  move(by) {
    const count = this.hits.length;
    if (!count) return;
    this.place = this.place < 0 && by < 0 ? count - 1 : (this.place + by + count) % count;
    this.report();
    this.go(this.hits[this.place]);
  }

  clear() {
    this.field.value = "";
    this.find();
    byId("canvas").focus();
  }

  report() {
    const count = this.hits.length;
    const asked = this.field.value.trim() !== "";
    byId("hit-count").textContent = !asked
      ? ""
      : this.place < 0
        ? countText(count)
        : `${this.place + 1}/${countText(count)}`;
    for (const id of ["next-hit", "previous-hit"]) byId(id).disabled = !count;
  }
}
