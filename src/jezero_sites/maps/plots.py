"""Figures of layers: ground metres on both axes, the same colours and classes as the map."""

from __future__ import annotations

import base64
import io
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.maps import colours
from jezero_sites.maps.display_grid import bands_of
from jezero_sites.maps.encode import span_of
from jezero_sites.raster import Grid, Raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def ground_extent(grid: Grid) -> tuple[float, float, float, float]:
    """Return left, right, bottom and top of a raster in ground metres from its south-west corner."""
    rows, cols = grid.shape
    return 0.0, cols * grid.mean_dx_m, 0.0, rows * grid.dy_m


def png_of(figure: Figure) -> str:
    """Return a figure as a PNG in a data address."""
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=110, metadata={"Software": None})
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def slope_curves(slope_deg: NDArray[Any], *, limit_deg: float | None, bin_deg: float = 0.5) -> Figure:
    """Return a histogram of slope with its cumulative curve and the limit, over explicit bin edges in degrees."""
    from matplotlib.figure import Figure

    edges, counts = slope_histogram(slope_deg, bin_deg=bin_deg)
    known = max(int(counts.sum()), 1)
    figure = Figure(figsize=(7.2, 3.4), layout="constrained")
    left = figure.subplots()
    left.bar(
        edges[:-1], 100 * counts / known, width=bin_deg, align="edge", color=colours.LIGHT, edgecolor="white"
    )
    left.set(
        xlabel="slope (deg)", ylabel=f"share of known ground (%), per {bin_deg:g} deg", xlim=(0, edges[-1])
    )
    right = left.twinx()
    right.plot(edges[1:], 100 * np.cumsum(counts) / known, color=colours.BROWN, linewidth=2)
    right.set(ylabel="share at or below (%)", ylim=(0, 102))
    if limit_deg is not None:
        left.axvline(limit_deg, color="#111", linestyle="--", linewidth=1.5)
        within = 100 * sum(int(np.sum(band <= limit_deg)) for band in bands_of(slope_deg)) / known
        # white behind the words, so that bars do not cross them
        box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}
        text = f"limit {limit_deg:g} deg\n{within:.1f} % within"
        left.annotate(
            text, (limit_deg, left.get_ylim()[1] * 0.6), (6, 0), textcoords="offset points", bbox=box
        )
    for axes in (left, right):
        axes.spines["top"].set_visible(False)
    return figure


def slope_histogram(slope_deg: NDArray[Any], *, bin_deg: float = 0.5) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return bin edges in degrees and counts of known cells; the last edge is the first above the steepest.

    >>> edges, counts = slope_histogram(np.array([0.2, 0.3, 0.9, np.nan]))
    >>> counts.tolist()
    [2, 1]
    """
    span = span_of(slope_deg)
    edges = np.arange(0.0, np.floor((span[1] if span else bin_deg) / bin_deg) + 2) * bin_deg
    counts = np.zeros(len(edges) - 1, np.int64)
    for band in bands_of(slope_deg):
        counts += np.histogram(band[~np.isnan(band)], bins=edges)[0]
    return edges, counts


def new_axes() -> Axes:
    """Return axes of a figure of their own: pyplot's in a notebook, which shows it, else without its memory."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    look: dict[str, Any] = {"figsize": (7.2, 6.0), "layout": "constrained"}
    if _is_in_notebook():
        from matplotlib import pyplot

        axes: Axes = pyplot.subplots(**look)[1]
        return axes
    figure = Figure(**look)
    FigureCanvasAgg(figure)
    return figure.subplots()


def _is_in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def layer_image(
    raster: Raster, limit: float | None, marginal_fraction: float
) -> tuple[dict[str, Any], tuple[list[float], list[str]] | None]:
    """Return values, colour map and norm of a layer, and ticks where its classes have names."""
    from matplotlib.colors import BoundaryNorm, ListedColormap

    if raster.name in colours.CODES:
        return _codes(raster)
    values = np.ma.masked_invalid(raster.values)
    if "probability" in raster.name:
        scale = colours.probability_scale()
        edges = [0.0, *scale.breaks, 1.0]
    elif limit is not None and limit > 0:
        scale = colours.limit_scale(limit, marginal_fraction, unit="")
        edges = [0.0, *scale.breaks, max(float(values.max() or 0.0), 2 * limit)]
    else:
        return {
            "values": values,
            "cmap": "gray" if raster.name == "hillshade" else "cividis",
            "norm": None,
        }, None
    norm = BoundaryNorm(edges, len(scale.colours))
    return {"values": values, "cmap": ListedColormap(scale.colours), "norm": norm}, (
        edges,
        [f"{e:.3g}" for e in edges],
    )


def _codes(raster: Raster) -> tuple[dict[str, Any], tuple[list[float], list[str]]]:
    from matplotlib.colors import BoundaryNorm, ListedColormap

    codes = colours.CODES[raster.name]
    present = [c for c in codes.colours if c in np.unique(raster.values)]
    if raster.name == "hazard_class":
        present = [1, 2, 3]
    names = [codes.names[c] for c in present]
    paints = [codes.colours[c] for c in present]
    names.append("unknown" if codes.several is None else "several")
    paints.append(colours.UNKNOWN if codes.several is None else codes.several)
    index = np.full(raster.values.shape, len(present))
    for i, code in enumerate(present):
        index[raster.values == code] = i
    norm = BoundaryNorm(np.arange(len(names) + 1) - 0.5, len(names))
    return {"values": index, "cmap": ListedColormap(paints), "norm": norm}, (list(range(len(names))), names)
