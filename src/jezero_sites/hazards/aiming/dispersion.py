r"""Where touchdowns fall around the aim point: a normal distribution in ground metres.

With standard deviations a along the major axis and b along the minor axis, and the azimuth A of the major axis
clockwise from north,

.. math::
    \mathrm{var}(E) = a^2 \sin^2 A + b^2 \cos^2 A, \quad
    \mathrm{var}(N) = a^2 \cos^2 A + b^2 \sin^2 A, \quad
    \mathrm{cov} = (a^2 - b^2) \sin A \cos A .

An ellipse said to hold a share p of the touchdowns has its semi-axes at :math:`\sqrt{-2 \ln(1 - p)}` standard
deviations: three of them hold 98.889 %, not 99.7 %.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

from jezero_sites.arrays import FloatArray

Covariance = tuple[float, float, float]  # variances to the east and to the north, and their covariance; m^2

REACH_SIGMAS = 5.0  # the ellipse beyond which touchdowns are left out: 3.7e-6 of them
_FINEST_SHARE = 201  # most parts a side that a cell is cut into; a dispersion that needs more is refused


def dispersion_covariance(
    *,
    major_m: float,
    minor_m: float,
    percent: float | None = None,
    n_sigma: float | None = None,
    azimuth_deg: float,
) -> Covariance:
    """Return the variances of the touchdown point to the east and north, and their covariance, in m2.

    Parameters
    ----------
    major_m, minor_m : float
        Semi-axes of the landing ellipse in ground metres, the major one first.
    percent : float, optional
        Share of touchdowns within the ellipse, in percent. Give this or ``n_sigma``.
    n_sigma : float, optional
        The semi-axes in standard deviations.
    azimuth_deg : float
        Azimuth of the major axis in degrees, clockwise from north.

    Returns
    -------
    tuple of float
        var(east), var(north), cov(east, north).

    Raises
    ------
    ValueError
        If not exactly one meaning of the axes is given, or a number is out of its range.

    Examples
    --------
    One sigma of 20 m east-west and 10 m north-south:

    >>> [round(v, 9) for v in dispersion_covariance(major_m=20.0, minor_m=10.0, n_sigma=1.0, azimuth_deg=90.0)]
    [400.0, 100.0, 0.0]
    """
    if not 0.0 < minor_m <= major_m < math.inf:
        raise ValueError(f"axes {major_m} x {minor_m} m must be positive, the major one first")
    if not math.isfinite(azimuth_deg):
        raise ValueError(f"azimuth_deg {azimuth_deg} must be finite")
    scale = axis_sigmas(percent, n_sigma)
    a2, b2 = (major_m / scale) ** 2, (minor_m / scale) ** 2
    sine, cosine = math.sin(math.radians(azimuth_deg)), math.cos(math.radians(azimuth_deg))
    return (
        a2 * sine**2 + b2 * cosine**2,
        a2 * cosine**2 + b2 * sine**2,
        (a2 - b2) * sine * cosine,
    )


def dispersion_reach_cells(
    covariance: Covariance, *, dx_m: float | FloatArray, dy_m: float
) -> tuple[int, int]:
    """Return how far the dispersion reaches from the aim point, in cells, (rows, columns).

    Parameters
    ----------
    covariance : tuple of float
        var(east), var(north), cov(east, north) in m2.
    dx_m : float or array of shape (rows,)
        True ground width of the cells in metres; of several the smallest counts.
    dy_m : float
        True ground height of a cell in metres.

    Returns
    -------
    tuple of int
        Cells that the ellipse of 5 standard deviations touches, north or south and east or west of the aim.

    Raises
    ------
    ValueError
        If the covariance is not that of a distribution with a width, or a spacing is not positive.

    Examples
    --------
    >>> dispersion_reach_cells((400.0, 100.0, 0.0), dx_m=1.0, dy_m=2.0)
    (25, 100)
    """
    east, north, _ = _checked(covariance)
    narrowest = float(np.min(dx_m))
    if not (0.0 < narrowest < math.inf and 0.0 < dy_m < math.inf):
        raise ValueError(f"spacing {narrowest} x {dy_m} m must be positive and finite")
    rows = math.floor(REACH_SIGMAS * math.sqrt(north) / dy_m + 0.5)
    return rows, math.floor(REACH_SIGMAS * math.sqrt(east) / narrowest + 0.5)


def cell_mass(
    covariance: Covariance, *, dx_m: float, dy_m: float, most: tuple[int, int] | None = None
) -> FloatArray:
    """Return the share of touchdowns in each cell around the aim point, which is the middle of the array.

    Parameters
    ----------
    covariance : tuple of float
        var(east), var(north), cov(east, north) in m2.
    dx_m, dy_m : float
        True ground spacing of the cells, in metres.
    most : tuple of int, optional
        Rows and columns from the aim point beyond which cells are left out: those that no cell of a raster
        is away from another.

    Returns
    -------
    array of shape (2 rows + 1, 2 columns + 1)
        First row to the north, with the rows and columns of ``dispersion_reach_cells``; the density at the
        centre of a cell times its area, or the mean of k x k points of it where the dispersion is narrower
        than two cells. Nothing is normalised: what lies beyond 5 standard deviations (3.7e-6) is left out.

    Raises
    ------
    ValueError
        If the covariance is not that of a distribution with a width, or narrower than a hundredth of a cell.

    Examples
    --------
    >>> mass = cell_mass((400.0, 100.0, 0.0), dx_m=1.0, dy_m=2.0)
    >>> mass.shape, round(float(mass.sum()), 5)
    ((51, 201), 1.0)
    """
    rows, columns = dispersion_reach_cells(covariance, dx_m=dx_m, dy_m=dy_m)
    if most is not None:
        rows, columns = min(rows, most[0]), min(columns, most[1])
    parts = _parts(covariance, max(dx_m, dy_m))
    within = (np.arange(parts) - (parts - 1) / 2.0) / parts
    east = ((np.arange(-columns, columns + 1)[:, None] + within) * dx_m).ravel()
    mass = np.empty((2 * rows + 1, 2 * columns + 1))
    for i in range(2 * rows + 1):
        north = ((rows - i) - within) * dy_m
        density = _density(east, north[:, None], covariance)
        mass[i] = density.reshape(parts, 2 * columns + 1, parts).sum(axis=(0, 2))
    return mass * (dx_m * dy_m / parts**2)


def wilson_interval(successes: int, draws: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval that holds the chance behind a number of successes, 0 to 1.

    Parameters
    ----------
    successes, draws : int
        How many of how many independent draws succeeded.
    confidence : float
        Chance that such an interval holds the truth, between 0 and 1.

    Returns
    -------
    tuple of float
        Lower and upper end.

    Raises
    ------
    ValueError
        If there is no draw, more successes than draws, or a confidence out of its range.

    References
    ----------
    Wilson (1927), J. Am. Stat. Assoc. 22(158), 209-212. doi:10.1080/01621459.1927.10502953

    Examples
    --------
    A thousand draws without a success do not say that there is no chance:

    >>> low, high = wilson_interval(0, 1000)
    >>> low, round(high, 6)
    (0.0, 0.003827)
    """
    if not (draws > 0 and 0 <= successes <= draws and 0.0 < confidence < 1.0):
        raise ValueError(f"{successes} successes in {draws} draws at confidence {confidence} cannot be")
    z2 = float(ndtri(0.5 + confidence / 2.0)) ** 2
    share = successes / draws
    middle = share + z2 / (2 * draws)
    half = math.sqrt(z2 * (share * (1.0 - share) / draws + z2 / (4.0 * draws**2)))
    low, high = (middle - half) / (1.0 + z2 / draws), (middle + half) / (1.0 + z2 / draws)
    return 0.0 if successes == 0 else low, 1.0 if successes == draws else high


def axis_sigmas(percent: float | None, n_sigma: float | None) -> float:
    """Return how many standard deviations an ellipse's semi-axes are; give its percent or the number.

    >>> round(axis_sigmas(99.0, None), 6)
    3.034854
    """
    if (percent is None) == (n_sigma is None):
        raise ValueError(f"give percent or n_sigma, one of them; found percent={percent}, n_sigma={n_sigma}")
    if percent is not None:
        if not 0.0 < percent < 100.0:
            raise ValueError(f"percent {percent} must lie between 0 and 100")
        return math.sqrt(-2.0 * math.log1p(-percent / 100.0))
    if n_sigma is None or not 0.0 < n_sigma < math.inf:
        raise ValueError(f"n_sigma {n_sigma} must be positive and finite")
    return n_sigma


def _checked(covariance: Covariance) -> Covariance:
    east, north, both = covariance
    if not (0.0 < east < math.inf and 0.0 < north < math.inf and both**2 < east * north):
        raise ValueError(f"covariance {covariance} must be that of a distribution with a width")
    return covariance


def _parts(covariance: Covariance, cell_m: float) -> int:
    """Return the odd number of parts a side that makes a part half as wide as the dispersion, or less."""
    east, north, both = covariance
    major2 = (east + north) / 2.0 + math.hypot((east - north) / 2.0, both)
    minor = math.sqrt((east * north - both**2) / major2)
    parts = math.ceil(2.0 * cell_m / minor)
    if parts > _FINEST_SHARE:
        raise ValueError(
            f"the dispersion's smaller sigma of {minor:.3g} m is too narrow for cells of {cell_m} m"
        )
    return parts + 1 - parts % 2


def _density(east: FloatArray, north: FloatArray, covariance: Covariance) -> FloatArray:
    """Return the density of touchdowns, in 1/m2; 0 beyond the reach."""
    var_east, var_north, both = covariance
    area = var_east * var_north - both**2
    distance2 = (var_north * east**2 - 2.0 * both * east * north + var_east * north**2) / area
    density = np.exp(-0.5 * distance2) / (2.0 * math.pi * math.sqrt(area))
    return np.where(distance2 <= REACH_SIGMAS**2, density, 0.0)
