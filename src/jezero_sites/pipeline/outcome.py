"""What a run worked out, and what each of its layers rests on, in the tags of its file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites import quality
from jezero_sites.arrays import ByteArray
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.stages.ground import ground_tags
from jezero_sites.pipeline.stages.noise_floor import NoiseFloor
from jezero_sites.pipeline.stages.rocks import RockField, extrapolation
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, cited


@dataclass(frozen=True, eq=False)
class Aimed:
    """The chances to land when aiming at each cell: both bounds, and what coarse cells cost.

    ``lower`` and ``upper`` are float32, in whole millionths.
    """

    lower: NDArray[Any]
    upper: NDArray[Any]
    factor: int
    error_bound: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """What was worked out for the cells of a DEM, beside the layers themselves.

    Attributes
    ----------
    dem : Raster
    hazard_class : uint8 array, or None where none was asked for
    landing, divert : Aimed or None
    rocks : RockField or None
    artefacts : Artefacts
    floors : tuple of NoiseFloor
    noise : NoiseEstimate or None
    statistics : mapping of layer name to its numbers
    keys : mapping of layer name to what it rests on
    """

    dem: Raster
    hazard_class: ByteArray | None
    landing: Aimed | None
    divert: Aimed | None
    rocks: RockField | None
    artefacts: quality.Artefacts
    floors: tuple[NoiseFloor, ...]
    noise: quality.NoiseEstimate | None
    statistics: Mapping[str, Mapping[str, float]]
    keys: Mapping[str, str] = field(default_factory=dict)


def layer_about(found: Outcome, settings: Settings, names: Iterable[str]) -> dict[str, Raster]:
    """Return for each layer a raster without cells: its name, its unit, and what it rests on in the tags."""
    tags = _tags(found, settings)
    return {name: _about(found.dem, name, tags.get(name, {})) for name in names}


def _about(dem: Raster, name: str, tags: Mapping[str, str]) -> Raster:
    layer = layer_for(name)
    nothing = np.empty((0, 0), np.float32)
    return dem.like(nothing, name=name, unit=layer.unit, tags={"METHOD": layer.about, **tags})


def _tags(found: Outcome, settings: Settings) -> dict[str, dict[str, str]]:
    """Return for each layer of a run what it rests on."""
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
    measured = ground_tags(found.dem, settings)
    fine = [m for m in measured.values() if "BELOW_RESOLUTION" in m]
    coarse = {"BELOW_RESOLUTION": "a limited layer: " + fine[0]["BELOW_RESOLUTION"]} if fine else {}
    classes, aimed = classes | coarse, aimed | coarse
    tags = {name: {**how, **_floor_tags(found.floors, name)} for name, how in measured.items()}
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


def _accuracy(bounds: Aimed | None) -> dict[str, str]:
    if bounds is None or bounds.factor == 1:
        return {}
    return {
        "COARSENED": f"{bounds.factor} x {bounds.factor} cells",
        "ERROR_BOUND": f"{bounds.error_bound:.2g}",
    }
