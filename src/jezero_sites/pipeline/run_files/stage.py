"""A run directory is written whole or not at all: made beside its place, then put there by renaming."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jezero_sites.errors import DiskError, InputError

SCHEMA = "jezero_sites.run/1"
OURS = re.compile(
    r"layers/\w[\w.]*\.tif|sites\.(csv|gpkg|geojson)|(map|report)\.html|config\.toml|run\.json"
    r"|(noise_floor|statistics|histogram|deviogram)\.csv|(slopes|slope_maps|mean_maps|deviogram)\.png"
)
"""Names of files that a run writes; anything else in its directory is the user's and is kept."""

RUN, SURVEY = "a run", "slopes at baselines"
"""Kinds of directory; one does not take the place of another."""


@contextmanager
def staged(directory: Path, *, kind: str = RUN) -> Iterator[Path]:
    """Give a new directory that takes the place of a run directory when the block ends well.

    An earlier run in that place is replaced by renaming, so that a stop at any moment leaves one whole run
    or the other. Files that are not of a run are carried over.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS`` where the place holds something other than a run.
    DiskError
        ``E_WRITE`` where nothing can be written there.
    """
    place = Path(os.path.realpath(directory))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _recover(place)
        check_out(directory, kind=kind)
        stage = Path(tempfile.mkdtemp(prefix=f".{place.name}.part-{os.getpid()}-", dir=place.parent))
    except OSError as error:
        found = error.strerror or str(error)
        raise DiskError(
            "E_WRITE", found=found, fix="check --out and its permissions", file=str(directory)
        ) from error
    try:
        yield stage
        _put(stage, place)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        _recover(place)


def check_out(directory: Path, *, kind: str = RUN) -> None:
    """Refuse a place that holds something other than a run, also a run of another kind.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS``.
    """
    fix = "name a new directory, or one that assess or layers has written"
    if directory.exists() and not directory.is_dir():
        found = "there is a file of that name"
        raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(directory))
    if directory.is_dir() and any(directory.iterdir()):
        try:
            record = read_record(directory)
        except InputError as error:
            found = "the directory is not empty and holds no run"
            raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(directory)) from error
        held = record.get("kind", RUN)
        if held != kind:
            found, fix = f"the directory holds {held}, not {kind}", "name a new directory"
            raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(directory))


def read_record(directory: Path) -> dict[str, Any]:
    """Return the ``run.json`` of a run directory.

    Raises
    ------
    InputError
        ``E_NOT_A_RUN`` where there is none that can be used.
    """
    fix = "name a directory that assess has written"
    try:
        record = json.loads((directory / "run.json").read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        found = "no run.json that can be read"
        raise InputError("E_NOT_A_RUN", found=found, fix=fix, file=str(directory)) from error
    if not isinstance(record, dict) or record.get("schema") != SCHEMA or not _is_sound(record):
        found = f"its run.json is not one of schema {SCHEMA}"
        raise InputError("E_NOT_A_RUN", found=found, fix=fix, file=str(directory))
    return record


def _is_sound(record: dict[str, Any]) -> bool:
    """Tell whether a record has the parts that are relied on, with our own file names alone."""
    outputs = record.get("outputs")
    if not isinstance(outputs, dict) or not all(OURS.fullmatch(name) for name in outputs):
        return False
    if record.get("kind", RUN) not in (RUN, SURVEY):
        return False
    lists = ("inputs", "notices", *(("samples", "statements") if "sites" in record else ()))
    return isinstance(record.get("layers"), dict) and all(
        isinstance(record.get(name), list) for name in lists
    )


def _put(stage: Path, place: Path) -> None:
    """Rename the stage into its place; an earlier run steps aside first and comes back if that fails."""
    stage.chmod(0o755)
    if not place.exists():
        stage.rename(place)
        return
    _carry_over(place, stage)
    aside = _aside(place)
    place.rename(aside)
    stage.rename(place)
    shutil.rmtree(aside, ignore_errors=True)


def _carry_over(place: Path, stage: Path) -> None:
    """Copy what is not of a run into the stage: links as links."""
    for folder, names, files in os.walk(place):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        for name in (*files, *links):
            relative = (here / name).relative_to(place)
            target = stage / relative
            if not OURS.fullmatch(relative.as_posix()) and not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(here / name, target, follow_symlinks=False)


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _recover(place: Path) -> None:
    """Bring an earlier run back where a stop came between two renames; drop what stopped runs left behind."""
    aside = _aside(place)
    if aside.is_dir() and not aside.is_symlink():
        if place.exists():
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(place)
    for left in place.parent.glob(f".{place.name}.part-*-*"):
        maker = left.name.rsplit("-", 2)[1]
        if maker.isdigit() and not _is_alive(int(maker)):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
