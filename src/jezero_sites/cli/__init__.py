"""The command ``jezero-sites``: words typed at a shell, one module a command.

Commands are imported when they are called, so that help and light commands start fast.
"""

from __future__ import annotations

import errno
import json
import os
import signal
import sys
import threading
from importlib import import_module
from types import FrameType
from typing import Any, TextIO

import click

from jezero_sites import __version__
from jezero_sites.errors import DiskError, InputError, JezeroError

COMMANDS = {
    "assess": ("assess", "Hazard maps, landing probability and ranked lander sites of one area."),
    "layers": ("layers", "The raster layers of a run alone."),
    "info": ("info", "What a file is, what is wrong with it and how to mend it."),
    "slope": ("quantity", "Slope of a DEM as a GeoTIFF."),
    "roughness": ("quantity", "Roughness of a DEM as a GeoTIFF."),
    "relief": ("quantity", "Relief of a DEM within a disc as a GeoTIFF."),
    "hillshade": ("quantity", "Shaded relief of a DEM as a GeoTIFF."),
    "hazard": ("quantity", "Hazard class of a DEM as a GeoTIFF."),
    "baselines": ("baselines", "Slope at many baselines: layers, tables, figures."),
    "noise": ("noise", "Noise floor of every operator; the DEM's own error."),
    "verify": ("verify", "Our terrain layers against gdaldem."),
    "map": ("pages", "The map of a run directory, made again."),
    "report": ("pages", "The report of a run directory, made again."),
    "samples": ("catalogue", "The rover's samples and the Three Forks depot."),
    "profiles": ("catalogue", "Mission profiles with the source of every limit."),
    "demo": ("demo", "Assess the bundled synthetic tiles."),
}


class _Terminated(BaseException):
    """SIGTERM arrived; no ordinary handler may take it for a fault of a file."""


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by its name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"jezero_sites.cli.{COMMANDS[cmd_name][0]}")
        command: click.Command = getattr(module, f"{cmd_name}_command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a reader who stops early, as ``head`` does, is no fault."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:  # caught here, because click would end with 1
            _hush(sys.stdout)
            raise click.exceptions.Exit(0) from None
        return done

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Name the nearest command when one is mistyped."""
        from difflib import get_close_matches

        near = get_close_matches(args[0], COMMANDS, n=1)
        if args[0] not in COMMANDS and near and not args[0].startswith("-"):
            ctx.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: jezero-sites assess dem.tif --out run/    Help on a command: jezero-sites assess --help",
)
@click.version_option(__version__, prog_name="jezero-sites")
def cli() -> None:
    """Find lander sites in Jezero Crater, Mars, from elevation tiles.

    Results go to files, a summary to stdout, progress and warnings to stderr.
    Exit codes: 0 ok, 2 usage or bad input, 70 a bug of ours, 74 disk or I/O, 130/143 stopped by a signal.
    """


def main() -> None:
    """Run the command line and exit with the code of the outcome."""
    os.environ.setdefault("OGR_SKIP", "OGR_VRT")  # a second fence: no vector file may point at another
    signal.signal(signal.SIGTERM, _terminate)
    sys.unraisablehook = _not_lost
    sys.exit(run(sys.argv[1:]))


def run(args: list[str]) -> int:
    """Run the command line and return its exit code; errors are one line each on stderr."""
    try:
        cli.main(args=args, prog_name="jezero-sites", standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        return _tell(_usage(error), args)
    except (KeyboardInterrupt, click.Abort):
        click.echo("stopped; nothing was left half-written", err=True)
        return 130
    except _Terminated:
        return 143
    except Exception as error:  # noqa: BLE001 - the last door: every error becomes one line and a code
        return _tell(error, args)
    return 0


def _tell(error: Exception, args: list[str]) -> int:
    if "--debug" in args:
        import traceback

        traceback.print_exception(error)
    told = _as_ours(error)
    if "--json" in args:
        _say(json.dumps({"error": told.as_dict()}))
    _say(str(told), err=True)
    return told.exit_code


def _say(text: str, *, err: bool = False) -> None:
    """Print an error; where a full disk or a reader who has gone takes no more, its exit code tells the rest."""
    try:
        click.echo(text, err=err)
    except OSError:
        _hush(sys.stderr if err else sys.stdout)


def _hush(stream: TextIO) -> None:
    """Send what is left to say on a stream nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _usage(error: click.ClickException) -> InputError:
    """Return a mistake in what was typed as a coded error."""
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "jezero-sites"
    found = error.format_message().rstrip(".").replace("\n", " ")
    return InputError("E_USAGE", found=found, fix=f"see {command} --help", field="command line")


def _as_ours(error: Exception) -> JezeroError:
    if isinstance(error, JezeroError):
        return error
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS):
        code = "E_DISK_FULL" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "E_WRITE"
        name = str(error.filename) if error.filename else None
        return DiskError(
            code, found=error.strerror or str(error), fix="free space and run again", file=name, field="path"
        )
    found = f"{type(error).__name__}: {error}"
    return JezeroError("E_INTERNAL", found=found, fix="a bug of ours: please report it; --debug shows where")


def _not_lost(lost: Any) -> None:
    """Send a signal again whose exception arose where Python drops exceptions, as in a callback of an import."""
    sent = {KeyboardInterrupt: signal.SIGINT, _Terminated: signal.SIGTERM}.get(lost.exc_type)
    if sent is None:
        sys.__unraisablehook__(lost)
    else:  # a moment later, when the callback has ended
        main_thread = threading.main_thread().ident
        threading.Timer(0.02, signal.pthread_kill, (main_thread, sent)).start()


def _terminate(signum: int, frame: FrameType | None) -> Any:
    raise _Terminated
