"""Heights leave the door in metres, NaN where unknown, with all that was noticed."""

from __future__ import annotations

import numpy as np
import pytest
import rasterio

from jezero_sites.errors import InputError
from jezero_sites.io.contents import dem_contents
from jezero_sites.io.dem import read_dem

SHAPE = (70, 90)


@pytest.fixture
def values():
    rows, cols = np.indices(SHAPE)
    return (-2500 + 0.5 * rows - 0.25 * cols).astype("float32")


def codes(dem):
    return [n.code for n in dem.notices]


def refused(path, code, **options):
    with pytest.raises(InputError, match=code) as caught:
        read_dem(path, **options)
    error = caught.value
    assert (error.code, error.file) == (code, str(path))
    assert error.fix
    assert error.field
    return error


def test_a_good_file_comes_back_bit_for_bit(make_tiff, values):
    dem = read_dem(make_tiff(values=values))
    assert (dem.name, dem.unit, dem.values.dtype) == ("elevation_m", "m", np.float32)
    assert dem.notices == ()
    np.testing.assert_array_equal(dem.values, values)
    assert dem.grid.transform[:6] == (1.25, 0, 4_590_000, 0, -1.25, 1_093_000)
    assert dem.tags["VERTICAL_DATUM"] == "MOLA areoid"


@pytest.mark.parametrize(
    "profile", [{"blockxsize": 16}, {"tiled": False, "blockysize": 1}, {"tiled": False, "blockysize": 70}]
)
def test_the_blocks_of_the_file_do_not_matter(make_tiff, values, profile, monkeypatch):
    values[3:50, 20] = np.nan
    whole = read_dem(make_tiff(values=values, nodata=np.nan, **profile)).values
    np.testing.assert_array_equal(whole, values)
    monkeypatch.setattr("jezero_sites.io.cells.READ_CELLS", 1)
    np.testing.assert_array_equal(read_dem(make_tiff(values=values, nodata=np.nan, **profile)).values, values)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [
        ("float32", "float32"),
        ("int16", "float32"),
        ("uint16", "float32"),
        ("float64", "float64"),
        ("int32", "float64"),
    ],
)
def test_numbers_are_kept_exactly(make_tiff, dtype, kept):
    values = (np.arange(6300).reshape(SHAPE) % 3000).astype(dtype)
    dem = read_dem(make_tiff(values=values, nodata=None))
    assert dem.values.dtype == kept
    np.testing.assert_array_equal(dem.values, values.astype("float64"))


def test_a_scale_is_applied_and_told(make_tiff):
    raw = (np.arange(6300).reshape(SHAPE) % 2087 - 418).astype("int16")
    raw[5, 7] = -32768
    dem = read_dem(make_tiff(values=raw, scales=(0.01, -2500.0)))
    assert codes(dem) == ["W_SCALED"]
    assert dem.values.dtype == np.float64
    assert np.isnan(dem.values[5, 7])
    assert np.nanmin(dem.values) == -418 * 0.01 - 2500
    assert np.count_nonzero(np.isnan(dem.values)) == 1


@pytest.mark.parametrize("scales", [(0.0, 1.0), (float("nan"), 0.0), (1.0, float("inf"))])
def test_a_senseless_scale_is_refused(make_tiff, scales):
    refused(make_tiff(scales=scales), "E_SCALE")


@pytest.mark.parametrize("nodata", [-32768, None])
def test_undeclared_nan_and_infinity_become_unknown_and_are_counted(make_tiff, values, nodata):
    values[2:12, 5:15] = np.nan
    values[40, 3], values[41, 4] = np.inf, -np.inf
    dem = read_dem(make_tiff(values=values, nodata=nodata))
    assert codes(dem) == ["W_NONFINITE"]
    assert dem.notices[0].found.startswith("102 ")
    assert np.count_nonzero(np.isnan(dem.values)) == 102


def test_declared_nan_is_no_surprise(make_tiff, values):
    values[2:12, 5:15] = np.nan
    assert read_dem(make_tiff(values=values, nodata=np.nan)).notices == ()


def test_undeclared_sentinels_become_unknown_and_are_counted(make_tiff, values):
    values[10:60, 20:70] = -3.4028226550889045e38
    dem = read_dem(make_tiff(values=values))
    assert codes(dem) == ["W_SENTINEL"]
    assert dem.notices[0].found.startswith("2500 ")
    assert np.count_nonzero(np.isnan(dem.values)) == 2500


@pytest.mark.parametrize("stored", [-3.4028226550889045e38, -3.4028234663852886e38])
def test_both_spellings_of_the_least_float_are_nodata(make_tiff, values, stored):
    values[10:60, 20:70] = stored
    dem = read_dem(make_tiff(values=values, nodata=-3.4028226550889045e38))
    assert np.count_nonzero(np.isnan(dem.values)) == 2500


def test_the_mask_of_the_file_counts_not_its_numbers(make_tiff, values):
    mask = np.full(SHAPE, 255, "uint8")
    mask[6:9, 60:80] = 0
    dem = read_dem(make_tiff(values=values, nodata=None, mask=mask))
    np.testing.assert_array_equal(np.isnan(dem.values), mask == 0)


@pytest.mark.parametrize("together", [1, 1 << 22])
def test_blocks_that_the_file_leaves_out_are_unknown_not_zero(make_tiff, values, monkeypatch, together):
    monkeypatch.setattr("jezero_sites.io.cells.READ_CELLS", together)
    path = make_tiff(values=values, nodata=None)
    with rasterio.open(path) as dataset:
        profile = dataset.profile
    sparse = path.with_name("sparse.tif")
    with rasterio.open(sparse, "w", **profile, sparse_ok="TRUE") as dataset:
        dataset.write(values[:32], 1, window=((0, 32), (0, 90)))
    dem = read_dem(sparse)
    np.testing.assert_array_equal(dem.values[:32], values[:32])
    assert np.isnan(dem.values[32:]).all()


def test_blocks_that_the_file_leaves_out_are_unknown_also_where_other_cells_lie_at_zero(make_tiff, values):
    values = values - values.mean()
    path = make_tiff(values=values, nodata=None)
    with rasterio.open(path) as dataset:
        profile = dataset.profile
    sparse = path.with_name("sparse.tif")
    with rasterio.open(sparse, "w", **profile, sparse_ok="TRUE") as dataset:
        dataset.write(values[:64], 1, window=((0, 64), (0, 90)))
    dem = read_dem(sparse)
    assert "W_FILL" not in {notice.code for notice in dem.notices}  # which would hide what this tests
    assert np.isnan(dem.values[64:]).all()
    np.testing.assert_array_equal(dem.values[:64], values[:64])


def test_a_sample_of_a_scaled_file_has_the_range_of_its_heights_and_not_of_its_codes(make_tiff):
    codes = np.arange(70 * 90, dtype="int16").reshape(70, 90)
    told = dem_contents(make_tiff(values=codes, scales=(0.5, -2500.0)))
    assert (told.low_m, told.high_m) == (-2500.0, -2500.0 + 0.5 * (70 * 90 - 1))


def test_a_scale_that_makes_infinities_is_out_of_range(make_tiff):
    assert "-inf" in refused(make_tiff(scales=(1e308, 0.0)), "E_RANGE").found


@pytest.mark.parametrize(
    ("fill", "word"),
    [(-32767.0, "-32767"), (3_394_000.0, "3.394e+06"), (-9029.0, "-9029"), (21_730.0, "21730")],
)
def test_heights_that_mars_does_not_have_are_refused_with_their_range(make_tiff, values, fill, word):
    values[50, 60] = fill
    error = refused(make_tiff(values=values, nodata=-9999), "E_RANGE")
    assert word in error.found
    assert "radii" in error.fix


def test_the_extremes_of_mars_are_taken(make_tiff, values):
    values[50, 60], values[2, 3] = -9028.0, 21_729.0
    assert read_dem(make_tiff(values=values)).notices == ()


def test_absurd_numbers_everywhere_are_out_of_range(make_tiff, values):
    refused(make_tiff(values=np.full(SHAPE, 1e303), nodata=None), "E_RANGE")


@pytest.mark.parametrize("fill", [-32768, np.nan])
def test_nothing_but_nodata_is_refused(make_tiff, fill):
    refused(make_tiff(values=np.full(SHAPE, fill, "float32")), "E_ALL_NODATA")


@pytest.mark.parametrize("share", [0.3, 0.7, 0.99])
@pytest.mark.parametrize("compress", ["deflate", None])
def test_a_truncated_file_names_the_first_missing_block(make_tiff, share, compress):
    noise = np.random.default_rng(4).normal(-2500, 9, SHAPE).astype("float32")
    path = make_tiff(values=noise, compress=compress)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    error = refused(path, "E_CORRUPT")
    with rasterio.open(path, driver="GTiff") as dataset:
        row, column = first_bad_block(dataset)
    assert f"block at row {row}, column {column} " in error.found
    assert error.field == f"block at row {row}, column {column}"


def first_bad_block(dataset):
    for _, window in sorted(dataset.block_windows(1)):
        try:
            dataset.read(1, window=window)
        except rasterio.errors.RasterioIOError:
            return window.row_off, window.col_off
    raise AssertionError("no bad block")


def test_damage_within_compressed_cells_is_found(make_tiff):
    noise = np.random.default_rng(5).normal(-2500, 9, SHAPE).astype("float32")
    path = make_tiff(values=noise)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = np.random.default_rng(6).bytes(200)
    path.write_bytes(content)
    assert "block at row" in refused(path, "E_CORRUPT").found


def test_damage_that_makes_nan_is_counted(make_tiff, values):
    path = make_tiff(values=values, compress=None)
    with rasterio.open(path) as dataset:
        start = dataset.get_tag_item("BLOCK_OFFSET_1_1", "TIFF", bidx=1)
    content = bytearray(path.read_bytes())
    content[int(start) : int(start) + 400] = b"\xff" * 400
    path.write_bytes(content)
    dem = read_dem(path)
    assert [n.found[:4] for n in dem.notices if n.code == "W_NONFINITE"] == ["100 "]


@pytest.mark.parametrize(
    ("tags", "datum"),
    [({"GEOID": "mola"}, "mola"), ({"vertical_datum": "sphere"}, "sphere"), ({}, "unstated")],
)
def test_the_vertical_datum_is_told_or_missed(make_tiff, tags, datum):
    dem = read_dem(make_tiff(tags=tags))
    assert dem.tags["VERTICAL_DATUM"] == datum
    assert codes(dem) == (["W_DATUM"] if datum == "unstated" else [])


def test_an_option_tells_the_vertical_datum(make_tiff):
    dem = read_dem(make_tiff(tags={}), vertical_datum="MOLA areoid")
    assert dem.tags["VERTICAL_DATUM"] == "MOLA areoid"
    assert dem.notices == ()


def test_one_path_alone_or_in_a_list_is_the_same(make_tiff):
    path = make_tiff()
    for given in (path, str(path), [path], (str(path), path)):
        dem = read_dem(given)
        assert dem.sources == (path,)
        assert dem.grid.shape == SHAPE


def test_no_path_at_all_is_refused():
    with pytest.raises(InputError, match="E_NOT_FOUND"):
        read_dem([])


def test_every_code_stands_once_with_its_count(make_tiff, values):
    values[::9, ::7] = np.nan
    values[1::9, ::7] = 1e35
    dem = read_dem(make_tiff(values=values, unit=None, tags={}))
    assert sorted(codes(dem)) == ["W_DATUM", "W_NONFINITE", "W_SENTINEL", "W_UNIT"]
    assert all(n.file == str(dem.sources[0]) for n in dem.notices)
