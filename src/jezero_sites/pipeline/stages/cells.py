"""What is worked out for the cells of a block, with what it must see around it; the same for every way of cutting."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.arrays import ByteArray
from jezero_sites.blocks import Block
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.stages.ground import ground_reach, measure_ground, measured_names
from jezero_sites.pipeline.stages.rocks import RockField, rock_field
from jezero_sites.pipeline.stages.standing import standing_names
from jezero_sites.pipeline.stages.touchdown import Exceedances, slope_exceedances, touchdown_safety
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import Settings

UNKNOWN_GROUND = 128
"""Bit of ``dem_quality`` where the height is unknown."""

ARTEFACTS = 127
"""Its bits of artefacts."""

ROCKS = ("rocks_in_footprint", "rock_abundance_fraction")
JUDGED = ("hazard_class", "hazard_reason", "slope_safe_probability", "rock_safe_probability", "binding_factor",
          "safe_probability")  # fmt: skip
AIMED = ("landing_probability", "landing_probability_upper", "divert_probability", "divert_probability_upper")


@dataclass(frozen=True, eq=False)
class Plan:
    """What is worked out, made ready once for a whole grid.

    Attributes
    ----------
    dem : Raster
    settings : Settings
    measured : tuple of str
        Quantities of the heights.
    stands, judges : bool
        Whether the lander is stood on the ground, and whether the ground is weighed against the limits.
    exceedances : mapping
        Of the limits on slope.
    abundance : Raster or None
    flags : uint8 array or None
        What the screen of artefacts found.
    reach : (rows, columns)
        How far a cell sees.
    """

    dem: Raster
    settings: Settings
    measured: tuple[str, ...]
    stands: bool
    judges: bool
    exceedances: Exceedances
    abundance: Raster | None
    flags: ByteArray | None
    reach: tuple[int, int]


def plan_of(
    dem: Raster,
    settings: Settings,
    names: Collection[str],
    *,
    abundance: Raster | None = None,
    flags: ByteArray | None = None,
) -> Plan:
    """Return what must be worked out for the layers that are wanted."""
    judges = any(name in (*JUDGED, *AIMED) for name in names)
    stands = bool(standing_names(settings)) and (
        any(name in standing_names(settings) for name in names)
        or (judges and any(m.layer in standing_names(settings) for m in settings.limits))
    )
    asked = [n for n in names if layer_for(n).equation is not None and n != "elevation_m"]
    limited = [m.layer for m in settings.limits if m.layer in measured_names(settings)] if judges else []
    measured = tuple(dict.fromkeys((*limited, *asked)))
    return Plan(
        dem,
        settings,
        measured,
        stands,
        judges,
        slope_exceedances(dem.grid, settings) if judges else {},
        abundance,
        flags,
        ground_reach(dem.grid, settings, measured, stance=stands),
    )


def run_names(settings: Settings, abundance: Raster | None) -> tuple[str, ...]:
    """Return the layers of a run, in the order of its record."""
    has_rocks = abundance is not None or settings.rocks.abundance_fraction is not None
    rocks = ROCKS if abundance is not None else ROCKS[:1] if has_rocks else ()
    left_out = {"rock_safe_probability"} if not has_rocks else set()
    if not any(m.layer.startswith("slope_") for m in settings.limits):
        left_out.add("slope_safe_probability")
    diverts = AIMED if settings.divert is not None else AIMED[:2]
    measured = (name for name in measured_names(settings) if name != "elevation_m")
    judged = (name for name in JUDGED if name not in left_out)
    return (*measured, *standing_names(settings), *rocks, "dem_quality", *judged, *diverts)


def block_values(plan: Plan, block: Block) -> dict[str, NDArray[Any]]:
    """Return every layer of a block that does not need the whole raster: float32, NaN unknown, or uint8 codes."""
    wide = block.with_reach(plan.reach, plan.dem.grid.shape)
    inner = block.within(wide)
    part = window_of(plan.dem, wide)
    ground = measure_ground(part, plan.settings, names=plan.measured, stance=plan.stands)
    found: dict[str, NDArray[Any]] = dict(ground.values)
    found["elevation_m"] = part.values
    rocks = rock_field(part.grid, plan.settings, plan.abundance) if plan.judges else None
    if rocks is not None:
        found |= _rock_values(rocks, part.grid)
    if plan.judges:
        safety = touchdown_safety(ground, plan.settings, rocks, exceedances=plan.exceedances)
        found |= {"hazard_class": safety.hazard_class, "hazard_reason": safety.hazard_reason}
        found |= {**safety.factors, "binding_factor": safety.binding_factor}
        found["safe_probability"] = safety.safe_probability
    kept = {name: published(values[inner]) for name, values in found.items()}
    if plan.flags is not None:
        unknown = np.isnan(plan.dem.values[block.cells])
        kept["dem_quality"] = plan.flags[block.cells] | np.where(unknown, UNKNOWN_GROUND, 0).astype(np.uint8)
    return kept


def window_of(raster: Raster, block: Block) -> Raster:
    """Return the part of a raster, on a grid that knows the whole."""
    rows, columns = block.rows, block.columns
    grid = raster.grid.window(rows.start, rows.stop, columns.start, columns.stop)
    return replace(raster, values=raster.values[block.cells], grid=grid)


def published(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as layers hold them: codes as bytes, everything else in float32."""
    return values if values.dtype == np.uint8 else np.asarray(values, np.float32)


def _rock_values(rocks: RockField, grid: Grid) -> dict[str, NDArray[Any]]:
    values: dict[str, NDArray[Any]] = {"rocks_in_footprint": np.broadcast_to(rocks.rate, grid.shape)}
    if np.ndim(rocks.abundance):
        values["rock_abundance_fraction"] = np.asarray(rocks.abundance)
    return values
