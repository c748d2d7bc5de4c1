"""The directory of slopes at many baselines: layers, tables, figures and ``run.json``, whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jezero_sites
from jezero_sites.errors import InputError
from jezero_sites.io.hashing import check_unchanged, sha256_of
from jezero_sites.io.write import write_text
from jezero_sites.maps.slope_figures import deviogram_figure, slope_histograms, slope_maps
from jezero_sites.pipeline.inputs import input_records
from jezero_sites.pipeline.run_files.record import SCHEMA, SURVEY
from jezero_sites.pipeline.run_files.run_dir import write_layer
from jezero_sites.pipeline.run_files.stage import check_out, staged
from jezero_sites.pipeline.survey.baseline_tables import (
    EDGES_DEG,
    LIMIT_DEG,
    csv_text,
    deviogram_rows,
    fit_dict,
    histogram_rows,
    plain_data,
    slope_counts,
    statistics_rows,
)
from jezero_sites.pipeline.survey.baselines import BaselineSlopes

STATEMENTS = (
    "Slope averaged to larger cells is the mean of the slope raster, not slope measured at that length.",
    "The line on the histograms shows where a limit would lie; nothing is gated on it.",
    "These figures reproduce no published table: no slope table of Jezero was at hand to compare with.",
)


def save_baselines(
    found: BaselineSlopes,
    directory: Path,
    *,
    limit_deg: float = LIMIT_DEG,
    progress: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Write the directory of slopes at many baselines and return its ``run.json``.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS`` where the directory holds something that this function has not written, ``E_OPTION``
        where the limit is not an angle from 0 to 90 degrees.
    DiskError
        ``E_DISK_FULL`` or ``E_WRITE``.
    """
    check_limit(limit_deg)
    check_out(directory, kind=SURVEY)
    limit_deg = float(limit_deg)
    statistics = statistics_rows(found, limit_deg=limit_deg)
    with staged(directory, kind=SURVEY) as stage:
        progress("write layers and tables")
        _write_layers(found, stage / "layers")
        write_text(stage / "statistics.csv", csv_text(statistics))
        write_text(stage / "histogram.csv", csv_text(list(histogram_rows(found, limit_deg=limit_deg))))
        write_text(stage / "deviogram.csv", csv_text(list(deviogram_rows(found))))
        progress("draw the figures")
        _draw(found, statistics, stage, limit_deg)
        record = _record(found, statistics, stage, limit_deg)
        text = json.dumps(record, indent=1, ensure_ascii=False, allow_nan=False)
        write_text(stage / "run.json", text + "\n")
        check_unchanged(found.dem.fingerprints)
    return record


def check_limit(limit_deg: float) -> None:
    """Refuse a limit that is not an angle of slope.

    Raises
    ------
    InputError
        ``E_OPTION``.
    """
    if not 0.0 < limit_deg < 90.0:
        raise InputError(
            "E_OPTION",
            found=f"limit_deg is {limit_deg:g}",
            needed="more than 0, less than 90",
            fix="give a limit in degrees",
            field="limit_deg",
        )


def _write_layers(found: BaselineSlopes, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for one in found.slopes:
        for raster in (one.slope, one.mean):
            if raster is not None:
                write_layer(folder / f"{raster.name}.tif", [raster])


def _draw(found: BaselineSlopes, statistics: list[dict[str, Any]], stage: Path, limit_deg: float) -> None:
    titles = {
        one.slope.name: f"{one.baseline_m:g} m baseline"
        + (" (below resolution)" * bool(one.below_resolution))
        for one in found.slopes
    }
    within = {titles[r["layer"]]: r["within_limit_fraction"] for r in statistics if r["layer"] in titles}
    means = {
        f"{titles[one.slope.name]},\n10 m mean": one.mean for one in found.slopes if one.mean is not None
    }
    counts = {titles[one.slope.name]: slope_counts(one.slope.values) for one in found.slopes}
    figures = {
        "slopes.png": slope_histograms(EDGES_DEG, counts, within=within, limit_deg=limit_deg),
        "slope_maps.png": slope_maps({titles[one.slope.name]: one.slope for one in found.slopes}),
        **({"mean_maps.png": slope_maps(means)} if means else {}),
        "deviogram.png": deviogram_figure(found.deviograms, resolution_m=found.resolution_m),
    }
    for name, figure in figures.items():
        figure.savefig(stage / name, dpi=110, metadata={"Software": None})


def _record(
    found: BaselineSlopes, statistics: list[dict[str, Any]], stage: Path, limit_deg: float
) -> dict[str, Any]:
    """Return ``run.json``, which names every other file with its checksum."""
    sums = {p.relative_to(stage).as_posix(): sha256_of(p) for p in sorted(stage.rglob("*")) if p.is_file()}
    record = {
        "schema": SCHEMA,
        "kind": SURVEY,
        "version": jezero_sites.__version__,
        "baselines": {
            "method": found.method,
            "baselines_m": [one.baseline_m for one in found.slopes],
            "limit_deg": limit_deg,
            "resolution_m": found.resolution_m,
        },
        "statements": list(STATEMENTS),
        "inputs": [record.as_dict() for record in input_records(found.dem)],
        "notices": [notice.as_dict() for notice in found.notices],
        "layers": {row["layer"]: row for row in statistics},
        "deviogram": {name: fit_dict(fit, found.resolution_m) for name, (_, fit) in found.deviograms.items()},
        "outputs": sums,
    }
    data: dict[str, Any] = plain_data(record)
    return data
