"""The map as a browser draws it, against numpy and pyproj."""

from __future__ import annotations

import io

import numpy as np
import pyproj
import pytest
from PIL import Image

from jezero_sites.maps.sitemap import build_map

GEOD = pyproj.Geod(a=3396190, b=3396190)
LOCAL = "+proj=eqc +lat_ts=15 +lon_0=180 +R=3394839.81331631 +units=m +no_defs"
TMERC = "+proj=tmerc +lon_0=77.5 +lat_0=0 +R=3396190 +units=m +no_defs"
STERE = "+proj=stere +lat_0=18.4 +lon_0=77.2 +R=3396190 +units=m +no_defs"


def origin_in(crs: str) -> tuple[float, float]:
    x, y = pyproj.Proj(crs)(77.4470, 18.4485)
    return round(x), round(y)


@pytest.fixture
def shown(build_view, open_page):
    return open_page(build_map(build_view()))


def picture(page) -> np.ndarray:
    return np.asarray(
        Image.open(io.BytesIO(page.page.locator(".folium-map").screenshot())).convert("RGB")
    ).astype(int)


TO_SCREEN = "([lat, lon]) => { const p = JZ.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }"
COLOUR = "n => n.map(s => getComputedStyle(s).backgroundColor.match(/\\d+/g).map(Number))"


def readout(page) -> dict[str, str]:
    return page.page.eval_on_selector_all(
        ".jz-what span",
        "nodes => Object.fromEntries(nodes.map(n => [n.dataset.layer, n.querySelector('b').textContent]))",
    )


def test_nothing_is_requested_and_nothing_complains(shown):
    assert [url for url in shown.requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert shown.complaints == []
    assert shown.page.locator("meta[http-equiv=Content-Security-Policy]").count() == 1
    remote = (
        "[...document.querySelectorAll('[src],[href]')].filter(n => /^https?:/.test(n.src || n.href)).length"
    )
    assert shown.page.evaluate(remote) == 0
    assert shown.page.locator("script").count() == 6


def test_a_page_of_usual_size_opens_at_once(build_view, browser, tmp_path):
    """A few tenths of a second where nothing else runs; five seconds is what a reader waits."""
    path = tmp_path / "map.html"
    build_map(build_view(shape=(1200, 1000))).save(path)
    page = browser.new_context(offline=True).new_page()
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-jz-ready]", state="attached", timeout=5_000)
    page.context.close()


@pytest.mark.parametrize("crs", [None, LOCAL, TMERC, STERE], ids=["eqc0", "local sphere", "tmerc", "stere"])
def test_every_layer_under_the_cursor_is_the_raster_cell(build_view, open_page, crs):
    changes = {} if crs is None else {"crs": crs, "origin": origin_in(crs)}
    view = build_view(**changes)
    page = open_page(build_map(view))
    grid = view.elevation.grid
    for row, col in [(3, 5), (15, 40), (60, 100), (88, 127), (41, 66)]:
        x, y = grid.xy(row, col)
        lon, lat = grid.lonlat(x, y)
        found = page.page.evaluate(
            "([lat, lon]) => { const c = JZ.cellAt({lat: lat, lng: lon});"
            "return Object.fromEntries(JZ.D.layers.map(l => [l.name, JZ.valueOf(l, JZ.source.peek(l, ...c))])); }",
            [float(lat), float(lon)],
        )
        for name, raster in {**view.layers, "elevation_m": view.elevation}.items():
            truth = float(raster.values[row, col])
            if np.isnan(truth) or (name == "hazard_class" and truth == 0):
                assert found[name] is None, name
            else:
                step = {"slope_deg": 0.25, "elevation_m": 0.05, "roughness_m": 0.001, "relief_m": 0.001}.get(
                    name, 2e-5
                )
                assert abs(found[name] - truth) <= step + 1e-6, (name, row, col)
        metres = page.page.evaluate(
            "([lat, lon]) => JZ.mapMetres({lat: lat, lng: lon})", [float(lat), float(lon)]
        )
        assert metres == pytest.approx([float(x), float(y)], abs=0.1)


@pytest.mark.parametrize("crs", [None, LOCAL, TMERC], ids=["eqc0", "local sphere", "tmerc"])
def test_cells_lie_where_their_positions_are(build_view, open_page, crs):
    """The corner of the hole, on the screen, is where its lon and lat are."""
    changes = {} if crs is None else {"crs": crs, "origin": origin_in(crs)}
    view = build_view(sites=0, **changes)
    page = open_page(build_map(view))
    grid = view.elevation.grid
    row, col = 22, 47  # first row and column beyond the hole
    x, y = grid.xy(row - 0.5, col - 0.5)
    lon, lat = (float(v) for v in grid.lonlat(x, y))
    page.page.evaluate(
        "([lat, lon]) => { JZ.map.setView([lat, lon], 3, {animate: false}); JZ.overlay.setOpacity(1); }",
        [lat, lon],
    )
    spot = page.page.evaluate(
        "([lat, lon]) => { const p = JZ.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }",
        [lat, lon],
    )
    drawn = picture(page)
    grey = (np.abs(drawn[..., 0] - drawn[..., 1]) <= 2) & (np.abs(drawn[..., 1] - drawn[..., 2]) <= 2)
    px, py = round(spot[0]), round(spot[1])
    across = np.flatnonzero(grey[py - 10, px - 60 : px + 60])
    down = np.flatnonzero(grey[py - 60 : py + 60, px - 10])
    # 8 screen pixels a metre; a warped raster may be off by half a cell of its display grid
    slack = 1.5 if crs != TMERC else 12.0
    assert abs(across.max() + 1 - 60) <= slack
    assert abs(down.max() + 1 - 60) <= slack


def test_scale_bar_circles_and_distances_are_those_of_mars(shown):
    bar = shown.page.locator("#jz-scale")
    box, metres = bar.bounding_box(), float(bar.get_attribute("data-metres"))
    ends = shown.page.evaluate(
        "([x0, x1, y]) => [x0, x1].map(x => { const p = JZ.map.containerPointToLatLng([x, y]); return [p.lng, p.lat]; })",
        [box["x"], box["x"] + box["width"], 400],
    )
    assert GEOD.inv(*ends[0], *ends[1])[2] == pytest.approx(metres, rel=0.02)
    far = shown.page.evaluate("JZ.map.distance([18.4, 77.4], [18.47, 77.49])")
    assert far == pytest.approx(GEOD.inv(77.4, 18.4, 77.49, 18.47)[2], rel=1e-6)
    ring = shown.page.evaluate("JZ.ellipse({lat: 18.445, lng: 77.45}, 1000, 400, 30)")
    away = [GEOD.inv(77.45, 18.445, p["lng"], p["lat"]) for p in ring]
    longest = max(away, key=lambda a: a[2])
    assert longest[2] == pytest.approx(1000, rel=1e-3)
    assert min(a[2] for a in away) == pytest.approx(400, rel=1e-3)
    assert longest[0] % 180 == pytest.approx(30, abs=0.2)


def test_a_circle_is_round_on_the_screen(shown):
    size = shown.page.evaluate(
        "() => { const c = L.circle(JZ.map.getCenter(), {radius: 100}).addTo(JZ.map).getBounds();"
        "const a = JZ.map.latLngToContainerPoint(c.getSouthWest()), b = JZ.map.latLngToContainerPoint(c.getNorthEast());"
        "return [b.x - a.x, a.y - b.y]; }"
    )
    assert size[0] == pytest.approx(size[1], rel=0.02)


def test_the_readout_follows_the_cursor(shown, build_view):
    view = build_view()
    lon, lat = (float(v) for v in view.elevation.grid.lonlat(*view.elevation.grid.xy(50, 33)))
    spot = shown.page.evaluate(
        "([lat, lon]) => { const p = JZ.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }",
        [lat, lon],
    )
    shown.page.mouse.move(*spot)
    text = shown.page.locator(".jz-where").text_content()
    assert f"{lat:.4f}" in text
    assert "77.44" in text
    found = readout(shown)
    assert found["hazard_class"] == "safe"
    assert found["slope_deg"].startswith("3.75")  # 3.65 rounded up to the step
    shown.page.mouse.move(5, 5)
    assert readout(shown)["slope_deg"] == "off the raster"


def test_sorting_searching_and_picking(shown):
    page = shown.page
    order = "nodes => nodes.map(n => n.dataset.id)"
    rows = "#jz-table tbody tr"
    assert page.eval_on_selector_all(rows, order) == ["S01", "S02", "S03"]
    page.click("th[data-key=nearest_sample_distance_m] button")
    assert page.eval_on_selector_all(rows, order) == ["S03", "S02", "S01"]
    assert page.get_attribute("th[data-key=nearest_sample_distance_m]", "aria-sort") == "ascending"
    page.click("th[data-key=nearest_sample_distance_m] button")
    assert page.eval_on_selector_all(rows, order) == ["S01", "S02", "S03"]
    page.fill("#jz-search", "s02")
    assert page.eval_on_selector_all(rows, order) == ["S02"]
    assert page.locator("#jz-count").text_content() == "1 of 3"
    page.fill("#jz-search", "")
    page.locator("tr[data-id=S02]").focus()
    page.keyboard.press("Enter")
    assert "Site S02" in page.locator("#jz-card h2").text_content()
    assert page.locator(".jz-pin.jz-on").text_content() == "2"
    page.locator(".jz-pin").nth(2).click()
    assert page.get_attribute("tr[data-id=S03]", "aria-selected") == "true"


def test_the_card_shows_every_limit_and_every_part(shown):
    card = shown.page.locator("#jz-card")
    rows = [
        r.split("|")
        for r in card.locator(".jz-margins tbody tr").evaluate_all(
            "rows => rows.map(r => [...r.cells].map(c => c.textContent).join('|'))"
        )
    ]
    assert rows[0][:2] == ["Slope", "6.00"]
    assert rows[0][3:] == ["+25\u202f%", "\u2713 pass"]
    assert rows[1][0] == "Roughness"
    bars = card.locator(".jz-bar").evaluate_all(
        "b => Object.fromEntries(b.map(n => [n.dataset.part, +n.dataset.value]))"
    )
    assert bars == {"margin": 0.25, "sample_distance": 0.9}
    text = card.text_content()
    assert "illustrative, not a mission value" in text
    assert "Alpha" in text
    assert "0.900 to 0.950" in text


def test_opacity_changes_the_picture_and_comes_back(shown):
    before = picture(shown)
    for value in ("20", "80"):
        shown.page.evaluate(
            "v => { const o = document.getElementById('jz-opacity'); o.value = v; o.dispatchEvent(new Event('input')); }",
            value,
        )
        after = picture(shown)
        changed = np.mean(np.any(after != before, axis=2))
        assert changed > 0.3 if value == "20" else changed == 0


@pytest.mark.parametrize(
    "layer", ["slope_deg", "hazard_class", "hazard_reason", "landing_probability", "relief_m"]
)
def test_the_legend_has_the_colours_of_the_canvas(shown, layer):
    shown.page.select_option("#jz-layer", layer)
    legend = shown.page.eval_on_selector_all(
        "#jz-legend .jz-swatch i:not(.jz-hatched)",
        COLOUR,
    )
    drawn = shown.page.evaluate(
        "() => { const c = JZ.overlay.canvas(), d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;"
        "const s = new Set(); for (let i = 0; i < d.length; i += 4) s.add([d[i], d[i+1], d[i+2]].join()); return [...s]; }"
    )
    colours = {tuple(map(int, c.split(","))) for c in drawn} - {(90, 90, 90), (160, 160, 160)}
    assert colours
    assert colours <= {tuple(c) for c in legend}


def test_the_limit_and_its_standing_are_in_the_legend(shown):
    shown.page.select_option("#jz-layer", "slope_deg")
    note = shown.page.locator("#jz-legend .jz-note").text_content()
    assert "at most 8\u202fdeg over 5\u202fm (illustrative, not a mission value)" in note


@pytest.mark.parametrize(
    "changes",
    [
        {"sites": 0},
        {"sites": 1},
        {"empty": True, "sites": 0},
        {"samples": [("West", -282.5511, 18.4473), ("East", 437.4489, 18.4473)]},
    ],
    ids=["no site", "one site", "nothing known", "longitudes beyond 0 to 360"],
)
def test_odd_runs_are_drawn(build_view, open_page, changes):
    page = open_page(build_map(build_view(**changes)))
    assert page.complaints == []
    if changes.get("sites") == 0:
        assert "No site passes" in page.page.locator("#jz-empty").text_content()
    if "samples" in changes:
        spots = page.page.locator(".jz-sample").all()
        assert len(spots) == 1  # both names stand at one place
        assert page.page.locator(".folium-map").bounding_box()["width"] > spots[0].bounding_box()["x"] > 0


def test_a_raster_across_the_zero_meridian_is_whole(build_view, open_page):
    view = build_view(origin=(-130.0, 1093540.0), samples=[("Seam", 0.0005, 18.4473)])
    page = open_page(build_map(view))
    assert page.complaints == []
    lon, lat = (float(v) for v in view.elevation.grid.lonlat(*view.elevation.grid.xy(60, 100)))
    shown = page.page.evaluate(
        "([lat, lon]) => JZ.saidAt(JZ.D.layers[0], JZ.cellAt({lat: lat, lng: lon < 180 ? lon + 360 : lon}))",
        [lat, lon],
    )
    assert shown == "7.50\u202fdeg"  # 7.4 rounded up to the step


@pytest.mark.parametrize("size", [(1280, 860), (1000, 700), (390, 800)])
def test_nothing_overlaps_or_leaves_the_screen(build_view, open_page, size):
    page = open_page(build_map(build_view()), size)
    boxes = {
        name: page.page.locator(name).first.bounding_box()
        for name in (".leaflet-control-zoom", "#jz-corner", "#jz-readout", "#jz-side")
    }
    names = list(boxes)
    for i, a in enumerate(names):
        one = boxes[a]
        assert one["x"] >= 0
        assert one["x"] + one["width"] <= size[0] + 0.5
        for b in names[i + 1 :]:
            other = boxes[b]
            apart = (
                one["x"] + one["width"] <= other["x"] + 0.5
                or other["x"] + other["width"] <= one["x"] + 0.5
                or one["y"] + one["height"] <= other["y"] + 0.5
                or other["y"] + other["height"] <= one["y"] + 0.5
            )
            assert apart, (a, b)
    area = page.page.locator(".folium-map").bounding_box()
    if size == (1000, 700):
        assert area["width"] * area["height"] >= 0.60 * size[0] * size[1]
    assert page.page.evaluate("document.documentElement.scrollWidth") <= size[0]


def test_the_same_map_works_in_a_notebooks_frame(build_view, browser, tmp_path):
    (tmp_path / "notebook.html").write_text(
        f"<!DOCTYPE html><body>{build_map(build_view())._repr_html_()}</body>"
    )
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints = []
    page.on("console", lambda m: complaints.append(m.text))
    page.on("pageerror", lambda e: complaints.append(str(e)))
    page.goto((tmp_path / "notebook.html").as_uri())
    frame = page.frame_locator("iframe")
    frame.locator("html[data-jz-ready]").wait_for(state="attached", timeout=15_000)
    assert frame.locator("#jz-table tbody tr").count() == 3
    assert complaints == []
    context.close()


@pytest.mark.parametrize(("cell", "size"), [(2.5, (390, 800)), (20.0, (1280, 860)), (100.0, (1000, 700))])
def test_the_whole_raster_is_on_the_screen_when_the_map_opens(build_view, open_page, cell, size):
    page = open_page(build_map(build_view(cell=(cell, cell))), size)
    box = page.page.evaluate(
        "() => { const b = JZ.bounds, s = JZ.map.getSize(), p = JZ.map.latLngToContainerPoint(b.getNorthWest()),"
        "q = JZ.map.latLngToContainerPoint(b.getSouthEast()); return [p.x, p.y, s.x - q.x, s.y - q.y, (q.x - p.x) / s.x, (q.y - p.y) / s.y]; }"
    )
    assert min(box[:4]) >= -1
    assert max(box[4:]) > 0.4
    assert not page.page.locator(".leaflet-control-zoom-out.leaflet-disabled").count()


def test_map_metres_run_on_across_the_turn_of_the_projection(build_view, open_page):
    """A raster that goes on past 180 degrees keeps its own eastings."""
    turn = 3396190 * np.pi
    view = build_view(origin=(round(turn) - 130.0, 1093540.0), sites=0)
    page = open_page(build_map(view))
    lon, lat = (float(v) for v in view.elevation.grid.lonlat(*view.elevation.grid.xy(60, 110)))
    found = page.page.evaluate("([lat, lon]) => JZ.mapMetres({lat: lat, lng: lon})", [lat, lon])
    assert found == pytest.approx([float(v) for v in view.elevation.grid.xy(60, 110)], abs=0.1)
