"""``jezero-sites samples`` and ``jezero-sites profiles``: what the package knows by itself."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from jezero_sites.cli import console
from jezero_sites.cli.options import debug_option
from jezero_sites.settings import profile_names, profile_text


@click.command("samples", epilog="Example: jezero-sites samples --json")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
@debug_option
def samples_command(as_json: bool, debug: bool) -> None:
    """The rover's sample tubes and the Three Forks depot, with positions and their source."""
    from jezero_sites.io.points.catalog import POSITION_NOTE, catalog_rows

    rows = catalog_rows()
    if as_json:
        click.echo(json.dumps([asdict(row) for row in rows], indent=1))
        return
    header = ("kind", "name", "sol", "lon E", "lat N", "location", "as of", "source")
    lines = [
        (
            row.kind,
            row.name,
            "" if row.seal_sol is None else f"{row.seal_sol:g}",
            "" if row.lon_deg is None else f"{row.lon_deg:.6f}",
            "" if row.lat_deg is None else f"{row.lat_deg:.6f}",
            row.location,
            row.location_date,
            row.source,
        )
        for row in rows
    ]
    click.echo(console.table(header, lines, left=[0, 1, 5, 6, 7]))
    click.echo(f"\n{POSITION_NOTE}")


@click.command("profiles", epilog="Example: jezero-sites profiles msr-srl-illustrative > my_limits.toml")
@click.argument("name", required=False)
@debug_option
def profiles_command(name: str | None, debug: bool) -> None:
    """List the mission profiles, or print one as commented TOML to start your own from."""
    if name:
        click.echo(profile_text(name), nl=False)
        return
    from jezero_sites.settings import load_profile

    rows = []
    for profile in profile_names():
        settings = load_profile(profile)
        limits = ", ".join(
            f"{m.layer} {'<=' if m.kind == 'max' else '>='} {m.value:g}" for m in settings.limits
        )
        rows.append((profile, settings.profile.summary, limits))
    click.echo(console.table(("profile", "what it is", "limits"), rows, left=[0, 1, 2]))
    click.echo("\nA profile with the source of every limit: jezero-sites profiles NAME")
