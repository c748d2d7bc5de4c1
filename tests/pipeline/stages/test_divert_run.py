"""A divert in a run: beside the undiverted chance, never in its place; wide ellipses say how well they are summed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.hazards import Divert, divert_probability
from jezero_sites.pipeline import assess, load_run
from jezero_sites.pipeline.stages.aiming import aim
from jezero_sites.settings import Divert as DivertTable
from jezero_sites.settings import load_profile


@pytest.fixture(scope="module")
def diverted(dem, samples):
    settings = replace(load_profile(), divert=DivertTable(25.0, 2.0, "made up"))
    return assess(dem, samples=samples, settings=settings)


def test_divert_stands_beside_the_chance_without_it(run, diverted, tmp_path):
    same = ("landing_probability", "landing_probability_upper", "hazard_class")
    for name in same:
        np.testing.assert_array_equal(run.layers[name].values, diverted.layers[name].values)
    assert list(run.sites["score"]) == list(diverted.sites["score"])
    assert "divert_probability" not in run.layers
    both = diverted.layers["divert_probability"].values, diverted.layers["divert_probability_upper"].values
    assert (both[0] <= both[1]).all()
    for site in diverted.sites.itertuples():
        assert site.divert_probability == pytest.approx(both[0][site.row, site.col], abs=1e-6)
    again = load_run(diverted.save(tmp_path / "run"))
    np.testing.assert_array_equal(again.layers["divert_probability_upper"].values, both[1])
    assert "25 m" in again.layers["divert_probability"].tags["DIVERT"]
    assert any(text.startswith("Divert: ") and "made up" in text for text in diverted.statements)
    assert "P(divert)" in diverted.report()


def test_layer_is_that_of_the_equation(diverted):
    dem = diverted.dem
    sigma2 = (60.0 / 3.034854) ** 2
    found = divert_probability(
        np.asarray(diverted.layers["safe_probability"].values, float),
        dx_m=dem.grid.dx_m,
        dy_m=dem.grid.dy_m,
        covariance=(sigma2, sigma2, 0.0),
        divert=Divert(25.0, 2.0),
    )
    # the layer is made from float64 chances and from the 99 % ellipse to more digits
    np.testing.assert_allclose(diverted.layers["divert_probability"].values, found.lower, atol=2e-5)


def test_an_ellipse_of_kilometres_is_summed_with_a_stated_bound(make_dem):
    dem = make_dem((60, 80), cell=(60.0, 60.0))
    settings = load_profile()
    wide = replace(settings.dispersion, major_m=7700.0, minor_m=6600.0, azimuth_deg=30.0)
    exact = aim(np.ones(dem.grid.shape), dem.grid, replace(settings, dispersion=wide))
    assert (exact.factor, exact.error_bound) == (1, 0.0)


def test_the_coarsening_is_told_in_tags_and_statements(make_dem, samples, monkeypatch):
    from jezero_sites.hazards.aiming import wide_landing
    from jezero_sites.pipeline.stages import aiming

    def coarse(safe, **how):
        return wide_landing.landing_bounds(safe, **how, largest_kernel_cells=20)

    monkeypatch.setattr(aiming.hazards, "landing_bounds", coarse)
    run = assess(make_dem((120, 150)), samples=samples)
    tags = run.layers["landing_probability"].tags
    assert tags["COARSENED"].endswith("cells")
    assert float(tags["ERROR_BOUND"]) > 0
    assert any("The dispersion was summed on cells of" in text for text in run.statements)
