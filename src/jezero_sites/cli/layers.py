"""``jezero-sites layers``: the raster layers of a run alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from jezero_sites.io.scratch import Scratch
    from jezero_sites.pipeline.run import Inputs

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
    from jezero_sites.pipeline import STAGES
    from jezero_sites.pipeline.run import Inputs
    from jezero_sites.pipeline.run_files.record import LAYERS
    from jezero_sites.pipeline.run_files.stage import check_out
    from jezero_sites.pipeline.run_files.straight import layers_to

    out, quiet = Path(options["out"]), options["quiet"]
    settings = chosen_settings(options["profile"], options["config"])
    check_out(out, kind=LAYERS)
    names = _names(options["only"])

    def read(scratch: Scratch) -> Inputs:
        from jezero_sites.io.ortho import read_ortho

        dem = chosen_dem(options["dem"], **reading_of(options), scratch=scratch)
        hosts, picture = options["allow_remote"], options["ortho"]
        ortho = read_ortho(picture, allow_remote=hosts) if picture else None
        return Inputs(dem, ortho, None, chosen_abundance(options["rock_abundance"], allow_remote=hosts))

    unused = Notice(
        "W_ORTHO_UNUSED",
        "the image is recorded; no layer is made from it yet",
        file=str(options["ortho"]),
    )
    with console.progress(("read the inputs", *STAGES[:3], "write the layers"), quiet=quiet) as tell:
        tell("read the inputs")
        found, notices = layers_to(
            out,
            read,
            settings,
            names=names,
            also=(unused,),
            scaled=options["scaled"],
            jobs=options["jobs"],
            progress=tell,
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
