"""Local files: which may be opened and with what, and whole-or-nothing writing."""

from __future__ import annotations

import errno
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jezero_sites.errors import DiskError, InputError, JezeroError

LEAST_FREE_BYTES = 1 << 20
"""With less than this left on the disk, a failed write is called a full disk."""

COPY_AGAIN = "copy or download the file again"

RASTERS = "a GeoTIFF, a JPEG 2000 image, an ISIS3 cube, a PDS3 or a PDS4 label"

TIFF_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
"""First bytes of a TIFF and of a BigTIFF, in both orders of bytes."""

_PDS = (b"PDS_VERSION_ID", b"CCSD3Z", b"NJPL1I")
_PDS_LABEL_BYTES = 1 << 20
_PDS_END = (b"\r\nEND\r\n", b"\nEND\n", b"\r\nEnd\r\n", b"\nEnd\n")
_PDS_POINTER = re.compile(r'(?:\^\w+|FILE_NAME)\s*=\s*\(?\s*"?([^"\s,)(<]+)', re.IGNORECASE)

_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9_+.-]+:")
_INDIRECT = (b"<VRT", b"<OGRVRT", b"<MRF_META", b"<GDAL_WMS", b"<?xml", b"<WMS_")


def local_file(path: str | Path) -> Path:
    """Return the absolute path of a plain, non-empty file on this machine.

    Raises
    ------
    InputError
        ``E_REMOTE`` for URLs, archives, ``/vsi`` paths, GDAL connection strings and inline XML;
        ``E_NOT_FOUND``, ``E_NOT_FILE``, ``E_EMPTY_FILE``.
    """
    text = os.fspath(path)
    if "://" in text or text.startswith("/vsi") or text.lstrip().startswith("<"):
        raise _remote(text)
    whole = Path(os.path.abspath(text))  # noqa: PTH100 - Path.absolute keeps "..", which could hide a /vsi
    if str(whole).startswith("/vsi"):
        raise _remote(text)
    if not os.path.exists(whole):  # noqa: PTH110 - Path.exists raises for names too long or with NUL
        if _SCHEME.match(text):
            raise _remote(text)
        raise _refusal("E_NOT_FOUND", text, "path", found="no such file", fix="check the path")
    if not whole.is_file():
        raise _refusal("E_NOT_FILE", text, "path", found="not a regular file", fix="name a file in it")
    if whole.stat().st_size == 0:
        raise _refusal("E_EMPTY_FILE", text, "size", found="0 bytes", fix=COPY_AGAIN)
    return whole


def _remote(text: str) -> InputError:
    return InputError(
        "E_REMOTE",
        found="a URL, an archive member or a GDAL connection string",
        needed="the path of a file on this machine",
        fix="download it first and name the local file",
        file=text[:200],
        field="path",
    )


def read_start(path: Path, count: int) -> bytes:
    """Return the first bytes of a file."""
    try:
        with path.open("rb") as stream:
            return stream.read(count)
    except OSError as exc:
        raise unreadable(path, exc) from exc


def unreadable(path: Path, exc: OSError) -> DiskError:
    """Return the error for a file that is there and cannot be read."""
    found = exc.strerror or str(exc)
    fix = "check permissions and the disk"
    return DiskError("E_READ", found=found, fix=fix, file=str(path), field="file")


def read_small(path: Path, *, limit: int) -> bytes:
    """Return all bytes of a file, or refuse it with ``E_TOO_LARGE``."""
    size = path.stat().st_size
    if size > limit:
        raise InputError(
            "E_TOO_LARGE",
            found=f"{size} bytes",
            needed=f"at most {limit} bytes",
            fix="keep only the rows that are needed",
            file=str(path),
            field="size",
        )
    return read_start(path, limit + 1)


def refuse_indirect(head: bytes, path: Path) -> None:
    """Raise ``E_INDIRECT`` for a document that points at other files, whatever its name says."""
    start = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith(_INDIRECT):
        found = f"a document that points at other files ({start[:10].decode('ascii', 'replace')}...)"
        fix = "give the data files themselves: GeoTIFF tiles, a CSV or a GeoJSON"
        raise _refusal("E_INDIRECT", path, "format", found=found, fix=fix)


def raster_driver(path: Path) -> str:
    """Return the one GDAL driver that may open a file, from its first bytes.

    Raises
    ------
    InputError
        ``E_INDIRECT E_CORRUPT E_FORMAT``.
    """
    head = read_start(path, 64)
    if head.startswith(TIFF_STARTS):
        return "GTiff"
    if head.startswith(_PDS):
        return "PDS"
    refuse_indirect(head, path)
    if any(start.startswith(head) for start in TIFF_STARTS):
        raise _refusal("E_CORRUPT", path, "header", found=f"only {len(head)} bytes", fix=COPY_AGAIN)
    found = f"the first bytes {head[:8]!r} are not those of a raster that is read here"
    is_text = b"\0" not in head and head.decode("utf-8", "replace").isprintable()
    fix = "convert it with gdal_translate to GeoTIFF"
    fix = "it seems to be text: name the raster itself, or download it again" if is_text else fix
    raise _refusal("E_FORMAT", path, "format", found=found, fix=fix)


def check_inside(path: Path, name: str) -> None:
    """Refuse a file outside the folder of the label that names it, with ``E_OUTSIDE``."""
    folder = path.parent.resolve()
    if not (folder / name).resolve().is_relative_to(folder):
        found = f"the label points outside its folder: {name[:120]}"
        raise _refusal("E_OUTSIDE", path, "^IMAGE", found=found, fix="put the image beside the label")


def check_label(path: Path) -> int:
    """Return the length of a PDS3 label in bytes; read it before GDAL does, which opens what it names."""
    head = read_start(path, _PDS_LABEL_BYTES)
    ends = [head.index(end) + len(end) for end in _PDS_END if end in head]
    if not ends:
        raise _refusal("E_CORRUPT", path, "header", found="the label has no END line", fix=COPY_AGAIN)
    text = head.decode("latin-1")
    if "compressed_file" in text.lower():
        found = "a PDS3 label of a compressed image"
        raise _refusal(
            "E_INDIRECT", path, "format", found=found, fix="convert it with gdal_translate to GeoTIFF"
        )
    for name in _PDS_POINTER.findall(text):
        check_inside(path, name)
    return min(ends)


_NEEDED = {
    "E_CORRUPT": "a file that is whole",
    "E_EMPTY_FILE": "a file with content",
    "E_FORMAT": RASTERS,
    "E_INDIRECT": "a file that holds its data itself",
    "E_NOT_FILE": "a file",
    "E_NOT_FOUND": "a file that is there",
    "E_OUTSIDE": "files in the folder of the label",
}


def _refusal(code: str, path: str | Path, field: str, *, found: str, fix: str) -> InputError:
    return InputError(code, found=found, needed=_NEEDED[code], fix=fix, file=str(path), field=field)


@contextmanager
def replacing(path: str | Path) -> Iterator[Path]:
    """Give a temporary name in the same folder; on success it takes the place of ``path``.

    A reader sees the old file or the new one, never a part. Whatever fails leaves the old file and
    no debris, and comes out as a :class:`DiskError`: ``E_DISK_FULL`` or ``E_WRITE``.
    """
    target = Path(path)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{target.name[:40]}.", dir=target.parent))
    except OSError as exc:
        raise unwritten(target, exc) from exc
    try:
        draft = work / target.name
        yield draft
        _flush(draft)
        draft.replace(target)
    except JezeroError:
        raise
    except (OSError, RuntimeError) as exc:
        raise unwritten(target, exc) from exc
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def unwritten(path: Path, exc: BaseException, *, code: str = "E_WRITE") -> DiskError:
    """Return the error of a failed write; GDAL hides that a disk is full, so the disk is asked."""
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        free = LEAST_FREE_BYTES
    full = getattr(exc, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or free < LEAST_FREE_BYTES
    if full:
        found, fix = f"no space left ({free} bytes)", "free some space and run again"
        return DiskError("E_DISK_FULL", found=found, fix=fix, file=str(path), field="disk")
    found = getattr(exc, "strerror", None) or str(exc.__cause__ or exc)
    fix = "check the folder and its permissions"
    return DiskError(code, found=found, fix=fix, file=str(path), field="folder")


def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8, whole or not at all."""
    with replacing(path) as draft:
        draft.write_text(text, encoding="utf-8", newline="")
