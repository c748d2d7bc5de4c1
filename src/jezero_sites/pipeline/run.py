"""The whole product on one page: from heights to ranked lander sites."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.scratch import Scratch
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.blockwise import STAGES, TWO_BOUNDS, Earlier, Progress, work_out
from jezero_sites.pipeline.candidates import find_candidates
from jezero_sites.pipeline.inputs import check_swapped, elsewhere_notice, input_records, sample_notices
from jezero_sites.pipeline.kept import keys_record
from jezero_sites.pipeline.outcome import Aimed, Outcome
from jezero_sites.pipeline.route import check_route, route_notices
from jezero_sites.pipeline.sinks import Sink, ToMemory
from jezero_sites.pipeline.stages.cells import run_names
from jezero_sites.pipeline.stages.dem_quality import noise_notices, quality_notices
from jezero_sites.pipeline.stages.resolution import check_resolution, fine_notices, resolution_notices
from jezero_sites.pipeline.stages.rocks import abundance_notices
from jezero_sites.pipeline.statements import statements_of
from jezero_sites.pipeline.summary import summary_of
from jezero_sites.pipeline.table import site_table
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, load_profile

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

_STRIP_ROWS = 256


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
    inputs = Inputs(dem, ortho, samples, rock_abundance, traverse)
    return assess_into(
        ToMemory(dem.grid), inputs, settings, allow_coarse=allow_coarse, jobs=jobs, progress=progress
    )


@dataclass(frozen=True, eq=False)
class Inputs:
    """What a run is made from: heights, image, samples (Perseverance's where None), rock abundance, route."""

    dem: Raster
    ortho: Raster | None
    samples: GeoDataFrame | None
    abundance: Raster | None = None
    traverse: GeoDataFrame | None = None


def assess_into(
    sink: Sink,
    inputs: Inputs,
    settings: Settings,
    *,
    allow_coarse: bool = False,
    jobs: int = 1,
    progress: Progress = lambda _: None,
    scratch: Scratch | None = None,
    earlier: Earlier | None = None,
    is_keyed: bool = False,
) -> Assessment:
    """Do what :func:`assess` does, with the layers going to a sink; large arrays are kept in a scratch."""
    dem, samples = inputs.dem, _samples_or_catalogue(inputs.samples)
    check_swapped(samples, dem.grid)
    check_route(inputs.traverse, dem.grid)
    notices = check_resolution(dem, settings, allow_coarse=allow_coarse)
    found, layers = work_out(
        dem,
        settings,
        sink=sink,
        abundance=inputs.abundance,
        jobs=jobs,
        progress=progress,
        scratch=scratch,
        earlier=earlier,
        is_keyed=is_keyed,
    )
    progress(STAGES[3])
    if found.landing is None or found.hazard_class is None:
        raise ValueError("a run without hazard classes or landing probabilities has no sites")
    candidates = find_candidates(
        found.landing.lower, found.hazard_class, grid=dem.grid, settings=settings, jobs=jobs
    )
    arrays = {
        "hazard_class": found.hazard_class,
        "landing_probability": found.landing.lower,
        "landing_probability_upper": found.landing.upper,
        "dem_quality": found.artefacts.flags,
        **({} if found.divert is None else {"divert_probability": found.divert.lower}),
    }
    table = site_table(candidates, dem, arrays, samples=samples, settings=settings)
    notices = (
        *notices,
        *fine_notices(layers.values()),
        *_found_notices(found, settings, inputs.abundance),
        *route_notices(inputs.traverse, dem.grid),
    )
    return Assessment(
        dem=dem,
        ortho=inputs.ortho,
        layers=layers,
        sites=table,
        samples=samples,
        settings=settings,
        inputs=input_records(
            dem, inputs.ortho, samples, abundance=inputs.abundance, traverse=inputs.traverse
        ),
        notices=_all_notices(dem, inputs.ortho, samples, notices),
        statements=statements_of(found, samples, settings, notices),
        summary=summary_of(table, samples, found.statistics, settings, best=_best(found.landing)),
        statistics=found.statistics,
        noise_floor=found.floors,
        traverse=inputs.traverse,
        rests_on=_rests_on(found),
    )


def _rests_on(found: Outcome) -> dict[str, Any]:
    """Return what the run's record keeps for a later run; nothing where no keys were made."""
    if not found.keys:
        return {}
    aimed = {"landing": found.landing, "divert": found.divert}
    return keys_record(found.keys, aimed, found.artefacts.seams, screened=found.artefacts.screened)


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
    _, layers, notices = layers_into(
        ToMemory(dem.grid),
        dem,
        settings,
        names=names,
        abundance=rock_abundance,
        jobs=jobs,
        progress=progress,
    )
    if names is None:
        return layers, notices
    return {name: layers[name] for name in wanted_names(names, settings, rock_abundance)}, notices


def layers_into(
    sink: Sink,
    dem: Raster,
    settings: Settings,
    *,
    names: tuple[str, ...] | None = None,
    abundance: Raster | None = None,
    jobs: int = 1,
    progress: Progress = lambda _: None,
    scratch: Scratch | None = None,
) -> tuple[Outcome, dict[str, Raster], tuple[Notice, ...]]:
    """Do what :func:`assess_layers` does, with the layers going to a sink; also return what was worked out."""
    fix = "nothing is gated on these layers"
    notices = (*dem.notices, *resolution_notices(dem, settings, fix=fix))
    wanted = None if names is None else wanted_names(names, settings, abundance)
    found, layers = work_out(
        dem,
        settings,
        names=wanted,
        sink=sink,
        abundance=abundance,
        jobs=jobs,
        progress=progress,
        scratch=scratch,
    )
    if wanted is None or any(layer_for(name).equation is None for name in wanted):
        notices = (*notices, *_found_notices(found, settings, abundance))
    return found, layers, (*notices, *fine_notices(layers.values()))


def wanted_names(names: tuple[str, ...], settings: Settings, abundance: Raster | None) -> tuple[str, ...]:
    """Return the layers to make for those that were asked for: of two bounds both.

    Raises
    ------
    InputError
        ``E_LAYER`` for a layer that the settings do not give.
    """
    of_run = run_names(settings, abundance)
    both = [n for name in names for n in ((name, f"{name}_upper") if name in TWO_BOUNDS else (name,))]
    for name in both:
        if name not in of_run and layer_for(name).equation is None:
            fix = "give what it needs: legs or belly_clearance_m in [lander], [divert], a rock abundance"
            raise InputError("E_LAYER", found=f"these settings give no layer {name}", fix=fix, field="only")
    return tuple(dict.fromkeys(both))


def _best(landing: Aimed) -> tuple[float, float]:
    """Return the largest lower bound of all cells, and the upper bound there."""
    best, above = -1.0, 0.0
    for row in range(0, landing.lower.shape[0], _STRIP_ROWS):
        strip = landing.lower[row : row + _STRIP_ROWS]
        place = np.unravel_index(int(np.argmax(strip)), strip.shape)
        if float(strip[place]) > best:
            best, above = float(strip[place]), float(landing.upper[row : row + _STRIP_ROWS][place])
    return best, above


def _found_notices(found: Outcome, settings: Settings, abundance: Raster | None) -> tuple[Notice, ...]:
    unknown = found.statistics.get("rocks_in_footprint", {}).get("unknown_fraction", 0.0)
    return (
        *abundance_notices(unknown, abundance),
        *noise_notices(found.noise, settings),
        *quality_notices(found.artefacts, found.dem),
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
