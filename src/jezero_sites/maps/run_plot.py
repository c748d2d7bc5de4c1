"""One layer of a run as a figure: over the relief, with its limit, the sites and the samples, in ground metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites.errors import InputError
from jezero_sites.layers import layer_for
from jezero_sites.maps.ground_axes import (
    ALPHA,
    Window,
    draw_relief,
    draw_samples,
    draw_scale_bar,
    draw_site,
    part_of,
    relief_of,
    window_around,
    window_extent,
)
from jezero_sites.maps.plots import layer_image, new_axes
from jezero_sites.maps.view import RunView
from jezero_sites.raster import Raster

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLOSE_UP_RADII = 3.0
"""A close-up shows this many site radii to all sides of a site."""


def plot_run(
    view: RunView,
    name: str,
    *,
    ax: Axes | None = None,
    site: str | None = None,
    sites: bool = True,
    samples: bool = True,
) -> Axes:
    """Draw a layer of a run and return the axes.

    Parameters
    ----------
    view : RunView
    name : str
        Name of the layer, or ``elevation_m``.
    ax : matplotlib Axes, optional
        Where to draw; a new figure where none is given.
    site : str, optional
        Show the ground around this site alone.
    sites, samples : bool
        Whether to mark them.

    Returns
    -------
    matplotlib Axes
        In ground metres from the raster's south-west corner, the same scale on both axes. Unknown ground is
        hatched grey.

    Raises
    ------
    InputError
        ``E_LAYER`` where the run has no such layer, ``E_SITE`` where it has no such site.
    """
    layers = {"elevation_m": view.elevation, **view.layers}
    if name not in layers:
        found, needed = f"no layer {name!r} in this run", f"one of {', '.join(layers)}"
        raise InputError("E_LAYER", found=found, needed=needed, fix="name one of them", field="name")
    grid = view.elevation.grid
    window: Window = (0, grid.shape[0], 0, grid.shape[1])
    if site is not None:
        window = close_up(view, _site(view, site))
    ax = new_axes() if ax is None else ax
    draw_layer(ax, view, layers[name], window)
    if sites:
        for _, one in view.sites.iterrows():
            draw_site(ax, view, one)
    if samples:
        draw_samples(ax, view)
    draw_scale_bar(ax)
    ax.set(xlabel="east on the ground (m)", ylabel="north on the ground (m)")
    ax.set_title(_title(view, name, site), fontsize=11)
    return ax


def close_up(view: RunView, site: Any) -> Window:
    """Return the part of the raster that a close-up of a site shows."""
    reach = CLOSE_UP_RADII * view.site_radius_m
    return window_around(view.elevation.grid, int(site["row"]), int(site["col"]), reach)


def draw_layer(ax: Axes, view: RunView, raster: Raster, window: Window, *, has_bar: bool = True) -> None:
    """Draw a part of a layer over its relief, with the bar of its colours beside it."""
    extent = window_extent(view.elevation.grid, window)
    draw_relief(ax, relief_of(view, window), extent)
    limit = view.limit(raster.name)
    bound = None if limit is None or limit.kind != "max" else limit.value
    part = part_of(raster, window)
    unknown = part_of(view.layers["hazard_class"], window).values == 0
    image, ticks = layer_image(part, bound, view.marginal_fraction)
    shown = np.ma.masked_where(_hatched(part, unknown), image["values"])
    look = {"cmap": image["cmap"], "norm": image["norm"], "alpha": ALPHA, "interpolation": "nearest"}
    drawn = ax.imshow(shown, extent=extent, aspect="equal", **look)
    _cover_unknown(ax, _hatched(part, unknown), extent)
    ax.set(xlim=extent[:2], ylim=extent[2:])
    if has_bar:
        _bar(ax, drawn, raster, ticks, bound)


def _cover_unknown(ax: Axes, unknown: Any, extent: tuple[float, float, float, float]) -> None:
    """Hatch unknown ground over whatever relief it has: it must not look like ground that was judged."""
    if not unknown.any():
        return
    from matplotlib.colors import ListedColormap

    rows, cols = np.indices(unknown.shape)
    stripes = np.where((rows + cols) % 6 < 2, 0, 1)
    grey = ListedColormap(["#5a5a5a", "#a0a0a0"])
    ax.imshow(
        np.ma.masked_where(~unknown, stripes),
        extent=extent,
        cmap=grey,
        vmin=0,
        vmax=1,
        interpolation="nearest",
    )


def _hatched(part: Raster, unknown: Any) -> Any:
    if part.values.dtype.kind == "f":
        return np.isnan(part.values)
    return unknown


def _bar(ax: Axes, drawn: Any, raster: Raster, ticks: Any, bound: float | None) -> None:
    layer = layer_for(raster.name)
    bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.82)
    if ticks is not None:
        places, labels = ticks
        named = [f"{text} limit" if at == bound else text for at, text in zip(places, labels, strict=True)]
        bar.set_ticks(places, labels=named)
    bar.ax.tick_params(labelsize=8)
    unit = f" ({layer.unit})" if layer.unit not in ("", "1") else ""
    bar.set_label(f"{layer.title}{unit}; hatched: unknown", fontsize=9)


def _site(view: RunView, site: str) -> Any:
    rows = view.sites[view.sites["site_id"] == site]
    if rows.empty:
        names = ", ".join(view.sites["site_id"]) or "none: the run has no sites"
        found, needed = f"no site {site!r} in this run", f"one of {names}"
        raise InputError("E_SITE", found=found, needed=needed, fix="name one of them", field="site")
    return rows.iloc[0]


def _title(view: RunView, name: str, site: str | None) -> str:
    limit = view.limit(name)
    title = layer_for(name).title
    if limit is not None:
        side = "at most" if limit.kind == "max" else "at least"
        title += f", {side} {limit.value:g} {limit.unit}"
    return title if site is None else f"{title}, around {site}"
