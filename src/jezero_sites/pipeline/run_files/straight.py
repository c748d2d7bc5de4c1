"""Runs that go straight to their directory: layers are written while they are worked out, and never held whole."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from jezero_sites.errors import Notice
from jezero_sites.io.layer import LayerCells
from jezero_sites.io.scratch import Scratch
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.blockwise import Progress
from jezero_sites.pipeline.inputs import input_records
from jezero_sites.pipeline.run import Inputs, assess_into, layers_into, wanted_names
from jezero_sites.pipeline.run_files.record import LAYERS, read_record
from jezero_sites.pipeline.run_files.run_dir import write_layers_record, write_outcome
from jezero_sites.pipeline.run_files.stage import staged
from jezero_sites.pipeline.sinks import ToFiles
from jezero_sites.pipeline.spans import layer_spans
from jezero_sites.pipeline.stages.cells import run_names
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings


def assess_to(
    directory: Path,
    read: Callable[[Scratch], Inputs],
    settings: Settings,
    *,
    allow_coarse: bool = False,
    scaled: bool = False,
    from_run: Path | None = None,
    pages: bool = True,
    jobs: int = 1,
    progress: Progress = lambda _: None,
) -> Assessment:
    """Write the run directory of an assessment, whatever the size of the DEM, and return the assessment.

    Parameters
    ----------
    directory : Path
    read : callable
        Reads the inputs, large rasters into the scratch that it is given.
    settings : Settings
    allow_coarse : bool
        Go on where a limit rests on ground finer than the DEM shows.
    scaled : bool
        Write layers as scaled 16-bit integers where :func:`~jezero_sites.pipeline.spans.layer_spans` bounds them.
    from_run : Path, optional
        An earlier run, whose layers are taken where they would come out the same; no byte depends on it.
    pages : bool
        Whether map and report are written, which can be made later from the directory.
    jobs : int
        Threads; no byte depends on it.
    progress : callable

    Raises
    ------
    InputError, DiskError
        As :func:`~jezero_sites.pipeline.assess` and :func:`~jezero_sites.pipeline.run_files.run_dir.save_run`.
    """
    with staged(directory) as stage:
        inputs = read(Scratch(stage))
        dem = inputs.dem
        names = ("elevation_m", *run_names(settings, inputs.abundance))
        spans = layer_spans(dem, names) if scaled else None
        sink = ToFiles(stage / "layers", dem.grid, spans=spans, with_heights=True, jobs=jobs)
        run = assess_into(
            sink,
            inputs,
            settings,
            allow_coarse=allow_coarse,
            jobs=jobs,
            progress=progress,
            scratch=Scratch(stage),
            earlier=None if from_run is None else (from_run, read_record(from_run)),
            is_keyed=not scaled,
        )
        progress("write the run directory")
        write_outcome(run, stage, progress=progress, digests=sink.digests, pages=pages)
    _move(run.layers.values(), directory / "layers")
    return run


def layers_to(
    directory: Path,
    read: Callable[[Scratch], Inputs],
    settings: Settings,
    *,
    names: tuple[str, ...] | None = None,
    also: tuple[Notice, ...] = (),
    scaled: bool = False,
    jobs: int = 1,
    progress: Progress = lambda _: None,
) -> tuple[dict[str, Raster], tuple[Notice, ...]]:
    """Write a directory of layers alone, and return them with what must be said about them.

    ``also`` are further notices for its record; all else is as for :func:`assess_to`.
    """
    with staged(directory, kind=LAYERS) as stage:
        scratch = Scratch(stage)
        inputs = read(scratch)
        dem = inputs.dem
        given = run_names(settings, inputs.abundance)
        wanted = given if names is None else wanted_names(names, settings, inputs.abundance)
        spans = layer_spans(dem, wanted) if scaled else None
        sink = ToFiles(stage / "layers", dem.grid, spans=spans, jobs=jobs)
        found, layers, notices = layers_into(
            sink,
            dem,
            settings,
            names=names,
            abundance=inputs.abundance,
            jobs=jobs,
            progress=progress,
            scratch=scratch,
        )
        pictures = () if inputs.ortho is None else (*inputs.ortho.notices, *also)
        notices = (*notices, *pictures)
        records = input_records(dem, inputs.ortho, abundance=inputs.abundance)
        write_layers_record(stage, settings, found.statistics, records, notices, digests=sink.digests)
    _move(layers.values(), directory / "layers")
    return layers, notices


def _move(layers: Iterable[Raster], folder: Path) -> None:
    """Have layers look for their files where these lie in the end."""
    for layer in layers:
        if isinstance(layer.values, LayerCells):
            layer.values.moved(folder)
