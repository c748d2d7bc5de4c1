"""``jezero-sites baselines``: slopes at many baselines with statistics, histograms, maps and deviogram."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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

EXAMPLE = """\b
Examples:
  jezero-sites baselines dem.tif --out slopes/
  jezero-sites baselines dem.tif --out slopes/ --baseline-m 2 --baseline-m 5 --resolution-m 5
"""


@click.command("baselines", epilog=EXAMPLE)
@dem_argument
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Directory to write.")
@click.option(
    "--baseline-m",
    type=float,
    multiple=True,
    metavar="L",
    help="Baseline in ground metres, may be repeated; 1, 2, 5 ... 1000 as the DEM allows.",
)
@click.option(
    "--method",
    type=click.Choice(["corners", "plane"]),
    default="corners",
    show_default=True,
    help="corners: four-corner slope after R. Kirk, as in USGS maps; plane: least squares.",
)
@click.option(
    "--limit-deg",
    type=float,
    default=15.0,
    show_default=True,
    metavar="DEG",
    help="Line on the histograms; 15 as in the USGS maps. Nothing is gated on it.",
)
@click.option(
    "--resolution-m",
    type=float,
    metavar="R",
    help="Real resolution of the DEM; 5 cells where it is tagged stereo, else unknown.",
)
@click.option("--json", "as_json", is_flag=True, help="Print run.json instead of a table.")
@settings_options
@reading_options
@seam_option
@running_options
def baselines_command(**options: Any) -> None:
    """Slope at many baselines: layers, 10 m means, statistics, histograms, maps and the deviogram.

    An odd four-corner baseline lies half a cell off the DEM's cells: its file is shifted accordingly.
    """
    from jezero_sites.pipeline.run_files.record import SURVEY
    from jezero_sites.pipeline.run_files.stage import check_out
    from jezero_sites.pipeline.survey.baseline_dir import check_limit, save_baselines
    from jezero_sites.pipeline.survey.baselines import measure_baselines

    out, quiet = Path(options["out"]), options["quiet"]
    check_limit(options["limit_deg"])
    check_out(out, kind=SURVEY)

    def tell(step: str) -> None:
        if not quiet:
            click.echo(f"{step} ...", err=True)

    tell("read the DEM")
    dem = chosen_dem(options["dem"], **reading_of(options))
    wanted = {name: options[name] for name in ("method", "resolution_m", "jobs")}
    wanted["error"] = chosen_settings(options["profile"], options["config"]).dem_error
    found = measure_baselines(dem, baselines_m=options["baseline_m"], progress=tell, **wanted)
    record = save_baselines(found, out, limit_deg=options["limit_deg"], progress=tell)
    console.warn(found.notices, quiet=quiet)
    if options["as_json"]:
        click.echo(json.dumps({**record, "out": str(out)}, indent=1))
    else:
        click.echo(console.printable(summary_text(record, out)))


def summary_text(record: dict[str, Any], out: Path) -> str:
    """Return the statistics and the fit of the deviogram for people."""
    limit = f"<={record['baselines']['limit_deg']:g} deg"
    header = (
        "layer",
        "used E x N m",
        "mean",
        "sd",
        "rms",
        "median",
        "p95",
        "max",
        limit,
        "unknown",
        "floor",
        "resolved",
    )
    rows = [
        (
            name,
            f"{row['used_east_m']:.2f} x {row['used_north_m']:.2f}",
            *(_number(row[f"{part}_deg"]) for part in ("mean", "sd", "rms", "median", "p95", "max")),
            _share(row["within_limit_fraction"]),
            _share(row["unknown_fraction"]),
            _number(row["noise_floor_p95_deg"]) if row["noise_floor_p95_deg"] is not None else "",
            {"yes": "no: lower bound", "no": "yes"}.get(row["below_resolution"], "not known"),
        )
        for name, row in record["layers"].items()
    ]
    fits = "\n".join(f"deviogram {name}: {_fit(fit)}" for name, fit in record["deviogram"].items())
    files = "\n".join(str(out / name) for name in sorted(record["outputs"]) if not name.startswith("layers/"))
    error = "floor: 5 % of flat cells would read more than this, with the DEM error of the settings"
    return "\n\n".join([console.table(header, rows, left=[0, 11]) + f"\n{error}", fits, files])


def _fit(fit: dict[str, Any]) -> str:
    if fit["hurst"] is None:
        return "too few lags to fit"
    bend = "no break found"
    if fit["break_m"] is not None:
        bend = f"break at {fit['break_m']:.3g} m, beyond it {fit['hurst_beyond_break']:.2f}"
    bound = f" ({fit['fit_is']})" if fit["fit_is"] != "fit" else ""
    return f"Hurst exponent {fit['hurst']:.2f}, {fit['deviation_at_1m_m']:.3g} m at 1 m{bound}; {bend}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2%}"
