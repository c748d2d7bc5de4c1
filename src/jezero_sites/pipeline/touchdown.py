"""Ground against what the lander can bear: class, reason, and the chances of touchdown and landing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jezero_sites import hazards
from jezero_sites.arrays import BoolArray, ByteArray, FloatArray
from jezero_sites.errors import InputError
from jezero_sites.hazards.row_bands import row_bands
from jezero_sites.pipeline.ground import Ground, is_slope
from jezero_sites.raster import Grid
from jezero_sites.settings import Limit, Settings

MOST_DISPERSION_CELLS = 100_000_000
"""A dispersion over more cells than this is refused: its sum takes some 5 GB."""

_BITS = {"roughness_m": hazards.ROUGHNESS, "relief_m": hazards.RELIEF}


@dataclass(frozen=True, eq=False)
class Safety:
    """Hazard class and reason of each cell, and the chance that a touchdown centred there is safe."""

    hazard_class: ByteArray
    hazard_reason: ByteArray
    safe_probability: FloatArray


def touchdown_safety(ground: Ground, settings: Settings) -> Safety:
    """Return what each limit makes of the ground.

    Slopes enter the probability through the DEM's error, every other limit as a gate. Further slope
    baselines multiply as if independent, which is on the safe side: their errors go together.
    """
    limited = [_limited(ground, limit, settings) for limit in settings.limits]
    elevation = np.asarray(ground.dem.values, np.float64)
    unknown: BoolArray = np.isnan(elevation)
    for layer in limited:
        unknown = unknown | np.isnan(layer.values)
    exceedance = _slope_exceedance(ground, settings)
    safe = hazards.safe_probability(
        gates=[_passes(ground, limit) for limit in settings.limits if not is_slope(limit.layer)],
        slope_exceedance=exceedance,
        rock_rate=rock_rate(settings),
        unknown=unknown,
    )
    reason = hazards.hazard_reason(limited, shape=elevation.shape)
    return Safety(hazards.hazard_class(elevation, limited), reason, safe)


def aim(
    safe_probability: FloatArray, grid: Grid, settings: Settings, *, jobs: int = 1
) -> tuple[FloatArray, FloatArray]:
    """Return the chance of success when aiming at each cell: lower and upper bound."""
    d = settings.dispersion
    covariance = hazards.dispersion_covariance(
        major_m=d.major_m,
        minor_m=d.minor_m,
        percent=d.percent,
        n_sigma=d.n_sigma,
        azimuth_deg=d.azimuth_deg - grid.north_deg,
    )
    _check_reach(covariance, grid)
    try:
        lower, upper = hazards.landing_probability(
            safe_probability, dx_m=grid.dx_m, dy_m=grid.dy_m, covariance=covariance, threads=jobs
        )
    except ValueError as error:
        fix = "use a larger dispersion or a finer DEM"
        raise InputError("E_DISPERSION", found=str(error), fix=fix, field="dispersion") from error
    return lower, upper


def _check_reach(covariance: tuple[float, float, float], grid: Grid) -> None:
    """Refuse a dispersion so wide against the cells that its sum would not fit in memory."""
    reach = hazards.dispersion_reach_cells(covariance, dx_m=grid.dx_m, dy_m=grid.dy_m)
    rows, cols = (2 * min(r, n) + 1 for r, n in zip(reach, grid.shape, strict=True))
    if rows * cols > MOST_DISPERSION_CELLS:
        raise InputError(
            "E_DISPERSION",
            found=f"the dispersion covers {rows} x {cols} cells of this DEM",
            needed=f"at most {MOST_DISPERSION_CELLS:,} cells",
            fix="use a coarser DEM, a smaller part of it, or a smaller dispersion",
            field="dispersion",
        )


def rock_rate(settings: Settings) -> float | None:
    """Return how many rocks beyond the limit a footprint meets on average; None if not assessed."""
    rocks = settings.rocks
    if rocks.abundance_fraction is None:
        return None
    rate = hazards.overlap_rate(
        rocks.abundance_fraction,
        min_diameter_m=rocks.critical_diameter_m,
        max_diameter_m=rocks.largest_diameter_m,
        radius_m=settings.lander.footprint_radius_m,
    )
    return float(rate)


def slope_sigmas(ground: Ground, limit: Limit, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Return the standard deviations of the east and north gradients of a slope layer, per row."""
    error, grid = settings.dem_error, ground.dem.grid
    east, north = np.empty(len(grid.dx_m)), np.empty(len(grid.dx_m))
    for first, last in row_bands(grid.dx_m):
        gain_x, gain_y = hazards.plane_gradient_gain(
            ground.lengths[limit.layer].window,
            dx_m=float(grid.dx_m[first]),
            dy_m=grid.dy_m,
            model=error.model,
            length_m=error.length_m,
        )
        east[first:last], north[first:last] = gain_x * error.sigma_m, gain_y * error.sigma_m
    return east, north


def _slope_exceedance(ground: Ground, settings: Settings) -> FloatArray | None:
    """Chance that the true slope exceeds at least one of its limits."""
    passes: FloatArray | None = None
    for limit in settings.limits:
        if not is_slope(limit.layer):
            continue
        east, north = ground.gradients[limit.layer]
        sigma_east, sigma_north = slope_sigmas(ground, limit, settings)
        exceeds = hazards.slope_exceedance_probability(
            east,
            north,
            sigma_gx=sigma_east,
            sigma_gy=sigma_north,
            limit_tan=float(np.tan(np.radians(limit.value))),
        )
        passes = 1.0 - exceeds if passes is None else passes * (1.0 - exceeds)
    return None if passes is None else 1.0 - passes


def _limited(ground: Ground, limit: Limit, settings: Settings) -> hazards.LimitedLayer:
    """Pair a layer with its limit; slopes are compared by their tangents."""
    marginal = hazards.marginal_threshold(
        limit.value, kind=limit.kind, marginal_fraction=settings.marginal_fraction
    )
    if not is_slope(limit.layer):
        bit = _BITS.get(limit.layer, hazards.OTHER)
        return hazards.LimitedLayer(ground.values[limit.layer], limit.value, marginal, limit.kind, bit)
    tangent = np.hypot(*ground.gradients[limit.layer])
    bound, near = (float(np.tan(np.radians(v))) for v in (limit.value, marginal))
    return hazards.LimitedLayer(tangent, bound, near, limit.kind, hazards.SLOPE)


def _passes(ground: Ground, limit: Limit) -> BoolArray:
    values = ground.values[limit.layer]
    passes: BoolArray = values <= limit.value if limit.kind == "max" else values >= limit.value
    return passes
