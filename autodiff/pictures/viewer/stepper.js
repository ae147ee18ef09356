// Walks the sweeps: the controls, and what the canvas shows at each position.

class Stepper {
  constructor(view, { reveal }) {
    this.view = view;
    this.active = false;
    this.position = 0;
    this.timer = null;
    this.sweep = view.graph.steps ? new Sweep(view.graph) : null;
    byId("steps-button").hidden = !this.sweep;
    if (!this.sweep) return;
    this.reveal = reveal;
    this.tables = new SweepTables(this.sweep, (position) => this.goTo(position));
    this.slider = byId("position");
    this.slider.max = this.sweep.length;
    byId("steps-button").addEventListener("click", () => this.toggle());
    byId("step-first").addEventListener("click", () => this.goTo(0));
    byId("step-back").addEventListener("click", () => this.move(-1));
    byId("step-on").addEventListener("click", () => this.move(1));
    byId("step-turn").addEventListener("click", () => this.goTo(this.sweep.forward.length));
    byId("play").addEventListener("click", () => this.play(this.timer === null));
    byId("speed").addEventListener("change", () => this.timer !== null && this.play(true));
    this.slider.addEventListener("input", () => this.goTo(Number(this.slider.value)));
  }

  toggle(on = !this.active) {
    if (!this.sweep) return;
    this.active = on;
    byId("dock").hidden = !on;
    byId("steps-button").setAttribute("aria-pressed", String(on));
    this.play(false);
    this.view.resize(); // the tables take room from the canvas
    if (on) this.goTo(this.position);
  }

  play(on) {
    clearInterval(this.timer);
    this.timer = null;
    byId("play").setAttribute("aria-pressed", String(on));
    byId("play").setAttribute("aria-label", on ? "Pause" : "Play");
    if (!on) return;
    if (this.position === this.sweep.length) this.goTo(0);
    this.timer = setInterval(
      () => {
        this.move(1, true);
        if (this.position === this.sweep.length) this.play(false);
      },
      1000 / Number(byId("speed").value),
    );
  }

  move(by, playing = false) {
    if (!playing) this.play(false);
    this.goTo(this.position + by, playing);
  }

  goTo(position, playing = false) {
    if (!this.sweep) return;
    if (!playing) this.play(false);
    if (!this.active) this.toggle(true);
    const { sweep, view } = this;
    this.position = Math.min(sweep.length, Math.max(0, position));
    this.slider.value = this.position;
    const phase = sweep.phase(this.position);
    const count = sweep.forward.length;
    const progress =
      phase === "before"
        ? "Start"
        : phase === "forward"
          ? `Forward ${this.position} of ${count}`
          : `Backward ${this.position - count} of ${sweep.backward.length}`;
    this.slider.setAttribute("aria-valuetext", progress);
    byId("progress").textContent = progress;
    byId("dock").dataset.phase = phase;
    const sentence = sweep.sentence(this.position);
    byId("sentence").textContent = sentence;
    if (!playing) announce(`${progress}. ${sentence}`);
    this.tables.show(this.position);
    const present = this.present();
    if (present) this.reveal([present, ...this.receivers()]);
    view.redraw();
  }

  /** The node at the present position. */
  present() {
    const step = this.active && this.sweep.step(this.position);
    return step ? this.view.graph.nodes[step.node] : null;
  }

  receivers() {
    const step = this.sweep.step(this.position);
    return (step?.gives ?? []).map(({ to }) => this.view.graph.nodes[to]);
  }

  color() {
    const { palette } = this.view;
    return this.sweep.phase(this.position) === "backward" ? palette.backward : palette.forward;
  }

  /** What is not computed yet is drawn faintly. */
  clarity(box) {
    if (!this.active) return 1;
    const done = (index) => this.sweep.hasValue(index, this.position);
    return (box.node ? done(box.node.index) : box.module.every.some(done)) ? 1 : 0.35;
  }

  /** The lines of a box at this position; null where they are as always. */
  lines(box) {
    if (!this.active || !box.node) return null;
    const { sweep, position } = this;
    const { palette } = this.view;
    const { index } = box.node;
    const hasValue = sweep.hasValue(index, position);
    const hasAdjoint = sweep.hasAdjoint(index, position);
    return box.lines.map((line) => {
      if (line.role === "value") return hasValue ? line : { text: "·" };
      const adjoint = hasAdjoint && {
        text: `∂ ${sweep.adjointText(index, position)}`,
        color: palette.backward,
      };
      if (line.role === "gradient") return adjoint || { text: "·" };
      if (adjoint) return adjoint;
      const value = sweep.values.get(index);
      return hasValue && value ? { text: summaryText(value), color: palette.forward } : line;
    });
  }

  /** The wires of this step with their colours and numbers, as the present scene has them. */
  lit() {
    const present = this.present();
    if (!present) return [];
    const { scene } = this.view;
    const head = scene.boxOf[present.index];
    const backward = this.sweep.phase(this.position) === "backward";
    const labels = new Map();
    if (backward) {
      for (const { to, contribution } of this.sweep.step(this.position).gives) {
        const tail = scene.boxOf[to];
        if (!labels.has(tail)) labels.set(tail, []);
        labels.get(tail).push(summaryText(contribution));
      }
    } else {
      for (const { tail } of present.inputs) labels.set(scene.boxOf[tail], []);
    }
    return scene.wires
      .filter((wire) => wire.head === head && labels.has(wire.tail))
      .map((wire) => ({ wire, backward, color: this.color(), label: labelOf(labels.get(wire.tail)) }));
  }
}

/** Contributions beside one arrow: "0.5", "0.5, 2", "0.5, 2 and 6 more". */
function labelOf(parts) {
  const more = parts.length > 3 ? ` and ${parts.length - 2} more` : "";
  return (more ? parts.slice(0, 2) : parts).join(", ") + more;
}
