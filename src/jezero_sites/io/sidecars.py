"""Files beside a raster that GDAL would let override it, and what to tell about them."""

from __future__ import annotations

import html
from pathlib import Path

from jezero_sites.errors import InputError, Notice
from jezero_sites.io.files import TIFF_STARTS, read_start
from jezero_sites.io.projection import names_files

MAX_XML_BYTES = 16 << 20
"""A longer ``.aux.xml`` is refused: it could not be checked at little cost."""

_OBEYED = {"PDS": (".prj", ".psw", ".wld"), "ISIS3": (".prj", ".cbw", ".wld")}
"""Ends of files that a driver of GDAL obeys whatever it is told."""


def check_obeyed(path: Path, driver: str) -> None:
    """Refuse a file beside the raster that would override it although sidecars are to be ignored."""
    ends = _OBEYED.get(driver, ())
    if not ends:
        return
    for side in sorted(path.parent.iterdir()):
        if side.stem.lower() == path.stem.lower() and side.suffix.lower() in ends:
            found, needed = f"GDAL would obey {side.name} rather than the label", "a label that stands alone"
            fix = "move it away, or --use-sidecars, if it is right and the label is not"
            raise InputError(
                "E_INDIRECT", found=found, needed=needed, fix=fix, file=str(path), field="sidecar"
            )


def check_sidecars(path: Path) -> None:
    """Refuse sidecars that name other files, or that are of another format than their name says.

    Every file that GDAL could come to is looked at, also those beside a mask or an overview.
    """
    start = f"{path.stem}.".lower()
    for side in sorted(path.parent.iterdir()):
        name = side.name.lower()
        if name == path.name.lower() or not name.startswith(start):
            continue
        found = ""
        if name.endswith(".aux.xml"):
            found = _leads_elsewhere(read_start(side, MAX_XML_BYTES + 1))
        elif name.endswith((".msk", ".ovr", ".aux")) and not read_start(side, 16).startswith(
            (*TIFF_STARTS, b"EHFA_HEADER_TAG")
        ):
            found = "is a mask or overview, but no TIFF"
        if found:
            needed, fix = "a file that holds its data itself", "remove it, or leave --use-sidecars away"
            found = f"a sidecar that {found}"
            raise InputError(
                "E_INDIRECT", found=found, needed=needed, fix=fix, file=str(side), field="format"
            )


def _leads_elsewhere(xml: bytes) -> str:
    """Tell what in the XML would have GDAL or PROJ open another file; empty if nothing would.

    The text is searched, not parsed: what GDAL's own lenient parser sees in it must not be missed.
    """
    if len(xml) > MAX_XML_BYTES:
        return f"has more than {MAX_XML_BYTES} bytes"
    text = html.unescape(xml.decode("latin-1")).replace("\0", "")
    if "overview_file" in text.lower() or "<!" in text.replace("<!--", ""):
        return "points at other files"
    return "has a CRS that would have PROJ open files" if names_files(text) else ""


def sidecar_notices(path: Path, use_sidecars: bool) -> tuple[Notice, ...]:
    """Return a notice where there are sidecars: that they were ignored, or used as told."""
    beside = sidecars_of(path)
    if not beside:
        return ()
    names = ", ".join(p.name for p in beside)
    if use_sidecars:
        return (Notice("W_SIDECAR_USED", f"{names} may override the file, as told", file=str(path)),)
    fix = "--use-sidecars, if they are right and the file is not"
    return (Notice("W_SIDECAR_IGNORED", f"{names} ignored", fix, str(path)),)


def sidecars_of(path: Path) -> tuple[Path, ...]:
    """Return the files beside a raster that GDAL would let override it."""
    end = path.suffix
    labels = {".prj", ".psw", ".cbw"} if end.lower() in (".lbl", ".img", ".cub") else set()
    ends = labels | {".aux.xml", ".tfw", ".wld", ".aux", f"{end}w", f"{end[:2]}{end[-1:]}w"} - {end, "w"}
    named = {path.with_suffix(e) for e in ends} | {Path(f"{path}.aux.xml"), Path(f"{path}.msk")}
    named |= {p.with_suffix(p.suffix.upper()) for p in named}
    return tuple(sorted(p for p in named if p.is_file()))
