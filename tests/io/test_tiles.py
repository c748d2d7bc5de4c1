"""Several files of one grid are one raster, whatever their order; what does not fit is refused."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from affine import Affine

from jezero_sites.errors import InputError, RefusedInputs
from jezero_sites.io import tiles
from jezero_sites.io.dem import read_dem

SHAPE = (70, 90)


def at(row, col, *, cell=1.25):
    return Affine(cell, 0.0, 4_590_000 + 1.25 * col, 0.0, -cell, 1_093_000 - 1.25 * row)


@pytest.fixture
def scene():
    rows, cols = np.indices(SHAPE)
    return (-2500 + 0.5 * rows - 0.25 * cols + 0.125 * ((rows * cols) % 7)).astype("float32")


def cut(make_tiff, scene, name, rows, cols, **options):
    return make_tiff(name, scene[rows, cols], transform=at(rows.start, cols.start), **options)


def test_adjoining_tiles_are_the_whole_bit_for_bit(make_tiff, scene):
    scene[20:25, 30:44] = np.nan
    whole = read_dem(make_tiff("whole.tif", scene, nodata=np.nan))
    parts = [
        cut(make_tiff, scene, f"{name}.tif", rows, cols, nodata=np.nan)
        for name, rows, cols in [
            ("c", slice(0, 31), slice(0, 40)),
            ("b", slice(0, 31), slice(40, 90)),
            ("a", slice(31, 70), slice(10, 90)),
            ("d", slice(31, 70), slice(0, 10)),
        ]
    ]
    rasters = [read_dem(part) for part in parts]
    orders = list(itertools.permutations(range(4)))
    for merged in [
        read_dem([parts[i] for i in orders[7]]),
        *(tiles.mosaic([rasters[i] for i in o]) for o in orders),
    ]:
        np.testing.assert_array_equal(merged.values, whole.values)
        assert merged.values.dtype == whole.values.dtype
        assert merged.grid.transform == whole.grid.transform
        np.testing.assert_array_equal(merged.grid.dx_m, whole.grid.dx_m)
        assert merged.tags == whole.tags
        assert merged.notices == ()
        assert [p.name for p in merged.sources] == ["a.tif", "b.tif", "c.tif", "d.tif"]


def test_a_tile_that_fills_the_gap_of_another_counts_there(make_tiff, scene):
    holed = scene.copy()
    holed[10:20, 15:25] = np.nan
    first = make_tiff("a.tif", holed, nodata=np.nan)
    second = make_tiff("b.tif", scene[5:40, 10:60], nodata=np.nan, transform=at(5, 10))
    merged = read_dem([second, first])
    np.testing.assert_array_equal(merged.values, scene)
    assert merged.notices == ()


def test_ground_that_no_tile_covers_is_unknown(make_tiff, scene):
    parts = [
        cut(make_tiff, scene, "a.tif", slice(0, 20), slice(0, 30)),
        cut(make_tiff, scene, "b.tif", slice(40, 70), slice(50, 90)),
    ]
    merged = read_dem(parts)
    assert merged.grid.shape == SHAPE
    expected = np.full(SHAPE, np.nan, "float32")
    expected[:20, :30], expected[40:, 50:] = scene[:20, :30], scene[40:, 50:]
    np.testing.assert_array_equal(merged.values, expected)


def test_the_first_name_wins_where_tiles_differ_and_the_seam_is_told(make_tiff, scene):
    a = cut(make_tiff, scene, "a.tif", slice(0, 40), slice(0, 90))
    b = cut(make_tiff, scene + 10, "b.tif", slice(30, 70), slice(0, 90))
    for order in ([a, b], [b, a]):
        merged = read_dem(order)
        np.testing.assert_array_equal(merged.values[:40], scene[:40])
        np.testing.assert_array_equal(merged.values[40:], scene[40:] + 10)
        (seam,) = merged.notices
        assert (seam.code, seam.file) == ("W_SEAM", str(b))
        assert "900 of 900 cells shared with a.tif differ, RMS 10 m" in seam.found


def test_three_tiles_tell_of_each_pair_in_one_notice_a_file(make_tiff, scene):
    for number, name in enumerate("abc"):
        cut(make_tiff, scene + number, f"{name}.tif", slice(0, 20), slice(10 * number, 10 * number + 30))
    folder = make_tiff("a.tif", scene[:20, :30]).parent
    merged = read_dem([folder / f"{name}.tif" for name in "cab"])
    assert [(n.code, n.file[-5:]) for n in merged.notices] == [("W_SEAM", "b.tif"), ("W_SEAM", "c.tif")]
    assert "200 of 200 cells shared with a.tif differ, RMS 2 m" in merged.notices[1].found
    assert "400 of 400 cells shared with b.tif differ, RMS 1 m" in merged.notices[1].found


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"transform": at(0, 90.5)}, "E_GRID_UNALIGNED"),
        ({"transform": at(0.002, 90)}, "E_GRID_UNALIGNED"),
        ({"transform": at(0, 90, cell=2.5)}, "E_GRID_MISMATCH"),
        ({"transform": at(0, 90, cell=1.25 * (1 + 1e-8))}, "E_GRID_MISMATCH"),
        ({"crs": "+proj=eqc +lat_ts=18 +R=3396190 +units=m"}, "E_CRS_MISMATCH"),
        ({"crs": "+proj=eqc +R=3394839.813 +units=m"}, "E_CRS_MISMATCH"),
        ({"tags": {"VERTICAL_DATUM": "sphere"}}, "E_DATUM_MISMATCH"),
    ],
)
def test_tiles_of_another_grid_are_refused_by_name(make_tiff, options, code):
    paths = [make_tiff("a.tif"), make_tiff("b.tif", **{"transform": at(0, 90), **options})]
    for order in (paths, paths[::-1]):
        with pytest.raises(RefusedInputs, match=f"{code}.*b.tif") as caught:
            read_dem(order)
        (error,) = caught.value.errors
        assert (error.code, error.file) == (code, str(paths[1]))
        assert error.fix


def test_a_thousandth_of_a_cell_is_rounding(make_tiff):
    paths = [make_tiff("a.tif"), make_tiff("b.tif", transform=at(0.0005, 90))]
    assert read_dem(paths).grid.shape == (70, 180)


def test_one_crs_under_two_names_is_one_crs(make_tiff):
    paths = [make_tiff("a.tif"), make_tiff("b.tif", transform=at(0, 90), crs="+proj=eqc +R=3396190 +units=m")]
    assert read_dem(paths).grid.shape == (70, 180)


def test_every_bad_file_is_named(make_tiff):
    paths = [
        make_tiff("good.tif"),
        make_tiff("nocrs.tif", crs=None),
        make_tiff("feet.tif", unit="ft"),
        make_tiff("gone.tif").with_name("never.tif"),
    ]
    with pytest.raises(RefusedInputs) as caught:
        read_dem(paths)
    assert [e.code for e in caught.value.errors] == ["E_UNITS", "E_NOT_FOUND", "E_NO_CRS"]
    text = str(caught.value)
    assert all(name in text for name in ("nocrs.tif", "feet.tif", "never.tif"))
    assert "good.tif" not in text


def test_several_grids_that_do_not_fit_are_all_named(make_tiff):
    paths = [
        make_tiff("a.tif"),
        make_tiff("b.tif", transform=at(0.5, 0)),
        make_tiff("c.tif", transform=at(0, 0.3)),
    ]
    with pytest.raises(RefusedInputs) as caught:
        read_dem(paths)
    assert [e.code for e in caught.value.errors] == ["E_GRID_UNALIGNED"] * 2


def test_tiles_too_far_apart_are_refused_before_memory_is_taken(make_tiff):
    limit = 4 * 70 * 180 / 2**30
    beside = [make_tiff("a.tif"), make_tiff("b.tif", transform=at(0, 90))]
    assert read_dem(beside, max_size_gib=limit).grid.shape == (70, 180)
    beyond = [beside[0], make_tiff("c.tif", transform=at(0, 91))]
    with pytest.raises(InputError, match=r"E_TOO_LARGE.*70 x 181 cells.*--max-size GIB"):
        read_dem(beyond, max_size_gib=limit)
    far = [beside[0], make_tiff("d.tif", transform=at(400_000, 300_000))]
    with pytest.raises(InputError, match=r"E_TOO_LARGE.*400070 x 300090 cells, 447\.\d GiB.*at most 64 GiB"):
        read_dem(far)


def test_tiles_with_and_without_a_datum_are_together_unstated(make_tiff):
    merged = read_dem([make_tiff("a.tif"), make_tiff("b.tif", tags={}, transform=at(0, 90))])
    assert merged.tags["VERTICAL_DATUM"] == "unstated"
    assert [n.code for n in merged.notices] == ["W_DATUM"]


def same(a, b):
    np.testing.assert_array_equal(a.values, b.values)
    assert (a.tags, a.notices, a.sources, a.fingerprints, a.repairs) == (
        b.tags,
        b.notices,
        b.sources,
        b.fingerprints,
        b.repairs,
    )
    assert a.grid.transform == b.grid.transform


def test_three_tiles_in_any_order_are_one_raster(make_tiff, scene):
    scene[35:40, 41:45] = np.nan
    a = cut(make_tiff, scene, "a.tif", slice(0, 50), slice(0, 60), nodata=np.nan)
    b = cut(make_tiff, scene + 2, "b.tif", slice(20, 70), slice(40, 90), nodata=np.nan, tags={})
    c = cut(
        make_tiff, scene - 3, "c.tif", slice(10, 60), slice(30, 85), tags={"GEOID": "mola"}, nodata=np.nan
    )
    first = read_dem([a, b, c])
    assert first.tags["VERTICAL_DATUM"] == "unstated"
    assert [n.code for n in first.notices] == ["W_DATUM", "W_SEAM", "W_SEAM"]
    for order in itertools.permutations((a, b, c)):
        same(read_dem(order), first)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_three_tiles_in_any_order_are_refused_for_the_same_pairs(make_tiff, scene, order):
    paths = [
        cut(make_tiff, scene + shift, f"{name}.tif", slice(0, 40), slice(left, left + 50))
        for name, shift, left in (("a", 0, 0), ("b", 11, 20), ("c", -11, 40))
    ]
    with pytest.raises(RefusedInputs, match="E_SEAM") as caught:
        read_dem([paths[i] for i in order])
    assert [(e.code, e.file, e.field) for e in caught.value.errors] == [
        ("E_SEAM", str(paths[1]), "overlap"),
        ("E_SEAM", str(paths[2]), "overlap"),
        ("E_SEAM", str(paths[2]), "overlap"),
    ]
    told = str(caught.value)
    assert "1200 of 1200 cells shared with a.tif differ, RMS 11 m, largest 11 m" in told
    assert "400 of 400 cells shared with a.tif differ" in told
    assert "1200 of 1200 cells shared with b.tif differ, RMS 22 m" in told


def test_ten_metres_is_the_most_that_tiles_may_differ_unless_told(make_tiff, scene):
    a = cut(make_tiff, scene, "a.tif", slice(0, 40), slice(0, 90))
    b = cut(make_tiff, scene + 10.5, "b.tif", slice(30, 70), slice(0, 90))
    with pytest.raises(RefusedInputs, match=r"E_SEAM.*RMS 10\.5 m.*at most 10 m.*--max-seam-dz"):
        read_dem([a, b])
    assert [n.code for n in read_dem([a, b], max_seam_dz_m=10.5).notices] == ["W_SEAM"]
    with pytest.raises(RefusedInputs, match=r"E_SEAM.*at most 0 m"):
        read_dem([a, cut(make_tiff, scene + 0.125, "c.tif", slice(30, 70), slice(0, 90))], max_seam_dz_m=0)


def test_a_limit_that_is_none_is_refused(make_tiff):
    for options in ({"max_seam_dz_m": float("nan")}, {"max_seam_dz_m": -1.0}, {"max_size_gib": 0.0}):
        with pytest.raises(InputError, match="E_OPTION"):
            read_dem(make_tiff(), **options)


def test_the_seam_tells_root_mean_square_and_largest(make_tiff, scene):
    other = scene.copy()
    other[30:40, :45] += 3
    other[30, 0] += 4
    a = cut(make_tiff, scene, "a.tif", slice(0, 40), slice(0, 90))
    b = cut(make_tiff, other, "b.tif", slice(30, 70), slice(0, 90))
    (seam,) = read_dem([b, a]).notices
    rms = np.sqrt((449 * 9 + 49) / 900)
    assert f"450 of 900 cells shared with a.tif differ, RMS {rms:.4g} m, largest 7 m" in seam.found


def test_two_tiles_of_one_name_in_two_folders_are_told_apart(make_tiff, scene):
    west = make_tiff("west/dem.tif", scene[:, :40], transform=at(0, 0))
    east = make_tiff("east/dem.tif", scene[:, 40:], transform=at(0, 40))
    both = read_dem([west, east])
    np.testing.assert_array_equal(both.values, scene)
    assert set(both.repairs) == {str(west), str(east)}
    same(read_dem([east, west]), both)


def test_tiles_whose_cells_differ_in_height_alone_are_refused(make_tiff):
    one = make_tiff("a.tif")
    other = make_tiff("b.tif", transform=Affine(1.25, 0, 4_590_000, 0, -2.5, 1_093_000))
    with pytest.raises(InputError, match=r"E_GRID_MISMATCH.*b\.tif.*cells of 2\.5 map metres"):
        read_dem([one, other])
