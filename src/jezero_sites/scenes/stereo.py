r"""What a stereo terrain model makes of the ground: smoother, noisier, with gaps.

.. math::

   z_\mathrm{DEM} = \langle G_s * z \rangle + \sigma\,n_\ell

with :math:`G_s` a Gaussian of standard deviation :math:`s`, the mean over one cell, and noise
:math:`n_\ell` of variance 1 that is correlated over a length :math:`\ell` (0: white).
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.scenes.cells import block_mean

__all__ = ["corner_gap", "seen_by_stereo", "vertical_noise_m"]


def seen_by_stereo(
    ground_m: FloatArray, *, dx_m: float, dy_m: float, block: int, smoothing_m: float
) -> FloatArray:
    """Return heights on larger cells, smoothed as stereo matching does, in metres.

    Parameters
    ----------
    ground_m : array of shape (rows, columns)
        Heights of the true ground, in metres, without NaN.
    dx_m, dy_m : float
        Ground width and height of its cells, in metres.
    block : int
        Cells of the ground along the side of one DEM cell.
    smoothing_m : float
        Standard deviation of the Gaussian, in metres.

    Returns
    -------
    array of shape (rows / block, columns / block)

    Examples
    --------
    >>> seen_by_stereo(np.full((2, 4), 7.0), dx_m=1.0, dy_m=1.0, block=2, smoothing_m=1.0).round(9)
    array([[7., 7.]])
    """
    sigma = (smoothing_m / dy_m, smoothing_m / dx_m)
    middle = float(ground_m.mean())
    smooth = ndimage.gaussian_filter(ground_m - middle, sigma, mode="nearest")
    return block_mean(smooth, block) + middle


def vertical_noise_m(
    rng: np.random.Generator,
    shape: tuple[int, int],
    *,
    dx_m: float,
    dy_m: float,
    sigma_m: float,
    correlation_m: float,
) -> FloatArray:
    """Return vertical noise with a wanted standard deviation, in metres.

    Parameters
    ----------
    rng : numpy.random.Generator
    shape : (rows, columns)
    dx_m, dy_m : float
        Ground width and height of a cell, in metres.
    sigma_m : float
        Standard deviation of the noise that is expected, in metres.
    correlation_m : float
        Standard deviation of the Gaussian that smooths white noise, in metres; 0 leaves it white.

    Returns
    -------
    array of shape (rows, columns)

    Examples
    --------
    >>> quiet = vertical_noise_m(np.random.default_rng(1), (2, 2), dx_m=1.0, dy_m=1.0, sigma_m=0.0,
    ...                          correlation_m=2.0)
    >>> bool((quiet == 0).all())
    True
    """
    sigma = (correlation_m / dy_m, correlation_m / dx_m)
    noise = ndimage.gaussian_filter(rng.standard_normal(shape), sigma, mode="wrap")
    impulse = np.zeros([2 * int(4 * s + 0.5) + 1 for s in sigma])
    impulse[impulse.shape[0] // 2, impulse.shape[1] // 2] = 1
    gain = np.sqrt(np.sum(ndimage.gaussian_filter(impulse, sigma, mode="constant") ** 2))
    heights: FloatArray = noise * (sigma_m / gain)
    return heights


def corner_gap(x_m: FloatArray, y_m: FloatArray, *, radius_m: float, seed: int) -> BoolArray:
    """Return which cells lie in an irregular gap around the north-east corner.

    Parameters
    ----------
    x_m, y_m : arrays of shape (columns,) and (rows,)
        Where the cells lie: metres east and north.
    radius_m : float
        Mean reach of the gap from the corner, in metres; 0 for no gap.
    seed : int
        Sets the outline.

    Returns
    -------
    bool array of shape (rows, columns)

    Examples
    --------
    >>> corner_gap(np.arange(3.0), np.arange(2.0)[::-1], radius_m=0.9, seed=1)
    array([[False, False,  True],
           [False, False, False]])
    """
    east, north = x_m.max() - x_m, (y_m.max() - y_m)[:, None]
    angle = np.arctan2(north, east)
    outline = np.ones_like(angle)
    phases = np.random.default_rng(seed).uniform(0, 2 * np.pi, 4)
    for number, phase in enumerate(phases, start=2):
        outline = outline + 0.3 / number * np.sin(2 * number * angle + phase)
    is_gap: BoolArray = np.hypot(east, north) < radius_m * outline
    return is_gap
