"""``jezero-sites noise``: what a DEM's error does to every operator, and what the DEM says of its error itself."""

from __future__ import annotations

import json
import textwrap
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from jezero_sites.cli import console
from jezero_sites.cli.options import (
    chosen_dem,
    chosen_settings,
    dem_argument,
    reading_of,
    reading_options,
    running_options,
    seam_option,
    settings_options,
)

if TYPE_CHECKING:
    from jezero_sites.pipeline.stages.noise_floor import NoiseFloor

EXAMPLE = """\b
Examples:
  jezero-sites noise dem.tif
  jezero-sites noise dem.tif --csv noise_floor.csv --config my_limits.toml
"""


@click.command("noise", epilog=EXAMPLE)
@dem_argument
@click.option("--csv", "out", type=click.Path(), metavar="FILE", help="Write the table as CSV too.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@settings_options
@reading_options
@seam_option
@running_options
def noise_command(**options: Any) -> None:
    """The noise floor of slope, roughness and stance, and the error that the DEM shows by itself.

    The floor is what perfectly flat ground would read with the DEM error of the settings. The DEM's own error
    is estimated from the scatter on its smooth ground and printed as a [dem_error] table to put into settings.
    """
    from jezero_sites.io.write import write_text
    from jezero_sites.pipeline.stages.dem_quality import (
        artefacts_in_words,
        dem_error_toml,
        estimated_noise,
        found_artefacts,
        height_step,
        noise_in_words,
        noise_notices,
    )
    from jezero_sites.pipeline.stages.noise_floor import floors_csv, noise_floors

    settings = chosen_settings(options["profile"], options["config"])
    dem = chosen_dem(options["dem"], **reading_of(options))
    floors = noise_floors(dem.grid, settings)
    noise, artefacts = estimated_noise(dem), found_artefacts(dem, jobs=options["jobs"])
    console.warn((*dem.notices, *noise_notices(noise, settings)), quiet=options["quiet"])
    if options["out"]:
        write_text(Path(options["out"]), floors_csv(floors))
    if options["as_json"]:
        told = {
            "dem_error": {k: v for k, v in vars(settings.dem_error).items() if v not in (None, ())},
            "noise_floor": [floor.as_dict() for floor in floors],
            "estimated": None if noise is None else asdict(noise),
            "artefacts": artefacts_in_words(artefacts),
        }
        click.echo(json.dumps(told, indent=1))
        return
    error = settings.dem_error
    click.echo(f"Flat ground with an error of {error.sigma_m:g} m (1 sigma, {error.model}) would read:")
    click.echo(_table(floors))
    click.echo(f"\nArtefacts: {artefacts_in_words(artefacts) or 'the screen found none'}.")
    if step := height_step(dem):
        click.echo(f"Heights come in steps of {step:g} m.")
    if noise is None:
        click.echo("\nThe DEM has too little smooth known ground to estimate its error.")
    else:
        words = noise_in_words(noise)
        keep = "Longer errors do not show: keep the larger of this and what the DEM's maker states."
        text = f"{words[0].upper()}{words[1:]}. {keep} As settings:"
        click.echo(f"\n{textwrap.fill(text, 100)}\n\n{dem_error_toml(noise, dem)}", nl=False)


def _table(floors: tuple[NoiseFloor, ...]) -> str:
    header = ("operator", "unit", "mean", "rms", "95 %", "limit", "flat over it")
    rows = [
        (
            floor.operator,
            floor.unit,
            _figure(floor.mean),
            _figure(floor.rms),
            _figure(floor.p95),
            "" if floor.limit is None else f"{floor.limit:g}",
            "" if floor.over_limit_probability is None else f"{floor.over_limit_probability:.1%}",
        )
        for floor in floors
    ]
    return console.table(header, rows, left=[0, 1])


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
