"""Grids know the true size of their cells: against closed forms, pyproj.Geod and the CRS of real products."""

from __future__ import annotations

import pickle

import numpy as np
import pyproj
import pytest
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.errors import InputError
from jezero_sites.mars import MARS_RADIUS_M
from jezero_sites.raster import Grid, Raster, same_grid
from jezero_sites.sites import disc_around

R = float(MARS_RADIUS_M)
JEZERO = 77.4508, 18.4447
EQC0 = "IAU_2015:49910"
EQC15 = "+proj=eqc +lat_ts=15 +lat_0=0 +lon_0=0 +R=3394839.81331631 +units=m"
TMERC = f"+proj=tmerc +lon_0=77.5 +lat_0=0 +R={R}"
CONFORMAL_AND_CYLINDRICAL = {
    "eqc0": EQC0,
    "eqc15": EQC15,
    "eqc of a far meridian": f"+proj=eqc +lat_ts=18 +lon_0=180 +R={R}",
    "tmerc": TMERC,
    "tmerc scaled": f"+proj=tmerc +lon_0=77.5 +k_0=0.9996 +x_0=500000 +R={R}",
    "tmerc far": f"+proj=tmerc +lon_0=74 +R={R}",
    "stere": f"+proj=stere +lat_0=18.4447 +lon_0=77.45 +R={R}",
    "merc": f"+proj=merc +lon_0=0 +R={R}",
    "merc scaled": f"+proj=merc +lat_ts=18 +R={R}",
}


def grid_at_jezero(crs=EQC0, *, rows=9, cols=14, dx=2.0, dy=3.0) -> Grid:
    """Return a grid with Jezero's landing in it, off its centre."""
    x, y = pyproj.Proj(crs)(*JEZERO)
    return Grid.of((rows, cols), Affine(dx, 0, x - 3.25 * dx, 0, -dy, y + 2.75 * dy), crs)


def steps(grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return distances of neighbouring centres along each row and column, and azimuths up, after pyproj."""
    rows, cols = np.indices(grid.shape, dtype=float)
    # half a cell either way, so that each step is centred on its cell
    geod = pyproj.Geod(a=grid.body_radius_m, b=grid.body_radius_m)
    west, east = (grid.lonlat(*grid.xy(rows, cols + d)) for d in (-0.5, 0.5))
    south, north = (grid.lonlat(*grid.xy(rows + d, cols)) for d in (0.5, -0.5))
    azimuth, _, height = geod.inv(*south, *north)
    return geod.inv(*west, *east)[2], height, azimuth


# ---- positions ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("crs", "expected"),
    [
        (EQC0, (4590872.743, 1093304.013)),
        (EQC15, (4432679.594, 1092869.360)),
        (TMERC, (-2766.5027, 1093304.3892)),
    ],
)
def test_jezero_lies_where_the_products_put_it(crs, expected):
    grid = grid_at_jezero(crs)
    x, y = grid.from_lonlat(*JEZERO)
    np.testing.assert_allclose((x, y), expected, atol=6e-4)  # published to the millimetre
    np.testing.assert_allclose(grid.lonlat(x, y), JEZERO, atol=1e-9)


def test_local_sphere_is_used_as_it_is_and_latitude_does_not_depend_on_it():
    local, iau = grid_at_jezero(EQC15), grid_at_jezero(EQC0)
    assert local.body_radius_m == pytest.approx(3_394_839.8133, abs=1e-4)
    assert iau.body_radius_m == R
    lonlat = local.lonlat(4432679.594, 1092869.360)
    np.testing.assert_allclose(iau.from_lonlat(*lonlat), (4590872.743, 1093304.013), atol=2e-3)


@pytest.mark.parametrize("crs", CONFORMAL_AND_CYLINDRICAL.values(), ids=CONFORMAL_AND_CYLINDRICAL)
def test_positions_come_back_from_the_planet(crs):
    grid = grid_at_jezero(crs)
    rows, cols = np.indices(grid.shape) + np.array([0.25, -0.4])[:, None, None]
    x, y = grid.xy(rows, cols)
    back = grid.rowcol(*grid.from_lonlat(*grid.lonlat(x, y)))
    np.testing.assert_allclose(back, (rows, cols), atol=1e-6)  # 1e-6 of a cell of 2 m


def test_cell_centres_are_whole_rows_and_columns():
    grid = Grid.of((3, 5), Affine(2, 0, 100, 0, -4, 1000), EQC0)
    assert [float(v) for v in grid.xy(0, 0)] == [101, 998]
    assert [float(v) for v in grid.xy(2, 4)] == [109, 990]
    assert [float(v) for v in grid.rowcol(101, 998)] == [0, 0]
    assert [float(v) for v in grid.rowcol(110, 988)] == [2.5, 4.5]
    assert grid.bounds == (100, 988, 110, 1000)


@settings(max_examples=100, deadline=None)
@given(st.floats(-1e4, 1e4), st.floats(-1e4, 1e4), st.floats(0.1, 50), st.floats(0.1, 50))
def test_rowcol_undoes_xy(row, col, dx, dy):
    grid = Grid((3, 5), Affine(dx, 0, 4.5e6, 0, -dy, 1.09e6), pyproj.CRS(EQC0), np.ones(3), 1.0)
    np.testing.assert_allclose(grid.rowcol(*grid.xy(row, col)), (row, col), atol=1e-7)  # 1e-9 m of 0.1 m


def test_longitudes_are_east_positive_from_0_up_to_360():
    grid = Grid.of((4, 6), Affine(100, 0, -300, 0, -200, 400), EQC0)
    lon, lat = grid.lonlat(*grid.xy([0, 3], [0, 5]))
    assert 359.99 < lon[0] < 360
    assert 0 < lon[1] < 0.01
    assert lat[0] > 0 > lat[1]
    np.testing.assert_allclose(grid.from_lonlat(lon, lat)[0], grid.xy([0, 3], [0, 5])[0], atol=1e-6)
    assert float(grid.lonlat(-1e-12, 0)[0]) == 0  # a hair west of the prime meridian is not 360


def test_unknown_and_impossible_places_are_nan():
    grid = grid_at_jezero(TMERC)
    x, y = grid.from_lonlat([77.5, np.nan, 77.5, np.inf], [18.0, 18.0, np.nan, 18.0])
    assert np.isfinite(x).tolist() == np.isfinite(y).tolist() == [True, False, False, False]
    assert np.isnan(grid.from_lonlat(77.5, 95.0)).all()
    for place in ((np.nan, 0.0), (0.0, np.inf), (-np.inf, 0.0)):
        assert np.isnan(grid.lonlat(*place)).all()


def test_grid_contains_its_upper_and_left_edge_and_not_the_others():
    grid = Grid.of((3, 5), Affine(2, 0, 100, 0, -4, 1000), EQC0)
    assert grid.contains([100, 109.999, 105], [1000, 988.001, 990]).all()
    assert not grid.contains([99.999, 110, 105, 105], [990, 990, 1000.001, 988]).any()
    assert not grid.contains([np.nan, 105, np.inf], [990, np.nan, 990]).any()


# ---- spacing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("crs", "expected"), [(EQC0, 0.948629), (EQC15, 0.982093)])
def test_one_metre_cells_at_jezero_are_narrower_on_the_ground(crs, expected):
    x, y = pyproj.Proj(crs)(*JEZERO)
    grid = Grid.of((1, 4), Affine(1, 0, x, 0, -1, y + 0.5), crs)
    assert grid.dx_m[0] == pytest.approx(expected, abs=5e-7)
    assert grid.dy_m == pytest.approx(1, abs=1e-9)


def test_each_row_of_an_equirectangular_map_has_the_width_of_its_latitude():
    grid = Grid.of((40, 3), Affine(2, 0, 4590000, 0, -700, 1107000), EQC0)
    _, lat = grid.lonlat(*grid.xy(np.arange(40), 1))
    np.testing.assert_allclose(grid.dx_m, 2 * np.cos(np.radians(lat)), atol=1e-9)  # rounded to nanometres
    assert np.all(np.diff(grid.dx_m) > 0)  # towards the equator
    assert grid.mean_dx_m == grid.dx_m[20]


@pytest.mark.parametrize("crs", CONFORMAL_AND_CYLINDRICAL.values(), ids=CONFORMAL_AND_CYLINDRICAL)
@pytest.mark.parametrize(("dx", "dy"), [(2.0, 3.0), (25.0, 5.0)])
def test_spacing_is_the_distance_between_neighbours(crs, dx, dy):
    grid = grid_at_jezero(crs, dx=dx, dy=dy)
    widths, heights, _ = steps(grid)
    np.testing.assert_allclose(widths, np.broadcast_to(grid.dx_m[:, None], grid.shape), rtol=1e-5)
    np.testing.assert_allclose(heights, np.full(grid.shape, grid.dy_m), rtol=1e-5)


@settings(max_examples=60, deadline=None)
@given(
    crs=st.sampled_from(list(CONFORMAL_AND_CYLINDRICAL.values())),
    lon=st.floats(76, 79),
    lat=st.floats(15, 22),
    dx=st.floats(0.25, 30),
    dy=st.floats(0.25, 30),
)
def test_spacing_is_the_distance_between_neighbours_all_over_the_region(crs, lon, lat, dx, dy):
    x, y = pyproj.Proj(crs)(lon, lat)
    grid = Grid.of((5, 4), Affine(dx, 0, x, 0, -dy, y), crs)
    widths, heights, azimuths = steps(grid)
    np.testing.assert_allclose(widths, np.broadcast_to(grid.dx_m[:, None], grid.shape), rtol=1e-5)
    np.testing.assert_allclose(heights, np.full(grid.shape, grid.dy_m), rtol=1e-5)
    # degrees: pyproj's step of 0.25 m has its azimuth to some 1e-8 rad; 30 m cells turn by 1e-4 between them
    assert grid.north_deg == pytest.approx(azimuths[2, 1], abs=3e-4)


def test_disc_on_the_ground_is_an_ellipse_of_cells_of_the_right_area():
    x, y = pyproj.Proj(EQC0)(*JEZERO)
    grid = Grid.of((151, 163), Affine(1, 0, x - 81.5, 0, -1, y + 75.5), EQC0)
    disc = disc_around(75, 81, shape=grid.shape, dx_m=float(grid.dx_m[75]), dy_m=grid.dy_m, radius_m=60.0)
    area = disc.cells * float(grid.dx_m[75]) * grid.dy_m
    assert area == pytest.approx(11302.9, abs=0.1)
    assert area == pytest.approx(np.pi * 3600, rel=1e-3)  # cells along the rim: 1/60 of the radius, averaged
    assert area > 10709.1 * 1.05  # what cells taken for square metres would cover


def test_sinusoidal_map_is_refused_far_from_its_meridian_and_taken_near_it():
    with pytest.raises(InputError, match=r"error\[E_PROJECTION\].*39\.\d+%.*0\.1 %.*gdalwarp"):
        grid_at_jezero(f"+proj=sinu +lon_0=0 +R={R}")
    near = grid_at_jezero(f"+proj=sinu +lon_0=77.45 +R={R}")
    np.testing.assert_allclose(near.dx_m, 2, rtol=1e-6)


def test_width_that_changes_along_a_row_is_refused():
    crs = f"+proj=tmerc +lon_0=77.5 +R={R}"
    Grid.of((3, 900), Affine(100, 0, -45000, 0, -100, 1093304), crs)  # 90 km: 0.02 % wider at its ends
    with pytest.raises(InputError, match="E_PROJECTION"):
        Grid.of((3, 9000), Affine(100, 0, -450000, 0, -100, 1093304), crs)  # 900 km: 0.9 %


def test_height_that_changes_from_row_to_row_is_refused():
    crs = f"+proj=merc +R={R}"
    Grid.of((100, 3), Affine(50, 0, 4.59e6, 0, -50, 1.11e6), crs)
    with pytest.raises(InputError, match="E_PROJECTION"):
        Grid.of((4000, 3), Affine(50, 0, 4.59e6, 0, -50, 1.11e6), crs)  # 200 km


def test_spacing_is_that_of_the_middle_row_and_column():
    tall = Grid.of((101, 3), Affine(90, 0, 4.59e6, 0, -90, 1.11e6), f"+proj=merc +R={R}")
    assert tall.dy_m == pytest.approx(steps(tall)[1][50, 1], rel=1e-8)
    assert tall.dy_m < steps(tall)[1][70, 1] * (1 - 1e-5)  # cells are smaller farther north
    wide = Grid.of((3, 101), Affine(900, 0, 1e4, 0, -90, 1.11e6), f"+proj=tmerc +lon_0=77 +R={R}")
    assert wide.dx_m[1] == pytest.approx(steps(wide)[0][1, 50], rel=1e-7)
    assert wide.dx_m[1] < steps(wide)[0][1, 49] * (1 - 1e-6)  # cells are smaller farther east


def test_cells_off_the_planet_are_refused():
    crs = f"+proj=ortho +lat_0=18 +lon_0=77 +R={R}"
    with pytest.raises(InputError, match="off the planet"):
        Grid.of((3, 4), Affine(1000, 0, 3.4e6, 0, -1000, 3.4e6), crs)


@pytest.mark.parametrize(
    ("transform", "crs", "why"),
    [
        (Affine(2, 0.1, 100, 0, -2, 100), EQC0, "not north-up"),
        (Affine(2, 0, 100, -0.1, -2, 100), EQC0, "not north-up"),
        (Affine(2, 0, 100, 0, 2, 100), EQC0, "not north-up"),
        (Affine(-2, 0, 100, 0, -2, 100), EQC0, "not north-up"),
        (Affine(0.01, 0, 77, 0, -0.01, 18), "IAU_2015:49900", "not a map in metres"),
        (Affine(0.01, 0, 77, 0, -0.01, 18), "EPSG:4326", "not a map in metres"),
        (Affine(2, 0, 100, 0, -2, 100), f"+proj=eqc +R={R} +units=km", "not a map in metres"),
        (Affine(2, 0, 100, 0, -2, 100), "IAU_2015:49912", "not stand on a sphere"),
    ],
)
def test_grid_whose_spacing_would_be_wrong_is_refused(transform, crs, why):
    with pytest.raises(InputError, match=rf"E_PROJECTION.*{why}"):
        Grid.of((3, 4), transform, crs)


# ---- north ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("lon_0", "sign"), [(74.0, 1), (80.0, -1)])
def test_north_of_the_grid_turns_east_of_true_north_east_of_the_central_meridian(lon_0, sign):
    grid = grid_at_jezero(f"+proj=tmerc +lon_0={lon_0} +R={R}")
    expected = np.degrees(
        np.arctan(np.tan(np.radians(JEZERO[0] - lon_0)) * np.sin(np.radians(JEZERO[1])))
    )  # convergence of the spherical transverse Mercator
    assert np.sign(grid.north_deg) == sign
    assert grid.north_deg == pytest.approx(expected, abs=1e-4)
    _, _, azimuths = steps(grid)
    assert grid.north_deg == pytest.approx(azimuths[4, 6], abs=1e-4)


def test_north_of_an_equirectangular_grid_is_true_north():
    assert grid_at_jezero(EQC0).north_deg == 0
    assert grid_at_jezero(EQC15).north_deg == 0


def test_north_of_a_polar_map_is_the_meridian():
    grid = grid_at_jezero(f"+proj=stere +lat_0=90 +lon_0=0 +R={R}")
    # meridian 0 runs down a north polar map: at longitude l, "up" lies l degrees east of north
    assert grid.north_deg == pytest.approx(steps(grid)[2][4, 6], abs=1e-3)
    lon = float(grid.lonlat(*grid.xy(4, 6.5))[0])
    assert grid.north_deg == pytest.approx(lon, abs=1e-6)


# ---- windows, equality, copies --------------------------------------------------------------------


def test_window_keeps_the_spacing_and_the_places_of_its_cells():
    whole = Grid.of((40, 30), Affine(2, 0, 4590000, 0, -700, 1107000), EQC0)
    part = whole.window(7, 19, 4, 9)
    assert part.shape == (12, 5)
    np.testing.assert_array_equal(part.dx_m, whole.dx_m[7:19])
    assert part.dy_m == whole.dy_m
    np.testing.assert_array_equal(part.xy(3, 2), whole.xy(10, 6))
    assert part.crs == whole.crs
    assert whole.window(0, 40, 0, 30).bounds == whole.bounds


def test_shifted_grid_lies_parts_of_a_cell_down_and_to_the_right():
    grid = Grid.of((3, 5), Affine(2, 0, 100, 0, -4, 1000), EQC0)
    moved = grid.shifted(-0.5, 1.5)
    assert moved.bounds == (103, 990, 113, 1002)
    assert moved.shape == grid.shape
    np.testing.assert_array_equal(moved.dx_m, grid.dx_m)


def test_places_of_a_row_or_column_may_be_asked_for_at_once():
    grid = grid_at_jezero()
    lon, lat = grid.lonlat(*grid.xy(np.arange(9), 4))
    assert lon.shape == lat.shape == (9,)
    assert lon[3] == grid.lonlat(*grid.xy(3, 4))[0]


def test_same_grid_is_same_cells_in_the_same_places():
    grid = grid_at_jezero()

    def moved(right_m: float, up_m: float) -> Affine:
        t = grid.transform
        return Affine(t.a, 0, t.c + right_m, 0, t.e, t.f + up_m)

    assert same_grid(grid, grid_at_jezero())
    assert same_grid(grid, Grid.of(grid.shape, moved(1e-7, 1e-7), EQC0))
    assert not same_grid(grid, Grid.of(grid.shape, moved(1e-3, 0), EQC0))
    assert not same_grid(grid, Grid.of(grid.shape, moved(0, 1e-3), EQC0))
    assert not same_grid(grid, grid.window(0, 8, 0, 14))
    assert not same_grid(grid, grid_at_jezero(dx=2.001))
    assert not same_grid(grid, Grid.of(grid.shape, grid.transform, f"+proj=eqc +R={R - 1}"))


def test_grid_comes_out_of_another_process_as_it_went_in():
    grid = grid_at_jezero(TMERC)
    north = grid.north_deg
    found = pickle.loads(pickle.dumps(grid))
    assert same_grid(found, grid)
    assert found.north_deg == north
    np.testing.assert_array_equal(found.dx_m, grid.dx_m)


# ---- Raster ---------------------------------------------------------------------------------------


def test_text_of_a_raster_says_what_it_is_how_large_its_cells_are_and_what_is_unknown():
    values = np.full((9, 14), 4.5)
    values[2:5, 1:4] = np.nan
    values[0, 0] = -1234.5
    raster = Raster(values, grid_at_jezero(), "elevation_m", "m")
    assert repr(raster) == (
        "<Raster elevation_m: 9 x 14 cells of 1.8973 (E) x 3.0000 m (N) on the ground, "
        "-1234.5 to 4.5 m, 7.1% unknown>"
    )


def test_text_of_a_raster_of_codes_and_of_nothing_known():
    grid = grid_at_jezero()
    codes = Raster(np.arange(126, dtype=np.uint8).reshape(9, 14), grid, "hazard_class")
    assert "0 to 125, 0.0% unknown" in repr(codes)
    assert "all unknown m, 100.0% unknown" in repr(Raster(np.full((9, 14), np.nan), grid, "relief_m", "m"))


def test_another_quantity_of_a_raster_lies_on_its_grid_and_comes_from_its_files(tmp_path):
    dem = Raster(np.zeros((9, 14)), grid_at_jezero(), "elevation_m", "m", {"A": "b"}, (), (tmp_path,))
    slope = dem.like(np.ones((9, 14)), name="slope_deg", unit="deg", tags={"METHOD": "x"})
    assert slope.grid is dem.grid
    assert (slope.name, slope.unit, slope.tags, slope.sources) == (
        "slope_deg",
        "deg",
        {"METHOD": "x"},
        (tmp_path,),
    )
    assert dem.like(dem.values, name="vrm").tags == {}


def test_real_products_have_cells_of_the_size_their_sphere_gives(real_data):
    rasterio = pytest.importorskip("rasterio")
    with rasterio.open(real_data / "jezero_oeb_hirise_dtm_1m.tif") as file:
        crs = pyproj.CRS.from_wkt(file.crs.to_wkt(version="WKT2_2019"))
        grid = Grid.of((file.height, file.width), file.transform, crs)
    widths, heights, _ = steps(grid.window(0, 3, 0, 4))
    np.testing.assert_allclose(widths, np.broadcast_to(grid.dx_m[:3, None], (3, 4)), rtol=1e-5)
    np.testing.assert_allclose(heights, grid.dy_m, rtol=1e-5)
    assert 0.9 < grid.mean_dx_m < 1.1
