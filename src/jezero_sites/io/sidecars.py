"""Files beside a raster that GDAL would let override it, and what to tell about them."""

from __future__ import annotations

from pathlib import Path

from jezero_sites.errors import InputError, Notice

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
