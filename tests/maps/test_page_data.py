"""What the page is given: reduced by the worst value until it fits, in colours that all can tell apart."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest
from skimage.color import deltaE_ciede2000, rgb2lab

from jezero_sites.maps import colours, page_data, sitemap

# linear RGB to what a dichromat sees, full severity: Machado et al. (2009), doi:10.1109/TVCG.2009.113
DEFICIENCIES = {
    "normal": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}


def seen(hexes, matrix) -> np.ndarray:
    rgb = np.array([[int(h[i : i + 2], 16) / 255 for i in (1, 3, 5)] for h in hexes])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ np.array(matrix).T
    linear = np.clip(linear, 0, 1)
    srgb = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    return rgb2lab(srgb[None])[0]


@pytest.mark.parametrize("deficiency", list(DEFICIENCIES))
def test_classes_can_be_told_apart_by_all(deficiency):
    sets = (
        colours.limit_scale(8.0, 0.8, unit="deg").colours,
        colours.probability_scale().colours,
        tuple(colours.CLASS_COLOURS.values()),
        (*colours.REASON_COLOURS.values(), colours.SEVERAL),
    )
    for hexes in sets:
        lab = seen(hexes, DEFICIENCIES[deficiency])
        for a, b in itertools.combinations(range(len(hexes)), 2):
            assert deltaE_ciede2000(lab[a], lab[b]) >= 10, (hexes[a], hexes[b])


def test_limit_classes_change_at_the_limit_and_at_the_marginal_share():
    scale = colours.limit_scale(8.0, 0.8, unit="deg")
    assert scale.breaks == (3.2, 6.4, 8.0, 12.0)
    assert scale.labels[2].startswith("6.4 to 8 deg")


def test_a_noisy_run_is_reduced_until_it_fits_and_says_so(build_view, monkeypatch):
    monkeypatch.setattr(page_data, "RASTER_BYTES", 60_000)
    view = build_view()
    noise = np.random.default_rng(3).random(view.elevation.grid.shape).astype(np.float32)
    layers = {
        name: replace(r, values=noise if r.values.dtype.kind == "f" else r.values)
        for name, r in view.layers.items()
    }
    data = page_data.page_data(replace(view, layers=layers))
    factor = data["grid"]["factor"]
    assert factor > 1
    assert (
        sum(len(layer["data"]) for layer in data["layers"]) + sum(len(p["url"]) for p in data["pictures"])
        <= 60_000
    )
    assert data["grid"]["cell_m"] == pytest.approx(factor * view.elevation.grid.dy_m)
    assert {layer["name"]: layer["reduced"] for layer in data["layers"]}["slope_deg"] == "worst value"


def test_a_map_is_small_and_the_same_each_time(build_view, tmp_path):
    sitemap.build_map(build_view()).save(tmp_path / "a.html")
    sitemap.build_map(build_view()).save(tmp_path / "b.html")
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()
    assert (tmp_path / "a.html").stat().st_size < 1_000_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.html", "b.html"]


def test_a_notebook_gets_at_most_a_thousand_cells_a_side(build_view):
    view = build_view(shape=(40, 2100))
    text = sitemap.build_map(view)._repr_html_()
    assert "&quot;cols&quot;: 700" in text
    assert "2100 cells" in repr(sitemap.build_map(view, max_px=100))


def test_leaflet_comes_with_its_licence_and_without_the_network():
    folder = resources.files("jezero_sites.maps").joinpath("assets")
    assert "BSD 2-Clause" in folder.joinpath("leaflet/LICENSE").read_text("utf-8")
    for name in ("leaflet/leaflet.css", "viewer.css"):
        assert not re.search(r"url\((?!#)", folder.joinpath(name).read_text("utf-8"))
    assert "sourceMappingURL" not in folder.joinpath("leaflet/leaflet.js").read_text("utf-8")


@pytest.mark.parametrize(
    ("low", "high", "first", "second"),
    [(-2571.41, -2563.96, "up to -2570.48 m", "-2570.48 to -2569.55 m"), (0.0, 8.0, "up to 1 m", "1 to 2 m")],
)
def test_neighbouring_classes_of_a_range_never_read_the_same(low, high, first, second):
    scale = colours.range_scale(low, high, unit="m")
    assert scale.labels[:2] == (first, second)
    assert len(set(scale.labels)) == 8
