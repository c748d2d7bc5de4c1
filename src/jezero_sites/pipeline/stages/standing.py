"""How the lander of the settings stands on the ground of a DEM: tilt, protrusion and belly clearance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jezero_sites import hazards
from jezero_sites.arrays import FloatArray
from jezero_sites.blocks import map_strips
from jezero_sites.raster import Raster
from jezero_sites.settings import Lander, Settings, cited

DEGREES = ("stance_tilt_min_deg", "stance_tilt_mean_deg", "stance_tilt_deg")


@dataclass(frozen=True, eq=False)
class Standing:
    """Layers of the stance by name, the tangents of those in degrees, and how they were measured."""

    values: dict[str, FloatArray]
    tangents: dict[str, FloatArray]
    tags: dict[str, dict[str, str]]


def legs_of(lander: Lander) -> hazards.Legs | None:
    """Return the legs of a lander; None where the settings name none."""
    if lander.legs is None or lander.hub_to_pad_m is None or lander.pad_radius_m is None:
        return None
    return hazards.Legs(lander.legs, lander.hub_to_pad_m, lander.pad_radius_m)


def standing_on(dem: Raster, settings: Settings, *, jobs: int = 1) -> Standing:
    """Return the stance layers of a DEM; none where the lander has no legs."""
    lander, grid = settings.lander, dem.grid
    legs = legs_of(lander)
    if legs is None:
        return Standing({}, {}, {})
    clockings = hazards.clockings_needed(legs, dx_m=grid.dx_m, dy_m=grid.dy_m)
    footprint = lander.footprint_radius_m

    def stand(z: FloatArray, dx_m: FloatArray) -> tuple[FloatArray, ...]:
        tilts = hazards.stance_tilt(z, dx_m=dx_m, dy_m=grid.dy_m, legs=legs, clockings=clockings)
        rise = hazards.stance_protrusion_m(
            z, dx_m=dx_m, dy_m=grid.dy_m, legs=legs, clockings=clockings, footprint_radius_m=footprint
        )
        return (*tilts, rise)

    reach = hazards.stance_reach_cells(legs, dx_m=grid.dx_m, dy_m=grid.dy_m, footprint_radius_m=footprint)
    *tilts, rise = map_strips(stand, dem.values, grid.dx_m, reach_rows=reach[0], jobs=jobs)
    tangents = dict(zip(DEGREES, tilts, strict=True))
    values = {name: np.degrees(np.arctan(tangent)) for name, tangent in tangents.items()}
    values["protrusion_m"] = rise
    if lander.belly_clearance_m is not None:
        values["clearance_m"] = lander.belly_clearance_m - rise - clearance_margin_m(settings)
    tags = _tags(settings, clockings)
    return Standing(values, tangents, dict.fromkeys(values, tags))


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
