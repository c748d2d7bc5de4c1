"""Colours and class boundaries of map, report and figures: one place, safe for colour-blind readers.

The five classes blue, light blue, sand, orange, brown stay at least 20 CIEDE2000 units apart under
deuteranopia, protanopia and tritanopia. Red and green are never told apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

BLUE, LIGHT, SAND, ORANGE, BROWN = "#2b6a99", "#8fbfdb", "#f6e8b1", "#e08a1e", "#7f2704"
UNKNOWN = "#8d8d8d"
CLASS_COLOURS = {1: BLUE, 2: SAND, 3: BROWN}
CLASS_NAMES = {0: "unknown", 1: "safe", 2: "marginal", 3: "unsafe"}
NOTHING, BLACK, PURPLE = "#dfe7ec", "#1b1b1b", "#4b005a"
REASON_COLOURS = {0: NOTHING, 1: ORANGE, 2: BLUE, 4: LIGHT, 32: BLACK, 128: SAND}
REASON_NAMES = {
    0: "no known limit exceeded",
    1: "slope",
    2: "roughness",
    4: "relief",
    8: "rocks",
    16: "bedforms",
    32: "stance or clearance",
    64: "not observed",
    128: "another limit",
}
SEVERAL = BROWN
ARTEFACT_COLOURS = {0: NOTHING, 1: ORANGE, 2: BLUE, 4: LIGHT, 8: BROWN}
ARTEFACT_NAMES = {0: "none found", 1: "seam", 2: "box", 4: "facet", 8: "step", 128: "unknown"}
FACTOR_COLOURS = {
    1: ORANGE,
    2: BLUE,
    3: LIGHT,
    4: BROWN,
    5: BLACK,
    6: PURPLE,
    7: SAND,
    255: NOTHING,
}
FACTOR_NAMES = {
    1: "slope",
    2: "roughness",
    3: "relief",
    4: "rocks",
    5: "stance",
    6: "clearance",
    7: "another limit",
    255: "none below 1",
}


@dataclass(frozen=True)
class Codes:
    """How a layer of codes is shown; ``several`` is the colour of joined bits, None where codes are no bits."""

    colours: Mapping[int, str]
    names: Mapping[int, str]
    several: str | None = None


CODES = {
    "hazard_class": Codes(CLASS_COLOURS, CLASS_NAMES),
    "hazard_reason": Codes(REASON_COLOURS, REASON_NAMES, SEVERAL),
    "dem_quality": Codes(ARTEFACT_COLOURS, ARTEFACT_NAMES, BLACK),
    "binding_factor": Codes(FACTOR_COLOURS, FACTOR_NAMES),
}
"""Layers of codes by name."""

_PROBABILITY_BREAKS = (0.5, 0.8, 0.9, 0.95)
_YELLOW_TO_BROWN = ("#fff7bc", "#fee391", "#fec44f", "#fe9929", "#ec7014", "#cc4c02", "#993404", "#662506")


@dataclass(frozen=True)
class Scale:
    """Classes of a quantity: class i holds values above ``breaks[i - 1]`` and up to ``breaks[i]``.

    ``labels`` name the classes; ``note`` says where the boundaries are from.
    """

    breaks: tuple[float, ...]
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    note: str


def limit_scale(limit: float, marginal_fraction: float, *, unit: str, is_max: bool = True) -> Scale:
    """Return the classes about a limit: two well inside it, marginal, and two beyond it."""
    fractions = (marginal_fraction / 2, marginal_fraction, 1.0, 1.5)
    breaks = tuple(round(limit * f, 10) for f in fractions)
    names = ("well inside", "inside", "marginal", "over the limit", "far over")
    if not is_max:
        raise ValueError("only upper limits have a scale")
    return Scale(breaks, (BLUE, LIGHT, SAND, ORANGE, BROWN), _labels(breaks, unit, names), "")


def floor_scale(limit: float, high: float, *, unit: str) -> Scale:
    """Return the classes above a lower limit: below it, and four equal ones from it up to a value."""
    top = max(high, limit + 0.1)
    breaks = tuple(round(limit + i * (top - limit) / 4, 10) for i in range(4))
    names = ("below the limit", "", "", "", "")
    labels = _labels(breaks, unit, names)
    return Scale(breaks, (BROWN, ORANGE, SAND, LIGHT, BLUE), labels, "the limit and the range of this area")


def probability_scale() -> Scale:
    """Return the fixed classes of a probability; the boundaries are those of this display alone."""
    names = ("",) * 5
    labels = _labels(_PROBABILITY_BREAKS, "", names)
    return Scale(_PROBABILITY_BREAKS, (BROWN, ORANGE, SAND, LIGHT, BLUE), labels, "classes of the display")


def range_scale(low: float, high: float, *, unit: str) -> Scale:
    """Return eight equal classes over a range of values."""
    edges = np.linspace(low, high, len(_YELLOW_TO_BROWN) + 1)[1:-1]
    breaks = tuple(float(e) for e in edges)
    return Scale(breaks, _YELLOW_TO_BROWN, _labels(breaks, unit, ("",) * 8), "range of this area")


def _labels(breaks: tuple[float, ...], unit: str, names: tuple[str, ...]) -> tuple[str, ...]:
    figures = _figures(breaks)
    spans = [f"up to {figures[0]}", *(f"{a} to {b}" for a, b in pairwise(figures)), f"over {figures[-1]}"]
    tail = f" {unit}" if unit else ""
    return tuple(
        f"{span}{tail}" + (f": {name}" if name else "") for span, name in zip(spans, names, strict=True)
    )


def _figures(breaks: tuple[float, ...]) -> list[str]:
    """Return numbers with as many digits as it takes to tell neighbours apart, and no more than needed."""
    for digits in range(7):
        texts = [f"{value:.{digits}f}" for value in breaks]
        step = min(b - a for a, b in pairwise(breaks))
        if all(abs(float(t) - value) <= 0.02 * step for t, value in zip(texts, breaks, strict=True)):
            break
    return [t.rstrip("0").rstrip(".") if "." in t else t for t in texts]
