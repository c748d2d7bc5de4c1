"""The figure on a site's page of the report: where it lies, its ground close up, its slopes and two cross-sections."""

from __future__ import annotations

import base64
import io
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.maps import colours
from jezero_sites.maps.ground_axes import (
    ALPHA,
    draw_relief,
    draw_ring,
    draw_samples,
    draw_scale_bar,
    draw_site,
    ground_xy,
    part_of,
    relief_of,
    window_extent,
)
from jezero_sites.maps.plots import layer_image
from jezero_sites.maps.run_plot import close_up, draw_layer
from jezero_sites.maps.site_ground import BIN_DEG, CrossSection, SiteGround
from jezero_sites.maps.view import RunView
from jezero_sites.raster import Raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIZE_IN, DPI, PALETTE = (7.4, 4.9), 130, 128
CONTEXT_CELLS = 500


class SiteFigures:
    """Figures of the sites of one run; what they share is made once."""

    def __init__(self, view: RunView) -> None:
        self._view = view
        rows, cols = view.elevation.grid.shape
        self._whole = (0, rows, 0, cols)

    @cached_property
    def _context(self) -> tuple[Raster, Any]:
        """The relief and the slope classes of the whole raster, as small as a figure shows them."""
        view = self._view
        limit = view.limit("slope_deg")
        slope = part_of(view.layers["slope_deg"], self._whole, most=CONTEXT_CELLS)
        image, _ = layer_image(slope, None if limit is None else limit.value, view.marginal_fraction)
        relief = relief_of(view, self._whole)
        rows, cols = relief.grid.shape
        return part_of(relief, (0, rows, 0, cols), most=CONTEXT_CELLS), image

    def png(self, site: Any, ground: SiteGround) -> str:
        """Return the figure of a site as a PNG in a data address."""
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure

        figure = Figure(figsize=SIZE_IN, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        grid = figure.add_gridspec(2, 2, height_ratios=(1.75, 1))
        self._draw_context(figure.add_subplot(grid[0, 0]), site)
        self._draw_close_up(figure.add_subplot(grid[0, 1]), site)
        self._draw_slopes(figure.add_subplot(grid[1, 0]), ground)
        self._draw_sections(figure.add_subplot(grid[1, 1]), ground)
        return _address(figure)

    def _draw_context(self, ax: Axes, site: Any) -> None:
        view = self._view
        extent = window_extent(view.elevation.grid, self._whole)
        relief, image = self._context
        draw_relief(ax, relief, extent)
        look = {"cmap": image["cmap"], "norm": image["norm"], "alpha": ALPHA, "interpolation": "nearest"}
        ax.imshow(image["values"], extent=extent, aspect="equal", **look)
        ax.set(xlim=extent[:2], ylim=extent[2:])
        for _, other in view.sites.iterrows():
            ax.plot(
                *ground_xy(view.elevation.grid, other["x_m"], other["y_m"]),
                "o",
                color="white",
                mec="#111",
                ms=4,
            )
        draw_site(ax, view, site)
        draw_scale_bar(ax)
        _plain(ax, "All of the ground: slope, sites")

    def _draw_close_up(self, ax: Axes, site: Any) -> None:
        view = self._view
        draw_layer(ax, view, view.layers["slope_deg"], close_up(view, site))
        draw_site(ax, view, site, is_named=False)
        r = view.site_radius_m
        if (view.dispersion.major_m, view.dispersion.minor_m) == (r, r):
            where = ground_xy(view.elevation.grid, float(site["x_m"]), float(site["y_m"]))
            draw_ring(ax, where, (r, r), angle=0.0, dashed=True)
        draw_samples(ax, view)
        draw_scale_bar(ax)
        _plain(ax, "Close up, every cell")

    def _draw_slopes(self, ax: Axes, ground: SiteGround) -> None:
        known = max(int(ground.counts.sum()), 1)
        limit = self._view.limit("slope_deg")
        steps = ground.edges_deg[:-1]
        over = steps >= limit.value if limit is not None else np.zeros(steps.size, bool)
        paint = np.where(over, colours.ORANGE, colours.BLUE)
        ax.bar(
            steps, 100 * ground.counts / known, width=BIN_DEG, align="edge", color=paint, edgecolor="white"
        )
        share = np.concatenate([[0.0], 100 * np.cumsum(ground.counts) / known])
        ax.plot(ground.edges_deg, share, color=colours.BROWN, linewidth=1.8)
        top = ground.edges_deg[-1]
        if limit is not None:
            ax.axvline(limit.value, color="#111", linestyle="--", linewidth=1.2)
            top = max(top, 1.15 * limit.value)
        ax.set(xlim=(0, top), ylim=(0, 103))
        ax.set_xlabel("slope (deg); line: share at or below; dashed: limit", fontsize=8)
        ax.set_ylabel("% of known cells", fontsize=8)
        _small(ax)

    def _draw_sections(self, ax: Axes, ground: SiteGround) -> None:
        radius = self._view.site_radius_m
        ax.axvspan(-radius, radius, color="#eef1f3", zorder=0)
        lines: tuple[tuple[CrossSection, str, str, str], ...] = (
            (ground.west_east, colours.BLUE, "-", "west to east"),
            (ground.south_north, "#b35a00", "--", "south to north"),
        )
        for section, colour, style, name in lines:
            ax.plot(section.distance_m, section.height_m, style, color=colour, linewidth=1.5, label=name)
        ax.set_xlabel("m from the site; shaded: the disc of the statistics", fontsize=8)
        ax.set_ylabel("height (m)", fontsize=8)
        ax.ticklabel_format(useOffset=False)
        ax.legend(fontsize=7, loc="best", framealpha=0.8)
        _small(ax)


def exaggeration(ground: SiteGround) -> float:
    """Return by how much the figure stretches heights against distances, about; NaN where no height is known."""
    heights = np.concatenate([ground.west_east.height_m, ground.south_north.height_m])
    if np.isnan(heights).all():
        return float("nan")
    along = np.concatenate([ground.west_east.distance_m, ground.south_north.distance_m])
    panel = (0.42 * SIZE_IN[0]) / (0.28 * SIZE_IN[1])  # its width over its height
    return float(np.ptp(along) / max(float(np.nanmax(heights) - np.nanmin(heights)), 1e-9) / panel)


def _plain(ax: Axes, title: str) -> None:
    ax.set_title(title, fontsize=9)
    ax.tick_params(labelsize=7)


def _small(ax: Axes) -> None:
    ax.tick_params(labelsize=7)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _address(figure: Figure) -> str:
    """Return a figure as a PNG of few colours, a third of the size of one in full colour."""
    from PIL import Image

    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3]  # type: ignore[attr-defined]
    few = Image.fromarray(pixels).quantize(PALETTE, dither=Image.Dither.NONE)
    stream = io.BytesIO()
    few.save(stream, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")
