"""Numbers that sum up a layer, for ``run.json``, the report and the summary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.raster import Raster

CLASSES = ("unknown", "safe", "marginal", "unsafe")
REASONS = {
    1: "slope",
    2: "roughness",
    4: "relief",
    8: "rocks",
    16: "bedforms",
    32: "stance_or_clearance",
    64: "not_observed",
    128: "other",
}

ARTEFACTS = {1: "seam", 2: "box", 4: "facet", 8: "step", 128: "unknown"}
FACTORS = {
    0: "unknown",
    1: "slope",
    2: "roughness",
    3: "relief",
    4: "rocks",
    5: "stance",
    6: "clearance",
    7: "another_limit",
    255: "none",
}
"""Codes of the binding factor."""

_BITS = {"hazard_reason": REASONS, "dem_quality": ARTEFACTS}
_CODES = {"hazard_class": dict(enumerate(CLASSES)), "binding_factor": FACTORS}


def layer_statistics(layers: Mapping[str, Raster]) -> dict[str, dict[str, float]]:
    """Return the statistics of every layer: shares of codes; range, mean and percentiles of numbers."""
    found: dict[str, dict[str, float]] = {}
    for name, raster in layers.items():
        if name in _CODES:
            shares = {word: np.mean(raster.values == code) for code, word in _CODES[name].items()}
            found[name] = {f"{word}_fraction": float(share) for word, share in shares.items()}
        elif name in _BITS:
            shares = {word: np.mean((raster.values & bit) != 0) for bit, word in _BITS[name].items()}
            found[name] = {f"{word}_fraction": float(share) for word, share in shares.items()}
        else:
            found[name] = _of_numbers(raster.values)
    return found


def _of_numbers(values: NDArray[Any]) -> dict[str, float]:
    known = values[~np.isnan(values)].astype(np.float64)
    found = {"unknown_fraction": 1.0 - known.size / values.size}
    if known.size:
        p50, p95 = np.percentile(known, [50, 95])
        found |= {
            "min": float(known.min()),
            "mean": float(known.mean()),
            "p50": float(p50),
            "p95": float(p95),
        }
        found |= {
            "max": float(known.max()),
            "sd": float(known.std()),
            "rms": float(np.sqrt(np.mean(known**2))),
        }
    return found
