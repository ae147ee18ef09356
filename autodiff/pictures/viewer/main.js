// Puts the page together: what a click, a key or a link does to the state, and who has to know of it.

function start() {
  const graph = readGraph(JSON.parse(byId("data").textContent));
  const root = buildModules(graph);
  const modules = walkModules(root);
  openAtFirst(graph, root);

  const view = new View(byId("canvas"), graph, root);
  const { camera } = view;
  const folding = new Folding(view, modules, (text) => {
    panel.show(view.selected);
    announce(text);
  });

  const select = (thing, byPointer = false) => {
    const { fitted } = camera;
    view.selected = thing;
    panel.show(thing);
    // What lies under the pointer must stay there for a while: a second click may follow.
    if (thing && byPointer) camera.take();
    view.resize();
    if (thing && byPointer) settleAfterClick(thing, fitted, view.scene);
    else if (thing) {
      folding.openTo(thing);
      camera.reveal([view.shownAs(thing)]);
    }
    if (thing) announce(`Selected ${spoken(thing)}`);
    view.redraw();
  };

  /** The panel has taken room from the canvas: fit again, or bring what was clicked back into view. */
  const settleAfterClick = (thing, fitted, scene) => {
    setTimeout(() => {
      if (view.selected !== thing || view.scene !== scene) return;
      if (fitted) camera.fit(scene.bounds);
      else if (!thing.open) camera.nudge(view.shownAs(thing));
    }, DOUBLE);
  };

  const toggle = (module) => folding.toggle(module);
  const panel = new Panel(graph, { select, toggle, close: () => select(null) });
  const outline = new Outline(graph, root, select);
  const search = new Search(graph, modules, {
    go: select,
    marked: (keys) => {
      view.hits = keys;
      view.redraw();
    },
  });
  view.stepper = new Stepper(view, {
    reveal: (nodes) => camera.reveal(nodes.map((node) => view.shownAs(node))),
  });
  const { stepper } = view;
  view.minimap = new Minimap(byId("minimap"), view);
  view.rebuild();

  startTheme(byId("theme-button"), () => {
    view.palette = readPalette();
    view.minimap.refresh();
    view.redraw();
  });
  startPointer(view, { select, toggle });

  const quantity = byId("quantity");
  quantity.addEventListener("change", () => {
    view.quantity = quantity.value;
    view.measure();
    view.minimap.refresh();
    view.redraw();
  });

  /** To an input of the selected node (-1) or to a use of it (+1); without a selection to the first node. */
  const walk = (by) => {
    const node = view.selected;
    if (node?.index === undefined) return select(graph.nodes[node ? node.every[0] : 0]);
    const edge = by < 0 ? node.inputs[0] : node.outputs[0];
    if (edge) select(graph.nodes[by < 0 ? edge.tail : edge.head]);
  };
  const next = (by) => {
    const index = (view.selected?.index ?? (by > 0 ? -1 : graph.nodes.length)) + by;
    if (graph.nodes[index]) select(graph.nodes[index]);
  };
  const enter = () => {
    const module = view.selected?.index === undefined ? view.selected : view.selected.parent;
    if (module?.parent) toggle(module);
  };
  const fit = () => camera.fit(view.scene.bounds);
  const help = byId("help");
  const escape = () => {
    if (!byId("outline").hidden) outline.toggle();
    else if (view.selected) select(null);
    else if (stepper.active) stepper.toggle(false);
  };
  const actions = {
    "+": () => camera.zoom(1.3),
    "=": () => camera.zoom(1.3),
    "-": () => camera.zoom(1 / 1.3),
    f: fit,
    "/": () => byId("query").focus(),
    n: () => search.move(1),
    N: () => search.move(-1),
    Enter: enter,
    u: () => folding.unfoldLevel(),
    U: () => folding.foldLevel(),
    z: () => folding.foldAll(),
    j: () => walk(1),
    k: () => walk(-1),
    l: () => next(1),
    h: () => next(-1),
    o: () => outline.toggle(),
    s: () => stepper.toggle(),
    " ": () => stepper.active && stepper.play(stepper.timer === null),
    ".": () => stepper.move(1),
    ",": () => stepper.move(-1),
    t: () => byId("theme-button").click(),
    "?": () => help.showModal(),
    Escape: escape,
  };
  startKeys(view, actions);

  const buttons = {
    "zoom-in": actions["+"],
    "zoom-out": actions["-"],
    "fit-button": fit,
    "fold-all": actions.z,
    "fold-level": actions.U,
    "unfold-level": actions.u,
    "outline-button": () => outline.toggle(),
    "help-button": () => help.showModal(),
    "close-help": () => help.close(),
  };
  for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener("click", act);
  byId("folding").hidden = !modules.length;

  view.resize();
  camera.begin(view.scene);
  window.graphViewer = { graph, root, modules, formula, view, select, folding, stepper, search };
}

start();
