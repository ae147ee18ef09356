// The graph as a list: for keyboards and screen readers, and for whoever prefers to read. Parts of it are made
// when they are opened, so that thousands of nodes cost nothing until then.

const LINES_AT_ONCE = 200;

class Outline {
  constructor(graph, root, select) {
    this.graph = graph;
    this.root = root;
    this.select = select;
    this.nav = byId("outline");
    this.filled = false;
  }

  toggle() {
    this.nav.hidden = !this.nav.hidden;
    byId("outline-button").setAttribute("aria-expanded", String(!this.nav.hidden));
    if (this.nav.hidden) return;
    if (!this.filled) byId("outline-body").append(this.listOf(this.root));
    this.filled = true;
    this.nav.querySelector("button, summary").focus();
  }

  listOf(module) {
    const list = element("ul");
    const first = (thing) => thing.index ?? thing.every[0];
    const things = [...module.nodes.map((index) => this.graph.nodes[index]), ...module.children];
    things.sort((a, b) => first(a) - first(b));
    this.addSome(list, things, 0);
    return list;
  }

  addSome(list, things, begin) {
    for (const thing of things.slice(begin, begin + LINES_AT_ONCE)) {
      list.append(
        element("li", {}, thing.index === undefined ? this.moduleItem(thing) : this.nodeItem(thing)),
      );
    }
    const rest = things.length - begin - LINES_AT_ONCE;
    if (rest <= 0) return;
    const more = element("li", {}, element("button", { class: "link" }, `${countText(rest)} more`));
    more.firstChild.addEventListener("click", () => {
      more.remove();
      this.addSome(list, things, begin + LINES_AT_ONCE);
    });
    list.append(more);
  }

  nodeItem(node) {
    const note = element("small", {}, noteOf(node));
    return element("button", { class: "link", onclick: () => this.select(node) }, headline(node), note);
  }

  moduleItem(module) {
    const summary = element(
      "summary",
      {},
      module.name,
      element("small", {}, plural(module.operations, "operation")),
    );
    const details = element("details", {}, summary);
    details.addEventListener("toggle", () => {
      if (!details.open || details.children.length > 1) return;
      const show = element(
        "button",
        { class: "link", onclick: () => this.select(module) },
        "Show the module",
      );
      details.append(show, this.listOf(module));
    });
    return details;
  }
}
