r"""The chance of a safe landing when aiming at a cell.

.. math:: P_\mathrm{land}(x_0) = \sum_x f(x - x_0)\,P(x)\,\Delta x\,\Delta y,

with the density f of touchdowns around the aim point and the chance P that a touchdown at x is safe. On unknown
ground, and beyond the raster, P counts as 0 in the lower bound and as 1 in the upper one; nothing is
renormalised, so that the gap is the share of touchdowns on unknown ground:

.. math:: P_\mathrm{upper}(x_0) = 1 - \sum_{x\ \mathrm{known}} f(x - x_0)\,(1 - P(x))\,\Delta x\,\Delta y .

The sums are correlations by FFT (overlap-save) in blocks of a fixed size counted from the first cell of the grid.
The cell width is constant within a band of rows whose widths differ by less than 1e-4, and no block crosses a
band: the result depends on the grid alone. It is rounded to 1e-6. Reach: ``dispersion_reach_cells``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from jezero_sites.arrays import FloatArray
from jezero_sites.hazards.aiming.dispersion import Covariance, cell_mass, dispersion_reach_cells
from jezero_sites.hazards.row_bands import row_bands

_SMALLEST_BLOCK, _LARGEST_BLOCK = 256, 1024  # cells a side; powers of two between, about four reaches
_STRIP_CELLS = 1 << 22
_DECIMALS = 6  # the sums hold to about 1e-15; fewer digits keep processors in agreement

Spectrum = NDArray[np.complex128]


@dataclass(frozen=True)
class Room:
    """Where results are put, for rasters that do not fit into memory.

    Parameters
    ----------
    new : callable
        Gives an array of a shape, of any content, of floating point.
    """

    new: Callable[[tuple[int, ...]], NDArray[Any]] = np.empty


IN_MEMORY = Room()


def landing_probability(
    safe_probability: FloatArray,
    *,
    dx_m: FloatArray,
    dy_m: float,
    covariance: Covariance,
    threads: int = 1,
) -> tuple[FloatArray, FloatArray]:
    """Return the lower and the upper bound of the chance to land safely when aiming at each cell, 0 to 1.

    Parameters
    ----------
    safe_probability : array of shape (rows, columns)
        Chance that a touchdown in a cell is safe, 0 to 1; NaN where unknown. The whole grid.
    dx_m : array of shape (rows,)
        True ground width of a cell in each row, in metres.
    dy_m : float
        True ground height of a cell, in metres.
    covariance : tuple of float
        var(east), var(north), cov(east, north) of the touchdown point around the aim, in m2.
    threads : int
        Blocks worked on at the same time; the result is the same.

    Returns
    -------
    tuple of arrays of shape (rows, columns)
        Unknown ground and ground beyond the raster counted as failure, and as success. Never NaN.

    Raises
    ------
    ValueError
        If shapes disagree, a probability lies outside 0 to 1, or the dispersion is too narrow for the cells.

    Examples
    --------
    Aiming at the middle of a wide plain on which every other touchdown fails:

    >>> plain = np.full((41, 61), 0.5)
    >>> lower, upper = landing_probability(plain, dx_m=np.full(41, 1.0), dy_m=1.0, covariance=(9.0, 4.0, 0.0))
    >>> round(float(lower[20, 30]), 3), round(float(upper[20, 30]), 3)
    (0.5, 0.5)
    """
    safe = sliceable(safe_probability)
    return landing_probability_between(
        (safe, safe), dx_m=dx_m, dy_m=dy_m, covariance=covariance, threads=threads
    )


def landing_probability_between(
    safe_bounds: tuple[FloatArray, FloatArray],
    *,
    dx_m: FloatArray,
    dy_m: float,
    covariance: Covariance,
    threads: int = 1,
    room: Room = IN_MEMORY,
) -> tuple[FloatArray, FloatArray]:
    """Return the bounds of the chance to land safely where the chance in a cell is itself known as bounds, 0 to 1.

    Parameters
    ----------
    safe_bounds : tuple of arrays of shape (rows, columns)
        Lowest and highest chance that a touchdown in a cell is safe, 0 to 1; NaN where unknown, which counts as
        0 in the lowest and as 1 in the highest.
    dx_m, dy_m, covariance, threads
        As for ``landing_probability``.
    room : Room
        Where the bounds are put.

    Returns
    -------
    tuple of arrays of shape (rows, columns)
        Lower and upper bound; ground beyond the raster counts as failure, and as success. Never NaN.

    Raises
    ------
    ValueError
        As ``landing_probability``.

    Examples
    --------
    >>> plain = np.full((41, 61), 0.5), np.full((41, 61), 0.75)
    >>> bounds = landing_probability_between(plain, dx_m=np.full(41, 1.0), dy_m=1.0, covariance=(9.0, 4.0, 0.0))
    >>> [round(float(bound[20, 30]), 3) for bound in bounds]
    [0.5, 0.75]
    """
    widths = np.asarray(dx_m, np.float64)
    check_landing_grid(safe_bounds, widths, threads)
    height, length = safe_bounds[0].shape
    most = height - 1, length - 1  # no two cells are further apart
    rows, columns = dispersion_reach_cells(covariance, dx_m=widths, dy_m=dy_m)
    side = _block_side((min(rows, most[0]), min(columns, most[1])))
    lower, upper = room.new((height, length)), room.new((height, length))

    def fill(task: tuple[_Box, FloatArray, Spectrum]) -> None:
        here = task[0].cells
        lower[here], upper[here] = _block_bounds(safe_bounds, *task)

    with ThreadPoolExecutor(max_workers=threads) as pool:
        for start, stop in row_bands(widths):
            mass = cell_mass(covariance, dx_m=band_width_m(widths[start:stop]), dy_m=dy_m, most=most)
            for _ in pool.map(fill, _tasks((start, stop), length, side, mass)):
                pass
    return lower, upper


def sliceable(values: FloatArray) -> FloatArray:
    """Return an array, or what is sliced like one and lies elsewhere, as it is; anything else as an array."""
    return values if hasattr(values, "shape") else np.asarray(values)


def band_width_m(widths: FloatArray) -> float:
    """Return the one cell width that stands for all rows of a band, in metres.

    Examples
    --------
    >>> band_width_m(np.array([1.0, 1.0, 3.0]))
    2.0
    """
    return float((widths.min() + widths.max()) / 2.0)


def check_landing_grid(safe_bounds: tuple[FloatArray, FloatArray], widths: FloatArray, threads: int) -> None:
    """Refuse chances and cell widths that do not fit each other or the meaning of a chance.

    Raises
    ------
    ValueError
        If shapes disagree, a probability lies outside 0 to 1, or there is no thread.
    """
    for safe in safe_bounds:
        if (
            safe.ndim != 2
            or safe.size == 0
            or widths.shape != safe.shape[:1]
            or safe.shape != safe_bounds[0].shape
        ):
            raise ValueError(
                f"probabilities {safe.shape} and widths {widths.shape}, one per row, must agree in shape"
            )
        step = max(1, _STRIP_CELLS // safe.shape[1])
        for row in range(0, safe.shape[0], step):
            part = safe[row : row + step]
            if np.any((part < 0.0) | (part > 1.0)):
                raise ValueError("safe_probability must lie between 0 and 1, or be NaN where unknown")
    if threads < 1:
        raise ValueError(f"threads {threads} must be 1 or more")


class _Box(NamedTuple):
    """A block of aim points: rows and columns, first and after the last."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def cells(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def fft_shape(self, mass: FloatArray) -> tuple[int, int]:
        rows, columns = self.bottom - self.top, self.right - self.left
        tall, wide = (n - 1 for n in mass.shape)
        return next_fast_len(rows + tall, real=True), next_fast_len(columns + wide, real=True)


def _tasks(
    rows: tuple[int, int], columns: int, side: int, mass: FloatArray
) -> Iterator[tuple[_Box, FloatArray, Spectrum]]:
    """Cut a band of rows into blocks, each with the transform of the masses that fits it."""
    spectra: dict[tuple[int, int], Spectrum] = {}
    for top in range(rows[0], rows[1], side):
        for left in range(0, columns, side):
            box = _Box(top, min(top + side, rows[1]), left, min(left + side, columns))
            shape = box.fft_shape(mass)
            if shape not in spectra:
                spectra[shape] = np.conj(rfft2(mass, shape))
            yield box, mass, spectra[shape]


def _block_bounds(
    safe_bounds: tuple[FloatArray, FloatArray], box: _Box, mass: FloatArray, spectrum: Spectrum
) -> tuple[FloatArray, FloatArray]:
    """Return both bounds in a block of aim points."""
    tall, wide = mass.shape[0] // 2, mass.shape[1] // 2
    top, left = max(box.top - tall, 0), max(box.left - wide, 0)
    window = slice(top, box.bottom + tall), slice(left, box.right + wide)
    lowest, highest = (np.asarray(safe[window], np.float64) for safe in safe_bounds)
    known, whole = ~np.isnan(lowest), (box.bottom - box.top + 2 * tall, box.right - box.left + 2 * wide)
    offset = top - (box.top - tall), left - (box.left - wide)

    def correlated(values: FloatArray) -> FloatArray:
        shape = box.fft_shape(mass)
        field = np.zeros(shape)
        field[offset[0] : offset[0] + values.shape[0], offset[1] : offset[1] + values.shape[1]] = values
        found: FloatArray = irfft2(rfft2(field) * spectrum, shape, overwrite_x=True)
        return found[: box.bottom - box.top, : box.right - box.left]

    success = correlated(np.where(known, lowest, 0.0))
    if safe_bounds[0] is safe_bounds[1] and known.shape == whole and known.all():
        failure = mass.sum() - success  # all that can be hit is known: the second transform is spared
    else:
        failure = correlated(np.where(np.isnan(highest), 0.0, 1.0 - highest))
    lower, upper = _published(success), _published(1.0 - failure)
    return lower, np.maximum(lower, upper)


def _published(probability: FloatArray) -> FloatArray:
    return np.asarray(np.clip(probability, 0.0, 1.0).round(_DECIMALS), np.float64)


def _block_side(reach: tuple[int, int]) -> int:
    wanted: int = 1 << (4 * max(reach) - 1).bit_length() if max(reach) else 1
    return min(max(wanted, _SMALLEST_BLOCK), _LARGEST_BLOCK)
