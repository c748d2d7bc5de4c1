"""A Cloud-Optimised GeoTIFF put together from tiles that come in any order.

Coded tiles are kept in a file beside it until the last has come. Then the file is written once: all headers first,
after them the tiles of the coarsest reduced image, those of the full one last, so that its bytes depend on the values
alone. GDAL makes the headers' tags of CRS, place and meaning, in an empty file of the same kind.
"""

from __future__ import annotations

import hashlib
import os
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.io.coding import PREDICTOR, coded
from jezero_sites.io.overviews import Overview, Place, Pyramid, levels_of
from jezero_sites.raster import Grid

TILE_CELLS, SMALL_TILE_CELLS = 512, 256
_LARGEST_CLASSIC = (1 << 32) - (1 << 20)  # bytes: offsets of a classic TIFF have 32 bits
_PROMISE = (
    b"LAYOUT=IFDS_BEFORE_DATA\nBLOCK_ORDER=ROW_MAJOR\nBLOCK_LEADER=SIZE_AS_UINT4\n"
    b"BLOCK_TRAILER=LAST_4_BYTES_REPEATED\nKNOWN_INCOMPATIBLE_EDITION=NO\n "
)
_GHOST = b"GDAL_STRUCTURAL_METADATA_SIZE=%06d bytes\n" % len(_PROMISE) + _PROMISE
_AROUND = 8  # bytes: before each tile its size, after it its last four bytes once more
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
_WIDTH, _LENGTH, _OFFSETS, _COUNTS, _METADATA, _REDUCED = 256, 257, 324, 325, 42112, 254
_FULL_ONLY = (
    33550,
    33922,
    34735,
    34736,
    34737,
    _METADATA,
)  # place, CRS and meaning stand in the first header


@dataclass(frozen=True)
class BandAbout:
    """What a band is: name, unit, tags, and how its numbers are read where they are scaled."""

    name: str
    unit: str
    tags: Mapping[str, str]
    scale: float = 1.0
    offset: float = 0.0


def tile_cells(shape: tuple[int, int]) -> int:
    """Return the side of the tiles of a raster's file, in cells."""
    return TILE_CELLS if max(shape) > 2 * SMALL_TILE_CELLS else SMALL_TILE_CELLS


class CogWriter:
    """Takes the tiles of the bands of one raster and writes its file.

    Parameters
    ----------
    path : Path
        The file; a second one, ``.tiles`` after its name, is there until :meth:`finish`.
    grid : Grid
    bands : sequence of BandAbout
    dtype : {"float32", "uint16", "uint8"}
    nodata : float or None
        The number of unknown cells.
    overview : {"average", "min", "max", "mode", "or"}
        How cells are joined in the reduced images.
    """

    def __init__(
        self,
        path: Path,
        grid: Grid,
        bands: Sequence[BandAbout],
        *,
        dtype: str,
        nodata: float | None,
        overview: Overview,
    ) -> None:
        self._path, self._grid, self._bands = path, grid, tuple(bands)
        self._dtype, self._nodata = np.dtype(dtype), nodata
        self.tile = tile_cells(grid.shape)
        self._levels = levels_of(grid.shape, self.tile)
        self._parts = path.with_name(path.name + ".tiles")
        self._file = os.open(self._parts, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self._end, self._lock = 0, threading.Lock()
        self._at: dict[tuple[int, Place], tuple[int, int]] = {}
        self._pyramids = [
            Pyramid(grid.shape, self.tile, overview, nodata, self._keeper(n)) for n in range(len(bands))
        ]

    def put(self, band: int, row: int, column: int, values: NDArray[Any]) -> None:
        """Take the tile of a band, counted from 0, in that row and column of tiles; from any thread, once each."""
        self._pyramids[band].put((0, row, column), values.astype(self._dtype, copy=False))

    def finish(self) -> str:
        """Write the file, have it on the disk, and return the SHA-256 of its bytes.

        Raises
        ------
        ValueError
            Where a tile has not come.
        OSError
            Where the disk is full, or does not take it.
        """
        sizes = self._tile_sizes()
        header = _Header(self._template(), self._levels, self._is_big(sum(map(sum, sizes))))
        with self._path.open("wb") as stream:
            digest = hashlib.sha256()
            part = header.bytes_for(sizes)
            stream.write(part)
            digest.update(part)
            for level in reversed(range(len(self._levels))):
                for key in self._keys(level):
                    part = _framed(self._read(*self._at[key]))
                    stream.write(part)
                    digest.update(part)
            stream.flush()
            os.fsync(stream.fileno())
        self.drop()
        return digest.hexdigest()

    def drop(self) -> None:
        """Let go of the tiles, finished or not."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            self._parts.unlink(missing_ok=True)

    def _keeper(self, band: int) -> Any:
        def keep(place: Place, values: NDArray[Any]) -> None:
            if values.shape != (self.tile, self.tile):
                fill = 0 if self._nodata is None else self._nodata
                whole = np.full((self.tile, self.tile), fill, self._dtype)
                whole[: values.shape[0], : values.shape[1]] = values
                values = whole
            part = coded(values)
            with self._lock:
                start = self._end
                self._end += len(part)
                self._at[band, place] = (start, len(part))
            _write_at(self._file, part, start)

        return keep

    def _read(self, start: int, length: int) -> bytes:
        part = os.pread(self._file, length, start)
        if len(part) != length:
            raise OSError(f"{self._parts.name} holds {len(part)} of {length} bytes of a tile")
        return part

    def _keys(self, level: int) -> list[tuple[int, Place]]:
        down, across = (-(-n // self.tile) for n in self._levels[level])
        places = [(level, row, column) for row in range(down) for column in range(across)]
        return [(band, place) for band in range(len(self._bands)) for place in places]

    def _tile_sizes(self) -> list[list[int]]:
        """Return the bytes of each tile, level by level."""
        try:
            return [[self._at[key][1] for key in self._keys(level)] for level in range(len(self._levels))]
        except KeyError as error:
            raise ValueError(f"the tile {error.args[0]} of {self._path.name} has not come") from None

    def _is_big(self, total: int) -> bool:
        return total + 64 * len(self._at) > _LARGEST_CLASSIC

    def _template(self) -> dict[int, tuple[int, int, bytes]]:
        """Return the tags of an empty file of this kind, as GDAL writes them."""
        from jezero_sites.io.guard import create_raster

        rows, columns = self._grid.shape
        draft = self._path.with_name(self._path.name + ".empty")
        profile = {
            "height": rows,
            "width": columns,
            "count": len(self._bands),
            "dtype": self._dtype.name,
            "crs": self._grid.crs.to_wkt(),
            "transform": self._grid.transform,
            "nodata": self._nodata,
            "tiled": True,
            "blockxsize": self.tile,
            "blockysize": self.tile,
            "interleave": "band",
            "compress": "ZSTD",
            "predictor": PREDICTOR[self._dtype.name],
            "sparse_ok": True,
            "bigtiff": "NO",
        }
        try:
            with create_raster(draft, profile) as dataset:
                for number, band in enumerate(self._bands, 1):
                    dataset.set_band_description(number, band.name)
                    dataset.set_band_unit(number, band.unit)
                    dataset.update_tags(number, **band.tags)
                if any((band.scale, band.offset) != (1.0, 0.0) for band in self._bands):
                    dataset.scales = tuple(band.scale for band in self._bands)
                    dataset.offsets = tuple(band.offset for band in self._bands)
            return _tags_of(draft.read_bytes())
        finally:
            draft.unlink(missing_ok=True)


def _write_at(file: int, part: bytes, start: int) -> None:
    view = memoryview(part)
    while view:
        done = os.pwrite(file, view, start)
        view, start = view[done:], start + done


def _framed(tile: bytes) -> bytes:
    return struct.pack("<I", len(tile)) + tile + tile[-4:]


def _tags_of(tiff: bytes) -> dict[int, tuple[int, int, bytes]]:
    """Return type, count and bytes of each tag in the first header of a classic, little-endian TIFF."""
    if tiff[:4] != b"II*\0":
        raise OSError(f"a file that begins with {tiff[:4]!r} is no little-endian TIFF")
    (start,) = struct.unpack_from("<I", tiff, 4)
    (count,) = struct.unpack_from("<H", tiff, start)
    found = {}
    for n in range(count):
        entry = start + 2 + 12 * n
        tag, kind, number = struct.unpack_from("<HHI", tiff, entry)
        size = _SIZES[kind] * number
        at = entry + 8 if size <= 4 else struct.unpack_from("<I", tiff, entry + 8)[0]
        found[tag] = (kind, number, tiff[at : at + size])
    return found


class _Header:
    """The headers of all levels, the full image first."""

    def __init__(
        self, tags: dict[int, tuple[int, int, bytes]], levels: list[tuple[int, int]], is_big: bool
    ) -> None:
        self._tags, self._levels, self._is_big = tags, levels, is_big
        self._room = 8 if is_big else 4  # bytes of an offset, and of a value within an entry

    def bytes_for(self, sizes: list[list[int]]) -> bytes:
        """Return the head of the file up to the first tile, for tiles of these sizes, level by level."""
        begin = (16 if self._is_big else 8) + len(_GHOST)
        begin += begin % 2
        blank = [self._directory(level, [0] * len(s), s, begin)[1] for level, s in enumerate(sizes)]
        at = begin + sum(blank)
        offsets: list[list[int]] = [[] for _ in sizes]
        for level in reversed(range(len(sizes))):
            for length in sizes[level]:
                offsets[level].append(at + _AROUND // 2)
                at += length + _AROUND
        parts, here = [self._start(begin)], begin
        for level, size in enumerate(sizes):
            after = here + blank[level] if level + 1 < len(sizes) else 0
            part, _ = self._directory(level, offsets[level], size, here, after)
            parts.append(part)
            here += len(part)
        return b"".join(parts)

    def _start(self, begin: int) -> bytes:
        rest = struct.pack("<HHHQ", 43, 8, 0, begin) if self._is_big else struct.pack("<HI", 42, begin)
        return (b"II" + rest + _GHOST).ljust(begin, b"\0")

    def _directory(
        self, level: int, offsets: list[int], sizes: list[int], here: int, after: int = 0
    ) -> tuple[bytes, int]:
        """Return one header at a place in the file, and its length, which depends on no offset."""
        entry, number = ("<HHQ", "<Q") if self._is_big else ("<HHI", "<I")
        tags = self._level_tags(level, offsets, sizes)
        whole = struct.calcsize(entry) + self._room
        fixed = (8 if self._is_big else 2) + whole * len(tags) + self._room
        head = struct.pack("<Q" if self._is_big else "<H", len(tags))
        tail = b""
        for tag in sorted(tags):
            kind, count, content = tags[tag]
            head += struct.pack(entry, tag, kind, count)
            if len(content) <= self._room:
                head += content.ljust(self._room, b"\0")
                continue
            head += struct.pack(number, here + fixed + len(tail))
            tail += content + b"\0" * (len(content) % 2)
        part = head + struct.pack(number, after) + tail
        return part, len(part)

    def _level_tags(
        self, level: int, offsets: list[int], sizes: list[int]
    ) -> dict[int, tuple[int, int, bytes]]:
        tags = dict(self._tags)
        rows, columns = self._levels[level]
        if level:
            tags = {tag: entry for tag, entry in tags.items() if tag not in _FULL_ONLY}
            tags[_REDUCED] = (4, 1, struct.pack("<I", 1))
        tags[_WIDTH] = (4, 1, struct.pack("<I", columns))
        tags[_LENGTH] = (4, 1, struct.pack("<I", rows))
        kind, code = (16, "<u8") if self._is_big else (4, "<u4")
        tags[_OFFSETS] = (kind, len(offsets), np.array(offsets, code).tobytes())
        tags[_COUNTS] = (4, len(sizes), np.array(sizes, "<u4").tobytes())
        return tags
