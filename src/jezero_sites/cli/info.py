"""``jezero-sites info``: what a file is, what is wrong with it and how to mend it."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from jezero_sites.cli.console import printable
from jezero_sites.cli.options import chosen_settings, debug_option, reading_options, settings_options

if TYPE_CHECKING:
    from jezero_sites.pipeline.facts.findings import FileFacts, Finding

EXAMPLE = """\b
Examples:
  jezero-sites info dem.tif
  jezero-sites info dem.tif --profile msl --json
  jezero-sites info tubes.csv
  jezero-sites info run/ --full
"""
_QUANTITY = re.compile(r"(\d) (m|deg|cells|rows|columns)\b")
COLOURS = {"error": "red", "warning": "yellow", "note": "cyan"}


@click.command("info", epilog=EXAMPLE)
@click.argument("file")
@click.option("--json", "as_json", is_flag=True, help="Print the same as JSON.")
@click.option("--full", is_flag=True, help="Read all of a large DEM; compare every checksum of a run.")
@settings_options
@reading_options
@debug_option
def info_command(file: str, as_json: bool, debug: bool, **options: Any) -> None:
    """What a file is, what will be done with it, what is wrong with it and how to mend it.

    FILE is a DEM, a layer, an image, a list of samples, sites, settings, or a run directory. A DEM is held
    against the limits of a lander, and a large one sampled unless --full is given. A file that cannot be used
    ends with its error and exit code 2; one that these limits are too fine for is told so, with exit code 0.
    """
    from jezero_sites.pipeline.facts.file_facts import Reading, file_facts

    settings = chosen_settings(options.pop("profile"), options.pop("config"))
    told = file_facts(file, settings, reading=Reading(**options))
    if as_json:
        click.echo(json.dumps(told.as_dict(), indent=1))
    else:
        click.echo(_text(told, _width()), color=_is_coloured())
    if told.refusal is None:
        return
    if as_json and not debug:  # the error is part of what was printed: the last door would print it again
        click.echo(str(told.refusal), err=True)
        sys.exit(told.refusal.exit_code)
    raise told.refusal


def _text(told: FileFacts, width: int) -> str:
    """Return everything for people: facts, what the lander makes of it, findings."""
    parts = [_block(told.facts, width)]
    if told.lander:
        parts.append(f"For this lander:\n{_block(told.lander, width)}")
    findings = [f for f in told.findings if told.refusal is None or f.code != told.refusal.code]
    if findings:
        parts.append("\n".join(_finding(finding, width) for finding in findings))
    elif told.refusal is None:
        parts.append("nothing to mend")
    return "\n\n".join(parts)


def _block(facts: Mapping[str, str], width: int) -> str:
    longest = max(len(name) for name in facts)
    return "\n".join(
        _wrapped(f"{_label(name):{longest}}  ", value, width, longest + 2) for name, value in facts.items()
    )


def _label(name: str) -> str:
    """Return a name of a fact in words; names of layers stay as they are."""
    layer = name.removeprefix("limit_on_")
    return f"limit on {layer}" if layer != name else name.replace("_", " ")


def _finding(finding: Finding, width: int) -> str:
    head = click.style(f"{finding.severity}[{finding.code}]", fg=COLOURS[finding.severity])
    text = _wrapped(f"{finding.severity}[{finding.code}] ", finding.found, width, 4)
    text = text.replace(f"{finding.severity}[{finding.code}]", head, 1)
    return f"{text}\n{_wrapped('    mend: ', finding.fix, width, 10)}" if finding.fix else text


def _wrapped(first: str, text: str, width: int, indent: int) -> str:
    """Return a line, wrapped at a width; 0 leaves it whole, so that what is piped can be searched by line."""
    line = first + printable(text.replace("\n", " "))
    if not width:
        return line
    whole = _QUANTITY.sub("\\1\xa0\\2", line)  # a number stays with its unit
    folded = textwrap.fill(
        whole, width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False
    )
    return folded.replace("\xa0", " ")


def _width() -> int:
    if not _is_terminal() and "COLUMNS" not in os.environ:
        return 0
    return min(max(shutil.get_terminal_size().columns, 40), 100)


def _is_coloured() -> bool:
    return _is_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def _is_terminal() -> bool:
    return sys.stdout.isatty()
