"""Deflated blocks that are longer than their cells, or whose checksum is wrong, are refused and named."""

from __future__ import annotations

import zlib

import numpy as np
import pytest
import rasterio

from jezero_sites.errors import InputError
from jezero_sites.io.contents import dem_contents
from jezero_sites.io.dem import read_dem
from jezero_sites.io.ortho import read_ortho


def place_of(path, row, column, *, band=1):
    """Return where the block of a row and column of blocks lies in the file, and its length."""
    with rasterio.open(path) as dataset:
        words = (
            dataset.get_tag_item(f"BLOCK_{w}_{column}_{row}", "TIFF", bidx=band) for w in ("OFFSET", "SIZE")
        )
        return tuple(int(word) for word in words)


def with_wrong_checksum(path, row, column):
    """Change the last byte of a block: the last of its checksum."""
    offset, size = place_of(path, row, column)
    whole = bytearray(path.read_bytes())
    whole[offset + size - 1] ^= 0x01
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize("predictor", [1, 2, 3])
@pytest.mark.parametrize("read", [read_dem, dem_contents])
def test_a_wrong_checksum_is_damage_and_its_block_is_named(make_tiff, read, predictor):
    path = with_wrong_checksum(make_tiff(predictor=predictor), 2, 1)
    with pytest.raises(
        InputError, match=r"E_CORRUPT.*deflated data are damaged.*incorrect data check"
    ) as caught:
        read(path)
    assert (caught.value.field, caught.value.file) == ("block at row 32, column 32", str(path))


def with_a_long_block(path, row, column, *, extra, flip=0):
    """Put a stream in place of a block that unpacks to more bytes than it has cells for."""
    offset, size = place_of(path, row, column)
    stream = bytearray(zlib.compress(bytes(16 * 32 * 4 + extra), 9))
    stream[-1] ^= flip
    assert len(stream) < size
    whole = bytearray(path.read_bytes())
    whole[offset : offset + len(stream)] = stream
    path.write_bytes(whole)
    return path


@pytest.mark.parametrize(("extra", "flip"), [(40, 0), (40, 1), (5000, 0), (5000, 1)])
def test_a_block_that_goes_on_beyond_its_cells_is_refused_and_gdal_takes_it(make_tiff, extra, flip):
    path = with_a_long_block(make_tiff(), 2, 1, extra=extra, flip=flip)
    with rasterio.open(path) as dataset:
        assert dataset.read(1).shape == (70, 90)
    with pytest.raises(InputError, match=r"E_CORRUPT.*deflated data (are damaged|do not end)") as caught:
        read_dem(path)
    assert caught.value.field == "block at row 32, column 32"


def test_a_block_whose_stream_never_comes_to_its_checksum_is_refused(make_tiff):
    path = make_tiff()
    offset, size = place_of(path, 2, 1)
    unended = zlib.compressobj(9)
    stream = unended.compress(np.full((16, 32), -2400, "<f4").tobytes()) + unended.flush(zlib.Z_SYNC_FLUSH)
    stream += b"\x00\x00\x00\xff\xff" * size  # empty stored blocks, none of them the last
    whole = path.read_bytes()
    path.write_bytes(whole[:offset] + stream[:size] + whole[offset + size :])
    with pytest.raises(InputError, match=r"E_CORRUPT.*do not end where the block does") as caught:
        read_dem(path)
    assert caught.value.field == "block at row 32, column 32"


def test_bytes_after_the_stream_are_no_damage(make_tiff):
    dem = read_dem(with_a_long_block(make_tiff(), 2, 1, extra=0))
    assert np.isnan(dem.values[32:48, 32:64]).all()
    (notice,) = [n for n in dem.notices if n.code == "W_FILL"]
    assert notice.found.startswith("512 cells hold exactly 0, ")  # read as they stand in the stream


def test_damage_that_still_unpacks_is_refused(make_tiff):
    """Each byte of a block in turn: whatever comes of it, other heights never do."""
    path = make_tiff(
        values=np.round(np.random.default_rng(2).normal(-2500, 3, (16, 32)), 1).astype("float32")
    )
    whole, heights = path.read_bytes(), read_dem(path).values
    offset, size = place_of(path, 0, 0)
    for at in range(offset, offset + size, 7):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        try:
            np.testing.assert_array_equal(read_dem(path).values, heights)
        except InputError as error:
            assert error.code == "E_CORRUPT"


def test_a_block_that_unpacks_to_more_than_its_cells_is_refused(make_tiff):
    """A width that was changed makes blocks of other cells; GDAL would take the first of them."""
    path = make_tiff(values=np.full((40, 52), -2500.0, "float32"), tiled=False, blockysize=8)
    whole = bytearray(path.read_bytes())
    at = whole.index(b"\x00\x01\x03\x00\x01\x00\x00\x00\x34\x00")  # tag 256: 52 columns
    whole[at + 8] = 16
    path.write_bytes(whole)
    with pytest.raises(InputError, match=r"E_CORRUPT.*do not end where the block does"):
        read_dem(path)


@pytest.mark.parametrize(
    "layout",
    [
        {"compress": "deflate", "interleave": "pixel"},
        {"compress": "deflate", "interleave": "band"},
        {"compress": "deflate", "tiled": False, "blockysize": 13, "blockxsize": None},
        {"compress": "deflate", "BIGTIFF": "YES", "ENDIANNESS": "BIG"},
        {"compress": "lzw"},
        {"compress": None},
    ],
)
def test_good_files_of_any_layout_pass(make_tiff, layout):
    values = np.random.default_rng(4).integers(1, 200, (3, 70, 90)).astype("uint8")
    options = {name: value for name, value in layout.items() if value is not None or name == "compress"}
    path = make_tiff(values=values, nodata=None, **options)
    np.testing.assert_array_equal(read_ortho(path).values.shape[-2:], (70, 90))
    path = make_tiff(
        values=values[1].astype("float32"), **{k: v for k, v in options.items() if k != "interleave"}
    )
    np.testing.assert_array_equal(read_dem(path).values, values[1])
