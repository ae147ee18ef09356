// Arrows on the canvas, and the numbers that run along them while a sweep is shown.

const CURVES_FROM = 0.3; // the scale from which bends are round
const HEADS_FROM = 0.3;
const AT_ONCE = 200; // wires per stroke: one path of thousands is slower than many of hundreds

function drawWires(view, context, wires) {
  const isGradient = (wire) => wire.tail.kind === "gradient";
  drawAlike(
    view,
    context,
    wires.filter((wire) => !isGradient(wire)),
    view.palette.wire,
  );
  drawAlike(view, context, wires.filter(isGradient), view.palette.line.gradient);
}

function drawAlike(view, context, wires, color) {
  const { camera } = view;
  const round = camera.scale >= CURVES_FROM;
  context.strokeStyle = color;
  context.lineWidth = Math.max(1.25, 0.7 / camera.scale);
  context.globalAlpha = view.stepper.active ? 0.45 : 1;
  for (let begin = 0; begin < wires.length; begin += AT_ONCE) {
    context.beginPath();
    for (const wire of wires.slice(begin, begin + AT_ONCE)) trace(context, placedRoute(wire), round);
    context.stroke();
  }
  if (camera.scale >= HEADS_FROM) {
    context.fillStyle = color;
    context.beginPath();
    for (const wire of wires) arrowHead(context, placedRoute(wire));
    context.fill();
  }
  context.globalAlpha = 1;
}

/** The route, moved along with its ends while a fold or an unfold is under way. */
function placedRoute({ route, tail, head }) {
  if (tail.shown === tail && head.shown === head) return route;
  const moved = route.slice();
  for (let i = 0; i < moved.length; i += 2) {
    const t = i / (moved.length - 2);
    moved[i] += (1 - t) * (tail.shown.x - tail.x) + t * (head.shown.x - head.x);
    moved[i + 1] += (1 - t) * (tail.shown.y - tail.y) + t * (head.shown.y - head.y);
  }
  return moved;
}

function trace(context, route, round) {
  context.moveTo(route[0], route[1]);
  for (let i = 2; i < route.length; i += 2) {
    const [x0, y0, x1, y1] = [route[i - 2], route[i - 1], route[i], route[i + 1]];
    if (!round || Math.abs(x1 - x0) < 0.5) context.lineTo(x1, y1);
    else context.bezierCurveTo(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2, x1, y1);
  }
}

function arrowHead(context, route, size = 7) {
  const [x, y] = [route[route.length - 2], route[route.length - 1]];
  context.moveTo(x, y);
  context.lineTo(x - size * 0.5, y - size);
  context.lineTo(x + size * 0.5, y - size);
  context.closePath();
}

/** Wires that the present step lights; backwards the arrow points from head to tail. */
function drawLit(view, context, lit) {
  for (const { wire, color, backward } of lit) {
    const route = placedRoute(wire);
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = Math.max(3, 1.5 / view.camera.scale);
    context.beginPath();
    trace(context, route, true);
    context.stroke();
    context.beginPath();
    if (backward) {
      context.moveTo(route[0], route[1]);
      context.lineTo(route[0] - 6, route[1] + 11);
      context.lineTo(route[0] + 6, route[1] + 11);
    } else {
      arrowHead(context, route, 11);
    }
    context.fill();
  }
  const taken = [];
  for (const { wire, color, label } of lit) if (label) drawLabel(view, context, wire, color, label, taken);
}

/** A number beside its arrow, at the same size at every zoom, moved down where another one stands already. */
function drawLabel(view, context, wire, color, label, taken) {
  const unit = 1 / Math.min(1, view.camera.scale);
  const route = placedRoute(wire);
  const point = labelPoint(route, view.camera.visible(-30));
  const w = (textWidth(label, LABEL_FONT) + 14) * unit;
  const h = 20 * unit;
  const side = wire.tail.x < wire.head.x ? -1 : 1; // outside of the fan of arrows
  const box = { x: point.x + side * (w / 2 + 8 * unit), y: point.y };
  while (
    taken.some(
      (other) => Math.abs(other.x - box.x) < (other.w + w) / 2 && Math.abs(other.y - box.y) < h + 3 * unit,
    )
  ) {
    box.y += h + 4 * unit;
  }
  taken.push({ ...box, w });
  context.fillStyle = view.palette.paper;
  context.strokeStyle = color;
  context.lineWidth = 1.25 * unit;
  context.beginPath();
  context.roundRect(box.x - w / 2, box.y - h / 2, w, h, 6 * unit);
  context.fill();
  context.stroke();
  context.save();
  context.translate(box.x, box.y);
  context.scale(unit, unit);
  context.font = LABEL_FONT;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = color;
  context.fillText(label, 0, 0.5);
  context.restore();
}

/** The middle of the part of a route that is on the screen. */
function labelPoint(route, { left, top, right, bottom }) {
  const inside = [];
  for (let i = 2; i < route.length; i += 2) {
    for (const t of [0.25, 0.5, 0.75]) {
      const x = route[i - 2] + (route[i] - route[i - 2]) * t;
      const y = route[i - 1] + (route[i + 1] - route[i - 1]) * t;
      if (x > left && x < right && y > top && y < bottom) inside.push({ x, y });
    }
  }
  if (inside.length) return inside[inside.length >> 1];
  const middle = (route.length >> 2) << 1;
  return { x: (route[middle - 2] + route[middle]) / 2, y: (route[middle - 1] + route[middle + 1]) / 2 };
}
