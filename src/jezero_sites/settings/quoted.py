"""Accuracies as sources quote them, turned into those that settings hold; the quotation stays in the source.

For a normal error LE90, the 90th percentile of its size, is 1.644854 standard deviations; NMAD, 1.482602 times the
median of its size, is one. Of two equal independent errors the circle CEP holds half of all touchdowns, CE90
and CE99 90 and 99 % of them.
"""

from __future__ import annotations

import math
from typing import Any

from jezero_sites.settings.checks import wrong

LE90_SIGMAS = 1.6448536269514722

_HEIGHTS = {"le90_m": LE90_SIGMAS, "nmad_m": 1.0}
_CIRCLES = {"cep_m": 50.0, "ce90_m": 90.0, "ce95_m": 95.0, "ce99_m": 99.0}
_SIGMAS = ("sigma_major_m", "sigma_minor_m")

QUOTED_HEIGHT_ERROR = tuple(_HEIGHTS)
QUOTED_DISPERSION = (*_CIRCLES, *_SIGMAS)


def quoted_height_error(table: Any) -> Any:
    """Return a table ``[dem_error]`` with ``sigma_m`` in place of ``le90_m`` or ``nmad_m``.

    >>> quoted_height_error({"le90_m": 0.33, "source": "label"})["source"]
    'label (quoted as le90_m = 0.33)'
    """
    name, value = _one_of(table, _HEIGHTS, "dem_error", instead=("sigma_m",))
    if name is None:
        return table
    return _replaced(table, (name,), {"sigma_m": value / _HEIGHTS[name]})


def quoted_dispersion(table: Any) -> Any:
    """Return a table ``[dispersion]`` with semi-axes in place of a circle's radius or of standard deviations.

    >>> quoted_dispersion({"cep_m": 20.0, "source": "guess"})["percent"]
    50.0
    """
    axes = ("major_m", "minor_m", "percent", "n_sigma")
    name, value = _one_of(table, _CIRCLES, "dispersion", instead=(*axes, *_SIGMAS))
    if name is not None:
        found = {"major_m": value, "minor_m": value, "percent": _CIRCLES[name]}
        return _replaced({"azimuth_deg": 0.0, **table}, (name,), found)
    if not isinstance(table, dict) or not any(key in table for key in _SIGMAS):
        return table
    both = [key for key in axes if key in table]
    if both or not all(key in table for key in _SIGMAS):
        found_keys = ", ".join([*both, *(key for key in _SIGMAS if key in table)])
        raise wrong("dispersion", f"given by {found_keys}", "sigma_major_m and sigma_minor_m alone")
    major, minor = (table[key] for key in _SIGMAS)
    return _replaced(table, _SIGMAS, {"major_m": major, "minor_m": minor, "n_sigma": 1.0})


def _one_of(
    table: Any, names: dict[str, float], where: str, *, instead: tuple[str, ...]
) -> tuple[str | None, float]:
    """Return the quotation that a table has, and its value; refuse two, and one beside what it stands for."""
    given = [name for name in names if name in table] if isinstance(table, dict) else []
    if not given:
        return None, 0.0
    both = [*given, *(name for name in instead if name in table)]
    if len(both) > 1:
        raise wrong(where, f"given by {' and '.join(both)}", "one of them")
    value = table[given[0]]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 < value < math.inf:
        raise wrong(f"{where}.{given[0]}", repr(value), "a number above 0")
    return given[0], float(value)


def _replaced(table: dict[str, Any], names: tuple[str, ...], found: dict[str, Any]) -> dict[str, Any]:
    rest = {key: value for key, value in table.items() if key not in names}
    said = ", ".join(f"{name} = {table[name]:g}" for name in names)
    if isinstance(rest.get("source"), str):
        rest["source"] = f"{rest['source']} (quoted as {said})"
    return {**rest, **found}
