// The canvas: when it is drawn, at which resolution, and what of the scene is on it.

const SMALLEST_WIRE = 1.5; // pixels: below that it only costs time

class View {
  constructor(canvas, graph, root) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.graph = graph;
    this.root = root;
    this.camera = new Camera(() => this.redraw());
    this.palette = null;
    this.quantity = "";
    this.heat = null;
    this.selected = null; // a node or a module
    this.hits = new Set(); // keys of nodes and modules that the search found
    this.scene = null;
    this.motion = null;
    this.waiting = false;
    this.stepper = null;
    this.minimap = null;
    new ResizeObserver(() => this.resize()).observe(canvas);
    window.addEventListener("resize", () => this.resize()); // another screen may have another resolution
  }

  resize() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const ratio = window.devicePixelRatio || 1;
    this.canvas.width = Math.round(width * ratio);
    this.canvas.height = Math.round(height * ratio);
    this.camera.resize(width, height, this.scene?.bounds);
    this.draw(); // at once: a canvas that changed its size is empty
  }

  /** Draw on the next frame, once however often it is asked for. */
  redraw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  /** Lay out anew after modules were folded or unfolded; the boxes glide to their new places. */
  rebuild(anchor = null) {
    const before = new Map();
    if (this.scene) {
      for (const { key, shown } of [...this.scene.boxes, ...this.scene.frames]) before.set(key, { ...shown });
    }
    this.scene = makeScene(this.graph, this.root, anchor);
    this.measure();
    this.minimap?.refresh();
    const things = [...this.scene.boxes, ...this.scene.frames];
    this.motion = null;
    for (const thing of things) thing.shown = thing;
    if (before.size && things.length < 1500 && !calm.matches) this.glide(things, before);
    this.redraw();
  }

  glide(things, before) {
    const motion = (this.motion = {});
    const origins = things.map((thing) => originOf(thing, before));
    tween(
      240,
      (t) => {
        things.forEach((thing, i) => (thing.shown = t < 1 ? between(origins[i], thing, t) : thing));
        this.redraw();
      },
      () => this.motion === motion,
    );
    things.forEach((thing, i) => (thing.shown = between(origins[i], thing, 0)));
  }

  /** Find the colours again: after a fold, another quantity, another theme. */
  measure() {
    this.heat = this.quantity ? measureHeat(this.graph, this.quantity, this.scene.boxes) : null;
    showLegend(this.graph, this.quantity, this.heat);
  }

  /** The box or the frame that shows a node or a module at present. */
  shownAs(thing) {
    if (thing.index !== undefined) return this.scene.boxOf[thing.index];
    if (thing.open) return this.scene.frames.includes(thing) ? thing : this.scene.boxOf[thing.every[0]];
    return this.scene.boxOf[thing.every[0]];
  }

  draw() {
    if (!this.scene || !this.palette) return;
    const { context, camera, palette, scene } = this;
    const ratio = this.canvas.width / Math.max(1, camera.width);
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, this.canvas.width, this.canvas.height);
    const zoom = ratio * camera.scale;
    context.setTransform(zoom, 0, 0, zoom, -camera.x * zoom, -camera.y * zoom);
    const part = camera.visible(16);
    const seen = (left, top, right, bottom) =>
      right >= part.left && left <= part.right && bottom >= part.top && top <= part.bottom;
    const boxes = scene.boxes.filter(({ shown: { x, y, w, h } }) =>
      seen(x - w / 2, y - h / 2, x + w / 2, y + h / 2),
    );
    const moving = scene.boxes.some((box) => box.shown !== box);
    const large = ({ left, top, right, bottom }) =>
      right - left + bottom - top > SMALLEST_WIRE / camera.scale;
    const wires = moving
      ? scene.wires
      : scene.wires.filter(({ bounds: b }) => large(b) && seen(b.left, b.top, b.right, b.bottom));
    drawFrames(this, context, seen);
    drawWires(this, context, wires);
    drawTabs(this, context, seen);
    const lit = this.stepper.lit();
    drawBoxes(this, context, boxes);
    this.drawRings(context, boxes);
    drawLit(this, context, lit);
    this.minimap?.draw();
    this.drawn = { boxes: boxes.length, wires: wires.length };
  }

  drawRings(context, boxes) {
    const { palette } = this;
    const unit = 1 / Math.min(1, this.camera.scale);
    if (this.hits.size) {
      for (const thing of [...boxes, ...this.scene.frames]) {
        if (this.holdsHit(thing)) drawRing(context, thing, palette.hit, 3 * unit, 3 * unit);
      }
    }
    const present = this.stepper.present();
    if (present) drawRing(context, this.shownAs(present), this.stepper.color(), 3 * unit, 4 * unit);
    if (this.selected) drawRing(context, this.shownAs(this.selected), palette.accent, 2.25 * unit, 4 * unit);
  }

  holdsHit(thing) {
    if (this.hits.has(thing.key)) return true;
    if (thing.kind !== "module" || !thing.module) return false;
    return thing.module.every.some((index) => this.hits.has(`n${index}`));
  }

  /** The box under a point of the screen, else the frame whose label is there: a node, a module, or null. */
  under(x, y) {
    const point = this.camera.toWorld(x, y);
    const hit = this.scene.boxes.find(
      (b) => Math.abs(b.x - point.x) <= b.w / 2 && Math.abs(b.y - point.y) <= b.h / 2,
    );
    if (hit) return hit.node ?? hit.module;
    const inside = (f) =>
      Math.abs(f.x - point.x) <= f.w / 2 && point.y >= f.y - f.h / 2 && point.y <= f.y - f.h / 2 + FRAME.top;
    return [...this.scene.frames].reverse().find(inside) ?? null;
  }
}

/** Where a thing comes from when the scene changes: its own place, or that of the module that held it. */
function originOf(thing, before) {
  const own = before.get(thing.key);
  if (own) return { ...own, alpha: 1 };
  for (let module = thing.parent; module; module = module.parent) {
    const held = before.get(module.key);
    if (held) return { x: held.x, y: held.y, w: thing.w / 3, h: thing.h / 3, alpha: 0 };
  }
  return { x: thing.x, y: thing.y, w: thing.w, h: thing.h, alpha: 0 };
}

function between(a, b, t) {
  const mix = (p, q) => p + (q - p) * t;
  return { x: mix(a.x, b.x), y: mix(a.y, b.y), w: mix(a.w, b.w), h: mix(a.h, b.h), alpha: mix(a.alpha, 1) };
}
