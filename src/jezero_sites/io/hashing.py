"""The digest by which a file's bytes are known again."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jezero_sites.io.files import unreadable


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
