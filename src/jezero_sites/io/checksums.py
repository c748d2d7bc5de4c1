"""Deflated blocks that unpack to more than their cells, or to other than their checksum says.

A block of a deflated TIFF is a zlib stream that ends with a checksum of what it unpacks to. GDAL stops once the
block is full, before the checksum where damage made the stream longer; such a block passes for heights, and it
can come out otherwise with every read.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.enums import Compression, Interleaving

_ROOM = 64


def has_checksums(dataset: Any) -> bool:
    """Tell whether the blocks of an open raster bear checksums that can be reached."""
    is_deflated = dataset.driver == "GTiff" and dataset.compression is Compression.deflate
    return is_deflated and Path(dataset.name).is_file()


def check_blocks(dataset: Any, band: int, *, rows: slice, columns: slice) -> None:
    """Refuse stored blocks that do not unpack to what their checksum says.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        One that `has_checksums`.
    band : int
    rows, columns : slice
        Part of the raster that begins with a stored block.

    Raises
    ------
    ValueError
        What is wrong with the first such block; the caller knows where it lies.
    """
    height, width = dataset.block_shapes[band - 1]
    room = height * width * _cell_bytes(dataset, band)
    with Path(dataset.name).open("rb") as stream:
        for row in range(rows.start, rows.stop, height):
            for column in range(columns.start, columns.stop, width):
                _check(dataset, band, stream, f"{column // width}_{row // height}", room=room)


def _cell_bytes(dataset: Any, band: int) -> int:
    sizes = [np.dtype(name.replace("complex_int", "complex")).itemsize for name in dataset.dtypes]
    return sum(sizes) if dataset.interleaving is Interleaving.pixel else sizes[band - 1]


def _check(dataset: Any, band: int, stream: Any, block: str, *, room: int) -> None:
    offset, size = (
        dataset.get_tag_item(f"BLOCK_{what}_{block}", "TIFF", bidx=band) for what in ("OFFSET", "SIZE")
    )
    if offset is None or size is None:
        return
    stream.seek(int(offset))
    unpacker = zlib.decompressobj()
    try:
        length = len(unpacker.decompress(stream.read(int(size)), room + _ROOM))
    except zlib.error as exc:
        raise ValueError(f"deflated data are damaged ({exc})") from None
    if length > room or not unpacker.eof:
        raise ValueError("deflated data do not end where the block does")
