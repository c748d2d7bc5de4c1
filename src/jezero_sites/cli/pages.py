"""``jezero-sites map`` and ``jezero-sites report``: the pages of a run directory, made again."""

from __future__ import annotations

from pathlib import Path

import click

from jezero_sites.cli.options import debug_option


@click.command("map", epilog="Example: jezero-sites map run/ --out map.html")
@click.argument("run_dir", metavar="RUN_DIR")
@click.option(
    "--out", type=click.Path(), metavar="FILE", help="Where to write it; RUN_DIR/map.html by default."
)
@debug_option
def map_command(run_dir: str, out: str | None, debug: bool) -> None:
    """The interactive map of a run directory, made again from its layers.

    Without --out also RUN_DIR/map/index.html where the layers had to be reduced: every cell, in tiles beside it.
    """
    from jezero_sites.pipeline import load_run
    from jezero_sites.pipeline.run_files.run_dir import write_map

    run = load_run(run_dir)
    if out:
        run.map().save(out)
    else:
        write_map(run, Path(run_dir))
    click.echo(out or str(Path(run_dir) / "map.html"))


@click.command("report", epilog="Example: jezero-sites report run/")
@click.argument("run_dir", metavar="RUN_DIR")
@click.option(
    "--out", type=click.Path(), metavar="FILE", help="Where to write it; RUN_DIR/report.html by default."
)
@debug_option
def report_command(run_dir: str, out: str | None, debug: bool) -> None:
    """The report of a run directory, made again from its layers."""
    from jezero_sites.io.write import write_text
    from jezero_sites.pipeline import load_run

    path = Path(out) if out else Path(run_dir) / "report.html"
    write_text(path, load_run(run_dir).report())
    click.echo(str(path))
