// Colours of the canvas. They stand in the style sheet as variables, once per theme, and are read from there.

const KINDS = ["input", "parameter", "constant", "operation", "output", "module", "gradient"];
const MARKS = ["added", "removed", "changed"];
const NAMES = [
  ...["paper", "ink", "soft-ink", "wire", "frame", "frame-line", "accent", "hit", "alert", "alert-fill"],
  ...["forward", "backward"],
  ...MARKS,
];
const system = matchMedia("(prefers-color-scheme: dark)");

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(`--${name}`).trim();
  const palette = Object.fromEntries(NAMES.map((name) => [name, color(name)]));
  palette.unknown = color("heat-unknown");
  palette.fill = Object.fromEntries(KINDS.map((kind) => [kind, color(`${kind}-fill`)]));
  palette.line = Object.fromEntries(KINDS.map((kind) => [kind, color(`${kind}-line`)]));
  palette.heat = [0, 1, 2, 3, 4].map((i) => hexToRgb(color(`heat-${i}`)));
  return palette;
}

function hexToRgb(hex) {
  const bits = parseInt(hex.slice(1), 16);
  return [bits >> 16, (bits >> 8) & 255, bits & 255];
}

/** The colour at t in 0 ... 1 of the heat map, and the ink that is readable on it. */
function heatColor(palette, t) {
  const place = Math.min(3.9999, Math.max(0, t * 4));
  const i = Math.floor(place);
  const [r, g, b] = palette.heat[i].map((c, k) => c + (palette.heat[i + 1][k] - c) * (place - i));
  const light = 0.299 * r + 0.587 * g + 0.114 * b > 140;
  return { fill: `rgb(${r | 0} ${g | 0} ${b | 0})`, ink: light ? "#111827" : "#f9fafb" };
}

/** Follow the system until somebody presses the switch. */
function startTheme(button, changed) {
  const root = document.documentElement;
  let chosen = null;
  const apply = () => {
    root.dataset.theme = chosen ?? (system.matches ? "dark" : "light");
    button.setAttribute("aria-pressed", String(root.dataset.theme === "dark"));
    changed();
  };
  system.addEventListener("change", apply);
  button.addEventListener("click", () => {
    chosen = root.dataset.theme === "dark" ? "light" : "dark";
    apply();
    announce(`${chosen} theme`);
  });
  apply();
}
