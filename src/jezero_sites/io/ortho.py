"""Pictures from files: brightness on the picture's own grid, with the light it was taken in."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.cells import clean_tags, flipped, stored_cells
from jezero_sites.io.georef import crs_in_words, georeference
from jezero_sites.io.guard import open_raster, reading
from jezero_sites.io.hashing import source_fingerprints, stamp_before
from jezero_sites.io.urls import as_named
from jezero_sites.mars import Constant
from jezero_sites.raster import Raster

_BT709 = "ITU-R BT.709-6 (2015), item 3.2: luminance of red, green, blue"
LUMINANCE = (
    Constant(0.2126, unit="1", source=_BT709),
    Constant(0.7152, unit="1", source=_BT709),
    Constant(0.0722, unit="1", source=_BT709),
)

_SUN_TAGS = ("SUN_AZIMUTH_DEG", "INCIDENCE_DEG")


def read_ortho(
    path: str | Path,
    *,
    band: int | None = None,
    assume_crs: str | None = None,
    use_sidecars: bool = False,
    allow_remote: Collection[str] = (),
    sun_azimuth_deg: float | None = None,
    incidence_deg: float | None = None,
) -> Raster:
    """Return the brightness of an orthoimage, in the numbers of the file.

    Parameters
    ----------
    path : str or Path
        A raster (GeoTIFF, JPEG 2000, ISIS3, PDS3, PDS4) with integer or floating-point pixels.
    band : int, optional
        The band to take, from 1. Without it: the luminance of red, green and blue bands that are marked
        as such, else the first band. ``BRIGHTNESS_FROM`` in the tags says which.
    assume_crs : str, optional
        The CRS of a file that has none.
    use_sidecars : bool
        Let ``.aux.xml`` and world files beside the file override it.
    allow_remote : collection of str
        Hosts from which a GeoTIFF may be read over HTTPS.
    sun_azimuth_deg, incidence_deg : float, optional
        Where the light came from (clockwise from north) and its angle from the vertical; they override the
        file's own tags ``SUN_AZIMUTH_DEG`` and ``INCIDENCE_DEG``.

    Returns
    -------
    Raster
        ``brightness``, float32, NaN where the file's mask says so; 0 is a value like others. The sun's
        angles are in the tags where they are known, else there is a notice ``W_NO_SUN``.

    Raises
    ------
    InputError
        Whatever :func:`~jezero_sites.io.guard.open_raster` and
        :func:`~jezero_sites.io.georef.georeference` refuse; ``E_CORRUPT``; ``E_DTYPE`` for a palette;
        ``E_SUN`` for angles that no sun above the horizon has; ``E_TOO_LARGE``.
    """
    file, name = Path(path), as_named(path)
    since = stamp_before(file)
    given = dict(zip(_SUN_TAGS, (sun_azimuth_deg, incidence_deg), strict=True))
    with open_raster(
        name, role="ortho", band=band, use_sidecars=use_sidecars, allow_remote=allow_remote
    ) as dataset:
        prints = source_fingerprints(dataset, file, since=since)
        where = georeference(dataset, file, assume_crs=assume_crs, use_sidecars=use_sidecars)
        with reading(file, field="tags"):
            tags = clean_tags(dataset.tags())
            bands, origin = _chosen_bands(dataset, band, name)
            dtype = str(dataset.dtypes[bands[0][0] - 1])
        values = _brightness(dataset, bands, file)
    sun, notices = _sun(tags, given, name)
    tags = {k: v for k, v in tags.items() if k not in _SUN_TAGS} | sun
    tags |= {"BRIGHTNESS_FROM": origin, "CRS": crs_in_words(where.grid.crs), "STORED_AS": dtype}
    values, notices = flipped(values, where), (*where.notices, *notices)
    return Raster(values, where.grid, "brightness", "DN", tags, notices, (file,), prints)


def _chosen_bands(dataset: Any, band: int | None, name: str) -> tuple[list[tuple[int, float]], str]:
    """Return the bands to add up with their weights, and what to call the sum."""
    colours = [c.name for c in dataset.colorinterp]
    first = band or 1
    if colours[first - 1] == "palette":
        found, fix = "a palette: its numbers are no brightness", "gdal_translate -expand gray IN OUT.tif"
        needed = "brightness or colours"
        raise InputError("E_DTYPE", found=found, needed=needed, fix=fix, file=name, field="dtype")
    if band is None and {"red", "green", "blue"} <= set(colours):
        weights = zip(("red", "green", "blue"), LUMINANCE, strict=True)
        return [(colours.index(c) + 1, float(w)) for c, w in weights], "luminance of red, green and blue"
    return [(first, 1.0)], f"band {first} of {dataset.count}"


def _brightness(dataset: Any, bands: list[tuple[int, float]], path: Path) -> NDArray[np.float32]:
    try:
        values = np.zeros((dataset.height, dataset.width), np.float32)
    except MemoryError as exc:
        found, fix = (
            "more pixels than fit into memory",
            "cut out the area of interest: gdal_translate -projwin",
        )
        raise InputError("E_TOO_LARGE", found=found, fix=fix, file=str(path), field="size") from exc
    for number, weight in bands:
        for cells in stored_cells(dataset, number, path):
            with np.errstate(over="ignore", invalid="ignore"):
                part = cells.stored.astype(np.float32) * np.float32(weight)
            part[~(cells.is_valid & np.isfinite(cells.stored))] = np.nan
            values[cells.rows, cells.columns] += part
    return values


def _sun(
    tags: dict[str, str], given: dict[str, float | None], name: str
) -> tuple[dict[str, str], tuple[Notice, ...]]:
    """Return the sun's angles as tags, from the options or else the file, or say that one is missing."""
    angles = {tag: _angle(tag, given[tag], tags.get(tag), name) for tag in _SUN_TAGS}
    known = {tag: f"{value:.10g}" for tag, value in angles.items() if value is not None}
    missing = [tag.lower() for tag in _SUN_TAGS if tag not in known]
    if not missing:
        return known, ()
    found = f"{' and '.join(missing)} not known: the picture is shown, its rocks are not assessed"
    return known, (Notice("W_NO_SUN", found, fix="--sun-azimuth DEG --incidence DEG", file=name),)


def _angle(tag: str, given: float | None, stored: str | None, name: str) -> float | None:
    try:
        value = float(stored or "nan") if given is None else float(given)
    except ValueError:
        return None
    if given is None and not np.isfinite(value):
        return None
    is_azimuth = tag == "SUN_AZIMUTH_DEG"
    if not (-360.0 <= value <= 360.0 if is_azimuth else 0.0 <= value < 90.0):
        found, needed = f"{tag.lower()} {value:g}", "-360 to 360" if is_azimuth else "0 to less than 90"
        fix = "--sun-azimuth DEG --incidence DEG"
        raise InputError("E_SUN", found=found, needed=needed, fix=fix, file=name, field=tag)
    return value % 360.0
