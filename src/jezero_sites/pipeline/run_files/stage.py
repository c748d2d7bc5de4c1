"""A run directory is written whole or not at all: made beside its place, then put there by renaming."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jezero_sites.errors import InputError
from jezero_sites.io.files import unwritten
from jezero_sites.pipeline.run_files.record import LAYERS, RUN, kind_of, read_record


@contextmanager
def staged(directory: Path, *, kind: str = RUN) -> Iterator[Path]:
    """Give a new directory that takes the place of a run directory when the block ends well.

    An earlier run in that place is replaced by renaming, so that a stop at any moment leaves one whole run
    or the other. Files that are not of a run are carried over; what is not a run is never moved or removed.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS`` where the place holds something other than a run.
    DiskError
        ``E_WRITE`` where nothing can be written there, ``E_DISK_FULL`` where no more can.
    """
    place = Path(os.path.realpath(directory))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        _recover(place)
        check_out(directory, kind=kind)
        _check_way(place)
        stage = Path(tempfile.mkdtemp(prefix=_part(place), dir=place.parent))
    except OSError as error:
        raise unwritten(place, error) from error
    try:
        yield stage
        check_out(place, kind=kind)  # once more: much may have happened there meanwhile
        _put(stage, place)
    except BrokenPipeError:  # of the terminal that progress is told to
        raise
    except OSError as error:
        raise unwritten(place, error) from error
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        _recover(place)


def check_out(directory: Path, *, kind: str = RUN) -> None:
    """Refuse a place that holds something other than a run, also one of another kind; a run may replace layers.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS``.
    """
    fix = "name a new directory, or one that assess or layers has written"
    if directory.exists() and not directory.is_dir():
        found = "there is a file of that name"
        raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(directory), field="out")
    if directory.is_dir() and any(directory.iterdir()):
        try:
            record = read_record(directory)
        except InputError as error:
            found = "the directory is not empty and holds no run"
            raise InputError(
                "E_OUT_EXISTS", found=found, fix=fix, file=str(directory), field="out"
            ) from error
        held = kind_of(record)
        if held != kind and (held, kind) != (LAYERS, RUN):
            found, fix = f"the directory holds {held}, not {kind}", "name a new directory"
            raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(directory), field="out")


def _put(stage: Path, place: Path) -> None:
    """Rename the stage into its place; an earlier run steps aside first and comes back if that fails."""
    stage.chmod(_mode(place))
    if place.exists():
        _carry_over(place, stage)
        _settle(stage, *_folders(stage))
        aside = _aside(place)
        place.rename(aside)
        stage.rename(place)
        _drop(aside, place)
    else:
        _settle(stage, *_folders(stage))
        stage.rename(place)
    _settle(place.parent)


def _mode(place: Path) -> int:
    """Return the permissions that the place has, or those that a new directory gets there."""
    if place.exists():
        return place.stat().st_mode & 0o7777
    os.umask(mask := os.umask(0))
    return 0o777 & ~mask


def _carry_over(place: Path, stage: Path) -> None:
    """Copy what the earlier run has not written into the stage: links as links.

    Raises
    ------
    InputError
        ``E_OUT_EXISTS`` where such a file has the name of one that the new run writes.
    """
    written = {*read_record(place)["outputs"], "run.json"} if (place / "run.json").exists() else set()
    for folder, names, files in os.walk(place):
        here = Path(folder)
        links = [name for name in names if (here / name).is_symlink()]
        for name in (*files, *links):
            relative = (here / name).relative_to(place)
            target = stage / relative
            if relative.as_posix() in written:
                continue
            if os.path.lexists(target):
                if (here / name).is_symlink():
                    continue  # a link holds nothing that could be lost
                found, fix = "a file that no run wrote has the name of a new one", "move it away"
                raise InputError("E_OUT_EXISTS", found=found, fix=fix, file=str(here / name), field="out")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(here / name, target, follow_symlinks=False)


def _settle(*folders: Path) -> None:
    """Have the names in folders written to the disk, where the file system knows how to."""
    for folder in folders:
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EBADF):
                raise
        finally:
            os.close(number)


def _folders(stage: Path) -> list[Path]:
    return [p for p in stage.rglob("*") if p.is_dir() and not p.is_symlink()]


def _aside(place: Path) -> Path:
    return place.with_name(f".{place.name}.old")


def _check_way(place: Path) -> None:
    """Refuse to work beside something that is not ours and has the name an earlier run would step aside to."""
    aside = _aside(place)
    if os.path.lexists(aside):
        fix = "move it away, or name another directory"
        raise InputError(
            "E_OUT_EXISTS", found="it is in the way and holds no run", fix=fix, file=str(aside), field="out"
        )


def _is_ours(aside: Path) -> bool:
    """Tell whether what stepped aside was a run, or the empty directory that was named for one."""
    if aside.is_symlink() or not aside.is_dir():
        return False
    try:
        read_record(aside)
    except InputError:
        return not any(aside.iterdir())
    return True


def _drop(aside: Path, place: Path) -> None:
    """Remove an earlier run, under a name by which the next run knows what a stop has left of it."""
    left = Path(tempfile.mkdtemp(prefix=_part(place), dir=place.parent))
    aside.rename(left)
    shutil.rmtree(left, ignore_errors=True)


def _part(place: Path) -> str:
    return f".{place.name}.part-{os.getpid()}-"


def _recover(place: Path) -> None:
    """Bring an earlier run back where a stop came between two renames; drop what stopped runs left behind."""
    aside = _aside(place)
    if _is_ours(aside):
        if place.exists():
            _drop(aside, place)
        else:
            aside.rename(place)
    made = re.compile(re.escape(f".{place.name}.part-") + r"(\d+)-\w+")
    for left in place.parent.iterdir():
        maker = made.fullmatch(left.name)
        if maker and not left.is_symlink() and not _is_alive(int(maker[1])):
            shutil.rmtree(left, ignore_errors=True)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
