"""What refusing a bomb costs: ``python -m benchmarks.guard_cost [--repeat N]``.

Each file declares, nests or repeats far more than it holds. It is read in a process of its own that has read a
small good file before, so that libraries are loaded: printed are the code of the refusal, the shortest of a few
times, the highest memory of the process and by how much that is above what it was before.
"""

from __future__ import annotations

import argparse
import json
import struct
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

MOST = {"raster": (100.0, 150.0), "list": (500.0, 250.0)}
"""Milliseconds and MiB in all; lists of up to 20 MB are read whole before their text is looked at."""

CHILD = """
import json, sys, time
from jezero_sites.errors import InputError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.points.samples import read_samples

def peak_mib():  # of this program alone; what getrusage gives begins with that of the process it came from
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:")) / 1024

good, path, repeat = sys.argv[1], sys.argv[2], int(sys.argv[3])
read = read_samples if path.endswith(("csv", "json")) else read_dem
read_dem(good + ".tif"), read_samples(good + ".csv")
before, times, code = peak_mib(), [], "read"
for _ in range(repeat):
    begun = time.perf_counter()
    try:
        read(path)
    except InputError as error:
        code = error.code
    times.append(1000 * (time.perf_counter() - begun))
print(json.dumps([code, min(times), times[0], peak_mib(), peak_mib() - before]))
"""


def good_files(folder: Path) -> str:
    """Write a small DEM and a list of samples, and return their common stem."""
    import numpy as np
    import rasterio

    with rasterio.open(folder / "good.tif", "w", **_profile(64), dtype="float32", nodata=-32768) as dataset:
        dataset.write(np.full((64, 64), -2500, "float32"), 1)
    (folder / "good.csv").write_text("name,lon,lat\nA,77.45,18.44\n")
    return str(folder / "good")


def _profile(side: int) -> dict[str, Any]:
    from affine import Affine

    place = {"crs": "IAU_2015:49910", "transform": Affine(1.0, 0.0, 4_590_000.0, 0.0, -1.0, 1_093_000.0)}
    return {"driver": "GTiff", "count": 1, "height": side, "width": side, **place}


def sparse(path: Path, block: int) -> None:
    """Write a TIFF that declares 200,000 x 200,000 cells in blocks of a size, and stores none."""
    import rasterio

    tiles = {"tiled": True, "blockxsize": block, "blockysize": block, "compress": "deflate"}
    more = {"dtype": "float32", "nodata": -32768, "sparse_ok": "TRUE", "bigtiff": "YES"}
    with rasterio.open(path, "w", **_profile(200_000), **tiles, **more):
        pass


def repeated(path: Path, *, side: int, tile: int, length: int = 0) -> None:
    """Write a TIFF by hand whose tiles are all the same few bytes; ``length`` makes the file that long."""
    count, body = (-(-side // tile)) ** 2, zlib.compress(bytes(1 << 20), 9)
    end = 8 + 2 + 11 * 12 + 4
    start = end + 8 * count
    words = {256: side, 257: side, 258: 32, 259: 8, 262: 1, 277: 1, 322: tile, 323: tile, 339: 3}
    entries = [(tag, 4 if tag in (256, 257, 322, 323) else 3, 1, value) for tag, value in words.items()]
    places = [
        (324, 4, count, end if count > 1 else start),
        (325, 4, count, end + 4 * count if count > 1 else len(body)),
    ]
    packed = b"".join(struct.pack("<HHII", *entry) for entry in sorted([*entries, *places]))
    table = struct.pack(f"<{2 * count}I", *[start] * count, *[len(body)] * count)
    path.write_bytes(b"II*\0" + struct.pack("<IH", 8, 11) + packed + bytes(4) + table + body)
    if length:
        with path.open("r+b") as stream:
            stream.truncate(length)


def text(content: str | bytes) -> Callable[[Path], None]:
    """Return what writes a file of this content."""
    return lambda path: path.write_bytes(content.encode() if isinstance(content, str) else content) and None


LABEL = (
    "PDS_VERSION_ID = PDS3\r\nRECORD_TYPE = FIXED_LENGTH\r\nRECORD_BYTES = 400000\r\n^IMAGE = 2\r\nOBJECT = IMAGE\r\n"
    "LINES = 200000\r\nLINE_SAMPLES = 100000\r\nSAMPLE_TYPE = PC_REAL\r\nSAMPLE_BITS = 32\r\nEND_OBJECT = IMAGE\r\n"
    "END\r\n"
)
VRT = '<VRTDataset rasterXSize="2000000000" rasterYSize="2000000000"></VRTDataset>'
LAUGHS = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><VRTDataset>&b;</VRTDataset>'
HEAD = "name,lon,lat\n"

BOMBS: dict[str, tuple[str, Callable[[Path], Any]]] = {
    "nothing stored, blocks of 16384": ("tif", lambda path: sparse(path, 16_384)),
    "nothing stored, blocks of 512": ("tif", lambda path: sparse(path, 512)),
    "one block of 32768": ("tif", lambda path: repeated(path, side=32_768, tile=32_768)),
    "one piece for all tiles": ("tif", lambda path: repeated(path, side=200_000, tile=4096)),
    "more than 64 GiB": ("tif", lambda path: repeated(path, side=200_000, tile=4096, length=1 << 28)),
    "PDS3 of 75 GiB": ("lbl", text(LABEL)),
    "VRT of 2e9 x 2e9": ("tif", text(VRT)),
    "entities of entities": ("tif", text(LAUGHS)),
    "CSV, one cell of 50 MB": ("csv", text(b"x" * 50_000_000)),
    "CSV, 2,000,000 rows": ("csv", text(HEAD + "A,77,18\n" * 2_000_000)),
    "CSV, 20 MB of one cell": ("csv", text(HEAD + "x" * 19_900_000)),
    "CSV, 20 MB of blank lines": ("csv", text(HEAD + "\n" * 19_900_000)),
    "GeoJSON, 20 MB of brackets": ("json", text('{"features":' + "[" * 19_900_000)),
    "GeoJSON, a number of 20 MB": ("json", text('{"features":' + "9" * 19_900_000)),
}
"""What a file is, its ending, and how it is made."""


def cost(good: str, path: Path, repeat: int) -> tuple[str, float, float, float, float]:
    """Return code, shortest and first time in ms, highest memory and its growth in MiB."""
    command = [sys.executable, "-c", CHILD, good, str(path), str(repeat)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return tuple(json.loads(done.stdout))


def main() -> int:
    """Print the table; 1 where a bomb was read, or cost more than is allowed."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeat", type=int, default=5)
    repeat, over = parser.parse_args().repeat, 0
    print(f"{'file':34} {'code':13} {'bytes':>10} {'ms':>7} {'first':>7} {'MiB':>6} {'more':>6}")
    with tempfile.TemporaryDirectory() as name:
        good = good_files(Path(name))
        for bomb, (ending, write) in BOMBS.items():
            path = Path(name) / f"bomb.{ending}"
            write(path)
            code, best, first, peak, more = cost(good, path, repeat)
            most_ms, most_mib = MOST["list" if ending in ("csv", "json") else "raster"]
            is_over = code == "read" or best > most_ms or peak > most_mib
            over += is_over
            numbers = f"{path.stat().st_size:10d} {best:7.1f} {first:7.1f} {peak:6.0f} {more:6.1f}"
            print(f"{bomb:34} {code:13} {numbers}{'  over' if is_over else ''}")
            path.unlink()
    print(
        "; ".join(f"a {kind}: at most {ms:g} ms, {mib:g} MiB" for kind, (ms, mib) in MOST.items()),
        f"{over} over",
    )
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
