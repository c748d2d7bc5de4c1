"""What a site's page in the report says: its limits, its gates, its ground, and why it stands where it does."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from jezero_sites import sites
from jezero_sites.layers import layer_for
from jezero_sites.maps import colours
from jezero_sites.maps.site_figures import SiteFigures, exaggeration
from jezero_sites.maps.site_ground import site_ground
from jezero_sites.maps.view import LimitView, RunView

ROCKS = "rocks_in_footprint"


def site_page(view: RunView, site: dict[str, Any], figures: SiteFigures) -> dict[str, Any]:
    """Return what the template needs for the page of one site, a row of the site table."""
    row, col = int(site["row"]), int(site["col"])
    grid = view.elevation.grid
    radius = view.site_radius_m
    disc = sites.disc_around(
        row, col, shape=grid.shape, dx_m=float(grid.dx_m[row]), dy_m=grid.dy_m, radius_m=radius
    )
    ground = site_ground(view, row, col)
    limits = [limit_row(limit, site) for limit in view.limits]
    return {
        "site": site,
        "figure": figures.png(site, ground),
        "exaggeration": exaggeration(ground),
        "limits": limits,
        "gates": _gates(view, site),
        "parts": _parts(view, site),
        "classes": _classes(view, disc),
        "reasons": _reasons(view, disc),
        "rocks": _rocks(view, disc),
        "moved": _moved(view, site),
        "why": _why(view, site, limits),
    }


def limit_row(limit: LimitView, site: dict[str, Any]) -> dict[str, Any]:
    """Return a limit with the worst value, the margin and the verdict at a site."""
    value = float(site.get(limit.worst_column, math.nan))
    margin = limit.margin(value)
    verdict = "unknown" if math.isnan(margin) else "pass" if margin >= 0 else "fail"
    binds = site["binding_constraint"] == limit.layer
    digits = 2 if limit.unit == "deg" else 3
    return {
        "limit": limit,
        "value": value,
        "margin": margin,
        "verdict": verdict,
        "binds": binds,
        "digits": digits,
    }


def _gates(view: RunView, site: dict[str, Any]) -> list[dict[str, Any]]:
    rows = (
        ("Safe radius", site["safe_radius_m"], view.gates.min_safe_radius_m, "m", 1),
        ("Landing probability", site["landing_probability"], view.gates.min_landing_probability, "", 3),
    )
    return [
        {"title": title, "value": float(value), "least": least, "unit": unit, "digits": digits,
         "verdict": "pass" if value >= least else "fail"}
        for title, value, least, unit, digits in rows
    ]  # fmt: skip


def _parts(view: RunView, site: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {
            "name": v.name.replace("_", " "),
            "value": float(site.get(f"part_{v.name}", math.nan)),
            "weight": v.weight,
        }
        for v in view.values
    ]


def _classes(view: RunView, disc: sites.Disc) -> list[tuple[str, float]]:
    """Return the share of each hazard class in the disc; ground off the raster is unknown."""
    codes = disc.of(view.layers["hazard_class"].values)
    counts = {name: int(np.count_nonzero(codes == code)) for code, name in colours.CLASS_NAMES.items()}
    counts["unknown"] += disc.cells - codes.size
    return [(name, counts[name] / disc.cells) for name in ("safe", "marginal", "unsafe", "unknown")]


def _reasons(view: RunView, disc: sites.Disc) -> list[tuple[str, float]]:
    """Return, for each limit exceeded somewhere in the disc, on what share of it."""
    codes = disc.of(view.layers["hazard_reason"].values).astype(np.uint8)
    bits = {bit: name for bit, name in colours.REASON_NAMES.items() if bit}
    named = [
        (name, float(np.count_nonzero(codes & np.uint8(bit))) / disc.cells) for bit, name in bits.items()
    ]
    return [pair for pair in named if pair[1] > 0]


def _rocks(view: RunView, disc: sites.Disc) -> str:
    """Return what is known of rocks in the disc, in a sentence."""
    if ROCKS not in view.layers:
        told = [text for text in view.statements if "rock" in text.lower()]
        return told[0] if told else "Rocks were not assessed."
    values = disc.of(view.layers[ROCKS].values)
    known = values[~np.isnan(values)]
    if not known.size:
        return "Rocks: nothing is known of them here."
    return f"{layer_for(ROCKS).title}: at most {known.max():.3g} in this disc, {known.mean():.3g} on average."


def _moved(view: RunView, site: dict[str, Any]) -> str:
    """Return where the tube collected at the nearest sample is now, if it is no longer there."""
    rows = view.samples[view.samples["name"] == site["nearest_sample"]]
    rows = rows[rows["kind"] == "sample"]
    if rows.empty or not rows["location"].iloc[0]:
        return ""
    date = f" (as of {rows['location_date'].iloc[0]})" if rows["location_date"].iloc[0] else ""
    return f"Collected there; the tube is now at the {rows['location'].iloc[0]}{date}."


def _why(view: RunView, site: dict[str, Any], limits: list[dict[str, Any]]) -> list[str]:
    """Return, in short sentences, what stands behind the site's rank."""
    said = []
    binding = next((r for r in limits if r["binds"]), None)
    if binding is not None and not math.isnan(binding["margin"]):
        name, spare = binding["limit"].title, abs(binding["margin"])
        amount = f"{100 * spare:.0f} %" if binding["limit"].value else f"{spare:.3f} {binding['limit'].unit}"
        passes = binding["margin"] >= 0
        told = f"leaves {amount} to spare" if passes else f"is {amount} beyond it"
        said.append(f"{name} is the limit that binds: its worst value in the disc {told}.")
    parts = [p for p in _parts(view, site) if p["weight"] > 0 and not math.isnan(p["value"])]
    if parts:
        low = min(parts, key=lambda p: p["value"])
        said.append(f"Of the parts of its score {low['name']} is worth least: {low['value']:.2f} of 1.")
    lower, upper = site["landing_probability"], site["landing_probability_upper"]
    gap = upper - lower
    if gap >= 0.0005:
        said.append(
            f"Unknown ground within reach of the dispersion accounts for {100 * gap:.1f} % of the landings."
        )
    said.append(
        f"The rest, {100 * (1 - upper):.1f} %, is the chance to fail on known ground, the DEM's error included."
    )
    return said
