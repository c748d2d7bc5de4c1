r"""Legs of a lander, and the directions in which its pads stand as it is turned about its vertical axis.

.. math::
    \alpha_{ik} = \frac{360^\circ}{n} \left(\frac{i}{m} + k\right), \qquad 0 \le i < m, \quad 0 \le k < n,

clockwise from grid north, for pad k of n in clocking i of m: after 360/n degrees the pads stand as before.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from jezero_sites.arrays import FloatArray

_FEWEST = 36  # clockings: steps of 2.5 degrees with four legs
_TURNS = 4  # a multiple of it keeps the clockings of three legs where they are in a quarter turn


@dataclass(frozen=True)
class Legs:
    """Legs of a lander, evenly spaced about the hub.

    Parameters
    ----------
    count : int
        Legs, 3 or 4.
    hub_to_pad_m : float
        Horizontal distance from the hub to the centre of each pad, in metres.
    pad_radius_m : float
        Radius of a pad, in metres.

    Raises
    ------
    ValueError
        If there are not 3 or 4 legs, or a length is not positive and finite.

    Examples
    --------
    >>> Legs(4, hub_to_pad_m=2.5, pad_radius_m=0.25).count
    4
    """

    count: int
    hub_to_pad_m: float
    pad_radius_m: float

    def __post_init__(self) -> None:
        if self.count not in (3, 4):
            raise ValueError(f"lander has {self.count} legs; needed: 3 or 4")
        for name in ("hub_to_pad_m", "pad_radius_m"):
            if not 0.0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; needed: positive finite metres")


def clockings_needed(legs: Legs, *, dx_m: FloatArray, dy_m: float) -> int:
    """Return how many clockings leave no pad more than half a cell from its next place.

    Parameters
    ----------
    legs : Legs
        Legs of the lander.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; pass all rows of the grid.
    dy_m : float
        True ground height of a cell, in metres.

    Returns
    -------
    int
        At least 36, and a multiple of 4. The arc of one step is at most half the smaller side of a cell.

    Examples
    --------
    Pads of four legs at 10 m go through an arc of 15.7 m, which takes 63 steps of 0.25 m:

    >>> clockings_needed(Legs(4, hub_to_pad_m=10.0, pad_radius_m=0.2), dx_m=np.full(2, 0.5), dy_m=0.6)
    64
    """
    arc_m = 2.0 * math.pi * legs.hub_to_pad_m / legs.count
    steps = max(_FEWEST, arc_m / (0.5 * min(float(np.min(dx_m)), dy_m)))
    return _TURNS * math.ceil(steps / _TURNS)


def pad_directions(count: int, clockings: int) -> FloatArray:
    """Return the directions from the hub to the pads, as (east, north) of length 1.

    Every sine and cosine is one of an angle up to 45 degrees, so that directions which mirror each other have
    the same numbers to the last bit.

    Parameters
    ----------
    count : int
        Legs.
    clockings : int
        Clockings, at least 1.

    Returns
    -------
    array of shape (clockings, count, 2)

    Raises
    ------
    ValueError
        If there is no clocking.

    Examples
    --------
    >>> pad_directions(4, 1)[0].tolist()
    [[0.0, 1.0], [1.0, 0.0], [0.0, -1.0], [-1.0, 0.0]]
    """
    if clockings < 1:
        raise ValueError(f"clockings are {clockings}; needed: at least 1")
    steps = np.arange(clockings)[:, None] + clockings * np.arange(count)
    quarter, rest = np.divmod(4 * steps, count * clockings)
    beyond = 2 * rest > count * clockings
    angle = np.where(beyond, count * clockings - rest, rest) * (0.5 * np.pi / (count * clockings))
    is_diagonal = 2 * rest == count * clockings  # the sine and the cosine of 45 degrees differ by a bit
    sine, cosine = (np.where(is_diagonal, math.sqrt(0.5), wave(angle)) for wave in (np.sin, np.cos))
    east, north = np.where(beyond, cosine, sine), np.where(beyond, sine, cosine)
    turned = [(east, north), (north, -east), (-east, -north), (-north, east)]
    return np.stack([np.choose(quarter, [pair[axis] for pair in turned]) + 0.0 for axis in (0, 1)], axis=-1)
