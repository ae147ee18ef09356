"""A real Chromium for the viewer's pages; the tests are skipped where there is none."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from autodiff.pictures import html

_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --hide-scrollbars "
    "--disable-background-networking --disable-component-update --disable-sync"
)


class Page:
    """A graph's page in the browser: what a user can do there, in few words."""

    def __init__(self, driver: Any, path: Path) -> None:
        self.driver = driver
        self.path = path

    def open(self, graph: dict[str, Any], title: str = "A graph") -> Page:
        self.path.write_text(html.render(graph, title), encoding="utf-8")
        self.driver.get(self.path.as_uri())
        self.settle()
        return self

    def run(self, script: str, *arguments: Any) -> Any:
        """The value of an expression; `viewer` is what the page offers to scripts."""
        return self.driver.execute_script(
            f"const viewer = window.graphViewer; return ({script})", *arguments
        )

    def settle(self) -> None:
        """Wait until nothing glides and all is drawn."""
        self.driver.execute_async_script("setTimeout(arguments[0], 330)")

    def find(self, selector: str) -> Any:
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str) -> str:
        return str(self.run("document.querySelector(arguments[0]).textContent", selector))

    def click(self, selector: str) -> None:
        self.find(selector).click()
        self.settle()

    def keys(self, *keys: str) -> None:
        """Press keys, one after the other, where the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.driver).send_keys(*keys).perform()
        self.settle()

    def click_thing(self, thing: str, times: int = 1) -> None:
        """Click a box, or the tab of a frame, on the canvas; `thing` is an expression."""
        from selenium.webdriver import ActionChains

        x, y = self.run(
            f"""(() => {{
                const shown = viewer.view.shownAs({thing});
                const top = shown.module || shown.node ? shown.y : shown.y - shown.h / 2 + 16;
                const left = shown.module || shown.node ? shown.x : shown.x - shown.w / 2 + 24;
                const at = viewer.view.camera.toScreen(left, top);
                const area = viewer.view.canvas.getBoundingClientRect();
                return [at.x - area.width / 2, at.y - area.height / 2];
            }})()"""
        )
        mouse = ActionChains(self.driver, duration=0)
        mouse.move_to_element_with_offset(self.find("#canvas"), round(x), round(y))
        for _ in range(times):
            mouse.click()
        mouse.perform()
        self.settle()

    def choose(self, selector: str, value: str) -> None:
        from selenium.webdriver.support.select import Select

        Select(self.find(selector)).select_by_value(value)
        self.settle()

    def resize(self, width: int, height: int, ratio: float = 1.0) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": ratio, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def prefer(self, **features: str) -> None:
        """What the system prefers: color_scheme, reduced_motion."""
        wanted = [
            {"name": f"prefers-{k.replace('_', '-')}", "value": v} for k, v in features.items()
        ]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def screenshot(self, name: str) -> None:
        self.driver.save_screenshot(str(self.path.parent / f"{name}.png"))

    def complaints(self) -> list[str]:
        """What the console has been told since the last call."""
        return [entry["message"] for entry in self.driver.get_log("browser")]


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    driver_program = shutil.which("chromedriver")
    if program is None or driver_program is None:
        pytest.skip("chromium and chromedriver are not installed (apt-get install chromium-driver)")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for flag in _FLAGS.split():
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('chromium')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=driver_program)
    driver = webdriver.Chrome(options=options, service=service)
    driver.set_script_timeout(60)
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium: Any, tmp_path: Path) -> Iterator[Page]:
    """A page of 1280 x 800 in the light theme; at the end the console must be silent."""
    made = Page(chromium, tmp_path / "graph.html")
    made.resize(1280, 800)
    made.prefer(color_scheme="light", reduced_motion="no-preference")
    made.complaints()
    yield made
    assert made.complaints() == []


@pytest.fixture
def layout_faults() -> Callable[[Page], list[str]]:
    """What is wrong with where things stand: boxes that overlap, arrows that go up, frames left."""
    return lambda page: json.loads(page.run(_FAULTS))


_FAULTS = """(() => {
    const { boxes, wires, frames } = viewer.view.scene;
    const faults = [];
    const rows = [...boxes].sort((a, b) => a.y - a.h / 2 - (b.y - b.h / 2));
    rows.forEach((a, i) => {
        for (let k = i + 1; k < rows.length && rows[k].y - rows[k].h / 2 < a.y + a.h / 2; k++) {
            if (Math.abs(rows[k].x - a.x) < (rows[k].w + a.w) / 2) faults.push(`${a.key} on ${rows[k].key}`);
        }
    });
    const inside = (a, b) => Math.abs(a.x - b.x) <= (b.w - a.w) / 2 && Math.abs(a.y - b.y) <= (b.h - a.h) / 2;
    for (const thing of [...boxes, ...frames]) {
        if (thing.parent.parent && !inside(thing, thing.parent)) faults.push(`${thing.key} out of its frame`);
        if (!thing.node && !thing.module) continue;
        for (const frame of frames) {
            const holds = thing.parent.key.startsWith(frame.key);
            const near = (a, size) => Math.abs(thing[a] - frame[a]) < (thing[size] + frame[size]) / 2;
            if (!holds && near('x', 'w') && near('y', 'h')) faults.push(`${thing.key} in ${frame.key}`);
        }
    }
    for (const { key, route, tail, head } of wires) {
        for (let i = 3; i < route.length; i += 2) {
            if (route[i] < route[i - 2] - 0.01) faults.push(`${key} goes up`);
        }
        if (Math.abs(route[0] - tail.x) > tail.w / 2) faults.push(`${key} begins beside`);
        if (Math.abs(route.at(-2) - head.x) > head.w / 2) faults.push(`${key} ends beside`);
    }
    return JSON.stringify(faults.slice(0, 10));
})()"""
