"""The outcome of a run in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jezero_sites.settings import Settings

if TYPE_CHECKING:
    from geopandas import GeoDataFrame


def summary_of(
    table: GeoDataFrame,
    samples: GeoDataFrame,
    statistics: Mapping[str, Mapping[str, float]],
    settings: Settings,
    *,
    best: tuple[float, float],
) -> str:
    """Return the outcome in a sentence or two; where no site is left, what took away most ground.

    ``best`` is the largest landing probability (lower bound) of all cells, and the upper bound there.
    """
    shares = statistics["hazard_class"]
    ground = (
        f"{shares['safe_fraction']:.1%} of the ground is safe, {shares['marginal_fraction']:.1%} marginal, "
        f"{shares['unsafe_fraction']:.1%} unsafe, {shares['unknown_fraction']:.1%} unknown."
    )
    if len(table):
        first = table.iloc[0]
        noun = "site passes" if len(table) == 1 else "sites pass"
        return (
            f"{len(table)} {noun} the gates. The best, {first['site_id']}, has a landing probability of "
            f"{chance(first['landing_probability'])}{_how_far(first, samples)}. {ground}"
        )
    return f"No site passes the gates. {ground} {_why_empty(statistics, settings, best)}"


def chance(probability: float) -> str:
    """Return a probability with three decimals that never reads as certain when it is not.

    >>> chance(0.99996), chance(1.0)
    ('>0.999', '1.000')
    """
    return ">0.999" if 0.9995 <= probability < 1 else f"{probability:.3f}"


def _how_far(best: Any, samples: GeoDataFrame) -> str:
    """Say how far the nearest position is, and where the tube collected there is now."""
    name = best["nearest_sample"]
    if not name:
        return "; no sample has a position"
    rows = samples[samples["name"] == name]
    collected = rows[rows["kind"] == "sample"]
    far = f" and lies {best['nearest_sample_distance_m']:.0f} m from"
    if len(collected) == len(rows) and len(rows) and collected.iloc[0]["location"] in ("rover", "depot"):
        where = {"rover": "on the rover", "depot": "at the depot"}[collected.iloc[0]["location"]]
        return f"{far} where {name} was collected (the tube is now {where})"
    return f"{far} {name}"


def _why_empty(
    statistics: Mapping[str, Mapping[str, float]], settings: Settings, best: tuple[float, float]
) -> str:
    reasons = {k.removesuffix("_fraction"): v for k, v in statistics["hazard_reason"].items() if v > 0}
    unknown = statistics["hazard_class"]["unknown_fraction"]
    search, (lower, upper) = settings.search, best
    gates = (
        f"A site needs {search.min_safe_radius_m:g} m of ground free of unsafe and unknown cells and a landing "
        f"probability of {search.min_landing_probability:g} (lower bound); the best here is {lower:.3f}."
    )
    if lower < search.min_landing_probability <= upper:
        gates += f" Counting unknown ground, also that beyond the DEM, as success it is {upper:.3f} there."
    factors = {k.removesuffix("_fraction"): v for k, v in statistics["binding_factor"].items()}
    known = {k: v for k, v in factors.items() if k not in ("unknown", "none") and v > 0}
    if known:
        binding = max(known, key=lambda name: known[name])
        gates += f" The smallest factor of the safe probability is {_word(binding)} on {_share(known[binding])} of it."
    if not reasons:
        return f"No limit is exceeded anywhere; {unknown:.1%} is unknown. {gates}"
    most = max(reasons, key=lambda name: reasons[name])
    return f"The {_word(most)} limit removed most ground ({_share(reasons[most])} of it). {gates}"


def _word(name: str) -> str:
    return name.replace("_", " ")


def _share(fraction: float) -> str:
    return f"{fraction:.1%}" if fraction >= 0.0005 else "less than 0.1 %"
