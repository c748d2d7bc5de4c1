r"""Hazard class and reason of each cell: measured ground against what the lander can bear.

.. math::
    m = \frac{\mathrm{limit} - v}{|\mathrm{limit}|} \ \text{(upper limit)}, \qquad
    m = \frac{v - \mathrm{limit}}{|\mathrm{limit}|} \ \text{(lower limit)},

with the signed difference alone where the limit is 0. A value is over its limit where the margin m is negative
(equality passes), and marginal where :math:`m < 1 - f`, f being the marginal fraction.

Order of decision in a cell: its own elevation unknown: unknown; else a known value over its limit: unsafe; else
a limited value unknown: unknown; else a value marginal: marginal; else safe. Reach: the cell itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from jezero_sites.arrays import BoolArray, ByteArray, FloatArray

UNKNOWN, SAFE, MARGINAL, UNSAFE = 0, 1, 2, 3
SLOPE, ROUGHNESS, RELIEF, ROCKS = 1, 2, 4, 8
BEDFORMS, CLEARANCE, NOT_OBSERVED, OTHER = 16, 32, 64, 128


@dataclass(frozen=True, eq=False)
class LimitedLayer:
    """A layer with its limit.

    Parameters
    ----------
    values : array of shape (rows, columns)
        The layer; NaN where unknown.
    limit, marginal : float
        The limit, and where ground begins to be marginal, in the unit of the values (tangents for a slope
        given as a tangent).
    kind : {"max", "min"}
        Whether the limit is the largest or the smallest value that passes.
    bit : int
        The flag of the layer in the hazard reason, such as ``SLOPE``.

    Raises
    ------
    ValueError
        If the kind is another, the bit is no single flag, or the marginal ground is not on the passing side.

    Examples
    --------
    >>> layer = LimitedLayer(np.array([[8.0, 8.1, np.nan]]), 8.0, 6.4, "max", SLOPE)
    >>> layer.is_exceeded()
    array([[False,  True, False]])
    """

    values: FloatArray
    limit: float
    marginal: float
    kind: Literal["max", "min"]
    bit: int

    def __post_init__(self) -> None:
        _check_kind(self.kind)
        if self.bit not in (SLOPE, ROUGHNESS, RELIEF, ROCKS, BEDFORMS, CLEARANCE, NOT_OBSERVED, OTHER):
            raise ValueError(f"bit {self.bit} is not one flag of the hazard reason")
        passing = self.marginal <= self.limit if self.kind == "max" else self.marginal >= self.limit
        if not passing:
            raise ValueError(
                f"marginal {self.marginal} must lie on the passing side of the limit {self.limit}"
            )

    def is_exceeded(self) -> BoolArray:
        """Return where a known value is over the limit; equality passes."""
        return self._is_beyond(self.limit)

    def is_marginal(self) -> BoolArray:
        """Return where a known value is beyond the marginal threshold, over the limit or not."""
        return self._is_beyond(self.marginal)

    def _is_beyond(self, threshold: float) -> BoolArray:
        values = np.asarray(self.values, np.float64)
        beyond: BoolArray = values > threshold if self.kind == "max" else values < threshold
        return beyond


def marginal_threshold(limit: float, *, kind: Literal["max", "min"], marginal_fraction: float) -> float:
    """Return the value beyond which ground is marginal, in the unit of the limit.

    Parameters
    ----------
    limit : float
        The limit.
    kind : {"max", "min"}
        Whether the limit is the largest or the smallest value that passes.
    marginal_fraction : float
        Share of the limit from which ground counts as marginal, 0 to 1; 1 leaves no marginal ground.

    Returns
    -------
    float
        Below an upper limit, above a lower one.

    Raises
    ------
    ValueError
        If the kind is another or the fraction is outside 0 to 1.

    Examples
    --------
    Ground steeper than 8 of 10 degrees is marginal; above a floor of -3000 m it is so up to -2400 m:

    >>> marginal_threshold(10.0, kind="max", marginal_fraction=0.8)
    8.0
    >>> round(marginal_threshold(-3000.0, kind="min", marginal_fraction=0.8), 6)
    -2400.0
    """
    _check_kind(kind)
    if not 0.0 <= marginal_fraction <= 1.0:
        raise ValueError(f"marginal_fraction {marginal_fraction} must lie between 0 and 1")
    width = (1.0 - marginal_fraction) * (abs(limit) or 1.0)
    return limit - width if kind == "max" else limit + width


def hazard_class(elevation_m: FloatArray, limited: Sequence[LimitedLayer]) -> ByteArray:
    """Return the hazard class of each cell: 0 unknown, 1 safe, 2 marginal, 3 unsafe.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres; NaN where unknown.
    limited : sequence of LimitedLayer
        Every layer with a limit, each of the same shape.

    Returns
    -------
    array of uint8 of shape (rows, columns)

    Raises
    ------
    ValueError
        If a layer has another shape.

    Examples
    --------
    >>> slope_deg = np.array([[3.0, 7.0, 8.0, 9.0, np.nan]])
    >>> hazard_class(np.zeros((1, 5)), [LimitedLayer(slope_deg, 8.0, 6.4, "max", SLOPE)])
    array([[1, 2, 2, 3, 0]], dtype=uint8)
    """
    elevation = np.asarray(elevation_m)
    found = np.full(elevation.shape, SAFE, np.uint8)
    _check_shapes(limited, elevation.shape)
    for layer in limited:
        found[layer.is_marginal()] = MARGINAL
    for layer in limited:
        found[np.isnan(layer.values)] = UNKNOWN
    for layer in limited:
        found[layer.is_exceeded()] = UNSAFE
    found[np.isnan(elevation)] = UNKNOWN
    return found


def hazard_reason(
    limited: Sequence[LimitedLayer], *, shape: tuple[int, ...], not_observed: BoolArray | None = None
) -> ByteArray:
    """Return the flags of the limits exceeded in each cell, and 64 where the ground was not observed.

    Parameters
    ----------
    limited : sequence of LimitedLayer
        Every layer with a limit, each of the shape given; NaN exceeds nothing.
    shape : tuple of int
        Rows and columns.
    not_observed : array of bool of that shape, optional
        Where the ground lies in shadow or outside the picture.

    Returns
    -------
    array of uint8 of that shape
        Sum of 1 slope, 2 roughness, 4 relief, 8 rocks, 16 bedforms, 32 clearance, 64 not observed, 128 another
        layer; 0 where nothing is exceeded.

    Raises
    ------
    ValueError
        If a layer has another shape.

    Examples
    --------
    >>> slope_deg, relief_m = np.array([[9.0, 9.0, 1.0]]), np.array([[0.1, 0.9, 0.5]])
    >>> limited = [
    ...     LimitedLayer(slope_deg, 8.0, 6.4, "max", SLOPE),
    ...     LimitedLayer(relief_m, 0.5, 0.4, "max", RELIEF),
    ... ]
    >>> hazard_reason(limited, shape=(1, 3))
    array([[1, 5, 0]], dtype=uint8)
    """
    found = np.zeros(shape, np.uint8)
    _check_shapes(limited, shape)
    for layer in limited:
        found[layer.is_exceeded()] |= np.uint8(layer.bit)
    if not_observed is not None:
        found[not_observed] |= np.uint8(NOT_OBSERVED)
    return found


def _check_kind(kind: str) -> None:
    if kind not in ("max", "min"):
        raise ValueError(f"kind {kind!r} must be 'max' or 'min'")


def _check_shapes(limited: Sequence[LimitedLayer], shape: tuple[int, ...]) -> None:
    for layer in limited:
        if np.shape(layer.values) != tuple(shape):
            raise ValueError(f"a limited layer has shape {np.shape(layer.values)}, the grid {tuple(shape)}")
