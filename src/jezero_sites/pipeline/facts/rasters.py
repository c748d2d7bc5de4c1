"""Facts of rasters: a DEM, one of the package's own layers, or an image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.urls import as_named
from jezero_sites.pipeline.facts.findings import FileFacts, in_order, size_in_words
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import Settings

if TYPE_CHECKING:
    from jezero_sites.io.contents import Contents
    from jezero_sites.pipeline.facts.file_facts import Reading

WHOLE_CELLS = 1 << 24
"""A file of more cells than this is sampled unless all of it is asked for."""

_TOLD_TAGS = ("VERTICAL_DATUM", "VERTICAL", "GEOID", "SYNTHETIC", "STORED_AS", "CRS", "AREA_OR_POINT")
_NOT_A_DEM = ("E_DTYPE", "E_BANDS", "E_UNITS", "E_RANGE")


def raster_facts(path: Path, settings: Settings, reading: Reading) -> FileFacts:
    """Return the facts of a raster file.

    Raises
    ------
    InputError
        Where the file is nothing that can be opened.
    """
    try:
        return _dem_facts(path, settings, reading)
    except InputError as refusal:
        return _no_dem(path, refusal, reading)


def _dem_facts(path: Path, settings: Settings, reading: Reading) -> FileFacts:
    from jezero_sites.pipeline.facts.against_lander import (
        lander_facts,
        lander_findings,
        resolution_in_words,
    )

    held, notices = _held(path, reading)
    dem = held.dem
    datum, kind = dem.tags["VERTICAL_DATUM"], dem.tags["STORED_AS"]
    heights = f"{held.low_m:.6g} to {held.high_m:.6g} m" if np.isfinite(held.low_m) else "none in the sample"
    facts = {
        "what": "elevation (DEM)",
        **_where(dem.grid),
        "heights": f"{heights}{_of_a_sample(held)}",
        "unknown": f"{held.unknown_fraction:.2%}{_of_a_sample(held)}",
        "vertical_datum": datum,
        "resolution": resolution_in_words(dem, settings),
        "synthetic": _synthetic(dem),
        "stored_as": f"band {reading.band or 1}, {kind}, {_size(path, dem)}",
        "crs": _crs_in_words(dem),
        **_tags(dem),
    }
    told = (*dem.notices, *notices, *lander_findings(dem, settings))
    return FileFacts(as_named(path), facts, lander_facts(dem, settings), in_order(told))


def _held(path: Path, reading: Reading) -> tuple[Contents, tuple[Notice, ...]]:
    """Return what a DEM holds, exactly where it is small or all of it is asked for."""
    from jezero_sites.io.contents import Contents, dem_contents
    from jezero_sites.io.dem import read_dem

    options = reading.options()
    if reading.full or _cells(path, reading) <= WHOLE_CELLS:
        dem = read_dem(path, **options)
        known = np.isfinite(dem.values)
        low, high = float(np.nanmin(dem.values)), float(np.nanmax(dem.values))
        return Contents(dem, low, high, 1 - float(known.mean()), 1, 1), ()
    held = dem_contents(path, **options)
    if held.blocks_read == held.blocks:
        return held, ()
    found = (
        f"heights and unknown share are of {held.blocks_read} of {held.blocks} stored blocks, spread evenly; "
        "the others were not read, nor checked for damage"
    )
    return held, (Notice("W_SAMPLED", found, "--full reads all of it", path.name),)


def _cells(path: Path, reading: Reading) -> int:
    from jezero_sites.io.contents import stored_cells_count

    return stored_cells_count(path, max_size_gib=reading.max_size_gib, allow_remote=reading.allow_remote)


def _size(path: Path, raster: Raster) -> str:
    """Return the size of a raster's file, which may be on another machine."""
    from jezero_sites.io.remote import RemoteNotice

    far = [n.size_bytes for n in raster.notices if isinstance(n, RemoteNotice)]
    return size_in_words(far[0] if far else path.stat().st_size)


def _of_a_sample(held: Contents) -> str:
    if held.blocks_read == held.blocks:
        return ""
    return f" (in {held.blocks_read} of {held.blocks} blocks)"


def _no_dem(path: Path, refusal: InputError, reading: Reading) -> FileFacts:
    """Return a file that is no DEM as the layer or the image that it is, else with why it was refused."""
    from jezero_sites.io.contents import refused_header
    from jezero_sites.io.layer import read_layer
    from jezero_sites.io.ortho import read_ortho
    from jezero_sites.layers import LAYERS

    if refusal.code == "E_REMOTE":
        raise refusal
    if refusal.code in _NOT_A_DEM:
        try:
            first = read_layer(path)[0]
            if first.name in LAYERS and "METHOD" in first.tags:
                what = f"layer {first.name} made by jezero_sites: not a DEM"
                return _picture_facts(first, what, path)
            if refusal.code in ("E_DTYPE", "E_BANDS"):
                image = read_ortho(path)
                return _picture_facts(image, "image: shown on the map, not a DEM", path)
        except InputError:
            pass
    facts = {"what": "cannot be used as it is"}
    if path.is_file():
        facts["size"] = size_in_words(path.stat().st_size)
    header = refused_header(path, allow_remote=reading.allow_remote)
    return FileFacts(as_named(path), facts | header, {}, in_order((refusal,)), refusal)


def _picture_facts(raster: Raster, what: str, path: Path) -> FileFacts:
    known = raster.values > 0 if raster.name == "hazard_class" else np.isfinite(raster.values)
    values, unit = raster.values[known], f" {raster.unit}" if raster.unit else ""
    facts = {
        "what": what,
        **_where(raster.grid),
        "values": f"{values.min():.6g} to {values.max():.6g}{unit}" if values.size else "none",
        "unknown": f"{1 - float(known.mean()):.2%}",
        "synthetic": _synthetic(raster),
        "stored_as": f"{raster.tags.get('STORED_AS', raster.values.dtype)}, {_size(path, raster)}",
        "crs": _crs_in_words(raster),
        **_tags(raster),
    }
    return FileFacts(str(path), facts, {}, in_order(raster.notices))


def _where(grid: Grid) -> dict[str, str]:
    rows, columns = grid.shape
    left, bottom, right, top = grid.bounds
    lon, lat = grid.lonlat([left, right, left, right], [bottom, bottom, top, top])
    east, north = columns * grid.mean_dx_m, rows * grid.dy_m
    return {
        "cells": f"{rows} rows x {columns} columns",
        "cell_on_the_ground": f"{grid.mean_dx_m:.4f} m east-west x {grid.dy_m:.4f} m north-south (middle row)",
        "cell_on_the_map": f"{abs(grid.transform.a):.6g} x {abs(grid.transform.e):.6g} map metres",
        "ground": f"{east:,.0f} m east-west x {north:,.0f} m north-south",
        "body": f"Mars, sphere of {grid.body_radius_m:,.2f} m",
        "longitude_east": f"{lon.min():.5f} to {lon.max():.5f} deg",
        "latitude": f"{lat.min():.5f} to {lat.max():.5f} deg, planetocentric",
    }


def _crs_in_words(raster: Raster) -> str:
    from jezero_sites.io.georef import crs_in_words

    words = raster.tags.get("CRS") or crs_in_words(raster.grid.crs)
    return f"without a name; {words.removeprefix('unknown; ')}" if words.startswith("unknown; ") else words


def _synthetic(raster: Raster) -> str:
    told = raster.tags.get("SYNTHETIC", "")
    return (
        f"{told}: made-up ground, no place on Mars"
        if told.lower() in ("yes", "true", "1")
        else told or "not said"
    )


def _tags(raster: Raster) -> dict[str, str]:
    return {f"tag_{k.lower()}": v for k, v in sorted(raster.tags.items()) if k not in _TOLD_TAGS}
