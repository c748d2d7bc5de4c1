"""Rocks below what a DEM shows: how many the footprint meets, from an abundance given as a number or a raster."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from jezero_sites import hazards
from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError, Notice
from jezero_sites.raster import Grid, Raster, same_grid
from jezero_sites.settings import Rocks, Settings

COMPLETE_FROM_M = 1.5
"""Counts in HiRISE images are complete from about this diameter (Golombek et al. 2008, doi:10.1029/2007JE003065)."""


@dataclass(frozen=True, eq=False)
class RockField:
    """How many rocks beyond the limit a footprint meets on average, and what that rests on.

    ``abundance`` and ``rate`` are numbers, or arrays of shape (rows, columns) with NaN where unknown; of a whole run
    with an abundance for each cell their medians, as ``is_median`` says.
    """

    abundance: float | FloatArray
    rate: float | FloatArray
    source: str
    is_median: bool = False


def rock_field(grid: Grid, settings: Settings, abundance: Raster | None = None) -> RockField | None:
    """Return the rocks that a footprint meets; None where no abundance is known.

    A raster takes the place of the settings' number. Each cell takes the abundance of the raster's cell that
    its centre lies in; beyond the raster it is unknown.

    Raises
    ------
    InputError
        ``E_ABUNDANCE`` where a raster is known on none of a whole grid's cells.
    """
    k: float | FloatArray | None = settings.rocks.abundance_fraction
    source = settings.rocks.abundance_source or "unverified"
    if abundance is not None:
        k = abundance_on(grid, abundance)
        source = f"raster {abundance.sources[0].name}" if abundance.sources else "raster in memory"
    if k is None:
        return None
    if np.all(np.isnan(k)) and grid.part_of is None:
        raise no_abundance(abundance)
    rate = overlap_rate(settings.rocks, k, radius_m=settings.lander.footprint_radius_m)
    return RockField(k, rate, source)


def no_abundance(abundance: Raster | None) -> InputError:
    """Return the error for an abundance that is known nowhere on the DEM."""
    found = "the rock abundance covers none of the DEM's ground"
    name = str(abundance.sources[0]) if abundance is not None and abundance.sources else None
    fix = "give a raster of the same ground"
    return InputError("E_ABUNDANCE", found=found, fix=fix, file=name, field="rock abundance")


def rocks_of_run(settings: Settings, abundance: Raster | None) -> RockField | None:
    """Return what a run says of rocks before any cell is known."""
    if abundance is not None:
        source = f"raster {abundance.sources[0].name}" if abundance.sources else "raster in memory"
        return RockField(np.nan, np.nan, source, is_median=True)
    k = settings.rocks.abundance_fraction
    if k is None:
        return None
    rate = overlap_rate(settings.rocks, k, radius_m=settings.lander.footprint_radius_m)
    return RockField(k, rate, settings.rocks.abundance_source or "unverified")


def with_median(
    rocks: RockField | None,
    statistics: Mapping[str, Mapping[str, float]],
    abundance: Raster | None,
    settings: Settings,
) -> RockField | None:
    """Return the same with the median of what was found.

    Raises
    ------
    InputError
        ``E_ABUNDANCE`` where the abundance is known nowhere.
    """
    if rocks is None or not rocks.is_median or "rock_abundance_fraction" not in statistics:
        return rocks
    median = statistics["rock_abundance_fraction"].get("p50")
    if median is None:
        raise no_abundance(abundance)
    rate = overlap_rate(settings.rocks, median, radius_m=settings.lander.footprint_radius_m)
    return replace(rocks, abundance=median, rate=rate)


def abundance_notices(unknown_fraction: float, abundance: Raster | None) -> tuple[Notice, ...]:
    """Return the notices of an abundance raster, and one where it leaves some of the DEM's ground out."""
    if abundance is None:
        return ()
    if not unknown_fraction:
        return abundance.notices
    name = abundance.sources[0].name if abundance.sources else None
    found = (
        f"the rock abundance is unknown on {unknown_fraction:.1%} of the DEM's cells: "
        "that ground counts as unknown"
    )
    return (*abundance.notices, Notice("W_ABUNDANCE", found, "give one of the whole DEM", name))


def overlap_rate(
    rocks: Rocks, abundance: float | FloatArray, *, radius_m: float, reading: str | None = None
) -> float | FloatArray:
    """Return how many rocks beyond the limit, in a reading of it, a disc meets on average."""
    least = critical_diameter_m(rocks, reading or rocks.reading)
    rate = hazards.overlap_rate(
        abundance,
        min_diameter_m=least,
        max_diameter_m=max(rocks.largest_diameter_m, least),
        radius_m=radius_m,
    )
    return float(rate) if np.ndim(abundance) == 0 else rate


def critical_diameter_m(rocks: Rocks, reading: str) -> float:
    """Return the diameter of the smallest rock beyond the limit, read as a height or as a diameter."""
    return rocks.limit_m / rocks.height_per_diameter if reading == "height" else rocks.limit_m


def extrapolation(rocks: Rocks) -> str:
    """Say which part of the rocks is a model's extrapolation: no image shows it.

    >>> from jezero_sites.settings import load_profile
    >>> extrapolation(load_profile().rocks)
    'all of it: diameters 0.38 to 1.5 m, below the 1.5 m from which counts in HiRISE images are complete'
    """
    least, most = rocks.critical_diameter_m, rocks.largest_diameter_m
    if least >= COMPLETE_FROM_M:
        return f"none: diameters {least:g} to {most:g} m can be counted in HiRISE images"
    part = "all of it" if most <= COMPLETE_FROM_M else f"the part below {COMPLETE_FROM_M:g} m"
    end = f"below the {COMPLETE_FROM_M:g} m from which counts in HiRISE images are complete"
    return f"{part}: diameters {least:g} to {min(most, COMPLETE_FROM_M):g} m, {end}"


def rock_statements(field: RockField | None, settings: Settings) -> list[str]:
    """Return what must be said about rocks: what the limit means in both readings, and what was never seen."""
    rocks = settings.rocks
    what = f"{rocks.limit_m:g} m {_WORDS[rocks.reading]}"
    if field is None:
        return [
            f"Rocks were not assessed: no rock abundance is set. A rock {what} is far below what a DEM shows; "
            "the probabilities hold only where there is none."
        ]
    k = float(np.nanmedian(field.abundance))
    radius = settings.lander.footprint_radius_m
    middle = f"the median abundance, {k:.3g}," if field.is_median else f"a rock abundance of {k:g}"
    chances = []
    for reading in ("height", "diameter"):
        rate = float(overlap_rate(rocks, k, radius_m=radius, reading=reading))
        met = f"{rate:.3g} on average, at least one with a chance of {-math.expm1(-rate):.3g}"
        chances.append(f"{rocks.limit_m:g} m {_WORDS[reading]}: {met}")
    return [
        f"Rocks at least {what} are a model extrapolation (Golombek and Rapp 1997), none was seen. Extrapolated: "
        f"{extrapolation(rocks)}. Abundance: {field.source}. The hazard class weighs the limits on layers alone; rocks "
        "enter the safe probability.",
        f"At {middle} a footprint of {radius:g} m radius meets rocks of {'; of '.join(chances)}. The limit is read as "
        f"a {rocks.reading}. Rocks wider than {rocks.largest_diameter_m:g} m are not in these numbers, and none was "
        f"looked for: by the same law they add {_beyond(rocks, k, radius):.2g}.",
    ]


def _beyond(rocks: Rocks, abundance: float, radius_m: float) -> float:
    """Return how many rocks beyond the largest diameter a disc meets on average."""
    rate = hazards.overlap_rate(
        abundance, min_diameter_m=rocks.largest_diameter_m, max_diameter_m=math.inf, radius_m=radius_m
    )
    return float(rate)


_WORDS = {"height": "high", "diameter": "wide"}


def abundance_on(grid: Grid, abundance: Raster) -> FloatArray:
    """Return an abundance on the cells of a grid: that of the nearest cell, NaN beyond the raster."""
    values = abundance.values
    if same_grid(grid.whole, abundance.grid):
        return np.asarray(values[grid.rows_of_whole, grid.columns_of_whole], np.float64)
    found = np.full(grid.shape, np.nan)
    columns = np.arange(grid.shape[1])
    for row in range(grid.shape[0]):
        x, y = abundance.grid.from_lonlat(*grid.lonlat(*grid.xy(np.full_like(columns, row), columns)))
        inside = abundance.grid.contains(x, y)
        r, c = (np.rint(v[inside]).astype(np.int64) for v in abundance.grid.rowcol(x, y))
        rows, cols = abundance.grid.shape
        found[row, inside] = values[np.clip(r, 0, rows - 1), np.clip(c, 0, cols - 1)]
    return found
