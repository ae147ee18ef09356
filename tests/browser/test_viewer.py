"""The viewer's page in a real browser: what it draws, and what clicks and keys do."""

from __future__ import annotations

import copy

import graph_json
import pytest

pytestmark = pytest.mark.browser

_GRAPHS = {
    "expression": graph_json.expression,
    "mlp": graph_json.mlp,
    "rnn": graph_json.rnn,
    "transformer": graph_json.transformer,
}
_EMPTY = {"format": "autodiff-graph", "version": 1, "nodes": [], "edges": [], "outputs": []}


@pytest.mark.parametrize("name", _GRAPHS)
@pytest.mark.parametrize("folding", ["as it opens", "all folded", "all unfolded"])
def test_boxes_do_not_overlap_and_arrows_go_down(page, layout_faults, name, folding) -> None:
    page.open(_GRAPHS[name]())
    if folding != "as it opens":
        page.run(
            "viewer.folding.setAll(viewer.modules, arguments[0], '')", folding == "all unfolded"
        )
        page.settle()
    assert layout_faults(page) == []


def test_something_is_drawn_and_nothing_is_fetched(page) -> None:
    page.open(graph_json.mlp())
    assert page.run("viewer.view.drawn") == {"boxes": 20, "wires": 19}
    colors = page.run(
        """(() => {
            const { canvas, context } = viewer.view;
            const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
            return new Set(new Uint32Array(data.buffer)).size;
        })()"""
    )
    assert colors > 50
    assert page.run("performance.getEntriesByType('resource').length") == 0


def test_graph_without_nodes(page) -> None:
    page.open(_EMPTY)
    page.click("#fit-button")
    assert page.run("viewer.view.scene.boxes.length") == 0


def test_markup_in_labels_stays_text(page) -> None:
    graph = graph_json.mlp()
    evil = "</script><img src=x onerror='window.evil = 1'><!-- \u2028 &amp; \""
    for node in graph["nodes"]:
        node |= {"title": evil, "name": evil, "line": evil, "scope": [evil, *node["scope"]]}
    page.open(graph, title=evil)
    assert page.driver.title == evil.replace("\u2028", " ") or page.driver.title == evil
    page.run("viewer.select(viewer.graph.nodes[4])")
    page.click("#outline-button")
    page.click("#steps-button")
    page.keys(".", ".")
    assert page.run("window.evil === undefined && document.images.length === 0")
    assert evil in page.text("#panel-body")


def test_a_large_graph_opens_folded(page) -> None:
    page.open(graph_json.transformer())
    assert page.run("viewer.graph.nodes.length") > 500
    assert page.run("viewer.view.scene.boxes.length") < 60


def test_double_click_unfolds_a_module_in_its_place(page) -> None:
    page.open(graph_json.transformer())
    block = "viewer.modules.find((m) => m.path.join('.') === 'blocks.1')"
    place = f"(({{ x, y, h }}) => viewer.view.camera.toScreen(x, y - h / 2))(viewer.view.shownAs({block}))"
    before = page.run(place)
    page.click_thing(block, times=2)
    assert page.run(f"{block}.open")
    after = page.run(place)
    assert after == pytest.approx(before, abs=1.0)
    page.click_thing(block, times=2)
    assert not page.run(f"{block}.open")
    assert page.run(place) == pytest.approx(before, abs=1.0)


def test_double_click_where_the_first_click_makes_room_for_details(page) -> None:
    page.open(graph_json.mlp())
    page.click_thing("viewer.modules[0]", times=2)
    assert not page.run("viewer.modules[0].open")
    page.click("#fit-button")
    page.click("#close-panel")
    assert page.run("viewer.view.camera.fitted")
    page.click_thing("viewer.graph.nodes[8]")
    page.settle()
    assert page.run("viewer.view.selected.index") == 8
    assert page.run("viewer.view.camera.fitted")  # again, beside the details


def test_buttons_fold_and_unfold_levels(page) -> None:
    page.open(graph_json.transformer())
    count = "viewer.view.scene.boxes.length"
    page.click("#fold-all")
    folded = page.run(count)
    page.click("#unfold-level")
    page.click("#unfold-level")
    assert page.run(count) > folded
    assert page.run("viewer.view.scene.frames.some((f) => f.name === '3')")
    page.click("#fold-level")
    page.click("#fold-level")
    assert page.run(count) == folded


def test_enter_folds_the_module_of_the_selected_node(page) -> None:
    page.open(graph_json.mlp())
    page.run("viewer.select(viewer.graph.nodes[2])")
    page.find("#canvas").click()
    page.run("viewer.select(viewer.graph.nodes[2])")
    from selenium.webdriver import Keys

    page.keys(Keys.ENTER)
    assert not page.run("viewer.graph.nodes[2].parent.open")
    assert "layer0 folded" in page.text("#announcer")


def test_a_cell_that_is_called_again_becomes_one_module_per_call(page) -> None:
    page.open(graph_json.rnn(5))
    assert page.run("viewer.modules.map((m) => m.name)") == [f"cell #{i}" for i in range(1, 6)]
    assert page.run("viewer.modules.map((m) => m.operations)") == [5] * 5


def test_search_counts_goes_on_and_opens_modules(page) -> None:
    page.open(graph_json.transformer())
    page.keys("/")
    page.keys("softmax")
    assert page.text("#hit-count") == "12"
    assert page.run("viewer.view.holdsHit(viewer.view.shownAs(viewer.graph.nodes[30]))")
    from selenium.webdriver import Keys

    page.keys(Keys.ENTER)
    assert page.text("#hit-count") == "1/12"
    assert page.run("viewer.view.selected.title") == "softmax"
    assert page.run("viewer.view.shownAs(viewer.view.selected).node !== undefined")
    page.click("#previous-hit")
    assert page.text("#hit-count") == "12/12"
    page.find("#query").clear()
    page.find("#query").send_keys("blocks.7 mlp")
    assert page.run("viewer.search.hits[0].path") == ["blocks", "7", "mlp"]
    page.find("#query").send_keys(" no such thing")
    assert page.text("#hit-count") == "0"


def test_details_of_a_node(page) -> None:
    graph = graph_json.mlp()
    page.open(graph)
    page.click_thing("viewer.graph.nodes[2]")
    node, text = graph["nodes"][2], page.text("#panel")
    for wanted in ("matmul", "32×128", "float32", "16 KB", "layer0", "train.py:12", "x, y"):
        assert wanted in text
    assert f"{node['value']['mean']:.4g}".lstrip("-") in text
    assert page.run("document.querySelectorAll('#panel .histogram').length") == 2
    assert page.run("document.querySelectorAll('#panel .histogram rect').length") > 16
    page.click("#panel .links button")
    assert page.text("#panel-title") == "x"
    page.click("#close-panel")
    assert not page.find("#panel").is_displayed()


def test_details_of_a_module(page) -> None:
    page.open(graph_json.transformer())
    page.click_thing("viewer.modules.find((m) => m.path.join('.') === 'blocks.0')")
    text = page.text("#panel")
    assert "31" in text
    assert "198,272 in 16 arrays" in text
    page.click("#panel button.wide")
    assert page.text("#panel button.wide") == "Fold"


@pytest.mark.parametrize("quantity", ["gradient", "seconds", "bytes"])
def test_heat_maps_have_a_legend(page, quantity) -> None:
    page.open(graph_json.mlp())
    assert not page.find("#legend").is_displayed()
    page.choose("#quantity", quantity)
    assert page.find("#legend .ramp").is_displayed()
    looks = "new Set(viewer.view.scene.boxes.map((b) => viewer.view.heat.shares.get(b))).size"
    assert page.run(looks) > 3


def test_nan_and_infinity_are_red(page) -> None:
    graph = graph_json.expression()
    graph["nodes"][6]["value"] = {"number": "nan"}
    graph["nodes"][7]["value"] = {"number": "-inf"}
    page.open(graph)
    assert "NaN or infinity" in page.text("#legend")
    assert page.run("viewer.view.scene.boxes.filter((b) => b.alert).length") == 2
    page.run("viewer.select(viewer.graph.nodes[7])")
    assert page.text("#panel .number.alert") == "−∞"
    assert "NaN" in page.run("viewer.view.scene.boxOf[6].lines.map((l) => l.text)")


def test_theme_follows_the_system_until_the_switch_is_pressed(page) -> None:
    page.open(graph_json.mlp())
    paper = "viewer.view.palette.paper"
    light = page.run(paper)
    page.prefer(color_scheme="dark")
    page.settle()
    dark = page.run(paper)
    assert dark != light
    page.click("#theme-button")
    assert page.run(paper) == light
    page.prefer(color_scheme="light")
    page.keys("t")
    assert page.run(paper) == dark


def test_keys_pan_zoom_fit_and_select(page) -> None:
    page.open(graph_json.mlp())
    from selenium.webdriver import Keys

    camera = "[viewer.view.camera.x, viewer.view.camera.y, viewer.view.camera.scale]"
    at_first = page.run(camera)
    page.find("#canvas").click()
    page.keys(Keys.ARROW_LEFT, Keys.ARROW_DOWN, "+")
    x, y, scale = page.run(camera)
    assert scale == pytest.approx(at_first[2] * 1.3)
    assert x != at_first[0]
    assert y != at_first[1]
    page.keys("f")
    assert page.run(camera) == pytest.approx(at_first, rel=1e-6)
    page.keys("l", "l")
    assert page.run("viewer.view.selected.index") == 1
    page.keys("j")
    assert page.run("viewer.view.selected.index") == 2
    assert "operation @" in page.text("#announcer")
    page.keys("k", Keys.ESCAPE)
    assert page.run("viewer.view.selected") is None
    page.keys("?")
    assert page.find("#help").is_displayed()
    page.keys(Keys.ESCAPE)
    assert not page.find("#help").is_displayed()


def test_mouse_and_touch_move_the_camera(page) -> None:
    page.open(graph_json.mlp())
    from selenium.webdriver import ActionChains
    from selenium.webdriver.common.actions.wheel_input import ScrollOrigin

    canvas = page.find("#canvas")
    x, scale = page.run("[viewer.view.camera.x, viewer.view.camera.scale]")
    ActionChains(page.driver).drag_and_drop_by_offset(canvas, 120, 0).perform()
    assert page.run("viewer.view.camera.x") == pytest.approx(x - 120 / scale, abs=0.5)
    ActionChains(page.driver).scroll_from_origin(
        ScrollOrigin.from_element(canvas), 0, -200
    ).perform()
    assert page.run("viewer.view.camera.scale") > scale * 1.2
    scale = page.run("viewer.view.camera.scale")
    touch = page.driver.execute_cdp_cmd
    fingers = lambda d: [{"x": 640 - d, "y": 400, "id": 1}, {"x": 640 + d, "y": 400, "id": 2}]
    for kind, points in (
        ("touchStart", fingers(50)),
        ("touchMove", fingers(75)),
        ("touchMove", fingers(100)),
        ("touchEnd", []),
    ):
        touch("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    assert page.run("viewer.view.camera.scale") == pytest.approx(2 * scale, rel=0.1)


def test_pixels_of_the_screen_are_used(page) -> None:
    page.resize(1280, 800, ratio=2.0)
    page.open(graph_json.mlp())
    width, shown = page.run("[viewer.view.canvas.width, viewer.view.canvas.clientWidth]")
    assert width == 2 * shown


def test_a_narrow_window_holds_everything(page) -> None:
    page.resize(400, 760)
    page.open(graph_json.mlp(), title="A title much too long for a window as narrow as this one is")
    page.click("#steps-button")
    page.run("viewer.select(viewer.graph.nodes[4])")
    page.settle()
    assert page.run("document.documentElement.scrollWidth") <= 400
    outside = """[...document.querySelectorAll('button, select, input')].filter((e) => {
        const { right, left, width } = e.getBoundingClientRect();
        return width && !e.closest('.scroller, dialog') && (left < 0 || right > innerWidth);
    }).map((e) => e.id)"""
    assert page.run(outside) == []


def test_controls_have_names_and_can_be_reached(page) -> None:
    page.open(graph_json.mlp())
    nameless = """[...document.querySelectorAll('button, select, input, [tabindex]')].filter(
        (e) => !(e.getAttribute('aria-label') || e.textContent.trim() || e.closest('label'))).length"""
    assert page.run(nameless) == 0
    page.click("#outline-button")
    assert page.run("document.activeElement.closest('#outline') !== null")
    page.run("document.querySelector('#outline summary').click()")
    page.settle()
    assert "layer0.weight" in page.text("#outline")
    page.run("[...document.querySelectorAll('#outline button')].at(-1).click()")
    assert page.text("#panel-title").startswith("mean")


def test_less_motion_where_it_is_asked_for(page) -> None:
    page.prefer(color_scheme="light", reduced_motion="reduce")
    page.open(graph_json.transformer())
    still = """(() => {
        viewer.folding.toggle(viewer.modules.find((m) => m.name === '0'));
        return viewer.view.scene.boxes.every((b) => b.shown === b);
    })()"""
    assert page.run(still)


def test_the_same_file_gives_the_same_places(page) -> None:
    places = "viewer.view.scene.boxes.map((b) => [b.key, b.x, b.y])"
    first = page.open(graph_json.transformer()).run(places)
    assert page.open(copy.deepcopy(graph_json.transformer())).run(places) == first
