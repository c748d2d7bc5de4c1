"""The run directory: everything a run found, written whole or not at all, and read back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import jezero_sites
from jezero_sites.blocks import blocks_of
from jezero_sites.errors import Notice
from jezero_sites.io.hashing import check_unchanged, sha256_of
from jezero_sites.io.write import Span, write_raster, write_text
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.inputs import InputRecord, check_inputs
from jezero_sites.pipeline.run_files.record import LAYER_NAME, LAYERS, SCHEMA
from jezero_sites.pipeline.run_files.route import route_record
from jezero_sites.pipeline.run_files.stage import staged
from jezero_sites.pipeline.sinks import UPPER, ToFiles, overview_of
from jezero_sites.pipeline.spans import layer_spans
from jezero_sites.pipeline.stages.cells import published
from jezero_sites.pipeline.stages.noise_floor import floors_csv
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, settings_dict, settings_toml

Progress = Callable[[str], None]


def save_run(
    run: Assessment, directory: Path, *, scaled: bool = False, progress: Progress = lambda _: None
) -> Path:
    """Write the run directory of an assessment; ``run.json`` last.

    Everything is made in a temporary directory beside it and put in its place by renaming. An earlier run in
    that place is replaced; files that are not of a run stay. ``progress`` is told what takes its time.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS`` where the directory holds something other than a run; ``E_INPUT_CHANGED`` where an
        input is no longer what was read.
    DiskError
        ``E_DISK_FULL``, ``E_WRITE`` or ``E_WRITE_VERIFY``.
    """
    with staged(directory) as stage:
        layers = {"elevation_m": run.dem, **run.layers}
        write_layers(layers, stage / "layers", spans=layer_spans(run.dem, layers) if scaled else None)
        write_outcome(run, stage, progress=progress)
    return directory


def write_outcome(
    run: Assessment,
    stage: Path,
    *,
    progress: Progress,
    digests: Mapping[Path, str] | None = None,
    pages: bool = True,
) -> None:
    """Write everything of a run but its layers: sites, map, report, record; then see that the inputs are unchanged."""
    from jezero_sites.io.points.vectors import write_sites

    write_sites(run.sites, stage)
    if pages:
        write_map(run, stage, progress=progress)
        write_text(stage / "report.html", run.report())
    write_text(stage / "noise_floor.csv", floors_csv(run.noise_floor))
    write_recipe(stage, run.settings, _record(run), digests=digests)
    check_inputs(run.inputs)


def save_layers(
    layers: dict[str, Raster],
    directory: Path,
    *,
    settings: Settings,
    inputs: tuple[InputRecord, ...],
    notices: tuple[Notice, ...],
) -> Path:
    """Write a directory of layers alone, with ``config.toml`` and ``run.json``.

    Raises
    ------
    InputError, DiskError
        As :func:`save_run`.
    """
    from jezero_sites.pipeline.statistics import layer_statistics

    with staged(directory, kind=LAYERS) as stage:
        write_layers(layers, stage / "layers")
        write_layers_record(stage, settings, layer_statistics(layers), inputs, notices)
    return directory


def write_layers_record(
    stage: Path,
    settings: Settings,
    statistics: Mapping[str, Mapping[str, float]],
    inputs: tuple[InputRecord, ...],
    notices: tuple[Notice, ...],
    *,
    digests: Mapping[Path, str] | None = None,
) -> None:
    """Write ``config.toml`` and ``run.json`` of layers alone; then see that the inputs are unchanged."""
    record = {
        "inputs": [i.as_dict() for i in inputs],
        "notices": [n.as_dict() for n in notices],
        "layers": {name: dict(numbers) for name, numbers in statistics.items()},
    }
    write_recipe(stage, settings, record, digests=digests)
    check_inputs(inputs)


def write_map(run: Assessment, folder: Path, *, progress: Progress = lambda _: None) -> None:
    """Write ``map.html``; where its layers had to be reduced also ``map/index.html``, which shows every cell."""
    progress("write the map")
    site_map = run.map()
    full = folder / "map"
    if not site_map.is_reduced:
        shutil.rmtree(full, ignore_errors=True)
        site_map.save(folder / "map.html")
        return
    part = folder / ".map.part"
    shutil.rmtree(part, ignore_errors=True)
    site_map.save_folder(part, progress=progress)
    shutil.rmtree(full, ignore_errors=True)
    part.rename(full)
    site_map.save(folder / "map.html", full_map="map/index.html")


def write_layers(
    layers: Mapping[str, Raster], folder: Path, *, spans: Mapping[str, Span] | None = None
) -> None:
    """Write each layer as a Cloud-Optimised GeoTIFF; both bounds of a probability in one file.

    Raises
    ------
    ValueError
        Where a name is none of a layer: letters, digits and ``_`` alone, so that nothing leaves the folder.
    """
    for name in layers:
        if not LAYER_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no name of a layer")
    for name, raster in layers.items():
        if name.endswith(UPPER) and name.removesuffix(UPPER) in layers:
            continue
        bands = {n: layers[n] for n in (name, name + UPPER) if n in layers}
        sink = ToFiles(folder, raster.grid, spans=spans)
        try:
            sink.begin(bands)
            for block in blocks_of(raster.grid.shape, sink.tile):
                for band, its in bands.items():
                    sink.put(band, block, published(its.values[block.cells]))
            sink.finish()
        finally:
            sink.drop()


def save_layer(path: Path, raster: Raster) -> None:
    """Write one layer alone, if the files it was made from are still what was read.

    Raises
    ------
    InputError
        ``E_INPUT_CHANGED``.
    DiskError
        As :func:`write_layer`.
    """
    check_unchanged(raster.fingerprints)
    write_layer(path, [raster])


def write_layer(path: Path, bands: list[Raster], *, scaled: bool = False) -> None:
    """Write one layer, its unit and method in the tags, its overviews by the worst value."""
    first = bands[0]
    code = first.values.dtype == np.uint8
    write_raster(
        path,
        [b.values if code else np.asarray(b.values, np.float32) for b in bands],
        grid=first.grid,
        names=[b.name for b in bands],
        units=[b.unit for b in bands],
        tags=[dict(b.tags) for b in bands],
        nodata=None if code else float("nan"),
        scaled=scaled and not code,
        overview=overview_of(first.name),
    )


def write_recipe(
    stage: Path, settings: Settings, record: dict[str, Any], *, digests: Mapping[Path, str] | None = None
) -> None:
    """Write ``config.toml`` and ``run.json``, which names every other file with its checksum.

    ``digests`` are those of files that were read again when they were written.
    """
    known = digests or {}
    head = f"# Settings of a run of jezero_sites {jezero_sites.__version__}; run again with --config config.toml\n"
    write_text(stage / "config.toml", head + settings_toml(settings))
    files = sorted(p for p in stage.rglob("*") if p.is_file())
    outputs = {p.relative_to(stage).as_posix(): known.get(p) or sha256_of(p) for p in files}
    whole = {
        "schema": SCHEMA,
        "version": jezero_sites.__version__,
        "software": _software(),
        "settings": settings_dict(settings),
        **record,
        "outputs": outputs,
    }
    text = json.dumps(_finite(whole), indent=1, ensure_ascii=False, allow_nan=False)
    write_text(stage / "run.json", text + "\n")


def _record(run: Assessment) -> dict[str, Any]:
    samples = run.samples.drop(columns="geometry").astype(object)
    rows = samples.where(samples.notna(), None).to_dict("records")
    return {
        "summary": run.summary,
        "statements": list(run.statements),
        "inputs": [i.as_dict() for i in run.inputs],
        "notices": [n.as_dict() for n in run.notices],
        "layers": {name: dict(numbers) for name, numbers in run.statistics.items()},
        "noise_floor": [floor.as_dict() for floor in run.noise_floor],
        "sites": len(run.sites),
        "samples": rows,
        **run.rests_on,
        **({} if run.traverse is None else {"traverse": route_record(run.traverse)}),
    }


def _software() -> dict[str, str]:
    from importlib.metadata import version

    return {name: version(name) for name in ("numpy", "numba", "scipy", "rasterio", "pyproj", "geopandas")}


def _finite(value: Any) -> Any:
    """Return plain JSON data: NaN becomes null, numpy numbers become Python's."""
    if isinstance(value, dict):
        return {str(k): _finite(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return value
