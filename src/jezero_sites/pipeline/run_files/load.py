"""A run directory read back to the assessment that it was written from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.hashing import sha256_of
from jezero_sites.io.layer import read_layer
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.inputs import InputRecord
from jezero_sites.pipeline.run_files.record import read_record
from jezero_sites.pipeline.run_files.route import route_of
from jezero_sites.pipeline.stages.noise_floor import NoiseFloor
from jezero_sites.pipeline.statistics import layer_statistics
from jezero_sites.raster import Raster
from jezero_sites.settings import read_settings

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

SAMPLE_COLUMNS = (
    "name",
    "seal_sol",
    "lon_deg",
    "lat_deg",
    "elevation_m",
    "location",
    "location_date",
    "source",
    "kind",
    "uncertainty_m",
)


def load_run(directory: str | Path) -> Assessment:
    """Return the assessment of a run directory, read from its files alone.

    The image shown with it is read again where it still is, unchanged, at the path that was given.

    Raises
    ------
    InputError
        ``E_NOT_A_RUN`` where the directory holds no run, ``E_CHANGED`` where a file is not the one that
        the run wrote.
    """
    from jezero_sites.io.points.vectors import read_sites

    folder = Path(directory)
    record = read_record(folder)
    if "sites" not in record:
        fix = "name a directory that assess has written"
        raise InputError(
            "E_NOT_A_RUN", found="a directory of layers alone", fix=fix, file=str(folder), field="sites"
        )
    _check_files(folder, record)
    layers = _layers(folder, record)
    dem = layers.pop("elevation_m")
    inputs = tuple(InputRecord(**_known(entry)) for entry in record["inputs"])
    ortho, notices = _ortho(inputs)
    return Assessment(
        dem=dem,
        ortho=ortho,
        layers=layers,
        sites=read_sites(folder, crs=dem.grid.crs),
        samples=_samples(record["samples"]),
        settings=read_settings(folder / "config.toml"),
        inputs=inputs,
        notices=(*(Notice(**entry) for entry in record["notices"]), *notices),
        statements=tuple(record["statements"]),
        summary=record["summary"],
        statistics=layer_statistics(layers),
        noise_floor=_floors(record, folder),
        traverse=route_of(record.get("traverse"), folder),
        rests_on={name: record[name] for name in ("keys", "aimed", "screen") if name in record},
    )


def _floors(record: dict[str, Any], folder: Path) -> tuple[NoiseFloor, ...]:
    try:
        return tuple(NoiseFloor(**entry) for entry in record.get("noise_floor", ()))
    except TypeError as error:
        found, fix = "its noise floors are none", "name a directory that assess has written"
        raise InputError(
            "E_NOT_A_RUN", found=found, fix=fix, file=str(folder), field="noise_floor"
        ) from error


def _known(entry: dict[str, Any]) -> dict[str, Any]:
    """Return what a record says of an input; whatever else stands there is not ours."""
    names = ("path", "role", "sha256", "size_bytes", "repairs")
    return {name: entry[name] for name in names if name in entry}


def _check_files(folder: Path, record: dict[str, Any]) -> None:
    for name, digest in record["outputs"].items():
        path = folder / name
        if name in ("map.html", "report.html") or name.startswith("map/"):
            continue
        if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
            raise InputError(
                "E_NOT_A_RUN", found=f"{name} is missing", fix="assess again", file=str(folder), field=name
            )
        if sha256_of(path) != digest:
            found = "it is not the file that the run wrote"
            raise InputError("E_CHANGED", found=found, fix="assess again", file=str(path), field="content")


def _layers(folder: Path, record: dict[str, Any]) -> dict[str, Raster]:
    names = ["elevation_m", *record["layers"]]
    found: dict[str, Raster] = {}
    for name in names:
        path = folder / "layers" / f"{name}.tif"
        if path.is_file():
            found |= {band.name: band for band in read_layer(path)}
    return {name: found[name] for name in names}


def _ortho(inputs: tuple[InputRecord, ...]) -> tuple[Raster | None, tuple[Notice, ...]]:
    """Return the image of the run where it is unchanged in its place."""
    from jezero_sites.io.ortho import read_ortho

    for entry in inputs:
        if entry.role == "ortho":
            path = Path(entry.path)
            if path.is_file() and sha256_of(path) == entry.sha256:
                return replace(read_ortho(path), notices=()), ()
            fix = "the hillshade is shown in its place"
            return None, (Notice("W_NO_ORTHO", "the image is no longer where it was", fix, path.name),)
    return None, ()


def _samples(rows: list[dict[str, Any]]) -> GeoDataFrame:
    import geopandas as gpd
    import pandas as pd

    columns = {name: [row.get(name) for row in rows] for name in SAMPLE_COLUMNS}
    frame = pd.DataFrame(columns, columns=list(SAMPLE_COLUMNS))
    frame["seal_sol"] = frame["seal_sol"].astype("Int64")
    for name in ("lon_deg", "lat_deg", "elevation_m", "uncertainty_m"):
        frame[name] = frame[name].astype(float)
    known = np.isfinite(frame["lon_deg"]) & np.isfinite(frame["lat_deg"])
    points = gpd.points_from_xy(frame["lon_deg"], frame["lat_deg"])
    return gpd.GeoDataFrame(
        frame, geometry=[p if ok else None for p, ok in zip(points, known, strict=True)], crs="IAU_2015:49900"
    )
