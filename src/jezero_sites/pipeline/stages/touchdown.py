"""Ground against what the lander can bear: class, reason, and the chance of a safe touchdown by its factors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from jezero_sites import hazards
from jezero_sites.arrays import BoolArray, ByteArray, FloatArray
from jezero_sites.hazards.row_bands import row_bands
from jezero_sites.pipeline.stages.ground import Ground, is_slope, layer_lengths_on
from jezero_sites.pipeline.stages.rocks import RockField
from jezero_sites.raster import Grid
from jezero_sites.settings import Limit, Settings

_BITS = {
    "roughness_m": hazards.ROUGHNESS,
    "relief_m": hazards.RELIEF,
    "stance_tilt_deg": hazards.CLEARANCE,
    "clearance_m": hazards.CLEARANCE,
}
_FACTOR_CODES = {"roughness_m": 2, "relief_m": 3, "stance_tilt_deg": 5, "clearance_m": 6}


@dataclass(frozen=True, eq=False)
class Safety:
    """Hazard class and reason of each cell, and the chance that a touchdown centred there is safe.

    ``factors`` holds the chances that it is the product of, beside the gates; ``binding_factor`` the code of the
    smallest factor, as `jezero_sites.pipeline.statistics.FACTORS` names them.
    """

    hazard_class: ByteArray
    hazard_reason: ByteArray
    safe_probability: FloatArray
    factors: Mapping[str, FloatArray]
    binding_factor: ByteArray


def touchdown_safety(
    ground: Ground,
    settings: Settings,
    rocks: RockField | None = None,
    *,
    exceedances: Exceedances | None = None,
) -> Safety:
    """Return what each limit makes of the ground; ``exceedances`` are those of the whole grid, if it is a part.

    Slopes enter the probability through the DEM's error, rocks through their number in the footprint, every
    other limit as a gate. Further slope baselines multiply as if independent, which is on the safe side: their
    errors go together.
    """
    limited = [_limited(ground, limit, settings) for limit in settings.limits]
    elevation = np.asarray(ground.dem.values, np.float64)
    unknown: BoolArray = np.isnan(elevation)
    for layer in limited:
        unknown = unknown | np.isnan(layer.values)
    no_rocks: BoolArray = np.isnan(rocks.rate) if rocks is not None else np.zeros((), bool)
    unknown = unknown | no_rocks
    gates = {m.layer: _passes(ground, m) for m in settings.limits if not is_slope(m.layer)}
    if exceedances is None:
        exceedances = slope_exceedances(ground.dem.grid, settings)
    exceedance = _slope_exceedance(ground, exceedances)
    rate = None if rocks is None else rocks.rate
    safe = hazards.safe_probability(
        gates=list(gates.values()), slope_exceedance=exceedance, rock_rate=rate, unknown=unknown
    )
    factors = {} if exceedance is None else {"slope_safe_probability": 1.0 - exceedance}
    if rate is not None:
        factors["rock_safe_probability"] = np.broadcast_to(np.exp(-np.asarray(rate)), elevation.shape)
    classes = hazards.hazard_class(elevation, limited)
    passes = (classes == hazards.SAFE) | (classes == hazards.MARGINAL)
    classes[passes & no_rocks] = hazards.UNKNOWN
    return Safety(
        classes,
        hazards.hazard_reason(limited, shape=elevation.shape),
        safe,
        factors,
        hazards.binding_factor(_coded(gates, factors), unknown=unknown),
    )


def _coded(
    gates: Mapping[str, BoolArray], factors: Mapping[str, FloatArray]
) -> list[tuple[int, BoolArray | FloatArray]]:
    """Return every factor with its code: those that are a hard no before chances."""
    coded: list[tuple[int, BoolArray | FloatArray]] = [
        (_FACTOR_CODES.get(name, 7), passes) for name, passes in gates.items()
    ]
    codes = {"slope_safe_probability": 1, "rock_safe_probability": 4}
    return [*coded, *((codes[name], chance) for name, chance in factors.items())]


def slope_sigmas(grid: Grid, limit: Limit, settings: Settings) -> tuple[FloatArray, FloatArray]:
    """Return the standard deviations of the east and north gradients of a slope layer, per row of the whole grid."""
    error, whole = settings.dem_error, grid.whole
    window = layer_lengths_on(whole, limit.layer, settings).window
    east, north = np.empty(len(whole.dx_m)), np.empty(len(whole.dx_m))
    for first, last in row_bands(whole.dx_m):
        gain_x, gain_y = hazards.plane_gradient_gain(
            window,
            dx_m=float(whole.dx_m[first]),
            dy_m=whole.dy_m,
            model=error.model,
            length_m=error.length_m,
            table=error.table,
        )
        east[first:last], north[first:last] = gain_x * error.sigma_m, gain_y * error.sigma_m
    return east, north


Exceedances = Mapping[str, hazards.SlopeExceedance]
"""By the name of a slope layer with a limit."""


def slope_exceedances(grid: Grid, settings: Settings) -> Exceedances:
    """Return what gives the chance to exceed each limit on slope, made ready once for the whole grid."""
    return {
        limit.layer: hazards.SlopeExceedance(
            *slope_sigmas(grid, limit, settings), limit_tan=_tangent(limit.value)
        )
        for limit in settings.limits
        if is_slope(limit.layer)
    }


def _slope_exceedance(ground: Ground, exceedances: Exceedances) -> FloatArray | None:
    """Chance that the true slope exceeds at least one of its limits."""
    passes: FloatArray | None = None
    first = ground.dem.grid.rows_of_whole.start
    for layer, exceedance in exceedances.items():
        exceeds = exceedance.probability(*ground.gradients[layer], first_row=first)
        passes = 1.0 - exceeds if passes is None else passes * (1.0 - exceeds)
    return None if passes is None else 1.0 - passes


def _limited(ground: Ground, limit: Limit, settings: Settings) -> hazards.LimitedLayer:
    """Pair a layer with its limit; angles are compared by their tangents."""
    marginal = hazards.marginal_threshold(
        limit.value, kind=limit.kind, marginal_fraction=settings.marginal_fraction
    )
    bit = hazards.SLOPE if is_slope(limit.layer) else _BITS.get(limit.layer, hazards.OTHER)
    if limit.layer not in ground.tangents:
        return hazards.LimitedLayer(ground.values[limit.layer], limit.value, marginal, limit.kind, bit)
    bound, near = _tangent(limit.value), _tangent(marginal)
    return hazards.LimitedLayer(ground.tangents[limit.layer], bound, near, limit.kind, bit)


def _passes(ground: Ground, limit: Limit) -> BoolArray:
    if limit.layer in ground.tangents:
        within: BoolArray = ground.tangents[limit.layer] <= _tangent(limit.value)
        return within
    values = ground.values[limit.layer]
    passes: BoolArray = values <= limit.value if limit.kind == "max" else values >= limit.value
    return passes


def _tangent(angle_deg: float) -> float:
    return float(np.tan(np.radians(angle_deg)))
