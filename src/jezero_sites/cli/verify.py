"""``jezero-sites verify``: our quantities of a DEM against those of gdaldem."""

from __future__ import annotations

import json
import math
import textwrap
from typing import TYPE_CHECKING, Any

import click

from jezero_sites.cli import console
from jezero_sites.cli.options import chosen_dem, debug_option, reading_of, reading_options

if TYPE_CHECKING:
    from jezero_sites.pipeline.check.agreement import Comparison, Verification

WIDTH = 80
HEADER = ("product", "deviation", "tolerance", "unit", "cells", "")


@click.command("verify", epilog="Example: jezero-sites verify dem.tif")
@click.argument("dem", metavar="DEM")
@click.option("--full", is_flag=True, help="Compare the whole DEM, not only its middle 2048 x 2048 cells.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@reading_options
@click.option("--quiet", is_flag=True, help="No warnings on stderr.")
@debug_option
def verify_command(dem: str, full: bool, as_json: bool, quiet: bool, debug: bool, **options: Any) -> None:
    """Our slope, aspect, hillshade and ruggedness of a DEM against gdaldem's.

    Needs gdaldem (Debian package gdal-bin). Prints the largest difference of each product and whether it is
    within what gdaldem's own arithmetic explains. A product that is not ends with E_VERIFY.
    """
    from jezero_sites.pipeline.check.agreement import Disagreement
    from jezero_sites.pipeline.check.verification import verify_terrain

    ground = chosen_dem((dem,), **reading_of(options))
    console.warn(ground.notices, quiet=quiet)
    found = verify_terrain(ground, full=full)
    if not as_json:
        click.echo(_page(found, dem))
    if not found.agrees:
        raise Disagreement(found, file=dem)
    if as_json:
        click.echo(json.dumps({"file": dem, **found.as_dict()}, indent=1))


def _page(found: Verification, dem: str) -> str:
    """Return the comparison as a table with what must be known to read it, 80 columns wide."""
    table = console.table(HEADER, [_row(c) for c in found.comparisons], left=(0, 3, 5))
    notes = [
        textwrap.fill(note, WIDTH, initial_indent="- ", subsequent_indent="  ") for note in _notes(found)
    ]
    head = console.printable(f"{dem}: jezero_sites against gdaldem {found.gdal_version}")
    compared = [c for c in found.comparisons if c.cells]
    verdict = f"{sum(c.agrees for c in compared)} of {len(found.comparisons)} products agree."
    if len(compared) < len(found.comparisons):
        verdict += f" {len(found.comparisons) - len(compared)} could not be compared: no cells."
    return "\n".join([head, "", table, "", verdict, *notes])


def _row(c: Comparison) -> tuple[str, ...]:
    verdict = "DIFFERS" if not c.agrees else "agrees" if c.cells else "no cells"
    return c.title, _short(c.deviation), _short(c.tolerance), c.unit, f"{c.cells:,}", verdict


def _short(number: float) -> str:
    if math.isnan(number):
        return "-"
    return f"{number:.1e}" if 0.0 < number < 0.01 else f"{number:.2g}"


def _notes(found: Verification) -> list[str]:
    """Return what was compared and how, a sentence or two each."""
    rows, cols = found.compared_cells
    part = "All" if found.compared_cells == found.dem_cells else "The middle"
    of = "" if part == "All" else f" of {found.dem_cells[0]} x {found.dem_cells[1]}"
    strayed = [c for c in found.comparisons if c.unknown_differs]
    unknown = "; ".join(f"{c.title}, {c.unknown_differs:,} cells" for c in strayed)
    low, high = found.moved_by_m
    moved = f"{low:+g} m" if low == high else f"{low:+g} to {high:+g} m"
    rounded = found.rounded_by_m
    exact = "which float32 holds exactly" if not rounded else f"which float32 rounds by up to {rounded:.1e} m"
    return [
        f"{part} {rows} x {cols} cells{of}, without the outermost ring.",
        f"Unknown cells differ: {unknown}." if strayed else "The same cells are unknown in both.",
        f"One cell size for both, {found.dx_m:.4f} x {found.dy_m:.4f} m (E x N, the middle row), as gdaldem knows "
        f"no other. True per-row spacing changes slope by at most {found.row_spacing_deg:.1e} deg.",
        f"gdaldem adds in float32: it was given the heights {moved}, {exact}. Tolerances allow for what "
        "its sums may lose.",
        "Aspect: where the slope is above 1 deg, on square cells, as gdaldem takes every cell for square.",
        "Hillshade: gdaldem gives whole grey levels, 1 to 255.",
        "The slope and roughness of the plane, which limits rest on, have no counterpart in gdaldem: closed forms and "
        "properties hold them in the tests.",
    ]
