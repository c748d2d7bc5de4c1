"""The digest by which a file's bytes are known again, and whether a file is still what was read.

A file is hashed once, before its cells are read. Later its size, inode and times tell whether it was
written since; only where they differ, or where the file was so young that a later write could bear the
same time, is it hashed again.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jezero_sites.errors import InputError
from jezero_sites.io.files import unreadable
from jezero_sites.raster import Fingerprint

__all__ = [
    "SETTLED_NS",
    "Fingerprint",
    "check_unchanged",
    "fingerprint",
    "sha256_of",
    "source_fingerprints",
    "stamp_before",
    "stamp_of",
]

SETTLED_NS = 2_000_000_000
"""Age at which a file's times tell of every later write: the step of times on FAT, the coarsest."""


def sha256_of(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes, as 64 hexadecimal digits.

    Raises
    ------
    DiskError
        ``E_READ`` where the file cannot be read.

    Examples
    --------
    >>> empty = getfixture("tmp_path") / "empty"
    >>> empty.touch()
    >>> sha256_of(empty)[:8]
    'e3b0c442'
    """
    file = Path(path)
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as exc:
        raise unreadable(file, exc) from exc


def stamp_of(path: str | Path) -> tuple[int, ...]:
    """Return what the file system says of a file: device, inode, size, time of change and status change.

    Raises
    ------
    DiskError
        ``E_READ`` where there is no such file any more.
    """
    try:
        told = os.stat(path)  # noqa: PTH116 - as the name is given, without a Path
    except OSError as exc:
        raise unreadable(Path(path), exc) from exc
    return told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns


def fingerprint(path: str | Path, *, since: tuple[int, ...] | None = None) -> Fingerprint:
    """Return a file as it is now.

    Parameters
    ----------
    path : str or Path
    since : tuple of int, optional
        Its stamp from before it was opened, of which it must still be.

    Raises
    ------
    InputError
        ``E_INPUT_CHANGED`` where it was written meanwhile.
    DiskError
        ``E_READ``.
    """
    file = Path(path)
    now, stamp = time.time_ns(), stamp_of(path)
    digest = sha256_of(path)
    if stamp_of(path) != stamp or since not in (None, stamp):
        raise _changed(file, "the file was written while it was read")
    return Fingerprint(file, digest, stamp[2], stamp, now - max(stamp[3:]) > SETTLED_NS)


def stamp_before(path: str | Path) -> tuple[int, ...] | None:
    """Return the stamp of a file that is about to be opened; None where there is no such file."""
    return stamp_of(path) if os.path.isfile(path) else None  # noqa: PTH113 - also for names too long


def source_fingerprints(
    dataset: Any, path: Path, *, since: tuple[int, ...] | None
) -> tuple[Fingerprint, ...]:
    """Return the file that was named as it is, and then the others that its cells come from.

    Parameters
    ----------
    dataset : rasterio.DatasetReader
        Open, with no cell read.
    path : Path
        The file that was named.
    since : tuple of int or None
        Its :func:`stamp_before` it was opened; None, where it is no file of this machine, gives none.

    Raises
    ------
    InputError
        ``E_INPUT_CHANGED`` where it was written meanwhile.
    """
    if since is None:
        return ()
    others = sorted({Path(name).resolve() for name in dataset.files} - {path.resolve()})
    return (fingerprint(path, since=since), *(fingerprint(other) for other in others if other.is_file()))


def check_unchanged(fingerprints: Iterable[Fingerprint]) -> None:
    """Refuse a file that is not any more what was read.

    Raises
    ------
    InputError
        ``E_INPUT_CHANGED``; trying again may help.
    """
    for known in fingerprints:
        if not known.path.is_file():
            raise _changed(known.path, "the file that was read is no longer there")
        if known.is_settled and stamp_of(known.path) == known.stamp:
            continue
        if sha256_of(known.path) != known.sha256:
            raise _changed(known.path, "the file is not any more the one that was read")


def _changed(path: Path, found: str) -> InputError:
    needed = "inputs that stay as they are until the run is written"
    fix = "run again when nothing writes to it"
    return InputError(
        "E_INPUT_CHANGED",
        found=found,
        needed=needed,
        fix=fix,
        file=str(path),
        field="content",
        transient=True,
    )
