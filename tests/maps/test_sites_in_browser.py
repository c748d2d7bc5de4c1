"""The site card, what is exported, links to a view, and the ranking under other limits and weights."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.maps.site_ground import site_ground
from jezero_sites.maps.sitemap import build_map


@pytest.fixture
def view(build_view):
    return build_view(sites=4)


@pytest.fixture
def page(view, open_page):
    return open_page(build_map(view)).page


def test_the_card_has_three_charts_drawn_from_the_sites_own_ground(page, view):
    assert page.locator("#jz-card .jz-chart").count() == 3
    truth = site_ground(view, 60, 40)
    counts = page.eval_on_selector_all("svg.jz-histogram rect", "n => n.map(r => +r.dataset.count)")
    assert counts == truth.counts.tolist()
    tall = page.eval_on_selector_all("svg.jz-histogram rect", "n => n.map(r => +r.getAttribute('height'))")
    np.testing.assert_allclose(np.array(tall) / max(tall), truth.counts / truth.counts.max(), atol=1e-6)
    lines = page.eval_on_selector_all(
        "svg.jz-sections path", "n => n.map(p => p.getAttribute('d').split('L').length)"
    )
    assert lines == [truth.west_east.height_m.size, truth.south_north.height_m.size]


def test_the_card_follows_the_pick_and_lists_distances_with_bearings(page):
    page.click("tr[data-id=S02]")
    assert page.locator("#jz-card h2").text_content() == "Site S02, rank 2"
    rows = page.eval_on_selector_all(
        ".jz-distances tr", "n => n.map(r => [...r.cells].map(c => c.textContent))"
    )
    assert [row[0] for row in rows] == ["Alpha", "Gamma"]
    assert rows[0][1].endswith("m")
    assert rows[0][2].endswith("\u00b0")


def test_a_ring_and_a_pin_pick_their_site_by_mouse_and_by_key(page):
    spot = page.evaluate(
        "() => { let best; JZ.map.eachLayer(l => { if (l.options.pane === 'jz-rings' && l.getLatLngs && l.getBounds().contains(JZ.D.sites[2]))"
        " best = l; }); const p = JZ.map.latLngToContainerPoint(best.getLatLngs()[0][7]); return [p.x, p.y]; }"
    )
    page.mouse.click(*spot)
    assert page.get_attribute("tr[data-id=S03]", "aria-selected") == "true"
    page.locator(".jz-pin").nth(1).focus()
    page.keyboard.press("Enter")
    assert page.get_attribute("tr[data-id=S02]", "aria-selected") == "true"


def saved(page, name):
    with page.expect_download() as download:
        page.click(f"#jz-save-{name}")
    assert download.value.suggested_filename == f"sites.{name}"
    return download.value.path().read_text("utf-8")


def test_the_export_holds_the_ticked_sites_with_every_column(page, view):
    page.check("tr[data-id=S02] input")
    page.check("tr[data-id=S04] input")
    assert page.locator("#jz-chosen").text_content() == "Save 2 sites as"
    rows = list(csv.DictReader(io.StringIO(saved(page, "csv"))))
    assert [row["site_id"] for row in rows] == ["S02", "S04"]
    truth = view.sites.set_index("site_id")
    for row in rows:
        for name in set(view.sites.columns) - {"site_id", "geometry"}:
            expected = truth.loc[row["site_id"], name]
            assert row[name] == str(expected) or float(row[name]) == pytest.approx(float(expected), abs=0)
    collection = json.loads(saved(page, "geojson"))
    assert collection["crs"]["properties"]["name"] == "urn:ogc:def:crs:IAU:2015::49900"
    places = [feature["geometry"]["coordinates"] for feature in collection["features"]]
    assert places == [[truth.loc[i, "lon_deg"], truth.loc[i, "lat_deg"]] for i in ("S02", "S04")]
    assert "ground" not in collection["features"][0]["properties"]


def test_without_ticks_the_listed_sites_are_exported(page):
    page.fill("#jz-search", "s03")
    assert [row["site_id"] for row in csv.DictReader(io.StringIO(saved(page, "csv")))] == ["S03"]


def test_an_exported_name_is_no_formula(build_view, open_page):
    view = build_view(sites=1)
    sites = view.sites.copy()
    sites["nearest_sample"] = ['=HYPERLINK("http://x","y"), z']
    page = open_page(build_map(replace(view, sites=sites))).page
    [row] = csv.DictReader(io.StringIO(saved(page, "csv")))
    assert row["nearest_sample"] == '\'=HYPERLINK("http://x","y"), z'


def test_coordinates_can_be_copied(page, view):
    button = page.locator(".jz-copy").first
    page.evaluate(
        "() => { window.taken = ''; document.addEventListener('copy', () => window.taken = document.activeElement.value || ''); }"
    )
    page.evaluate(
        "() => { Object.defineProperty(navigator, 'clipboard', {value: {writeText: async t => { window.taken = t; }}}); }"
    )
    button.click()
    page.wait_for_function("document.querySelector('.jz-copy').textContent === 'copied'")
    lon, lat = view.sites.loc[0, ["lon_deg", "lat_deg"]]
    assert [float(v) for v in page.evaluate("window.taken").split(",")] == [lon, lat]


def test_a_link_leads_to_its_site_layer_and_view(view, open_page, browser, tmp_path):
    first = open_page(build_map(view)).page
    first.select_option("#jz-layer", "relief_m")
    first.select_option("#jz-compare", "slope_deg")
    first.click("tr[data-id=S03]")
    first.evaluate("JZ.map.setView([JZ.D.sites[2].lat, JZ.D.sites[2].lon], 1.5, {animate: false})")
    address = first.evaluate("location.href")
    assert "site=S03&layer=relief_m&compare=slope_deg&at=" in address
    context = browser.new_context(offline=True, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("html[data-jz-ready]", state="attached")
    assert page.get_attribute("tr[data-id=S03]", "aria-selected") == "true"
    assert page.evaluate("[JZ.state.layer.name, JZ.state.compare, JZ.map.getZoom()]") == [
        "relief_m",
        "slope_deg",
        1.5,
    ]
    page.goto(address.split("#")[0] + "#site=S02&layer=slope_deg")
    page.wait_for_function("JZ.state.layer.name === 'slope_deg'")
    assert page.get_attribute("tr[data-id=S02]", "aria-selected") == "true"
    context.close()


@pytest.mark.parametrize(
    "hash_text", ["#site=nobody&layer=none_such&at=x", "#%", "#site=%3Cimg%3E&layer=none"]
)
def test_a_link_to_nothing_here_shows_the_page_as_it_is(view, browser, tmp_path, hash_text):
    path = tmp_path / "map.html"
    build_map(view).save(path)
    context = browser.new_context(offline=True)
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path.as_uri() + hash_text)
    page.wait_for_selector("html[data-jz-ready]", state="attached")
    assert complaints == []
    assert page.get_attribute("tr[data-id=S01]", "aria-selected") == "true"
    context.close()


def slide(page, key, value):
    page.evaluate(
        "([k, v]) => { const n = document.querySelector(`#jz-what-if input[data-key='${k}']`); n.value = v;"
        " n.dispatchEvent(new Event('input')); }",
        [key, str(value)],
    )


def test_what_if_moves_pins_table_and_card_and_goes_back(page):
    before = page.locator("#jz-table tbody").inner_text()
    page.click("#jz-what-if summary")
    slide(page, "sample_distance", 1)
    slide(page, "margin", 0)
    slide(page, "slope_deg", 20)
    assert "still the run's" in page.locator("#jz-what-if-note").text_content()
    assert "still the run's" in page.locator("#jz-card .jz-flag").text_content()
    after = page.locator("#jz-table tbody").inner_text()
    assert after != before
    ranks = page.evaluate("Object.fromEntries(JZ.sites.ranking().map(s => [s.site_id, s.rank]))")
    pins = page.eval_on_selector_all(
        ".jz-pin", "n => n.map(p => [p.getAttribute('alt') || '', p.textContent])"
    )
    assert sorted(int(text) for _, text in pins) == sorted(ranks.values())
    assert "\u2264\u202f20\u202fdeg" in page.locator(".jz-margins").first.text_content()
    [row, *_] = csv.DictReader(io.StringIO(saved(page, "csv")))
    assert json.loads(row["rescored_with"])["limits"]["slope_deg"] == 20
    page.click("#jz-what-if-reset")
    assert page.locator("#jz-table tbody").inner_text() == before
    assert page.locator("#jz-card .jz-flag").count() == 0


def test_weights_of_nothing_are_refused(page):
    before = page.locator("#jz-table tbody").inner_text()
    slide(page, "sample_distance", 0)
    middle = page.locator("#jz-table tbody").inner_text()
    slide(page, "margin", 0)
    assert "At least one weight" in page.locator("#jz-what-if-note").text_content()
    assert page.locator("#jz-table tbody").inner_text() == middle
    assert before != middle
