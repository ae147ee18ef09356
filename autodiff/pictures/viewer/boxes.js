// Boxes and frames on the canvas. Below certain scales details are left out, as nobody could see them.

const TEXT_FROM = 0.38; // the scale from which text is drawn
const OUTLINE_FROM = 0.16;
const TITLES_FROM = 0.3;

/** How a box looks now: by kind, by heat, or by what became of it; red where there is NaN or an infinity. */
function lookOf(view, box) {
  const { palette, heat } = view;
  const look = {
    fill: palette.fill[box.kind],
    line: palette.line[box.kind],
    ink: palette.ink,
    saved: palette.backward,
  };
  if (box.alert) return { ...look, fill: palette["alert-fill"], line: palette.alert };
  if (!heat) return box.node?.mark ? { ...look, fill: palette[box.node.mark] } : look;
  const share = heat.shares.get(box);
  if (share === undefined)
    return { ...look, fill: palette.unknown, line: palette.line.constant, ink: palette["soft-ink"] };
  const { fill, ink } = heatColor(palette, share);
  return { fill, line: palette.line.constant, ink, softInk: ink, saved: ink };
}

function drawBoxes(view, context, boxes) {
  const { scale } = view.camera;
  for (const box of boxes) {
    const look = lookOf(view, box);
    const { x, y, w, h, alpha = 1 } = box.shown;
    context.globalAlpha = alpha * view.stepper.clarity(box);
    context.fillStyle = look.fill;
    if (scale < OUTLINE_FROM) {
      context.fillStyle = view.heat || box.alert ? look.fill : look.line;
      context.fillRect(x - w / 2, y - h / 2, w, h);
      continue;
    }
    drawOutline(context, scale, box, look, x - w / 2, y - h / 2, w, h);
    if (scale >= TEXT_FROM) drawText(view, context, box, look, x, y);
  }
  context.globalAlpha = 1;
}

const RADIUS = { operation: 7, output: 7, gradient: 7, module: 9, parameter: 3, input: 14, constant: 14 };

function drawOutline(context, scale, box, look, left, top, w, h) {
  context.strokeStyle = look.line;
  context.lineWidth = Math.max(box.kind === "output" ? 2.25 : 1.25, 0.6 / scale);
  if (box.kind === "module") {
    // A second sheet behind the first says that there is more inside.
    context.beginPath();
    context.roundRect(left + 4, top + 4, w - 4, h - 4, RADIUS.module);
    context.fill();
    context.stroke();
    [w, h] = [w - 4, h - 4];
  }
  context.setLineDash(box.kind === "constant" ? [4, 3] : []);
  context.beginPath();
  context.roundRect(left, top, w, h, Math.min(RADIUS[box.kind] ?? 7, h / 2));
  context.fill();
  context.stroke();
  context.setLineDash([]);
  if (box.node?.saved?.length) {
    context.fillStyle = look.saved;
    context.beginPath();
    context.arc(left + w - 8, top + 8, 2.75, 0, 7);
    context.fill();
  }
}

function drawText(view, context, box, look, x, y) {
  const lines = view.stepper.lines(box) ?? box.lines;
  let line = y - (TITLE_HEIGHT + LINE_HEIGHT * box.lines.length) / 2 + TITLE_HEIGHT / 2;
  if (box.module) {
    [x, line] = [x - 2, line - 2];
  }
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = look.ink;
  context.font = TITLE_FONT;
  context.fillText(box.module ? `${box.title}  ▸` : box.title, x, line);
  context.font = LINE_FONT;
  line += (TITLE_HEIGHT + LINE_HEIGHT) / 2;
  for (const { text, color } of lines) {
    context.fillStyle = color ?? look.softInk ?? view.palette["soft-ink"];
    context.fillText(text, x, line);
    line += LINE_HEIGHT;
  }
}

const FRAME_FROM = 4; // pixels of width
const FRAME_ROUND_FROM = 60;

/** The frames of open modules, outer ones first. */
function drawFrames(view, context, seen) {
  const { palette, camera } = view;
  for (const frame of view.scene.frames) {
    const { x, y, w, h, alpha = 1 } = frame.shown;
    const pixels = w * camera.scale;
    if (pixels < FRAME_FROM || !seen(x - w / 2, y - h / 2, x + w / 2, y + h / 2)) continue;
    context.globalAlpha = alpha;
    context.fillStyle = palette.frame;
    context.strokeStyle = palette["frame-line"];
    context.lineWidth = 1;
    context.beginPath();
    if (pixels < FRAME_ROUND_FROM) context.rect(x - w / 2, y - h / 2, w, h);
    else context.roundRect(x - w / 2, y - h / 2, w, h, 11);
    context.fill();
    context.stroke();
  }
  context.globalAlpha = 1;
}

const TAB = { left: 8, top: 7, height: 20 };

/** The names of open modules, on tabs of their own: wires may pass below. */
function drawTabs(view, context, seen) {
  const { palette, camera } = view;
  if (camera.scale < TITLES_FROM) return;
  context.font = LABEL_FONT;
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.lineWidth = 1;
  for (const frame of view.scene.frames) {
    const { x, y, w, h, alpha = 1 } = frame.shown;
    const [left, top] = [x - w / 2 + TAB.left, y - h / 2 + TAB.top];
    if (!seen(left, top, left + w, top + TAB.height)) continue;
    context.globalAlpha = alpha;
    context.fillStyle = palette.paper;
    context.strokeStyle = palette["frame-line"];
    context.beginPath();
    context.roundRect(left, top, textWidth(frame.name, LABEL_FONT) + 30, TAB.height, 6);
    context.fill();
    context.stroke();
    context.fillStyle = palette["soft-ink"];
    context.fillText("▾", left + 8, top + TAB.height / 2);
    context.fillText(frame.name, left + 22, top + TAB.height / 2 + 0.5);
  }
  context.globalAlpha = 1;
}

/** A ring around a box or a frame: the selected one, a hit of the search, the present step. */
function drawRing(context, thing, color, width, distance) {
  const { x, y, w, h } = thing.shown;
  context.strokeStyle = color;
  context.lineWidth = width;
  context.beginPath();
  const round = Math.min((RADIUS[thing.kind] ?? 10) + distance, h / 2 + distance);
  context.roundRect(x - w / 2 - distance, y - h / 2 - distance, w + 2 * distance, h + 2 * distance, round);
  context.stroke();
}
