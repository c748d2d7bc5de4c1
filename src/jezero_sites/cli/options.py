"""Options that several commands share, and the settings, DEM and samples that they name."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

import click

from jezero_sites.errors import InputError
from jezero_sites.settings import DEFAULT_PROFILE, Settings, load_profile, read_settings

if TYPE_CHECKING:
    from jezero_sites.io.scratch import Scratch
    from jezero_sites.raster import Raster

MAX_SIZE_GIB, MAX_SEAM_DZ_M = 64.0, 10.0
"""As of :func:`~jezero_sites.io.dem.read_dem`, which is heavy to import; a test holds that they are the same."""

_READING = (
    "band",
    "assume_crs",
    "use_sidecars",
    "allow_sparse",
    "vertical_datum",
    "max_size_gib",
    "allow_remote",
    "max_seam_dz_m",
)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _together(*options: Decorator) -> Decorator:
    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


dem_argument = click.argument("dem", nargs=-1, required=True)

settings_options = _together(
    click.option("--profile", metavar="NAME", help=f"Built-in settings; {DEFAULT_PROFILE} by default."),
    click.option("--config", type=click.Path(), metavar="FILE", help="Settings in a TOML file of your own."),
)

abundance_option = click.option(
    "--rock-abundance",
    type=click.Path(),
    metavar="FILE",
    help="Raster of the share of ground covered by rocks, 0 to 1; in place of [rocks] abundance_fraction.",
)

reading_options = _together(
    click.option("--band", type=int, metavar="N", help="Band of the heights, where a file has several."),
    click.option("--assume-crs", metavar="CRS", help="CRS of a file that states none, as IAU_2015:49910."),
    click.option("--use-sidecars", is_flag=True, help="Obey .aux.xml and world files beside the file."),
    click.option("--allow-sparse", is_flag=True, help="Read a file that unpacks to 1000 times its size."),
    click.option(
        "--vertical-datum", metavar="TEXT", help="What heights are above, where a file does not say: 'MOLA areoid'."
    ),
    click.option(
        "--max-size", "max_size_gib", type=click.FloatRange(0, min_open=True), default=MAX_SIZE_GIB, metavar="GIB",
        help=f"Refuse a raster that is larger, in the file or in memory; {MAX_SIZE_GIB:g}.",
    ),
    click.option(
        "--allow-remote", multiple=True, metavar="HOST",
        help="Read https://HOST/... GeoTIFFs over the network; without it no input leaves this machine. Repeatable.",
    ),
)  # fmt: skip

seam_option = click.option(
    "--max-seam-dz", "max_seam_dz_m", type=click.FloatRange(0), default=MAX_SEAM_DZ_M, metavar="METRES",
    help=f"Refuse files that differ by more where they overlap, RMS; {MAX_SEAM_DZ_M:g}.",
)  # fmt: skip


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


running_options = _together(
    click.option(
        "--jobs",
        type=click.IntRange(1),
        default=processors,
        metavar="N",
        help="Threads; all processors by default. No result depends on it.",
    ),
    click.option("--quiet", is_flag=True, help="No progress and no warnings on stderr."),
    click.option("--debug", is_flag=True, help="Show where an error arose."),
)

debug_option = click.option("--debug", is_flag=True, help="Show where an error arose.")


def chosen_settings(profile: str | None, config: str | None) -> Settings:
    """Return the settings that the options name."""
    if profile and config:
        raise InputError(
            "E_OPTION",
            found="both --profile and --config",
            needed="one of them",
            fix="leave one out",
            field="profile",
        )
    return read_settings(config) if config else load_profile(profile or DEFAULT_PROFILE)


def reading_of(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a command's options that say how to read DEMs, for :func:`chosen_dem`."""
    return {name: options[name] for name in _READING if name in options}


def chosen_dem(
    paths: tuple[str, ...],
    *,
    band: int | None,
    assume_crs: str | None,
    use_sidecars: bool,
    allow_sparse: bool,
    vertical_datum: str | None = None,
    max_size_gib: float = MAX_SIZE_GIB,
    max_seam_dz_m: float = MAX_SEAM_DZ_M,
    allow_remote: Collection[str] = (),
    scratch: Scratch | None = None,
) -> Raster:
    """Return the DEM in one or several files; a large one is kept in the scratch, if there is one."""
    from jezero_sites.cli import console
    from jezero_sites.io.dem import read_dem

    asked = click.get_current_context(silent=True)
    console.tell_compiling(quiet=asked is None or bool(asked.params.get("quiet")))
    return read_dem(
        paths,
        band=band,
        assume_crs=assume_crs,
        use_sidecars=use_sidecars,
        allow_sparse=allow_sparse,
        vertical_datum=vertical_datum,
        max_size_gib=max_size_gib,
        max_seam_dz_m=max_seam_dz_m,
        allow_remote=allow_remote,
        scratch=scratch,
    )


def chosen_abundance(path: str | None, *, allow_remote: Collection[str] = ()) -> Raster | None:
    """Return the rock abundance in a file; None where none was named."""
    if path is None:
        return None
    from jezero_sites.io.abundance import read_abundance

    return read_abundance(path, allow_remote=allow_remote)
