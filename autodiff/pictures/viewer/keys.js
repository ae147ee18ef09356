// One key per action, shown in the help. Keys belong to the page unless somebody types or moves a control.

const PAN = 80;

/** `actions` maps a key to what it does. */
function startKeys(view, actions) {
  const pans = { ArrowLeft: [PAN, 0], ArrowRight: [-PAN, 0], ArrowUp: [0, PAN], ArrowDown: [0, -PAN] };
  document.addEventListener("keydown", (event) => {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || byId("help").open) return;
    if (target.matches("input[type=search], select")) return;
    const onCanvas = target === view.canvas || target === document.body;
    if (pans[key] && onCanvas) view.camera.pan(...pans[key]);
    else if ((key === "Enter" || key === " ") && !onCanvas) return;
    else if (actions[key]) actions[key]();
    else return;
    event.preventDefault();
  });
}
