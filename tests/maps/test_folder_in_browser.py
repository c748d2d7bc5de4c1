"""The map in a folder: opened from a disk it shows every cell, exactly, and its tools work on all of them."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.maps import tiles
from jezero_sites.maps.ellipse import ellipse_statistics
from jezero_sites.maps.sitemap import build_map

SHAPE = (700, 1130)


@pytest.fixture(scope="module")
def view(build_view):
    return build_view(shape=SHAPE, sites=3)


@pytest.fixture(scope="module")
def folder(view, tmp_path_factory):
    before, tiles.SIZE = tiles.SIZE, 128
    try:
        path = build_map(view).save_folder(tmp_path_factory.mktemp("folder") / "map")
    finally:
        tiles.SIZE = before
    return path


@pytest.fixture
def page(folder, browser):
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.complaints, page.asked = [], []
    page.on("console", lambda m: page.complaints.append(m.text))
    page.on("pageerror", lambda e: page.complaints.append(str(e)))
    page.on("request", lambda r: page.asked.append(r.url))
    page.goto(folder.as_uri())
    page.wait_for_selector("html[data-jz-ready]", state="attached", timeout=15_000)
    yield page
    # the tests themselves read canvases back, which the browser remarks on
    assert [text for text in page.complaints if "willReadFrequently" not in text] == []
    assert not [url for url in page.asked if not url.startswith(("file:", "data:", "blob:"))]
    context.close()


def lonlat(view, row, col):
    return tuple(float(v) for v in view.elevation.grid.lonlat(*view.elevation.grid.xy(row, col)))


def test_values_anywhere_are_those_of_the_raster(page, view):
    rng = np.random.default_rng(5)
    rows, cols = rng.integers(0, SHAPE[0], 40), rng.integers(0, SHAPE[1], 40)
    places = [[int(r), int(c)] for r, c in zip(rows, cols, strict=True)]
    for name, raster in {**view.layers, "elevation_m": view.elevation}.items():
        found = page.evaluate(
            "async ([name, places]) => { const l = JZ.layerNamed(name);"
            " return (await JZ.source.cells(l, places)).map(c => JZ.valueOf(l, c)); }",
            [name, places],
        )
        peeked = page.evaluate(
            "([name, places]) => { const l = JZ.layerNamed(name);"
            " return places.map(p => JZ.valueOf(l, JZ.source.peek(l, ...p))); }",
            [name, places],
        )
        assert peeked == found
        step = page.evaluate("name => JZ.layerNamed(name).step", name)
        for value, row, col in zip(found, rows, cols, strict=True):
            truth = min(float(raster.values[row, col]), 63.5 if name == "slope_deg" else 1e9)
            if value is None:
                assert np.isnan(truth) or (name == "hazard_class" and truth == 0)
            else:
                assert abs(value - truth) <= (step / 2 if name == "elevation_m" else step) + 1e-6


def settled(page):
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(250)


def test_the_layer_is_drawn_where_it_lies_at_every_level(page, view):
    page.select_option("#jz-layer", "slope_deg")
    page.evaluate("JZ.map.setView(JZ.bounds.getCenter(), -2, {animate: false})")
    settled(page)
    far = page.evaluate("document.querySelectorAll('.leaflet-jz-layer-pane canvas').length")
    lon, lat = lonlat(view, 21.5, 46.5)
    page.evaluate("([lat, lon]) => JZ.map.setView([lat, lon], 3, {animate: false})", [lat, lon])
    settled(page)
    near = page.evaluate("document.querySelectorAll('.leaflet-jz-layer-pane canvas').length")
    assert far >= 1
    assert near >= 1
    # the corner of the hole lies in the middle of the map
    spot = page.evaluate(
        "() => { const s = JZ.map.getSize(); const hits = [];"
        "for (const [dx, dy] of [[-8, -8], [8, -8], [-8, 8]]) {"
        " for (const c of document.querySelectorAll('.leaflet-jz-layer-pane canvas')) {"
        "  const b = c.getBoundingClientRect(), x = s.x / 2 + dx - b.left, y = s.y / 2 + dy - b.top;"
        "  if (x < 0 || y < 0 || x >= b.width || y >= b.height) continue;"
        "  const p = c.getContext('2d').getImageData(Math.floor(x / b.width * c.width), Math.floor(y / b.height * c.height), 1, 1).data;"
        "  hits.push([...p]); } } return hits; }"
    )
    inside, right, below = spot
    assert inside[0] == inside[1] == inside[2]  # hatched grey
    assert right[0] != right[2]
    assert below[0] != below[2]


def test_tools_reach_ground_that_was_never_in_view(page, view):
    lon, lat = lonlat(view, 600, 300)
    found = page.evaluate(
        "async ([lat, lng]) => JZ.landingEllipse.statistics({lat, lng}, {major_m: 300, minor_m: 120, azimuth_deg: 30})",
        [lat, lon],
    )
    truth = ellipse_statistics(view, lon, lat, major_m=300, minor_m=120, azimuth_deg=30)
    assert truth.cells > 10_000
    for name in ("cells", "off_raster", "unknown", "unsafe"):
        assert found[name] == getattr(truth, name)
    page.evaluate("JZ.tools.use('measure')")
    for row, col in ((650, 20), (650, 1000)):
        lon, lat = lonlat(view, row, col)
        page.evaluate("([lat, lon]) => JZ.measure.add(L.latLng(lat, lon))", [lat, lon])
    page.wait_for_selector("#jz-profile-note")
    heights = view.elevation.values[650, 20:1001]
    assert f"{abs(heights.min()):.1f}" in page.locator("#jz-profile-note").text_content()


def test_the_readout_loads_what_is_under_the_cursor(page, view):
    lon, lat = lonlat(view, 350, 500)
    page.evaluate("([lat, lon]) => JZ.map.setView([lat, lon], 2, {animate: false})", [lat, lon])
    page.mouse.move(
        *page.evaluate(
            "([lat, lon]) => { const p = JZ.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }",
            [lat, lon],
        )
    )
    page.wait_for_function("!document.querySelector('.jz-what').textContent.includes('\\u2026')")
    slope = page.locator(".jz-what span[data-layer=slope_deg] b").text_content()
    assert abs(float(slope.split("\u202f")[0]) - float(view.layers["slope_deg"].values[350, 500])) <= 0.25


def test_threshold_opacity_and_swipe_act_on_tiles(page):
    page.select_option("#jz-layer", "slope_deg")
    settled(page)
    count = "document.querySelectorAll('.leaflet-jz-layer-pane canvas').length"
    assert page.evaluate(count) > 0
    assert "drawn as one by their worst value" in page.locator("#jz-legend .jz-note").text_content()
    page.check("#jz-threshold-on")
    settled(page)
    seen = page.evaluate(
        "() => [...document.querySelectorAll('.leaflet-jz-layer-pane canvas')].map(c =>"
        " c.getContext('2d').getImageData(0, 0, c.width, c.height).data.filter((_, i) => i % 4 === 3).some(a => a === 0)).some(x => x)"
    )
    assert seen
    page.select_option("#jz-compare", "hazard_class")
    settled(page)
    assert page.evaluate(count.replace("jz-layer-pane", "jz-compare-pane")) > 0
    page.select_option("#jz-compare", "-")
    settled(page)
    assert page.evaluate(count.replace("jz-layer-pane", "jz-compare-pane")) == 0


def test_a_tile_that_is_missing_is_told(folder, browser, tmp_path):
    import shutil

    copy = tmp_path / "map"
    shutil.copytree(folder.parent, copy)
    shutil.rmtree(copy / "tiles/hazard_class")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((copy / "index.html").as_uri())
    page.wait_for_selector("#jz-error")
    assert "could not be read" in page.locator("#jz-error").text_content()
    context.close()
