// Which part of the drawing is on the screen: screen = (world - (x, y)) * scale, in CSS pixels.

const SCALE = { least: 0.001, most: 6 };
const calm = matchMedia("(prefers-reduced-motion: reduce)");

class Camera {
  constructor(changed) {
    this.x = 0;
    this.y = 0;
    this.scale = 1;
    this.width = 1;
    this.height = 1;
    this.changed = changed;
    this.flight = null;
    this.fitted = false; // the whole is on the screen because that was asked for, and stays so
  }

  toWorld(x, y) {
    return { x: x / this.scale + this.x, y: y / this.scale + this.y };
  }

  toScreen(x, y) {
    return { x: (x - this.x) * this.scale, y: (y - this.y) * this.scale };
  }

  /** The part of the world that is on the screen, and `margin` pixels around it. */
  visible(margin = 0) {
    const m = margin / this.scale;
    const { x, y, scale, width, height } = this;
    return { left: x - m, top: y - m, right: x + width / scale + m, bottom: y + height / scale + m };
  }

  pan(dx, dy) {
    this.take();
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.changed();
  }

  /** Zoom by a factor; the point under (x, y) stays there. */
  zoom(factor, x = this.width / 2, y = this.height / 2) {
    this.take();
    const under = this.toWorld(x, y);
    this.scale = Math.min(SCALE.most, Math.max(SCALE.least, this.scale * factor));
    this.x = under.x - x / this.scale;
    this.y = under.y - y / this.scale;
    this.changed();
  }

  /** A hand is on the camera: nothing else moves it now. */
  take() {
    this.flight = null;
    this.fitted = false;
  }

  resize(width, height, bounds) {
    this.width = width;
    this.height = height;
    if (this.fitted) this.fit(bounds, false);
    else this.changed();
  }

  /** The whole of `bounds`. */
  fit(bounds, animated = true) {
    const scale = this.scaleFor(bounds);
    this.flyTo((bounds.left + bounds.right) / 2, (bounds.top + bounds.bottom) / 2, scale, animated);
    this.fitted = true;
  }

  /** Like fit, but of a drawing too large to be read only the top part. */
  begin({ boxes, bounds }) {
    if (this.scaleFor(bounds) >= 0.4) return this.fit(bounds, false);
    const tall = this.height / 0.8;
    const part = boundsOf(
      boxes.filter((box) => box.y < bounds.top + tall),
      [],
    );
    const scale = Math.max(0.3, this.scaleFor({ ...part, bottom: part.top + tall }));
    const middle = bounds.top + (this.height / 2 - 40) / scale;
    this.flyTo((part.left + part.right) / 2, middle, scale, false);
  }

  scaleFor({ left, top, right, bottom }) {
    const margin = Math.min(40, this.width / 12);
    const across = (this.width - 2 * margin) / Math.max(1, right - left);
    const down = (this.height - 2 * margin) / Math.max(1, bottom - top);
    return Math.max(SCALE.least, Math.min(across, down, 1.25));
  }

  /** Bring boxes into view where they are not, at a scale at which text can be read; the first one at least. */
  reveal(boxes) {
    const all = boundsOf(boxes, []);
    const readable = Math.max(this.scale, 0.8);
    const fits = this.scaleFor(all) >= Math.min(readable, 0.8);
    const { left, top, right, bottom } = fits ? all : boundsOf(boxes.slice(0, 1), []);
    const part = this.visible(-16);
    const seen = left >= part.left && right <= part.right && top >= part.top && bottom <= part.bottom;
    if (seen && this.scale >= 0.5) return;
    const scale = Math.min(readable, this.scaleFor({ left, top, right, bottom }));
    this.flyTo((left + right) / 2, (top + bottom) / 2, scale);
  }

  /** Bring a box into view by the shortest way, without a change of scale. */
  nudge({ x, y, w, h }) {
    const part = this.visible(-16);
    const way = (low, high, from, to) =>
      high - low > to - from ? 0 : Math.min(0, low - from) + Math.max(0, high - to);
    const dx = way(x - w / 2, x + w / 2, part.left, part.right);
    const dy = way(y - h / 2, y + h / 2, part.top, part.bottom);
    if (!dx && !dy) return;
    const { x: midX, y: midY } = this.toWorld(this.width / 2, this.height / 2);
    this.flyTo(midX + dx, midY + dy, this.scale);
  }

  /** Put the world's (x, y) in the middle of the screen. */
  flyTo(x, y, scale, animated = true) {
    const to = { x, y, scale: Math.max(SCALE.least, scale) };
    const from = { ...this.toWorld(this.width / 2, this.height / 2), scale: this.scale };
    const set = (t) => {
      this.scale = from.scale * (to.scale / from.scale) ** t;
      this.x = from.x + (to.x - from.x) * t - this.width / 2 / this.scale;
      this.y = from.y + (to.y - from.y) * t - this.height / 2 / this.scale;
      this.changed();
    };
    this.fitted = false;
    const flight = (this.flight = {}); // a later one, or a hand on the canvas, ends it
    if (!animated || calm.matches) set(1);
    else tween(260, set, () => this.flight === flight);
  }
}

/** Call `step` with 0 ... 1 (eased) frame by frame, until it is done or `alive` says no. */
function tween(milliseconds, step, alive = () => true) {
  const begin = performance.now();
  const frame = (now) => {
    if (!alive()) return;
    const t = Math.min(1, Math.max(0, (now - begin) / milliseconds));
    step(1 - (1 - t) ** 3);
    if (t < 1) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}
