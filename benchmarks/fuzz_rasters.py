"""Damaged TIFFs against the reader of DEMs: ``python -m benchmarks.fuzz_rasters [--mutants N]``.

Good files of several layouts are spoilt in the header, the tags and the blocks, and read in child processes
with capped memory, so that a crash, a hang or a bomb is seen and named. Only a raster or a coded error may come
out. Counts by outcome are printed; whatever else came is saved with its number, which makes it again.
"""

from __future__ import annotations

import argparse
import collections
import multiprocessing as mp
import resource
import struct
import sys
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

MUTANTS = 4000
SECONDS = 10.0
MEMORY_BYTES = 4 << 30
PATCHES = (b"\xff" * 4, b"\0" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80")
END_BYTES = 1200
OK = ("read", "E_")
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 11: 4, 12: 8, 16: 8}
SHAPE = (40, 52)


def base_files() -> list[bytes]:
    """Return good DEMs: tiled and in strips, plain and packed, floats and scaled integers, masked, BigTIFF."""
    rows, cols = np.indices(SHAPE)
    heights = (-2500 + 0.5 * rows - 0.25 * cols + 0.125 * ((rows * cols) % 7)).astype("float32")
    tiles = {"tiled": True, "blockxsize": 32, "blockysize": 16}
    layouts: list[dict[str, Any]] = [
        {"compress": "deflate", "predictor": 3, **tiles},
        {"compress": "lzw", **tiles},
        {"compress": "zstd", "BIGTIFF": "YES", **tiles},
        {"blockysize": 5},
        {"dtype": "int16", "compress": "packbits"},
        {"dtype": "float64", "compress": "deflate", "mask": True},
        {"SPARSE_OK": "TRUE", "compress": "deflate", "part": True, **tiles},
    ]
    return [_written(heights, layout) for layout in layouts]


def _written(heights: np.ndarray, layout: dict[str, Any]) -> bytes:
    import rasterio
    from affine import Affine

    options = dict(layout)
    masked, part = options.pop("mask", False), options.pop("part", False)
    profile = {
        "driver": "GTiff",
        "count": 1,
        "height": SHAPE[0],
        "width": SHAPE[1],
        "dtype": "float32",
        "crs": "IAU_2015:49910",
        "transform": Affine(1.25, 0.0, 4_590_000.0, 0.0, -1.25, 1_093_000.0),
        "nodata": None if part else -32768,
        **options,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.tif"
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), rasterio.open(path, "w", **profile) as dataset:
            dataset.units = ["metre"]
            dataset.update_tags(VERTICAL_DATUM="MOLA areoid", NOTE="a text to be spoilt " * 9)
            stored = heights.astype(profile["dtype"])
            if profile["dtype"] == "int16":
                dataset.scales, dataset.offsets = [0.01], [-2500.0]
            if part:
                dataset.write(stored[:16, :32], 1, window=((0, 16), (0, 32)))
            else:
                dataset.write(stored, 1)
            if masked:
                dataset.write_mask(np.where(np.indices(SHAPE)[1] < 5, 0, 255).astype("uint8"))
        return path.read_bytes()


def mutant(bases: list[bytes], number: int) -> bytes:
    """Return the damaged file of a number; the same number gives the same file."""
    generator = np.random.default_rng(number)
    content = bytearray(bases[int(generator.integers(len(bases)))])
    damages = (_flip, _flip, _patch, _shift, _truncate, _edit_tag, _edit_tag, _damage_block)
    for _ in range(int(generator.integers(1, 4))):
        damages[int(generator.integers(len(damages)))](content, generator)
        if len(content) < 16:
            break
    return bytes(content)


def _place(content: bytearray, generator: np.random.Generator) -> int:
    """Return a place to damage, two times in three near an end, where the headers are."""
    size = len(content)
    low, high = ((0, END_BYTES), (size - END_BYTES, size), (0, size))[int(generator.integers(3))]
    return int(generator.integers(max(low, 0), min(high, size)))


def _flip(content: bytearray, generator: np.random.Generator) -> None:
    content[_place(content, generator)] = int(generator.integers(256))


def _patch(content: bytearray, generator: np.random.Generator) -> None:
    at = _place(content, generator)
    content[at : at + 4] = PATCHES[int(generator.integers(len(PATCHES)))]


def _shift(content: bytearray, generator: np.random.Generator) -> None:
    at, count = _place(content, generator), int(generator.integers(1, 9))
    if generator.integers(2):
        del content[at : at + count]
    else:
        content[at:at] = generator.bytes(count)


def _truncate(content: bytearray, generator: np.random.Generator) -> None:
    del content[int(generator.integers(1, len(content))) :]


def _damage_block(content: bytearray, generator: np.random.Generator) -> None:
    at, count = int(generator.integers(len(content))), int(generator.integers(8, 400))
    content[at : at + count] = generator.bytes(len(content[at : at + count]))


def _edit_tag(content: bytearray, generator: np.random.Generator) -> None:
    """Change the kind, the count or the value of one entry of the first directory."""
    if content[:2] != b"II" or len(content) < 200:
        return _flip(content, generator)
    is_big = content[2] == 43
    (at,) = struct.unpack_from("<Q" if is_big else "<I", content, 8 if is_big else 4)
    head, entry = (8, 20) if is_big else (2, 12)
    if at + head > len(content):
        return _flip(content, generator)
    (count,) = struct.unpack_from("<Q" if is_big else "<H", content, at)
    place = at + head + entry * int(generator.integers(max(min(count, 40), 1)))
    if place + entry > len(content):
        return _flip(content, generator)
    part = int(generator.integers(4))
    offset, width = ((0, 2), (2, 2), (4, 8 if is_big else 4), (entry - (8 if is_big else 4), 4))[part]
    content[place + offset : place + offset + width] = _number(generator, width)
    return None


def _number(generator: np.random.Generator, width: int) -> bytes:
    """Return a number that hurts: near 0, near a power of two, or any."""
    kind = int(generator.integers(3))
    if kind == 0:
        value = int(generator.integers(0, 40))
    elif kind == 1:
        value = (1 << int(generator.integers(1, 8 * width + 1))) - int(generator.integers(0, 3))
    else:
        value = int.from_bytes(generator.bytes(width), "little")
    return (value % (1 << (8 * width))).to_bytes(width, "little")


def outcome(path: Path) -> str:
    """Return ``read`` or the code of a complete refusal; else what went wrong, in words."""
    from jezero_sites.errors import JezeroError
    from jezero_sites.io.dem import read_dem

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            dem = read_dem(path)
    except JezeroError as error:
        whole = error.found and error.fix and error.field and error.file == str(path) and error.exit_code == 2
        return error.code if whole else f"incomplete refusal {error}"
    except Exception as error:  # noqa: BLE001 - whatever comes out raw is what is looked for
        return f"raw {type(error).__name__}: {error}"[:300]
    known = dem.values[np.isfinite(dem.values)]
    return "read" if known.size and np.abs(known).max() < 1e5 else "read nonsense"


def _child(link: Any, folder: str, bases: list[bytes]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    path, swallowed = Path(folder) / f"mutant_{mp.current_process().pid}.tif", []
    sys.unraisablehook = swallowed.append
    while (number := link.recv()) is not None:
        path.write_bytes(mutant(bases, number))
        link.send((outcome(path), len(swallowed)))
        swallowed.clear()
    path.unlink(missing_ok=True)


class Reader:
    """A child process that reads mutants, and is started again when one has killed it.

    ``noisy`` counts mutants over which a library printed an exception that it swallowed itself.
    """

    def __init__(self, folder: str, bases: list[bytes]) -> None:
        self.folder, self.bases, self.noisy = folder, bases, 0
        self._start()

    def _start(self) -> None:
        context = mp.get_context("spawn")
        self.link, theirs = context.Pipe()
        self.process = context.Process(target=_child, args=(theirs, self.folder, self.bases), daemon=True)
        self.process.start()
        theirs.close()

    def read(self, number: int, seconds: float) -> str:
        """Return the outcome of a mutant; a crash or a hang is one too."""
        try:
            self.link.send(number)
            if self.link.poll(seconds):
                came, swallowed = self.link.recv()
                self.noisy += swallowed > 0
                return str(came)
            self.stop()
            self._start()
            return f"hang of more than {seconds:g} s"
        except (EOFError, OSError):
            self.process.join(5)
            how = self.process.exitcode
            self._start()
            return f"crash with exit code {how}"

    def stop(self) -> None:
        """End the child."""
        self.process.kill()
        self.process.join()
        self.link.close()


def fuzz(mutants: int, *, first: int, save: Path) -> tuple[collections.Counter[str], list[str], float]:
    """Return how often each outcome came, the offenders, and the longest time in seconds."""
    counts: collections.Counter[str] = collections.Counter()
    offenders, slowest, bases = [], 0.0, base_files()
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(folder, bases)
        reader.read(-1 % (1 << 32), 120.0)  # the first read loads the libraries
        for number in range(first, first + mutants):
            begun = time.monotonic()
            came = reader.read(number, SECONDS)
            slowest = max(slowest, time.monotonic() - begun)
            counts[came if came.startswith(OK) and " " not in came else came.split(":")[0]] += 1
            if not came.startswith(OK) or " " in came:
                save.mkdir(parents=True, exist_ok=True)
                (save / f"mutant_{number}.tif").write_bytes(mutant(bases, number))
                offenders.append(f"mutant {number}: {came}")
        reader.stop()
        counts["(of these, a library printed an exception of its own)"] = reader.noisy
    return counts, offenders, slowest


def main() -> int:
    """Run from the command line; 1 where anything but a raster or a coded error came out."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--mutants", type=int, default=MUTANTS)
    parser.add_argument("--first", type=int, default=0, help="number of the first mutant")
    parser.add_argument("--save", type=Path, default=Path("fuzz_findings"), help="folder for offenders")
    chosen = parser.parse_args()
    counts, offenders, slowest = fuzz(chosen.mutants, first=chosen.first, save=chosen.save)
    for came, count in counts.most_common():
        print(f"{count:6d}  {came}")
    print(f"{chosen.mutants} mutants, slowest {slowest:.2f} s, {len(offenders)} offenders")
    print("\n".join(offenders))
    return 1 if offenders else 0


if __name__ == "__main__":
    sys.exit(main())
