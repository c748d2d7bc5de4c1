r"""Loops of the exceedance probability: quadrature for one gradient, and a table for many.

With :math:`x = T \sin\theta` the edge of the disc is :math:`y = \pm T \cos\theta`, smooth in :math:`\theta`:

.. math::
    P = \Phi\!\left(\frac{-T - g_x}{\sigma_x}\right) + \Phi\!\left(\frac{g_x - T}{\sigma_x}\right)
      + \int_{-\pi/2}^{\pi/2} \varphi\!\left(\frac{T \sin\theta - g_x}{\sigma_x}\right)
        \left[\Phi\!\left(\frac{-T\cos\theta - g_y}{\sigma_y}\right)
            + \Phi\!\left(\frac{g_y - T\cos\theta}{\sigma_y}\right)\right]
        \frac{T\cos\theta}{\sigma_x}\,d\theta .

All terms are positive, so that small chances keep their digits.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANEL_SIGMAS = 3.0  # width of a panel of 16 nodes, in sigmas: the error is then below 1e-12
_FAR_SIGMAS = 9.0  # the normal density beyond is below 1e-18
_STRAIGHT_SIGMAS = 1e6  # limit over sigma from which its circle is as good as a straight line


class Axis(NamedTuple):
    """First and last gradient of a table."""

    low: float
    high: float


@njit(cache=True, nogil=True)
def _below(z: float) -> float:
    """Return the share of the normal distribution below z sigmas."""
    return 0.5 * math.erfc(-z * math.sqrt(0.5))


@njit(cache=True, nogil=True)
def _outside(half: float, g: float, sigma: float) -> float:
    """Return the chance to lie farther from zero than half."""
    if sigma == 0.0:
        return 1.0 if g > half else 0.0
    return _below((-half - g) / sigma) + _below((g - half) / sigma)


@njit(cache=True, nogil=True)
def _panel(start: float, stop: float, a: float, b: float, sa: float, sb: float, limit: float) -> float:
    """Return the integral over one panel of angles."""
    total = 0.0
    half, middle = 0.5 * (stop - start), 0.5 * (stop + start)
    for i in range(_NODES.size):
        angle = middle + half * _NODES[i]
        edge = limit * math.cos(angle)
        z = (limit * math.sin(angle) - a) / sa
        total += _WEIGHTS[i] * math.exp(-0.5 * z * z) * edge * _outside(edge, b, sb)
    return total * half / (sa * math.sqrt(2.0 * math.pi))


@njit(cache=True, nogil=True)
def exceedance(gx: float, gy: float, sigma_gx: float, sigma_gy: float, limit: float) -> float:
    """Return the chance that the true gradient is longer than the limit."""
    a, b, sa, sb = abs(gx), abs(gy), sigma_gx, sigma_gy
    if sa < sb or (sa == sb and a < b):
        a, b, sa, sb = b, a, sb, sa
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if sa == 0.0:
        return 1.0 if math.hypot(a, b) > limit else 0.0
    if sb == 0.0:
        return 1.0 if b > limit else _outside(math.sqrt(limit * limit - b * b), a, sa)
    if limit > _STRAIGHT_SIGMAS * sa:
        g = math.hypot(a, b)
        return _below((g - limit) * g / math.hypot(a * sa, b * sb)) if g > 0.0 else 0.0
    total = _outside(limit, a, sa)
    low, high = max(-limit, a - _FAR_SIGMAS * sa), min(limit, a + _FAR_SIGMAS * sa)
    if low < high:
        first, last = math.asin(low / limit), math.asin(high / limit)
        panels = math.ceil((last - first) * limit / (_PANEL_SIGMAS * sb))
        step = (last - first) / panels
        for i in range(panels):
            total += _panel(first + i * step, first + (i + 1) * step, a, b, sa, sb, limit)
    return min(total, 1.0)


@njit(cache=True, nogil=True)
def fill_exact(
    ga: FloatArray, gb: FloatArray, sa: FloatArray, sb: FloatArray, limit: float, found: FloatArray
) -> None:
    """Fill an array with the quadrature of every cell."""
    for r in range(found.shape[0]):
        for c in range(found.shape[1]):
            found[r, c] = exceedance(ga[r, c], gb[r, c], sa[r], sb[r], limit)


@njit(cache=True, nogil=True)
def fill_table(
    gradients: FloatArray, shares: FloatArray, sa: float, sb: float, limit: float, table: FloatArray
) -> None:
    """Fill a table over the gradient and the share of its square along the first axis."""
    for i in range(gradients.size):
        for j in range(shares.size):
            a, b = gradients[i] * math.sqrt(shares[j]), gradients[i] * math.sqrt(1.0 - shares[j])
            table[i, j] = exceedance(a, b, sa, sb, limit)


@njit(cache=True, nogil=True)
def _cubic(u: float) -> tuple[float, float, float, float]:
    """Return the weights of four nodes, at 0, 1, 2 and 3, for the place u."""
    u1, u2, u3 = u - 1.0, u - 2.0, u - 3.0
    return -u1 * u2 * u3 / 6.0, u * u2 * u3 / 2.0, -u * u1 * u3 / 2.0, u * u1 * u2 / 6.0


@njit(cache=True, nogil=True)
def _read(table: FloatArray, i_place: float, j_place: float) -> float:
    """Return the table at a place between its nodes, from the four by four nodes around it."""
    i = min(max(int(i_place) - 1, 0), table.shape[0] - 4)
    j = min(max(int(j_place) - 1, 0), table.shape[1] - 4)
    w0, w1, w2, w3 = _cubic(j_place - j)
    total = 0.0
    for n, weight in enumerate(_cubic(i_place - i)):
        row = table[i + n]
        total += weight * ((w0 * row[j] + w3 * row[j + 3]) + (w1 * row[j + 1] + w2 * row[j + 2]))
    return min(max(total, 0.0), 1.0)


@njit(cache=True, nogil=True)
def _fill_row(a: FloatArray, b: FloatArray, table: FloatArray, axis: Axis, found: FloatArray) -> None:
    per_gradient = (table.shape[0] - 1) / (axis.high - axis.low)
    per_share = table.shape[1] - 1.0
    for c in range(found.size):
        aa, bb = a[c] * a[c], b[c] * b[c]
        g = math.sqrt(aa + bb)
        if g < axis.low:
            found[c] = 0.0
        elif g > axis.high:
            found[c] = 1.0
        elif math.isnan(g):
            found[c] = g
        else:
            share = aa / (aa + bb) if aa + bb > 0.0 else 0.0
            found[c] = _read(table, (g - axis.low) * per_gradient, share * per_share)


@njit(cache=True, nogil=True)
def fill_from_table(
    ga: FloatArray,
    gb: FloatArray,
    log_sa: FloatArray,
    log_sb: FloatArray,
    tables: FloatArray,
    axis: Axis,
    found: FloatArray,
) -> None:
    """Fill a band of rows from its table, moved to the sigmas of each row."""
    moved = np.empty_like(tables[0])
    for r in range(found.shape[0]):
        if r == 0 or log_sa[r] != log_sa[r - 1] or log_sb[r] != log_sb[r - 1]:
            for i in range(moved.shape[0]):
                for j in range(moved.shape[1]):
                    step = tables[1, i, j] * log_sa[r] + tables[2, i, j] * log_sb[r]
                    moved[i, j] = tables[0, i, j] + step
        _fill_row(ga[r], gb[r], moved, axis, found[r])
