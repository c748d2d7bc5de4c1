"""Measure the ground: every layer that the settings put a limit on, and those that every run has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from jezero_sites import terrain
from jezero_sites.arrays import FloatArray
from jezero_sites.blocks import map_strips
from jezero_sites.layers import Lengths, layer_for, layer_tags, lengths_of, measure
from jezero_sites.pipeline.stages.resolution import STANCE_LAYERS, below_resolution, marked
from jezero_sites.pipeline.stages.standing import standing_on
from jezero_sites.raster import Raster
from jezero_sites.settings import SLOPE_NAME, Limit, Settings

THREE_CELLS = {"horn_slope_deg": "horn", "zevenbergen_thorne_slope_deg": "zevenbergen-thorne"}
"""Slopes over 3 x 3 cells, whose baseline is two cells, and their operators."""


@dataclass(frozen=True, eq=False)
class Ground:
    """What was measured of a DEM, in float64.

    Attributes
    ----------
    dem : Raster
    values : mapping of layer name to array of shape (rows, columns)
    gradients : mapping of slope layer name to the east and north gradients that it was made from
    tangents : mapping of the name of a layer in degrees to its tangent, with which limits are compared
    lengths : mapping of layer name to the lengths that it was measured with
    tags : mapping of layer name to how it was measured
    """

    dem: Raster
    values: Mapping[str, FloatArray]
    gradients: Mapping[str, tuple[FloatArray, FloatArray]]
    tangents: Mapping[str, FloatArray]
    lengths: Mapping[str, Lengths]
    tags: Mapping[str, dict[str, str]]


def measure_ground(dem: Raster, settings: Settings, *, jobs: int = 1) -> Ground:
    """Return slope, roughness, relief, the lander's stance and every further layer with a limit."""
    values: dict[str, FloatArray] = {}
    gradients: dict[str, tuple[FloatArray, FloatArray]] = {}
    lengths: dict[str, Lengths] = {}
    tangents: dict[str, FloatArray] = {}
    tags: dict[str, dict[str, str]] = {}
    limited = (limit.layer for limit in settings.limits if limit.layer not in STANCE_LAYERS)
    for name in dict.fromkeys(("slope_deg", "roughness_m", "relief_m", *limited)):
        lengths[name] = layer_lengths(dem, name, settings)
        tags[name] = layer_tags(layer_for(name), dem.grid, lengths[name])
        if layer_for(name).needs == "baseline_m":
            tags[name] |= below_resolution(dem, asked_baseline_m(name, settings), settings)
        if is_slope(name):
            gradients[name] = _gradient(dem, lengths[name], jobs)
            values[name] = terrain.slope_deg_of(*gradients[name])
            tangents[name] = np.hypot(*gradients[name])
        elif name == "elevation_m":
            values[name] = np.asarray(dem.values, np.float64)
        elif name == "relief_m":
            values[name] = measure(dem, name, radius_m=settings.lander.footprint_radius_m, jobs=jobs).values
        else:
            values[name] = measure(dem, name, baseline_m=settings.baseline_m, jobs=jobs).values
    stance = standing_on(dem, settings, jobs=jobs)
    values |= stance.values
    tags |= {name: {"METHOD": layer_for(name).about, **how} for name, how in stance.tags.items()}
    return Ground(dem, values, gradients, tangents | stance.tangents, lengths, tags)


def measure_for(dem: Raster, name: str, settings: Settings, *, jobs: int = 1) -> Raster:
    """Return one quantity of the heights with the lengths that the settings ask for, in float32."""
    needs = layer_for(name).needs
    baseline = asked_baseline_m(name, settings)
    asks_baseline = needs == "baseline_m" and not SLOPE_NAME.fullmatch(name)
    raster = measure(
        dem,
        name,
        baseline_m=baseline if asks_baseline else None,
        radius_m=settings.lander.footprint_radius_m if needs == "radius_m" else None,
        jobs=jobs,
    )
    raster = replace(raster, values=raster.values.astype(np.float32))
    three = THREE_CELLS.get(name)
    if three is not None:
        return marked(raster, dem, 2 * max(dem.grid.dy_m, dem.grid.mean_dx_m), settings)
    return marked(raster, dem, baseline, settings) if needs == "baseline_m" else raster


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
    baseline = asked_baseline_m(name, settings)
    return lengths_of(dem.grid, baseline_m=baseline, radius_m=settings.lander.footprint_radius_m)


def worst_column(limit: Limit) -> str:
    """Return the site table's column that holds the worst value of a limited layer.

    >>> from jezero_sites.settings import load_profile
    >>> worst_column(load_profile().limit("slope_deg"))
    'slope_max_deg'
    """
    stem, unit = limit.layer.rsplit("_", 1)
    return f"{stem}_{limit.kind}_{unit}"


def _gradient(dem: Raster, lengths: Lengths, jobs: int) -> tuple[FloatArray, FloatArray]:
    east, north = map_strips(
        lambda z, dx: terrain.plane_gradient(z, dx_m=dx, dy_m=lengths.dy_m, window=lengths.window),
        dem.values,
        dem.grid.dx_m,
        reach_rows=lengths.window[0] // 2,
        jobs=jobs,
    )
    return east, north
