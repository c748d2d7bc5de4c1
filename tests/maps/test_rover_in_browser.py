"""Samples, depot and route on the map, with arrows to what is out of view; real ground where it is at hand."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
from shapely.geometry import LineString

from jezero_sites.maps.sitemap import build_map

GEOD = pyproj.Geod(a=3396190, b=3396190)
REAL = Path(os.environ.get("JEZERO_REAL_DATA", Path(__file__).parents[2] / "../shared/data"))
FAR = [
    ("Inside", 77.4489, 18.4473),
    ("East", 77.52, 18.4474),
    ("Far east", 77.60, 18.4470),
    ("South", 77.4490, 18.30),
]


def arrows(page):
    found = page.eval_on_selector_all(
        ".jz-arrow", "n => n.map(b => [b.dataset.names, b.querySelector('i').textContent, b.title])"
    )
    return {names: (text, title) for names, text, title in found}


@pytest.fixture
def view(build_view):
    return build_view(samples=FAR)


def test_arrows_lead_to_the_samples_out_of_view_with_pyprojs_distance_and_bearing(view, open_page):
    page = open_page(build_map(view)).page
    found = arrows(page)
    assert set(found) == {"East; Far east", "South"}
    site = view.sites.iloc[0]
    for names, lon, lat in (("East; Far east", 77.52, 18.4474), ("South", 77.4490, 18.30)):
        azimuth, _, metres = GEOD.inv(site.lon_deg, site.lat_deg, lon, lat)
        text, title = found[names]
        kilometres = metres / 1000
        shown = f"{kilometres:.1f}\u202fkm" if metres >= 10000 else f"{metres:.0f}\u202fm"
        assert text == f"{shown} {azimuth % 360:03.0f}\u00b0"
        assert title.startswith("From S01 to")
    assert "Far east" in found["East; Far east"][1]


def test_an_arrow_points_there_stays_on_the_map_and_goes_when_the_sample_is_seen(view, open_page):
    page = open_page(build_map(view)).page
    frame = page.locator(".folium-map").bounding_box()
    boxes = [node.bounding_box() for node in page.locator(".jz-arrow").all()]
    for box in boxes:
        assert frame["x"] <= box["x"]
        assert box["x"] + box["width"] <= frame["x"] + frame["width"]
        assert frame["y"] <= box["y"]
        assert box["y"] + box["height"] <= frame["y"] + frame["height"]
    east, south = boxes
    assert east["x"] > frame["width"] / 2
    assert south["y"] > frame["height"] / 2
    page.locator(".jz-arrow").nth(1).click()
    assert not [names for names in arrows(page) if "South" in names]
    assert page.evaluate("JZ.map.getBounds().contains([18.30, 77.4490])")


def test_a_stated_uncertainty_is_drawn_to_scale_and_said(build_view, open_page):
    view = build_view()
    samples = view.samples.copy()
    samples["uncertainty_m"] = [12.5, np.nan, np.nan]
    page = open_page(build_map(replace(view, samples=samples))).page
    ring = page.evaluate(
        "() => { let p; JZ.map.eachLayer(l => { if (l.options.className === 'jz-unsure') p = l.getLatLngs()[0]; });"
        "return p.map(q => [q.lng, q.lat]); }"
    )
    away = [GEOD.inv(77.4489, 18.4473, lon, lat)[2] for lon, lat in ring]
    assert (min(away), max(away)) == pytest.approx((12.5, 12.5), rel=1e-3)
    notes = page.locator("#jz-samples li").all_text_contents()
    assert "within about 12.5\u202fm of the mark" in notes[0]
    assert "no published position" in notes[1]
    assert "uncertainty of the position not stated" in notes[2]


def test_the_route_is_drawn_and_named(build_view, open_page):
    lines = [
        LineString([(77.4480, 18.4470), (77.4492, 18.4476)]),
        LineString([(437.4492, 18.4476), (437.45, 18.448)]),
    ]
    route = gpd.GeoDataFrame({"name": ["", "x"], "sol": [14, 20]}, geometry=lines, crs="IAU_2015:49900")
    page = open_page(build_map(build_view(traverse=route)))
    assert page.complaints == []
    text = page.page.locator("#jz-route-note").text_content()
    assert "2 lines, sols 14 to 20" in text
    drawn = page.page.evaluate(
        "() => { let p; JZ.map.eachLayer(l => { if (l.options.className === 'jz-route') p = l.getLatLngs(); });"
        "return p.map(line => line.map(q => [q.lng, q.lat])); }"
    )
    np.testing.assert_allclose(drawn[1], [(77.4492, 18.4476), (77.45, 18.448)], atol=1e-7)


@pytest.fixture(scope="module")
def real_run():
    path = REAL / "jezero_oeb_hirise_dtm_1m.tif"
    if not path.exists():
        pytest.skip(f"no real data at {REAL}")
    import jezero_sites as js

    return js.assess(js.read_dem(path), allow_coarse=False)


def test_on_the_real_landing_tile_two_samples_lie_inside_and_arrows_lead_to_the_others(real_run, open_page):
    shown = open_page(real_run.map())
    assert shown.complaints == []
    page = shown.page
    assert "2 of 40 on this ground" in page.locator("#jz-samples summary").text_content()
    marks = page.locator(".jz-sample").all()
    frame = page.locator(".folium-map").bounding_box()
    seen = [m for m in marks if m.bounding_box()["x"] > 0 and frame["width"] > m.bounding_box()["x"]]
    inside = [m for m in seen if 0 < m.bounding_box()["y"] < frame["height"]]
    assert len(inside) == 1  # both tubes were sealed at one stop
    inside[0].hover()
    tip = page.locator(".leaflet-tooltip").text_content()
    assert "Ha'ahóni" in tip
    assert "Atsá" in tip
    found = arrows(page)
    names = [name for group in found for name in group.split("; ")]
    samples = real_run.samples
    placed = samples[samples["lon_deg"].notna()]
    assert len(names) == len(placed) - 2
    site = real_run.sites.iloc[0]
    for group, (text, _) in found.items():
        near = group.split("; ")[0]
        rows = placed[placed["name"] == near]
        truth = [GEOD.inv(site.lon_deg, site.lat_deg, r.lon_deg, r.lat_deg) for r in rows.itertuples()]
        number, bearing = re.fullmatch(r"([\d.]+)\u202fk?m (\d+)\u00b0", text).groups()
        metres = float(number) * (1000 if "km" in text else 1)
        assert any(
            abs(metres - m) <= max(50 if "km" in text else 0.5, 0) + 0.01
            and round(a % 360) % 360 == int(bearing)
            for a, _, m in truth
        ), group
