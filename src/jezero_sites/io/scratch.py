"""Large arrays that live on the disk and not in memory, for as long as a command runs.

They are files without a name, mapped into memory: the system holds what it has room for, and nothing is left behind
however the command ends. Their whole size is taken from the disk at once, so that a full disk is told before any work.
"""

from __future__ import annotations

import mmap
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.io.files import unwritten

LEAST_BYTES = 16 << 20
"""Smaller arrays stay in memory."""


class Scratch:
    """Gives arrays whose cells lie in files of a folder.

    Parameters
    ----------
    folder : Path
        Where the disk has room for them; it is there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._maps: list[mmap.mmap] = []

    def array(self, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
        """Return an array of any content.

        Raises
        ------
        DiskError
            ``E_DISK_FULL`` or ``E_WRITE`` where the disk does not take it.
        """
        kind = np.dtype(dtype)
        size = int(np.prod(shape)) * kind.itemsize
        if size < LEAST_BYTES:
            return np.empty(shape, kind)
        try:
            with tempfile.TemporaryFile(dir=self._folder, prefix=".scratch-") as stream:
                os.posix_fallocate(stream.fileno(), 0, size)
                held = mmap.mmap(stream.fileno(), size)
        except OSError as error:
            raise unwritten(self._folder / "scratch", error) from error
        self._maps.append(held)
        return np.frombuffer(held, kind).reshape(shape)

    def let_go(self) -> None:
        """Have the system take back the memory that the arrays were read and written through; no cell is lost."""
        for held in self._maps:
            held.madvise(mmap.MADV_DONTNEED)


def new_array(scratch: Scratch | None, shape: tuple[int, ...], dtype: Any) -> NDArray[Any]:
    """Return an array of any content, on the disk where there is a place for it, else in memory."""
    return np.empty(shape, dtype) if scratch is None else scratch.array(shape, dtype)


def free_now_and_then(scratch: Scratch | None, every: int = 4) -> Callable[[int], None]:
    """Return what to call with the number of parts done, so that memory is given back after each few."""

    def done(number: int) -> None:
        if scratch is not None and number % every == 0:
            scratch.let_go()

    return done
