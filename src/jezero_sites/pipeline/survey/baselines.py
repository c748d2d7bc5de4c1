"""Slope of a DEM at many baselines, its means over 10 m cells, and its deviogram."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from jezero_sites import terrain
from jezero_sites.errors import InputError, Notice
from jezero_sites.layers import corner_slope, lengths_of, measure
from jezero_sites.layers.cell_means import block_cells, cell_means
from jezero_sites.pipeline.stages.exceedance import OperatorNoise, noise_of
from jezero_sites.pipeline.stages.resolution import resolution_m as real_resolution_m
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import DemError
from jezero_sites.terrain.deviogram import (
    Deviogram,
    east_deviogram,
    lags_cells,
    north_deviogram,
    pooled_deviogram,
)
from jezero_sites.terrain.hurst import HurstFit, fit_hurst

BASELINES_M = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0)
"""Baselines that are tried where none are given; 1, 2 and 5 m are those of the USGS maps of 1 m DEMs."""

METHODS = {"corners": 1, "plane": 3}
"""Methods of slope, and the fewest cells that each can be taken over."""

MEAN_M = 10.0
"""Side of the cells that slope is averaged over, as in the landing-site maps of USGS Astrogeology."""

LARGEST_FRACTION = 1.0 / 3.0
"""A baseline may be this share of the DEM's shorter side; beyond, most of the DEM is border. A choice of ours."""

LARGEST_DEVIATION = 0.1
"""A baseline in whole cells that differs from the one asked for by more than this share is told of."""

NOMINAL = 0.9
"""A baseline of a nominal cell counts as one although the cell is a tenth larger on the ground."""

LOWER_BOUND = "read it as a lower bound: the DEM smooths ground this small"


@dataclass(frozen=True, eq=False)
class BaselineSlope:
    """Slope at one baseline: ``baseline_m`` was asked for, ``used_m`` (east, north) is what whole cells gave.

    ``cells`` are (rows, columns). ``slope`` is float32 degrees, on a grid half a cell off where a four-corner
    baseline is odd; ``mean`` is its mean over 10 m cells, None where the DEM's own cells are as large.
    ``below_resolution`` is None where the DEM's real resolution is not known, ``noise`` where its error is not.
    """

    baseline_m: float
    cells: tuple[int, int]
    used_m: tuple[float, float]
    slope: Raster
    mean: Raster | None
    below_resolution: bool | None
    noise: OperatorNoise | None = None


@dataclass(frozen=True, eq=False)
class BaselineSlopes:
    """Slope of a DEM at many baselines.

    ``deviograms`` maps ``E-W``, ``N-S`` and ``both`` to the deviation at each lag and the line fitted to
    the lags that the DEM resolves. ``notices`` are those of the DEM and of the baselines.
    """

    dem: Raster
    method: str
    resolution_m: float | None
    slopes: tuple[BaselineSlope, ...]
    deviograms: Mapping[str, tuple[Deviogram, HurstFit]]
    notices: tuple[Notice, ...]


def measure_baselines(
    dem: Raster,
    *,
    baselines_m: Sequence[float] = (),
    method: str = "corners",
    resolution_m: float | None = None,
    error: DemError | None = None,
    jobs: int = 1,
    progress: Callable[[str], None] = lambda _: None,
) -> BaselineSlopes:
    """Return the slope of a DEM at many baselines and its deviogram.

    Parameters
    ----------
    dem : Raster
        Heights in metres.
    baselines_m : sequence of float
        Lengths in ground metres; 1 to 1000 m where none are given. Those that the DEM does not allow are left
        out, with a notice.
    method : {"corners", "plane"}
        Four-corner slope after R. Kirk, or slope of the least-squares plane.
    resolution_m : float, optional
        The DEM's real resolution; five cells where the DEM is tagged stereo, else unknown.
    error : DemError, optional
        Vertical error of the heights, for the noise floor of each baseline.
    jobs : int
        Threads of the plane.
    progress : callable
        Told each step as it begins.

    Raises
    ------
    InputError
        ``E_OPTION`` for a method or a length that makes no sense, and where no baseline is left.
    """
    if method not in METHODS:
        raise InputError(
            "E_OPTION",
            found=f"method {method!r}",
            needed=f"one of {', '.join(METHODS)}",
            fix="name one of them",
            field="method",
        )
    if resolution_m is not None:
        _check_length("resolution_m", resolution_m)
    real = real_resolution_m(dem, resolution_m)
    lengths, skipped = allowed_baselines(dem, baselines_m, method=method)
    slopes = []
    for length in lengths:
        progress(f"slope over {length:g} m")
        one = _slope(dem, length, method=method, real_m=real, jobs=jobs)
        slopes.append(one if error is None else _with_noise(one, dem.grid, method, error))
    progress("deviogram")
    notices = (*dem.notices, *skipped, *_rounded(dem, slopes), *_resolution_notices(dem, slopes, real))
    return BaselineSlopes(dem, method, real, tuple(slopes), _deviograms(dem, real), notices)


def allowed_baselines(
    dem: Raster, wanted_m: Sequence[float], *, method: str
) -> tuple[tuple[float, ...], tuple[Notice, ...]]:
    """Return the baselines that a DEM allows, shortest first, and a notice for each that it does not.

    Raises
    ------
    InputError
        ``E_OPTION`` for a length that is not positive, and where the DEM allows none.
    """
    for length in wanted_m:
        _check_length("baseline_m", length)
    lengths = sorted({f"{length:g}": float(length) for length in wanted_m or BASELINES_M}.values())
    faults = {length: _fault(dem.grid, length, METHODS[method]) for length in lengths}
    name = _name(dem)
    if all(faults.values()):
        found = "; ".join(fault for fault in faults.values() if fault)
        raise InputError(
            "E_OPTION", found=found, fix="name another --baseline-m", file=name, field="baselines_m"
        )
    told = (fault for fault in faults.values() if fault)
    notices = tuple(Notice("W_BASELINE_SKIPPED", fault, "this baseline is left out", name) for fault in told)
    return tuple(length for length in lengths if not faults[length]), notices


def slope_name(baseline_m: float) -> str:
    """Return the name of the slope layer of a baseline.

    >>> slope_name(5.0)
    'slope_5m_deg'
    """
    return f"slope_{baseline_m:g}m_deg"


def _fault(grid: Grid, length_m: float, fewest: int) -> str | None:
    cell = max(grid.dy_m, grid.mean_dx_m)
    side = min(grid.shape[0] * grid.dy_m, grid.shape[1] * grid.mean_dx_m)
    what = f"baseline of {length_m:g} m"
    if length_m < NOMINAL * fewest * cell:
        needs = "one cell" if fewest == 1 else f"{fewest} cells"
        return f"{what}: shorter than {needs} of {cell:.4g} m"
    if length_m > LARGEST_FRACTION * side:
        return f"{what}: longer than a third of the DEM's shorter side, {side:.4g} m"
    return None


def _slope(dem: Raster, length_m: float, *, method: str, real_m: float | None, jobs: int) -> BaselineSlope:
    grid = dem.grid
    if method == "corners":
        found = corner_slope(dem, baseline_m=length_m)
        rows, columns = (terrain.baseline_cells(length_m, step) for step in (grid.dy_m, grid.mean_dx_m))
    else:
        found = measure(dem, "slope_deg", baseline_m=length_m, jobs=jobs)
        rows, columns = lengths_of(grid, baseline_m=length_m).window
    below = None if real_m is None else length_m < real_m
    tags = {**found.tags, "BASELINE_ASKED_M": f"{length_m:g}", **_resolution_tags(below, real_m)}
    values = np.asarray(found.values, np.float32)
    slope = replace(found, values=values, name=slope_name(length_m), tags=tags)
    used = columns * grid.mean_dx_m, rows * grid.dy_m
    return BaselineSlope(length_m, (rows, columns), used, slope, _mean(slope), below)


def _with_noise(one: BaselineSlope, grid: Grid, method: str, error: DemError) -> BaselineSlope:
    noise = noise_of(method, grid, one.cells, error)
    said = {**noise.tags(), "DEM_ERROR": f"sigma {error.sigma_m:g} m, {error.model} ({error.source})"}
    return replace(one, slope=replace(one.slope, tags={**one.slope.tags, **said}), noise=noise)


def _mean(slope: Raster) -> Raster | None:
    block = block_cells(slope.grid, length_m=MEAN_M)
    if block == (1, 1) or block[0] > slope.grid.shape[0] or block[1] > slope.grid.shape[1]:
        return None
    mean = cell_means(slope, length_m=MEAN_M)
    name = f"{slope.name.removesuffix('_deg')}_mean{MEAN_M:g}m_deg"
    return replace(mean, values=mean.values.astype(np.float32), name=name)


def _resolution_tags(below: bool | None, real_m: float | None) -> dict[str, str]:
    """Return the tag of a baseline finer than the DEM resolves; what the DEM resolves where that is known."""
    if below is None or real_m is None:
        return {"DEM_RESOLUTION_M": "not stated"}
    tags = {"DEM_RESOLUTION_M": f"{real_m:g}"}
    return {**tags, "BELOW_RESOLUTION": f"yes: {LOWER_BOUND}"} if below else tags


def _rounded(dem: Raster, slopes: Sequence[BaselineSlope]) -> list[Notice]:
    off = [s for s in slopes if max(abs(u / s.baseline_m - 1) for u in s.used_m) > LARGEST_DEVIATION]
    used = "baseline of {:g} m: {:.4g} x {:.4g} m (E x N) are used, whole cells"
    return [Notice("W_BASELINE_ROUNDED", used.format(s.baseline_m, *s.used_m), "", _name(dem)) for s in off]


def _resolution_notices(dem: Raster, slopes: Sequence[BaselineSlope], real_m: float | None) -> list[Notice]:
    if real_m is None:
        found = f"the DEM's real resolution is not stated; its cells are {dem.grid.dy_m:.3g} m"
        return [Notice("W_RESOLUTION", found, "state it with --resolution-m where it is known", _name(dem))]
    below = [f"{s.baseline_m:g}" for s in slopes if s.below_resolution]
    found = f"slope over {', '.join(below)} m: the DEM resolves {real_m:.3g} m"
    return [Notice("W_BELOW_RESOLUTION", found, LOWER_BOUND, _name(dem))] if below else []


def _deviograms(dem: Raster, real_m: float | None) -> dict[str, tuple[Deviogram, HurstFit]]:
    grid = dem.grid
    east, north = lags_cells(grid.shape, dx_m=grid.dx_m, dy_m=grid.dy_m)
    heights = np.asarray(dem.values, np.float64)
    along = east_deviogram(heights, dx_m=grid.dx_m, lags=east)
    across = north_deviogram(heights, dy_m=grid.dy_m, lags=north)
    curves = {"E-W": along, "N-S": across, "both": pooled_deviogram(along, across)}
    return {name: (curve, _resolved_fit(curve, real_m)) for name, curve in curves.items()}


def _resolved_fit(curve: Deviogram, real_m: float | None) -> HurstFit:
    shown = curve.lag_m >= (real_m or 0.0)
    return fit_hurst(curve.lag_m[shown], curve.deviation_m[shown])


def _check_length(option: str, length_m: float) -> None:
    if not 0 < length_m < math.inf:
        raise InputError(
            "E_OPTION",
            found=f"{option} is {length_m:g}",
            needed="more than 0 metres",
            fix="give a length in metres",
            field=option,
        )


def _name(dem: Raster) -> str | None:
    return dem.sources[0].name if dem.sources else None
