"""The rasters of a page: each layer as integers with its colours, reduced by its worst value where it must be."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.layers import layer_for
from jezero_sites.maps import colours
from jezero_sites.maps.display_grid import BAND_CELLS, DisplayGrid, coarsened
from jezero_sites.maps.encode import Encoding, encode, encoding, packed, span_of
from jezero_sites.maps.picture import pictures_under
from jezero_sites.maps.view import LimitView, RunView
from jezero_sites.raster import Raster

HIDDEN_MASK = "unknown_mask"
"""Of a reduced page: 0 where all cells behind a cell are known by their hazard class, 1 where some are not, 2 where
none is. It is not shown; an ellipse's chance of success needs it."""

_HOW = {
    "hazard_reason": "or",
    "dem_quality": "or",
    "elevation_m": "mean",
    "clearance_m": "min",
    "binding_factor": "middle",
}
_REDUCED = {"or": "joined codes", "mean": "mean", "middle": "middle cell"}
_SAMPLE_BANDS, _SAMPLE_ROWS = 6, 48


def reduction(name: str) -> str:
    """Return how a layer is reduced: ``max``, ``min``, ``or``, ``mean`` or ``middle``."""
    return _HOW.get(name, "min" if "probability" in name else "max")


def shown_rasters(view: RunView) -> list[Raster]:
    """Return the rasters that a page shows, the elevation last."""
    return [*(r for name, r in view.layers.items() if layer_for(name).on_map), view.elevation]


def page_rasters(
    view: RunView, display: DisplayGrid, *, factor: int, budget: int
) -> tuple[int, list[dict[str, Any]], list[dict[str, Any]]]:
    """Return by how much the rasters are reduced so that they fit, the layers, and the pictures under them.

    Parameters
    ----------
    view : RunView
    display : DisplayGrid
        The grid of the page at full resolution.
    factor : int
        Reduce them by at least this many cells a side.
    budget : int
        Bytes that they may take together.
    """
    if factor == 1:
        factor = max(1, math.floor(math.sqrt(estimated_bytes(view, display) / budget)))
    while True:
        layers = [_reduced_layer(raster, view, display, factor) for raster in shown_rasters(view)]
        if factor > 1:
            layers.append(_mask(view, display, factor))
        pictures = pictures_under(view, display, factor)
        size = sum(len(layer["data"]) for layer in layers) + sum(len(picture["url"]) for picture in pictures)
        if size <= budget:
            return factor, layers, pictures
        factor = max(factor + 1, math.ceil(factor * math.sqrt(size / budget)))


def estimated_bytes(view: RunView, display: DisplayGrid) -> float:
    """Return about how many bytes the layers would take as they are, from some bands of rows: half of it at least."""
    rows, cols = display.shape
    if rows * cols <= 4_000_000 or display.source is not None:
        return 0.0  # as soon tried as guessed
    starts = np.linspace(0, rows - _SAMPLE_ROWS, _SAMPLE_BANDS).astype(int)
    size = 0
    for raster in shown_rasters(view):
        limit = view.limit(raster.name)
        for start in starts:
            band = raster.values[start : start + _SAMPLE_ROWS]
            _, codes = encode(raster.name, band, limit=None if limit is None else limit.value)
            size += len(packed(codes))
    return size * rows / (_SAMPLE_ROWS * _SAMPLE_BANDS) / 2


def layer_about(raster: Raster, view: RunView, values: NDArray[Any], *, factor: int) -> dict[str, Any]:
    """Return what a page says of a layer, its colours and how its integers are read; ``values`` are those shown."""
    name = raster.name
    about, limit = layer_for(name), view.limit(name)
    how = _REDUCED.get(reduction(name), "worst value")
    return {
        "name": name,
        "title": about.title,
        "unit": "" if about.unit == "1" else about.unit,
        "about": about.about,
        "limit": None if limit is None else {**vars(limit), "standing": limit.standing},
        "reduced": None if factor == 1 else how,
        "range": span_of(values),
        **_colouring(name, about.unit, values, limit, view.marginal_fraction),
        **layer_encoding(raster, view, values).as_dict(),
    }


def layer_encoding(raster: Raster, view: RunView, values: NDArray[Any]) -> Encoding:
    """Return how a layer's values become integers."""
    limit = view.limit(raster.name)
    bound = None if limit is None else limit.value
    return encoding(raster.name, is_code=values.dtype == np.uint8, span=span_of(values), limit=bound)


def _reduced_layer(raster: Raster, view: RunView, display: DisplayGrid, factor: int) -> dict[str, Any]:
    values = coarsened(display.bring(raster.values), factor, reduction(raster.name))
    codes = layer_encoding(raster, view, values).codes(values)
    return {**layer_about(raster, view, values, factor=factor), "data": packed(codes)}


def _mask(view: RunView, display: DisplayGrid, factor: int) -> dict[str, Any]:
    codes = unknown_mask(display.bring(view.layers["hazard_class"].values), factor)
    how = encoding(HIDDEN_MASK, is_code=True)
    texts: dict[str, Any] = {
        "title": "",
        "unit": "",
        "about": "",
        "kind": "code",
        "items": [],
        "bits": None,
        "several": None,
    }
    rest = {"hidden": True, "limit": None, "reduced": None, "range": None, "note": ""}
    return {"name": HIDDEN_MASK, **texts, **rest, **how.as_dict(), "data": packed(codes)}


def unknown_mask(hazard_class: NDArray[Any], factor: int) -> NDArray[np.uint8]:
    """Return, for squares of cells: 0 where all are known, 1 where some are not, 2 where none is.

    Beyond the raster's edge nothing is known.
    """
    rows, cols = (-(-n // factor) for n in hazard_class.shape)
    mask = np.empty((rows, cols), np.uint8)
    step = max(1, BAND_CELLS // (cols * factor * factor))
    for row in range(0, rows, step):
        band = hazard_class[row * factor : (row + step) * factor]
        known = np.zeros((-(-band.shape[0] // factor) * factor, cols * factor), bool)
        known[: band.shape[0], : band.shape[1]] = band != 0
        squares = known.reshape(-1, factor, cols, factor)
        mask[row : row + step] = np.where(
            squares.all(axis=(1, 3)), 0, np.where(squares.any(axis=(1, 3)), 1, 2)
        )
    return mask


def _colouring(
    name: str, unit: str, values: NDArray[Any], limit: LimitView | None, marginal_fraction: float
) -> dict[str, Any]:
    """Return how a layer is coloured: by code, or by classes of its value."""
    if name in colours.CODES:
        return _codes(colours.CODES[name], values)
    shown_unit = "" if unit == "1" else unit
    if "probability" in name:
        return _classes(colours.probability_scale())
    if limit is not None and limit.kind == "max" and limit.value > 0:
        return _classes(colours.limit_scale(limit.value, marginal_fraction, unit=shown_unit))
    low, high = span_of(values) or (0.0, 1.0)
    if limit is not None and limit.kind == "min":
        return _classes(colours.floor_scale(limit.value, high, unit=shown_unit))
    return _classes(colours.range_scale(low, high if high > low else low + 1.0, unit=shown_unit))


def _classes(scale: colours.Scale) -> dict[str, Any]:
    return {
        "kind": "classes",
        "breaks": scale.breaks,
        "colours": scale.colours,
        "labels": scale.labels,
        "note": scale.note,
    }


def _present(values: NDArray[Any]) -> set[int]:
    """Return the codes that occur, some rows at a time."""
    rows = max(1, BAND_CELLS // max(values.shape[1], 1))
    counts = np.zeros(256, np.intp)
    for row in range(0, values.shape[0], rows):
        counts += np.bincount(values[row : row + rows].ravel(), minlength=256)
    return {int(code) for code in np.flatnonzero(counts)}


def _codes(codes: colours.Codes, values: NDArray[Any]) -> dict[str, Any]:
    """Return how codes are coloured: of bits those that occur alone, else those that occur at all."""
    found = _present(values) | {0}
    shown = [c for c in codes.colours if c in found or codes is colours.CODES["hazard_class"]]
    items = [{"code": c, "colour": codes.colours[c], "label": codes.names[c]} for c in shown]
    bits = None if codes.several is None else {str(bit): word for bit, word in codes.names.items() if bit}
    several = codes.several if found - set(shown) else None
    return {"kind": "code", "items": items, "several": several, "bits": bits, "note": ""}
