"""Every layer of a run in one pass over blocks, then what needs the whole raster, block by block as well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites import hazards, quality
from jezero_sites.arrays import ByteArray
from jezero_sites.blocks import Block, blocks_of, each
from jezero_sites.io.cog import tile_cells
from jezero_sites.io.scratch import Scratch, new_array
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.kept import Kept, kept_layers, layer_keys
from jezero_sites.pipeline.outcome import Aimed, Outcome, layer_about
from jezero_sites.pipeline.sinks import Sink
from jezero_sites.pipeline.stages.aiming import aim, aim_with_divert
from jezero_sites.pipeline.stages.cells import AIMED, block_values, plan_of, run_names
from jezero_sites.pipeline.stages.dem_quality import estimated_noise, found_artefacts
from jezero_sites.pipeline.stages.exceedance import quantity_about
from jezero_sites.pipeline.stages.noise_floor import noise_floors
from jezero_sites.pipeline.stages.rocks import rocks_of_run, with_median
from jezero_sites.pipeline.statistics import LayerTally
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings

Progress = Callable[[str], None]
"""Told the name of each stage as it begins."""

STAGES = ("measure the ground", "weigh the hazards", "aim the dispersion ellipse", "find the sites")

TWO_BOUNDS = ("landing_probability", "divert_probability")
"""Layers with a lower and an upper bound, two bands of one file."""

LONG_BLOCKS = 200
"""A pass over so many blocks, some 7,000 x 7,000 cells, tells how far it is."""

Tallies = Mapping[str, LayerTally]

Earlier = tuple[Path, Mapping[str, Any]]
"""The directory of an earlier run, and its record."""


@dataclass(frozen=True, eq=False)
class _Whole:
    """Arrays of the whole raster that later stages read."""

    safe: NDArray[np.float32] | None
    hazard_class: ByteArray | None


def work_out(
    dem: Raster,
    settings: Settings,
    *,
    sink: Sink,
    names: tuple[str, ...] | None = None,
    abundance: Raster | None = None,
    jobs: int = 1,
    progress: Progress = lambda _: None,
    scratch: Scratch | None = None,
    block_cells: int | None = None,
    earlier: Earlier | None = None,
    is_keyed: bool = False,
) -> tuple[Outcome, dict[str, Raster]]:
    """Return what was worked out for a DEM, and its layers.

    Parameters
    ----------
    dem : Raster
    settings : Settings
    sink : Sink
        Where the layers go.
    names : tuple of str, optional
        The layers that are wanted, of two bounds both; those of a run where none are given.
    abundance : Raster, optional
        Share of the ground covered by rocks.
    jobs : int
        Threads; the result does not depend on it.
    progress : callable
    scratch : Scratch, optional
        Where arrays of the whole raster are kept instead of in memory.
    block_cells : int, optional
        Cells a side of the blocks; no cell depends on it. Files need that of their tiles, which is the default.
    earlier : (directory, record), optional
        A run whose layers are taken where they would come out the same.
    is_keyed : bool
        Whether the outcome says what each layer rests on, for a later run.
    """
    wanted = run_names(settings, abundance) if names is None else names
    is_run = names is None or any(layer_for(name).equation is None for name in wanted)
    progress(STAGES[0])
    aside = ThreadPoolExecutor(1)
    noise = aside.submit(estimated_noise, dem) if is_run else None
    floors = noise_floors(dem.grid, settings) if is_run else ()
    rocks = rocks_of_run(settings, abundance)
    nothing = quality.Artefacts(np.zeros((0, 0), np.uint8), ())
    found = Outcome(dem, None, None, None, rocks, nothing, floors, None, {})
    try:
        abouts = _abouts(found, settings, wanted, is_run=is_run)
        keys = aside.submit(_keys, found, settings, abouts, abundance) if is_keyed or earlier else None
        kept = Kept() if earlier is None or keys is None else kept_layers(*earlier, keys.result())
        found = replace(found, artefacts=_artefacts(dem, wanted, kept, jobs=jobs, scratch=scratch))
        new = tuple(name for name in wanted if name not in kept.layers)
        tallies = {name: LayerTally(name) for name in new}
        if "elevation_m" in kept.files:
            sink.keep("elevation_m", kept.files["elevation_m"], kept.digests["elevation_m"])
        elif sink.wants_heights:
            sink.begin({"elevation_m": dem})
        sink.begin({name: about for name, about in abouts.items() if name in new and name not in AIMED})
        for name in (name for name in wanted if name in kept.layers):
            sink.keep(name, kept.files[name], kept.digests[name])
        progress(STAGES[1])
        whole = _pass(
            found,
            settings,
            sink,
            tallies,
            kept,
            progress=progress,
            abundance=abundance,
            jobs=jobs,
            scratch=scratch,
            side=block_cells,
        )
        found = replace(found, hazard_class=whole.hazard_class)
        settled = aside.submit(sink.settle)
        if any(name in AIMED for name in wanted):
            progress(STAGES[2])
            found = _aimed(found, whole.safe, settings, wanted, kept, jobs=jobs, scratch=scratch)
            abouts |= layer_about(found, settings, [name for name in wanted if name in AIMED])
            sink.begin({name: about for name, about in abouts.items() if name in AIMED and name in new})
            _put_aimed(found, new, sink, tallies, jobs=jobs, side=block_cells)
        settled.result()
        cells = sink.finish()
        found = replace(
            found,
            noise=None if noise is None else noise.result(),
            keys={} if keys is None else keys.result(),
        )
    except BaseException:
        sink.drop()
        raise
    finally:
        aside.shutdown(cancel_futures=True)
    statistics = {
        name: tallies[name].numbers() if name in tallies else kept.statistics[name] for name in wanted
    }
    found = replace(
        found, statistics=statistics, rocks=with_median(found.rocks, statistics, abundance, settings)
    )
    return found, {name: replace(abouts[name], values=cells[name]) for name in wanted}


def _keys(
    found: Outcome, settings: Settings, abouts: Mapping[str, Raster], abundance: Raster | None
) -> dict[str, str]:
    aimed = layer_about(found, settings, [name for name in run_names(settings, abundance) if name in AIMED])
    heights = {"elevation_m": found.dem}
    return layer_keys(found.dem, settings, {**heights, **abouts, **aimed}, abundance=abundance)


def _artefacts(
    dem: Raster, wanted: Collection[str], kept: Kept, *, jobs: int, scratch: Scratch | None
) -> quality.Artefacts:
    if "dem_quality" in kept.layers:
        return quality.Artefacts(kept.layers["dem_quality"], kept.seams, kept.screened)
    if "dem_quality" in wanted:
        return found_artefacts(dem, jobs=jobs, scratch=scratch)
    return quality.Artefacts(np.zeros((0, 0), np.uint8), ())


def _abouts(
    found: Outcome, settings: Settings, wanted: Collection[str], *, is_run: bool
) -> dict[str, Raster]:
    """Return name, unit and tags of each layer; a quantity that is no layer of a run has its own."""
    abouts = layer_about(found, settings, [name for name in wanted if name not in AIMED])
    own = run_names(settings, None) if is_run else ()
    quantities = [name for name in wanted if layer_for(name).equation is not None and name not in own]
    return abouts | {name: quantity_about(found.dem, name, settings) for name in quantities}


def _pass(
    found: Outcome,
    settings: Settings,
    sink: Sink,
    tallies: Tallies,
    kept: Kept,
    *,
    abundance: Raster | None,
    progress: Progress,
    jobs: int,
    scratch: Scratch | None,
    side: int | None,
) -> _Whole:
    """Work out every block, and keep what later stages need of all of them."""
    shape = found.dem.grid.shape
    aims = any(name in AIMED for name in (*tallies, *kept.layers))
    safe, classes = kept.layers.get("safe_probability"), kept.layers.get("hazard_class")
    names = [name for name in tallies if name not in AIMED]
    if aims and safe is None and any(name in AIMED for name in tallies):
        safe = new_array(scratch, shape, np.float32)
        names.append("safe_probability")
    if aims and classes is None:
        classes = new_array(scratch, shape, np.uint8)
        names.append("hazard_class")
    if not names and not sink.takes("elevation_m"):
        return _Whole(safe, classes)
    flags = found.artefacts.flags if "dem_quality" in tallies else None
    plan = plan_of(found.dem, settings, names, abundance=abundance, flags=flags)

    def work(block: Block) -> None:
        values = block_values(plan, block)
        for name, its in values.items():
            if sink.takes(name):
                sink.put(name, block, its)
            if name in tallies:
                tallies[name].add(block, its)
        for name, whole in (("safe_probability", safe), ("hazard_class", classes)):
            if whole is not None and name not in kept.layers:
                whole[block.cells] = values[name]

    blocks = blocks_of(shape, side or tile_cells(shape))
    each(work, blocks, jobs=jobs, done=_told(progress, STAGES[1], len(blocks)))
    return _Whole(safe, classes)


def _told(progress: Progress, stage: str, total: int) -> Callable[[int], None]:
    """Return what tells every tenth of a long stage."""

    def done(number: int) -> None:
        if total >= LONG_BLOCKS and number * 10 // total > (number - 1) * 10 // total and number < total:
            progress(f"{stage}, {number * 100 // total} %")

    return done


def _aimed(
    found: Outcome,
    safe: NDArray[Any] | None,
    settings: Settings,
    wanted: Collection[str],
    kept: Kept,
    *,
    jobs: int,
    scratch: Scratch | None,
) -> Outcome:
    """Return the outcome with the chances to land."""
    grid = found.dem.grid
    room = hazards.Room(lambda shape: new_array(scratch, shape, np.float32))
    for stem, work in (("landing", aim), ("divert", aim_with_divert)):
        name = f"{stem}_probability"
        if name in kept.layers:
            bounds = Aimed(kept.layers[name], kept.layers[f"{name}_upper"], *kept.aimed[stem])
        elif name in wanted and safe is not None:
            given = work(safe, grid, settings, jobs=jobs, room=room)
            if given is None:
                continue
            bounds = Aimed(*given)
        else:
            continue
        found = replace(found, landing=bounds) if stem == "landing" else replace(found, divert=bounds)
    return found


def _put_aimed(
    found: Outcome,
    wanted: Collection[str],
    sink: Sink,
    tallies: Tallies,
    *,
    jobs: int,
    side: int | None,
) -> None:
    arrays: dict[str, NDArray[Any]] = {}
    for stem, bounds in (("landing", found.landing), ("divert", found.divert)):
        if bounds is not None:
            arrays[f"{stem}_probability"] = bounds.lower
            arrays[f"{stem}_probability_upper"] = bounds.upper

    arrays = {name: values for name, values in arrays.items() if name in wanted}
    if not arrays:
        return

    def work(block: Block) -> None:
        for name, values in arrays.items():
            sink.put(name, block, values[block.cells])
            tallies[name].add(block, values[block.cells])

    shape = found.dem.grid.shape
    each(work, blocks_of(shape, side or tile_cells(shape)), jobs=jobs)
