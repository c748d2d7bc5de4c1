"""The one door through which rasters and vector files are opened.

A name tells nothing about a file: GDAL would follow a document called ``dem.tif`` to other files, to
the network, or write where it says. So the first bytes decide the one driver that may open a file,
sidecar files are ignored unless asked for, and sizes are checked before any cell is read. No other
module calls ``rasterio.open`` or reads with geopandas or pyogrio; a test holds that.
"""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import rasterio

from jezero_sites.errors import InputError, JezeroError
from jezero_sites.io.database import START, stored_alone
from jezero_sites.io.files import (
    COPY_AGAIN,
    check_inside,
    check_label,
    local_file,
    raster_driver,
    read_small,
)
from jezero_sites.io.formats import other_driver
from jezero_sites.io.remote import HERE, RemoteFile, remote_geotiff
from jezero_sites.io.sidecars import check_obeyed, check_sidecars
from jezero_sites.io.sizes import MAX_RASTER_BYTES, check_size
from jezero_sites.io.urls import as_named

Role = Literal["dem", "ortho"]

LEAST_CELLS, MAX_TABLE_BYTES = 9, 1 << 28

_FENCES = {
    "GDAL_CACHEMAX": 64 << 20,  # bytes: rasterio hands it to GDAL as it is
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
    allow_remote: Collection[str] = (),
    max_bytes: int = MAX_RASTER_BYTES,
) -> Iterator[Any]:
    """Open a raster for reading, after every check that needs no cell of it.

    Parameters
    ----------
    path : str or Path
        A GeoTIFF, a JPEG 2000 image, an ISIS3 cube or a PDS3 or PDS4 label on this machine; a GeoTIFF at an
        ``https://`` URL, where ``allow_remote`` names its host.
    role : {"dem", "ortho"}
        What it is to be used for: a DEM must have one band (or ``band``), real and wider than 8 bits.
    band : int, optional
        The band that will be read, from 1.
    use_sidecars : bool
        Let ``.aux.xml`` files, world files and masks beside the file have their say.
    allow_sparse : bool
        Accept a file that declares a thousand times its own size.
    allow_remote : collection of str
        Hosts from which rasters may be read over HTTPS: ``example.org``, ``example.org:8443``.
    max_bytes : int
        Refuse a file that declares more cells than that.

    Yields
    ------
    rasterio.DatasetReader
        With ``remote_notice``: what to record of a file on another machine, else None.

    Raises
    ------
    InputError
        ``E_REMOTE E_NOT_FOUND E_NOT_FILE E_EMPTY_FILE E_INDIRECT E_FORMAT E_OUTSIDE E_CORRUPT E_BANDS
        E_DTYPE E_TOO_SMALL E_BLOCK E_BOMB E_TOO_LARGE``; of ISIS3 and PDS4 also ``E_CRS E_ROTATED``.
    """
    url, limits = as_named(path), {"allow_sparse": allow_sparse, "max_bytes": max_bytes}
    if "://" in url:
        with (
            remote_geotiff(url, allow_remote) as remote,
            _opened(Path(url), remote, "GTiff", sidecars=False) as dataset,
        ):
            _check(dataset, Path(url), role=role, band=band, stored=remote.size_bytes, limits=limits)
            dataset.remote_notice = remote.notice()
            yield dataset
        return
    file, name = local_file(path), Path(path)
    driver = other_driver(name) or raster_driver(name)
    if driver == "PDS":
        check_label(name)
    if use_sidecars:
        check_sidecars(name)
    else:
        check_obeyed(name, driver)
    with _opened(name, file, driver, sidecars=use_sidecars) as dataset:
        _check(dataset, name, role=role, band=band, stored=file.stat().st_size, limits=limits)
        dataset.remote_notice = None
        yield dataset


@contextmanager
def _opened(name: Path, source: Path | RemoteFile, driver: str, *, sidecars: bool) -> Iterator[Any]:
    """Open a raster with the one driver that may, behind all fences."""
    with warnings.catch_warnings(), rasterio.Env(**_options(driver, sidecars)):
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with reading(name, field="header"):
            if isinstance(source, RemoteFile):
                dataset = rasterio.open(HERE, driver=driver, sharing=False, opener=source.opener)
            else:
                dataset = rasterio.open(source, driver=driver, sharing=False)
        with dataset:
            yield dataset


def _check(
    dataset: Any, name: Path, *, role: Role, band: int | None, stored: int, limits: dict[str, Any]
) -> None:
    with reading(name, field="header"):
        _check_reach(dataset, name)
        _check_cells(dataset, name, role=role, band=band)
        check_size(dataset, name, stored=stored, **limits)


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
    needed, named = "a file that is whole", as_named(path)
    return InputError("E_CORRUPT", found=found[:400], needed=needed, fix=COPY_AGAIN, file=named, field=field)


def _refuse(code: str, path: Path, field: str, *, found: str, needed: str, fix: str) -> InputError:
    return InputError(code, found=found, needed=needed, fix=fix, file=as_named(path), field=field)


def _options(driver: str, use_sidecars: bool) -> dict[str, Any]:
    options: dict[str, Any] = dict(_FENCES)
    if not use_sidecars:
        options |= _NO_SIDECARS
        if driver == "GTiff":
            options["GDAL_GEOREF_SOURCES"] = "INTERNAL"
        if driver == "JP2OpenJPEG":
            options["GDAL_GEOREF_SOURCES"] = "INTERNAL,PAM"  # without PAM, no transform is any transform
    if driver == "JP2OpenJPEG":
        options["GDAL_NUM_THREADS"] = "1"  # with more, tiles that fail come out as whatever memory held
    return options


def _check_reach(dataset: Any, path: Path) -> None:
    """Refuse a file that leads to others, before anything is asked that would follow."""
    if "OVERVIEW_FILE" in {key.upper() for key in dataset.tags(ns="OVERVIEWS")}:
        fix = "gdal_translate -co COPY_SRC_OVERVIEWS=NO it into a plain GeoTIFF"
        found, needed = "a tag that names another file", "a file that stands alone"
        raise _refuse("E_INDIRECT", path, "OVERVIEW_FILE", found=found, needed=needed, fix=fix)
    if dataset.driver in ("PDS", "PDS4", "ISIS3"):
        for name in dataset.files:
            check_inside(path, name)


def _check_cells(dataset: Any, path: Path, *, role: Role, band: int | None) -> None:
    count = dataset.count
    if band is not None and not 1 <= band <= count:
        found = f"no band {band}: the file has {count}"
        needed, fix = f"a band from 1 to {count}", "name one of them with --band N"
        raise _refuse("E_BANDS", path, "count", found=found, needed=needed, fix=fix)
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
        found, needed = f"{dtype}: looks like imagery or a hillshade", "16 bits or more"
        raise _refuse("E_DTYPE", path, "dtype", found=found, needed=needed, fix="give the elevation raster")
    if min(dataset.width, dataset.height) < LEAST_CELLS:
        found = f"{dataset.height} x {dataset.width} cells"
        needed = f"at least {LEAST_CELLS} x {LEAST_CELLS}"
        raise _refuse(
            "E_TOO_SMALL", path, "size", found=found, needed=needed, fix="give a larger part of the raster"
        )


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
        What :func:`~jezero_sites.io.files.local_file` and
        :func:`~jezero_sites.io.database.stored_alone` refuse; ``E_FORMAT E_TOO_LARGE``.
    """
    import geopandas

    data, table = read_small(local_file(path), limit=MAX_TABLE_BYTES), None
    found, needed, fix = f"no places in a layer {layer}", "a GeoPackage", "give the sites.gpkg of a run"
    if data.startswith(START):
        whole = stored_alone(data, as_named(path))
        with reading(path, field=f"layer {layer}"), warnings.catch_warnings(action="ignore"):
            table = geopandas.read_file(whole, layer=layer, engine="pyogrio")
    if not isinstance(table, geopandas.GeoDataFrame):
        raise _refuse("E_FORMAT", path, "format", found=found, needed=needed, fix=fix)
    return table
