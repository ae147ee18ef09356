// Mouse, pen and touch on the canvas: drag pans, wheel and pinch zoom, a click selects, a double click folds.

const CLICK = 5; // pixels that a pointer may move between down and up, and milliseconds between two clicks:
const DOUBLE = 350;

function startPointer(view, { select, toggle }) {
  const { canvas, camera } = view;
  const down = new Map();
  let start = null;
  let last = { time: 0, thing: null };

  const at = (event) => ({ x: event.offsetX, y: event.offsetY });

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, at(event));
    start = down.size === 1 ? at(event) : null;
  });

  canvas.addEventListener("pointermove", (event) => {
    const now = at(event);
    if (!down.has(event.pointerId)) {
      canvas.style.cursor = view.under(now.x, now.y) ? "pointer" : "";
      return;
    }
    const before = down.get(event.pointerId);
    if (start && Math.hypot(now.x - start.x, now.y - start.y) < CLICK) return;
    start = null;
    if (down.size === 2) {
      const other = [...down].find(([id]) => id !== event.pointerId)[1];
      const factor = distance(now, other) / Math.max(1, distance(before, other));
      camera.zoom(factor, (now.x + other.x) / 2, (now.y + other.y) / 2);
      camera.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
    } else {
      camera.pan(now.x - before.x, now.y - before.y);
      canvas.style.cursor = "grabbing";
    }
    down.set(event.pointerId, now);
  });

  const release = (event) => {
    const isClick = event.type === "pointerup" && start && down.size === 1;
    down.delete(event.pointerId);
    canvas.style.cursor = "";
    if (isClick) click(start);
    start = null;
  };
  canvas.addEventListener("pointerup", release);
  canvas.addEventListener("pointercancel", release);

  const click = ({ x, y }) => {
    const thing = view.under(x, y);
    const again = thing && thing === last.thing && performance.now() - last.time < DOUBLE;
    last = again ? { time: 0, thing: null } : { time: performance.now(), thing };
    if (again && thing.index === undefined) toggle(thing);
    else select(thing, true);
  };

  canvas.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const lines = event.deltaMode === 1 ? 30 : 1;
      // A pinch on a touchpad comes as a wheel with ctrl held, in much smaller portions.
      const speed = event.ctrlKey ? 0.01 : 0.0015;
      camera.zoom(Math.exp(-event.deltaY * lines * speed), event.offsetX, event.offsetY);
    },
    { passive: false },
  );
}

const distance = (a, b) => Math.hypot(a.x - b.x, a.y - b.y);
