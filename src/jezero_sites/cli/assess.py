"""``jezero-sites assess``: the whole product for one area."""

from __future__ import annotations

import json
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

if TYPE_CHECKING:
    from jezero_sites.io.scratch import Scratch
    from jezero_sites.pipeline import Assessment
    from jezero_sites.pipeline.run import Inputs

EXAMPLE = """\b
Examples:
  jezero-sites assess dem.tif --out run/
  jezero-sites assess west.tif east.tif --samples tubes.csv --out run/
  jezero-sites assess dem.tif --config my_limits.toml --out run/
"""


@click.command("assess", epilog=EXAMPLE)
@dem_argument
@click.option("--out", required=True, type=click.Path(), metavar="DIR", help="Run directory to write.")
@click.option(
    "--samples",
    type=click.Path(),
    metavar="FILE",
    help="Samples (CSV, GeoJSON, GeoPackage); Perseverance's by default.",
)
@click.option("--ortho", type=click.Path(), metavar="FILE", help="Image to show on the map.")
@click.option("--sun-azimuth", type=float, metavar="DEG", help="Azimuth of the sun in the image, from north.")
@click.option("--incidence", type=float, metavar="DEG", help="Incidence angle of the sun in the image.")
@click.option(
    "--traverse", type=click.Path(), metavar="FILE", help="Route of the rover (GeoJSON), shown on the map."
)
@abundance_option
@settings_options
@reading_options
@seam_option
@click.option("--allow-coarse", is_flag=True, help="Go on where a limit is finer than the DEM shows.")
@click.option(
    "--from-run",
    type=click.Path(),
    metavar="DIR",
    help="Take the layers of this earlier run that would come out the same; the result is the same without.",
)
@click.option(
    "--no-pages", is_flag=True, help="Leave map and report for 'jezero-sites map' and 'report' to make."
)
@click.option("--scaled", is_flag=True, help="Write layers as scaled 16-bit integers: smaller, rounded.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@running_options
def assess_command(**options: Any) -> None:
    """Hazard maps, landing probability and ranked lander sites of one area.

    Several DEM files are one mosaic of one grid. The run directory holds the layers as GeoTIFFs, the
    sites as CSV, GeoPackage and GeoJSON, one offline map, one report, the settings and a record.
    """
    run = run_assessment(
        options["dem"],
        Path(options["out"]),
        samples=options["samples"],
        options=options,
    )
    if options["as_json"]:
        click.echo(json.dumps(summary(run, Path(options["out"])), indent=1))
    else:
        click.echo(summary_text(run, Path(options["out"])))


def run_assessment(
    dem: tuple[str, ...], out: Path, *, samples: str | None, options: dict[str, Any]
) -> Assessment:
    """Read the inputs, assess them and write the run directory."""
    from jezero_sites.pipeline import STAGES
    from jezero_sites.pipeline.run import Inputs
    from jezero_sites.pipeline.run_files.stage import check_out
    from jezero_sites.pipeline.run_files.straight import assess_to

    settings = chosen_settings(options["profile"], options["config"])
    check_out(out)
    quiet = options["quiet"]
    replaces = (out / "run.json").exists()
    stages = ("read the inputs", *STAGES, "write the run directory", "write the map")

    def read(scratch: Scratch) -> Inputs:
        from jezero_sites.io.points.samples import read_samples
        from jezero_sites.io.points.traverse import read_traverse

        places = read_samples(samples) if samples else None
        route = read_traverse(options["traverse"]) if options["traverse"] else None
        ortho = _ortho(options)
        ground = chosen_dem(dem, **reading_of(options), scratch=scratch)
        hosts = options["allow_remote"]
        return Inputs(
            ground, ortho, places, chosen_abundance(options["rock_abundance"], allow_remote=hosts), route
        )

    with console.progress(stages, quiet=quiet) as tell:
        tell("read the inputs")
        run = assess_to(
            out,
            read,
            settings,
            allow_coarse=options["allow_coarse"],
            scaled=options["scaled"],
            from_run=Path(options["from_run"]) if options["from_run"] else None,
            pages=not options["no_pages"],
            jobs=options["jobs"],
            progress=tell,
        )
    console.warn(run.notices, quiet=quiet)
    if replaces and not quiet:
        click.echo(f"replaced the earlier run in {out}", err=True)
    return run


def _ortho(options: dict[str, Any]) -> Any:
    if not options["ortho"]:
        return None
    from jezero_sites.io.ortho import read_ortho

    return read_ortho(
        options["ortho"],
        allow_remote=options["allow_remote"],
        sun_azimuth_deg=options["sun_azimuth"],
        incidence_deg=options["incidence"],
    )


def summary(run: Assessment, out: Path) -> dict[str, Any]:
    """Return the outcome as plain data."""
    columns = (
        "rank",
        "site_id",
        "lon_deg",
        "lat_deg",
        "score",
        "landing_probability",
        "landing_probability_upper",
    )
    more = (
        "safe_radius_m",
        "binding_constraint",
        "binding_margin",
        "nearest_sample",
        "nearest_sample_distance_m",
    )
    return {
        "summary": run.summary,
        "out": str(out),
        "sites": json.loads(run.sites[[*columns, *more]].to_json(orient="records")) if len(run.sites) else [],
        "statements": list(run.statements),
        "notices": [notice.as_dict() for notice in run.notices],
    }


def summary_text(run: Assessment, out: Path, *, most: int = 10) -> str:
    """Return the outcome for people: the best sites, what must be said, and where the map is."""
    from jezero_sites.pipeline.summary import chance

    header = ("rank", "site", "lon E", "lat N", "P(land)", "upper", "score", "safe m", "slope max", "binding", "margin",
              "sample m", "nearest sample")  # fmt: skip
    rows = [
        (
            str(s.rank),
            s.site_id,
            f"{s.lon_deg:.5f}",
            f"{s.lat_deg:.5f}",
            chance(s.landing_probability),
            chance(s.landing_probability_upper),
            f"{s.score:.3f}",
            f"{s.safe_radius_m:.0f}",
            f"{s.slope_max_deg:.1f}",
            s.binding_constraint,
            f"{s.binding_margin:+.0%}",
            f"{s.nearest_sample_distance_m:.0f}",
            s.nearest_sample,
        )
        for s in run.sites.head(most).itertuples()
    ]
    parts = [run.summary]
    if rows:
        parts.append(console.table(header, rows, left=[1, 9, 12]))
    if len(run.sites) > most:
        parts.append(f"... and {len(run.sites) - most} more in sites.csv")
    parts.append("\n".join(f"- {statement}" for statement in run.statements))
    full = out / "map" / "index.html"
    every_cell = f"\n        {full}  (every cell)" if full.exists() else ""
    parts.append(
        f"map     {out / 'map.html'}{every_cell}\nreport  {out / 'report.html'}\nsites   {out / 'sites.csv'}"
    )
    return console.printable("\n\n".join(parts))
