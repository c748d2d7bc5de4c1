"""``jezero-sites info``: what a file is, what is wrong with it and how to mend it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jezero_sites.cli.options import (
    chosen_dem,
    chosen_settings,
    debug_option,
    reading_options,
    settings_options,
)
from jezero_sites.errors import InputError, Notice

if TYPE_CHECKING:
    from jezero_sites.raster import Raster


@click.command("info", epilog="Example: jezero-sites info dem.tif --json")
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@settings_options
@reading_options
@debug_option
def info_command(file: str, as_json: bool, debug: bool, **options: Any) -> None:
    """What a file is, what will be done with it, what is wrong with it and how to mend it.

    Reads the whole file. A file that cannot be used ends with its error and exit code 2.
    """
    settings = chosen_settings(options.pop("profile"), options.pop("config"))
    try:
        raster, role = chosen_dem((file,), **options), "dem"
    except InputError as error:
        raster, role = _no_dem(file, error)
    facts = _facts(raster, role)
    notices = [*raster.notices, *(_against_lander(raster, settings) if role == "dem" else ())]
    if as_json:
        whole = {"file": file, **facts, "findings": [notice.as_dict() for notice in notices]}
        click.echo(json.dumps(whole, ensure_ascii=False, indent=1))
        return
    width = max(len(name) for name in facts)
    click.echo("\n".join(f"{name.replace('_', ' '):{width}}  {value}" for name, value in facts.items()))
    click.echo("\n".join(str(notice) for notice in notices) or "nothing to mend")


def _no_dem(file: str, refusal: InputError) -> tuple[Raster, str]:
    """Return a file that is no DEM as the layer or the image that it is; else raise why it was refused."""
    from jezero_sites.io.layer import read_layer
    from jezero_sites.io.ortho import read_ortho
    from jezero_sites.layers import LAYERS

    if refusal.code not in ("E_DTYPE", "E_BANDS", "E_UNITS", "E_RANGE"):
        raise refusal
    try:
        first = read_layer(Path(file))[0]
        if first.name in LAYERS and "METHOD" in first.tags:
            return first, f"layer {first.name} made by jezero_sites: not a DEM"
        if refusal.code in ("E_DTYPE", "E_BANDS"):
            return read_ortho(Path(file)), "image: shown on the map, not a DEM"
    except InputError:
        pass
    raise refusal


def _facts(raster: Raster, role: str) -> dict[str, Any]:
    import numpy as np

    grid = raster.grid
    rows, cols = grid.shape
    left, bottom, right, top = grid.bounds
    lon, lat = grid.lonlat([left, right, left, right], [bottom, bottom, top, top])
    known = np.isfinite(raster.values)
    if raster.name == "hazard_class":
        known = raster.values > 0
    values = raster.values[known]
    unit = f" {raster.unit}" if raster.unit else ""
    return {
        "what": "elevation (DEM)" if role == "dem" else role,
        "cells": f"{rows} rows x {cols} columns",
        "cell_on_the_ground": f"{grid.mean_dx_m:.4f} m east-west x {grid.dy_m:.4f} m north-south (middle row)",
        "cell_on_the_map": f"{abs(grid.transform.a):.6g} x {abs(grid.transform.e):.6g} map metres",
        "body": f"Mars, sphere of {grid.body_radius_m:,.2f} m",
        "projection": grid.crs.coordinate_operation.method_name
        if grid.crs.coordinate_operation
        else "unknown",
        "longitude_east": f"{lon.min():.5f} to {lon.max():.5f} deg",
        "latitude": f"{lat.min():.5f} to {lat.max():.5f} deg, planetocentric",
        "values": f"{values.min():.6g} to {values.max():.6g}{unit}" if values.size else "none",
        "unknown": f"{1 - known.mean():.2%}",
        **{key.lower(): value for key, value in raster.tags.items()},
    }


def _against_lander(dem: Raster, settings: Any) -> tuple[Notice, ...]:
    from jezero_sites.pipeline.stages.resolution import resolution_notices

    fix = "assess refuses that unless --allow-coarse is given"
    return resolution_notices(dem, settings, fix=fix)
