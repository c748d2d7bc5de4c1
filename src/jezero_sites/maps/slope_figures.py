"""Figures of slope at many baselines: histograms, coloured maps in the USGS legend, and the deviogram."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.arrays import FloatArray
from jezero_sites.maps import colours
from jezero_sites.maps.plots import ground_extent
from jezero_sites.raster import Raster
from jezero_sites.terrain.deviogram import Deviogram
from jezero_sites.terrain.hurst import HurstFit, fitted_deviation_m

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

USGS_STOPS_DEG = (0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 35.0, 45.0, 55.0)
"""Classes of the Mars 2020 slope maps of USGS Astrogeology; the last holds everything from 45 degrees up."""

USGS_COLOURS = ("#8a2be2", "#1f3fd6", "#19c8e6", "#1fa83a", "#f7ec13", "#f78f1e", "#f49ac1", "#8b0000")
"""Violet, blue, cyan, green, yellow, orange, pink, dark red: the USGS names of the classes' colours, in shades
of ours. Used in this legend alone; everywhere else the package keeps colours that all readers tell apart."""

PANEL_CELLS = 700
"""A map's panel shows at most about this many cells a side; larger rasters show every n-th cell."""

_CURVES = {
    "E-W": (colours.BLUE, "o"),
    "N-S": (colours.ORANGE, "s"),
    "both": (colours.BROWN, "D"),
}


def slope_histograms(
    edges_deg: FloatArray,
    counts: Mapping[str, NDArray[Any]],
    *,
    within: Mapping[str, float],
    limit_deg: float,
) -> Figure:
    """Return a panel for each baseline: histogram, cumulative curve and the line at the limit.

    Parameters
    ----------
    edges_deg : array of shape (bins + 1,)
        Edges of the bins, in degrees.
    counts : mapping of title to array of shape (bins,)
        Cells in each bin.
    within : mapping of title to float
        Share of the known cells at or below the limit; NaN where none is known.
    limit_deg : float
        Where the line is drawn.
    """
    figure, panels = _panels(len(counts), size=(4.3, 2.9))
    top = _last_edge(edges_deg, counts, limit_deg)
    for axes, (title, numbers) in zip(panels, counts.items(), strict=True):
        known = max(int(numbers.sum()), 1)
        step = float(edges_deg[1] - edges_deg[0])
        axes.stairs(100 * numbers / known, edges_deg, fill=True, color=colours.LIGHT)
        axes.set(title=title, xlim=(0, top), xlabel="slope (deg)", ylabel=f"% of cells per {step:g} deg")
        axes.set_ylim(0, 1.06 * max(float(100 * numbers.max() / known), 1e-9))
        right = axes.twinx()
        right.plot(edges_deg[1:], 100 * np.cumsum(numbers) / known, color=colours.BROWN, linewidth=1.8)
        right.set(ylim=(0, 106), ylabel="cumulative (%)")
        right.yaxis.label.set_color(colours.BROWN)
        right.axvline(limit_deg, color="#111", linestyle="--", linewidth=1.2)
        _note_within(right, limit_deg, within[title], top)
        for part in (axes, right):
            part.spines["top"].set_visible(False)
    return figure


def slope_maps(maps: Mapping[str, Raster]) -> Figure:
    """Return a panel for each baseline: slope in the classes of the USGS legend; unknown ground is grey.

    Parameters
    ----------
    maps : mapping of title to Raster
        Slopes in degrees.
    """
    from matplotlib.colors import BoundaryNorm, ListedColormap

    figure, panels = _panels(len(maps), size=(3.7, 3.6))
    norm, palette = BoundaryNorm(USGS_STOPS_DEG, len(USGS_COLOURS)), ListedColormap(USGS_COLOURS)
    for axes, (title, raster) in zip(panels, maps.items(), strict=True):
        step = max(1, math.ceil(max(raster.grid.shape) / PANEL_CELLS))
        values = np.ma.masked_invalid(raster.values[::step, ::step])
        axes.set_facecolor(colours.UNKNOWN)
        axes.imshow(
            values, extent=ground_extent(raster.grid), cmap=palette, norm=norm, interpolation="nearest"
        )
        axes.set(title=title, xlabel="east (m)", ylabel="north (m)")
        axes.locator_params(nbins=5)
    _usgs_legend(figure)
    return figure


def deviogram_figure(
    curves: Mapping[str, tuple[Deviogram, HurstFit]], *, resolution_m: float | None
) -> Figure:
    """Return RMS deviation and RMS slope against lag, with the fitted lines.

    Lags below the DEM's real resolution lie on grey ground and have open marks; the fitted line is drawn there
    in dots: a lower bound if the ground is self-affine.

    Parameters
    ----------
    curves : mapping of direction to (Deviogram, HurstFit)
        ``E-W``, ``N-S`` and ``both``.
    resolution_m : float or None
        The DEM's real resolution in metres, where known.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.4, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, (curve, fit) in curves.items():
        lag = curve.lag_m
        _draw_curve(left, lag, curve.deviation_m, (name, _words(name, fit)), resolution_m)
        slope = np.degrees(np.arctan(curve.deviation_m / lag))
        _draw_curve(right, lag, slope, (name, name), resolution_m)
        if name == "both":
            _draw_fit(left, lag, fitted_deviation_m(fit, lag), resolution_m)
            _draw_fit(right, lag, np.degrees(np.arctan(fitted_deviation_m(fit, lag) / lag)), resolution_m)
            if not math.isnan(fit.break_m):
                left.axvline(fit.break_m, color="#555", linestyle=":", linewidth=1)
    _finish(left, "RMS deviation (m)", resolution_m)
    _finish(right, "RMS bidirectional slope (deg)", resolution_m)
    left.legend(fontsize=8.5, loc="lower right", edgecolor="none", framealpha=0.85)
    return figure


def _panels(count: int, *, size: tuple[float, float]) -> tuple[Figure, list[Axes]]:
    from matplotlib.figure import Figure

    across = min(count, 4 if count == 4 or count > 6 else 3)
    down = math.ceil(count / across)
    figure = Figure(figsize=(size[0] * across, size[1] * down), layout="constrained")
    grid = figure.subplots(down, across, squeeze=False).ravel()
    for spare in grid[count:]:
        spare.set_visible(False)
    return figure, list(grid[:count])


def _last_edge(edges_deg: FloatArray, counts: Mapping[str, NDArray[Any]], limit_deg: float) -> float:
    """Return where the axes end: past the limit, and past all but the steepest 0.1 % of every panel."""
    ends = [1.4 * limit_deg]
    for numbers in counts.values():
        if numbers.sum():
            ends.append(float(edges_deg[1 + np.searchsorted(np.cumsum(numbers), 0.999 * numbers.sum())]))
    return min(float(edges_deg[-1]), max(ends))


def _note_within(axes: Axes, limit_deg: float, within: float, top: float) -> None:
    share = ">99.99" if 0.99995 <= within < 1.0 else f"{100 * within:.2f}"
    text = f"{limit_deg:g} deg" + ("" if math.isnan(within) else f": {share} % within")
    on_left = limit_deg > 0.6 * top
    aside, side = (-6, "right") if on_left else (6, "left")
    box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85, "pad": 2}  # curves pass behind the words
    axes.annotate(
        text, (limit_deg, 50), (aside, 0), textcoords="offset points", ha=side, fontsize=8.5, bbox=box
    )


def _usgs_legend(figure: Figure) -> None:
    from matplotlib.patches import Patch

    names = [f"{a:g} to {b:g}" for a, b in pairwise(USGS_STOPS_DEG[:-1])]
    marks = zip((*USGS_COLOURS, colours.UNKNOWN), (*names, "45 to 55+", "unknown"), strict=True)
    patches = [Patch(facecolor=paint, edgecolor="#444", label=name) for paint, name in marks]
    title = "slope (deg), USGS legend of the Mars 2020 maps; these colours in this figure alone"
    figure.legend(
        handles=patches, loc="outside lower center", ncols=9 if figure.get_figwidth() > 9 else 5,
        title=title, frameon=False, fontsize=8.5, title_fontsize=8.5,
    )  # fmt: skip


def _draw_curve(
    axes: Axes, lag: FloatArray, values: FloatArray, names: tuple[str, str], resolution_m: float | None
) -> None:
    paint, mark = _CURVES[names[0]]
    below = lag < (resolution_m or 0.0)
    axes.plot(
        lag[~below],
        values[~below],
        mark,
        color=paint,
        markersize=4.5,
        label=names[1],
        markeredgecolor="#222",
        markeredgewidth=0.4,
    )
    axes.plot(lag[below], values[below], mark, color=paint, markersize=4.5, markerfacecolor="none")


def _draw_fit(axes: Axes, lag: FloatArray, line: FloatArray, resolution_m: float | None) -> None:
    shown = lag >= (resolution_m or 0.0)
    axes.plot(lag[shown], line[shown], color="#111", linewidth=1.1, label="fit to both")
    if resolution_m and (~shown).any():
        end = int(np.sum(~shown)) + 1  # up to where the line begins
        label = "extrapolated: lower bound if self-affine"
        axes.plot(lag[:end], line[:end], ":", color="#111", linewidth=1.4, label=label)


def _words(name: str, fit: HurstFit) -> str:
    if math.isnan(fit.hurst):
        return f"{name}: too few lags to fit"
    bend = "" if math.isnan(fit.break_m) else f" up to {fit.break_m:.3g} m, then {fit.hurst_beyond:.2f}"
    return f"{name}: H = {fit.hurst:.2f}{bend}"


def _finish(axes: Axes, label: str, resolution_m: float | None) -> None:
    axes.set(xlabel="lag on the ground (m)", ylabel=label)
    if any((np.asarray(line.get_ydata()) > 0).any() for line in axes.lines):
        _log_axes(axes)
    axes.grid(visible=True, which="both", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    if resolution_m:
        left = axes.get_xlim()[0]
        axes.axvspan(left, resolution_m, color="#eeeeee", zorder=0)
        axes.set_xlim(left=left)
        words = f" below the DEM's resolution, {resolution_m:.3g} m"
        axes.text(left, 1.01, words, transform=axes.get_xaxis_transform(), fontsize=8)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _log_axes(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator

    axes.set(xscale="log", yscale="log")
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.tick_params(which="minor", labelsize=7.5, labelcolor="#555")
