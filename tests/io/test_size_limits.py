"""A raster that is too large is refused before memory is taken for it, and the user may move the limit."""

from __future__ import annotations

import subprocess
import sys
import zlib

import numpy as np
import pytest
import rasterio

from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem

GIB = 2**30
MOST_MIB = 150

REFUSAL = """
import sys
from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
try:
    read_dem(sys.argv[1], allow_sparse=sys.argv[2] == "sparse")
except InputError as error:
    words = open("/proc/self/status").read().split()
    print(error.code, int(words[words.index("VmHWM:") + 1]) // 1024)
"""


def declared(path, side, block, **options):
    """Write a file that declares side x side cells and stores none."""
    profile = {
        "driver": "GTiff",
        "height": side,
        "width": side,
        "count": 1,
        "dtype": "float32",
        "crs": "IAU_2015:49910",
        "transform": rasterio.Affine(1.0, 0, 4_590_000.0, 0, -1.0, 1_093_000.0),
        "nodata": -32768.0,
        "tiled": True,
        "blockxsize": block,
        "blockysize": block,
        "compress": "deflate",
        "bigtiff": "YES",
        "sparse_ok": "TRUE",
    }
    with rasterio.open(path, "w", **{**profile, **options}):
        pass
    return path


def one_block(path, side):
    """Write a TIFF by hand that declares one block of side x side cells of float32; only its start is there."""
    body = zlib.compress(bytes(16 << 20), 9)
    entries = [(256, 4, side), (257, 4, side), (258, 3, 32), (259, 3, 8), (262, 3, 1), (277, 3, 1),
               (322, 4, side), (323, 4, side), (324, 4, 8), (325, 4, len(body)), (339, 3, 3)]  # fmt: skip
    start = 8 + len(body) + len(body) % 2
    words = [
        np.array([tag, kind], "<u2").tobytes() + np.array([1, value], "<u4").tobytes()
        for tag, kind, value in entries
    ]
    head = b"II*\0" + np.array([start], "<u4").tobytes()
    table = np.array([len(entries)], "<u2").tobytes() + b"".join(words) + bytes(4)
    path.write_bytes(head + body + b"\0" * (len(body) % 2) + table)
    return path


def one_piece(path, side, tile):
    """Write a TIFF by hand that declares side x side cells of float32, all of whose tiles are the same bytes."""
    count, body = (-(-side // tile)) ** 2, zlib.compress(bytes(1 << 20), 9)
    table = 8 + 2 + 11 * 12 + 4
    at = table + 8 * count
    entries = [(256, 4, 1, side), (257, 4, 1, side), (258, 3, 1, 32), (259, 3, 1, 8), (262, 3, 1, 1),
               (277, 3, 1, 1), (322, 4, 1, tile), (323, 4, 1, tile), (324, 4, count, table),
               (325, 4, count, table + 4 * count), (339, 3, 1, 3)]  # fmt: skip
    words = [np.array(e[:2], "<u2").tobytes() + np.array(e[2:], "<u4").tobytes() for e in entries]
    head = b"II*\0" + np.array([8], "<u4").tobytes() + np.array([len(entries)], "<u2").tobytes()
    places = np.array([at] * count + [len(body)] * count, "<u4").tobytes()
    path.write_bytes(head + b"".join(words) + bytes(4) + places + body)
    return path


def peak(path, *, sparse=False):
    """Return the code of the refusal in a process of its own, and its largest memory in MiB."""
    command = [sys.executable, "-c", REFUSAL, str(path), "sparse" if sparse else "plain"]
    code, mib = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return code, int(mib)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is asked of /proc/self/status")
@pytest.mark.parametrize(
    ("bomb", "sparse", "code"),
    [
        (lambda p: declared(p, 200_000, 16_384), False, "E_BLOCK"),
        (lambda p: declared(p, 200_000, 4096), False, "E_BOMB"),
        (lambda p: declared(p, 200_000, 4096), True, "E_TOO_LARGE"),
        (lambda p: one_block(p, 32_768), False, "E_BLOCK"),
        (lambda p: one_piece(p, 200_000, 1000), False, "E_BOMB"),
    ],
    ids=["huge blocks of nothing", "declared", "declared, sparse allowed", "one block", "one piece"],
)
def test_a_bomb_is_refused_in_little_memory(tmp_path, bomb, sparse, code):
    found, mib = peak(bomb(tmp_path / "bomb.tif"), sparse=sparse)
    assert found == code
    assert mib < MOST_MIB


def test_the_limit_is_64_gib_and_can_be_moved(tmp_path):
    path = declared(tmp_path / "large.tif", 140_000, 4096)
    with pytest.raises(
        InputError, match=r"E_TOO_LARGE.*73\.02 GiB of cells.*at most 64 GiB.*--max-size GIB"
    ) as caught:
        read_dem(path, allow_sparse=True)
    assert caught.value.field == "size"
    small = declared(tmp_path / "small.tif", 300, 16)
    needed = 300 * 300 * 4 / GIB
    with pytest.raises(InputError, match="E_ALL_NODATA"):
        read_dem(small, allow_sparse=True, max_size_gib=needed)
    with pytest.raises(InputError, match="E_TOO_LARGE"):
        read_dem(small, allow_sparse=True, max_size_gib=needed * 0.999)


def test_heights_that_need_more_room_than_the_file_are_counted_as_they_will_be(make_tiff):
    raw = (np.arange(6300).reshape(70, 90) % 2000).astype("int16")
    in_file, in_memory = 6300 * 2 / GIB, 6300 * 8 / GIB
    path = make_tiff(values=raw, scales=(0.5, -2500.0))
    with pytest.raises(InputError, match=r"E_TOO_LARGE.*GiB of heights.*--max-size"):
        read_dem(path, max_size_gib=in_file)
    assert read_dem(path, max_size_gib=in_memory).values.dtype == np.float64
