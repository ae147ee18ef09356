// The whole graph in a corner, with the part on the screen marked; a click or a drag goes there.

const LEAST_WIDTH = 600; // of a canvas that has room for it

class Minimap {
  constructor(canvas, view) {
    this.canvas = canvas;
    this.view = view;
    this.picture = document.createElement("canvas");
    const go = (event) => {
      const { left, top } = canvas.getBoundingClientRect();
      const { x, y } = this.toWorld(event.clientX - left, event.clientY - top);
      view.camera.flyTo(x, y, view.camera.scale, false);
    };
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      go(event);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (canvas.hasPointerCapture(event.pointerId)) go(event);
    });
  }

  /** Draw the graph once, in little; `draw` then only copies it. */
  refresh() {
    const { view, canvas, picture } = this;
    if (!view.scene || !view.palette) return;
    const { left, top, right, bottom } = view.scene.bounds;
    this.scale = Math.min(150 / (right - left), 150 / (bottom - top), 0.2);
    this.ratio = window.devicePixelRatio || 1;
    const width = Math.max(24, (right - left) * this.scale) + 12;
    const height = Math.max(24, (bottom - top) * this.scale) + 12;
    this.x = (left + right) / 2 - width / 2 / this.scale;
    this.y = (top + bottom) / 2 - height / 2 / this.scale;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
    for (const surface of [canvas, picture]) {
      surface.width = Math.round(width * this.ratio);
      surface.height = Math.round(height * this.ratio);
    }
    const context = picture.getContext("2d");
    context.scale(this.ratio, this.ratio);
    for (const frame of view.scene.frames) this.mark(context, frame, view.palette.frame);
    for (const box of view.scene.boxes) {
      const look = lookOf(view, box);
      this.mark(context, box, view.heat || box.alert ? look.fill : look.line);
    }
  }

  mark(context, { x, y, w, h }, color) {
    const s = this.scale;
    context.fillStyle = color;
    context.fillRect(
      (x - w / 2 - this.x) * s,
      (y - h / 2 - this.y) * s,
      Math.max(1, w * s),
      Math.max(1, h * s),
    );
  }

  toWorld(x, y) {
    return { x: x / this.scale + this.x, y: y / this.scale + this.y };
  }

  draw() {
    const { canvas, view, scale, ratio } = this;
    const part = view.camera.visible();
    const { bounds } = view.scene;
    const whole =
      part.left <= bounds.left &&
      part.top <= bounds.top &&
      part.right >= bounds.right &&
      part.bottom >= bounds.bottom;
    const idle = whole || view.camera.width < LEAST_WIDTH;
    canvas.classList.toggle("idle", idle);
    if (idle) return;
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.drawImage(this.picture, 0, 0);
    context.scale(ratio, ratio);
    context.strokeStyle = view.palette.accent;
    context.lineWidth = 1.5;
    const [left, top] = [(part.left - this.x) * scale, (part.top - this.y) * scale];
    const [w, h] = [(part.right - part.left) * scale, (part.bottom - part.top) * scale];
    context.strokeRect(left, top, Math.max(3, w), Math.max(2, h));
  }
}
