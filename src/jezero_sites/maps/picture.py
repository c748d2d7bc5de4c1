"""The pictures under the map's layers: the image of the ground where there is one, and its shaded relief."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites import terrain
from jezero_sites.maps.display_grid import DisplayGrid, coarsened, display_grid
from jezero_sites.maps.view import RunView
from jezero_sites.raster import Raster

MOST_PX = 2400
"""The picture of a page in one file has at most this many pixels a side."""

SUN = {"sun_azimuth_deg": 315.0, "sun_altitude_deg": 45.0}
_SAMPLES = 4_000_000


@dataclass(frozen=True, eq=False)
class PictureSource:
    """A picture that is made band by band.

    Attributes
    ----------
    name : str
        ``image`` or ``relief``; also the name of its folder of tiles.
    title : str
    grid : DisplayGrid
        Where its cells lie.
    west : float
        Its western edge in degrees, within half a turn of the map's middle.
    rows : callable
        Gives the brightness of rows [first, end), 0 to 1, NaN where unknown.
    """

    name: str
    title: str
    grid: DisplayGrid
    west: float
    rows: Callable[[int, int], NDArray[Any]]

    def bands(self, height: int) -> Iterator[NDArray[Any]]:
        """Give the picture from north to south, that many rows at a time."""
        for row in range(0, self.grid.shape[0], height):
            yield self.rows(row, min(row + height, self.grid.shape[0]))


def picture_sources(view: RunView, display: DisplayGrid) -> list[PictureSource]:
    """Return what lies under the layers, the first one at the start; ``display`` is the layers' own grid."""
    middle = display.centre[0]
    rows = _relief(view.elevation, display)
    title = "shaded relief, light from the north-west"
    relief = PictureSource("relief", title, display, near(display.west, middle), rows)
    if view.ortho is None:
        return [relief]
    grid = display_grid(view.ortho.grid)
    return [PictureSource("image", "image", grid, near(grid.west, middle), _image(view.ortho, grid)), relief]


def pictures_under(view: RunView, display: DisplayGrid, factor: int) -> list[dict[str, Any]]:
    """Return the pictures as PNGs in data addresses.

    Parameters
    ----------
    view : RunView
    display : DisplayGrid
        The grid of the layers.
    factor : int
        How many cells a side the layers are reduced by.
    """
    return [_in_one_piece(source, factor) for source in picture_sources(view, display)]


def _in_one_piece(source: PictureSource, factor: int) -> dict[str, Any]:
    grid = source.grid
    if source.name == "image":
        factor = max(1, -(-max(grid.shape) // MOST_PX) * (1 if factor == 1 else factor))
    height = max(1, 512 // factor) * factor
    shade = np.concatenate([coarsened(band, factor, "mean") for band in source.bands(height)])
    shown = grid.coarser(factor)
    rows, cols = shown.shape
    south, east = shown.north - shown.dlat * rows, source.west + shown.dlon * cols
    bounds = [[south, source.west], [shown.north, east]]
    address = "data:image/png;base64," + base64.b64encode(png_bytes(shade)).decode("ascii")
    return {"url": address, "bounds": bounds, "title": source.title}


def png_bytes(shade: NDArray[Any]) -> bytes:
    """Return brightness of shape (rows, columns), 0 to 1, as a grey PNG; clear where it is NaN."""
    from PIL import Image

    known = ~np.isnan(shade)
    grey = np.where(known, np.clip(shade, 0, 1) * 195 + 60, 0).round().astype(np.uint8)
    picture = Image.fromarray(np.dstack([grey, np.where(known, 255, 0).astype(np.uint8)]), mode=None)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=False, compress_level=6)
    return stream.getvalue()


def _relief(dem: Raster, display: DisplayGrid) -> Callable[[int, int], NDArray[Any]]:
    """Return the relief lit from the north-west by bands; another map's grid is lit whole."""
    if display.source is not None:
        lit = terrain.hillshade(dem.values.astype(np.float64), dx_m=dem.grid.dx_m, dy_m=dem.grid.dy_m, **SUN)
        whole = display.bring(lit.astype(np.float32))
        return lambda first, end: whole[first:end]

    def rows(first: int, end: int) -> NDArray[Any]:
        top, bottom = max(first - 1, 0), min(end + 1, dem.grid.shape[0])
        heights = dem.values[top:bottom].astype(np.float64)
        lit = terrain.hillshade(heights, dx_m=dem.grid.dx_m[top:bottom], dy_m=dem.grid.dy_m, **SUN)
        own: NDArray[Any] = lit[first - top : end - top].astype(np.float32)
        return own

    return rows


def _image(ortho: Raster, grid: DisplayGrid) -> Callable[[int, int], NDArray[Any]]:
    """Return the image by bands, stretched between its darkest and brightest half percent."""
    every = max(1, int(np.sqrt(ortho.values.size / _SAMPLES)))
    some = ortho.values[::every, ::every].astype(np.float32)
    known = some[~np.isnan(some)]
    low, high = np.percentile(known, [0.5, 99.5]) if known.size else (0.0, 1.0)
    span = max(float(high - low), 1e-9)
    if grid.source is not None:
        whole = (grid.bring(ortho.values.astype(np.float32)) - low) / span
        return lambda first, end: whole[first:end]
    return lambda first, end: (ortho.values[first:end].astype(np.float32) - low) / span


def near(lon_deg: float, middle_deg: float) -> float:
    """Return a longitude within half a turn of another one.

    >>> near(-282.55, 77.0)
    77.44999999999999
    """
    return middle_deg + (lon_deg - middle_deg + 180.0) % 360.0 - 180.0
