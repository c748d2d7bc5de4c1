"""What goes to the terminal: progress and warnings on stderr, tables and paths on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click

from jezero_sites.errors import Notice


@contextmanager
def progress(stages: Sequence[str], *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that is told each stage as it begins; a bar on a terminal, a line each elsewhere."""
    if quiet:
        yield lambda _: None
    elif sys.stderr.isatty():
        with _bar(len(stages)) as tell:
            yield tell
    else:
        yield lambda stage: click.echo(f"{stage} ...", err=True)


@contextmanager
def _bar(total: int) -> Iterator[Callable[[str], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (BarColumn(bar_width=24), TextColumn("{task.completed}/{task.total}"), TimeElapsedColumn())
    with Progress(
        *columns, TextColumn("{task.description}"), console=Console(stderr=True), transient=True
    ) as bar:
        task = bar.add_task("", total=total)
        begun, last = 0, ""

        def tell(stage: str) -> None:
            nonlocal begun, last
            if stage.partition(",")[0] != last:
                last = stage.partition(",")[0]
                begun += 1
            bar.update(task, description=stage, completed=begun - 1, total=max(total, begun))

        yield tell


def tell_compiling(*, quiet: bool) -> None:
    """Say so, once, when kernels have to be compiled: on the first run after an installation."""
    if quiet:
        return
    from numba.core import event

    class Once(event.Listener):  # type: ignore[misc]
        is_told = False

        def on_start(self, event: Any) -> None:
            if not self.is_told:
                type(self).is_told = True
                click.echo("compiling the kernels, once: it takes up to a minute ...", err=True)

        def on_end(self, event: Any) -> None:
            pass

    event.register("numba:compile", Once())


def warn(notices: Iterable[Notice], *, quiet: bool) -> None:
    """Print notices on stderr."""
    if not quiet:
        for notice in notices:
            click.echo(str(notice), err=True)


def table(header: Sequence[str], rows: Sequence[Sequence[str]], *, left: Sequence[int] = ()) -> str:
    """Return a table of plain text; the columns named in ``left`` are set flush left.

    A line break within a cell shows as a question mark: a row stays one line.

    >>> print(table(["id", "m"], [["S01", "7"], ["S02", "123"]], left=[0]))
    id     m
    S01    7
    S02  123
    """
    cells = [[printable(cell).replace("\n", "?") for cell in row] for row in (header, *rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(header))]
    lines = []
    for line in cells:
        parts = [
            c.ljust(w) if i in left else c.rjust(w) for i, (c, w) in enumerate(zip(line, widths, strict=True))
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def printable(text: str) -> str:
    """Return text with a question mark for every character that could steer a terminal; lines stay."""
    return "\n".join("".join(c if c.isprintable() else "?" for c in line) for line in text.split("\n"))
