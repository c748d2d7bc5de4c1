"""Quantities of a DEM by their name in the table of layers, Raster in and Raster out."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from jezero_sites import terrain
from jezero_sites.arrays import FloatArray
from jezero_sites.blocks import map_strips
from jezero_sites.errors import InputError
from jezero_sites.layers.table import Layer, Lengths, layer_for
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import DEFAULT_BASELINE_M, SLOPE_NAME

DEFAULT_RADIUS_M = 3.0
"""Radius of the disc for relief where none is given; illustrative, not a mission value."""


def measure(
    dem: Raster,
    name: str,
    *,
    baseline_m: float | None = None,
    radius_m: float | None = None,
    sun_deg: tuple[float, float] = (315.0, 45.0),
    jobs: int = 1,
) -> Raster:
    """Return one quantity of a DEM.

    Parameters
    ----------
    dem : Raster
        Heights in metres.
    name : str
        A name of :data:`LAYERS`, or ``slope_20m_deg`` and the like.
    baseline_m : float, optional
        Length of the window of the plane; 5 m where the layer needs one and none is given.
    radius_m : float, optional
        Radius of the disc for relief; 3 m where none is given.
    sun_deg : (azimuth, altitude)
        Direction of the light for the hillshade.
    jobs : int
        Threads.

    Returns
    -------
    Raster
        float64 on the same grid; the tags say the method and the lengths used.

    Raises
    ------
    InputError
        ``E_LAYER`` for a name that is not a layer of heights alone; ``E_OPTION`` for a length that it does
        not take or that is not positive, and for a sun that is not in the sky.
    """
    layer = layer_for(name)
    if layer.equation is None:
        fix = "assess gives it; measure gives quantities of the heights alone"
        raise InputError(
            "E_LAYER", found=f"{name} is not a quantity of the heights alone", fix=fix, field="name"
        )
    if match := SLOPE_NAME.fullmatch(name):
        if baseline_m not in (None, float(match[1])):
            found = f"baseline_m is {baseline_m:g}"
            raise InputError(
                "E_OPTION",
                found=found,
                needed=f"{match[1]}, as {name} says",
                fix="leave it out",
                field="baseline_m",
            )
        baseline_m = float(match[1])
    _check_options(layer, baseline_m=baseline_m, radius_m=radius_m, sun_deg=sun_deg)
    lengths = lengths_of(dem.grid, baseline_m=baseline_m, radius_m=radius_m, sun_deg=sun_deg)
    north_deg = dem.grid.north_deg
    (values,) = map_strips(
        lambda z, dx: (measured(layer, z, replace(lengths, dx_m=dx), north_deg=north_deg),),
        dem.values,
        dem.grid.dx_m,
        reach_rows=reach_cells(layer, lengths)[0],
        jobs=jobs,
    )
    return dem.like(values, name=name, unit=layer.unit, tags=layer_tags(layer, dem.grid, lengths))


def measured(layer: Layer, heights_m: FloatArray, lengths: Lengths, *, north_deg: float) -> FloatArray:
    """Return a quantity of heights, float64 with NaN where unknown.

    Parameters
    ----------
    layer : Layer
        One with an equation.
    heights_m : array of shape (rows, columns)
    lengths : Lengths
        Those of the whole grid, with the widths of these rows.
    north_deg : float
        Azimuth of the grid's "up", from true north.

    Raises
    ------
    ValueError
        Where the layer has no equation.
    """
    if layer.equation is None:
        raise ValueError(f"{layer.name} is not a quantity of the heights alone")
    values = layer.equation(heights_m, lengths)
    if layer.name == "aspect_deg":
        values = (values + north_deg) % 360.0
        values[values == 360.0] = 0.0  # a hair west of north rounds up to the full turn
    return values


def corner_slope(dem: Raster, *, baseline_m: float) -> Raster:
    """Return the four-corner ("adirectional") slope of USGS landing-site maps, in degrees.

    The baseline is rounded to whole cells, B per axis. Where B is odd its values lie half a cell off
    the cells: the raster's grid is shifted to where they lie, so never stack it with other layers.

    Raises
    ------
    InputError
        ``E_OPTION`` where the baseline is not a positive length.

    References
    ----------
    After R. Kirk, as in USGS-Astrogeology/GDAL_scripts, ``gdal_baseline_slope``.
    """
    grid = dem.grid
    _check_length("baseline_m", baseline_m)
    cells = terrain.baseline_cells(baseline_m, grid.dy_m), terrain.baseline_cells(baseline_m, grid.mean_dx_m)

    (values,) = map_strips(
        lambda z, dx: (terrain.baseline_slope_deg(z, dx_m=dx, dy_m=grid.dy_m, cells=cells),),
        dem.values,
        grid.dx_m,
        reach_rows=cells[0] // 2 + 1,
    )
    row_off, col_off = terrain.baseline_offset_cells(cells)
    shifted = grid.shifted(row_off, col_off)
    tags = {
        "METHOD": "four-corner slope after R. Kirk (USGS gdal_baseline_slope)",
        "BASELINE_USED_M": f"{cells[1] * grid.mean_dx_m:.4f} x {cells[0] * grid.dy_m:.4f} (E x N)",
        "BASELINE_CELLS": f"{cells[1]} x {cells[0]} (E x N)",
        "GRID_SHIFT_CELLS": f"{col_off:g} x {row_off:g} (E x S)",
    }
    return replace(dem.like(values, name="corner_slope_deg", unit="deg", tags=tags), grid=shifted)


def lengths_of(
    grid: Grid,
    *,
    baseline_m: float | None = None,
    radius_m: float | None = None,
    sun_deg: tuple[float, float] = (315.0, 45.0),
) -> Lengths:
    """Return the lengths in cells and metres that layers of a grid are measured with."""
    length = DEFAULT_BASELINE_M if baseline_m is None else baseline_m
    window = terrain.window_cells(length, grid.dy_m), terrain.window_cells(length, grid.mean_dx_m)
    azimuth_on_grid = (sun_deg[0] - grid.north_deg) % 360.0
    radius = DEFAULT_RADIUS_M if radius_m is None else radius_m
    return Lengths(grid.dx_m, grid.dy_m, window, radius, azimuth_on_grid, sun_deg[1])


def layer_tags(layer: Layer, grid: Grid, lengths: Lengths) -> dict[str, str]:
    """Return how a layer was measured, for the tags of its file."""
    tags = {
        "METHOD": layer.about,
        "GROUND_SPACING_M": f"{grid.mean_dx_m:.6f} x {grid.dy_m:.6f} (E x N, middle row)",
    }
    if layer.needs == "baseline_m":
        rows, cols = lengths.window
        tags["WINDOW_CELLS"] = f"{cols} x {rows} (E x N)"
        tags["BASELINE_USED_M"] = f"{cols * grid.mean_dx_m:.4f} x {rows * grid.dy_m:.4f} (E x N)"
    if layer.needs == "radius_m":
        tags["RADIUS_M"] = f"{lengths.radius_m:g}"
    if layer.needs == "sun":
        azimuth = (lengths.sun_azimuth_deg + grid.north_deg) % 360.0
        tags["SUN_AZIMUTH_DEG"] = f"{azimuth:g}"
        tags["SUN_ALTITUDE_DEG"] = f"{lengths.sun_altitude_deg:g}"
    return tags


def _check_options(
    layer: Layer, *, baseline_m: float | None, radius_m: float | None, sun_deg: tuple[float, float]
) -> None:
    for option, value in (("baseline_m", baseline_m), ("radius_m", radius_m)):
        if value is None:
            continue
        if layer.needs != option:
            raise InputError(
                "E_OPTION", found=f"{layer.name} takes no {option}", fix="leave it out", field=option
            )
        _check_length(option, value)
    azimuth, altitude = sun_deg
    if not (math.isfinite(azimuth) and -90 <= altitude <= 90):
        found = f"the sun is at azimuth {azimuth:g}, altitude {altitude:g} degrees"
        raise InputError(
            "E_OPTION",
            found=found,
            needed="an altitude of -90 to 90",
            fix="give the altitude above the horizon in degrees",
            field="sun_deg",
        )


def _check_length(option: str, length_m: float) -> None:
    if not 0 < length_m < math.inf:
        raise InputError(
            "E_OPTION",
            found=f"{option} is {length_m:g}",
            needed="more than 0 metres",
            fix="give a length in metres",
            field=option,
        )


def reach_cells(layer: Layer, lengths: Lengths) -> tuple[int, int]:
    """Return how far a layer reads from a cell, in cells, (rows, columns)."""
    if layer.needs == "baseline_m":
        return lengths.window[0] // 2, lengths.window[1] // 2
    if layer.needs == "radius_m":
        narrowest = float(np.min(lengths.dx_m))
        return int(lengths.radius_m / lengths.dy_m) + 1, int(lengths.radius_m / narrowest) + 1
    return 2, 2
