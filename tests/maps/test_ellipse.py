"""What lies within an ellipse is what counting its cells one by one gives."""

from __future__ import annotations

import math
from dataclasses import astuple, replace

import numpy as np
import pyproj
import pytest
from affine import Affine

from jezero_sites.errors import InputError
from jezero_sites.maps.display_grid import display_grid
from jezero_sites.maps.ellipse import EllipseStatistics, ellipse_statistics
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.view import view_of
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import load_profile

TMERC = "+proj=tmerc +lat_0=18.4 +lon_0=77.4 +R=3396190 +units=m +no_defs"
EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
WIDE = {"major_m": 61.0, "minor_m": 33.0, "azimuth_deg": 25.0}


def cell_places(view):
    """Return longitude and latitude of each cell of the map."""
    grid = display_grid(view.elevation.grid)
    rows, cols = np.indices(grid.shape)
    return grid.west + (cols + 0.5) * grid.dlon, grid.north - (rows + 0.5) * grid.dlat


def by_geodesics(view, lon, lat, *, major_m, minor_m, azimuth_deg):
    """Return q of each cell of the map from azimuths and distances on the sphere."""
    radius = view.elevation.grid.body_radius_m
    there = cell_places(view)
    here = np.full_like(there[0], lon), np.full_like(there[1], lat)
    azimuth, _, distance = pyproj.Geod(a=radius, b=radius).inv(*here, *there)
    turn = np.radians(azimuth - azimuth_deg)
    return (distance * np.cos(turn) / major_m) ** 2 + (distance * np.sin(turn) / minor_m) ** 2


def centre(view, down=0.55, right=0.4):
    grid = display_grid(view.elevation.grid)
    rows, cols = grid.shape
    return grid.west + grid.dlon * cols * right, grid.north - grid.dlat * rows * down


def with_layers(view, **values):
    """Return a view some of whose layers have other values everywhere."""
    layers = dict(view.layers)
    for name, value in values.items():
        old = layers[name]
        layers[name] = replace(old, values=np.full_like(old.values, value))
    return replace(view, layers=layers)


@pytest.mark.parametrize("crs", [EQC, TMERC])
@pytest.mark.parametrize("shape", [WIDE, {"major_m": 40.0, "minor_m": 40.0, "azimuth_deg": 0.0}])
def test_cells_are_those_within_by_geodesics_but_for_the_rim(build_view, crs, shape):
    origin = (4590640.0, 1093540.0) if crs == EQC else (2800.0, 2700.0)
    view = build_view(shape=(110, 150), crs=crs, origin=origin)
    lon, lat = centre(view)
    q = by_geodesics(view, lon, lat, **shape)
    grid = display_grid(view.elevation.grid)
    hazard = grid.bring(view.layers["hazard_class"].values)
    slope = grid.bring(view.layers["slope_deg"].values)
    height = grid.bring(view.elevation.values)
    found = ellipse_statistics(view, lon, lat, **shape)
    sure, maybe = q < 1 - 1e-3, q < 1 + 1e-3
    assert np.sum(sure) > 500
    assert found.off_raster == 0
    assert np.sum(sure) <= found.cells <= np.sum(maybe)
    assert np.sum(sure & (hazard == 0)) <= found.unknown <= np.sum(maybe & (hazard == 0))
    assert np.sum(sure & (hazard == 3)) <= found.unsafe <= np.sum(maybe & (hazard == 3))
    assert np.nanmax(slope[sure]) <= found.worst_slope_deg <= np.nanmax(slope[maybe])
    relief = [np.nanmax(height[part]) - np.nanmin(height[part]) for part in (sure, maybe)]
    assert relief[0] <= found.relief_m <= relief[1]
    if np.sum(sure) == np.sum(maybe):
        assert found.mean_slope_deg == pytest.approx(np.nanmean(slope[sure], dtype=float), rel=1e-12)
    assert found.unsafe_fraction == found.unsafe / (found.cells - found.unknown)
    assert found.unknown_fraction == found.unknown / found.cells


def test_the_chance_is_the_weighted_mean_by_geodesics(build_view):
    view = build_view(shape=(200, 300), cell=(1.0, 1.0))
    lon, lat = centre(
        view, 45 / 200, 70 / 300
    )  # the hole lies to the north-west, on the way of the major axis
    shape = {"major_m": 30.0, "minor_m": 18.0, "azimuth_deg": -40.0}
    weight = np.exp(-by_geodesics(view, lon, lat, **shape) * view.sigmas**2 / 2)
    safe = view.layers["safe_probability"].values.astype(float)
    found = ellipse_statistics(view, lon, lat, **shape)
    expected = [np.sum(weight * np.nan_to_num(safe, nan=n)) / np.sum(weight) for n in (0.0, 1.0)]
    # what lies beyond 5 standard deviations is 4e-6, and the plane differs from the sphere by less
    assert found.success_probability == pytest.approx(expected[0], abs=1e-5)
    assert found.success_probability_upper == pytest.approx(expected[1], abs=1e-5)
    assert found.success_probability < found.success_probability_upper


def test_the_major_axis_lies_along_its_azimuth_clockwise_from_north(build_view):
    view = build_view(shape=(120, 160), cell=(1.0, 1.0))
    lon, lat = centre(view, 0.5, 0.5)
    grid = display_grid(view.elevation.grid)
    rows, cols = grid.shape
    hazard = np.ones(grid.shape, np.uint8)
    hazard[: rows // 2 - 15, cols // 2 + 15 :] = 3  # to the north-east alone
    view = replace(
        view, layers={**view.layers, "hazard_class": view.elevation.like(hazard, name="hazard_class")}
    )
    axes = {"major_m": 50.0, "minor_m": 10.0}
    assert ellipse_statistics(view, lon, lat, azimuth_deg=45.0, **axes).unsafe > 300
    assert ellipse_statistics(view, lon, lat, azimuth_deg=225.0, **axes).unsafe > 300
    assert ellipse_statistics(view, lon, lat, azimuth_deg=-45.0, **axes).unsafe == 0
    assert ellipse_statistics(view, lon, lat, azimuth_deg=135.0, **axes).unsafe == 0


def test_a_quarter_lies_on_the_raster_at_its_corner_and_the_rest_is_unknown(build_view):
    view = with_layers(build_view(cell=(1.0, 1.0)), hazard_class=3, safe_probability=0.75)
    lon, lat = centre(view, 0.0, 0.0)
    found = ellipse_statistics(view, lon, lat, major_m=30.0, minor_m=30.0, azimuth_deg=0.0)
    assert found.cells == 4 * found.unsafe
    assert found.off_raster == found.unknown == 3 * found.unsafe
    assert found.unsafe_fraction == 1.0
    assert found.unknown_fraction == 0.75
    assert found.success_probability == pytest.approx(
        0.75 / 4, abs=1e-9
    )  # degrees have 1e-14 of a digit, cells 2e-5
    assert found.success_probability_upper == pytest.approx(0.75 / 4 + 0.75, abs=1e-9)


def test_an_ellipse_far_off_the_raster_has_cells_and_knows_nothing(build_view):
    found = ellipse_statistics(build_view(), 80.0, -18.0, **WIDE)
    assert found.cells == found.off_raster == found.unknown > 900
    assert_nothing_known(found)


def test_unknown_ground_gives_no_numbers_but_the_widest_bounds(build_view):
    view = build_view(empty=True)
    view = replace(view, elevation=replace(view.elevation, values=np.full((90, 130), np.nan, np.float32)))
    found = ellipse_statistics(view, *centre(view), **WIDE)
    assert found.off_raster == 0
    assert found.unknown == found.cells > 900
    assert_nothing_known(found)


def assert_nothing_known(found: EllipseStatistics):
    assert found.unsafe == 0
    assert found.unknown_fraction == 1.0
    numbers = found.unsafe_fraction, found.worst_slope_deg, found.mean_slope_deg, found.relief_m
    assert all(math.isnan(number) for number in numbers)
    assert (found.success_probability, found.success_probability_upper) == (0.0, 1.0)


def test_safe_ground_is_a_success_for_sure(build_view):
    view = with_layers(build_view(shape=(200, 300)), safe_probability=1.0, hazard_class=1)
    found = ellipse_statistics(view, *centre(view), **WIDE)
    assert (found.success_probability, found.success_probability_upper) == (1.0, 1.0)
    assert (found.unsafe, found.unknown) == (0, 0)


def test_turns_of_longitude_and_of_azimuth_change_nothing(build_view):
    view = build_view()
    lon, lat = centre(view)
    found = astuple(ellipse_statistics(view, lon, lat, **WIDE))
    assert astuple(ellipse_statistics(view, lon - 360.0, lat, **WIDE)) == pytest.approx(found, rel=1e-9)
    half = {**WIDE, "azimuth_deg": WIDE["azimuth_deg"] + 180.0}
    assert astuple(ellipse_statistics(view, lon, lat, **half)) == pytest.approx(found, rel=1e-9)


def test_a_raster_around_the_whole_planet_goes_on_at_its_edge(build_view):
    circle = 2 * math.pi * 3396190.0
    cell = circle / 720
    view = build_view(shape=(60, 720), cell=(cell, cell), origin=(-circle / 2, 30 * cell))
    view = with_layers(view, hazard_class=3)
    shape = {"major_m": 9 * cell, "minor_m": 4.5 * cell, "azimuth_deg": 75.0}
    for lon in (179.9, -179.9, 180.0, 0.0):
        found = ellipse_statistics(view, lon, 0.3, **shape)
        assert found.off_raster == 0
        assert found.unsafe == found.cells == pytest.approx(math.pi * 9 * 4.5, abs=6)


def test_ground_across_longitude_zero_is_one_piece(build_view):
    view = with_layers(build_view(origin=(-130.0, 1093540.0)), hazard_class=1)
    for lon in (0.0, 360.0, 359.9999, -0.0001):
        found = ellipse_statistics(view, lon, centre(view)[1], **WIDE)
        assert found.off_raster == 0, lon


def test_blocks_of_rows_count_as_the_whole(build_view, monkeypatch):
    view = build_view()
    whole = astuple(ellipse_statistics(view, *centre(view), **WIDE))
    monkeypatch.setattr("jezero_sites.maps.ellipse._BLOCK_CELLS", 500)
    parts = astuple(ellipse_statistics(view, *centre(view), **WIDE))
    assert parts[:6] == whole[:6]
    assert parts == pytest.approx(whole, rel=1e-12)  # sums of other order


@pytest.mark.parametrize(
    "axes",
    [
        {"major_m": 20.0, "minor_m": 21.0},
        {"major_m": 20.0, "minor_m": 2.9},  # cells of 3 m to the north
        {"major_m": math.inf, "minor_m": 20.0},
        {"major_m": math.nan, "minor_m": 20.0},
        {"major_m": 20.0, "minor_m": math.nan},
        {"major_m": -20.0, "minor_m": -30.0},
        {"azimuth_deg": math.inf},
        {"azimuth_deg": math.nan},
        {"major_m": 8e6, "minor_m": 20.0, "azimuth_deg": 90.0},
        {"major_m": 2e5, "minor_m": 1e5},
    ],
)
def test_axes_that_make_no_ellipse_are_refused(build_view, axes):
    view = build_view()
    with pytest.raises(InputError, match="E_DISPERSION") as caught:
        ellipse_statistics(view, *centre(view), **{**WIDE, **axes})
    assert caught.value.fix
    assert caught.value.field == "ellipse"


def test_an_ellipse_of_many_deviations_must_have_its_middle_wider_than_a_cell(build_view):
    view = build_view(cell=(1.0, 1.0), sigmas=20.0)
    with pytest.raises(InputError, match="E_DISPERSION"):
        ellipse_statistics(view, *centre(view), major_m=30.0, minor_m=3.9, azimuth_deg=0.0)
    found = ellipse_statistics(view, *centre(view), major_m=30.0, minor_m=4.1, azimuth_deg=0.0)
    assert 0.0 < found.success_probability <= found.success_probability_upper


@pytest.mark.parametrize(
    "place", [(math.nan, 18), (77, math.nan), (math.inf, 18), (77, 90.0), (77, -91), (721, 18)]
)
def test_a_centre_that_is_no_place_is_refused(build_view, place):
    with pytest.raises(InputError, match="E_RANGE") as caught:
        ellipse_statistics(build_view(), *place, **WIDE)
    assert caught.value.field == "centre"


# --- against the landing probability of a run ---


def small_run(*, crs=EQC, origin=(4590640.0, 1093540.0), major_m=24.0, minor_m=13.0):
    """Return a run on rolling ground with a ridge and a hole, and an ellipse that lies askew."""
    shape = (210, 260)
    grid = Grid.of(shape, Affine(1.0, 0, origin[0], 0, -1.0, origin[1]), crs)
    rows, cols = np.indices(shape).astype(float)
    z = -2568.0 + 0.9 * np.sin(cols / 17.0) + 0.7 * np.cos(rows / 23.0)
    z += 9.0 * np.exp(-(((cols - 190) / 7.0) ** 2 + ((rows - 150) / 20.0) ** 2))
    z[58:75, 61:90] = np.nan
    settings = load_profile()
    spread = replace(settings.dispersion, major_m=major_m, minor_m=minor_m, azimuth_deg=35.0)
    ground = Raster(z.astype(np.float32), grid, "elevation_m", "m")
    return assess(ground, settings=replace(settings, dispersion=spread))


def differences(run):
    """Return by how much both bounds differ from those of the run's layers, at its sites and at a grid of cells."""
    rows, cols = (n.ravel() for n in np.meshgrid(np.arange(4, 210, 25), np.arange(7, 260, 31), indexing="ij"))
    rows, cols = np.concatenate([rows, run.sites["row"]]), np.concatenate([cols, run.sites["col"]])
    lon, lat = run.dem.grid.lonlat(*run.dem.grid.xy(rows, cols))
    found = [run.ellipse(float(x), float(y)) for x, y in zip(lon, lat, strict=True)]
    mine = np.array([(one.success_probability, one.success_probability_upper) for one in found])
    names = "landing_probability", "landing_probability_upper"
    return np.abs(mine - np.stack([run.layers[name].values[rows, cols] for name in names], axis=1))


def test_the_chance_is_the_landing_probability_of_the_run():
    run = small_run()
    assert len(run.sites) > 0
    assert run.layers["landing_probability"].values.std() > 0.05
    # 3.7e-6 beyond five deviations, rounding to 1e-6, and one width of cells for all rows: measured 6e-6
    assert differences(run).max() < 2e-5


def test_the_chance_of_a_dispersion_of_one_cell_is_nearly_that_of_its_parts():
    found = differences(small_run(major_m=6.2, minor_m=3.1))
    assert found.max() < 5e-3  # the run weighs parts of cells, this their centres: measured 2e-3


def test_the_chance_on_another_map_is_that_of_its_nearest_cells():
    found = differences(small_run(crs=TMERC, origin=(60000.0, 2700.0)))
    sigma_m = 13.0 / 3.03  # across the ellipse, the smaller one
    assert found.max() < 0.5 / (sigma_m * math.sqrt(2 * math.pi))  # a long edge half a cell of 1 m elsewhere
    assert np.median(found) < 1e-3


def test_the_ellipse_of_the_run_is_the_default_and_each_part_can_be_given():
    run = small_run()
    view = view_of(run)
    lon, lat = centre(view)
    own = {"major_m": 24.0, "minor_m": 13.0, "azimuth_deg": 35.0}
    assert run.ellipse(lon, lat) == ellipse_statistics(view, lon, lat, **own)
    for part in ({"major_m": 31.0}, {"minor_m": 8.0}, {"azimuth_deg": 80.0}):
        assert run.ellipse(lon, lat, **part) == ellipse_statistics(view, lon, lat, **{**own, **part})
