from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.terrain import plan_curvature_per_m, profile_curvature_per_m

DX, DY = 0.75, 1.25


def quadratic(d, e, f, g, h, *, rows=5, columns=7):
    """Return ground with those second and first derivatives at the cell (2, 3); D, E are half the second ones."""
    r, c = np.indices((rows, columns))
    x, y = (c - 3) * DX, (2 - r) * DY
    return d * x**2 + e * y**2 + f * x * y + g * x + h * y


def both(heights):
    spacing = {"dx_m": np.full(len(heights), DX), "dy_m": DY}
    return (
        profile_curvature_per_m(heights, **spacing)[2, 3],
        plan_curvature_per_m(heights, **spacing)[2, 3],
    )


@pytest.mark.parametrize(("g", "h"), [(0.3, 0.0), (0.0, -0.4), (0.3, -0.4), (-0.1, 0.7)])
def test_quadratic_bends_as_its_second_derivatives_along_and_across_the_slope(g, h):
    d, e, f = -0.02, 0.05, 0.03
    along = np.array([g, h]) / np.hypot(g, h)
    across = np.array([-along[1], along[0]])
    hessian = np.array([[2 * d, f], [f, 2 * e]])
    profile, plan = both(quadratic(d, e, f, g, h))
    assert profile == pytest.approx(-along @ hessian @ along, abs=1e-13)
    assert plan == pytest.approx(-across @ hessian @ across, abs=1e-13)


def test_brow_and_spur_are_positive_foot_and_gully_negative():
    brow, _ = both(quadratic(-0.1, 0.0, 0.0, 0.5, 0.0))
    foot, _ = both(quadratic(0.1, 0.0, 0.0, 0.5, 0.0))
    _, spur = both(quadratic(-0.1, 0.0, 0.0, 0.0, 0.5))
    _, gully = both(quadratic(0.1, 0.0, 0.0, 0.0, 0.5))
    np.testing.assert_allclose([brow, foot, spur, gully], [0.2, -0.2, 0.2, -0.2], atol=1e-13)


def test_plane_does_not_bend():
    np.testing.assert_allclose(both(quadratic(0, 0, 0, 0.3, -0.4)), 0.0, atol=1e-14)


def test_ground_without_a_gradient_has_no_curvature_and_is_not_unknown():
    assert both(quadratic(-0.1, -0.1, 0.0, 0.0, 0.0)) == (0.0, 0.0)
    assert both(np.full((5, 7), -2500.0)) == (0.0, 0.0)


@pytest.mark.parametrize("shape", [(2, 9), (9, 2), (0, 3)])
def test_grid_of_two_rows_or_columns_has_no_curvature(shape):
    for curvature in (profile_curvature_per_m, plan_curvature_per_m):
        assert np.isnan(curvature(np.zeros(shape), dx_m=np.ones(shape[0]), dy_m=1.0)).all()
