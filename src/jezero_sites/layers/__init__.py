"""The quantities that the package measures: their table, and measuring them by name."""

from jezero_sites.layers.measuring import (
    DEFAULT_RADIUS_M,
    corner_slope,
    layer_tags,
    lengths_of,
    measure,
    measured,
    reach_cells,
)
from jezero_sites.layers.table import LAYERS, Layer, Lengths, layer_for

__all__ = [
    "DEFAULT_RADIUS_M",
    "LAYERS",
    "Layer",
    "Lengths",
    "corner_slope",
    "layer_for",
    "layer_tags",
    "lengths_of",
    "measure",
    "measured",
    "reach_cells",
]
