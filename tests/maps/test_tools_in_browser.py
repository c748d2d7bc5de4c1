"""The tools of the map: measured lengths against pyproj, an ellipse's statistics against the package's own."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pyproj
import pytest
from PIL import Image

from jezero_sites.maps.ellipse import ellipse_statistics
from jezero_sites.maps.sitemap import build_map

GEOD = pyproj.Geod(a=3396190, b=3396190)
TMERC = "+proj=tmerc +lon_0=77.5 +lat_0=0 +R=3396190 +units=m +no_defs"
STATISTICS = """async ([lat, lng, major, minor, azimuth]) => JZ.landingEllipse.statistics(
    {lat: lat, lng: lng}, {major_m: major, minor_m: minor, azimuth_deg: azimuth})"""
SPOT = "([lat, lon]) => { const p = JZ.map.latLngToContainerPoint([lat, lon]); return [p.x, p.y]; }"


@pytest.fixture
def view(build_view):
    return build_view()


@pytest.fixture
def shown(view, open_page):
    return open_page(build_map(view)).page


def lonlat(view, row, col):
    return tuple(float(v) for v in view.elevation.grid.lonlat(*view.elevation.grid.xy(row, col)))


def picture(page):
    shot = page.locator(".folium-map").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def click(page, lon, lat, **how):
    page.mouse.click(*page.evaluate(SPOT, [lat, lon]), **how)


def test_a_measured_line_is_as_long_and_turned_as_pyproj_says(shown, view):
    places = [lonlat(view, 80, 12), lonlat(view, 34, 55), lonlat(view, 52, 98)]
    shown.click("#jz-tool-measure")
    for place in places:
        click(shown, *place)
    # where the pixels were clicked is where the page measures from
    clicked = [
        shown.evaluate(
            "p => { const c = JZ.map.containerPointToLatLng(p); return [c.lng, c.lat]; }",
            [round(v) for v in shown.evaluate(SPOT, [lat, lon])],
        )
        for lon, lat in places
    ]
    rows = shown.locator("#jz-results tr")
    assert rows.count() == 2
    total = 0.0
    for i in range(2):
        azimuth, _, metres = GEOD.inv(*clicked[i], *clicked[i + 1])
        total += metres
        assert float(rows.nth(i).get_attribute("data-metres")) == pytest.approx(metres, abs=0.8)
        assert float(rows.nth(i).get_attribute("data-bearing")) == pytest.approx(azimuth % 360, abs=1.0)
    assert float(shown.locator("#jz-measured").get_attribute("data-metres")) == pytest.approx(total, abs=1.6)


def test_measured_metres_are_pyprojs_to_a_millionth(shown, view):
    a, b = lonlat(view, 81, 3), lonlat(view, 4, 120)
    shown.evaluate("JZ.tools.use('measure')")
    for lon, lat in (a, b):
        shown.evaluate("([lat, lon]) => JZ.measure.add(L.latLng(lat, lon))", [lat, lon])
    shown.wait_for_selector("#jz-measured")
    azimuth, _, metres = GEOD.inv(*a, *b)
    row = shown.locator("#jz-results tr")
    assert float(row.get_attribute("data-metres")) == pytest.approx(metres, rel=1e-6)
    assert float(row.get_attribute("data-bearing")) == pytest.approx(azimuth % 360, abs=1e-6)
    assert float(shown.get_attribute("#jz-measured", "data-metres")) == pytest.approx(metres, rel=1e-6)
    far = shown.evaluate("JZ.between({lat: 10, lng: 70}, {lat: 25, lng: 95}, 0.25)")
    whole = GEOD.inv(70, 10, 95, 25)
    lon, lat, _ = GEOD.fwd(70, 10, whole[0], whole[2] / 4)
    assert (far["lng"], far["lat"]) == pytest.approx((lon, lat), abs=1e-9)


def test_the_profile_below_a_line_is_the_rasters(shown, view):
    row = 60
    shown.evaluate("JZ.tools.use('measure')")
    for col in (12, 100):
        lon, lat = lonlat(view, row, col)
        shown.evaluate("([lat, lon]) => JZ.measure.add(L.latLng(lat, lon))", [lat, lon])
    note = shown.locator("#jz-profile-note").text_content()
    heights = view.elevation.values[row, 12:101]
    assert f"From \u2212{abs(heights.min()):.1f} to \u2212{abs(heights.max()):.1f}\u202fm" in note
    assert f"the end is {heights[-1] - heights[0]:.1f}\u202fm above the start" in note
    assert shown.locator("svg.jz-profile path").count() == 1


def test_a_profile_over_a_hole_breaks_and_says_so(shown, view):
    shown.evaluate("JZ.tools.use('measure')")
    for col in (10, 90):
        lon, lat = lonlat(view, 15, col)
        shown.evaluate("([lat, lon]) => JZ.measure.add(L.latLng(lat, lon))", [lat, lon])
    shown.wait_for_selector("#jz-profile-note")
    assert "of it unknown or off the raster" in shown.locator("#jz-profile-note").text_content()
    assert shown.get_attribute("svg.jz-profile path", "d").count("M") == 2


def test_escape_and_the_clear_button_take_away_what_was_drawn(shown, view):
    before = picture(shown)
    for way in ("Escape", "#jz-tool-clear"):
        shown.click("#jz-tool-measure")
        assert shown.get_attribute("#jz-tool-measure", "aria-pressed") == "true"
        click(shown, *lonlat(view, 80, 12))
        click(shown, *lonlat(view, 34, 55), click_count=2)
        assert shown.get_attribute("#jz-tool-measure", "aria-pressed") == "false"
        assert shown.locator("#jz-results").is_visible()
        shown.evaluate("JZ.landingEllipse.place(JZ.map.getCenter())")
        if way == "Escape":
            shown.keyboard.press("Escape")
        else:
            shown.click(way)
        assert not shown.locator("#jz-results").is_visible()
        assert shown.evaluate("document.querySelectorAll('.leaflet-jz-drawn-pane path').length") == 0
        shown.mouse.move(640, 855)
    shown.evaluate("document.activeElement.blur()")
    # but for the smoothed corners of buttons, which the browser draws a little differently each time
    after = picture(shown)
    assert np.count_nonzero(np.any(after != before, axis=2)) < 200


@pytest.mark.parametrize(
    ("row", "col", "major", "minor", "azimuth"),
    [
        (50, 60, 40.0, 25.0, 30.0),
        (20, 50, 45.0, 12.0, 115.0),
        (2, 3, 30.0, 30.0, 0.0),
        (60, 110, 55.5, 7.0, -20.0),
    ],
    ids=["inside", "over the hole", "off the corner", "on steep ground"],
)
@pytest.mark.parametrize("crs", [None, TMERC], ids=["eqc", "tmerc"])
def test_an_ellipse_counts_what_the_package_counts(
    build_view, open_page, crs, row, col, major, minor, azimuth
):
    changes = {}
    if crs:
        x, y = pyproj.Proj(crs)(77.4470, 18.4485)
        changes = {"crs": crs, "origin": (round(x), round(y))}
    view = build_view(**changes)
    page = open_page(build_map(view)).page
    lon, lat = lonlat(view, row, col)
    lon, lat = lon + 3e-6, lat - 2e-6
    found = page.evaluate(STATISTICS, [lat, lon, major, minor, azimuth])
    truth = ellipse_statistics(view, lon, lat, major_m=major, minor_m=minor, azimuth_deg=azimuth)
    for name in ("cells", "off_raster", "unknown", "unsafe"):
        assert found[name] == getattr(truth, name), name
    assert truth.cells > 100
    for name in ("unsafe_fraction", "unknown_fraction"):
        assert found[name] == pytest.approx(getattr(truth, name), rel=1e-12)
    assert 0 <= found["worst_slope_deg"] - truth.worst_slope_deg <= 0.25
    assert found["relief_m"] == pytest.approx(truth.relief_m, abs=0.1 + 1e-6)
    # probabilities are rounded down to 1/50000 on the page, and are float32 in the layer
    for name in ("success_probability", "success_probability_upper"):
        assert -6e-8 <= getattr(truth, name) - found[name] <= 2e-5 + 6e-8


def test_a_drawn_ellipse_is_as_large_as_its_fields_say(shown, view):
    lon, lat = lonlat(view, 50, 60)
    shown.click("#jz-tool-ellipse")
    click(shown, lon, lat)
    shown.fill("#jz-ellipse-major_m", "55")
    shown.fill("#jz-ellipse-minor_m", "20")
    shown.fill("#jz-ellipse-azimuth_deg", "70")
    shown.press("#jz-ellipse-azimuth_deg", "Tab")
    shown.wait_for_function("document.querySelector('[data-key=cells]').dataset.value > 0")
    centre, points = shown.evaluate(
        "() => { let p; JZ.map.eachLayer(l => { if (l.options.className === 'jz-drawn-ellipse') p = l.getLatLngs()[0]; });"
        "const k = document.querySelector('.jz-cross'); let c; JZ.map.eachLayer(l => { if (l.getElement && l.getElement() === k) c = l.getLatLng(); });"
        "return [[c.lng, c.lat], p.map(q => [q.lng, q.lat])]; }"
    )
    away = [GEOD.inv(*centre, *point) for point in points]
    longest = max(away, key=lambda one: one[2])
    assert longest[2] == pytest.approx(55, rel=1e-3)
    assert min(one[2] for one in away) == pytest.approx(20, rel=1e-3)
    assert longest[0] % 180 == pytest.approx(70, abs=0.5)
    truth = ellipse_statistics(view, *centre, major_m=55, minor_m=20, azimuth_deg=70)
    assert float(shown.get_attribute("[data-key=cells]", "data-value")) == truth.cells
    text = shown.locator("#jz-ellipse-facts").text_content()
    assert f"{100 * truth.unsafe_fraction:.2f}\u202f% of the known ground" in text


def test_an_ellipse_refuses_axes_below_a_cell_and_swaps_them_where_they_are_exchanged(shown, view):
    lon, lat = lonlat(view, 50, 60)
    shown.evaluate("([lat, lon]) => JZ.landingEllipse.place(L.latLng(lat, lon))", [lat, lon])
    shown.wait_for_selector("#jz-ellipse-minor_m")
    shown.fill("#jz-ellipse-minor_m", "0")
    shown.press("#jz-ellipse-minor_m", "Tab")
    assert shown.get_attribute("#jz-ellipse-minor_m", "aria-invalid") == "true"
    assert shown.evaluate("JZ.landingEllipse.size.minor_m") == 25
    shown.fill("#jz-ellipse-minor_m", "80")
    shown.press("#jz-ellipse-minor_m", "Tab")
    size = shown.evaluate("JZ.landingEllipse.size")
    assert (size["major_m"], size["minor_m"], size["azimuth_deg"]) == (80, 40, 120)


def test_unknown_ground_counts_as_failure_then_as_success(build_view, open_page):
    view = build_view(empty=True, sites=0)
    page = open_page(build_map(view)).page
    lon, lat = lonlat(view, 50, 60)
    found = page.evaluate(STATISTICS, [lat, lon, 40, 25, 30])
    assert found["success_probability"] == 0
    assert found["success_probability_upper"] == pytest.approx(1)
    assert found["unknown"] == found["cells"]
    assert found["worst_slope_deg"] is None
    assert np.isclose(found["unknown_fraction"], 1)


def test_on_a_reduced_page_a_cell_with_any_unknown_ground_gives_no_success(build_view, open_page):
    """Every other row is unknown: what the page shows in larger cells is known by half at best."""
    view = build_view()
    layers = dict(view.layers)
    for name, raster in layers.items():
        values = raster.values.copy()
        values[::2] = 0 if name.startswith("hazard") else np.nan
        layers[name] = replace(raster, values=values)
    view = replace(view, layers=layers)
    lon, lat = lonlat(view, 60, 40)
    page = open_page(build_map(view, max_px=50)).page
    found = page.evaluate(STATISTICS, [lat, lon, 40, 25, 30])
    truth = ellipse_statistics(view, lon, lat, major_m=40, minor_m=25, azimuth_deg=30)
    assert 0.3 < truth.success_probability < 0.6
    assert found["success_probability"] == 0
    assert found["success_probability_upper"] == pytest.approx(1)
    assert page.locator(".jz-flag").first.text_content().startswith("Shown in cells of 9.0")
