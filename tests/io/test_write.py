"""What is written is a Cloud-Optimised GeoTIFF that holds exactly what was given, or nothing."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyproj
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.errors import DiskError
from jezero_sites.io import cog, overviews, write
from jezero_sites.io.dem import read_dem
from jezero_sites.io.write import span_of, step_of, write_raster, write_text
from jezero_sites.raster import Grid

NAN = float("nan")


def grid_of(shape):
    return Grid.of(shape, Affine(1.25, 0, 4_590_000, 0, -1.5, 1_093_000), pyproj.CRS("IAU_2015:49910"))


def put(path, *bands, **options):
    count = len(bands)
    described = {
        "names": [f"quantity_{i}_m" for i in range(count)],
        "units": ["m"] * count,
        "tags": [{"METHOD": f"plane {i}"} for i in range(count)],
        "nodata": NAN,
    }
    write_raster(path, bands, grid=grid_of(bands[0].shape), **{**described, **options})
    return path


@pytest.fixture
def ground():
    rows, cols = np.indices((900, 1301))
    values = (-2500 + 0.01 * rows - 0.02 * cols + (rows * cols) % 11).astype("float32")
    values[100:180, 700:760] = np.nan
    return values


def test_values_names_units_and_tags_come_back(tmp_path, ground):
    path = put(tmp_path / "layer.tif", ground, ground * 2)
    with rasterio.open(path) as dataset:
        np.testing.assert_array_equal(dataset.read(1), ground)
        np.testing.assert_array_equal(dataset.read(2), ground * 2)
        assert dataset.descriptions == ("quantity_0_m", "quantity_1_m")
        assert dataset.units == ("m", "m")
        assert dataset.tags(2)["METHOD"] == "plane 1"
        assert np.isnan(dataset.nodata)
        assert dataset.transform == grid_of(ground.shape).transform
        assert pyproj.CRS(dataset.crs.to_wkt()).ellipsoid.semi_major_metre == 3_396_190


def test_the_file_is_laid_out_for_the_cloud(tmp_path, ground):
    path = put(tmp_path / "layer.tif", ground)
    with rasterio.open(path) as dataset:
        structure = dataset.tags(ns="IMAGE_STRUCTURE")
        assert structure["LAYOUT"] == "COG"
        assert structure["COMPRESSION"] == "ZSTD"
        assert structure["PREDICTOR"] == "3"
        assert dataset.block_shapes == [(512, 512)]
        assert dataset.overviews(1) == [2, 4]
        blocks = [
            dataset.get_tag_item(f"BLOCK_OFFSET_{c}_{r}", "TIFF", bidx=1) for r in range(2) for c in range(3)
        ]
        headers = [int(dataset.get_tag_item("IFD_OFFSET", "TIFF", bidx=1))]
        headers += [int(dataset.get_tag_item("IFD_OFFSET", "TIFF", bidx=1, ovr=level)) for level in (0, 1)]
        reduced = [
            int(dataset.get_tag_item("BLOCK_OFFSET_0_0", "TIFF", bidx=1, ovr=level)) for level in (0, 1)
        ]
    offsets = [int(b) for b in blocks]
    assert headers == sorted(headers)
    assert headers[-1] < min(offsets + reduced)  # all headers come first
    assert reduced[1] < reduced[0] < offsets[0]  # then the coarsest image, the full one last
    assert offsets == sorted(offsets)


def test_a_raster_of_one_tile_has_no_overviews(tmp_path):
    with rasterio.open(put(tmp_path / "a.tif", np.ones((40, 60), "float32"))) as dataset:
        assert dataset.overviews(1) == []
        assert dataset.block_shapes == [(256, 256)]


@pytest.mark.parametrize("overview", ["min", "max"])
@pytest.mark.parametrize("scaled", [False, True])
def test_overviews_can_keep_the_worst_value(tmp_path, ground, overview, scaled):
    path = put(tmp_path / "layer.tif", ground, ground * -3, overview=overview, scaled=scaled)
    reduce = {"min": np.nanmin, "max": np.nanmax}[overview]
    for band, values in ((1, ground), (2, ground * -3)):
        for level, factor in ((0, 2), (1, 4)):
            with rasterio.open(path, overview_level=level) as dataset:
                assert dataset.shape == (-(-900 // factor), -(-1301 // factor))
                found = dataset.read(band, masked=True).astype(float).filled(np.nan)
            scale, offset = coding(path, band)
            found = found * scale + offset
            for row, col in ((0, 0), (30, 40), (99, 310), (found.shape[0] - 1, found.shape[1] - 1)):
                cell = values[row * factor : (row + 1) * factor, col * factor : (col + 1) * factor]
                assert found[row, col] == pytest.approx(reduce(cell), abs=scale / 2 if scaled else 0)
            hole = found[100 // factor + 1 : 180 // factor - 1, 700 // factor + 1 : 760 // factor - 1]
            assert np.isnan(hole).all()


def test_overviews_of_flags_join_them(tmp_path):
    flags = np.zeros((1100, 2101), np.uint8)
    flags[8, 20], flags[9, 21], flags[10, 22] = 1, 2, 8
    path = put(tmp_path / "reasons.tif", flags, nodata=None, overview="or")
    for level, factor, expected in ((0, 2, 3), (1, 4, 11)):
        with rasterio.open(path, overview_level=level) as dataset:
            found = dataset.read(1)
        assert found[8 // factor, 20 // factor] == expected


def coding(path, band):
    with rasterio.open(path) as dataset:
        return dataset.scales[band - 1], dataset.offsets[band - 1]


def test_codes_keep_their_worst_and_pass_over_unknown(tmp_path):
    codes = np.zeros((600, 700), "uint8")
    codes[10, 11], codes[10, 10], codes[301, 401] = 3, 1, 2
    path = put(tmp_path / "class.tif", codes, nodata=0, overview="max", units=[""])
    with rasterio.open(path) as dataset:
        assert (dataset.nodata, dataset.dtypes) == (0, ("uint8",))
        np.testing.assert_array_equal(dataset.read(1), codes)
    with rasterio.open(path, overview_level=0) as dataset:
        small = dataset.read(1)
    assert (small[5, 5], small[150, 200], int(small.sum())) == (3, 2, 5)
    least = put(tmp_path / "least.tif", codes, nodata=0, overview="min", units=[""])
    with rasterio.open(least, overview_level=0) as dataset:
        assert dataset.read(1)[5, 5] == 1


def test_codes_may_have_no_nodata(tmp_path):
    with rasterio.open(put(tmp_path / "c.tif", np.ones((40, 60), "uint8"), nodata=None)) as dataset:
        assert dataset.nodata is None


@given(
    low=st.floats(-9000, 20_000),
    span=st.one_of(st.just(0.0), st.floats(1e-9, 30_000)),
    seed=st.integers(0, 99),
)
@settings(max_examples=100, deadline=None)
def test_scaled_values_come_back_within_half_a_step(low, span, seed):
    values = low + span * np.random.default_rng(seed).random((20, 30))
    values[3, 4], values[0, 0], values[19, 29] = np.nan, low, low + span
    scale, offset = step_of(*span_of(values, "a_m"))
    with tempfile.TemporaryDirectory() as folder:
        path = put(Path(folder) / "a.tif", values, scaled=True)
        with rasterio.open(path) as dataset:
            assert (dataset.scales, dataset.offsets) == ((scale,), (offset,))
            stored = dataset.read(1)
    assert stored.dtype == np.uint16
    assert stored[3, 4] == 65535
    known = ~np.isnan(values)
    assert stored[known].max() < 65535
    decoded = stored[known] * scale + offset
    assert np.abs(decoded - values[known]).max() <= scale / 2
    assert np.frexp(scale)[0] == 0.5  # a power of two
    assert (offset / scale).is_integer()
    assert scale <= max(4 * span / 65534, 2.0**-20)  # no coarser than it must be


def test_scaled_files_say_how_to_decode_them_and_the_door_does(tmp_path, ground):
    path = put(tmp_path / "dem.tif", ground, scaled=True)
    with rasterio.open(path) as dataset:
        assert (dataset.dtypes, dataset.nodata) == (("uint16",), 65535)
        scale = dataset.scales[0]
    dem = read_dem(path)
    np.testing.assert_array_equal(np.isnan(dem.values), np.isnan(ground))
    assert np.nanmax(np.abs(dem.values - ground)) <= scale / 2
    assert dem.grid.transform == grid_of(ground.shape).transform


def test_a_scaled_band_of_nothing_is_all_unknown(tmp_path):
    with rasterio.open(put(tmp_path / "a.tif", np.full((40, 60), np.nan), scaled=True)) as dataset:
        assert (dataset.read(1) == 65535).all()


def test_equal_inputs_give_equal_files(tmp_path, ground):
    digests = {
        hashlib.sha256(put(tmp_path / f"{i}" / "a.tif", ground).read_bytes()).digest() for i in range(2)
    }
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("bands", "options", "match"),
    [
        ([], {}, "0 bands"),
        ([np.ones((40, 60))], {"names": ["a", "b"]}, "1 bands"),
        ([np.ones((40, 60)), np.ones((40, 61))], {}, "shape"),
        ([np.ones((40, 60)), np.ones((40, 60), "uint8")], {}, "types"),
        ([np.ones((40, 60), "int32")], {}, "types"),
        ([np.ones((40, 60))], {"nodata": -9999}, "NaN"),
        ([np.ones((40, 60))], {"overview": "median"}, "median"),
        ([np.full((40, 60), np.inf)], {"scaled": True}, "infinite"),
    ],
)
def test_contradictions_are_refused_before_anything_is_written(tmp_path, bands, options, match):
    count = len(bands)
    described = {"names": ["a"] * count, "units": [""] * count, "tags": [{}] * count, "nodata": NAN}
    with pytest.raises(ValueError, match=match):
        write_raster(tmp_path / "a.tif", bands, grid=grid_of((40, 60)), **{**described, **options})
    assert list(tmp_path.iterdir()) == []


def test_a_failed_write_leaves_the_old_file_and_no_debris(tmp_path, monkeypatch):
    path = put(tmp_path / "a.tif", np.ones((40, 60), "float32"))
    before = path.read_bytes()

    def fail(*_, **__):
        raise rasterio.errors.RasterioIOError("write failed")

    monkeypatch.setattr(cog.CogWriter, "finish", fail)
    with pytest.raises(DiskError, match=r"error\[E_WRITE\].*write failed") as caught:
        put(path, np.zeros((40, 60), "float32"))
    assert caught.value.exit_code == 74
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_cells_that_read_back_otherwise_are_not_committed(tmp_path, monkeypatch):
    real = cog.coded

    def damaged(tile):
        return real(np.where(np.arange(tile.shape[1]) == 7, np.float32(5), tile))

    monkeypatch.setattr(cog, "coded", damaged)
    with pytest.raises(DiskError, match=r"E_WRITE_VERIFY.*band 1 differs"):
        put(tmp_path / "a.tif", np.ones((40, 60), "float32"))
    assert list(tmp_path.iterdir()) == []


def test_bytes_that_the_disk_lost_are_not_committed(tmp_path, monkeypatch):
    real = cog.CogWriter.finish

    def loses_some(self):
        digest = real(self)
        with self._path.open("r+b") as stream:
            stream.seek(-20, 2)
            stream.write(bytes(9))
        return digest

    monkeypatch.setattr(cog.CogWriter, "finish", loses_some)
    with pytest.raises(DiskError, match=r"E_WRITE_VERIFY.*bytes differ"):
        put(tmp_path / "a.tif", np.random.default_rng(1).random((40, 60), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_a_file_beyond_four_gigabytes_has_long_offsets(tmp_path, ground, monkeypatch):
    small = put(tmp_path / "classic.tif", ground, ground + 1, overview="min")
    monkeypatch.setattr(cog, "_LARGEST_CLASSIC", 1000)
    big = put(tmp_path / "big.tif", ground, ground + 1, overview="min")
    assert (small.read_bytes()[:4], big.read_bytes()[:4]) == (b"II*\0", b"II+\0")
    for level in (None, 0, 1):
        how = {} if level is None else {"overview_level": level}
        with rasterio.open(small, **how) as one, rasterio.open(big, **how) as other:
            np.testing.assert_array_equal(one.read(), other.read())
            assert one.tags(ns="IMAGE_STRUCTURE") == other.tags(ns="IMAGE_STRUCTURE")
            assert (one.crs, one.transform, one.descriptions) == (
                other.crs,
                other.transform,
                other.descriptions,
            )


@pytest.mark.parametrize(
    ("how", "dtype"), [("average", "float32"), ("mode", "uint8"), ("or", "uint8"), ("max", "uint16")]
)
def test_reduced_images_join_the_cells_that_are_known(how, dtype):
    rng = np.random.default_rng(8)
    values = rng.integers(0, 5, (21, 34)).astype(dtype)
    nodata = np.nan if dtype == "float32" else 4
    values = np.where(values == 4, np.array(nodata, dtype), values)
    found = overviews.halved(values, how, nodata)
    assert found.shape == (11, 17)
    for row in range(11):
        for col in range(17):
            cells = values[2 * row : 2 * row + 2, 2 * col : 2 * col + 2].ravel()
            known = cells[~np.isnan(cells)] if dtype == "float32" else cells[cells != 4]
            if not known.size:
                assert np.isnan(found[row, col]) if dtype == "float32" else found[row, col] == 4
                continue
            counts = [int(np.sum(known == n)) for n in known]
            expected = {
                "average": known.mean(),
                "mode": known[int(np.argmax(counts))],
                "or": np.bitwise_or.reduce(known) if dtype == "uint8" else 0,
                "max": known.max(),
            }[how]
            assert found[row, col] == pytest.approx(expected, abs=1e-6)


def test_tiles_in_any_order_and_from_any_thread_give_one_file(tmp_path, ground):
    expected = put(tmp_path / "whole.tif", ground, overview="max").read_bytes()
    about = {"names": ["quantity_0_m"], "units": ["m"], "tags": [{"METHOD": "plane 0"}]}
    for seed in range(3):
        path = tmp_path / f"{seed}.tif"
        writer = write.RasterWriter(path, grid_of(ground.shape), **about, is_code=False, overview="max")
        places = np.random.default_rng(seed).permutation([(r, c) for r in range(2) for c in range(3)])
        with ThreadPoolExecutor(3) as pool:
            list(
                pool.map(
                    lambda p, w=writer: w.put(0, *p, ground[p[0] * 512 :, p[1] * 512 :][:512, :512]), places
                )
            )
        writer.finish()
        assert path.read_bytes() == expected
        assert not list(tmp_path.glob("*.tiles"))


def test_a_tile_that_never_came_is_an_error(tmp_path, ground):
    about = {"names": ["a_m"], "units": ["m"], "tags": [{}]}
    writer = write.RasterWriter(tmp_path / "a.tif", grid_of(ground.shape), **about, is_code=False)
    writer.put(0, 0, 0, ground[:512, :512])
    with pytest.raises(DiskError, match="has not come"):
        writer.finish()
    writer.drop()
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_told_as_such(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise rasterio.errors.RasterioIOError("write failed")

    monkeypatch.setattr(cog.CogWriter, "finish", fail)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, 0))
    with pytest.raises(DiskError, match="E_DISK_FULL"):
        put(tmp_path / "a.tif", np.ones((40, 60), "float32"))


def test_text_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "new" / "a.txt"
    write_text(path, "Atsá\r\nÿ\n")
    assert path.read_bytes() == "Atsá\r\nÿ\n".encode()

    def full(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("jezero_sites.io.files._flush", full)
    with pytest.raises(DiskError, match="E_DISK_FULL"):
        write_text(path, "later")
    assert path.read_bytes() == "Atsá\r\nÿ\n".encode()
    assert list(path.parent.iterdir()) == [path]


def test_a_folder_that_is_a_file_cannot_be_written_to(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(DiskError, match="E_WRITE"):
        write_text(tmp_path / "a" / "b.txt", "x")


@pytest.mark.parametrize("mask", [0o022, 0o027, 0o077])
def test_a_file_is_open_to_nobody_whom_the_umask_shuts_out(tmp_path, mask):
    before = os.umask(mask)
    try:
        files = [put(tmp_path / "a.tif", np.ones((40, 60), "float32")), tmp_path / "b.txt"]
        write_text(files[1], "x")
    finally:
        os.umask(before)
    assert [path.stat().st_mode & 0o777 for path in files] == [0o666 & ~mask] * 2


def test_a_link_is_replaced_and_not_written_through(tmp_path):
    precious = tmp_path / "precious.tif"
    precious.write_bytes(b"precious")
    for name, rewrite in (
        ("a.tif", lambda path: put(path, np.ones((40, 60), "float32"))),
        ("b.txt", lambda path: write_text(path, "x")),
    ):
        link = tmp_path / name
        link.symlink_to(precious)
        rewrite(link)
        assert not link.is_symlink()
    assert precious.read_bytes() == b"precious"


@pytest.fixture
def small_disk(tmp_path):
    """Return a file system of 2 MiB."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"mount: {done.stderr.strip()}")
    yield tmp_path
    subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.parametrize("scaled", [False, True])
def test_a_disk_that_runs_full_loses_nothing_and_keeps_no_part(small_disk, scaled):
    path = put(small_disk / "a.tif", np.ones((40, 60), "float32"))
    before = path.read_bytes()
    noise = np.random.default_rng(3).random((1100, 1300), np.float32)
    with pytest.raises(DiskError, match="E_DISK_FULL") as caught:
        put(path, noise, scaled=scaled)
    assert caught.value.exit_code == 74
    assert path.read_bytes() == before
    assert list(small_disk.iterdir()) == [path]


def test_text_on_a_disk_that_runs_full_is_not_cut_short(small_disk):
    write_text(small_disk / "a.txt", "short")
    with pytest.raises(DiskError, match="E_DISK_FULL"):
        write_text(small_disk / "a.txt", "long" * 10**6)
    assert (small_disk / "a.txt").read_text() == "short"
