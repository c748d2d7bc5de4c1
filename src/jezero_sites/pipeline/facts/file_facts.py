"""What any file that is read or written here is, by one call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jezero_sites.errors import InputError
from jezero_sites.pipeline.facts.findings import FileFacts
from jezero_sites.settings import Settings, load_profile

MAX_SIZE_GIB = 64.0
"""As of :func:`~jezero_sites.io.dem.read_dem`."""

RASTER_ENDS = frozenset(
    {".tif", ".tiff", ".gtiff", ".img", ".lbl", ".vrt", ".cub", ".jp2", ".xml", ".png", ".jpg"}
)
TABLE_ENDS = frozenset({".csv", ".geojson", ".json", ".txt", ".tsv"})
_RASTER_STARTS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+", b"PDS_VERSION_ID", b"CCSD3Z", b"NJPL1I")
_SQLITE = b"SQLite format 3\0"


@dataclass(frozen=True)
class Reading:
    """How a file is to be read; the same choices as of :func:`~jezero_sites.io.dem.read_dem`."""

    band: int | None = None
    assume_crs: str | None = None
    use_sidecars: bool = False
    allow_sparse: bool = False
    vertical_datum: str | None = None
    max_size_gib: float = MAX_SIZE_GIB
    allow_remote: Collection[str] = ()
    full: bool = False

    def options(self) -> dict[str, Any]:
        """Return the options that readers of DEMs take."""
        return {k: v for k, v in vars(self).items() if k != "full"}


def file_facts(
    path: str | Path, settings: Settings | None = None, *, reading: Reading | None = None
) -> FileFacts:
    r"""Return what a file or a run directory is, what is wrong with it and how to mend it.

    Parameters
    ----------
    path : str or Path
        A DEM, a layer, an image, a list of samples, a table of sites, settings, or a run directory.
    settings : Settings, optional
        The lander that a DEM is held against; the default profile's.
    reading : Reading, optional
        How to read it. A DEM of more than 16 million cells is sampled unless ``full``.

    Returns
    -------
    FileFacts
        With ``refusal`` where the file cannot be used as what it is.

    Raises
    ------
    InputError
        ``E_REMOTE E_NOT_FOUND E_NOT_FILE E_EMPTY_FILE`` where there is no file to tell of; ``E_NOT_A_RUN``
        for a directory that holds no run; ``E_FORMAT`` for other text.

    Examples
    --------
    >>> tube = getfixture("tmp_path") / "tube.csv"
    >>> _ = tube.write_text("name,lon,lat\nA,77.4,18.4\nB,,\n")
    >>> file_facts(tube).facts["rows"]
    '2, 1 with a position'
    """
    from jezero_sites.io.files import local_file, read_start
    from jezero_sites.io.urls import as_named

    how = reading or Reading()
    if as_named(path).startswith(("https://", "http://")):
        from jezero_sites.pipeline.facts.rasters import raster_facts

        return raster_facts(Path(path), settings or load_profile(), how)
    if Path(path).is_dir():
        from jezero_sites.pipeline.facts.tables import run_facts

        return run_facts(Path(path), full=how.full)
    start = read_start(local_file(path), 4096)
    kind = _kind(Path(path), start)
    if kind == "unknown":
        found = "text that is no list of samples and no settings by its name"
        needed = (
            "a raster (GeoTIFF, JPEG 2000, ISIS3, PDS3, PDS4), a CSV, a GeoJSON, a GeoPackage, a settings file "
            "ending in .toml or a run directory"
        )
        fix = "name one of these"
        raise InputError("E_FORMAT", found=found, needed=needed, fix=fix, file=str(path), field="format")
    if kind == "raster":
        from jezero_sites.pipeline.facts.rasters import raster_facts

        return raster_facts(Path(path), settings or load_profile(), how)
    from jezero_sites.pipeline.facts import tables

    table = {"samples": tables.samples_facts, "sites": tables.sites_facts, "settings": tables.settings_facts}
    return table[kind](Path(path))


def _kind(path: Path, start: bytes) -> str:
    """Return what a file is to be read as, from its first bytes, and from its name where they leave it open."""
    end = path.suffix.lower()
    if start.startswith(_SQLITE):
        return "sites"
    if start.startswith(_RASTER_STARTS) or end in RASTER_ENDS:
        return "raster"
    if end == ".toml":
        return "settings"
    if end in TABLE_ENDS or start.lstrip().startswith(b"{"):
        return "samples"
    return "unknown" if _is_text(start) else "raster"


def _is_text(start: bytes) -> bool:
    """Tell whether bytes are lines of text, other than a document that points elsewhere, which the door names."""
    return b"\0" not in start and b"\n" in start and not start.lstrip().startswith(b"<")
