"""Files beside a raster that GDAL would let override it, and what to tell about them."""

from __future__ import annotations

from pathlib import Path

from jezero_sites.errors import Notice


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
    ends = {".aux.xml", ".tfw", ".wld", ".aux", f"{end}w", f"{end[:2]}{end[-1:]}w"} - {end, "w"}
    named = {path.with_suffix(e) for e in ends} | {Path(f"{path}.aux.xml"), Path(f"{path}.msk")}
    named |= {p.with_suffix(p.suffix.upper()) for p in named}
    return tuple(sorted(p for p in named if p.is_file()))
