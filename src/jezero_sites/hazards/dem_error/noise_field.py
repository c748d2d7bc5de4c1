r"""Made-up height errors with a given correlation: what a DEM's error might look like.

White noise is coloured in the frequency domain: with the transform S of the correlation C, laid out on a torus
that is larger than the field by the reach of C,

.. math:: e = \mathcal{F}^{-1}\!\left[\sqrt{S}\,\mathcal{F}[w]\right], \qquad w \sim N(0, 1),

has the correlation C (circulant embedding). Where S dips below zero, which a table of correlations can bring
about, it is taken as zero and the field is scaled back to unit variance.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.fft import irfft2, next_fast_len, rfft2

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.dem_error.correlation import Correlation

_REACH_LENGTHS = {"gaussian": 6.0, "exponential": 12.0}  # the correlation is below 1.3e-4 and 6e-6 there


def noise_field(
    shape: tuple[int, int], *, dx_m: float, dy_m: float, correlation: Correlation, seed: int
) -> FloatArray:
    """Return height errors of unit variance with a correlation.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns.
    dx_m, dy_m : float
        True ground spacing of the cells, in metres.
    correlation : Correlation
        Of two errors by their distance; one correlation, not ``worst_gaussian``.
    seed : int
        The same seed gives the same field.

    Returns
    -------
    array of shape (rows, columns)
        Mean 0 and variance 1 over many seeds; times sigma in metres it is an error of heights in metres.

    Raises
    ------
    ValueError
        If the model is ``worst_gaussian``, which stands for many correlations.

    References
    ----------
    Dietrich and Newsam (1997), SIAM J. Sci. Comput. 18(4), 1088-1107. doi:10.1137/S1064827592240555

    Examples
    --------
    Neighbours in a field with a long correlation are nearly alike:

    >>> field = noise_field((60, 80), dx_m=1.0, dy_m=2.0, correlation=Correlation("gaussian", 20.0), seed=1)
    >>> bool(np.abs(np.diff(field, axis=1)).max() < 0.3)
    True
    """
    rng = np.random.default_rng(seed)
    if correlation.model == "white":
        return rng.standard_normal(shape)
    reach = _reach_m(correlation)
    rows, columns = (
        next_fast_len(side + math.ceil(reach / step), real=True)
        for side, step in zip(shape, (dy_m, dx_m), strict=True)
    )
    distance = np.hypot(_around(rows, dy_m)[:, None], _around(columns, dx_m))
    spectrum = np.maximum(rfft2(1.0 + correlation.less_one(distance)).real, 0.0)
    variance = irfft2(spectrum, (rows, columns))[0, 0]
    white = rng.standard_normal((rows, columns))
    field = irfft2(rfft2(white) * np.sqrt(spectrum / variance), (rows, columns))
    part: FloatArray = np.ascontiguousarray(field[: shape[0], : shape[1]])
    return part


def _around(cells: int, step_m: float) -> FloatArray:
    """Return the distance from the first cell of a ring, the shorter way."""
    along = np.arange(float(cells))
    nearer: FloatArray = np.minimum(along, cells - along) * step_m
    return nearer


def _reach_m(correlation: Correlation) -> float:
    if correlation.table is not None:
        return correlation.table[0][-1]
    if correlation.length_m is None:
        raise ValueError(f"the model {correlation.model!r} stands for many correlations, not for one")
    return _REACH_LENGTHS[correlation.model] * correlation.length_m
