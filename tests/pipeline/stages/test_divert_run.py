"""A divert in a run: beside the undiverted chance, never in its place; wide ellipses say how well they are summed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyproj
import pytest

from jezero_sites.errors import InputError
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


def test_azimuth_is_from_true_north_on_a_grid_that_is_turned(make_dem):
    """On a turned grid the ellipse turns against the grid's up by minus its azimuth."""
    crs = "+proj=tmerc +lon_0=60 +lat_0=0 +R=3396190 +units=m"
    x, y = pyproj.Proj(crs)(77.45, 18.45)
    dem = make_dem((121, 121), crs=crs, origin=(x - 60, y + 60))
    north = dem.grid.north_deg
    assert abs(north) > 5
    settings = load_profile()
    thin = replace(
        settings.dispersion, major_m=90.0, minor_m=15.0, percent=None, n_sigma=3.0, azimuth_deg=0.0
    )
    # ground safe on a strip along true north through the middle cell
    rows, cols = np.indices(dem.grid.shape)
    east, up = (cols - 60) * dem.grid.mean_dx_m, (60 - rows) * dem.grid.dy_m
    turn = np.radians(north)  # the grid's up points this far clockwise of true north
    true_east = east * np.cos(turn) + up * np.sin(turn)
    strip = (np.abs(true_east) <= 8.0).astype(float)
    along = aim(strip, dem.grid, replace(settings, dispersion=thin)).lower[60, 60]
    turned = aim(strip, dem.grid, replace(settings, dispersion=replace(thin, azimuth_deg=2 * north))).lower[
        60, 60
    ]
    other = aim(strip, dem.grid, replace(settings, dispersion=replace(thin, azimuth_deg=-2 * north))).lower[
        60, 60
    ]
    assert along > turned + 0.02
    assert turned == pytest.approx(other, abs=0.01)


def test_a_divert_over_too_many_cells_is_a_coded_error(make_dem, samples):
    settings = replace(load_profile(), divert=DivertTable(2000.0, 2.0, "made up"))
    with pytest.raises(InputError, match=r"E_DIVERT.*at most 1,000.*shorter divert"):
        assess(make_dem((60, 70)), samples=samples, settings=settings)
