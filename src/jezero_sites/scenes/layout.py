r"""Where things lie in a Jezero-like scene.

A scarp crosses the north-west corner and boulders lie at its foot,

.. math::

   p = \exp\left[-\left(\frac{u + u_0}{b}\right)^2\right]

being the chance that a boulder drawn from the law of the scarp stays at a distance :math:`u` uphill of
its line. Bedforms lie in the south-east, larger craters in the south-west and north-east, worn dimples
anywhere. Every number here is a choice of this project, made to look like the ground east of
the Jezero delta; lengths shrink with scenes smaller than `FULL_EXTENT_M`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from jezero_sites.scenes.craters import Crater, draw_diameters_m
from jezero_sites.scenes.ripples import RipplePatch
from jezero_sites.scenes.rocks import Rocks, draw_rocks
from jezero_sites.scenes.scarp import Scarp, scarp_distance_m

__all__ = ["PLAIN_ROCKS_PER_M2", "ROCK_DIAMETERS_M", "SCARP_ROCKS_PER_M2", "Layout", "lay_out"]

FULL_EXTENT_M = 450.0

ROCK_DIAMETERS_M = (0.5, 0.75, 1.0, 1.5, 2.25, 3.5)
"""Ends of the bins in which rocks are drawn; smaller rocks are below what the image shows."""

PLAIN_ROCKS_PER_M2 = (1.35534e-2, 2.05382e-3, 3.72843e-4, 1.61505e-5, 2.04709e-7, 2.12650e-10)
"""N(>= D) at those diameters for a rock abundance of 5 %, from the law of Golombek and Rapp (1997),
J. Geophys. Res. 102(E2), 4117, doi:10.1029/96JE03319."""

SCARP_ROCKS_PER_M2 = (1.29738e-1, 3.64363e-2, 1.20728e-2, 1.70353e-3, 1.23691e-4, 2.29255e-6)
"""The same for an abundance of 20 %."""

CRATER_REGIONS = ((0.05, 0.05, 0.40, 0.42), (0.74, 0.60, 0.97, 0.94))
"""West, south, east and north ends of the regions of larger craters, in shares of the extent."""


@dataclass(frozen=True, eq=False)
class Layout:
    """The features of a scene.

    Attributes
    ----------
    scarp : Scarp
    craters : tuple of Crater
        Larger ones first, then the worn dimples.
    ripples : RipplePatch
    rocks : Rocks
    """

    scarp: Scarp
    craters: tuple[Crater, ...]
    ripples: RipplePatch
    rocks: Rocks


def _scarp(seed: int, width_m: float, height_m: float) -> Scarp:
    """Return the scarp of the north-west corner."""
    scale = min(1.0, min(width_m, height_m) / FULL_EXTENT_M)
    return Scarp(
        x_m=0.17 * width_m,
        y_m=0.80 * height_m,
        uphill_azimuth_deg=312.0,
        height_m=18.0 * scale,
        width_m=36.0 * scale,
        waver_m=9.0 * scale,
        waver_length_m=170.0 * scale,
        layers=7,
        seed=seed,
    )


def _ripples(seed: int, width_m: float, height_m: float) -> RipplePatch:
    """Return the bedforms of the south-east."""
    return RipplePatch(
        x_m=0.80 * width_m,
        y_m=0.19 * height_m,
        half_length_m=0.18 * width_m,
        half_width_m=0.17 * height_m,
        crest_azimuth_deg=20.0,
        wavelength_m=12.0,
        height_m=1.6,
        seed=seed,
    )


def _large_craters(rng: np.random.Generator, width_m: float, height_m: float) -> list[Crater]:
    """Return four larger craters of each region, the largest first, that do not touch."""
    largest = min(60.0, 0.13 * min(width_m, height_m))
    diameters = np.sort(draw_diameters_m(rng, 8, smallest_m=largest / 4, largest_m=largest))[::-1]
    found: list[Crater] = []
    for number, diameter in enumerate(diameters):
        west, south, east, north = CRATER_REGIONS[number % len(CRATER_REGIONS)]
        for _ in range(100):
            x, y = rng.uniform(west, east) * width_m, rng.uniform(south, north) * height_m
            if all(np.hypot(x - c.x_m, y - c.y_m) > 0.8 * (diameter + c.diameter_m) for c in found):
                worn = float(rng.uniform(0, 0.5))
                found.append(Crater(float(x), float(y), float(diameter), 0.14, 0.03, worn))
                break
    return found


def _dimples(rng: np.random.Generator, width_m: float, height_m: float) -> list[Crater]:
    """Return small worn craters, anywhere."""
    number = int(rng.poisson(1.4e-4 * width_m * height_m))
    diameters = draw_diameters_m(rng, number, smallest_m=3.0, largest_m=9.0)
    places = rng.random((number, 3))
    return [
        Crater(float(x * width_m), float(y * height_m), float(d), 0.14, 0.03, float(0.65 + 0.25 * worn))
        for d, (x, y, worn) in zip(diameters, places, strict=True)
    ]


def _rocks(rng: np.random.Generator, scarp: Scarp, width_m: float, height_m: float) -> Rocks:
    """Return the rocks of the plain and the boulders at the foot of the scarp."""
    extent = (width_m, height_m)
    plain = draw_rocks(rng, extent, diameters_m=ROCK_DIAMETERS_M, density_per_m2=PLAIN_ROCKS_PER_M2)
    strewn = draw_rocks(rng, extent, diameters_m=ROCK_DIAMETERS_M, density_per_m2=SCARP_ROCKS_PER_M2)
    uphill = scarp_distance_m(scarp, x_m=strewn.x_m, y_m=strewn.y_m)
    chance = np.exp(-(((uphill + 0.4 * scarp.width_m) / (0.9 * scarp.width_m)) ** 2))
    return Rocks.joined([plain, strewn.chosen(rng.random(len(strewn)) < chance)])


def lay_out(seed: int, *, width_m: float, height_m: float) -> Layout:
    """Return the features of a scene of a given extent.

    Parameters
    ----------
    seed : int
        The same seed and extent give the same features.
    width_m, height_m : float
        Extent of the scene, in metres of ground.

    Returns
    -------
    Layout

    Examples
    --------
    >>> first, second = (lay_out(3, width_m=300, height_m=200) for _ in range(2))
    >>> first.craters == second.craters
    True
    """
    scarp = _scarp(seed, width_m, height_m)
    craters = np.random.default_rng([seed, 1])
    large, small = _large_craters(craters, width_m, height_m), _dimples(craters, width_m, height_m)
    return Layout(
        scarp=scarp,
        craters=(*large, *small),
        ripples=_ripples(seed, width_m, height_m),
        rocks=_rocks(np.random.default_rng([seed, 2]), scarp, width_m, height_m),
    )
