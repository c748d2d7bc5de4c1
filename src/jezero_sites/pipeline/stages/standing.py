"""How the lander of the settings stands on the ground of a DEM: tilt, protrusion and belly clearance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jezero_sites import hazards
from jezero_sites.arrays import FloatArray
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import Lander, Settings, cited

DEGREES = ("stance_tilt_min_deg", "stance_tilt_mean_deg", "stance_tilt_deg")


@dataclass(frozen=True, eq=False)
class Standing:
    """Layers of the stance by name, and the tangents of those in degrees."""

    values: dict[str, FloatArray]
    tangents: dict[str, FloatArray]


def legs_of(lander: Lander) -> hazards.Legs | None:
    """Return the legs of a lander; None where the settings name none."""
    if lander.legs is None or lander.hub_to_pad_m is None or lander.pad_radius_m is None:
        return None
    return hazards.Legs(lander.legs, lander.hub_to_pad_m, lander.pad_radius_m)


def standing_on(dem: Raster, settings: Settings) -> Standing:
    """Return the stance layers of a DEM, or of a part of one; none where the lander has no legs."""
    lander, grid = settings.lander, dem.grid
    legs = legs_of(lander)
    if legs is None:
        return Standing({}, {})
    heights = np.asarray(dem.values, np.float64)
    ground: dict[str, Any] = {"dx_m": grid.dx_m, "dy_m": grid.dy_m}
    stands = {**ground, "legs": legs, "clockings": clockings_on(grid, settings)}
    tilts = hazards.stance_tilt(heights, **stands)
    rise = hazards.stance_protrusion_m(heights, **stands, footprint_radius_m=lander.footprint_radius_m)
    tangents = dict(zip(DEGREES, tilts, strict=True))
    values = {name: np.degrees(np.arctan(tangent)) for name, tangent in tangents.items()}
    values["protrusion_m"] = rise
    if lander.belly_clearance_m is not None:
        values["clearance_m"] = lander.belly_clearance_m - rise - clearance_margin_m(settings)
    return Standing(values, tangents)


def standing_names(settings: Settings) -> tuple[str, ...]:
    """Return the names of the stance layers that the settings give."""
    if legs_of(settings.lander) is None:
        return ()
    belly = () if settings.lander.belly_clearance_m is None else ("clearance_m",)
    return (*DEGREES, "protrusion_m", *belly)


def standing_reach(grid: Grid, settings: Settings) -> tuple[int, int]:
    """Return how far the stance reads from a cell, in cells, (rows, columns)."""
    legs = legs_of(settings.lander)
    if legs is None:
        return 0, 0
    widths, footprint = grid.whole.dx_m, settings.lander.footprint_radius_m
    return hazards.stance_reach_cells(legs, dx_m=widths, dy_m=grid.dy_m, footprint_radius_m=footprint)


def clockings_on(grid: Grid, settings: Settings) -> int:
    """Return how many clockings are tried on the cells of a whole grid."""
    legs = legs_of(settings.lander)
    return 0 if legs is None else hazards.clockings_needed(legs, dx_m=grid.whole.dx_m, dy_m=grid.dy_m)


def standing_tags(grid: Grid, settings: Settings) -> dict[str, dict[str, str]]:
    """Return how the stance layers were measured, by name."""
    names = standing_names(settings)
    return dict.fromkeys(names, _tags(settings, clockings_on(grid, settings))) if names else {}


def clearance_margin_m(settings: Settings) -> float:
    """Return what the clearance must spare for the DEM's error, in metres."""
    return settings.lander.clearance_sigmas * settings.dem_error.sigma_m


def _tags(settings: Settings, clockings: int) -> dict[str, str]:
    lander = settings.lander
    tags = {
        "LEGS": f"{lander.legs}, pads of {lander.pad_radius_m:g} m radius at {lander.hub_to_pad_m:g} m from the middle",
        "LANDER_SOURCE": cited(lander.source, lander.verified),
        "CLOCKINGS": f"{clockings} over {360 / (lander.legs or 1):g} deg",
        "FOOTPRINT_RADIUS_M": f"{lander.footprint_radius_m:g}",
    }
    if lander.belly_clearance_m is not None:
        tags["BELLY_CLEARANCE_M"] = f"{lander.belly_clearance_m:g}"
        tags["CLEARANCE_MARGIN_M"] = (
            f"{clearance_margin_m(settings):g} ({lander.clearance_sigmas:g} sigma of the DEM)"
        )
    return tags
