"""gdaldem as an independent witness.

It adds in float32, so near -2500 m its own Horn slope is wrong by up to 0.06 degrees: it is given the
same ground raised by a whole number of metres, which float32 holds exactly.
"""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from jezero_sites import terrain as t

RAISE_M = 2500.0
SHAPE = (151, 173)


def scene(kind, dx, dy):
    """Return float32 heights near -2500 m with holes, as float64."""
    rng = np.random.default_rng(7)
    rows, columns = np.indices(SHAPE)
    x, y = columns * dx, -rows * dy
    if kind == "plane":
        heights = np.tan(np.radians(7.0)) * (np.cos(0.6) * x + np.sin(0.6) * y)
    elif kind == "wave":
        k = 2.0 * np.pi / (30.0 * dx)
        heights = 1.5 * dx * np.sin(k * x) * np.cos(k * y)
    else:
        heights = rng.normal(scale=0.1 * dx, size=SHAPE)
    heights = (heights - RAISE_M).astype(np.float32)
    heights[rng.random(SHAPE) < 0.002] = np.nan
    return heights.astype(np.float64)


def spacing(dx, dy):
    return {"dx_m": np.full(SHAPE[0], dx), "dy_m": dy}


scenes = pytest.mark.parametrize("kind", ["plane", "wave", "noise"])
square = pytest.mark.parametrize("cell", [0.25, 1.0, 2.0, 20.0])
lopsided = pytest.mark.parametrize(("dx", "dy"), [(0.25, 0.25), (2.0, 2.0), (0.75, 1.25), (20.0, 10.0)])


def assert_agree(found, witness, atol):
    np.testing.assert_array_equal(np.isnan(found), np.isnan(witness))
    assert np.isfinite(found).mean() > 0.9
    np.testing.assert_allclose(found, witness, rtol=0.0, atol=atol)


@scenes
@lopsided
def test_horn_slope_is_that_of_gdaldem(gdaldem, kind, dx, dy):
    heights = scene(kind, dx, dy)
    witness = gdaldem(heights + RAISE_M, dx, dy, "slope")
    assert_agree(t.horn_slope_deg(heights, **spacing(dx, dy)), witness, 2e-4)


@scenes
@lopsided
def test_zevenbergen_thorne_slope_is_that_of_gdaldem(gdaldem, kind, dx, dy):
    heights = scene(kind, dx, dy)
    witness = gdaldem(heights + RAISE_M, dx, dy, "slope", "-alg", "ZevenbergenThorne")
    assert_agree(t.zevenbergen_thorne_slope_deg(heights, **spacing(dx, dy)), witness, 1e-5)


@scenes
@square
def test_aspect_is_that_of_gdaldem_on_square_cells(gdaldem, kind, cell):
    heights = scene(kind, cell, cell)
    witness = gdaldem(heights + RAISE_M, cell, cell, "aspect")
    found = t.aspect_deg(heights, **spacing(cell, cell))
    steep = t.horn_slope_deg(heights, **spacing(cell, cell)) > 1.0
    assert steep.mean() > 0.5
    apart = (found[steep] - witness[steep] + 180.0) % 360.0 - 180.0
    assert abs(apart).max() <= 5e-3


@scenes
@lopsided
@pytest.mark.parametrize("altitude_deg", [20.0, 45.0])
def test_hillshade_is_that_of_gdaldem_within_one_grey_level(gdaldem, kind, dx, dy, altitude_deg):
    heights = scene(kind, dx, dy)
    witness = gdaldem(heights + RAISE_M, dx, dy, "hillshade", "-az", "290", "-alt", str(altitude_deg))
    shade = t.hillshade(heights, sun_azimuth_deg=290.0, sun_altitude_deg=altitude_deg, **spacing(dx, dy))
    grey = 1.0 + 254.0 * shade
    np.testing.assert_array_equal(np.isnan(grey), np.isnan(witness))
    assert np.nanmax(abs(grey - witness)) <= 1.0


WITNESSES = {
    t.tri_riley_m: (("TRI", "-alg", "Riley"), 1e-5),
    t.tri_wilson_m: (("TRI", "-alg", "Wilson"), 1e-5),
    t.tpi_m: (("TPI",), 2e-4),
    t.range_m: (("roughness",), 1e-6),
}


@scenes
@square
@pytest.mark.parametrize("measure", WITNESSES, ids=lambda measure: measure.__name__)
def test_ruggedness_is_that_of_gdaldem(gdaldem, kind, cell, measure):
    heights = scene(kind, cell, cell)
    (mode, *options), atol = WITNESSES[measure]
    assert_agree(measure(heights), gdaldem(heights + RAISE_M, cell, cell, mode, *options), atol)


def test_stored_numbers_of_gdaldem_for_a_slope_of_twenty_degrees():
    heights = np.tan(np.radians(20.0)) * 2.0 * np.arange(7.0) * np.ones((5, 1))
    given = {"dx_m": np.full(5, 2.0), "dy_m": 2.0}
    at = (2, 3)
    slope_deg = t.horn_slope_deg(heights, **given)[at]
    found = {
        "slope": slope_deg,
        "slope -p": 100.0 * np.tan(np.radians(slope_deg)),
        "aspect": t.aspect_deg(heights, **given)[at],
        "TRI -alg Riley": t.tri_riley_m(heights)[at],
        "TRI -alg Wilson": t.tri_wilson_m(heights)[at],
        "TPI": t.tpi_m(heights)[at],
        "roughness": t.range_m(heights)[at],
    }
    stored = {
        "slope": 20.0,
        "slope -p": 36.397,
        "aspect": 270.0,
        "TRI -alg Riley": 1.7831,
        "TRI -alg Wilson": 0.54596,
        "TPI": 0.0,
        "roughness": 1.45588,
    }
    for name, value in stored.items():
        assert found[name] == pytest.approx(value, abs=5e-4 if value > 2.0 else 5e-5), name
    for altitude_deg, grey in ((45.0, 213), (20.0, 140)):
        shade = t.hillshade(heights, sun_azimuth_deg=315.0, sun_altitude_deg=altitude_deg, **given)[at]
        assert round(1.0 + 254.0 * shade) == grey


def test_horn_slope_of_the_real_tile_is_that_of_gdaldem(gdaldem, real_data):
    with rasterio.open(real_data / "jezero_oeb_hirise_dtm_1m.tif") as opened:
        stored, transform = opened.read(1, masked=True), opened.transform
    heights = stored.filled(np.nan).astype(np.float64)
    lowered = heights - np.round(np.nanmean(heights))
    dx, dy = transform.a, -transform.e
    witness = gdaldem(lowered, dx, dy, "slope")
    found = t.horn_slope_deg(heights, dx_m=np.full(len(heights), dx), dy_m=dy)
    assert_agree(found, witness, 2e-4)
