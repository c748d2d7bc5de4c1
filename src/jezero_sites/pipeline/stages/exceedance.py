"""The chance that the true slope exceeds a limit, for every operator that measures slope."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from jezero_sites import hazards, terrain
from jezero_sites.arrays import FloatArray
from jezero_sites.blocks import map_strips
from jezero_sites.errors import InputError
from jezero_sites.hazards.row_bands import row_bands
from jezero_sites.layers import corner_slope, layer_for, layer_tags, lengths_of
from jezero_sites.pipeline.stages.ground import THREE_CELLS, asked_baseline_m, is_slope, layer_lengths
from jezero_sites.pipeline.stages.noise_floor import correlation_of, no_correlation
from jezero_sites.pipeline.stages.resolution import marked
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import DEFAULT_BASELINE_M, DemError, Settings

OPERATORS: dict[str, hazards.Operator] = {
    "plane": "plane",
    "horn": "horn",
    "zevenbergen-thorne": "zevenbergen_thorne",
    "corners": "corners",
}
"""Operators by the names of the command line."""


class OperatorNoise(NamedTuple):
    """Standard deviations of the east and north gradient, and the slope that 5 % of flat cells read more than."""

    sigma_gx: float
    sigma_gy: float
    p95_deg: float

    def tags(self) -> dict[str, str]:
        """Return the noise as tags of a slope file."""
        return {
            "SIGMA_GRADIENT": f"{self.sigma_gx:.6g} x {self.sigma_gy:.6g} (E x N)",
            "NOISE_FLOOR_P95": f"{self.p95_deg:.4g} deg on flat ground",
        }


Gradient = Callable[[FloatArray, FloatArray], tuple[FloatArray, ...]]


def slope_exceedance(
    dem: Raster,
    method: str,
    *,
    limit_deg: float,
    error: DemError,
    baseline_m: float | None = None,
    jobs: int = 1,
) -> Raster:
    """Return the chance that the true slope exceeds a limit, 0 to 1.

    Parameters
    ----------
    dem : Raster
        Heights in metres.
    method : {"plane", "horn", "zevenbergen-thorne", "corners"}
        How slope is measured.
    limit_deg : float
        The limit, between 0 and 90 degrees.
    error : DemError
        Vertical error of the heights.
    baseline_m : float, optional
        Baseline of plane and corners; 5 m where none is given.
    jobs : int
        Threads.

    Returns
    -------
    Raster
        ``slope_exceedance_probability``, float64, NaN where the slope is unknown. An odd four-corner baseline
        lies half a cell off the DEM's cells, and so does its grid.

    Raises
    ------
    InputError
        ``E_OPTION`` for a method, a baseline or a limit that makes no sense.
    """
    if method not in OPERATORS:
        raise InputError(
            "E_OPTION",
            found=f"method {method!r}",
            needed=f"one of {', '.join(OPERATORS)}",
            fix="name one of them",
            field="method",
        )
    if not 0.0 < limit_deg < 90.0:
        raise InputError(
            "E_OPTION",
            found=f"a limit of {limit_deg:g} deg",
            needed="between 0 and 90 degrees",
            fix="give a limit in degrees",
            field="limit_deg",
        )
    cells, grid = _cells(dem.grid, method, baseline_m), dem.grid
    gradient, reach_rows = _gradient(method, grid, cells)
    east, north = map_strips(gradient, dem.values, grid.dx_m, reach_rows=reach_rows, jobs=jobs)
    sigma_east, sigma_north = gradient_sigmas(method, grid, cells, error)
    values = hazards.slope_exceedance_probability(
        east,
        north,
        sigma_gx=sigma_east,
        sigma_gy=sigma_north,
        limit_tan=math.tan(math.radians(limit_deg)),
    )
    layer = layer_for("slope_exceedance_probability")
    middle = len(sigma_east) // 2
    tags = {
        "METHOD": f"{layer.about}; slope by {method}"
        + (f" over {cells[1]} x {cells[0]} cells" if cells else ""),
        "LIMIT_DEG": f"{limit_deg:g}",
        "DEM_ERROR": f"sigma {error.sigma_m:g} m, {error.model} ({error.source})",
        "SIGMA_GRADIENT": f"{sigma_east[middle]:.6g} x {sigma_north[middle]:.6g} (E x N)",
    }
    found = dem.like(values, name=layer.name, unit=layer.unit, tags=tags)
    if method != "corners":
        return found
    return replace(found, grid=corner_slope(dem, baseline_m=_length(baseline_m)).grid)


def _length(baseline_m: float | None) -> float:
    return DEFAULT_BASELINE_M if baseline_m is None else baseline_m


def _cells(grid: Grid, method: str, baseline_m: float | None) -> tuple[int, int] | None:
    """Return the window or the baseline of an operator in cells; None for those of 3 x 3 cells."""
    if method not in ("plane", "corners"):
        if baseline_m is not None:
            raise InputError(
                "E_OPTION", found=f"{method} takes no baseline_m", fix="leave it out", field="baseline_m"
            )
        return None
    length = _length(baseline_m)
    if not 0.0 < length < math.inf:
        raise InputError(
            "E_OPTION",
            found=f"baseline_m is {length:g}",
            needed="more than 0 metres",
            fix="give a length in metres",
            field="baseline_m",
        )
    if method == "plane":
        return lengths_of(grid, baseline_m=length).window
    return terrain.baseline_cells(length, grid.dy_m), terrain.baseline_cells(length, grid.mean_dx_m)


def _gradient(method: str, grid: Grid, cells: tuple[int, int] | None) -> tuple[Gradient, int]:
    dy = grid.dy_m
    if cells is None:
        equation = terrain.horn_gradient if method == "horn" else terrain.zevenbergen_thorne_gradient
        return lambda z, dx: equation(z, dx_m=dx, dy_m=dy), 1
    if method == "plane":
        return lambda z, dx: terrain.plane_gradient(z, dx_m=dx, dy_m=dy, window=cells), cells[0] // 2
    return lambda z, dx: terrain.baseline_gradient(z, dx_m=dx, dy_m=dy, cells=cells), cells[0] // 2 + 1


def noise_of(method: str, grid: Grid, cells: tuple[int, int] | None, error: DemError) -> OperatorNoise:
    """Return the noise of an operator in the middle row of a grid."""
    east, north = (float(s[len(s) // 2]) for s in gradient_sigmas(method, grid, cells, error))
    return OperatorNoise(east, north, hazards.noise_floor_p95_deg(east, north))


def with_noise(slope: Raster, dem: Raster, settings: Settings) -> Raster:
    """Return a slope layer with its noise in the tags; any other layer as it is."""
    name, grid = slope.name, dem.grid
    if name in THREE_CELLS:
        noise = noise_of(THREE_CELLS[name], grid, None, settings.dem_error)
    elif is_slope(name):
        noise = noise_of("plane", grid, layer_lengths(dem, name, settings).window, settings.dem_error)
    else:
        return slope
    return replace(slope, tags={**slope.tags, **noise.tags()})


def quantity_about(dem: Raster, name: str, settings: Settings) -> Raster:
    """Return a raster without cells for a quantity of the heights: its unit, and how it is measured in the tags."""
    layer, nothing = layer_for(name), np.empty((0, 0), np.float32)
    tags = layer_tags(layer, dem.grid, layer_lengths(dem, name, settings))
    about = dem.like(nothing, name=name, unit=layer.unit, tags=tags)
    if name in THREE_CELLS:
        about = marked(about, dem, 2 * max(dem.grid.dy_m, dem.grid.mean_dx_m), settings)
    elif layer.needs == "baseline_m":
        about = marked(about, dem, asked_baseline_m(name, settings), settings)
    return with_noise(about, dem, settings)


def gradient_sigmas(
    method: str, grid: Grid, cells: tuple[int, int] | None, error: DemError
) -> tuple[FloatArray, FloatArray]:
    """Return the standard deviations of the east and the north gradient, per row."""
    east, north = np.empty(len(grid.dx_m)), np.empty(len(grid.dx_m))
    for first, last in row_bands(grid.dx_m):
        try:
            gains = hazards.gradient_gain(
                OPERATORS[method],
                cells=cells,
                dx_m=float(grid.dx_m[first]),
                dy_m=grid.dy_m,
                correlation=correlation_of(error),
            )
        except ValueError as problem:
            raise no_correlation(problem) from problem
        east[first:last], north[first:last] = (gain * error.sigma_m for gain in gains)
    return east, north
