r"""What a camera makes of brightness: blur, cells, noise and digital numbers.

.. math::

   \mathrm{DN} = \operatorname{round}\left(g\,\left[I + n\,\sqrt{I I_0} / \mathrm{SNR}\right]\right)

with :math:`g` the gain, :math:`n` standard normal noise and :math:`I_0` the brightness at which the
signal-to-noise ratio SNR is met: the normal limit of photon noise.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from jezero_sites.arrays import FloatArray
from jezero_sites.scenes.cells import block_mean

__all__ = ["digital_numbers", "seen_by_camera"]


def seen_by_camera(brightness: FloatArray, *, block: int, psf_fwhm_cells: float) -> FloatArray:
    """Return the image on larger cells, blurred by the optics.

    Parameters
    ----------
    brightness : array of shape (rows, columns)
        Without NaN.
    block : int
        Cells of the ground along the side of one image cell.
    psf_fwhm_cells : float
        Full width at half maximum of the Gaussian point spread, in image cells.

    Returns
    -------
    array of shape (rows / block, columns / block)

    Examples
    --------
    >>> seen_by_camera(np.ones((4, 6)), block=2, psf_fwhm_cells=1.5).round(9)
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    sigma = psf_fwhm_cells / math.sqrt(8 * math.log(2))
    return block_mean(ndimage.gaussian_filter(brightness, sigma * block, mode="nearest"), block)


def digital_numbers(
    rng: np.random.Generator,
    brightness: FloatArray,
    *,
    full_scale: float,
    signal_to_noise: float,
    bits: int = 8,
) -> NDArray[np.uint8] | NDArray[np.uint16]:
    """Return the image in whole numbers, with photon noise.

    Parameters
    ----------
    rng : numpy.random.Generator
    brightness : array of shape (rows, columns)
        0 and up, without NaN.
    full_scale : float
        Brightness of the largest number; brighter ground saturates there.
    signal_to_noise : float
        At half of the full scale; infinity for no noise.
    bits : int
        8 or 16.

    Returns
    -------
    uint8 or uint16 array of shape (rows, columns)
        1 and up: 0 is left for no data.

    Raises
    ------
    ValueError
        When bits are neither 8 nor 16.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> digital_numbers(rng, np.array([[0.2, 1.0, 9.0]]), full_scale=1.0, signal_to_noise=np.inf)
    array([[ 51, 255, 255]], dtype=uint8)
    """
    if bits not in (8, 16):
        raise ValueError(f"found {bits} bits; known are 8 and 16")
    largest = 2**bits - 1
    noise = np.sqrt(np.maximum(brightness, 0) * full_scale / 2) / signal_to_noise
    noisy = brightness + noise * rng.standard_normal(brightness.shape)
    numbers = np.clip(np.rint(noisy / full_scale * largest), 1, largest)
    small: NDArray[np.uint8] | NDArray[np.uint16] = numbers.astype(np.uint8 if bits == 8 else np.uint16)
    return small
