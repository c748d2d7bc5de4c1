"""Large arrays that live on the disk and not in memory, for as long as a command runs.

Their cells lie in a file without a name, in square tiles, and are read and written by slices: memory holds what is
worked on, and nothing is left behind however the command ends. The whole size is taken from the disk at once, so that
a full disk is told before any work.
"""

from __future__ import annotations

import os
import tempfile
import weakref
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from jezero_sites.io.files import unwritten

LEAST_BYTES = 16 << 20
"""Smaller arrays stay in memory."""

TILE_CELLS = 512


class TiledArray:
    """An array of two dimensions on the disk, of which slices are taken and set as of any other.

    Parameters
    ----------
    folder : Path
        Where the disk has room for it.
    shape : (rows, columns)
    dtype : numpy type

    Raises
    ------
    OSError
        Where the disk does not take it.
    """

    ndim = 2

    def __init__(self, folder: Path, shape: tuple[int, int], dtype: Any) -> None:
        self.shape, self.dtype = shape, np.dtype(dtype)
        self._across = -(-shape[1] // TILE_CELLS)
        self._tile_bytes = TILE_CELLS * TILE_CELLS * self.dtype.itemsize
        self._file = tempfile.TemporaryFile(dir=folder, prefix=".scratch-")  # noqa: SIM115 - as long as this lives
        weakref.finalize(self, self._file.close)
        os.posix_fallocate(
            self._file.fileno(), 0, -(-shape[0] // TILE_CELLS) * self._across * self._tile_bytes
        )

    @property
    def size(self) -> int:
        """How many cells there are."""
        return self.shape[0] * self.shape[1]

    def __len__(self) -> int:
        return self.shape[0]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        whole = self._read(slice(0, self.shape[0]), slice(0, self.shape[1]))
        return whole if dtype is None else whole.astype(dtype, copy=False)

    def astype(self, dtype: Any, copy: bool = True) -> NDArray[Any]:
        """Return all cells in another type."""
        return self.__array__(dtype)

    def fill(self, value: Any) -> None:
        """Set every cell."""
        for row in range(0, self.shape[0], TILE_CELLS):
            self[row : row + TILE_CELLS] = value

    def __getitem__(self, key: Any) -> Any:
        if not is_plain(key):
            return self.__array__()[key]
        spans, rest = taken(key, self.shape)
        return self._read(*spans)[rest]

    def __setitem__(self, key: Any, values: Any) -> None:
        """Set cells; several threads may, each its own."""
        (rows, columns), rest = taken(key, self.shape)
        is_dense = all(part in (0, slice(None)) for part in rest)
        cells = (
            np.empty((rows.stop - rows.start, columns.stop - columns.start), self.dtype)
            if is_dense
            else self._read(rows, columns)
        )
        cells[rest] = values
        for place, part, inner in self._tiles(rows, columns):
            tile = np.ascontiguousarray(cells[part])
            start = self._start(place, inner[0])
            if inner[1] == slice(0, TILE_CELLS):
                _write_at(self._file.fileno(), tile, start)
                continue
            for row, line in enumerate(tile):
                at = start + (row * TILE_CELLS + inner[1].start) * int(self.dtype.itemsize)
                _write_at(self._file.fileno(), line, at)

    def _read(self, rows: slice, columns: slice) -> NDArray[Any]:
        found = np.empty((rows.stop - rows.start, columns.stop - columns.start), self.dtype)
        for place, part, inner in self._tiles(rows, columns):
            found[part] = self._rows_of(place, inner[0])[:, inner[1]]
        return found

    def _rows_of(self, place: int, rows: slice) -> NDArray[Any]:
        """Return some rows of a tile."""
        whole = np.empty((rows.stop - rows.start, TILE_CELLS), self.dtype)
        view = whole.view(np.uint8).data.cast("B")
        start = self._start(place, rows)
        while view:
            done = os.preadv(self._file.fileno(), [view], start)
            if done == 0:
                raise OSError("the scratch file has lost its end")
            view, start = view[done:], start + done
        return whole

    def _start(self, place: int, rows: slice) -> int:
        row_bytes = TILE_CELLS * int(self.dtype.itemsize)
        start: int = place * self._tile_bytes + int(rows.start) * row_bytes
        return start

    def _tiles(
        self, rows: slice, columns: slice
    ) -> list[tuple[int, tuple[slice, slice], tuple[slice, slice]]]:
        """Return the tiles of a window: number, where they lie in it, and the rows and columns of them."""
        return [
            (row * self._across + column, (part_r, part_c), (inner_r, inner_c))
            for row, part_r, inner_r in _cut(rows)
            for column, part_c, inner_c in _cut(columns)
        ]


def _cut(span: slice) -> list[tuple[int, slice, slice]]:
    """Return the tiles along one axis: number, where it lies in the span, and what of the tile is in it."""
    found = []
    for number in range(span.start // TILE_CELLS, -(-span.stop // TILE_CELLS)):
        first, last = max(span.start, number * TILE_CELLS), min(span.stop, (number + 1) * TILE_CELLS)
        if first >= last:
            continue
        part = slice(first - span.start, last - span.start)
        found.append((number, part, slice(first - number * TILE_CELLS, last - number * TILE_CELLS)))
    return found


def is_plain(key: Any) -> bool:
    """Tell whether an index is of slices and whole numbers alone."""
    parts = key if isinstance(key, tuple) else (key,)
    return len(parts) <= 2 and all(isinstance(part, slice | int | np.integer) for part in parts)


def taken(key: Any, shape: tuple[int, int]) -> tuple[tuple[slice, slice], tuple[Any, Any]]:
    """Return the rows and columns that an index takes, and what is left to take of them: steps, single ones.

    Raises
    ------
    IndexError
        For what lies beyond the array.

    Examples
    --------
    >>> taken((slice(None, None, -2), 3), (5, 9))
    ((slice(0, 5, None), slice(3, 4, None)), (slice(None, None, -2), 0))
    """
    parts = key if isinstance(key, tuple) else (key, slice(None))
    spans, rest = zip(
        *(_span(part, size) for part, size in zip((*parts, slice(None))[:2], shape, strict=True)), strict=True
    )
    return (spans[0], spans[1]), (rest[0], rest[1])


def _span(part: Any, size: int) -> tuple[slice, Any]:
    if not isinstance(part, slice):
        number = int(part) + (size if part < 0 else 0)
        if not 0 <= number < size:
            raise IndexError(f"{part} is beyond {size} rows or columns")
        return slice(number, number + 1), 0
    start, stop, step = part.indices(size)
    if step == 1:
        return slice(start, max(start, stop)), slice(None)
    cells = range(start, stop, step)
    if not cells:
        return slice(0, 0), slice(None)
    low, high = min(cells[0], cells[-1]), max(cells[0], cells[-1])
    return slice(low, high + 1), slice(None, None, step)


def _write_at(file: int, values: NDArray[Any], start: int) -> None:
    view = values.view(np.uint8).data.cast("B") if values.size else memoryview(b"")
    while view:
        done = os.pwrite(file, view, start)
        view, start = view[done:], start + done


class Scratch:
    """Gives arrays whose cells lie in files of a folder.

    Parameters
    ----------
    folder : Path
        Where the disk has room for them; it is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def array(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Return an array of any content.

        Raises
        ------
        DiskError
            ``E_DISK_FULL`` or ``E_WRITE`` where the disk does not take it.
        """
        kind = np.dtype(dtype)
        if len(shape) != 2 or int(np.prod(shape)) * kind.itemsize < LEAST_BYTES:
            return np.empty(shape, kind)
        try:
            return cast(NDArray[Any], TiledArray(self._folder, (shape[0], shape[1]), kind))
        except OSError as error:
            raise unwritten(self._folder / "scratch", error) from error


def new_array(scratch: Scratch | None, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array of any content, on the disk where there is a place for it, else in memory."""
    return np.empty(shape, dtype) if scratch is None else scratch.array(shape, dtype)
