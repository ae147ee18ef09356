// Numbers and sizes as text, and elements made of text. Everything that comes from the graph goes into the page
// through `element`, as text nodes: a label like <img onerror=...> stays a label.

const MINUS = "\u2212";

/** A number as people write it: "−0.0003702", "1.2e−9", "NaN", "∞". JSON has the last ones as strings. */
function numberText(x, digits = 4) {
  if (typeof x === "string") return { nan: "NaN", inf: "∞", "-inf": MINUS + "∞" }[x] ?? x;
  const size = Math.abs(x);
  let text;
  if (size === 0) text = "0";
  else if (Number.isInteger(x) && size < 1e7) text = String(size);
  else if (size >= 1e-4 && size < 1e6) text = String(Number(size.toPrecision(digits)));
  else
    text = size
      .toExponential(digits - 1)
      .replace(/\.?0+e/, "e")
      .replace("e+", "e")
      .replace("-", MINUS);
  return (x < 0 ? MINUS : "") + text;
}

/** What a summary says in one word: the number itself, or the norm of an array. */
function summaryText(summary, digits = 4) {
  if (!summary) return "";
  if ("number" in summary) return numberText(summary.number, digits);
  return `‖${numberText(summary.norm, digits)}‖`;
}

function shapeText(shape) {
  if (!shape) return "";
  return shape.length ? shape.join("×") : "scalar";
}

function scaledText(x, base, units) {
  let unit = 0;
  while (x >= base && unit < units.length - 1) {
    x /= base;
    unit += 1;
  }
  return `${numberText(x, 3)} ${units[unit]}`;
}

const bytesText = (bytes) => scaledText(bytes, 1024, ["B", "KB", "MB", "GB", "TB"]);
const secondsText = (seconds) => scaledText(seconds * 1e6, 1000, ["µs", "ms", "s"]);
const countText = (count) => count.toLocaleString("en-US");
const plural = (count, noun) => `${countText(count)} ${noun}${count === 1 ? "" : "s"}`;

/** An element with its attributes (or listeners, "onclick") and children (elements, or text). */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null));
  return made;
}

const byId = (id) => document.getElementById(id);

/** Tells screen readers what has just happened. */
function announce(text) {
  byId("announcer").textContent = text;
}
