"""Where the layers of a run go as their blocks are worked out: to memory, or to files at once."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from jezero_sites.blocks import Block, each
from jezero_sites.io.layer import layer_cells
from jezero_sites.io.write import RasterWriter, Span
from jezero_sites.raster import Grid, Raster

UPPER = "_upper"  # ending of the layer that is the second band of its lower bound's file


class Sink(Protocol):
    """Takes blocks of layers, in any order and from any thread."""

    wants_heights: bool

    def takes(self, name: str) -> bool:
        """Tell whether a layer was begun."""

    def keep(self, name: str, path: Path, digest: str) -> None:
        """Take a layer as it is in a file of an earlier run."""

    def begin(self, abouts: Mapping[str, Raster]) -> None:
        """Be told of layers, by rasters without cells, before their first block."""

    def put(self, name: str, block: Block, values: NDArray[Any]) -> None:
        """Take a block of a layer, once."""

    def settle(self) -> None:
        """Finish the layers that all blocks have come of, while others are still to come."""

    def finish(self) -> dict[str, NDArray[Any]]:
        """Return the cells of every layer."""

    def drop(self) -> None:
        """Let go of what is not finished."""


class ToMemory:
    """Keeps layers as arrays."""

    wants_heights = False

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._arrays: dict[str, NDArray[Any]] = {}

    def takes(self, name: str) -> bool:
        """Tell whether a layer was begun."""
        return name in self._arrays

    def begin(self, abouts: Mapping[str, Raster]) -> None:
        """Make the arrays."""
        for name in abouts:
            self._arrays[name] = np.empty(self._grid.shape, np.uint8 if is_code(name) else np.float32)

    def keep(self, name: str, path: Path, digest: str) -> None:
        """Read the layer."""
        self._arrays[name] = np.asarray(layer_cells(path, int(name.endswith(UPPER))))

    def put(self, name: str, block: Block, values: NDArray[Any]) -> None:
        """Put a block in its place."""
        self._arrays[name][block.cells] = values

    def settle(self) -> None:
        """Do nothing."""

    def finish(self) -> dict[str, NDArray[Any]]:
        """Return the arrays."""
        return self._arrays

    def drop(self) -> None:
        """Do nothing."""


class ToFiles:
    """Writes layers as Cloud-Optimised GeoTIFFs; both bounds of a probability in one file.

    Parameters
    ----------
    folder : Path
        It is made where it is not there.
    grid : Grid
    spans : mapping of layer name to (least, greatest), optional
        What the layers can hold: those named are written as scaled integers.
    with_heights : bool
        Whether the heights are written with them.
    jobs : int
        Files finished at the same time.

    Attributes
    ----------
    digests : mapping of path to SHA-256
        Of the files that are finished.
    """

    def __init__(
        self,
        folder: Path,
        grid: Grid,
        *,
        spans: Mapping[str, Span] | None = None,
        with_heights: bool = False,
        jobs: int = 1,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._jobs = jobs
        self._folder, self._grid, self._spans = folder, grid, spans or {}
        self._writers: dict[str, tuple[RasterWriter, int]] = {}
        self._kept: dict[str, NDArray[Any]] = {}
        self.wants_heights = with_heights
        self.digests: dict[Path, str] = {}

    def begin(self, abouts: Mapping[str, Raster]) -> None:
        """Begin the files."""
        for name in abouts:
            if name.endswith(UPPER) and name.removesuffix(UPPER) in abouts:
                continue
            names = [n for n in (name, name + UPPER) if n in abouts]
            bands = [abouts[n] for n in names]
            writer = layer_writer(self._folder / f"{name}.tif", self._grid, bands, spans=self._spans)
            for number, band in enumerate(names):
                self._writers[band] = (writer, number)

    def takes(self, name: str) -> bool:
        """Tell whether a layer was begun."""
        return name in self._writers

    def keep(self, name: str, path: Path, digest: str) -> None:
        """Copy the file, once for both bounds."""
        copy = self._folder / path.name
        if copy not in self.digests:
            shutil.copyfile(path, copy)
            self.digests[copy] = digest
        self._kept[name] = layer_cells(copy, 0 if name == path.stem else 1)

    @property
    def tile(self) -> int:
        """Cells a side of the tiles, which blocks must be."""
        return next(iter(self._writers.values()))[0].tile

    def put(self, name: str, block: Block, values: NDArray[Any]) -> None:
        """Write a block, which is a tile of the file."""
        writer, band = self._writers[name]
        writer.put(band, block.rows.start // writer.tile, block.columns.start // writer.tile, values)

    def settle(self, jobs: int = 1) -> None:
        """Finish the files that were begun until now."""
        begun = dict.fromkeys(writer for writer, _ in list(self._writers.values()))

        def finish(writer: RasterWriter) -> None:
            self.digests[writer.path] = writer.finish()

        each(finish, [writer for writer in begun if writer.path not in self.digests], jobs=jobs)

    def finish(self) -> dict[str, NDArray[Any]]:
        """Finish the files and return their cells, which stay there until they are asked for."""
        self.settle(jobs=self._jobs)
        made = {name: layer_cells(writer.path, band) for name, (writer, band) in self._writers.items()}
        return {**made, **self._kept}

    def drop(self) -> None:
        """Remove what is not finished."""
        for writer, _ in self._writers.values():
            writer.drop()


def is_code(name: str) -> bool:
    """Tell whether a layer holds codes."""
    return name in ("hazard_class", "hazard_reason", "dem_quality", "binding_factor")


def layer_writer(
    path: Path, grid: Grid, bands: list[Raster], *, spans: Mapping[str, Span] | None = None
) -> RasterWriter:
    """Return the writer of a layer: units and methods in the tags, reduced images by the worst value."""
    first, known = bands[0].name, spans or {}
    scaled = all(band.name in known for band in bands)
    return RasterWriter(
        path,
        grid,
        names=[b.name for b in bands],
        units=[b.unit for b in bands],
        tags=[dict(b.tags) for b in bands],
        is_code=is_code(first),
        spans=[known[b.name] for b in bands] if scaled else None,
        overview=overview_of(first),
    )


def overview_of(name: str) -> Any:
    """Return how the cells of a layer are joined in reduced images: by the worst where there is one."""
    if "probability" in name or name == "clearance_m":
        return "min"
    if name in ("hazard_reason", "dem_quality"):
        return "or"
    if name == "binding_factor":
        return "mode"
    return "average" if name in ("elevation_m", "hillshade", "aspect_deg") else "max"
