"""How finely heights are written: the step below which a difference says nothing about the ground."""

from __future__ import annotations

import numpy as np

from jezero_sites.arrays import FloatArray

UNIT_M = 1e-4  # heights are taken in whole tenths of a millimetre, so that their sums are exact in any order
LEAST_TOLERANCE_UNITS = 10.0  # 1 mm: above the rounding of float32 heights at -3000 m in a second difference
STEPS_M = (1.0, 0.5, 0.1, 0.05, 0.01, 0.005)  # usual steps of written heights, coarse to fine
FLOAT32_STEP = 2.0**-23  # relative spacing of float32


def whole_units(heights: FloatArray) -> FloatArray:
    """Return heights in whole tenths of a millimetre, as float64; NaN stays NaN.

    Examples
    --------
    >>> whole_units(np.array([[0.12345, -1.0]]))
    array([[  1234., -10000.]])
    """
    units: FloatArray = np.rint(heights / UNIT_M)
    return units


def height_step_m(heights: FloatArray) -> float:
    """Return the step to which heights are rounded, in metres; 0 where no usual step fits.

    Parameters
    ----------
    heights : array of shape (rows, columns)
        Heights in metres; NaN where unknown.

    Returns
    -------
    float
        The largest of 1, 0.5, 0.1, 0.05, 0.01, 0.005 m of which every known height is a whole multiple,
        to the rounding of float32.

    Examples
    --------
    >>> height_step_m(np.array([[0.25, 0.40], [0.15, 0.05]]))
    0.05
    """
    known = heights[~np.isnan(heights)]
    rounding = np.abs(known) * FLOAT32_STEP + 1e-9
    for step in STEPS_M:
        first = slice(0, 1000)  # most steps are refuted by the first heights
        for part in (first, slice(None)):
            parts = known[part]
            if not (np.abs(parts - np.rint(parts / step) * step) <= rounding[part]).all():
                break
        else:
            return step if known.size else 0.0
    return 0.0


def tolerance_units(heights: FloatArray) -> float:
    """Return what rounding alone can put into a second difference, in tenths of a millimetre.

    Rounded to a step q, the second difference of a plane is -q, 0 or q. The tolerance is q and a little
    (float32 does not hold 0.01 exactly), and at least 1 mm.

    Examples
    --------
    >>> tolerance_units(np.array([[0.01, 0.03]]))
    110.0
    """
    return max(float(np.rint(height_step_m(heights) * 1.1 / UNIT_M)), LEAST_TOLERANCE_UNITS)
