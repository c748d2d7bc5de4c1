"""JPEG 2000 files looked through before a decoder sees them: is all there, and what would it have to hold.

A decoder allocates what the header declares, not what the file holds: a few kilobytes that declare code
blocks of one cell take it gigabytes. Memory is estimated here from the header alone, and headers of tiles
that would change it later are refused. The stream of tiles must reach from its first byte to its end mark,
with no tile missing, because decoders fill up what is not there.

References
----------
ITU-T T.800 (2019), Annex A (markers), B.6 and B.7 (precincts, code blocks), Annex I (boxes)
"""

from __future__ import annotations

import mmap
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from jezero_sites.errors import InputError
from jezero_sites.io.files import COPY_AGAIN, unreadable

JP2_START = b"\x00\x00\x00\x0cjP  \r\n\x87\n"
MAX_DECODER_BYTES = 512 << 20

_BLOCK_BYTES = 576
_TILE_BYTES = 9 << 10
_COMPONENT_BYTES = 5 << 8
_CELL_BYTES = 8
"""What OpenJPEG 2.5 takes for a code block with its precinct, and for a tile and each of its components, and for a
cell that it decodes: measured on headers of 250,000 to 2 million code blocks and 4,000 to 16,000 tiles, rounded up."""

_PACKET_BYTES = 16
"""Two bytes of memory, and half a second in every 10 million packets, which is to count as much as memory does."""

_WINDOW_CELLS = 1024
_MAX_BOXES, _MAX_SEGMENTS = 10_000, 200_000
_SIZ, _COD, _COC, _SOT, _SOD, _EOC = 0xFF51, 0xFF52, 0xFF53, 0xFF90, 0xFF93, 0xFFD9
_OTHERS = {0xFF55, 0xFF57, 0xFF58, 0xFF5C, 0xFF5D, 0xFF5E, 0xFF5F, 0xFF60, 0xFF61, 0xFF63, 0xFF64}
"""Further markers of Part 1; within a segment of another, OpenJPEG would look for markers."""
_HOLD_BOXES = {b"jp2h", b"asoc", b"res ", b"uinf", b"jpch", b"jplh", b"cgrp"}
_MAX_DEPTH = 8
_SOT_START = b"\xff\x90\x00\x0a"


@dataclass(frozen=True)
class _Coding:
    """How components are cut: levels of resolution, exponents of code blocks, and of precincts by level."""

    levels: int
    block: tuple[int, int]
    precincts: tuple[tuple[int, int], ...]


def check_jp2(path: Path) -> None:
    """Refuse a JPEG 2000 file that is cut short, or that its decoder could not hold.

    Raises
    ------
    InputError
        ``E_CORRUPT``; ``E_BLOCK``.
    """
    try:
        with path.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as data:
            _check(data, path)
    except OSError as exc:
        raise unreadable(path, exc) from exc
    except (struct.error, IndexError):
        _broken(path, "it ends within a header")


def _check(data: mmap.mmap, path: Path) -> None:
    start, end = _codestream(data, path)
    size: tuple[int, ...] = ()
    comps, layers, first = 0, 1, 0
    coding: _Coding | None = None
    special: dict[int, _Coding] = {}
    if data[start : start + 2] != b"\xff\x4f":
        _broken(path, "no code stream where its box says")
    for marker, at, length in _segments(data, start + 2, path):
        first = at + length
        if marker == _SIZ:
            size, comps = struct.unpack_from(">8I", data, at + 2), _uint(data, at + 34, 2)
        elif marker == _COD:
            special = {}
            coding, layers = _coding(data, at + 5, is_cut=data[at] & 1, path=path), _uint(data, at + 2, 2)
        elif marker == _COC:
            wide = 1 if comps < 257 else 2
            number, style = _uint(data, at, wide), data[at + wide]
            special[number] = _coding(data, at + wide + 1, is_cut=style & 1, path=path)
    if coding is None or not size or not comps:
        _broken(path, "its header lacks the size or the coding")
    tiles = _tiles(size, path)
    cuts = [special.get(number, coding) for number in range(comps)]
    need = _need(size, tiles, layers, cuts)
    if need > MAX_DECODER_BYTES:
        found, needed = f"its decoder would take {need >> 20} MiB", f"at most {MAX_DECODER_BYTES >> 20} MiB"
        _too_much(path, found, needed)
    _check_tile_parts(data, first, end, tiles=tiles, path=path)


def _codestream(data: mmap.mmap, path: Path) -> tuple[int, int]:
    """Return where the first code stream starts and ends, once every box is known to lie in its place."""
    streams = []
    for count, (kind, depth, start, end) in enumerate(_boxes(data, 0, len(data), depth=0, path=path)):
        if count >= _MAX_BOXES:
            _broken(path, f"more than {_MAX_BOXES} boxes")
        if kind == b"jp2c" and depth == 0:
            streams.append((start, end))
    if not streams:
        _broken(path, "no code stream")
    return streams[0]


def _boxes(
    data: mmap.mmap, at: int, end: int, *, depth: int, path: Path
) -> Iterator[tuple[bytes, int, int, int]]:
    """Yield kind, depth, start and end of boxes and of those within; GDAL never comes back from some lengths."""
    while at + 8 <= end:
        length, kind, head = _uint(data, at, 4), data[at + 4 : at + 8], 8
        if length == 1:
            length, head = _uint(data, at + 8, 8), 16
        stop = end if length == 0 and depth == 0 else at + length
        if not at + head <= stop <= end:
            _broken(path, f"the box at byte {at} is longer than there is room for, or shorter than its head")
        yield kind, depth, at + head, stop
        if kind in _HOLD_BOXES:
            if depth >= _MAX_DEPTH:
                _broken(path, "boxes nested too deep")
            yield from _boxes(data, at + head, stop, depth=depth + 1, path=path)
        at = stop


def _segments(data: mmap.mmap, at: int, path: Path) -> Iterator[tuple[int, int, int]]:
    """Yield the segments of a header up to the one that ends it: marker, place and length of their content.

    The last place is where the marker stands that ends the header, with length 0.
    """
    for _ in range(_MAX_SEGMENTS):
        marker = _uint(data, at, 2)
        if marker in (_SOT, _SOD, _EOC):
            yield marker, at, 0
            return
        length = _uint(data, at + 2, 2)
        if marker not in (_SIZ, _COD, _COC, *_OTHERS) or length < 2:
            _broken(path, f"no marker of JPEG 2000 Part 1 at byte {at}")
        yield marker, at + 4, length - 2
        at += 2 + length
    _broken(path, f"a header of more than {_MAX_SEGMENTS} segments")


def _uint(data: mmap.mmap, at: int, count: int) -> int:
    part = data[at : at + count]
    if len(part) < count:
        raise IndexError(at)
    return int.from_bytes(part, "big")


def _coding(data: mmap.mmap, at: int, *, is_cut: int, path: Path) -> _Coding:
    levels, block = data[at], ((data[at + 1] & 15) + 2, (data[at + 2] & 15) + 2)
    precincts = [(15, 15)] * (levels + 1)
    if is_cut:
        precincts = [(size & 15, size >> 4) for size in data[at + 5 : at + 6 + levels]]
    if levels > 32 or len(precincts) <= levels or any(0 in size for size in precincts[1:]):
        _broken(path, "its header names precincts that cannot be")
    return _Coding(levels, block, tuple(precincts))


def _tiles(size: tuple[int, ...], path: Path) -> int:
    right, bottom, _, _, wide, high, left, top = size
    if not wide or not high or right <= left or bottom <= top:
        _broken(path, "its header names no cells")
    return -(-(right - left) // wide) * -(-(bottom - top) // high)


def _need(size: tuple[int, ...], tiles: int, layers: int, cuts: list[_Coding]) -> int:
    """Return about how many bytes a decoder takes for the tile structure and one tile."""
    wide, high = min(size[0], size[4]), min(size[1], size[5])
    blocks = packets = 0
    for cut, count in {cut: cuts.count(cut) for cut in set(cuts)}.items():
        for level, (x, y) in enumerate(cut.precincts):
            halved = cut.levels - level + (level > 0)
            across, down = -(-wide >> halved), -(-high >> halved)
            edge = level > 0
            blocks += (
                count * (1 + 2 * edge) * _parts(across, min(cut.block[0], x - edge))
                * _parts(down, min(cut.block[1], y - edge))
            )  # fmt: skip
            packets = max(packets, _parts(across << edge, x) * _parts(down << edge, y))
    packets *= layers * len(cuts) * (max(cut.levels for cut in cuts) + 1)
    if tiles == 1:
        wide, high = min(wide, _WINDOW_CELLS), min(high, _WINDOW_CELLS)
    structure = tiles * (_TILE_BYTES + _COMPONENT_BYTES * len(cuts))
    decoded = _CELL_BYTES * len(cuts) * wide * high
    return structure + _BLOCK_BYTES * blocks + _PACKET_BYTES * packets + decoded


def _parts(length: int, exponent: int) -> int:
    """Return how many parts of a power of two a length may touch."""
    return (-(-length >> exponent)) + 1


def _check_tile_parts(data: mmap.mmap, at: int, end: int, *, tiles: int, path: Path) -> None:
    """Walk from tile-part to tile-part: each must be whole, and every tile have one."""
    seen, count, steps, first = set(), 0, 0, at
    while _uint(data, at, 2) == _SOT and steps < _MAX_SEGMENTS:
        length = _uint(data, at + 6, 4) or end - 2 - at
        if length < 14 or at + length > end - 2:
            _broken(path, f"the part of a tile at byte {at} is cut short")
        for marker, place, _ in _segments(data, at + 12, path):
            steps += 1
            if marker in (_COD, _COC):
                found = f"the header of a tile at byte {place} changes how it is cut"
                _too_much(path, found, "tiles cut as the main header says")
        seen.add(_uint(data, at + 4, 2))
        at, count = at + length, count + 1
    if _uint(data, at, 2) != _EOC:
        _broken(path, f"no end mark at byte {at}")
    if len(seen) != tiles:
        _broken(path, f"{len(seen)} of {tiles} tiles are there")
    head = data.find(_SOT_START, first)
    while 0 <= head < end:
        count -= 1
        head = data.find(_SOT_START, head + 4)
    if count < 0:
        _broken(path, "the head of a tile within another")


def _broken(path: Path, found: str) -> NoReturn:
    needed = "a file that is whole"
    raise InputError("E_CORRUPT", found=found, needed=needed, fix=COPY_AGAIN, file=str(path), field="header")


def _too_much(path: Path, found: str, needed: str) -> NoReturn:
    fix = "if you trust where it is from: gdal_translate it into a tiled GeoTIFF"
    raise InputError("E_BLOCK", found=found, needed=needed, fix=fix, file=str(path), field="block")
