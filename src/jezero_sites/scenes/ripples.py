r"""Aeolian bedforms: sharp crests across the wind, in a patch with soft edges.

.. math::

   z = h\, m(x, y)\, \left|2 \operatorname{frac}\!\left(\frac{a + w}{\lambda}\right) - 1\right|^{3/2}

with :math:`a` the distance across the crests, :math:`w` a gentle wander of the crest lines,
:math:`\lambda` the spacing, :math:`h` the height and :math:`m` the patch: 1 inside, 0 outside.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from jezero_sites.arrays import FloatArray

__all__ = ["RipplePatch", "patch_weight", "ripple_relief_m"]

SHARPNESS = 1.5
"""Exponent of the profile: 1 would be straight flanks, 2 round troughs (choice of this project)."""

OUTLINE = (0.0, 0.10, 0.08, 0.05)
"""Amplitudes of 1, 2, 3 and 4 waves around the outline, in semi-axes (choice of this project)."""

WANDER_WAVELENGTHS = (9.0, 5.7, 3.1)
"""Lengths of the waves of the crest lines, in crest spacings (choice of this project)."""


@dataclass(frozen=True)
class RipplePatch:
    """A field of bedforms as it was made.

    Attributes
    ----------
    x_m, y_m : float
        The centre of the elliptic patch, in metres east and north.
    half_length_m, half_width_m : float
        Semi-axes of the patch; the length lies across the crests.
    crest_azimuth_deg : float
        Direction of the crest lines, 0 to 180 degrees clockwise from north.
    wavelength_m, height_m : float
        Crest spacing, and height of crest above trough in the middle of the patch.
    edge_fraction : float
        Share of the semi-axes over which the bedforms fade out.
    wander_fraction : float
        Amplitude of each wave of the crest lines, in crest spacings.
    seed : int
        Sets the phases of those waves, and the outline of the patch.
    """

    x_m: float
    y_m: float
    half_length_m: float
    half_width_m: float
    crest_azimuth_deg: float
    wavelength_m: float
    height_m: float
    edge_fraction: float = 0.3
    wander_fraction: float = 0.08
    seed: int = 0


def _across_along_m(patch: RipplePatch, x_m: FloatArray, y_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the distances from the centre across and along the crests, in metres."""
    azimuth = math.radians(patch.crest_azimuth_deg)
    east, north = x_m - patch.x_m, y_m[:, None] - patch.y_m
    across: FloatArray = east * math.cos(azimuth) - north * math.sin(azimuth)
    along: FloatArray = east * math.sin(azimuth) + north * math.cos(azimuth)
    return across, along


def patch_weight(patch: RipplePatch, *, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return how fully developed the bedforms are: 0 outside the patch to 1 well inside.

    Parameters
    ----------
    patch : RipplePatch
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east and north.

    Returns
    -------
    array of shape (rows, columns)

    Examples
    --------
    >>> patch = RipplePatch(10, 10, 5, 5, crest_azimuth_deg=0, wavelength_m=2, height_m=0.2)
    >>> patch_weight(patch, x_m=np.array([10.0, 16.0]), y_m=np.array([10.0]))
    array([[1., 0.]])
    """
    across, along = _across_along_m(patch, x_m, y_m)
    across, along = across / patch.half_length_m, along / patch.half_width_m
    phases = np.random.default_rng([patch.seed, 1]).uniform(0, 2 * np.pi, len(OUTLINE))
    angle, outline = np.arctan2(along, across), np.ones_like(across)
    for number, (amplitude, phase) in enumerate(zip(OUTLINE, phases, strict=True), start=1):
        outline += amplitude * np.sin(number * angle + phase)
    outward = np.hypot(across, along) / outline
    inward = np.clip((1 - outward) / patch.edge_fraction, 0, 1)
    weight: FloatArray = inward**2 * (3 - 2 * inward)
    return weight


def ripple_relief_m(patch: RipplePatch, *, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
    """Return the height the bedforms add to the ground, in metres.

    Parameters
    ----------
    patch : RipplePatch
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east and north.

    Returns
    -------
    array of shape (rows, columns)
        0 in the troughs and outside the patch, up to the height of the bedforms.

    Examples
    --------
    A crest at the centre, a trough half a spacing to the east:

    >>> patch = RipplePatch(0, 0, 99, 99, crest_azimuth_deg=0, wavelength_m=4, height_m=0.5,
    ...                     wander_fraction=0)
    >>> ripple_relief_m(patch, x_m=np.array([0.0, 2.0]), y_m=np.array([0.0]))
    array([[0.5, 0. ]])
    """
    across, along = _across_along_m(patch, x_m, y_m)
    phases = np.random.default_rng(patch.seed).uniform(0, 2 * np.pi, (len(WANDER_WAVELENGTHS), 2))
    waves = 2 * np.pi / (patch.wavelength_m * np.array(WANDER_WAVELENGTHS))
    wander = np.zeros_like(along)
    for wave, (phase, other) in zip(waves, phases, strict=True):
        wander += np.sin(wave * along + phase + 1.2 * np.sin(0.6 * wave * across + other))
    turns = across / patch.wavelength_m + patch.wander_fraction * wander
    profile = np.abs(2 * (turns - np.floor(turns)) - 1) ** SHARPNESS
    relief: FloatArray = patch.height_m * patch_weight(patch, x_m=x_m, y_m=y_m) * profile
    return relief
