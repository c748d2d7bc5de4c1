"""What ``run.json`` must hold for a directory to be taken for a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jezero_sites.errors import InputError

SCHEMA = "jezero_sites.run/1"
OURS = re.compile(
    r"layers/\w[\w.]*\.tif|sites\.(csv|gpkg|geojson)|(map|report)\.html|config\.toml|run\.json"
    r"|map/index\.html|map/tiles/\w+/\d+/\d+_\d+\.(js|png)"
    r"|(noise_floor|statistics|histogram|deviogram)\.csv|(slopes|slope_maps|mean_maps|deviogram)\.png"
)
"""Names that files of a run can have: a record that names others is none of ours."""

LAYER_NAME = re.compile(r"\w+", re.ASCII)
"""Names of layers, which are also names of files."""

RUN, LAYERS, SURVEY = "a run", "layers alone", "slopes at baselines"
"""Kinds of directory; none takes the place of a better one."""

_INPUT = {"path": str, "role": str, "sha256": str, "size_bytes": int}
_NOTICE = {"code": str, "found": str}
_NOTICE_PARTS = {"code", "found", "fix", "file"}


def read_record(directory: Path) -> dict[str, Any]:
    """Return the ``run.json`` of a run directory.

    Raises
    ------
    InputError
        ``E_NOT_A_RUN`` where there is none that can be used.
    """
    fix = "name a directory that assess has written, or a file in it"
    try:
        record = json.loads((directory / "run.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        found = "no run.json that can be read"
        raise InputError(
            "E_NOT_A_RUN", found=found, fix=fix, file=str(directory), field="run.json"
        ) from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA or not _is_sound(record):
        found = f"its run.json is not one of schema {SCHEMA}"
        raise InputError("E_NOT_A_RUN", found=found, fix=fix, file=str(directory), field="run.json")
    return record


def kind_of(record: dict[str, Any]) -> str:
    """Return what a directory is by its record."""
    if record.get("kind", RUN) == SURVEY:
        return SURVEY
    return RUN if "sites" in record else LAYERS


def _is_sound(record: dict[str, Any]) -> bool:
    """Tell whether a record has the parts that are relied on, with our own file names alone."""
    outputs, layers = record.get("outputs"), record.get("layers")
    if not isinstance(outputs, dict) or not all(isinstance(digest, str) for digest in outputs.values()):
        return False
    if not all(OURS.fullmatch(name) for name in outputs):
        return False
    if not isinstance(layers, dict) or not all(LAYER_NAME.fullmatch(name) for name in layers):
        return False
    if record.get("kind", RUN) not in (RUN, SURVEY):
        return False
    notices = record.get("notices")
    is_sound = _is_list_of(record.get("inputs"), _INPUT) and _is_list_of(notices, _NOTICE)
    is_sound = is_sound and all(set(one) <= _NOTICE_PARTS for one in notices or ())
    is_sound = is_sound and all(isinstance(v, str | None) for one in notices or () for v in one.values())
    if "sites" not in record:
        return is_sound
    statements = record.get("statements")
    return (
        is_sound
        and isinstance(record["sites"], int)
        and _is_list_of(record.get("samples"), {})
        and isinstance(statements, list)
        and all(isinstance(text, str) for text in (*statements, record.get("summary")))
    )


def _is_list_of(found: Any, parts: Mapping[str, type]) -> bool:
    """Tell whether something is a list of objects that have certain parts."""
    return isinstance(found, list) and all(
        isinstance(entry, dict) and all(isinstance(entry.get(name), kind) for name, kind in parts.items())
        for entry in found
    )
