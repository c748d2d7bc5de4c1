"""Sentences that go with every result: what was assumed, what was not assessed, what came out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from jezero_sites.errors import Notice
from jezero_sites.pipeline.outcome import Outcome
from jezero_sites.pipeline.stages.dem_quality import artefacts_in_words, noise_in_words
from jezero_sites.pipeline.stages.noise_floor import NoiseFloor
from jezero_sites.pipeline.stages.rocks import rock_statements
from jezero_sites.pipeline.summary import chance
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, standing
from jezero_sites.settings.standing import ILLUSTRATIVE

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

POSITIONS = (
    "Sample positions are the rover's at sealing, or at the drop for the Three Forks depot: "
    "a tube lies within a few metres of them (inferred)."
)


SYNTHETIC = "SYNTHETIC ground, made by the package's scene generator: not Mars."


def is_synthetic(dem: Raster) -> bool:
    """Tell whether a DEM's tags label it as made up."""
    return dem.tags.get("SYNTHETIC", "").lower() in ("yes", "true", "1")


def statements_of(
    found: Outcome, samples: GeoDataFrame, settings: Settings, notices: Sequence[Notice] = ()
) -> tuple[str, ...]:
    """Return what must be said wherever the result is shown."""
    coarse = [f"Coarser than its limits: {n.found}." for n in notices if n.code == "W_COARSE"]
    return (
        *coarse,
        *([SYNTHETIC] if is_synthetic(found.dem) else []),
        *_limits(settings),
        *rock_statements(found.rocks, settings),
        *_stance(settings),
        *_error(found, settings),
        *_artefacts(found),
        "The safe probability is the product of its factors, taken as independent: the gates of roughness, relief, "
        "stance and clearance where they have a limit, slope by the DEM's error, rocks by their number.",
        *_aiming(found, settings),
        POSITIONS,
        *_moved(samples),
    )


def _limits(settings: Settings) -> list[str]:
    """Say which of the numbers that act are illustrative, and which are unverified."""
    worth = {f"the limit on {m.layer}": standing(m.source, m.verified) for m in settings.limits}
    worth["the lander"] = standing(settings.lander.source, settings.lander.verified)
    if settings.rocks.abundance_fraction is not None:
        worth["the rock limit"] = standing(settings.rocks.source, settings.rocks.verified)
        worth["the rock abundance"] = standing(settings.rocks.abundance_source or "unverified")
    tables: dict[str, Any] = {"the DEM error": settings.dem_error, "the dispersion": settings.dispersion}
    if settings.divert is not None:
        tables["the divert"] = settings.divert
    worth |= {
        what: standing(table.source) for what, table in {**tables, "the search": settings.search}.items()
    }
    found = []
    for kind, words in ((ILLUSTRATIVE, "Illustrative, not mission values"), ("unverified", "Unverified")):
        named = [what for what, its in worth.items() if its == kind]
        if named:
            found.append(f"{words}: {', '.join(named)}.")
    return found


def _stance(settings: Settings) -> list[str]:
    lander = settings.lander
    if lander.legs is None:
        return ["Bedforms, belly clearance and leg stance were not assessed."]
    stands = (
        f"Stance: {lander.legs} legs, pads of {lander.pad_radius_m:g} m radius {lander.hub_to_pad_m:g} m from the "
        f"middle, every clocking ({lander.source})."
    )
    if lander.belly_clearance_m is None:
        return [stands, "Bedforms and belly clearance were not assessed."]
    spare = (
        f", {lander.clearance_sigmas:g} sigma of the DEM's error taken off" if lander.clearance_sigmas else ""
    )
    height = f"Belly {lander.belly_clearance_m:g} m above the pads{spare}"
    belly = f"{height}; rocks that the DEM does not show are not in it."
    return [stands, belly, "Bedforms were not assessed."]


def _error(found: Outcome, settings: Settings) -> list[str]:
    error = settings.dem_error
    kind = f"{error.model}, length {error.length_m:g} m" if error.length_m is not None else error.model
    lines = [f"Vertical error of the DEM: {error.sigma_m:g} m (1 sigma), model {kind}; {error.source}."]
    if found.noise is not None:
        words = noise_in_words(found.noise)
        lines.append(
            f"{words[0].upper()}{words[1:]}: real roughness counts as error in that, errors longer than its window "
            "do not show."
        )
    return [
        *lines,
        *(_floor(floor, found) for floor in found.floors if floor.limit is not None and error.sigma_m > 0),
    ]


def _floor(floor: NoiseFloor, found: Outcome) -> str:
    if floor.p95 is None and floor.rms is not None:
        over = "above" if floor.rms > (floor.limit or 0.0) else "below"
        reads = f"with that error perfectly flat ground could read {floor.rms:.2g} {floor.unit}"
        median = found.statistics[floor.layer].get("p50", math.inf)
        smoother = ""
        if median < floor.rms / 2:
            smoother = (
                f"; half of this DEM reads {median:.2g} {floor.unit} or less: its error is smoother than that"
            )
        return f"Noise floor of {floor.layer}: {reads}, {over} its limit of {floor.limit:g} {floor.unit}{smoother}."
    passes = 1.0 - (floor.over_limit_probability or 0.0)
    lines = (
        f"Noise floor of {floor.layer}: with that error 5 % of perfectly flat cells would read more than "
        f"{floor.p95:.1f} deg"
    )
    if floor.sigma_gx is None:
        return f"{lines}, and {passes:.1%} of flat cells would pass its limit of {floor.limit:g} deg."
    if passes >= 0.9995:
        return f"{lines}, well within its limit of {floor.limit:g} deg."
    return f"{lines}, so no ground passes its limit of {floor.limit:g} deg with more than {chance(passes)}."


def _artefacts(found: Outcome) -> list[str]:
    text = artefacts_in_words(found.artefacts)
    if not text:
        return []
    if not found.artefacts.screened:
        return [f"Screen of DEM artefacts: {text}; a site's confidence says nothing of them."]
    lowered = "Ground there is measured as it is; a site's confidence is lower by it."
    return [f"Screen of DEM artefacts: {text}. {lowered}"]


def _aiming(found: Outcome, settings: Settings) -> list[str]:
    lines = []
    if found.landing is not None and found.landing.factor > 1:
        factor, bound = found.landing.factor, found.landing.error_bound
        far = f"within {bound:.2g} of those on the DEM's own cells"
        if bound >= 1:
            far = "estimates without a bound: the dispersion is too thin for its length"
        lines.append(
            f"The dispersion was summed on cells of {factor} x {factor} cells: landing probabilities are {far}."
        )
    if settings.divert is not None:
        d = settings.divert
        lines.append(
            f"Divert: the lander goes to the best ground within {d.radius_m:g} m of where it comes down and hits it "
            f"with a standard deviation of {d.sigma_m:g} m per axis ({d.source}). Sites are ranked without it."
        )
    return lines


def _moved(samples: GeoDataFrame) -> list[str]:
    """Say which tubes are no longer where they were collected."""
    here = samples[(samples["kind"] == "sample") & (samples["location"] == "depot")]
    if not len(here):
        return []
    dates = sorted({str(d) for d in here["location_date"] if d})
    when = f" (as of {dates[-1]})" if dates else ""
    names = ", ".join(str(name) for name in here["name"])
    return [f"Moved since collection, now at the depot{when}: {names}."]
