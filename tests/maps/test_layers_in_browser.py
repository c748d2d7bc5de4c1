"""Threshold, opacity and swipe: each changes the picture, and putting it back brings the first picture back."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from jezero_sites.maps.sitemap import build_map

PIXELS = """() => { const c = JZ.overlay.canvas(); const d = c.getContext('2d').getImageData(0, 0, c.width, c.height).data;
    return [c.height, c.width, [...d]]; }"""


@pytest.fixture
def view(build_view):
    return build_view()


@pytest.fixture
def shown(view, open_page):
    return open_page(build_map(view)).page


def picture(page) -> np.ndarray:
    shot = page.locator(".folium-map").screenshot()
    return np.asarray(Image.open(io.BytesIO(shot)).convert("RGB")).astype(int)


def canvas(page) -> np.ndarray:
    rows, cols, values = page.evaluate(PIXELS)
    return np.array(values, np.uint8).reshape(rows, cols, 4)


def set_range(page, selector, value):
    page.evaluate(
        "([s, v]) => { const n = document.querySelector(s); n.value = v; n.dispatchEvent(new Event('input')); }",
        [selector, str(value)],
    )


@pytest.mark.parametrize(("layer", "limit"), [("slope_deg", 8.0), ("roughness_m", 0.1), ("relief_m", 1.0)])
def test_a_threshold_shows_the_cells_over_it_and_no_others(shown, view, layer, limit):
    shown.select_option("#jz-layer", layer)
    shown.check("#jz-threshold-on")
    set_range(shown, "#jz-threshold", limit)
    value = shown.evaluate("parseFloat(document.querySelector('label.jz-check output').textContent)")
    truth = view.layers[layer].values
    seen = canvas(shown)[..., 3] > 0
    known = ~np.isnan(truth)
    np.testing.assert_array_equal(seen[~known], True)
    np.testing.assert_array_equal(seen[known], truth[known] > np.float32(value))
    share = np.count_nonzero(truth[known] > np.float32(value)) / np.count_nonzero(known)
    assert (
        f"{100 * share:.2f}\u202f% of the known ground" in shown.locator("#jz-threshold-note").text_content()
    )


def test_the_first_threshold_is_the_limit_itself(build_view, open_page):
    view = build_view()
    limits = tuple(replace(m, value=7.3) if m.layer == "slope_deg" else m for m in view.limits)
    view = replace(view, limits=limits)
    shown = open_page(build_map(view)).page
    shown.select_option("#jz-layer", "slope_deg")
    shown.check("#jz-threshold-on")
    assert shown.locator("label.jz-check output").text_content() == "7.3\u202fdeg"
    truth = view.layers["slope_deg"].values
    known = ~np.isnan(truth)
    np.testing.assert_array_equal((canvas(shown)[..., 3] > 0)[known], truth[known] > np.float32(7.3))


@pytest.mark.parametrize("limit", [60.0, 0.1])
def test_a_limit_beyond_what_occurs_is_still_the_first_threshold(build_view, open_page, limit):
    view = build_view()
    limits = tuple(replace(m, value=limit) if m.layer == "slope_deg" else m for m in view.limits)
    shown = open_page(build_map(replace(view, limits=limits))).page
    shown.select_option("#jz-layer", "slope_deg")
    shown.check("#jz-threshold-on")
    assert shown.locator("label.jz-check output").text_content() == f"{limit:g}\u202fdeg"
    slope = view.layers["slope_deg"].values
    share = np.count_nonzero(slope > np.float32(limit)) / np.count_nonzero(~np.isnan(slope))
    assert shown.locator("#jz-threshold-note").text_content().startswith(f"{100 * share:.2f}\u202f%")


def test_of_a_probability_the_low_ground_is_the_bad_one(shown, view):
    shown.select_option("#jz-layer", "safe_probability")
    assert "below" in shown.locator("label.jz-check").text_content()
    shown.check("#jz-threshold-on")
    set_range(shown, "#jz-threshold", 0.7)
    value = shown.evaluate("parseFloat(document.querySelector('label.jz-check output').textContent)")
    truth = view.layers["safe_probability"].values
    known = ~np.isnan(truth)
    seen = (canvas(shown)[..., 3] > 0)[known]
    wrong = seen != (truth[known] < value)
    assert np.all(np.abs(truth[known][wrong] - value) <= 2e-5)


def test_every_control_changes_the_picture_and_comes_back(shown):
    shown.select_option("#jz-layer", "slope_deg")
    first = picture(shown)

    def changed() -> float:
        return float(np.mean(np.any(picture(shown) != first, axis=2)))

    shown.check("#jz-threshold-on")
    assert changed() > 0.1
    shown.uncheck("#jz-threshold-on")
    assert changed() == 0
    set_range(shown, "#jz-opacity", 15)
    assert changed() > 0.3
    set_range(shown, "#jz-opacity", 80)
    assert changed() == 0
    shown.select_option("#jz-compare", "hazard_reason")
    assert changed() > 0.05
    shown.select_option("#jz-compare", "-")
    assert changed() == 0
    shown.select_option("#jz-layer", "")
    assert changed() > 0.3
    shown.select_option("#jz-layer", "slope_deg")
    assert changed() == 0


def test_swipe_shows_one_layer_left_of_the_divider_and_the_other_right_of_it(shown):
    shown.select_option("#jz-layer", "relief_m")
    other = picture(shown)
    shown.select_option("#jz-layer", "slope_deg")
    one = picture(shown)
    shown.select_option("#jz-compare", "relief_m")
    handle = shown.locator("#jz-swipe")
    handle.focus()
    for _ in range(8):
        handle.press("ArrowRight")
    assert handle.get_attribute("aria-valuenow") == "66"
    box = handle.bounding_box()
    both, x = picture(shown), round(box["x"])
    np.testing.assert_array_equal(both[:, : x - 12], one[:, : x - 12])
    np.testing.assert_array_equal(both[:, x + 16 :], other[:, x + 16 :])
    shown.mouse.move(box["x"] + 1, 200)
    shown.mouse.down()
    shown.mouse.move(200, 220)
    shown.mouse.up()
    assert handle.bounding_box()["x"] == pytest.approx(199, abs=2)


def test_the_picture_alone_can_stand_beside_a_layer(shown):
    shown.select_option("#jz-layer", "")
    bare = picture(shown)
    shown.select_option("#jz-layer", "slope_deg")
    shown.select_option("#jz-compare", "")
    x = round(shown.locator("#jz-swipe").bounding_box()["x"])
    np.testing.assert_array_equal(picture(shown)[:, x + 16 :], bare[:, x + 16 :])


def test_the_legend_fades_with_the_layer(shown):
    set_range(shown, "#jz-opacity", 40)
    fades = shown.eval_on_selector_all("#jz-legend .jz-swatch i", "n => n.map(i => i.style.opacity)")
    assert fades
    assert set(fades) == {"0.4"}


@pytest.fixture(scope="module")
def with_image(build_view):
    view = build_view()
    dem = view.elevation
    rows, cols = np.indices(dem.grid.shape)
    image = dem.like(((rows // 9 + cols // 13) % 2 * 200 + 20).astype(np.float32), name="ortho")
    return replace(view, ortho=image)


def test_an_image_and_the_relief_can_both_lie_under_a_layer(with_image, shown, open_page):
    assert shown.locator("#jz-ground").count() == 0  # there is but one
    page = open_page(build_map(with_image)).page
    page.select_option("#jz-layer", "")
    first = picture(page)
    page.select_option("#jz-ground", "1")
    relief = picture(page)
    assert np.mean(np.any(relief != first, axis=2)) > 0.3
    page.select_option("#jz-ground", "0")
    np.testing.assert_array_equal(picture(page), first)
    titles = page.eval_on_selector_all("#jz-ground option", "n => n.map(o => o.textContent)")
    assert titles == ["image", "shaded relief, light from the north-west"]
