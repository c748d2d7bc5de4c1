r"""The chance of a safe landing for a lander that sees the hazards and diverts to the best point within its reach.

.. math::
    V(x) = \max_{|y - x| \le r} \sum_z g(z - y)\,P(z)\,\Delta x\,\Delta y, \qquad
    P_\mathrm{land}(x_0) = \sum_x f(x - x_0)\,V(x)\,\Delta x\,\Delta y,

with the density f of the undiverted points x around the aim, the reach r of the divert on the ground, the density g of
the touchdown around the point y that was chosen (normal, the same sigma both ways), and the chance P that a touchdown
is safe. The lander is taken to know P, and to reach every point of the disc.

Lower bound: unknown ground, and ground beyond the raster, is never safe, and never chosen. Undiverted points on unknown
ground still reach safe ground that is known; undiverted points beyond the raster count as failures, though some
would reach the raster: the bound stays a bound. Upper bound: such ground is safe, and whoever reaches it is saved.
Chosen points, as touchdowns, are centres of cells: r counts in whole cells.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.aiming.dispersion import REACH_SIGMAS, Covariance
from jezero_sites.hazards.aiming.landing import IN_MEMORY, Room, check_landing_grid, sliceable
from jezero_sites.hazards.aiming.wide_landing import LandingBounds, landing_bounds, landing_bounds_between
from jezero_sites.terrain.ground import as_spacing
from jezero_sites.terrain.relief import disc_maximum, disc_reach_cells, known_disc_maximum

_BLOCK_CELLS = 1024  # a side, of the blocks in which the best ground is looked for


@dataclass(frozen=True)
class Divert:
    """What a lander can do about the ground it comes down to.

    Parameters
    ----------
    radius_m : float
        How far it can move its touchdown, on the ground, in metres; 0 for not at all.
    sigma_m : float
        Standard deviation of the touchdown around the chosen point, each way, in metres; 0 for exact. Where 5 of
        them stay within the cell, nothing of it is seen, and it counts as 0.

    Raises
    ------
    ValueError
        If one is negative or not finite.

    Examples
    --------
    >>> Divert(radius_m=200.0, sigma_m=10.0).radius_m
    200.0
    """

    radius_m: float
    sigma_m: float

    def __post_init__(self) -> None:
        for name, value in (("radius_m", self.radius_m), ("sigma_m", self.sigma_m)):
            if not 0.0 <= value < math.inf:
                raise ValueError(f"divert {name} is {value}; needed: finite metres, 0 or more")


def divert_probability(
    safe_probability: FloatArray,
    *,
    dx_m: FloatArray,
    dy_m: float,
    covariance: Covariance,
    divert: Divert,
    threads: int = 1,
    room: Room = IN_MEMORY,
) -> LandingBounds:
    """Return the bounds of the chance to land safely after a divert, when aiming at each cell, 0 to 1.

    Parameters
    ----------
    safe_probability : array of shape (rows, columns)
        Chance that a touchdown in a cell is safe, 0 to 1; NaN where unknown. The whole grid.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; the row of x measures the disc about x.
    dy_m : float
        True ground height of a cell, in metres.
    covariance : tuple of float
        var(east), var(north), cov(east, north) of the undiverted point around the aim, in m2.
    divert : Divert
        Reach of the divert, and the touchdown's error after it.
    threads : int
        Blocks worked on at the same time; the result is the same.
    room : Room
        Where the bounds, and what they are made from, are put.

    Returns
    -------
    LandingBounds
        As ``landing_bounds``, and its very bits where the lander neither diverts nor errs. ``error_bound`` adds what
        coarse cells cost in both sums; ``factor`` is that of the dispersion.

    Raises
    ------
    ValueError
        If shapes disagree, a spacing is not positive and finite, a probability lies outside 0 to 1, or a
        dispersion is too narrow for the cells.

    Examples
    --------
    One safe cell in a plain that is not, 5 m away from the aim. A lander that comes down where it aims needs to
    divert that far:

    >>> safe = np.zeros((21, 31))
    >>> safe[10, 20] = 1.0
    >>> def chance(radius_m):
    ...     divert = Divert(radius_m, sigma_m=0.0)
    ...     ground = {"dx_m": np.ones(21), "dy_m": 1.0, "covariance": (0.01, 0.01, 0.0)}
    ...     return round(float(divert_probability(safe, divert=divert, **ground).lower[10, 15]), 3)
    >>> chance(4.0), chance(5.0)
    (0.0, 1.0)
    """
    safe, widths = sliceable(safe_probability), np.asarray(dx_m, np.float64)
    check_landing_grid((safe, safe), widths, threads)
    widths, height = as_spacing(widths, dy_m, len(safe))
    touchdown = _touchdown_bounds(safe, (widths, height), divert.sigma_m, threads, room)
    best = _best_in_reach(touchdown, widths, height, divert.radius_m, room)
    landing = landing_bounds_between(
        best, dx_m=widths, dy_m=height, covariance=covariance, threads=threads, room=room
    )
    return landing._replace(error_bound=min(landing.error_bound + touchdown.error_bound, 1.0))


def _touchdown_bounds(
    safe: FloatArray, spacing: tuple[FloatArray, float], sigma_m: float, threads: int, room: Room
) -> LandingBounds:
    """Return the bounds of the chance at each chosen point; NaN where unknown if touchdowns are exact."""
    widths, dy_m = spacing
    if REACH_SIGMAS * sigma_m <= min(float(widths.min()), dy_m) / 2.0:
        return LandingBounds(safe, safe, 1, 0.0)
    around = (sigma_m**2, sigma_m**2, 0.0)
    return landing_bounds(safe, dx_m=widths, dy_m=dy_m, covariance=around, threads=threads, room=room)


def _best_in_reach(
    touchdown: LandingBounds, widths: FloatArray, dy_m: float, radius_m: float, room: Room
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of the chance at the best point within reach of each; NaN where none, or one, is unknown."""
    if radius_m < min(float(widths.min()), dy_m):
        return touchdown.lower, touchdown.upper
    height, length = touchdown.lower.shape
    across = math.hypot(height * dy_m, length * float(widths.max()))
    reach = min(radius_m, across)  # farther lies no cell
    tall, wide = disc_reach_cells(reach, dx_m=widths, dy_m=dy_m)
    lower, upper = room.new((height, length)), room.new((height, length))
    for top in range(0, height, _BLOCK_CELLS):
        for left in range(0, length, _BLOCK_CELLS):
            rows, seen_rows = _with_reach(top, tall, height)
            columns, seen_columns = _with_reach(left, wide, length)
            inner = (
                slice(top - seen_rows.start, rows.stop - seen_rows.start),
                slice(left - seen_columns.start, columns.stop - seen_columns.start),
            )
            for bound, found, disc in (
                (touchdown.lower, lower, known_disc_maximum),
                (touchdown.upper, upper, disc_maximum),
            ):
                seen = np.asarray(bound[seen_rows, seen_columns], np.float64)
                best = disc(seen, dx_m=widths[seen_rows], dy_m=dy_m, radius_m=reach)
                found[rows, columns] = best[inner]
    return lower, upper


def _with_reach(start: int, reach: int, size: int) -> tuple[slice, slice]:
    stop = min(start + _BLOCK_CELLS, size)
    return slice(start, stop), slice(max(start - reach, 0), min(stop + reach, size))
