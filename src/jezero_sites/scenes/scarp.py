r"""A scarp: a smooth step along a wavering line, like the front of a delta.

.. math::

   r = \frac{h}{2}\left[1 + \operatorname{erf}\frac{u}{s\sqrt2}\right],
   \qquad s = \frac{w}{2 \times 1.2815516},
   \qquad z = r + \frac{c\,h}{2\pi n} \sin\frac{2\pi n\,r}{h}

with :math:`u` the distance uphill of the line, :math:`h` the height, :math:`w` the ground length over
which the middle four fifths of the height are climbed, and :math:`n` layers that steepen the slope by
:math:`1 \pm c`. Steepest without layers: :math:`h / (s\sqrt{2\pi})`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import erf

from jezero_sites.arrays import FloatArray

__all__ = ["Scarp", "scarp_distance_m", "scarp_relief_m"]

TENTH_QUANTILE = 1.2815515655446004
"""Standard deviations from the middle of a normal distribution to its upper tenth."""

WAVES = 5
"""Sine waves that make the line waver (choice of this project)."""

SHORTER, NARROWER = 2.3, 3.1
"""Each wave is shorter and narrower than the one before by these factors (choice of this project)."""


@dataclass(frozen=True)
class Scarp:
    """A scarp as it was made.

    Attributes
    ----------
    x_m, y_m : float
        A point half-way up, in metres east and north.
    uphill_azimuth_deg : float
        Where the ground rises to, in degrees clockwise from north.
    height_m, width_m : float
        Height of the step; ground length of the middle four fifths of it.
    waver_m, waver_length_m : float
        Amplitude and length of the longest wave of the line.
    layers : int
        Number of layers that stand out as benches; 0 for a smooth slope.
    layer_contrast : float
        Share by which the slope is steeper and gentler along a layer, below 1.
    seed : int
        Sets the phases of the waves.
    """

    x_m: float
    y_m: float
    uphill_azimuth_deg: float
    height_m: float
    width_m: float
    waver_m: float = 0.0
    waver_length_m: float = 100.0
    layers: int = 0
    layer_contrast: float = 0.5
    seed: int = 0

    @property
    def steepest_deg(self) -> float:
        """Slope half-way up a smooth scarp where the line runs straight, in degrees.

        >>> s_m = 10.0 / math.sqrt(2 * math.pi)
        >>> round(Scarp(0, 0, 0, height_m=10.0, width_m=2 * TENTH_QUANTILE * s_m).steepest_deg, 9)
        45.0
        """
        deviation = self.width_m / (2 * TENTH_QUANTILE)
        return math.degrees(math.atan(self.height_m / (deviation * math.sqrt(2 * math.pi))))


def scarp_distance_m(scarp: Scarp, *, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return how far uphill of the wavering line each place lies, in metres.

    Parameters
    ----------
    scarp : Scarp
    x_m, y_m : arrays that broadcast together
        Metres east and north.

    Returns
    -------
    array
        Positive uphill, negative below; measured straight uphill, not to the nearest point.

    Examples
    --------
    >>> northward = Scarp(x_m=0, y_m=10, uphill_azimuth_deg=0, height_m=5, width_m=8)
    >>> scarp_distance_m(northward, x_m=np.array([3.0]), y_m=np.array([12.0]))
    array([2.])
    """
    azimuth = math.radians(scarp.uphill_azimuth_deg)
    east, north = x_m - scarp.x_m, y_m - scarp.y_m
    uphill = east * math.sin(azimuth) + north * math.cos(azimuth)
    along = east * math.cos(azimuth) - north * math.sin(azimuth)
    phases = np.random.default_rng(scarp.seed).uniform(0, 2 * np.pi, WAVES)
    for number, phase in enumerate(phases):
        wave = 2 * np.pi * SHORTER**number / scarp.waver_length_m
        uphill = uphill + scarp.waver_m / NARROWER**number * np.sin(wave * along + phase)
    distance: FloatArray = uphill
    return distance


def scarp_relief_m(scarp: Scarp, *, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return the height the scarp adds to level ground, in metres.

    Parameters
    ----------
    scarp : Scarp
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east and north.

    Returns
    -------
    array of shape (rows, columns)
        0 far below to the height of the scarp far above.

    Examples
    --------
    Half the height on the line:

    >>> scarp = Scarp(x_m=1, y_m=1, uphill_azimuth_deg=300, height_m=5, width_m=8)
    >>> scarp_relief_m(scarp, x_m=np.array([1.0]), y_m=np.array([1.0]))
    array([[2.5]])
    """
    distance = scarp_distance_m(scarp, x_m=x_m, y_m=y_m[:, None])
    deviation = scarp.width_m / (2 * TENTH_QUANTILE)
    relief: FloatArray = scarp.height_m / 2 * (1 + erf(distance / (deviation * math.sqrt(2))))
    if scarp.layers:
        wave = 2 * np.pi * scarp.layers / scarp.height_m
        relief = relief + scarp.layer_contrast / wave * np.sin(wave * relief)
    return relief
