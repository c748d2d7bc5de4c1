"""The layers of a run as they are written: each with its unit, and with what it rests on in the tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from jezero_sites import hazards, quality
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.stages.ground import Ground
from jezero_sites.pipeline.stages.noise_floor import NoiseFloor
from jezero_sites.pipeline.stages.rocks import RockField, extrapolation
from jezero_sites.pipeline.stages.touchdown import Safety
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, cited


@dataclass(frozen=True, eq=False)
class Outcome:
    """Everything that was worked out for the cells of a DEM."""

    ground: Ground
    safety: Safety
    landing: hazards.LandingBounds
    divert: hazards.LandingBounds | None
    rocks: RockField | None
    artefacts: quality.Artefacts
    floors: tuple[NoiseFloor, ...]
    noise: quality.NoiseEstimate | None


UNKNOWN_GROUND = 128
"""Bit of ``dem_quality`` where the height is unknown."""


def run_layers(found: Outcome, settings: Settings) -> dict[str, Raster]:
    """Return every layer of a run: measured quantities and chances in float32, codes as bytes."""
    tags = _tags(found, settings)
    values: dict[str, Any] = {name: v for name, v in found.ground.values.items() if name != "elevation_m"}
    values |= _rock_values(found.rocks, found.ground.dem.grid.shape)
    unknown = np.isnan(np.asarray(found.ground.dem.values))
    values["dem_quality"] = found.artefacts.flags | np.where(unknown, UNKNOWN_GROUND, 0).astype(np.uint8)
    safety = found.safety
    values |= {"hazard_class": safety.hazard_class, "hazard_reason": safety.hazard_reason}
    values |= {**safety.factors, "binding_factor": safety.binding_factor}
    values["safe_probability"] = safety.safe_probability
    for stem, bounds in (("landing", found.landing), ("divert", found.divert)):
        if bounds is not None:
            values[f"{stem}_probability"] = bounds.lower
            values[f"{stem}_probability_upper"] = bounds.upper
    return {name: _layer(found.ground.dem, name, v, tags.get(name, {})) for name, v in values.items()}


def _rock_values(rocks: RockField | None, shape: tuple[int, int]) -> dict[str, Any]:
    if rocks is None:
        return {}
    values: dict[str, Any] = {"rocks_in_footprint": np.broadcast_to(rocks.rate, shape)}
    if np.ndim(rocks.abundance):
        values["rock_abundance_fraction"] = rocks.abundance
    return values


def _tags(found: Outcome, settings: Settings) -> dict[str, dict[str, str]]:
    """Return for each layer what it rests on."""
    error, d = settings.dem_error, settings.dispersion
    limits = "; ".join(
        f"{m.layer} {m.kind} {m.value:g} {m.unit} ({cited(m.source, m.verified)})" for m in settings.limits
    )
    classes = {"LIMITS": limits, "ASSESSED": assessed(found.rocks, settings)}
    noise = {"DEM_ERROR": f"sigma {error.sigma_m:g} m, {error.model} ({error.source})"}
    aimed = {
        **classes,
        **noise,
        "DISPERSION": f"{d.meaning}, semi-axes {d.major_m:g} x {d.minor_m:g} m, azimuth {d.azimuth_deg:g} deg "
        "clockwise from true north",
        "DISPERSION_SOURCE": d.source,
    }
    fine = [m for m in found.ground.tags.values() if "BELOW_RESOLUTION" in m]
    coarse = {"BELOW_RESOLUTION": "a limited layer: " + fine[0]["BELOW_RESOLUTION"]} if fine else {}
    classes, aimed = classes | coarse, aimed | coarse
    tags = {name: {**how, **_floor_tags(found.floors, name)} for name, how in found.ground.tags.items()}
    tags |= dict.fromkeys(("hazard_class", "hazard_reason"), classes)
    tags |= {name: {**classes, **noise} for name in ("safe_probability", "binding_factor")}
    tags["slope_safe_probability"] = {**noise, **coarse, "LIMITS": limits}
    tags |= {name: _rock_tags(found.rocks, settings) for name in _ROCK_LAYERS}
    for end in ("", "_upper"):
        tags[f"landing_probability{end}"] = aimed | _accuracy(found.landing)
        if found.divert is not None and settings.divert is not None:
            reach = f"{settings.divert.radius_m:g} m, then 1 sigma {settings.divert.sigma_m:g} m per axis"
            diverted = {"DIVERT": reach, "DIVERT_SOURCE": settings.divert.source}
            tags[f"divert_probability{end}"] = aimed | diverted | _accuracy(found.divert)
    return tags


_ROCK_LAYERS = ("rocks_in_footprint", "rock_safe_probability", "rock_abundance_fraction")


def assessed(rocks: RockField | None, settings: Settings) -> str:
    """Say of each hazard beyond slope, roughness and relief whether and how it was assessed."""
    how = "not assessed" if rocks is None else "model of Golombek and Rapp (1997)"
    stance = "not assessed" if settings.lander.legs is None else "over all clockings"
    belly = "not assessed" if settings.lander.belly_clearance_m is None else "over all clockings"
    return f"rocks={how}; bedforms=not assessed; stance={stance}; clearance={belly}"


def _rock_tags(rocks: RockField | None, settings: Settings) -> dict[str, str]:
    if rocks is None:
        return {}
    r = settings.rocks
    return {
        "ROCK_MODEL": "Golombek and Rapp (1997), doi:10.1029/96JE03319: rocks that overlap the footprint",
        "ROCK_LIMIT": f"{r.limit_m:g} m read as {r.reading}: diameters {r.critical_diameter_m:g} to "
        f"{r.largest_diameter_m:g} m ({cited(r.source, r.verified)})",
        "LEFT_OUT": f"rocks wider than {r.largest_diameter_m:g} m: not in this number, and none was looked for",
        "ABUNDANCE_SOURCE": rocks.source,
        "EXTRAPOLATED": extrapolation(r),
        "FOOTPRINT_RADIUS_M": f"{settings.lander.footprint_radius_m:g}",
    }


def _floor_tags(floors: tuple[NoiseFloor, ...], name: str) -> dict[str, str]:
    for floor in floors:
        if floor.layer == name:
            return floor.tags()
    return {}


def _accuracy(bounds: hazards.LandingBounds) -> dict[str, str]:
    if bounds.factor == 1:
        return {}
    return {
        "COARSENED": f"{bounds.factor} x {bounds.factor} cells",
        "ERROR_BOUND": f"{bounds.error_bound:.2g}",
    }


def _layer(dem: Raster, name: str, values: Any, tags: dict[str, str]) -> Raster:
    layer = layer_for(name)
    kept = values if values.dtype == np.uint8 else values.astype(np.float32)
    return dem.like(kept, name=name, unit=layer.unit, tags={"METHOD": layer.about, **tags})
