"""Made-up height errors: unit variance, the correlation that was asked for, the same field for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from jezero_sites.hazards import Correlation, gradient_gain, noise_field
from jezero_sites.terrain import plane_gradient

FIELDS = 12
CORRELATIONS = [
    Correlation("white"),
    Correlation("gaussian", 3.0),
    Correlation("exponential", 4.0),
    Correlation("table", table=((0.0, 3.0, 8.0), (1.0, 0.5, 0.0))),
]


@pytest.mark.parametrize("correlation", CORRELATIONS, ids=lambda c: c.model)
def test_field_has_the_correlation_that_was_asked_for(correlation):
    fields = [
        noise_field((180, 260), dx_m=1.3, dy_m=0.8, correlation=correlation, seed=s) for s in range(FIELDS)
    ]
    for rows, cols in ((0, 0), (0, 1), (3, 0), (2, 4), (11, 7)):
        pairs = [f[rows:, cols:] * f[: f.shape[0] - rows, : f.shape[1] - cols] for f in fields]
        expected = 1.0 + float(correlation.less_one(np.array([np.hypot(rows * 0.8, cols * 1.3)]))[0])
        # 12 fields of 47,000 cells; the longest correlation leaves about 3,000 independent places in all
        assert np.mean(pairs) == pytest.approx(expected, abs=0.05), (rows, cols)


def test_plane_through_a_field_scatters_as_the_gain_says():
    correlation = Correlation("gaussian", 1.27)
    gains = gradient_gain("plane", cells=(5, 7), dx_m=1.3, dy_m=0.8, correlation=correlation)
    scatter = []
    for seed in range(6):
        field = noise_field((200, 300), dx_m=1.3, dy_m=0.8, correlation=correlation, seed=seed)
        slopes = plane_gradient(field, dx_m=np.full(200, 1.3), dy_m=0.8, window=(5, 7))
        scatter.append([np.nanstd(g) for g in slopes])
    # the spread over six seeds is about 0.4 %
    np.testing.assert_allclose(np.mean(scatter, axis=0), gains, rtol=0.02)


@pytest.mark.parametrize("correlation", [Correlation("gaussian", 4.0), Correlation("exponential", 3.0)])
def test_opposite_edges_of_a_field_have_nothing_in_common(correlation):
    """The torus that the field is cut from is wider than the field by the reach of the correlation."""
    fields = [noise_field((40, 50), dx_m=1.0, dy_m=1.0, correlation=correlation, seed=s) for s in range(400)]
    across = np.mean([f[:, 0] * f[:, -1] for f in fields])
    down = np.mean([f[0] * f[-1] for f in fields])
    # 400 fields with some five independent stretches along an edge each
    assert abs(across) < 0.08
    assert abs(down) < 0.08


def test_seed_makes_the_field():
    one, same, other = (
        noise_field((20, 30), dx_m=1.0, dy_m=1.0, correlation=Correlation("gaussian", 2.0), seed=s)
        for s in (7, 7, 8)
    )
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


def test_a_family_of_correlations_makes_no_field():
    with pytest.raises(ValueError, match="stands for many correlations"):
        noise_field((20, 30), dx_m=1.0, dy_m=1.0, correlation=Correlation("worst_gaussian"), seed=1)
