r"""Simple craters: a bowl with a raised rim.

.. math::

   z = \begin{cases}
     h - d\,(1 - \rho^2)                                   & \rho \le 1 \\
     h\,(\rho^{-3} - 3^{-3}) / (1 - 3^{-3})                & 1 < \rho < 3 \\
     0                                                     & \rho \ge 3
   \end{cases}

with :math:`\rho` the distance from the centre in crater radii, :math:`d` the depth from rim crest to
floor and :math:`h` the height of the rim above the ground around.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from jezero_sites.arrays import FloatArray

__all__ = ["Crater", "add_craters", "draw_diameters_m"]

EJECTA_RADII = 3.0
"""The raised ground around a crater ends at this many radii (choice of this project)."""


@dataclass(frozen=True)
class Crater:
    """A crater as it was made.

    Attributes
    ----------
    x_m, y_m : float
        The centre, in metres east and north.
    diameter_m : float
        From rim crest to rim crest.
    depth_to_diameter, rim_to_diameter : float
        Depth (rim crest to floor) and rim height of the fresh crater over its diameter. About 0.2 and
        0.04 for fresh simple craters: Pike (1977), Impact and Explosion Cratering, 489-509.
    degradation_fraction : float
        0 for a fresh crater to 1 for one that is gone: the share of depth and rim lost.
    """

    x_m: float
    y_m: float
    diameter_m: float
    depth_to_diameter: float = 0.2
    rim_to_diameter: float = 0.04
    degradation_fraction: float = 0.0

    @property
    def depth_m(self) -> float:
        """Depth from rim crest to floor as it stands now, in metres.

        >>> Crater(0, 0, diameter_m=50.0, depth_to_diameter=0.2, degradation_fraction=0.5).depth_m
        5.0
        """
        return self.diameter_m * self.depth_to_diameter * (1 - self.degradation_fraction)

    @property
    def rim_height_m(self) -> float:
        """Height of the rim above the ground around as it stands now, in metres.

        >>> Crater(0, 0, diameter_m=50.0, rim_to_diameter=0.04).rim_height_m
        2.0
        """
        return self.diameter_m * self.rim_to_diameter * (1 - self.degradation_fraction)


def _relief_m(crater: Crater, distance_m: FloatArray) -> FloatArray:
    """Return the height the crater adds at a distance from its centre, in metres."""
    radii = distance_m / (crater.diameter_m / 2)
    inside = crater.rim_height_m - crater.depth_m * (1 - radii**2)
    least = EJECTA_RADII**-3
    outside = crater.rim_height_m * (np.clip(radii, 1, EJECTA_RADII) ** -3 - least) / (1 - least)
    return np.where(radii <= 1, inside, outside)


def add_craters(
    elevation_m: FloatArray, craters: Sequence[Crater], *, x_m: FloatArray, y_m: FloatArray
) -> FloatArray:
    """Return the ground with craters dug into it, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights before the impacts, in metres; NaN stays NaN.
    craters : sequence of Crater
        Overlapping craters add up.
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east and north.

    Returns
    -------
    array of shape (rows, columns)

    Examples
    --------
    The floor of a crater 20 m wide, 4 m deep with a rim of 0.8 m lies 3.2 m below the plain:

    >>> pit = [Crater(x_m=5, y_m=5, diameter_m=20)]
    >>> add_craters(np.zeros((1, 1)), pit, x_m=np.array([5.0]), y_m=np.array([5.0])).round(9)
    array([[-3.2]])
    """
    ground = np.array(elevation_m, dtype=np.float64)
    for crater in craters:
        reach = EJECTA_RADII * crater.diameter_m / 2
        columns = np.flatnonzero(np.abs(x_m - crater.x_m) < reach)
        rows = np.flatnonzero(np.abs(y_m - crater.y_m) < reach)
        if columns.size and rows.size:
            window = np.ix_(rows, columns)
            distance = np.hypot(x_m[columns] - crater.x_m, y_m[rows, None] - crater.y_m)
            ground[window] += _relief_m(crater, distance)
    return ground


def draw_diameters_m(
    rng: np.random.Generator, number: int, *, smallest_m: float, largest_m: float, exponent: float = 3.0
) -> FloatArray:
    """Return crater diameters drawn from a power law, in metres.

    Parameters
    ----------
    rng : numpy.random.Generator
    number : int
        How many to draw.
    smallest_m, largest_m : float
        Ends of the law, in metres.
    exponent : float
        b of the cumulative law N(>= D) proportional to D^-b; 3 is typical of small young craters on
        Mars: Hartmann (2005), Icarus 174, 294, doi:10.1016/j.icarus.2004.11.023 (rounded).

    Returns
    -------
    array of shape (number,)
        Not sorted.

    Examples
    --------
    >>> few_m = draw_diameters_m(np.random.default_rng(2), 4, smallest_m=10, largest_m=60)
    >>> bool(((few_m >= 10) & (few_m <= 60)).all())
    True
    """
    most, least = smallest_m**-exponent, largest_m**-exponent
    share = rng.random(number)
    diameters: FloatArray = np.exp(-np.log(least + share * (most - least)) / exponent)
    return np.clip(diameters, smallest_m, math.nextafter(largest_m, math.inf))
