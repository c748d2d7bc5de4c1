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

import numpy as np
from numba import njit

from jezero_sites.arrays import FloatArray

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_PANEL_SIGMAS = 4.0  # width of a panel of 16 nodes, in sigmas: the error is then below 1e-12
_FAR_SIGMAS = 8.0  # the share of the normal distribution beyond is below 1e-15
STRAIGHT_SIGMAS = 1e6  # limit over sigma from which its circle is as good as a straight line
_NO_SIGMA = 1e-9  # sigma over limit up to which a component has no error: finer angles lose their digits


Pair = tuple[float, float]  # a quantity of both axes
Pairs = tuple[FloatArray, FloatArray]


@njit(cache=True, nogil=True)
def _below(z: float) -> float:
    """Return the share of the normal distribution below z sigmas."""
    return 0.5 * math.erfc(-z * math.sqrt(0.5))


@njit(cache=True, nogil=True)
def _outside(half: float, g: float, sigma: float) -> float:
    """Return the chance to lie farther from zero than half."""
    if sigma == 0.0:
        return 1.0 if g > half else 0.0
    share: float = _below((-half - g) / sigma) + _below((g - half) / sigma)
    return share


@njit(cache=True, nogil=True)
def _beyond_line(distance: float, sigma: float) -> float:
    """Return the chance to lie beyond a straight line, at a distance from it that may be negative."""
    if sigma == 0.0:
        return 1.0 if distance > 0.0 else 0.0
    share: float = _below(distance / sigma)
    return share


@njit(cache=True, nogil=True)
def _panel(panel: Pair, gradient: Pair, sigma: Pair, limit: float) -> float:
    """Return the integral over one panel of angles."""
    total = 0.0
    half, middle = 0.5 * (panel[1] - panel[0]), 0.5 * (panel[1] + panel[0])
    for i in range(_NODES.size):
        angle = middle + half * _NODES[i]
        edge = limit * math.cos(angle)
        z = (limit * math.sin(angle) - gradient[0]) / sigma[0]
        total += _WEIGHTS[i] * math.exp(-0.5 * z * z) * edge * _outside(edge, gradient[1], sigma[1])
    return total * half / (sigma[0] * math.sqrt(2.0 * math.pi))


@njit(cache=True, nogil=True)
def _integral(gradient: Pair, sigma: Pair, limit: float) -> float:
    """Return the integral over all angles that matter."""
    total = 0.0
    low = max(-limit, gradient[0] - _FAR_SIGMAS * sigma[0])
    high = min(limit, gradient[0] + _FAR_SIGMAS * sigma[0])
    if low < high:
        first, last = math.asin(low / limit), math.asin(high / limit)
        panels = math.ceil((last - first) * limit / (_PANEL_SIGMAS * sigma[0]))
        step = (last - first) / panels
        for i in range(panels):
            total += _panel((first + i * step, first + (i + 1) * step), gradient, sigma, limit)
    return total


@njit(cache=True, nogil=True)
def exceedance(gradient: Pair, sigma: Pair, limit: float) -> float:
    """Return the chance that the true gradient is longer than the limit."""
    a, b, sa, sb = abs(gradient[0]), abs(gradient[1]), sigma[0], sigma[1]
    if sa > sb or (sa == sb and a < b):  # the outer integral runs along the smaller sigma
        a, b, sa, sb = b, a, sb, sa
    g = math.hypot(a, b)
    if math.isnan(a) or math.isnan(b):
        return math.nan
    if sb == 0.0:
        return 1.0 if g > limit else 0.0
    if limit > STRAIGHT_SIGMAS * sb:
        line: float = _beyond_line(g - limit, math.hypot(a * sa, b * sb) / g if g > 0.0 else 0.0)
        return line
    if sa <= _NO_SIGMA * limit:
        return 1.0 if a > limit else _outside(math.sqrt(limit * limit - a * a), b, sb)
    chance: float = _outside(limit, a, sa) + _integral((a, b), (sa, sb), limit)
    return min(chance, 1.0)


@njit(cache=True, nogil=True)
def fill_exact(gradient: Pairs, sigma: Pairs, limit: float, found: FloatArray) -> None:
    """Fill an array with the quadrature of every cell; a sigma for each row."""
    for r in range(found.shape[0]):
        for c in range(found.shape[1]):
            here = (gradient[0][r, c], gradient[1][r, c])
            found[r, c] = exceedance(here, (sigma[0][r], sigma[1][r]), limit)


@njit(cache=True, nogil=True)
def fill_table(nodes: Pairs, sigma: Pair, limit: float, table: FloatArray) -> None:
    """Fill a table over the gradient and the share of its square along the first axis."""
    gradients, shares = nodes
    for i in range(gradients.size):
        for j in range(shares.size):
            here = (gradients[i] * math.sqrt(shares[j]), gradients[i] * math.sqrt(1.0 - shares[j]))
            table[i, j] = exceedance(here, sigma, limit)


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
def _fill_row(a: FloatArray, b: FloatArray, table: FloatArray, span: Pair, found: FloatArray) -> None:
    per_gradient = (table.shape[0] - 1) / (span[1] - span[0])
    per_share = table.shape[1] - 1.0
    for c in range(found.size):
        aa, bb = a[c] * a[c], b[c] * b[c]
        g = math.sqrt(aa + bb)
        if g < span[0]:
            found[c] = 0.0
        elif g > span[1]:
            found[c] = 1.0
        elif math.isnan(g):
            found[c] = g
        else:
            share = aa / (aa + bb) if aa + bb > 0.0 else 0.0
            found[c] = _read(table, (g - span[0]) * per_gradient, share * per_share)


@njit(cache=True, nogil=True)
def fill_from_table(
    gradient: Pairs, log_sigma: Pairs, tables: FloatArray, span: Pair, found: FloatArray
) -> None:
    """Fill a band of rows from its table over a span of gradients, moved to the sigmas of each row.

    ``log_sigma`` are the logarithms of the sigmas of a row over those of the table; ``tables`` are the chance
    and, unless all of them are 0, its slopes in both logarithms.
    """
    moved = tables[0].copy()
    for r in range(found.shape[0]):
        log_a, log_b = log_sigma[0][r], log_sigma[1][r]
        if len(tables) > 1 and (r == 0 or log_a != log_sigma[0][r - 1] or log_b != log_sigma[1][r - 1]):
            for i in range(moved.shape[0]):
                for j in range(moved.shape[1]):
                    moved[i, j] = tables[0, i, j] + (tables[1, i, j] * log_a + tables[2, i, j] * log_b)
        _fill_row(gradient[0][r], gradient[1][r], moved, span, found[r])
