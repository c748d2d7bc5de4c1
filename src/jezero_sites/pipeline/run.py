"""The whole product on one page: from heights to ranked lander sites."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.hazards import LandingBounds
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.inputs import check_swapped, elsewhere_notice, input_records, sample_notices
from jezero_sites.pipeline.outcome import Outcome, run_layers
from jezero_sites.pipeline.route import check_route, route_notices
from jezero_sites.pipeline.stages.aiming import aim, aim_with_divert
from jezero_sites.pipeline.stages.dem_quality import (
    estimated_noise,
    found_artefacts,
    noise_notices,
    quality_notices,
)
from jezero_sites.pipeline.stages.exceedance import with_noise
from jezero_sites.pipeline.stages.ground import measure_for, measure_ground
from jezero_sites.pipeline.stages.noise_floor import noise_floors
from jezero_sites.pipeline.stages.resolution import check_resolution, fine_notices, resolution_notices
from jezero_sites.pipeline.stages.rocks import abundance_notices, rock_field
from jezero_sites.pipeline.stages.touchdown import touchdown_safety
from jezero_sites.pipeline.statements import statements_of
from jezero_sites.pipeline.statistics import layer_statistics
from jezero_sites.pipeline.summary import summary_of
from jezero_sites.pipeline.table import find_candidates, site_table
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, load_profile

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""

STAGES = ("measure the ground", "weigh the hazards", "aim the dispersion ellipse", "find the sites")

TWO_BOUNDS = ("landing_probability", "divert_probability")
"""Layers with a lower and an upper bound, two bands of one file."""


def assess(
    dem: Raster,
    ortho: Raster | None = None,
    samples: GeoDataFrame | None = None,
    settings: Settings | None = None,
    *,
    rock_abundance: Raster | None = None,
    traverse: GeoDataFrame | None = None,
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
    rock_abundance : Raster, optional
        Share of the ground covered by rocks, as :func:`jezero_sites.read_abundance` gives it; in place of the
        settings' number.
    traverse : GeoDataFrame, optional
        The route of the rover, as :func:`jezero_sites.io.points.traverse.read_traverse` gives it; shown on the
        map, and nothing more.
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
    InputError
        ``E_SWAPPED`` where samples, or the route, have longitude and latitude exchanged.
    ValueError
        Where the route has other than lines with ``name`` and ``sol``.
    """
    settings = settings or load_profile()
    samples = _samples_or_catalogue(samples)
    check_swapped(samples, dem.grid)
    check_route(traverse, dem.grid)
    notices = check_resolution(dem, settings, allow_coarse=allow_coarse)
    found = work_out(dem, settings, abundance=rock_abundance, jobs=jobs, progress=progress)
    progress(STAGES[3])
    landing, safety = found.landing, found.safety
    cells, safe_radius = find_candidates(landing.lower, safety.hazard_class, grid=dem.grid, settings=settings)
    arrays = {
        "hazard_class": safety.hazard_class,
        "landing_probability": landing.lower,
        "landing_probability_upper": landing.upper,
        "safe_radius_m": safe_radius,
        "dem_quality": found.artefacts.flags,
        **({} if found.divert is None else {"divert_probability": found.divert.lower}),
    }
    table = site_table(cells, found.ground, arrays, samples=samples, settings=settings)
    layers = run_layers(found, settings)
    statistics = layer_statistics(layers)
    notices = (
        *notices,
        *fine_notices(layers.values()),
        *_found_notices(found, settings, rock_abundance),
        *route_notices(traverse, dem.grid),
    )
    return Assessment(
        dem=dem,
        ortho=ortho,
        layers=layers,
        sites=table,
        samples=samples,
        settings=settings,
        inputs=input_records(dem, ortho, samples, abundance=rock_abundance, traverse=traverse),
        notices=_all_notices(dem, ortho, samples, notices),
        statements=statements_of(found, samples, settings, notices),
        summary=summary_of(table, samples, statistics, settings, best=_best(landing)),
        statistics=statistics,
        noise_floor=found.floors,
        traverse=traverse,
    )


def work_out(
    dem: Raster,
    settings: Settings,
    *,
    abundance: Raster | None = None,
    jobs: int = 1,
    progress: Progress = lambda _: None,
) -> Outcome:
    """Return everything that is worked out for the cells of a DEM, stage by stage."""
    progress(STAGES[0])
    ground = measure_ground(dem, settings, jobs=jobs)
    artefacts = found_artefacts(dem)
    noise = estimated_noise(dem)
    floors = noise_floors(ground, settings)
    progress(STAGES[1])
    rocks = rock_field(dem.grid, settings, abundance)
    safety = touchdown_safety(ground, settings, rocks)
    progress(STAGES[2])
    landing = aim(safety.safe_probability, dem.grid, settings, jobs=jobs)
    divert = aim_with_divert(safety.safe_probability, dem.grid, settings, jobs=jobs)
    return Outcome(ground, safety, landing, divert, rocks, artefacts, floors, noise)


def assess_layers(
    dem: Raster,
    settings: Settings,
    *,
    names: tuple[str, ...] | None = None,
    rock_abundance: Raster | None = None,
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
        outcome = work_out(dem, settings, abundance=rock_abundance, jobs=jobs, progress=progress)
        found = run_layers(outcome, settings)
        notices = (*notices, *_found_notices(outcome, settings, rock_abundance))
    for name in extra:
        if name not in found:
            found[name] = with_noise(measure_for(dem, name, settings, jobs=jobs), dem, settings)
    notices = (*notices, *fine_notices(found.values()))
    if names is None:
        return found, notices
    both = [n for name in names for n in ((name, f"{name}_upper") if name in TWO_BOUNDS else (name,))]
    for name in both:
        if name not in found:
            fix = "give what it needs: legs or belly_clearance_m in [lander], [divert], a rock abundance"
            raise InputError("E_LAYER", found=f"these settings give no layer {name}", fix=fix, field="only")
    return {name: found[name] for name in both}, notices


def _best(landing: LandingBounds) -> tuple[float, float]:
    """Return the largest lower bound of all cells, and the upper bound there."""
    place = np.unravel_index(int(np.argmax(landing.lower)), landing.lower.shape)
    return float(landing.lower[place]), float(landing.upper[place])


def _found_notices(found: Outcome, settings: Settings, abundance: Raster | None) -> tuple[Notice, ...]:
    return (
        *abundance_notices(found.rocks, abundance),
        *noise_notices(found.noise, settings),
        *quality_notices(found.artefacts, found.ground.dem),
    )


def _samples_or_catalogue(samples: GeoDataFrame | None) -> GeoDataFrame:
    if samples is not None:
        return samples
    from jezero_sites.io.points.catalog import perseverance_samples

    return perseverance_samples()


def _all_notices(
    dem: Raster, ortho: Raster | None, samples: GeoDataFrame, notices: tuple[Notice, ...]
) -> tuple[Notice, ...]:
    pictures = (*ortho.notices, *elsewhere_notice(dem, ortho)) if ortho is not None else ()
    return (*dem.notices, *pictures, *sample_notices(dem, samples), *notices)
