"""The picture under the map's layers: the image of the ground where there is one, else its shaded relief."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites import terrain
from jezero_sites.maps.display_grid import DisplayGrid, coarsened, display_grid
from jezero_sites.maps.view import RunView

MOST_PX = 2400
"""The picture has at most this many pixels a side."""


def picture_under(view: RunView, display: DisplayGrid, factor: int) -> dict[str, Any]:
    """Return what lies under the layers: the image, or the shaded relief, as a PNG in a data address.

    Parameters
    ----------
    view : RunView
    display : DisplayGrid
        The grid of the layers.
    factor : int
        How many cells a side the layers are reduced by.
    """
    if view.ortho is not None:
        grid = display_grid(view.ortho.grid)
        factor = max(1, -(-max(grid.shape) // MOST_PX) * (1 if factor == 1 else factor))
        values = coarsened(grid.bring(view.ortho.values.astype(np.float32)), factor, "mean")
        known = values[~np.isnan(values)]
        low, high = np.percentile(known, [0.5, 99.5]) if known.size else (0.0, 1.0)
        shade, title = (values - low) / max(float(high - low), 1e-9), "image"
    else:
        dem = view.elevation
        sun = {"sun_azimuth_deg": 315.0, "sun_altitude_deg": 45.0}
        lit = terrain.hillshade(dem.values.astype(np.float64), dx_m=dem.grid.dx_m, dy_m=dem.grid.dy_m, **sun)
        grid = display
        shade, title = coarsened(grid.bring(lit), factor, "mean"), "shaded relief, light from the north-west"
    shown = grid.coarser(factor)
    south, east = shown.north - shown.dlat * shown.shape[0], shown.west + shown.dlon * shown.shape[1]
    lon0 = display.centre[0]
    west = near(shown.west, lon0)
    bounds = [[south, west], [shown.north, west + (east - shown.west)]]
    return {"url": _png(shade), "bounds": bounds, "title": title}


def _png(shade: NDArray[Any]) -> str:
    from PIL import Image

    known = ~np.isnan(shade)
    grey = np.where(known, np.clip(shade, 0, 1) * 195 + 60, 0).round().astype(np.uint8)
    picture = Image.fromarray(np.dstack([grey, np.where(known, 255, 0).astype(np.uint8)]), mode=None)
    stream = io.BytesIO()
    picture.save(stream, "PNG", optimize=False, compress_level=6)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def near(lon_deg: float, middle_deg: float) -> float:
    """Return a longitude within half a turn of another one.

    >>> near(-282.55, 77.0)
    77.44999999999999
    """
    return middle_deg + (lon_deg - middle_deg + 180.0) % 360.0 - 180.0
