"""Layers of an earlier run that would come out the same again, so that they need not be worked out.

Each layer has a key: the SHA-256 of the heights, of everything in the settings that the layer rests on, of what its
file says, and of the package's own source. Equal keys give equal files.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import jezero_sites
from jezero_sites.errors import InputError
from jezero_sites.io.hashing import sha256_of
from jezero_sites.io.layer import layer_cells
from jezero_sites.layers import layer_for
from jezero_sites.pipeline.sinks import UPPER
from jezero_sites.pipeline.stages.cells import AIMED, JUDGED, ROCKS
from jezero_sites.pipeline.stages.ground import layer_lengths_on
from jezero_sites.pipeline.stages.standing import clockings_on, standing_names
from jezero_sites.quality import Seam
from jezero_sites.raster import Raster
from jezero_sites.settings import Settings, settings_dict

_STRIP_ROWS = 256


@dataclass(frozen=True, eq=False)
class Kept:
    """Layers of an earlier run whose keys are those of this one.

    Attributes
    ----------
    layers : mapping of name to cells
    files : mapping of name to path
    statistics : mapping of name to numbers
    digests : mapping of name to the SHA-256 of its file
    aimed : mapping of stem to (factor, error bound)
        Of the landing probabilities.
    seams : tuple of Seam
    screened : bool
    """

    layers: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)
    statistics: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)
    aimed: Mapping[str, tuple[int, float]] = field(default_factory=dict)
    seams: tuple[Seam, ...] = ()
    screened: bool = True


def kept_layers(folder: Path, record: Mapping[str, Any], keys: Mapping[str, str]) -> Kept:
    """Return the layers of a run directory that have these keys and whose files are as they were written.

    Parameters
    ----------
    folder : Path
        The run directory.
    record : mapping
        Its ``run.json``.
    keys : mapping of layer name to key

    Raises
    ------
    InputError
        ``E_NOT_A_RUN`` where the run does not say what its layers rest on.
    """
    theirs = record.get("keys")
    if not isinstance(theirs, dict) or not isinstance(record.get("aimed"), dict):
        found = "its run.json does not say what its layers rest on"
        fix = "name a run of this version that was written without --scaled"
        raise InputError("E_NOT_A_RUN", found=found, fix=fix, file=str(folder), field="keys")
    files: dict[str, Path] = {}
    digests: dict[str, str] = {}
    layers: dict[str, Any] = {}
    for name, key in keys.items():
        lower = name.removesuffix(UPPER) if name in AIMED else name
        path = folder / "layers" / f"{lower}.tif"
        digest = record["outputs"].get(f"layers/{lower}.tif")
        if theirs.get(name) != key or digest is None or not path.is_file():
            continue
        if name == lower and sha256_of(path) != digest:
            continue
        if name == lower or lower in files:
            files[name], digests[name] = path, digest
            layers[name] = layer_cells(path, 0 if name == lower else 1)
    aimed = {stem: (int(pair[0]), float(pair[1])) for stem, pair in record["aimed"].items()}
    screen = record.get("screen", {})
    seams = tuple(Seam(**seam) for seam in screen.get("seams", ()))
    statistics = {name: record["layers"][name] for name in layers if name in record["layers"]}
    return Kept(layers, files, statistics, digests, aimed, seams, bool(screen.get("screened", True)))


def layer_keys(
    dem: Raster,
    settings: Settings,
    abouts: Mapping[str, Raster],
    *,
    abundance: Raster | None = None,
) -> dict[str, str]:
    """Return the key of each layer.

    Parameters
    ----------
    dem : Raster
    settings : Settings
    abouts : mapping of name to Raster
        What the layers' files say, without cells.
    abundance : Raster, optional
    """
    ground = _digest(_sources(), _place(dem), _cells_of(dem))
    rocks = None if abundance is None else _digest(_place(abundance), _cells_of(abundance))
    return {
        name: _digest(ground, name, dict(about.tags), _rests_on(name, dem, settings, rocks))
        for name, about in abouts.items()
    }


def _rests_on(name: str, dem: Raster, settings: Settings, rocks: str | None) -> Any:
    """Return the numbers of the settings that a layer rests on, beside the heights."""
    whole = settings_dict(settings)
    lander = [whole["lander"], clockings_on(dem.grid, settings), whole["dem_error"]]
    if name in ("elevation_m", "dem_quality"):
        return None
    if name in standing_names(settings):
        return lander
    judged = [lander, whole["limits"], whole["rocks"], rocks]
    if name in ROCKS or name in JUDGED:
        return judged
    if name in AIMED:
        return [judged, whole["dispersion"], whole.get("divert")]
    lengths = layer_lengths_on(dem.grid, name, settings)
    needed = {"baseline_m": lengths.window, "radius_m": lengths.radius_m}
    return needed.get(layer_for(name).needs)


def _digest(*parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _place(raster: Raster) -> list[Any]:
    grid = raster.grid
    return [grid.shape, list(grid.transform)[:6], grid.crs.to_wkt(), str(raster.values.dtype)]


def _cells_of(raster: Raster) -> str:
    digest = hashlib.sha256()
    for row in range(0, raster.values.shape[0], _STRIP_ROWS):
        digest.update(raster.values[row : row + _STRIP_ROWS].tobytes())
    return digest.hexdigest()


@cache
def _sources() -> str:
    """Return the digest of the package's own source: no layer outlives a change of what made it."""
    folder = Path(jezero_sites.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def keys_record(
    keys: Mapping[str, str], aimed: Mapping[str, Any], seams: Iterable[Seam], *, screened: bool
) -> dict[str, Any]:
    """Return what ``run.json`` keeps for a later run."""
    pairs = {stem: [its.factor, its.error_bound] for stem, its in aimed.items() if its is not None}
    return {
        "keys": dict(keys),
        "aimed": pairs,
        "screen": {"screened": screened, "seams": [vars(seam) for seam in seams]},
    }
