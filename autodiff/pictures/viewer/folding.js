// Opening and closing modules. Each of these makes a new scene.

class Folding {
  /** `changed` is told in words what has happened. */
  constructor(view, modules, changed) {
    this.view = view;
    this.modules = modules;
    this.changed = changed;
  }

  toggle(module) {
    module.open = !module.open;
    this.view.rebuild(module);
    this.changed(`${module.name} ${module.open ? "unfolded" : "folded"}`);
  }

  /** Open what a thing is in; the outermost module that was closed stays in its place. */
  openTo(thing) {
    let closed = null;
    for (let module = thing.parent; module.parent; module = module.parent) {
      if (!module.open) closed = module;
      module.open = true;
    }
    if (closed) this.view.rebuild(closed);
  }

  foldAll() {
    this.setAll(this.modules, false, "All modules folded");
  }

  unfoldLevel() {
    const closed = this.modules.filter((module) => !module.open && isShown(module));
    this.setAll(closed, true, "One more level of modules unfolded");
  }

  foldLevel() {
    const open = this.modules.filter((module) => module.open && isShown(module));
    const deepest = open.reduce((most, { depth }) => Math.max(most, depth), 0);
    const last = open.filter(({ depth }) => depth === deepest);
    this.setAll(last, false, "One level of modules folded");
  }

  setAll(modules, open, text) {
    for (const module of modules) module.open = open;
    this.view.rebuild();
    this.view.camera.fit(this.view.scene.bounds);
    this.changed(text);
  }
}

/** Whether everything around a module is open. */
function isShown(module) {
  for (let around = module.parent; around; around = around.parent) if (!around.open) return false;
  return true;
}
