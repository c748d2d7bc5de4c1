"""What the figures share: axes in ground metres, relief, sites, samples and a scale bar on them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.layers import measure
from jezero_sites.maps import colours
from jezero_sites.maps.display_grid import BAND_CELLS, coarsened
from jezero_sites.maps.page_rasters import reduction
from jezero_sites.maps.view import RunView
from jezero_sites.raster import Grid, Raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MOST_CELLS = 1400
"""A figure shows at most about this many cells a side; larger rasters are reduced, hazards by their worst value."""

ALPHA = 0.82
"""How strongly a layer covers the relief: its classes stay the legend's to the eye."""

Window = tuple[int, int, int, int]  # first and last row, first and last column of a part of a raster


def ground_xy(grid: Grid, x: float, y: float) -> tuple[float, float]:
    """Return a map position in ground metres east and north of the raster's south-west corner."""
    row, col = grid.rowcol(x, y)
    return (float(col) + 0.5) * grid.mean_dx_m, (grid.shape[0] - 0.5 - float(row)) * grid.dy_m


def window_extent(grid: Grid, window: Window) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a part of a raster, in ground metres from its south-west corner."""
    row0, row1, col0, col1 = window
    rows = grid.shape[0]
    dx, dy = grid.mean_dx_m, grid.dy_m
    return col0 * dx, col1 * dx, (rows - row1) * dy, (rows - row0) * dy


def window_around(grid: Grid, row: int, col: int, reach_m: float) -> Window:
    """Return the part of a raster within a ground distance of a cell, to all sides."""
    up, across = int(np.ceil(reach_m / grid.dy_m)), int(np.ceil(reach_m / float(grid.dx_m[row])))
    rows, cols = grid.shape
    return max(row - up, 0), min(row + up + 1, rows), max(col - across, 0), min(col + across + 1, cols)


def part_of(raster: Raster, window: Window, *, most: int | None = None) -> Raster:
    """Return a part of a raster, reduced where it has more cells than a figure shows."""
    row0, row1, col0, col1 = window
    part = raster.grid.window(*window)
    is_whole = window == (0, raster.grid.shape[0], 0, raster.grid.shape[1])
    values = raster.values if is_whole else raster.values[row0:row1, col0:col1]
    factor = -(-max(part.shape) // (most or MOST_CELLS))
    if factor > 1:
        how = "mean" if raster.name == "hillshade" else reduction(raster.name)
        values = coarsened(values, factor, how)
        t = part.transform
        transform = type(t)(t.a * factor, t.b, t.c, t.d, t.e * factor, t.f)
        part = Grid(values.shape, transform, part.crs, part.dx_m[::factor] * factor, part.dy_m * factor)
    return Raster(np.asarray(values), part, raster.name, raster.unit)


def relief_of(view: RunView, window: Window) -> Raster:
    """Return the shaded relief of a part of the run's heights."""
    row0, row1, col0, col1 = window
    dem = view.elevation
    factor = -(-max(row1 - row0, col1 - col0) // MOST_CELLS)
    step = max(1, BAND_CELLS // (factor * (col1 - col0))) * factor
    bands = []
    for row in range(row0, row1, step):
        top, bottom = max(row - 1, row0), min(row + step + 1, row1)
        grid = dem.grid.window(top, bottom, col0, col1)
        lit = measure(Raster(dem.values[top:bottom, col0:col1], grid, dem.name, dem.unit), "hillshade")
        bands.append(coarsened(lit.values[row - top : min(row + step, row1) - top], factor, "mean"))
    return Raster(np.concatenate(bands), dem.grid.window(*window), "hillshade", "1")


def draw_relief(ax: Axes, relief: Raster, extent: tuple[float, float, float, float]) -> None:
    """Draw shaded relief, and hatched grey where nothing is drawn at all."""
    ax.patch.set(facecolor=colours.UNKNOWN, edgecolor="#5a5a5a", hatch="/////")
    ax.imshow(relief.values, extent=extent, cmap="gray", vmin=-0.3, vmax=1.0, interpolation="nearest")


def draw_ring(
    ax: Axes, where: tuple[float, float], axes_m: tuple[float, float], *, angle: float, dashed: bool
) -> None:
    """Draw an ellipse with a dark casing; ``angle`` is the major axis', clockwise from the axes' "up"."""
    from matplotlib.patches import Ellipse

    for colour, width in (("#111", 3.0), ("white", 1.3)):
        style = (0, (4, 3)) if dashed and colour == "white" else "-"
        shape: dict[str, Any] = {"width": 2 * axes_m[0], "height": 2 * axes_m[1], "angle": 90.0 - angle}
        ax.add_patch(Ellipse(where, **shape, fill=False, edgecolor=colour, linewidth=width, linestyle=style))


def draw_site(ax: Axes, view: RunView, site: Any, *, is_named: bool = True) -> None:
    """Draw a site's dispersion ellipse, the disc of its statistics where that differs, and its rank."""
    grid, d = view.elevation.grid, view.dispersion
    where = ground_xy(grid, float(site["x_m"]), float(site["y_m"]))
    r = view.site_radius_m
    if (d.major_m, d.minor_m) != (r, r):
        draw_ring(ax, where, (r, r), angle=0.0, dashed=True)
    draw_ring(ax, where, (d.major_m, d.minor_m), angle=d.azimuth_deg - grid.north_deg, dashed=False)
    if is_named:
        box = {"boxstyle": "circle,pad=0.25", "facecolor": "white", "edgecolor": "#111"}
        look: dict[str, Any] = {
            "ha": "center",
            "va": "center",
            "fontsize": 8,
            "fontweight": "bold",
            "clip_on": True,
        }
        ax.text(*where, str(int(site["rank"])), bbox=box, **look)


def draw_samples(ax: Axes, view: RunView) -> int:
    """Draw the samples that lie on the axes, each place with its names, and return how many there are."""
    grid = view.elevation.grid
    left, right, bottom, top = (*ax.get_xlim(), *ax.get_ylim())
    places: dict[tuple[float, float], list[str]] = {}
    x, y = grid.from_lonlat(view.samples["lon_deg"], view.samples["lat_deg"])
    for name, here in zip(view.samples["name"], zip(x, y, strict=True), strict=True):
        east, north = ground_xy(grid, *here) if np.isfinite(here).all() else (np.nan, np.nan)
        if left <= east <= right and bottom <= north <= top:
            places.setdefault((east, north), []).append(plain_text(name))
    taken: list[tuple[int, float]] = []
    for (east, north), names in sorted(places.items(), key=lambda one: one[0][1]):
        ax.plot(east, north, "D", color="#ffe14d", markeredgecolor="#111", markersize=6, zorder=5)
        side = -1 if east > (left + right) / 2 else 1
        height = north
        while any(side == other and abs(height - at) < 0.045 * (top - bottom) for other, at in taken):
            height += 0.01 * (top - bottom)
        taken.append((side, height))
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1}
        look: dict[str, Any] = {"fontsize": 7, "va": "center", "bbox": box, "zorder": 5, "clip_on": True}
        place = east + side * 0.02 * (right - left)
        ax.text(place, height, ", ".join(names), ha="left" if side > 0 else "right", **look)
    return sum(len(names) for names in places.values())


def plain_text(text: str) -> str:
    r"""Return text that matplotlib shows as it is: a dollar sign would begin a formula.

    Characters that the figures' font lacks are shown as replacement characters.

    >>> print(plain_text("a$b$"))
    a\$b\$
    """
    known = _characters()
    shown = "".join(c if ord(c) in known else "\ufffd" for c in str(text) if c.isprintable())[:60]
    return shown.replace("$", r"\$")


@cache
def _characters() -> frozenset[int]:
    """Return the characters that the figures' font has."""
    from matplotlib.font_manager import FontProperties, findfont, get_font

    return frozenset(get_font(findfont(FontProperties())).get_charmap())


def draw_scale_bar(ax: Axes) -> float:
    """Draw a bar of a round length in ground metres in the lower left corner, and return that length."""
    from matplotlib.patches import Rectangle

    left, right, bottom, top = (*ax.get_xlim(), *ax.get_ylim())
    most = 0.3 * (right - left)
    power = 10.0 ** np.floor(np.log10(most))
    length = float(max(n * power for n in (1, 2, 5) if n * power <= most))
    x, y, height = left + 0.04 * (right - left), bottom + 0.04 * (top - bottom), 0.012 * (top - bottom)
    ax.add_patch(
        Rectangle((x, y), length, height, facecolor="#111", edgecolor="white", linewidth=1, zorder=6)
    )
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.8, "pad": 1}
    look: dict[str, Any] = {"ha": "center", "va": "bottom", "fontsize": 8, "bbox": box, "zorder": 6}
    ax.text(x + length / 2, y + 1.8 * height, text, **look)
    return length
