"""Real Mars files: types, places, values and traps, as measured from the files by other means."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.ortho import read_ortho
from jezero_sites.io.points.samples import read_samples

ARC = 6e-6  # positions were published to five decimals of a degree


def lonlat_bounds(grid):
    rows, cols = grid.shape
    lon, lat = grid.lonlat(*grid.xy([rows - 0.5, -0.5], [-0.5, cols - 0.5]))
    return [*lon, *lat]


DEMS = [
    # file, type, shape, radius, cell (x, y), lon and lat bounds, least, greatest, mean, unknown, notices
    (
        "jezero_oeb_hirise_dtm_1m.tif", "float32", (452, 452), 3_396_190, (1.0001622, 1.0007746),
        (77.44690, 77.45452, 18.44103, 18.44866), (-2571.41, -2563.96, -2568.640), 0, [],
    ),
    (
        "jezero_oeb_ctx_dem_20m.tif", "float32", (66, 66), 3_396_190, (20, 20),
        (77.43906, 77.46254, 18.43357, 18.45583), (-2583.79, -2546.42, None), 0, [],
    ),
    (
        "ctx_9N156E_dem_sphere.tif", "float32", (482, 230), 3_396_190, (20, 20),
        (156.50843, 156.58604, 9.38225, 9.54488), (-3787.38, -3626.26, -3694.967), 38_912, ["W_UNIT", "W_DATUM"],
    ),
    (
        "ctx_9N156E_dem_areoid.tif", "float32", (482, 230), 3_396_190, (20, 20),
        (156.50843, 156.58604, 9.38225, 9.54488), (-2603.86, -2449.11, -2517.257), 38_912, ["W_UNIT"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "dtype", "shape", "radius", "cell", "bounds", "heights", "unknown", "codes"),
    DEMS,
    ids=[d[0] for d in DEMS],
)
def test_heights_are_those_of_the_file(
    real_data, name, dtype, shape, radius, cell, bounds, heights, unknown, codes
):
    dem = read_dem(real_data / name)
    assert (dem.values.dtype, dem.grid.shape, dem.unit) == (dtype, shape, "m")
    assert dem.grid.body_radius_m == radius
    assert (dem.grid.transform.a, -dem.grid.transform.e) == pytest.approx(cell, abs=5e-8)
    assert lonlat_bounds(dem.grid) == pytest.approx(bounds, abs=ARC)
    low, high, mean = heights
    assert (np.nanmin(dem.values), np.nanmax(dem.values)) == pytest.approx((low, high), abs=0.005)
    assert mean is None or np.nanmean(dem.values, dtype=np.float64) == pytest.approx(mean, abs=5e-4)
    assert np.count_nonzero(np.isnan(dem.values)) == unknown
    assert [n.code for n in dem.notices] == codes


ORTHOS = [
    ("jezero_oeb_ortho_25cm.tif", (1804, 1805), (77.44691, 77.45452, 18.44104, 18.44865), 0, 255),
    ("jezero_oeb_ortho_overlay_mask.tif", (1804, 1805), (77.44691, 77.45452, 18.44104, 18.44865), 0, 1),
    ("jezero_delta_ortho_50cm.tif", (955, 774), (77.42689, 77.43365, 18.46924, 18.47730), 96, 830),
]


@pytest.mark.parametrize(("name", "shape", "bounds", "low", "high"), ORTHOS, ids=[o[0] for o in ORTHOS])
def test_pictures_are_those_of_the_file(real_data, name, shape, bounds, low, high):
    picture = read_ortho(real_data / name)
    assert sorted(picture.grid.shape) == sorted(shape)
    assert lonlat_bounds(picture.grid) == pytest.approx(bounds, abs=ARC)
    assert (picture.values.min(), picture.values.max()) == (low, high)
    assert [n.code for n in picture.notices] == ["W_NO_SUN"]


def test_the_delta_picture_lies_on_its_local_sphere(real_data):
    picture = read_ortho(real_data / "jezero_delta_ortho_50cm.tif")
    assert picture.grid.body_radius_m == pytest.approx(3_394_839.813, abs=1e-3)
    assert picture.grid.mean_dx_m == pytest.approx(0.4910, abs=5e-5)
    assert picture.values.mean(dtype=np.float64) == pytest.approx(356.65, abs=0.005)


def test_black_is_a_value(real_data):
    picture = read_ortho(real_data / "jezero_oeb_ortho_25cm.tif")
    mask = read_ortho(real_data / "jezero_oeb_ortho_overlay_mask.tif")
    assert np.isfinite(picture.values).all()
    assert np.count_nonzero((picture.values == 0) & (mask.values == 0)) == 102
    assert mask.values.mean(dtype=np.float64) == pytest.approx(0.155, abs=5e-4)


def test_degrees_are_refused_with_a_way_out(real_data):
    with pytest.raises(InputError, match=r"E_GEOGRAPHIC.*degrees.*gdalwarp"):
        read_dem(real_data / "jezero_mola_megdr_128ppd.tif")


@pytest.mark.parametrize("name", ["jezero_oeb_ortho_25cm.tif", "jezero_oeb_ortho_overlay_mask.tif"])
def test_a_picture_is_no_dem(real_data, name):
    with pytest.raises(InputError, match=r"E_DTYPE.*imagery"):
        read_dem(real_data / name)


def test_a_map_metre_is_less_than_a_metre_of_ground(real_data):
    grid = read_dem(real_data / "jezero_oeb_hirise_dtm_1m.tif").grid
    assert grid.mean_dx_m == pytest.approx(0.9488, abs=5e-5)
    assert grid.dy_m == pytest.approx(1.0007746, abs=5e-8)


def test_two_maps_of_one_place_differ_in_x_by_236_km(real_data):
    hirise = read_dem(real_data / "jezero_oeb_hirise_dtm_1m.tif").grid
    ctx = read_dem(real_data / "jezero_oeb_ctx_dem_20m.tif").grid
    x = [float(grid.from_lonlat(77.4508, 18.4447)[0]) for grid in (ctx, hirise)]
    assert x == pytest.approx([4_354_489, 4_590_873], abs=1)
    with pytest.raises(InputError, match="E_CRS_MISMATCH"):
        read_dem([real_data / "jezero_oeb_hirise_dtm_1m.tif", real_data / "jezero_oeb_ctx_dem_20m.tif"])


def test_two_datums_of_one_ground_are_1178_m_apart_and_refused_together(real_data):
    sphere = read_dem(real_data / "ctx_9N156E_dem_sphere.tif")
    areoid = read_dem(real_data / "ctx_9N156E_dem_areoid.tif")
    assert (sphere.tags["VERTICAL_DATUM"], areoid.tags["VERTICAL_DATUM"]) == ("unstated", "mola")
    difference = sphere.values.astype(np.float64) - areoid.values
    np.testing.assert_array_equal(np.isnan(sphere.values), np.isnan(areoid.values))
    assert np.nanmean(difference) == pytest.approx(-1177.71, abs=0.005)
    with pytest.raises(InputError, match=r"E_DATUM_MISMATCH.*-1177\.7 m on 71948 shared cells"):
        read_dem([sphere.sources[0], areoid.sources[0]])


def test_the_published_list_of_samples_is_read(real_data):
    frame = read_samples(real_data / "m2020_samples.csv")
    assert len(frame) == 30
    assert frame["name"][7:9].tolist() == ["Ha'ahóni (Hahonih)", "Atsá (Atsah)"]
    assert frame["lon_deg"].isna().sum() == 2
    assert frame["location"].value_counts().to_dict() == {"rover": 21, "depot": 9}
    assert set(frame["location_date"]) == {"2026-09"}
    assert frame["source"][0].startswith("rover position after last drive on sol 157")
    assert [n.code for n in frame.attrs["notices"]] == ["W_NO_POSITION"]
    assert frame["elevation_m"][0] == -2584.922


def test_the_published_list_of_the_depot_is_read(real_data):
    frame = read_samples(real_data / "three_forks_depot_drop_positions.csv")
    assert len(frame) == 10
    assert set(frame["kind"]) == {"depot"}
    assert frame.attrs["notices"] == ()


def test_a_table_of_drives_is_no_list_of_samples(real_data):
    with pytest.raises(InputError, match=r"E_NO_COLUMN.*no column name; columns seen: sol, lon_deg_E"):
        read_samples(real_data / "m20_drive_ends.csv")


def test_rover_heights_lie_on_the_terrain_at_their_places(real_data):
    dem = read_dem(real_data / "jezero_oeb_hirise_dtm_1m.tif")
    with (real_data / "m20_drive_ends.csv").open(encoding="utf-8") as stream:
        ends = [r for r in csv.DictReader(stream) if r["elev_geoid_m"] != "nan"]
    lon, lat, height = (
        np.array([float(r[k]) for r in ends]) for k in ("lon_deg_E", "lat_deg_N", "elev_geoid_m")
    )
    x, y = dem.grid.from_lonlat(lon, lat)
    inside = dem.grid.contains(x, y)
    rows, cols = (np.rint(v).astype(int) for v in dem.grid.rowcol(x[inside], y[inside]))
    difference = dem.values[rows, cols] - height[inside]
    flipped = dem.values[::-1][rows, cols] - height[inside]
    assert inside.sum() > 10
    assert abs(np.median(difference)) < 0.1  # rover heights agree with the terrain to centimetres
    assert difference.std() < 0.5 * flipped.std()


def test_unsigned_numbers_without_a_unit_are_doubted(real_data):
    codes = {notice.code for notice in read_dem(real_data / "jezero_delta_ortho_50cm.tif").notices}
    assert {"W_UNSIGNED", "W_UNIT", "W_DATUM"} <= codes
