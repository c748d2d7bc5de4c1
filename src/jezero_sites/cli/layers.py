"""``jezero-sites layers``: the raster layers of a run alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from jezero_sites.cli import console
from jezero_sites.cli.options import (
    abundance_option,
    chosen_abundance,
    chosen_dem,
    chosen_settings,
    dem_argument,
    reading_of,
    reading_options,
    running_options,
    seam_option,
    settings_options,
)
from jezero_sites.errors import InputError, Notice

EXAMPLE = """\b
Examples:
  jezero-sites layers dem.tif --out layers/
  jezero-sites layers dem.tif --out layers/ --only slope_deg,slope_20m_deg,tri_riley_m
"""


@click.command("layers", epilog=EXAMPLE)
@dem_argument
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Directory to write.")
@click.option("--only", metavar="NAME,NAME", help="These layers instead of those of a run.")
@click.option(
    "--ortho", type=click.Path(), metavar="FILE", help="Image of the same ground; recorded, no layer yet."
)
@abundance_option
@click.option("--scaled", is_flag=True, help="Write layers as scaled 16-bit integers: smaller, rounded.")
@settings_options
@reading_options
@seam_option
@running_options
def layers_command(**options: Any) -> None:
    """The raster layers of a run alone, with run.json and config.toml.

    Nothing is gated here: a limit finer than the DEM shows is a warning.
    """
    from jezero_sites.io.ortho import read_ortho
    from jezero_sites.pipeline import STAGES, assess_layers
    from jezero_sites.pipeline.inputs import input_records
    from jezero_sites.pipeline.run_files.record import LAYERS
    from jezero_sites.pipeline.run_files.run_dir import save_layers
    from jezero_sites.pipeline.run_files.stage import check_out

    out, quiet = Path(options["out"]), options["quiet"]
    settings = chosen_settings(options["profile"], options["config"])
    check_out(out, kind=LAYERS)
    names = _names(options["only"])
    with console.progress(("read the inputs", *STAGES[:3], "write the layers"), quiet=quiet) as tell:
        tell("read the inputs")
        dem = chosen_dem(options["dem"], **reading_of(options))
        hosts, picture = options["allow_remote"], options["ortho"]
        ortho = read_ortho(picture, allow_remote=hosts) if picture else None
        abundance = chosen_abundance(options["rock_abundance"], allow_remote=hosts)
        found, notices = assess_layers(
            dem, settings, names=names, rock_abundance=abundance, jobs=options["jobs"], progress=tell
        )
        if ortho is not None:
            found_nothing = "the image is recorded; no layer is made from it yet"
            notices = (
                *notices,
                *ortho.notices,
                Notice("W_ORTHO_UNUSED", found_nothing, file=str(options["ortho"])),
            )
        tell("write the layers")
        save_layers(
            found,
            out,
            settings=settings,
            inputs=input_records(dem, ortho, abundance=abundance),
            notices=notices,
            scaled=options["scaled"],
        )
    console.warn(notices, quiet=quiet)
    files = [
        name
        for name in found
        if name.removesuffix("_upper") == name or name.removesuffix("_upper") not in found
    ]
    click.echo("\n".join(str(out / "layers" / f"{name}.tif") for name in files))


def _names(only: str | None) -> tuple[str, ...] | None:
    from jezero_sites.layers import layer_for

    if only is None:
        return None
    names = tuple(dict.fromkeys(name.strip() for name in only.split(",") if name.strip()))
    if not names:
        raise InputError(
            "E_OPTION",
            found="--only names no layer",
            needed="NAME,NAME",
            fix="name layers, or leave --only out",
            field="only",
        )
    for name in names:
        layer_for(name)
    return names
