"""``jezero-sites demo``: assess the bundled synthetic tiles."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Any

import click

from jezero_sites.cli.assess import assess_command, run_assessment, summary_text
from jezero_sites.cli.options import running_options
from jezero_sites.errors import InputError

TILES = ("jezero_synthetic_dem_west.tif", "jezero_synthetic_dem_east.tif")
IMAGE = "jezero_synthetic_ortho.tif"
SAMPLES = "samples_synthetic.csv"


@click.command("demo", epilog="Example: jezero-sites demo --out demo_run/")
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Run directory to write.")
@running_options
def demo_command(out: str, **options: Any) -> None:
    """Assess the bundled tiles: made-up ground in the manner of Jezero, labelled synthetic."""
    from jezero_sites.pipeline.statements import SYNTHETIC

    folder = bundled_tiles()
    words = [*(str(folder / name) for name in TILES), "--out", out, "--ortho", str(folder / IMAGE)]
    asked = assess_command.make_context("assess", words).params | options  # everything else as by default
    run = run_assessment(asked["dem"], Path(out), samples=str(folder / SAMPLES), options=asked)
    click.echo(f"{SYNTHETIC}\n")
    click.echo(summary_text(run, Path(out)))


def bundled_tiles() -> Path:
    """Return the folder of the bundled tiles: in the installed package, or in the source tree."""
    package = Path(str(resources.files("jezero_sites")))
    for folder in (package / "dem_samples", package.parents[1] / "data" / "dem_samples"):
        if (folder / TILES[0]).is_file():
            return folder
    raise InputError(
        "E_NOT_FOUND", found="the bundled tiles are missing", fix="install the package again", field="path"
    )
