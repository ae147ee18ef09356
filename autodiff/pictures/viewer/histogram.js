// A histogram of an array's finite values, as a drawing that scales with the panel.

const SVG = "http://www.w3.org/2000/svg";

function histogramOf({ low, high, counts }) {
  const most = Math.max(...counts, 1);
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", `0 0 ${counts.length * 10} 64`);
  drawing.setAttribute("preserveAspectRatio", "none");
  drawing.setAttribute("role", "img");
  drawing.setAttribute(
    "aria-label",
    `Histogram from ${numberText(low)} to ${numberText(high)}: ${counts.join(", ")}`,
  );
  counts.forEach((count, i) => {
    if (!count) return;
    const bar = document.createElementNS(SVG, "rect");
    const height = Math.max(1.5, (62 * count) / most);
    const place = { x: i * 10 + 0.75, y: 64 - height, width: 8.5, height };
    for (const [name, value] of Object.entries(place)) bar.setAttribute(name, value);
    drawing.append(bar);
  });
  const ends = element(
    "div",
    { class: "ends" },
    element("span", {}, numberText(low, 3)),
    element("span", {}, numberText(high, 3)),
  );
  return element("div", { class: "histogram" }, drawing, ends);
}
