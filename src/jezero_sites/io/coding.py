r"""Tiles as a GeoTIFF stores them: differences of neighbours, then Zstandard.

Floating point (TIFF predictor 3) is cut into planes of bytes, the most significant first, and each row of bytes is
stored as differences; integers (predictor 2) are stored as differences of whole numbers along the row, modulo their
range. Both are undone without loss by every reader of TIFF.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

LEVEL = {"float32": -1, "uint16": 1, "uint8": 1}
"""Of Zstandard: level 1 takes up to twice as long for a few percent of measured numbers, and halves integers."""

PREDICTOR = {"float32": 3, "uint16": 2, "uint8": 2}
_own = threading.local()


def coded(tile: NDArray[Any]) -> bytes:
    """Return a tile of shape (rows, columns) of float32, uint16 or uint8 as the bytes that a file holds.

    Raises
    ------
    ValueError
        For any other type.
    """
    if tile.dtype.name not in PREDICTOR:
        raise ValueError(f"tiles of {tile.dtype} are not coded; needed: {', '.join(PREDICTOR)}")
    whole = np.ascontiguousarray(tile)
    if whole.dtype == np.float32:
        stored = np.empty((whole.shape[0], 4 * whole.shape[1]), np.uint8)
        _byte_planes(whole.view(np.uint32), stored)
    else:
        stored = np.empty_like(whole)
        _differences(whole, stored)
    found: bytes = _compressor(LEVEL[tile.dtype.name]).compress(stored)
    return found


def _compressor(level: int) -> Any:
    """Return the compressor of this thread; one may not be shared."""
    made = _own.__dict__.setdefault("compressors", {})
    if level not in made:
        import zstandard

        made[level] = zstandard.ZstdCompressor(level=level)
    return made[level]


@njit(cache=True, nogil=True)
def _byte_planes(bits: NDArray[np.uint32], stored: NDArray[np.uint8]) -> None:
    rows, columns = bits.shape
    for r in range(rows):
        for plane in range(4):
            shift, row = 24 - 8 * plane, stored[r, plane * columns :]
            before = np.uint8(0) if plane == 0 else np.uint8((bits[r, columns - 1] >> (shift + 8)) & 255)
            for c in range(columns):
                here = np.uint8((bits[r, c] >> shift) & 255)
                row[c] = here - before
                before = here


@njit(cache=True, nogil=True)
def _differences(numbers: NDArray[Any], stored: NDArray[Any]) -> None:
    rows, columns = numbers.shape
    for r in range(rows):
        stored[r, 0] = numbers[r, 0]
        for c in range(1, columns):
            stored[r, c] = numbers[r, c] - numbers[r, c - 1]
