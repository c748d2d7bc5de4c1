r"""Rocks: drawn from a law of sizes, and set on the ground.

The number of rocks of a bin of diameters is Poisson with mean :math:`A\,[N(D_1) - N(D_2)]` for the
area :math:`A`. Inside a bin the law is a power law through both its ends. Shapes above the ground:

.. math::

   z = h\sqrt{1 - (2 r / D)^2} \quad\text{(half-ellipsoid)}, \qquad
   z = h, \; \max(|a|, |b|) \le \tfrac{\sqrt\pi}{4} D \quad\text{(box)}

with :math:`r` the distance from the centre and :math:`a, b` along the sides of the box. Both shapes
cover the area of a disc of diameter :math:`D`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike, NDArray

from jezero_sites.arrays import BoolArray, FloatArray

__all__ = ["ROCK_SHAPES", "Rocks", "add_rocks", "draw_rocks", "rock_relief_m"]

ROCK_SHAPES = ("ellipsoid", "box")
"""The families of shapes."""

HEIGHT_TO_DIAMETER = (0.5, 0.1, 0.25, 0.8)
"""Mean, standard deviation and bounds of height over diameter (choice of this project)."""


@dataclass(frozen=True, eq=False)
class Rocks:
    """A table of rocks, one entry of each array per rock.

    Attributes
    ----------
    x_m, y_m : arrays of shape (rocks,)
        Centres, in metres east and north.
    diameter_m, height_m : arrays of shape (rocks,)
        Diameter of the disc of the same area, and height above the ground.
    turn_deg : array of shape (rocks,)
        Azimuth of one pair of sides of a box.
    shape : array of str of shape (rocks,)
        One of `ROCK_SHAPES`.
    """

    x_m: FloatArray
    y_m: FloatArray
    diameter_m: FloatArray
    height_m: FloatArray
    turn_deg: FloatArray
    shape: NDArray[np.str_]

    def __len__(self) -> int:
        return int(self.x_m.size)

    def chosen(self, which: BoolArray) -> Rocks:
        """Return the rocks for which the array of shape (rocks,) is true."""
        return Rocks(*(getattr(self, column.name)[which] for column in fields(self)))

    @staticmethod
    def joined(tables: Sequence[Rocks]) -> Rocks:
        """Return one table of all rocks, in the order given."""
        names = [column.name for column in fields(Rocks)]
        return Rocks(*(np.concatenate([getattr(table, name) for table in tables]) for name in names))


def _drawn_diameters_m(
    rng: np.random.Generator, area_m2: float, edges: FloatArray, law: FloatArray
) -> FloatArray:
    """Return diameters with Poisson counts per bin, in metres."""
    found = []
    for small, large, many, few in zip(edges[:-1], edges[1:], law[:-1], law[1:], strict=True):
        number = rng.poisson(area_m2 * (many - few))
        density = few + rng.random(number) * (many - few)
        exponent = np.log(large / small) / np.log(few / many)
        found.append(small * (density / many) ** exponent)
    return np.concatenate(found)


def draw_rocks(
    rng: np.random.Generator,
    extent_m: tuple[float, float],
    *,
    diameters_m: ArrayLike,
    density_per_m2: ArrayLike,
    box_fraction: float = 0.3,
) -> Rocks:
    """Return rocks strewn evenly over a rectangle.

    Parameters
    ----------
    rng : numpy.random.Generator
    extent_m : (width, height)
        Of the rectangle with its south-west corner at zero, in metres.
    diameters_m : array_like of shape (edges,)
        Ends of the bins of diameters, rising, in metres.
    density_per_m2 : array_like of shape (edges,)
        Number of rocks of at least that diameter per square metre, N(>= D): positive and falling.
        Rocks beyond the last diameter are left out.
    box_fraction : float
        Share of boxes; the others are half-ellipsoids.

    Returns
    -------
    Rocks

    Raises
    ------
    ValueError
        When diameters do not rise or densities do not fall.

    References
    ----------
    Golombek and Rapp (1997), J. Geophys. Res. 102(E2), 4117, doi:10.1029/96JE03319, for laws to pass.

    Examples
    --------
    Half a million rocks expected on a square kilometre, none of them smaller than 1 m:

    >>> rocks = draw_rocks(np.random.default_rng(5), (1000.0, 1000.0), diameters_m=[1.0, 2.0],
    ...                    density_per_m2=[0.6, 0.1])
    >>> round(len(rocks) / 500_000, 1), bool((rocks.diameter_m >= 1).all())
    (1.0, True)
    """
    edges, law = np.asarray(diameters_m, dtype=np.float64), np.asarray(density_per_m2, dtype=np.float64)
    if np.any(np.diff(edges) <= 0) or np.any(np.diff(law) >= 0) or law[-1] <= 0 or edges[0] <= 0:
        raise ValueError(
            f"need positive diameters that rise and densities that fall; found {edges} and {law}"
        )
    diameter = _drawn_diameters_m(rng, extent_m[0] * extent_m[1], edges, law)
    number = diameter.size
    mean, deviation, low, high = HEIGHT_TO_DIAMETER
    ratio = np.clip(mean + deviation * rng.standard_normal(number), low, high)
    return Rocks(
        x_m=rng.random(number) * extent_m[0],
        y_m=rng.random(number) * extent_m[1],
        diameter_m=diameter,
        height_m=diameter * ratio,
        turn_deg=rng.random(number) * 90,
        shape=np.where(rng.random(number) < box_fraction, "box", "ellipsoid"),
    )


def _one_relief_m(rocks: Rocks, number: int, east: FloatArray, north: FloatArray) -> FloatArray:
    """Return the height of one rock at places told from its centre, in metres; 0 beside it."""
    diameter, height = rocks.diameter_m[number], rocks.height_m[number]
    if rocks.shape[number] == "ellipsoid":
        inside = 1 - (east**2 + north**2) / (diameter / 2) ** 2
        relief: FloatArray = height * np.sqrt(np.maximum(inside, 0))
        return relief
    turn = np.radians(rocks.turn_deg[number])
    one = np.abs(east * np.sin(turn) + north * np.cos(turn))
    other = np.abs(east * np.cos(turn) - north * np.sin(turn))
    return np.where(np.maximum(one, other) <= np.sqrt(np.pi) / 4 * diameter, height, 0.0)


def rock_relief_m(rocks: Rocks, *, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return the height of rock above the ground at each cell, in metres.

    Parameters
    ----------
    rocks : Rocks
        Where rocks overlap, the higher one counts.
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east (rising) and north (falling), evenly spaced.

    Returns
    -------
    array of shape (rows, columns)
        0 where there is no rock. A rock between the cell centres is not seen.

    Raises
    ------
    ValueError
        When a rock has a shape that is not of `ROCK_SHAPES`.

    Examples
    --------
    >>> one = Rocks(*(np.array([v]) for v in (5.0, 5.0, 2.0, 0.8, 0.0)), shape=np.array(["ellipsoid"]))
    >>> rock_relief_m(one, x_m=np.array([5.0, 6.0]), y_m=np.array([5.0]))
    array([[0.8, 0. ]])
    """
    strange = set(rocks.shape.tolist()) - set(ROCK_SHAPES)
    if strange:
        raise ValueError(f"found rocks of shape {sorted(strange)}; known are {ROCK_SHAPES}")
    relief = np.zeros((y_m.size, x_m.size))
    reach = rocks.diameter_m * 0.7
    west, east = np.searchsorted(x_m, rocks.x_m - reach), np.searchsorted(x_m, rocks.x_m + reach)
    north, south = np.searchsorted(-y_m, -rocks.y_m - reach), np.searchsorted(-y_m, -rocks.y_m + reach)
    for number in range(len(rocks)):
        rows, columns = slice(north[number], south[number]), slice(west[number], east[number])
        from_x, from_y = x_m[columns] - rocks.x_m[number], y_m[rows, None] - rocks.y_m[number]
        np.maximum(
            relief[rows, columns], _one_relief_m(rocks, number, from_x, from_y), out=relief[rows, columns]
        )
    return relief


def add_rocks(elevation_m: FloatArray, rocks: Rocks, *, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return the ground with rocks standing on it, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights without rocks, in metres; NaN stays NaN.
    rocks : Rocks
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east (rising) and north (falling), evenly spaced.

    Returns
    -------
    array of shape (rows, columns)

    Examples
    --------
    >>> box = Rocks(*(np.array([v]) for v in (5.0, 5.0, 2.0, 0.8, 0.0)), shape=np.array(["box"]))
    >>> add_rocks(np.array([[10.0, 10.0]]), box, x_m=np.array([5.5, 7.5]), y_m=np.array([5.0]))
    array([[10.8, 10. ]])
    """
    heights: FloatArray = elevation_m + rock_relief_m(rocks, x_m=x_m, y_m=y_m)
    return heights
