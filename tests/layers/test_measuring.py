"""Measuring by name: true ground spacing, true north, lengths in the tags, the same bits on any threads."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from affine import Affine

from jezero_sites import terrain
from jezero_sites.blocks import STRIP_ROWS
from jezero_sites.errors import InputError
from jezero_sites.layers import LAYERS, corner_slope, layer_for, layer_tags, lengths_of, measure
from jezero_sites.mars import MARS_RADIUS_M
from jezero_sites.raster import Grid, Raster

R = float(MARS_RADIUS_M)
EQC0 = "IAU_2015:49910"
TURNED = f"+proj=tmerc +lon_0=60 +R={R}"  # at Jezero its north lies 5.6 degrees east of true north
MEASURED = [name for name, layer in LAYERS.items() if layer.equation]


def dem(values, *, crs=EQC0, dx=1.0, dy=1.0, lonlat=(77.4508, 18.44)) -> Raster:
    values = np.asarray(values)
    x, y = pyproj.Proj(crs)(*lonlat)
    rows, cols = values.shape
    transform = Affine(dx, 0, x - dx * cols / 2, 0, -dy, y + dy * rows / 2)
    return Raster(values, Grid.of(values.shape, transform, crs), "elevation_m", "m")


def plane(rows, cols, *, crs=EQC0, dx=1.0, dy=1.0, rise=0.0, towards_deg=0.0) -> Raster:
    """Return a plane that rises towards a true azimuth, by its rise per true metre on the ground."""
    level = dem(np.zeros((rows, cols)), crs=crs, dx=dx, dy=dy)
    grid = level.grid
    on_grid = np.radians(towards_deg - grid.north_deg)
    r, c = np.indices((rows, cols))
    east, north = (c - cols / 2) * grid.dx_m[:, None], -(r - rows / 2) * grid.dy_m
    return Raster(rise * (east * np.sin(on_grid) + north * np.cos(on_grid)), grid, "elevation_m", "m")


def rough(rows=37, cols=29, *, seed=0, holes=5, **where) -> Raster:
    rng = np.random.default_rng(seed)
    ground = -2500 + rng.normal(0, 0.3, (rows, cols)).cumsum(axis=0).cumsum(axis=1)
    ground[rng.integers(0, rows, holes), rng.integers(0, cols, holes)] = np.nan
    return dem(ground.astype(np.float32), dx=2.0, dy=1.5, **where)


# ---- ground, not map --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["slope_deg", "horn_slope_deg", "zevenbergen_thorne_slope_deg"])
def test_ten_degrees_east_west_read_ten_degrees_on_an_equatorial_map(name):
    tilted = plane(11, 17, rise=np.tan(np.radians(10)), towards_deg=90)
    found = measure(tilted, name).values[3:-3, 3:-3]
    np.testing.assert_allclose(found, 10, atol=1e-6)  # heights of a row shear by 1e-9 of the width per row
    naive = terrain.plane_slope_deg(tilted.values, dx_m=np.ones(11), dy_m=1.0, window=(5, 5))
    np.testing.assert_allclose(naive[3:-3, 3:-3], 9.496, atol=1e-3)


@pytest.mark.parametrize("towards", [0, 37, 90, 180, 311])
@pytest.mark.parametrize("crs", [EQC0, TURNED])
def test_plane_has_its_slope_whatever_the_map_and_the_direction(crs, towards):
    tilted = plane(13, 19, crs=crs, dx=2.0, dy=1.5, rise=np.tan(np.radians(7)), towards_deg=towards)
    found = measure(tilted, "slope_deg", baseline_m=7).values
    np.testing.assert_allclose(found[4:-4, 4:-4], 7, atol=1e-5)
    np.testing.assert_allclose(measure(tilted, "roughness_m").values[4:-4, 4:-4], 0, atol=1e-6)
    np.testing.assert_allclose(corner_slope(tilted, baseline_m=4).values[4:-4, 4:-4], 7, atol=1e-5)


# ---- true north -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("towards", [0, 37, 90, 180, 311])
@pytest.mark.parametrize("crs", [EQC0, TURNED])
def test_aspect_is_the_true_azimuth_of_the_fall(crs, towards):
    tilted = plane(9, 14, crs=crs, dx=2.0, dy=1.5, rise=0.1, towards_deg=towards)
    found = measure(tilted, "aspect_deg").values[2:-2, 2:-2]
    off = (found - (towards + 180) + 180) % 360 - 180
    np.testing.assert_allclose(off, 0, atol=1e-4)  # of a degree; widths of the rows differ by 1e-7
    assert found.min() >= 0
    assert found.max() < 360


def test_turned_map_really_is_turned():
    assert 5.4 < plane(9, 14, crs=TURNED).grid.north_deg < 5.8


def test_aspect_follows_the_ground_as_pyproj_sees_it():
    geod = pyproj.Geod(a=R, b=R)
    level = dem(np.zeros((9, 14)), crs=TURNED, dx=20.0, dy=15.0)
    rows, cols = np.indices((9, 14))
    lon, lat = level.grid.lonlat(*level.grid.xy(rows, cols))
    lon0, lat0 = geod.fwd(float(lon[4, 6]), float(lat[4, 6]), 250.0, 50_000.0)[:2]
    distance = geod.inv(lon, lat, np.full(lon.shape, lon0), np.full(lat.shape, lat0))[2]
    cone = Raster(0.2 * distance, level.grid, "elevation_m", "m")  # falls towards a point at azimuth 250
    assert measure(cone, "aspect_deg").values[4, 6] == pytest.approx(
        250, abs=0.01
    )  # the rows are 1 % of it off


def test_aspect_a_hair_west_of_north_is_0_not_360():
    level = plane(9, 14, rise=0.1, towards_deg=180)
    turned = Grid(level.grid.shape, level.grid.transform, level.grid.crs, np.ones(9), 1.0)
    turned.__dict__["north_deg"] = -1e-15
    z = np.arange(9.0)[:, None] * np.ones(14)
    found = measure(Raster(z, turned, "elevation_m", "m"), "aspect_deg").values
    assert np.nanmax(found) == np.nanmin(found) == 0


@pytest.mark.parametrize("crs", [EQC0, TURNED])
def test_slope_that_faces_the_sun_is_brightest(crs):
    bright = {
        towards: measure(
            plane(9, 14, crs=crs, dx=2.0, dy=1.5, rise=np.tan(np.radians(30)), towards_deg=towards),
            "hillshade",
            sun_deg=(125.0, 60.0),
        ).values[4, 6]
        for towards in (300.0, 305.0, 310.0)
    }
    assert bright[305.0] == pytest.approx(1, abs=1e-9)  # a slope of 30 degrees under a sun 60 degrees high
    assert bright[300.0] < bright[305.0] - 1e-4
    assert bright[310.0] < bright[305.0] - 1e-4


# ---- lengths ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dx", "dy", "baseline", "window"),
    [
        (1.0, 1.0, 5.0, (5, 5)),
        (2.0, 1.0, 5.0, (5, 3)),
        (1.0, 1.0, 4.0, (5, 5)),
        (1.0, 2.0, 7.0, (3, 7)),
        (0.25, 0.5, 5.0, (11, 21)),
        (20.0, 20.0, 5.0, (3, 3)),
        (1.0, 1.0, 10.0, (11, 11)),
    ],
)
def test_window_is_the_odd_number_of_ground_cells_nearest_the_baseline(dx, dy, baseline, window):
    grid = dem(np.zeros((9, 14)), dx=dx, dy=dy).grid
    found = lengths_of(grid, baseline_m=baseline)
    assert found.window == window
    for cells, spacing in zip(found.window, (grid.dy_m, grid.mean_dx_m), strict=True):
        assert cells % 2 == 1
        assert abs(cells * spacing - baseline) <= spacing * 1.001 or cells == 3
    assert found.dx_m is grid.dx_m
    assert found.dy_m == grid.dy_m


def test_window_counts_ground_cells_not_map_cells():
    # 5.8 m are 5.8 map cells, nearest 5; on the ground a cell is 0.9486 m wide: 6.1 cells, nearest 7
    assert lengths_of(dem(np.zeros((9, 14))).grid, baseline_m=5.8).window == (5, 7)


def test_lengths_have_defaults_and_the_sun_is_turned_onto_the_grid():
    grid = dem(np.zeros((9, 14)), crs=TURNED).grid
    found = lengths_of(grid)
    assert found.radius_m == 3
    assert found.window == (5, 5)
    assert found.sun_azimuth_deg == pytest.approx(315 - grid.north_deg, abs=1e-9)
    assert lengths_of(grid, sun_deg=(2.0, 30.0)).sun_azimuth_deg == pytest.approx(
        362 - grid.north_deg, abs=1e-9
    )
    assert lengths_of(grid, sun_deg=(2.0, 30.0)).sun_altitude_deg == 30


def test_options_reach_the_equation():
    ground = rough()
    grid = ground.grid
    spacing = {"dx_m": grid.dx_m, "dy_m": grid.dy_m}
    z = ground.values.astype(float)
    window = terrain.window_cells(9, grid.dy_m), terrain.window_cells(9, grid.mean_dx_m)
    for name, options, expected in (
        ("slope_deg", {"baseline_m": 9}, terrain.plane_slope_deg(z, window=window, **spacing)),
        ("slope_9m_deg", {}, terrain.plane_slope_deg(z, window=window, **spacing)),
        ("slope_9m_deg", {"baseline_m": 9}, terrain.plane_slope_deg(z, window=window, **spacing)),
        ("roughness_m", {"baseline_m": 9}, terrain.rms_roughness_m(z, window=window)),
        ("relief_m", {"radius_m": 4.5}, terrain.relief_m(z, radius_m=4.5, **spacing)),
        ("relief_m", {}, terrain.relief_m(z, radius_m=3.0, **spacing)),
        (
            "hillshade",
            {"sun_deg": (100.0, 20.0)},
            terrain.hillshade(z, sun_azimuth_deg=100.0, sun_altitude_deg=20.0, **spacing),
        ),
    ):
        np.testing.assert_array_equal(measure(ground, name, **options).values, expected)


@pytest.mark.parametrize("name", MEASURED)
def test_result_has_no_seams_and_is_the_same_bits_on_any_number_of_threads(name):
    ground = rough(rows=2 * STRIP_ROWS + 19)  # three strips
    # 9 m are seven rows and five columns
    options = {"baseline_m": {"baseline_m": 9.0}, "radius_m": {"radius_m": 7.5}}.get(LAYERS[name].needs, {})
    whole = LAYERS[name].equation(ground.values.astype(float), lengths_of(ground.grid, **options))
    for jobs in (1, 3):
        np.testing.assert_array_equal(measure(ground, name, jobs=jobs, **options).values, whole)


@pytest.mark.parametrize("name", MEASURED)
def test_measured_raster_says_what_it_is(name):
    ground = rough()
    found = measure(ground, name)
    layer = LAYERS[name]
    assert (found.name, found.unit) == (name, layer.unit)
    assert found.grid is ground.grid
    assert found.values.shape == ground.values.shape
    assert found.values.dtype == np.float64
    assert found.tags["METHOD"] == layer.about
    width = 2 * np.cos(np.radians(18.44))
    assert found.tags["GROUND_SPACING_M"] == f"{width:.6f} x 1.500000 (E x N, middle row)"
    assert all(isinstance(v, str) for v in found.tags.values())
    assert ("WINDOW_CELLS" in found.tags) == (layer.needs == "baseline_m")
    assert ("RADIUS_M" in found.tags) == (layer.needs == "radius_m")
    assert ("SUN_AZIMUTH_DEG" in found.tags) == (layer.needs == "sun")


def test_tags_say_the_lengths_that_were_used():
    ground = rough()
    tags = measure(ground, "slope_deg", baseline_m=9).tags
    assert tags["WINDOW_CELLS"] == "5 x 7 (E x N)"
    assert tags["BASELINE_USED_M"] == f"{5 * ground.grid.mean_dx_m:.4f} x 10.5000 (E x N)"
    assert measure(ground, "relief_m", radius_m=4.5).tags["RADIUS_M"] == "4.5"
    turned = dem(np.zeros((9, 14)), crs=TURNED)
    sun = measure(turned, "hillshade", sun_deg=(2.0, 30.0)).tags
    assert (sun["SUN_AZIMUTH_DEG"], sun["SUN_ALTITUDE_DEG"]) == ("2", "30")
    tags = layer_tags(layer_for("slope_20m_deg"), ground.grid, lengths_of(ground.grid, baseline_m=20))
    assert tags["WINDOW_CELLS"] == "11 x 13 (E x N)"


def test_elevation_is_the_heights_and_the_dem_stays_as_it_was():
    ground = rough()
    before = ground.values.copy()
    found = measure(ground, "elevation_m")
    np.testing.assert_array_equal(found.values, ground.values)
    found.values[:] = 0
    np.testing.assert_array_equal(ground.values, before)


# ---- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options", "match"),
    [
        ("slop_deg", {}, r"E_LAYER.*did you mean 'slope_deg'"),
        ("hazard_class", {}, "E_LAYER.*not a quantity of the heights alone.*assess"),
        ("landing_probability", {}, "E_LAYER.*not a quantity of the heights alone"),
        ("relief_m", {"baseline_m": 5}, "E_OPTION.*relief_m takes no baseline_m; leave it out"),
        ("slope_deg", {"radius_m": 5}, "E_OPTION.*slope_deg takes no radius_m"),
        ("tpi_m", {"radius_m": 5}, "E_OPTION.*tpi_m takes no radius_m"),
        ("slope_deg", {"baseline_m": 0}, "E_OPTION.*baseline_m is 0; more than 0 metres"),
        ("slope_deg", {"baseline_m": -5}, "E_OPTION.*baseline_m is -5"),
        ("slope_deg", {"baseline_m": float("nan")}, "E_OPTION.*baseline_m is nan"),
        ("slope_deg", {"baseline_m": float("inf")}, "E_OPTION.*baseline_m is inf"),
        ("relief_m", {"radius_m": 0}, "E_OPTION.*radius_m is 0"),
        ("slope_0m_deg", {}, "E_OPTION.*baseline_m is 0"),
        ("slope_20m_deg", {"baseline_m": 5}, "E_OPTION.*baseline_m is 5; 20, as slope_20m_deg says"),
        ("hillshade", {"sun_deg": (315.0, 91.0)}, "E_OPTION.*altitude 91"),
        ("hillshade", {"sun_deg": (float("nan"), 45.0)}, "E_OPTION.*azimuth nan"),
    ],
)
def test_option_that_makes_no_sense_is_refused(name, options, match):
    with pytest.raises(InputError, match=match):
        measure(rough(), name, **options)


@pytest.mark.parametrize("baseline", [0.0, -5.0, float("nan"), float("inf")])
def test_four_corner_slope_needs_a_length(baseline):
    with pytest.raises(InputError, match=r"E_OPTION.*baseline_m is"):
        corner_slope(rough(), baseline_m=baseline)


# ---- four corners -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dx", "dy", "baseline", "cells", "shift"),
    [
        (1.0, 1.0, 2.0, (2, 2), (0, 0)),
        (1.0, 1.0, 5.0, (5, 5), (-0.5, -0.5)),
        (2.0, 1.0, 4.0, (4, 2), (0, 0)),
        (1.0, 2.0, 5.0, (3, 5), (-0.5, -0.5)),
        (2.0, 1.0, 5.0, (5, 3), (-0.5, -0.5)),
        (1.0, 2.0, 4.0, (2, 4), (0, 0)),
        (1.0, 3.0, 6.0, (2, 6), (0, 0)),
        (1.0, 1.0, 0.1, (1, 1), (-0.5, -0.5)),
        (2.0, 1.0, 6.0, (6, 3), (0, -0.5)),
    ],
)
def test_four_corner_slope_lies_half_a_cell_up_and_left_where_the_baseline_is_odd(
    dx, dy, baseline, cells, shift
):
    crs = f"+proj=eqc +lat_ts=18.44 +R={R}"
    tilted = plane(17, 23, crs=crs, dx=dx, dy=dy, rise=np.tan(np.radians(10)), towards_deg=60)
    found = corner_slope(tilted, baseline_m=baseline)
    assert found.tags["BASELINE_CELLS"] == f"{cells[1]} x {cells[0]} (E x N)"
    assert found.tags["GRID_SHIFT_CELLS"] == f"{shift[1]:g} x {shift[0]:g} (E x S)"
    t, moved = tilted.grid.transform, found.grid.transform
    assert moved.c - t.c == pytest.approx(shift[1] * dx, abs=1e-8)  # map metres of 4e6
    assert moved.f - t.f == pytest.approx(-shift[0] * dy, abs=1e-8)
    assert found.grid.shape == tilted.grid.shape
    assert (found.name, found.unit) == ("corner_slope_deg", "deg")
    np.testing.assert_allclose(found.values[4:-4, 4:-4], 10, atol=1e-5)


@pytest.mark.parametrize(("baseline", "cells"), [(4.0, 4), (5.0, 5)])
def test_steepest_four_corner_slope_of_a_step_lies_on_the_step(baseline, cells):
    crs = f"+proj=eqc +lat_ts=18.44 +R={R}"
    level = dem(np.zeros((17, 24)), crs=crs)
    edge = 9.0 if cells % 2 == 0 else 9.5  # a step centred on a cell, or between two
    ground = np.interp(np.arange(24), [edge - 0.5, edge + 0.5], [0.0, 1.0]) * np.ones((17, 1))
    found = corner_slope(Raster(ground, level.grid, "elevation_m", "m"), baseline_m=baseline)
    row = found.values[8]
    steepest = np.flatnonzero(row >= np.nanmax(row) - 1e-9)
    x = found.grid.xy(np.full(steepest.size, 8), steepest)[0]
    assert x.mean() == pytest.approx(float(level.grid.xy(8, edge)[0]), abs=1e-6)


@pytest.mark.parametrize("baseline", [6.0, 7.5])
def test_four_corner_slope_has_no_seams(baseline):
    ground = rough(rows=2 * STRIP_ROWS + 19)
    grid, z = ground.grid, ground.values.astype(float)
    cells = (4, 3) if baseline == 6.0 else (5, 4)
    whole = terrain.baseline_slope_deg(z, dx_m=grid.dx_m, dy_m=grid.dy_m, cells=cells)
    np.testing.assert_array_equal(corner_slope(ground, baseline_m=baseline).values, whole)


def test_real_ground_has_plausible_layers(real_data):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(real_data / "jezero_oeb_hirise_dtm_1m.tif") as file:
        values = file.read(1, window=((100, 160), (120, 190)), masked=True).filled(np.nan)
        crs = pyproj.CRS.from_wkt(file.crs.to_wkt(version="WKT2_2019"))
        grid = Grid.of((file.height, file.width), file.transform, crs).window(100, 160, 120, 190)
    ground = Raster(values.astype(np.float64), grid, "elevation_m", "m")
    slope = measure(ground, "slope_deg", baseline_m=5).values
    known = slope[np.isfinite(slope)]
    assert known.size > 1000
    assert 0.1 < np.median(known) < 20
    coarse = measure(ground, "slope_20m_deg").values
    assert np.nanstd(coarse) < np.nanstd(slope)
