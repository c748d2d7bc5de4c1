"""``jezero-sites slope``, ``roughness``, ``relief``, ``hillshade`` and ``hazard``: one quantity, one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jezero_sites.cli import console
from jezero_sites.cli.options import (
    chosen_dem,
    chosen_settings,
    reading_of,
    reading_options,
    running_options,
    settings_options,
)
from jezero_sites.errors import InputError
from jezero_sites.settings import DEFAULT_BASELINE_M, load_profile

if TYPE_CHECKING:
    from jezero_sites.raster import Raster

SLOPES = {
    "plane": "slope_deg",
    "horn": "horn_slope_deg",
    "zevenbergen-thorne": "zevenbergen_thorne_slope_deg",
}
_THREE_CELLS = ("horn", "zevenbergen-thorne")  # they have no baseline of their own
ROUGHNESS = {"rms": "roughness_m", "max": "max_roughness_m", "peak-to-peak": "peak_to_peak_roughness_m"}


def _command(name: str, example: str) -> Callable[[Callable[..., None]], click.Command]:
    """Give a function the arguments that all these commands have."""

    def decorate(function: Callable[..., None]) -> click.Command:
        for option in (reading_options, running_options):
            function = option(function)
        function = click.argument("out", type=click.Path(), metavar="OUT.tif")(function)
        function = click.argument("dem", metavar="DEM")(function)
        return click.command(name, epilog=f"Example: jezero-sites {example}")(function)

    return decorate


@_command("slope", "slope dem.tif slope.tif --baseline-m 5")
@click.option(
    "--method",
    type=click.Choice([*SLOPES, "corners"]),
    default="plane",
    show_default=True,
    help="plane: least squares over the baseline; corners: the USGS four-corner slope; horn and "
    "zevenbergen-thorne: 3 x 3 cells.",
)
@click.option(
    "--baseline-m", type=float, metavar="L", help="Baseline of plane and corners in ground metres; 5."
)
@click.option(
    "--probability-over", type=float, metavar="DEG",
    help="Write the chance that the true slope exceeds this, with the DEM error of the settings.",
)  # fmt: skip
@settings_options
def slope_command(dem: str, out: str, **options: Any) -> None:
    """Slope in degrees, with the true ground spacing of every row.

    An odd four-corner baseline lies half a cell off the DEM's cells: its file is shifted accordingly.
    """
    from jezero_sites.layers import corner_slope, measure

    ground, method = _read(dem, options), options["method"]
    baseline = options["baseline_m"]
    if options["probability_over"] is not None:
        _write(_exceedance(ground, method, options), out)
        return
    if method == "corners":
        slope = corner_slope(ground, baseline_m=DEFAULT_BASELINE_M if baseline is None else baseline)
    else:
        slope = measure(ground, SLOPES[method], baseline_m=baseline, jobs=options["jobs"])
    _write(slope if method in _THREE_CELLS else _marked(slope, ground, options), out)


@_command("roughness", "roughness dem.tif roughness.tif --baseline-m 5")
@click.option("--method", type=click.Choice(list(ROUGHNESS)), default="rms", show_default=True)
@click.option("--baseline-m", type=float, metavar="L", help="Window of the plane in ground metres; 5.")
def roughness_command(dem: str, out: str, **options: Any) -> None:
    """Roughness in metres about the least-squares plane: 0 on any plane, however steep."""
    from jezero_sites.layers import measure

    name = ROUGHNESS[options["method"]]
    ground = _read(dem, options)
    roughness = measure(ground, name, baseline_m=options["baseline_m"], jobs=options["jobs"])
    _write(_marked(roughness, ground, options), out)


@_command("relief", "relief dem.tif relief.tif --radius-m 3")
@click.option("--radius-m", type=float, metavar="R", help="Radius of the disc in ground metres; 3.")
def relief_command(dem: str, out: str, **options: Any) -> None:
    """Highest less lowest ground in a disc, in metres."""
    from jezero_sites.layers import measure

    ground = _read(dem, options)
    _write(measure(ground, "relief_m", radius_m=options["radius_m"], jobs=options["jobs"]), out)


@_command("hillshade", "hillshade dem.tif shade.tif --sun-azimuth 315 --sun-altitude 45")
@click.option(
    "--sun-azimuth", type=float, default=315.0, show_default=True, metavar="DEG", help="From true north."
)
@click.option(
    "--sun-altitude", type=click.FloatRange(0, 90), default=45.0, show_default=True, metavar="DEG",
    help="Above the horizon.",
)  # fmt: skip
def hillshade_command(dem: str, out: str, **options: Any) -> None:
    """Shaded relief: the cosine of the angle between sun and surface, 0 to 1."""
    from jezero_sites.layers import measure

    sun = options["sun_azimuth"], options["sun_altitude"]
    ground = _read(dem, options)
    _write(measure(ground, "hillshade", sun_deg=sun, jobs=options["jobs"]), out)


@_command("hazard", "hazard dem.tif hazard.tif --profile msr-srl-illustrative")
@settings_options
@click.option("--allow-coarse", is_flag=True, help="Go on where a limit is finer than the DEM shows.")
def hazard_command(dem: str, out: str, **options: Any) -> None:
    """Hazard class of every cell: 0 unknown, 1 safe, 2 marginal, 3 unsafe."""
    from jezero_sites.pipeline import assess_layers
    from jezero_sites.pipeline.stages.resolution import check_resolution

    settings = chosen_settings(options["profile"], options["config"])
    ground = _read(dem, options)
    check_resolution(ground, settings, allow_coarse=options["allow_coarse"])
    layers, notices = assess_layers(ground, settings, names=("hazard_class",), jobs=options["jobs"])
    console.warn([n for n in notices if n not in ground.notices], quiet=options["quiet"])
    _write(layers["hazard_class"], out)


def _read(dem: str, options: dict[str, Any]) -> Raster:
    ground = chosen_dem((dem,), **reading_of(options))
    console.warn(ground.notices, quiet=options["quiet"])
    return ground


def _exceedance(dem: Raster, method: str, options: dict[str, Any]) -> Raster:
    from jezero_sites.pipeline.stages.exceedance import slope_exceedance

    return slope_exceedance(
        dem,
        method,
        limit_deg=options["probability_over"],
        error=chosen_settings(options["profile"], options["config"]).dem_error,
        baseline_m=options["baseline_m"],
        jobs=options["jobs"],
    )


def _marked(raster: Raster, dem: Raster, options: dict[str, Any]) -> Raster:
    """Mark a layer whose baseline is finer than the DEM resolves, and say so."""
    from jezero_sites.pipeline.stages.resolution import fine_notices, marked

    baseline = options["baseline_m"]
    raster = marked(raster, dem, DEFAULT_BASELINE_M if baseline is None else baseline, load_profile())
    console.warn(fine_notices([raster]), quiet=options["quiet"])
    return raster


def _write(raster: Raster, out: str) -> None:
    from jezero_sites.pipeline.run_files.run_dir import save_layer
    from jezero_sites.pipeline.statistics import layer_statistics

    path = Path(out)
    if any(path.exists() and path.samefile(source) for source in raster.sources):
        fix = "name another file"
        raise InputError("E_OUT_EXISTS", found="OUT is the DEM itself", fix=fix, file=out, field="path")
    save_layer(path, raster)
    numbers = layer_statistics({raster.name: raster})[raster.name]
    shown = ", ".join(f"{name} {value:.4g}" for name, value in numbers.items())
    click.echo(f"{path}: {raster.name}{f' in {raster.unit}' if raster.unit else ''}; {shown}")
