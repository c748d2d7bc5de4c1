"""Measure the ground: every layer that the settings put a limit on, and those that every run has."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from jezero_sites import terrain
from jezero_sites.arrays import FloatArray
from jezero_sites.layers import (
    Lengths,
    layer_for,
    layer_tags,
    lengths_of,
    measured,
    reach_cells,
)
from jezero_sites.pipeline.stages.resolution import STANCE_LAYERS, below_resolution
from jezero_sites.pipeline.stages.standing import standing_on, standing_reach, standing_tags
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import SLOPE_NAME, Limit, Settings

THREE_CELLS = {"horn_slope_deg": "horn", "zevenbergen_thorne_slope_deg": "zevenbergen-thorne"}
"""Slopes over 3 x 3 cells, whose baseline is two cells, and their operators."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What was measured of a DEM, or of a part of one, in float64.

    Attributes
    ----------
    dem : Raster
    values : mapping of layer name to array of shape (rows, columns)
    gradients : mapping of slope layer name to the east and north gradients that it was made from
    tangents : mapping of the name of a layer in degrees to its tangent, with which limits are compared
    """

    dem: Raster
    values: Mapping[str, FloatArray]
    gradients: Mapping[str, tuple[FloatArray, FloatArray]]
    tangents: Mapping[str, FloatArray]


def measured_names(settings: Settings) -> tuple[str, ...]:
    """Return the layers of heights that a run measures: three always, and every further one with a limit."""
    limited = (limit.layer for limit in settings.limits if limit.layer not in STANCE_LAYERS)
    return tuple(dict.fromkeys(("slope_deg", "roughness_m", "relief_m", *limited)))


def measure_ground(
    dem: Raster, settings: Settings, *, names: Collection[str] | None = None, stance: bool = True
) -> Ground:
    """Return slope, roughness, relief, the lander's stance and every further layer with a limit.

    ``dem`` may be a part of a grid: what lies ``ground_reach`` inside it is then measured as in the whole.
    ``names`` picks quantities of the heights; ``stance`` tells whether the lander is stood on them.
    """
    values: dict[str, FloatArray] = {}
    gradients: dict[str, tuple[FloatArray, FloatArray]] = {}
    tangents: dict[str, FloatArray] = {}
    heights = np.asarray(dem.values, np.float64)
    for name in measured_names(settings) if names is None else names:
        lengths = layer_lengths(dem, name, settings)
        if is_slope(name):
            east, north = terrain.plane_gradient(
                heights, dx_m=dem.grid.dx_m, dy_m=dem.grid.dy_m, window=lengths.window
            )
            gradients[name] = east, north
            tangents[name] = terrain.slope_tangent_of(east, north)
            values[name] = terrain.slope_deg_of(east, north)
        elif name == "elevation_m":
            values[name] = heights
        else:
            values[name] = measured(layer_for(name), heights, lengths, north_deg=dem.grid.north_deg)
    standing = standing_on(dem, settings) if stance else None
    if standing is not None:
        values |= standing.values
        tangents |= standing.tangents
    return Ground(dem, values, gradients, tangents)


def ground_reach(grid: Grid, settings: Settings, names: Collection[str], *, stance: bool) -> tuple[int, int]:
    """Return how far these quantities read from a cell, in cells, (rows, columns)."""
    reaches = [reach_cells(layer_for(name), layer_lengths_on(grid, name, settings)) for name in names]
    if stance:
        reaches.append(standing_reach(grid, settings))
    return max((r for r, _ in reaches), default=0), max((c for _, c in reaches), default=0)


def ground_tags(dem: Raster, settings: Settings) -> dict[str, dict[str, str]]:
    """Return how each layer of a run was measured, for the tags of its file."""
    tags: dict[str, dict[str, str]] = {}
    for name in measured_names(settings):
        tags[name] = layer_tags(layer_for(name), dem.grid, layer_lengths(dem, name, settings))
        if layer_for(name).needs == "baseline_m":
            tags[name] |= below_resolution(dem, asked_baseline_m(name, settings), settings)
    stance = standing_tags(dem.grid, settings)
    return tags | {name: {"METHOD": layer_for(name).about, **how} for name, how in stance.items()}


def asked_baseline_m(name: str, settings: Settings) -> float:
    """Return the baseline that a layer of a plane is asked for, in metres."""
    if match := SLOPE_NAME.fullmatch(name):
        return float(match[1])
    limit = settings.limit(name)
    return (limit.baseline_m if limit else None) or settings.baseline_m


def is_slope(layer: str) -> bool:
    """Tell whether a limited layer is a slope of a plane, which a DEM's error makes uncertain."""
    return layer.startswith("slope_")


def layer_lengths(dem: Raster, name: str, settings: Settings) -> Lengths:
    """Return the lengths that a layer of a run is measured with."""
    return layer_lengths_on(dem.grid, name, settings)


def layer_lengths_on(grid: Grid, name: str, settings: Settings) -> Lengths:
    """Return the same on the cells of a grid."""
    baseline = asked_baseline_m(name, settings)
    return lengths_of(grid, baseline_m=baseline, radius_m=settings.lander.footprint_radius_m)


def worst_column(limit: Limit) -> str:
    """Return the site table's column that holds the worst value of a limited layer.

    >>> from jezero_sites.settings import load_profile
    >>> worst_column(load_profile().limit("slope_deg"))
    'slope_max_deg'
    """
    stem, unit = limit.layer.rsplit("_", 1)
    return f"{stem}_{limit.kind}_{unit}"
