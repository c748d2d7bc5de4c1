r"""Stance of a lander: its tilt, and how far the ground of its footprint rises above the plane of its pads.

A pad rests on the highest ground under its disc (``pad_ground.py``). With h_k the heights under the pads, R the
distance from the hub and u_k the directions of ``legs.py``, three pads stand on their plane:

.. math::
    \nabla = \frac{2}{3R} \sum_k h_k u_k, \qquad
    \tan^2 t = \frac{2}{9R^2} \left[(h_0-h_1)^2 + (h_1-h_2)^2 + (h_2-h_0)^2\right].

Four pads stand on three of them. The plane of pads 0, 2 and 1 has the height c = (h_0 + h_2)/2 at the hub and
2c - h_1 at pad 3, whose ground is not above it if h_0 + h_2 >= h_1 + h_3. So the diagonal with the larger sum
carries, and there are exactly two stances, one for each pad of the other diagonal. If 0 and 2 carry,

.. math::
    a = h_0 - h_2, \quad b = h_1 - h_3, \quad e = (h_0 + h_2) - (h_1 + h_3), \qquad
    4R^2 \tan^2 t = a^2 + (|b| \pm e)^2,

because the gradient across is (h_1 - c)/R = (b - e)/2R or (c - h_3)/R = (b + e)/2R; if 1 and 3 carry, a and b
change places and e its sign. At e = 0 all four pads touch the ground and both stances are the same.

Pads are taken at the horizontal distance R: 1.5 % too far out at a tilt of 10 degrees. Heights are float64
throughout: at -2500 m they are good to 1e-12 m. Extremes keep every bit in flips and transposition (three legs
need an even number of clockings for flips, a multiple of 4 for transposition), the mean of three legs and their
protrusion to 1e-11. Reach: ``stance_reach_cells``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.stance.kernels import fill_tilt, leg_reach
from jezero_sites.hazards.stance.legs import Legs, pad_directions
from jezero_sites.hazards.stance.pad_ground import LARGE_PAD_CELLS, pad_ground, pad_reach_cells
from jezero_sites.hazards.stance.protrusion_kernels import fill_protrusion
from jezero_sites.terrain.ground import as_heights, as_spacing, unknown_like
from jezero_sites.terrain.relief import RIM_TOLERANCE, disc_maximum, disc_reach_cells


class StanceTilt(NamedTuple):
    """Tangents of the tilt over all clockings and valid stances; NaN where unknown."""

    min_tan: FloatArray
    mean_tan: FloatArray
    max_tan: FloatArray


def stance_reach_cells(
    legs: Legs, *, dx_m: FloatArray, dy_m: float, footprint_radius_m: float
) -> tuple[int, int]:
    """Return how far from the hub heights are read, in cells, (rows, columns).

    Parameters
    ----------
    legs : Legs
        Legs of the lander.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; the narrowest row has the widest reach.
    dy_m : float
        True ground height of a cell, in metres.
    footprint_radius_m : float
        Radius of the footprint about the hub, in metres; 0 for the tilt alone.

    Raises
    ------
    ValueError
        If the radius is negative or not finite, or a spacing is not positive and finite.

    Examples
    --------
    A pad at 2.5 m stands within the third cell, and its disc reads two cells further to each side:

    >>> legs = Legs(4, hub_to_pad_m=2.5, pad_radius_m=0.4)
    >>> stance_reach_cells(legs, dx_m=np.ones(9), dy_m=1.0, footprint_radius_m=3.0)
    (5, 5)
    """
    widths, height = as_spacing(dx_m, dy_m, len(dx_m))
    pad = pad_reach_cells(legs.pad_radius_m, dx_m=widths, dy_m=height)
    nodes = 1 if legs.pad_radius_m >= LARGE_PAD_CELLS * height else 2
    footprint = disc_reach_cells(footprint_radius_m, dx_m=widths, dy_m=height)
    narrowest = float(widths.min(initial=np.inf))
    legs_reach = (leg_reach(legs.hub_to_pad_m, spacing, nodes) for spacing in (height, narrowest))
    rows, columns = (
        max(leg + disc, round_) for leg, disc, round_ in zip(legs_reach, pad, footprint, strict=True)
    )
    return rows, columns


def stance_tilt(
    elevation_m: FloatArray, *, dx_m: FloatArray, dy_m: float, legs: Legs, clockings: int
) -> StanceTilt:
    """Return the smallest, mean and largest tangent of the tilt of a lander with its hub over each cell.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    legs : Legs
        Legs of the lander.
    clockings : int
        Clockings, evenly spaced over 360/n degrees; see ``clockings_needed``.

    Returns
    -------
    StanceTilt
        Arrays of shape (rows, columns), at least 0; NaN where a cell under a pad, or one of the four that its
        height lies between, is unknown or outside. The mean is over both stances of four legs.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, or there is no clocking.

    Examples
    --------
    On a plane every stance has its slope:

    >>> east_m = 0.25 * np.arange(11.0) * np.ones((9, 1))
    >>> legs = Legs(4, hub_to_pad_m=2.5, pad_radius_m=0.4)
    >>> tilt = stance_tilt(east_m, dx_m=np.ones(9), dy_m=1.0, legs=legs, clockings=36)
    >>> tilt.max_tan[4, 4:7].round(12)
    array([0.25, 0.25, 0.25])
    """
    heights = as_heights(elevation_m)
    ground = as_spacing(dx_m, dy_m, len(heights))
    directions = pad_directions(legs.count, clockings)
    pads, _ = pad_ground(heights, dx_m=ground[0], dy_m=ground[1], radius_m=legs.pad_radius_m)
    tilt = np.full((3, *heights.shape), np.nan)
    fill_tilt(pads, ground, float(legs.hub_to_pad_m), directions, tilt)
    return StanceTilt(*tilt)


def stance_protrusion_m(
    elevation_m: FloatArray,
    *,
    dx_m: FloatArray,
    dy_m: float,
    legs: Legs,
    clockings: int,
    footprint_radius_m: float,
) -> FloatArray:
    """Return how far the ground of the footprint rises above the plane of the pads at worst, in metres.

    The clearance left under a belly is its height above the pads less this. Heights count, as cell centres, at
    their vertical distance from the plane, for every clocking and valid stance. A pad smaller than a cell rests
    on the ground at its centre, and not on the highest under its disc as for the tilt: on a slope that would lift
    the belly.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    legs : Legs
        Legs of the lander.
    clockings : int
        Clockings, evenly spaced over 360/n degrees; see ``clockings_needed``.
    footprint_radius_m : float
        Radius of the footprint about the hub, on the ground, in metres.

    Returns
    -------
    array of shape (rows, columns)
        Below 0 where all ground lies deeper than the pads; NaN where a cell of the footprint, or one that the
        tilt needs, is unknown or outside.

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, the radius is negative or not finite, or
        there is no clocking.

    Examples
    --------
    A boulder of 0.5 m between the pads:

    >>> ground_m = np.zeros((7, 9))
    >>> ground_m[3, 4] = 0.5
    >>> legs = Legs(3, hub_to_pad_m=2.5, pad_radius_m=0.4)
    >>> protrusion = stance_protrusion_m(
    ...     ground_m, dx_m=np.ones(7), dy_m=1.0, legs=legs, clockings=36, footprint_radius_m=1.0)
    >>> float(protrusion[3, 4])
    0.5
    """
    heights = as_heights(elevation_m)
    ground = as_spacing(dx_m, dy_m, len(heights))
    directions = pad_directions(legs.count, clockings)
    # under a pad the cells alone count here: a disc looked at between cells would lift the pads on any slope
    pads = disc_maximum(heights, dx_m=ground[0], dy_m=ground[1], radius_m=legs.pad_radius_m)[None]
    highest = disc_maximum(heights, dx_m=ground[0], dy_m=ground[1], radius_m=footprint_radius_m)
    protrusion = unknown_like(heights)
    limit = (footprint_radius_m * (1.0 + RIM_TOLERANCE)) ** 2
    fill_protrusion((heights, pads), ground, (float(legs.hub_to_pad_m), limit), directions, protrusion)
    protrusion[np.isnan(highest)] = np.nan
    return protrusion
