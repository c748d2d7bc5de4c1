"""How much a raster declares to hold, against what the file can hold and what fits into memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from rasterio.enums import Interleaving

from jezero_sites.errors import InputError
from jezero_sites.io.files import COPY_AGAIN, check_label
from jezero_sites.io.labels import check_cube, check_pds4
from jezero_sites.io.urls import as_named

MAX_BLOCK_BYTES = 256 << 20
MAX_RASTER_BYTES = 64 << 30
BOMB_BYTES = 1 << 30
BOMB_RATIO = 1000


def check_size(
    dataset: Any, path: Path, *, stored: int, allow_sparse: bool, max_bytes: int = MAX_RASTER_BYTES
) -> None:
    """Refuse blocks and rasters that are too large to unpack, before any cell is read.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
    path : Path
        For the message, and for the label of a PDS3, PDS4 or ISIS3 image.
    stored : int
        Size of the file in bytes.
    allow_sparse : bool
        Accept a file that declares a thousand times its own size.
    max_bytes : int
        Refuse a file that declares more than that.

    Raises
    ------
    InputError
        ``E_BLOCK E_BOMB E_TOO_LARGE``; ``E_CORRUPT`` where an image is shorter than its label says.
    """
    sizes = [np.dtype(name.replace("complex_int", "complex")).itemsize for name in dataset.dtypes]
    together = sum(sizes) if dataset.interleaving is Interleaving.pixel else max(sizes)
    block = max(rows * cols for rows, cols in dataset.block_shapes) * together
    if block > MAX_BLOCK_BYTES:
        needed = f"at most {MAX_BLOCK_BYTES >> 20} MiB"
        fix = "retile to 512 x 512: gdal_translate -of COG IN OUT"
        found = f"one block holds {block >> 20} MiB"
        raise _refuse("E_BLOCK", path, "block", found=found, needed=needed, fix=fix)
    declared = dataset.width * dataset.height * sum(sizes)
    if dataset.driver in ("PDS", "PDS4", "ISIS3"):
        blocks = [(-(-dataset.height // r) * r, -(-dataset.width // c) * c) for r, c in dataset.block_shapes]
        laid = sum(rows * cols * size for (rows, cols), size in zip(blocks, sizes, strict=True))
        stored = _image_bytes(dataset, path, laid)
    if declared > BOMB_BYTES and declared > BOMB_RATIO * stored and not allow_sparse:
        found = f"{dataset.height} x {dataset.width} cells ({declared >> 20} MiB) in a file of {stored} bytes"
        needed = f"at most {BOMB_RATIO} times the size of the file"
        fix = "if it is really that empty: --allow-sparse"
        raise _refuse("E_BOMB", path, "size", found=found, needed=needed, fix=fix)
    if declared > max_bytes:
        found, needed = f"{declared / 2**30:.4g} GiB of cells", f"at most {max_bytes / 2**30:.4g} GiB"
        fix = "cut it into tiles, or --max-size GIB"
        raise _refuse("E_TOO_LARGE", path, "size", found=found, needed=needed, fix=fix)


def _image_bytes(dataset: Any, path: Path, declared: int) -> int:
    """Return the size of a labelled image; GDAL fills up with zeros what is missing of it, or of its last row."""
    images = {Path(name).resolve() for name in dataset.files} - {path.resolve()}
    if dataset.driver == "ISIS3":
        stored = path.stat().st_size - check_cube(path)
    elif dataset.driver == "PDS4":
        array = check_pds4(path)
        stored = array.file.stat().st_size - array.start
    else:
        stored = sum(p.stat().st_size for p in images) if images else path.stat().st_size - check_label(path)
    if declared > stored:
        found = f"the label declares {declared} bytes of image, there are {stored}"
        raise _refuse("E_CORRUPT", path, "block", found=found, needed="the whole image", fix=COPY_AGAIN)
    return stored


def _refuse(code: str, path: Path, field: str, *, found: str, needed: str, fix: str) -> InputError:
    return InputError(code, found=found, needed=needed, fix=fix, file=as_named(path), field=field)
