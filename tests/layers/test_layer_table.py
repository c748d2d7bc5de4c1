"""The table of layers: complete, in agreement with its equations, and helpful about wrong names."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites import terrain
from jezero_sites.errors import InputError
from jezero_sites.layers import LAYERS, Lengths, layer_for

RAMPS = {"sequential", "diverging", "cyclic", "limit", "grey", "class", "reason", "probability"}
SUFFIX = {"deg": "_deg", "m": "_m", "1/m": "_per_m"}
MEASURED = [name for name, layer in LAYERS.items() if layer.equation]
ROWS, COLS = 19, 26
LENGTHS = Lengths(np.linspace(1.8, 1.9, ROWS), 2.5, (3, 5), 4.0, 300.0, 40.0)


def ground() -> np.ndarray:
    r, c = np.indices((ROWS, COLS))
    return -2500 + 0.02 * (c - 9.3) ** 2 - 0.01 * (r - 4.1) ** 2 + np.sin(r * 1.3 + c)


@pytest.mark.parametrize("name", LAYERS)
def test_entry_says_what_the_layer_is(name):
    layer = LAYERS[name]
    assert layer.name == name
    assert layer.title[0].isupper()
    assert len(layer.about) > 15
    assert layer.ramp in RAMPS
    assert layer.needs in ("", "baseline_m", "radius_m", "sun")


@pytest.mark.parametrize("name", LAYERS)
def test_name_ends_with_the_unit_and_a_share_has_unit_1(name):
    unit = LAYERS[name].unit
    if unit in SUFFIX:
        assert name.endswith(SUFFIX[unit])
    else:
        assert unit in ("", "1")
        assert not name.endswith(tuple(SUFFIX.values()))


def test_titles_are_different():
    titles = [layer.title for layer in LAYERS.values()]
    assert len(set(titles)) == len(titles)


def test_layers_of_a_run_are_in_the_table():
    promised = {
        "slope_deg",
        "roughness_m",
        "relief_m",
        "hazard_class",
        "hazard_reason",
        "safe_probability",
        "landing_probability",
    }
    assert promised <= set(LAYERS)


@pytest.mark.parametrize("name", MEASURED)
def test_equation_gives_one_number_a_cell_and_changes_nothing(name):
    z = ground()
    before = z.copy()
    found = LAYERS[name].equation(z, LENGTHS)
    assert found.shape == z.shape
    assert found.dtype == np.float64
    assert np.isfinite(found[6:-6, 6:-6]).all()
    np.testing.assert_array_equal(z, before)


@pytest.mark.parametrize("name", [n for n in MEASURED if n != "elevation_m"])
def test_equation_does_not_depend_on_the_datum(name):
    # 1e-6: heights of 1e3 m hold 1e-13, and the most sensitive layer, aspect, divides by a slope of 1e-2
    found = LAYERS[name].equation(ground() + 1024.0, LENGTHS)
    np.testing.assert_allclose(found, LAYERS[name].equation(ground(), LENGTHS), atol=1e-6)


@pytest.mark.parametrize("name", [n for n in MEASURED if n != "elevation_m"])
def test_unknown_height_is_unknown_in_every_layer(name):
    z = ground()
    z[9, 11] = np.nan
    assert np.isnan(LAYERS[name].equation(z, LENGTHS)[9, 11])


DIRECT = {
    "slope_deg": lambda z, n: terrain.plane_slope_deg(z, dx_m=n.dx_m, dy_m=n.dy_m, window=(3, 5)),
    "roughness_m": lambda z, n: terrain.rms_roughness_m(z, window=(3, 5)),
    "max_roughness_m": lambda z, n: terrain.max_roughness_m(z, window=(3, 5)),
    "peak_to_peak_roughness_m": lambda z, n: terrain.peak_to_peak_roughness_m(z, window=(3, 5)),
    "relief_m": lambda z, n: terrain.relief_m(z, dx_m=n.dx_m, dy_m=n.dy_m, radius_m=4.0),
    "horn_slope_deg": lambda z, n: terrain.horn_slope_deg(z, dx_m=n.dx_m, dy_m=n.dy_m),
    "zevenbergen_thorne_slope_deg": lambda z, n: terrain.zevenbergen_thorne_slope_deg(
        z, dx_m=n.dx_m, dy_m=n.dy_m
    ),
    "aspect_deg": lambda z, n: terrain.aspect_deg(z, dx_m=n.dx_m, dy_m=n.dy_m),
    "hillshade": lambda z, n: terrain.hillshade(
        z, dx_m=n.dx_m, dy_m=n.dy_m, sun_azimuth_deg=300.0, sun_altitude_deg=40.0
    ),
    "tri_riley_m": lambda z, n: terrain.tri_riley_m(z),
    "tri_wilson_m": lambda z, n: terrain.tri_wilson_m(z),
    "tpi_m": lambda z, n: terrain.tpi_m(z),
    "range_m": lambda z, n: terrain.range_m(z),
    "vrm": lambda z, n: terrain.vrm(z, dx_m=n.dx_m, dy_m=n.dy_m, window=(3, 3)),
    "profile_curvature_per_m": lambda z, n: terrain.profile_curvature_per_m(z, dx_m=n.dx_m, dy_m=n.dy_m),
    "plan_curvature_per_m": lambda z, n: terrain.plan_curvature_per_m(z, dx_m=n.dx_m, dy_m=n.dy_m),
    "elevation_m": lambda z, n: z,
}


def test_every_measured_layer_is_compared_below():
    assert set(DIRECT) == set(MEASURED)


@pytest.mark.parametrize("name", DIRECT)
def test_entry_has_the_equation_of_its_name(name):
    np.testing.assert_array_equal(LAYERS[name].equation(ground(), LENGTHS), DIRECT[name](ground(), LENGTHS))


def test_slope_of_a_further_baseline_is_the_slope_under_another_name():
    layer = layer_for("slope_20m_deg")
    assert (layer.name, layer.title, layer.needs) == ("slope_20m_deg", "Slope over 20 m", "baseline_m")
    assert layer.equation is LAYERS["slope_deg"].equation
    assert layer_for("slope_2.5m_deg").title == "Slope over 2.5 m"
    assert "slope_20m_deg" not in LAYERS


@pytest.mark.parametrize(
    ("name", "meant"), [("slop_deg", "slope_deg"), ("hilshade", "hillshade"), ("roughnes", "roughness_m")]
)
def test_unknown_name_gets_the_nearest_and_all(name, meant):
    match = rf"E_LAYER\]: unknown layer '{name}'; did you mean '{meant}'\?; one of elevation_m, slope_deg.*slope_20m"
    with pytest.raises(InputError, match=match):
        layer_for(name)


@pytest.mark.parametrize("name", ["", "###", "slope_m_deg", "slope_-5m_deg", "SLOPE_DEG"])
def test_name_that_is_no_layer_is_an_error(name):
    with pytest.raises(InputError, match=r"E_LAYER.*unknown layer"):
        layer_for(name)
