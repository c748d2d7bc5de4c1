"""The whole product on one page: from heights to ranked lander sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.errors import Notice
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.ground import Ground, measure_for, measure_ground
from jezero_sites.pipeline.inputs import elsewhere_notice, input_records, sample_notices
from jezero_sites.pipeline.resolution import check_resolution, resolution_notices
from jezero_sites.pipeline.statements import statements_of, summary_of
from jezero_sites.pipeline.statistics import layer_statistics
from jezero_sites.pipeline.table import find_candidates, site_table
from jezero_sites.pipeline.touchdown import Safety, aim, rock_rate, touchdown_safety
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, load_profile

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""

STAGES = ("measure the ground", "weigh the hazards", "aim the dispersion ellipse", "find the sites")


def assess(
    dem: Raster,
    ortho: Raster | None = None,
    samples: GeoDataFrame | None = None,
    settings: Settings | None = None,
    *,
    allow_coarse: bool = False,
    jobs: int = 1,
    progress: Progress = lambda _: None,
) -> Assessment:
    """Return what a DEM says about landing near the samples.

    Parameters
    ----------
    dem : Raster
        Heights in metres, as :func:`jezero_sites.read_dem` gives them.
    ortho : Raster, optional
        An image of the same ground, shown on the map; its rocks are not assessed.
    samples : GeoDataFrame, optional
        Sample positions; Perseverance's where none are given.
    settings : Settings, optional
        Limits, errors and weights; the profile ``msr-srl-illustrative`` where none are given.
    allow_coarse : bool
        Go on where a limit rests on ground finer than the DEM shows.
    jobs : int
        Threads; the result does not depend on it.
    progress : callable
        Told the name of each stage as it begins.

    Returns
    -------
    Assessment

    Raises
    ------
    ResolutionError
        ``E_RESOLUTION`` where a limit rests on ground finer than the DEM shows.
    """
    settings = settings or load_profile()
    samples = _samples_or_catalogue(samples)
    notices = check_resolution(dem, settings, allow_coarse=allow_coarse)
    progress(STAGES[0])
    ground = measure_ground(dem, settings, jobs=jobs)
    progress(STAGES[1])
    safety = touchdown_safety(ground, settings)
    progress(STAGES[2])
    landing = aim(safety.safe_probability, dem.grid, settings, jobs=jobs)
    progress(STAGES[3])
    cells, safe_radius = find_candidates(landing[0], safety.hazard_class, grid=dem.grid, settings=settings)
    arrays = {
        "hazard_class": safety.hazard_class,
        "landing_probability": landing[0],
        "landing_probability_upper": landing[1],
        "safe_radius_m": safe_radius,
    }
    table = site_table(cells, ground, arrays, samples=samples, settings=settings)
    layers = _layers(ground, safety, landing, settings)
    statistics = layer_statistics(layers)
    return Assessment(
        dem=dem,
        ortho=ortho,
        layers=layers,
        sites=table,
        samples=samples,
        settings=settings,
        inputs=input_records(dem, ortho, samples),
        notices=_all_notices(dem, ortho, samples, notices),
        statements=statements_of(ground, samples, settings, notices),
        summary=summary_of(table, samples, statistics, settings),
        statistics=statistics,
    )


def assess_layers(
    dem: Raster,
    settings: Settings,
    *,
    names: tuple[str, ...] | None = None,
    jobs: int = 1,
    progress: Progress = lambda _: None,
) -> tuple[dict[str, Raster], tuple[Notice, ...]]:
    """Return raster layers alone, and what must be said about them; nothing is gated.

    ``names`` picks layers, of a run or any other quantity of the heights; all layers of a run by default.
    """
    fix = "nothing is gated on these layers"
    notices = (*dem.notices, *resolution_notices(dem, settings, fix=fix))
    extra = [name for name in names or () if layer_for(name).equation is not None]
    found: dict[str, Raster] = {}
    if names is None or len(extra) < len(names):
        progress(STAGES[0])
        ground = measure_ground(dem, settings, jobs=jobs)
        progress(STAGES[1])
        safety = touchdown_safety(ground, settings)
        progress(STAGES[2])
        found = _layers(ground, safety, aim(safety.safe_probability, dem.grid, settings, jobs=jobs), settings)
    for name in extra:
        if name not in found:
            found[name] = measure_for(dem, name, settings, jobs=jobs)
    if names is None:
        return found, notices
    both = [
        n for name in names for n in ((name, f"{name}_upper") if name == "landing_probability" else (name,))
    ]
    return {name: found[name] for name in both}, notices


def _samples_or_catalogue(samples: GeoDataFrame | None) -> GeoDataFrame:
    if samples is not None:
        return samples
    from jezero_sites.io.points.catalog import perseverance_samples

    return perseverance_samples()


def _layers(
    ground: Ground, safety: Safety, landing: tuple[FloatArray, FloatArray], settings: Settings
) -> dict[str, Raster]:
    """Return every layer of the run as it is written: measured quantities in float32."""
    dem = ground.dem
    layers = {
        name: _layer(dem, name, values.astype(np.float32), ground.tags[name])
        for name, values in ground.values.items()
        if name != "elevation_m"
    }
    rocks = "rocks=not assessed" if rock_rate(settings) is None else "rocks=model of Golombek and Rapp (1997)"
    limits = "; ".join(f"{m.layer} {m.kind} {m.value:g} {m.unit} ({m.source})" for m in settings.limits)
    classes = {"LIMITS": limits, "ASSESSED": f"{rocks}; bedforms=not assessed; clearance=not assessed"}
    d = settings.dispersion
    aimed = {
        **classes,
        "DISPERSION": f"{d.meaning}, semi-axes {d.major_m:g} x {d.minor_m:g} m, azimuth {d.azimuth_deg:g} deg",
        "DISPERSION_SOURCE": d.source,
    }
    error = settings.dem_error
    chances = {**classes, "DEM_ERROR": f"sigma {error.sigma_m:g} m, {error.model} ({error.source})"}
    layers["hazard_class"] = _layer(dem, "hazard_class", safety.hazard_class, classes)
    layers["hazard_reason"] = _layer(dem, "hazard_reason", safety.hazard_reason, classes)
    layers["safe_probability"] = _layer(
        dem, "safe_probability", safety.safe_probability.astype(np.float32), chances
    )
    for name, values in zip(("landing_probability", "landing_probability_upper"), landing, strict=True):
        layers[name] = _layer(dem, name, values.astype(np.float32), {**chances, **aimed})
    return layers


def _layer(dem: Raster, name: str, values: Any, tags: dict[str, str]) -> Raster:
    layer = layer_for(name)
    return dem.like(values, name=name, unit=layer.unit, tags={"METHOD": layer.about, **tags})


def _all_notices(
    dem: Raster, ortho: Raster | None, samples: GeoDataFrame, notices: tuple[Notice, ...]
) -> tuple[Notice, ...]:
    pictures = (*ortho.notices, *elsewhere_notice(dem, ortho)) if ortho is not None else ()
    return (*dem.notices, *pictures, *sample_notices(dem, samples), *notices)
