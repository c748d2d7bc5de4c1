"""The cells of an open raster by the blocks in which the file stores them, and its tags.

A truncated file opens without complaint and fails only where a missing block is read; therefore every
block is read, and the first that cannot be is named.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from jezero_sites.arrays import BoolArray
from jezero_sites.io.checksums import check_blocks, has_checksums
from jezero_sites.io.georef import Georeference
from jezero_sites.io.guard import reading

READ_CELLS = 1 << 20
"""Blocks are read together up to this many cells."""

_TAG_LENGTH = 500


class Cells(NamedTuple):
    """Some cells as the file stores them: where they lie, their numbers, and which are valid."""

    rows: slice
    columns: slice
    stored: NDArray[Any]
    is_valid: BoolArray


def stored_cells(dataset: Any, band: int, path: Path) -> Iterator[Cells]:
    """Yield all cells of a band, whole stored blocks at a time.

    Validity is the dataset's own mask (of NoData, of an alpha band, or a stored one); numbers are never
    compared with the NoData value here. A block that the file leaves out is unknown, not zero.

    Raises
    ------
    InputError
        ``E_CORRUPT`` with the row and column of the first block that cannot be read.
    """
    height, width = dataset.block_shapes[band - 1]
    whole = -(-dataset.width // width) * width
    across = min(max(READ_CELLS // (height * width), 1) * width, whole)
    down = max(READ_CELLS // (height * across), 1) * height if across == whole else height
    for rows, columns in _windows((0, dataset.height), (0, dataset.width), (down, across)):
        with reading(path, field=f"block at row {rows.start}, column {columns.start}"):
            try:
                cells = _window(dataset, band, rows, columns)
            except MemoryError:
                raise
            except Exception:
                _name_damage(dataset, band, path, rows=rows, columns=columns)
                raise
        yield cells


def _windows(
    rows: tuple[int, int], columns: tuple[int, int], step: tuple[int, int]
) -> Iterator[tuple[slice, slice]]:
    for row in range(*rows, step[0]):
        for column in range(*columns, step[1]):
            yield slice(row, min(row + step[0], rows[1])), slice(column, min(column + step[1], columns[1]))


def _window(dataset: Any, band: int, rows: slice, columns: slice) -> Cells:
    window = ((rows.start, rows.stop), (columns.start, columns.stop))
    if has_checksums(dataset):
        check_blocks(dataset, band, rows=rows, columns=columns)
    stored = dataset.read(band, window=window)
    is_valid = dataset.read_masks(band, window=window) != 0
    if dataset.driver == "GTiff" and dataset.nodatavals[band - 1] is None:
        for some, these in _absent(dataset, band, rows, columns):
            is_valid[some.start - rows.start : some.stop - rows.start, these] = False
    return Cells(rows, columns, stored, is_valid)


def _absent(dataset: Any, band: int, rows: slice, columns: slice) -> Iterator[tuple[slice, slice]]:
    """Yield the stored blocks of a part that the file leaves out; their columns count from the part's."""
    height, width = dataset.block_shapes[band - 1]
    for some, these in _windows((rows.start, rows.stop), (columns.start, columns.stop), (height, width)):
        item = f"BLOCK_OFFSET_{these.start // width}_{some.start // height}"
        if dataset.get_tag_item(item, "TIFF", bidx=band) is None:
            yield some, slice(these.start - columns.start, these.stop - columns.start)


def _name_damage(dataset: Any, band: int, path: Path, *, rows: slice, columns: slice) -> None:
    """Raise the error that names the first stored block within a part that cannot be read."""
    block = dataset.block_shapes[band - 1]
    for some, these in _windows((rows.start, rows.stop), (columns.start, columns.stop), block):
        with reading(path, field=f"block at row {some.start}, column {these.start}"):
            _window(dataset, band, some, these)


def clean_tags(tags: dict[str, str]) -> dict[str, str]:
    """Return tags with upper-case names and printable values of bounded length; statistics left out."""
    kept = {k.upper(): "".join(c for c in v if c.isprintable())[:_TAG_LENGTH] for k, v in tags.items()}
    return {k: v for k, v in kept.items() if v and not k.startswith("STATISTICS_")}


def flipped(values: NDArray[Any], where: Georeference) -> NDArray[Any]:
    """Return values with the first row to the north and the first column to the west."""
    return np.ascontiguousarray(as_turned(values, where))


def as_turned(values: NDArray[Any], where: Georeference) -> NDArray[Any]:
    """Return the same cells, the first row to the north and the first column to the west, as a view."""
    values = values[::-1] if where.flip_rows else values
    return values[:, ::-1] if where.flip_columns else values


def turned_cells(cells: Cells, where: Georeference) -> tuple[slice, slice]:
    """Return where some cells of a file lie once it is turned."""
    rows, columns = where.grid.shape
    return (
        _mirrored(cells.rows, rows) if where.flip_rows else cells.rows,
        _mirrored(cells.columns, columns) if where.flip_columns else cells.columns,
    )


def _mirrored(span: slice, size: int) -> slice:
    return slice(size - span.stop, size - span.start)
