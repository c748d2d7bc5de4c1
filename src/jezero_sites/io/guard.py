"""The one door through which rasters and vector files are opened.

A name tells nothing about a file: GDAL would follow a document called ``dem.tif`` to other files, to
the network, or write where it says. So the first bytes decide the one driver that may open a file,
sidecar files are ignored unless asked for, and sizes are checked before any cell is read. No other
module calls ``rasterio.open`` or reads with geopandas or pyogrio; a test holds that.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio

from jezero_sites.errors import InputError, JezeroError
from jezero_sites.io.files import (
    COPY_AGAIN,
    check_inside,
    check_label,
    check_sidecars,
    local_file,
    raster_driver,
    read_start,
)

Role = Literal["dem", "ortho"]

LEAST_CELLS = 9
MAX_BLOCK_BYTES = 256 << 20
MAX_RASTER_BYTES = 64 << 30
BOMB_BYTES = 1 << 30
BOMB_RATIO = 1000

_FENCES = {
    "GDAL_CACHEMAX": 64,
    "GDAL_HTTP_MAX_RETRY": 5,
    "GDAL_VRT_ENABLE_PYTHON": "NO",
    "GTIFF_IGNORE_READ_ERRORS": "NO",
    "MRF_BYPASSCACHING": "TRUE",
    "MRF_ENABLE_CACHING": "NO",
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
}
_NO_SIDECARS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_PAM_ENABLED": "NO"}


@contextmanager
def open_raster(
    path: str | Path,
    *,
    role: Role,
    band: int | None = None,
    use_sidecars: bool = False,
    allow_sparse: bool = False,
) -> Iterator[Any]:
    """Open a raster for reading, after every check that needs no cell of it.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF or a PDS3 label or image on this machine.
    role : {"dem", "ortho"}
        What it is to be used for: a DEM must have one band (or ``band``), real and wider than 8 bits.
    band : int, optional
        The band that will be read, from 1.
    use_sidecars : bool
        Let ``.aux.xml`` files, world files and masks beside the file have their say.
    allow_sparse : bool
        Accept a file that declares a thousand times its own size.

    Yields
    ------
    rasterio.DatasetReader

    Raises
    ------
    InputError
        ``E_REMOTE E_NOT_FOUND E_NOT_FILE E_EMPTY_FILE E_INDIRECT E_FORMAT E_OUTSIDE E_CORRUPT E_BANDS
        E_DTYPE E_TOO_SMALL E_BLOCK E_BOMB E_TOO_LARGE``.
    """
    file, name = local_file(path), Path(path)
    driver = raster_driver(name)
    if driver == "PDS":
        check_label(name)
    if use_sidecars:
        check_sidecars(name)
    with warnings.catch_warnings(), rasterio.Env(**_options(driver, use_sidecars)):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with reading(name, field="header"):
            dataset = rasterio.open(file, driver=driver, sharing=False)
        with dataset:
            with reading(name, field="header"):
                _check_reach(dataset, name, driver)
                _check_cells(dataset, name, role=role, band=band)
                _check_size(dataset, name, allow_sparse=allow_sparse)
            yield dataset


@contextmanager
def reading(path: Path, *, field: str) -> Iterator[None]:
    """Turn whatever GDAL raises over a damaged file into ``E_CORRUPT``.

    Damage shows as read errors, text that is no UTF-8, CRS errors and more, hence the wide net: only
    calls into GDAL belong in the block.
    """
    try:
        yield
    except (JezeroError, MemoryError):
        raise
    except Exception as exc:
        raise corrupt(path, exc, field=field) from exc


def corrupt(path: Path, exc: BaseException, *, field: str) -> InputError:
    """Return ``E_CORRUPT`` with the words of the deepest cause."""
    while exc.__cause__ is not None:
        exc = exc.__cause__
    found = f"{field} cannot be read: {exc or type(exc).__name__}"
    return InputError("E_CORRUPT", found=found[:400], fix=COPY_AGAIN, file=str(path), field=field)


def _refuse(code: str, path: Path, field: str, *, found: str, needed: str = "", fix: str) -> InputError:
    return InputError(code, found=found, needed=needed, fix=fix, file=str(path), field=field)


def _options(driver: str, use_sidecars: bool) -> dict[str, Any]:
    options: dict[str, Any] = dict(_FENCES)
    if not use_sidecars:
        options |= _NO_SIDECARS
        if driver == "GTiff":
            options["GDAL_GEOREF_SOURCES"] = "INTERNAL"
    return options


def _check_reach(dataset: Any, path: Path, driver: str) -> None:
    """Refuse a file that leads to others, before anything is asked that would follow."""
    if "OVERVIEW_FILE" in {key.upper() for key in dataset.tags(ns="OVERVIEWS")}:
        fix = "gdal_translate -co COPY_SRC_OVERVIEWS=NO it into a plain GeoTIFF"
        raise _refuse("E_INDIRECT", path, "OVERVIEW_FILE", found="a tag that names another file", fix=fix)
    if driver == "PDS":
        for name in dataset.files:
            check_inside(path, name)


def _check_cells(dataset: Any, path: Path, *, role: Role, band: int | None) -> None:
    count = dataset.count
    if band is not None and not 1 <= band <= count:
        fix = f"--band 1 to {count}"
        raise _refuse("E_BANDS", path, "count", found=f"no band {band}: the file has {count}", fix=fix)
    if role == "dem" and band is None and count != 1:
        raise _refuse(
            "E_BANDS", path, "count", found=f"{count} bands", needed="one", fix="name it with --band N"
        )
    dtype = dataset.dtypes[(band or 1) - 1]
    if dtype.startswith("complex"):
        raise _refuse(
            "E_DTYPE", path, "dtype", found=dtype, needed="real numbers", fix="give a real-valued raster"
        )
    if role == "dem" and np.dtype(dtype).itemsize == 1:
        found = f"{dtype}: looks like imagery or a hillshade"
        raise _refuse("E_DTYPE", path, "dtype", found=found, fix="give the elevation raster")
    if min(dataset.width, dataset.height) < LEAST_CELLS:
        found = f"{dataset.height} x {dataset.width} cells"
        needed = f"at least {LEAST_CELLS} x {LEAST_CELLS}"
        raise _refuse(
            "E_TOO_SMALL", path, "size", found=found, needed=needed, fix="give a larger part of the raster"
        )


def _check_size(dataset: Any, path: Path, *, allow_sparse: bool) -> None:
    sizes = [np.dtype(name.replace("complex_int", "complex")).itemsize for name in dataset.dtypes]
    together = sum(sizes) if dataset.interleaving is rasterio.enums.Interleaving.pixel else max(sizes)
    block = max(rows * cols for rows, cols in dataset.block_shapes) * together
    if block > MAX_BLOCK_BYTES:
        needed = f"at most {MAX_BLOCK_BYTES >> 20} MiB"
        fix = "retile to 512 x 512: gdal_translate -of COG IN OUT"
        raise _refuse(
            "E_BLOCK", path, "block", found=f"one block holds {block >> 20} MiB", needed=needed, fix=fix
        )
    cells = dataset.width * dataset.height
    declared = cells * sum(sizes)
    stored = path.stat().st_size if dataset.driver == "GTiff" else _image_bytes(dataset, path, declared)
    if declared > BOMB_BYTES and declared > BOMB_RATIO * stored and not allow_sparse:
        found = f"{dataset.height} x {dataset.width} cells ({declared >> 20} MiB) in a file of {stored} bytes"
        raise _refuse("E_BOMB", path, "size", found=found, fix="if it is really that empty: --allow-sparse")
    if declared > MAX_RASTER_BYTES:
        needed = f"at most {MAX_RASTER_BYTES >> 30} GiB"
        raise _refuse(
            "E_TOO_LARGE", path, "size", found=f"{declared >> 30} GiB", needed=needed, fix="cut it into tiles"
        )


def _image_bytes(dataset: Any, path: Path, declared: int) -> int:
    """Return the size of a PDS3 image; GDAL would fill with zeros what is missing of it."""
    images = {Path(name).resolve() for name in dataset.files} - {path.resolve()}
    stored = sum(p.stat().st_size for p in images) if images else path.stat().st_size - check_label(path)
    if declared > stored:
        found = f"the label declares {declared} bytes of image, there are {stored}"
        raise _refuse("E_CORRUPT", path, "block", found=found, fix=COPY_AGAIN)
    return stored


def create_raster(path: Path, profile: Mapping[str, Any]) -> Any:
    """Return a new GeoTIFF, open for writing; used by :mod:`jezero_sites.io.write` alone."""
    return rasterio.open(path, "w", **{**profile, "driver": "GTiff"})


def open_own(path: Path) -> Any:
    """Return a GeoTIFF that this package has just written, to be verified."""
    return rasterio.open(path, driver="GTiff", sharing=False)


def read_table(path: Path, *, layer: str) -> Any:
    """Return a layer of a GeoPackage as a GeoDataFrame.

    Raises
    ------
    InputError
        What :func:`~jezero_sites.io.files.local_file` refuses; ``E_FORMAT``; ``E_CORRUPT``.
    """
    import geopandas

    file = local_file(path)
    if not read_start(file, 16).startswith(b"SQLite format 3\0"):
        raise _refuse("E_FORMAT", path, "format", found="no GeoPackage", fix="give the sites.gpkg of a run")
    with reading(path, field=f"layer {layer}"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return geopandas.read_file(file, layer=layer, engine="pyogrio")
