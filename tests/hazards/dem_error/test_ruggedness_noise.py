"""What errors alone make of ruggedness agrees with drawn errors put through the operators themselves."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.hazards import Correlation, noise_field, riley_rms_gain, tpi_rms_gain, wilson_mean_gain
from jezero_sites.terrain import tpi_m, tri_riley_m, tri_wilson_m

SPACING = {"dx_m": 0.8, "dy_m": 1.3}
ONES = [Correlation("white"), Correlation("gaussian", 1.1), Correlation("exponential", 2.0)]


@pytest.mark.parametrize("correlation", ONES, ids=lambda c: c.model)
def test_gains_are_those_of_drawn_errors(correlation):
    fields = [noise_field((150, 210), **SPACING, correlation=correlation, seed=s) for s in range(8)]
    riley = np.concatenate([tri_riley_m(f)[1:-1, 1:-1].ravel() for f in fields])
    wilson = np.concatenate([tri_wilson_m(f)[1:-1, 1:-1].ravel() for f in fields])
    tpi = np.concatenate([tpi_m(f)[1:-1, 1:-1].ravel() for f in fields])
    how = {**SPACING, "correlation": correlation}
    # 250,000 cells, some 30,000 of them independent: 0.5 %
    assert np.sqrt(np.mean(riley**2)) == pytest.approx(riley_rms_gain(**how), rel=0.015)
    assert np.mean(wilson) == pytest.approx(wilson_mean_gain(**how), rel=0.015)
    assert np.sqrt(np.mean(tpi**2)) == pytest.approx(tpi_rms_gain(**how), rel=0.015)


def test_the_worst_gaussian_error_is_no_better_than_any():
    worst = {**SPACING, "correlation": Correlation("worst_gaussian")}
    for gain in (riley_rms_gain, wilson_mean_gain, tpi_rms_gain):
        others = [gain(**SPACING, correlation=Correlation("gaussian", s)) for s in np.geomspace(0.1, 9.0, 25)]
        assert gain(**worst) >= max(others) - 1e-9
