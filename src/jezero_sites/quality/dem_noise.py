r"""How large the error of a DEM is, and over what length it hangs together, from the DEM itself.

With the heights z, and the residual of the least-squares plane at the centre of its window, which is the height
minus the mean of the window, taken twice (the mean of a window passes every plane, so h removes every polynomial
of third degree),

.. math:: e = h * z, \qquad h = (\delta - b) * (\delta - b), \qquad b = 1 / (N_y N_x) \text{ in the window},

an error of standard deviation :math:`\sigma` with the correlation :math:`C(r) = e^{-r^2 / (4 \ell^2)}` has, after
the filter, the autocovariance

.. math:: \gamma(t) = \sigma^2 \sum_u (h \star h)(u)\, C(|u + t|).

:math:`\sigma` and :math:`\ell` are those whose :math:`\gamma` is nearest, by least squares, to the measured one at
lags up to half the window, east-west and north-south.

Only smooth ground is measured. It is chosen by its curvature at a coarser scale, the same residual of means over
a window B twice as wide, :math:`t = b_B * (\delta - b_B) * z`: what passes this filter hardly passes h, so that
quiet errors are not chosen with smooth ground.

What this cannot know: an error much longer than the window (tilts, steps of jitter, a wrong datum) is taken for
ground, and ground that is rough over a few cells is taken for error. On rough ground the result is therefore an
upper bound of the short-wave error, and never a bound of the whole error. Where the answer grows with the window,
it is ground. Reach: twice the wide window's half.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.optimize import minimize_scalar

from jezero_sites.arrays import BoolArray, FloatArray
from jezero_sites.terrain.ground import as_heights, as_spacing, half_window
from jezero_sites.terrain.window import window_sum

NOISE_WINDOW_CELLS = 11  # a guess: wide enough for errors that stereo correlates over up to about 4 cells
SMOOTH_FRACTION = 0.5  # a guess: the smoother half of the ground
CELLS_NEEDED = 1500  # sigma then scatters by 9 % at a length of 2 cells, by 16 % at 3 (drawn 24 times each)

_SHORTEST_CELLS = 0.2  # a Gaussian this short has a correlation of 0.002 at the next cell: white
_SEARCH_STEPS = 48  # lengths tried before the best is refined; neighbours differ by 7 %

Lags = tuple[FloatArray, FloatArray]  # autocovariance at lags 0, 1, 2 ... cells, to the east and to the north


@dataclass(frozen=True)
class NoiseEstimate:
    """The short-wave error of a DEM.

    Parameters
    ----------
    sigma_m : float
        Standard deviation of the error of a height, in metres.
    length_m : float
        Length of its correlation exp(-r^2 / (4 length^2)), in metres; 0 where neighbours are independent.
    misfit_fraction : float
        Root of the squares that the model leaves over, by those of the measured autocovariance: above about
        0.1 the error is not Gaussian, or it is ground.
    residual_rms_m : float
        Root mean square of the filtered heights, in metres.
    autocorrelation : tuple of tuple of float
        Their autocovariance at lags of 0, 1, 2 ... cells to the east, and to the north, each divided by its
        value at lag 0.
    cells : int
        Cells of smooth ground that were measured.
    ground_fraction : float
        Those cells by all cells of known height.
    """

    sigma_m: float
    length_m: float
    misfit_fraction: float
    residual_rms_m: float
    autocorrelation: tuple[tuple[float, ...], tuple[float, ...]]
    cells: int
    ground_fraction: float


def estimate_noise(
    elevation_m: FloatArray,
    *,
    dx_m: FloatArray,
    dy_m: float,
    window: tuple[int, int] = (NOISE_WINDOW_CELLS, NOISE_WINDOW_CELLS),
    smooth_fraction: float = SMOOTH_FRACTION,
) -> NoiseEstimate:
    """Return the standard deviation and the correlation length of a DEM's short-wave error, in metres.

    Parameters
    ----------
    elevation_m : array of shape (rows, columns)
        Heights in metres, first row to the north; NaN where unknown. The whole array is held several times.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres; its mean over the measured cells is used.
    dy_m : float
        True ground height of a cell, in metres.
    window : tuple of int, optional
        Rows and columns of the filter's window, both odd and at least 3. It must be about three times as wide
        as the length in question; a wider one takes more of the ground for error.
    smooth_fraction : float, optional
        Share of the ground to measure, the smoothest first: above 0, at most 1.

    Returns
    -------
    NoiseEstimate

    Raises
    ------
    ValueError
        If shapes do not fit, a spacing is not positive and finite, the window or the share is not one of the
        above, too little smooth ground is known, or the residual is as smooth as the widest error that the
        window can tell from ground.

    References
    ----------
    Autocovariance of a filtered random field: Priestley (1981), Spectral Analysis and Time Series, Academic
    Press.

    Examples
    --------
    A plane is measured as free of errors, and independent errors of 0.2 m as what they are:

    >>> plane_m = 0.1 * np.arange(120.0) * np.ones((100, 1))
    >>> estimate_noise(plane_m, dx_m=np.ones(100), dy_m=1.0).sigma_m < 1e-9
    True
    >>> errors_m = 0.2 * np.random.default_rng(1).standard_normal((100, 120))
    >>> round(estimate_noise(plane_m + errors_m, dx_m=np.ones(100), dy_m=1.0).sigma_m, 1)
    0.2
    """
    heights = as_heights(elevation_m)
    widths, height = as_spacing(dx_m, dy_m, len(heights))
    half_window(window)
    if not 0.0 < smooth_fraction <= 1.0:
        raise ValueError(f"smooth_fraction is {smooth_fraction}; needed: above 0 and at most 1")
    is_smooth, residual, rounding = _smooth_residual(heights, window, smooth_fraction)
    cells, known = int(is_smooth.sum()), int(np.isfinite(heights).sum())
    if cells < CELLS_NEEDED:
        raise ValueError(
            f"{cells} cells of smooth ground with known surroundings; needed: {CELLS_NEEDED}; use a larger"
            " piece of the DEM, or a smaller window"
        )
    spacing = float(is_smooth.sum(axis=1) @ widths) / cells, height
    measured = _autocovariance(residual, window)
    power = 0.5 * float(measured[0][0] + measured[1][0])
    if power <= rounding**2:
        sigma_m, length_m, misfit = 0.0, 0.0, 0.0
    else:
        sigma_m, length_m, misfit = _fit(measured, spacing, window)
    east, north = (tuple(float(v / line[0]) if line[0] > 0.0 else 0.0 for v in line) for line in measured)
    return NoiseEstimate(
        sigma_m, length_m, misfit, float(np.sqrt(power)), (east, north), cells, cells / known
    )


def _less_mean(values: FloatArray, window: tuple[int, int]) -> FloatArray:
    """Return what a least-squares plane leaves over at the centre of its window."""
    return values - window_sum(values, window=window) / float(window[0] * window[1])


def _smooth_residual(
    heights: FloatArray, window: tuple[int, int], smooth_fraction: float
) -> tuple[BoolArray, FloatArray, float]:
    """Return where the ground is smooth, the filtered heights there (NaN elsewhere), and their rounding."""
    rise = heights - (np.nanmedian(heights) if np.isfinite(heights).any() else 0.0)
    residual = _less_mean(_less_mean(rise, window), window)
    wide = 2 * window[0] + 1, 2 * window[1] + 1
    curvature = np.abs(_less_mean(window_sum(rise, window=wide), wide))
    is_known = np.isfinite(residual) & np.isfinite(curvature)
    if not is_known.any():
        return is_known, residual, 0.0
    is_smooth = is_known & (curvature <= np.quantile(curvature[is_known], smooth_fraction))
    rounding = 64.0 * float(np.spacing(np.nanmax(np.abs(heights))))
    return is_smooth, np.where(is_smooth, residual, np.nan), rounding


def _autocovariance(residual: FloatArray, window: tuple[int, int]) -> Lags:
    """Return the mean product of residuals at lags up to half the window, to the east and to the north."""
    tall, wide = half_window(window)
    rows, columns = residual.shape
    east = [np.nanmean(residual[:, : columns - lag] * residual[:, lag:]) for lag in range(wide + 1)]
    north = [np.nanmean(residual[: rows - lag] * residual[lag:]) for lag in range(tall + 1)]
    return np.array(east), np.array(north)


@lru_cache(maxsize=8)
def _filter_pairs(window: tuple[int, int]) -> FloatArray:
    """Return the autocorrelation of the filter h, from offset minus to plus twice the window less two cells."""
    once = np.full(window, -1.0 / (window[0] * window[1]))
    once[window[0] // 2, window[1] // 2] += 1.0
    from scipy.signal import convolve2d, fftconvolve  # a third of a second, needed here alone

    twice = convolve2d(once, once)
    pairs: FloatArray = fftconvolve(twice, twice[::-1, ::-1])
    return pairs


def _expected(length_m: float, spacing: tuple[float, float], window: tuple[int, int]) -> Lags:
    """Return the autocovariance that an error of 1 m and this length has after the filter."""
    pairs = _filter_pairs(window)
    (tall, wide), (dx_m, dy_m) = half_window(window), spacing
    rows, columns = (np.arange(side) - side // 2 for side in pairs.shape)

    def correlation(offsets: FloatArray) -> FloatArray:
        return np.asarray(np.exp(-((offsets / (2.0 * length_m)) ** 2)))

    east_lags, north_lags = np.arange(wide + 1)[:, None], np.arange(tall + 1)[:, None]
    across = correlation(rows * dy_m) @ pairs, pairs @ correlation(columns * dx_m)
    return (
        correlation((columns + east_lags) * dx_m) @ across[0],
        correlation((rows + north_lags) * dy_m) @ across[1],
    )


def _fit(measured: Lags, spacing: tuple[float, float], window: tuple[int, int]) -> tuple[float, float, float]:
    """Return sigma and length, in metres, and the share of the autocovariance that they leave over."""
    wanted = np.concatenate([measured[0], measured[1]])

    def scale_and_misfit(length_m: float) -> tuple[float, float]:
        expected = np.concatenate(_expected(length_m, spacing, window))
        scale = max(float(expected @ wanted) / float(expected @ expected), 0.0)
        return scale, float(np.linalg.norm(scale * expected - wanted) / np.linalg.norm(wanted))

    shortest_m = _SHORTEST_CELLS * min(spacing)
    longest_m = 0.5 * max(window[0] * spacing[1], window[1] * spacing[0])
    lengths = np.geomspace(shortest_m, longest_m, _SEARCH_STEPS)
    best = int(np.argmin([scale_and_misfit(float(length))[1] for length in lengths]))
    if best == _SEARCH_STEPS - 1:
        raise ValueError(
            f"the residual is as smooth as an error correlated over {longest_m:.3g} m, which a window of"
            f" {window} cells cannot tell from ground; needed: a DEM with short-wave errors, or a wider window"
        )
    bounds = float(lengths[max(best - 1, 0)]), float(lengths[best + 1])
    found = minimize_scalar(
        lambda length: scale_and_misfit(float(length))[1], bounds=bounds, method="bounded"
    )
    length_m = float(found.x) if best > 0 else 0.0
    scale, misfit = scale_and_misfit(length_m or shortest_m)
    return float(np.sqrt(scale)), length_m, misfit
