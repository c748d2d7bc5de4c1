"""A run says how noisy its DEM is by itself and which artefacts are in it, and sites lose confidence by them."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.hazards import Correlation, noise_field
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.stages.dem_quality import dem_error_toml, estimated_noise, noise_notices
from jezero_sites.quality import NoiseEstimate
from jezero_sites.settings import load_profile


@pytest.fixture(scope="module")
def seamed(make_dem):
    """Return the made-up area with a seam: everything south of row 150 lies 0.3 m higher."""
    dem = make_dem()
    z = np.array(dem.values, np.float64)
    z[150:] += 0.3
    return replace(dem, values=z.astype(np.float32))


def test_a_seam_is_told_flagged_and_lowers_confidence(seamed, samples):
    run = assess(seamed, samples=samples)
    (notice,) = [n for n in run.notices if n.code == "W_ARTEFACTS"]
    assert "1 seam along rows 149-150" in notice.found or "1 seam along rows" in notice.found
    assert any("Screen of DEM artefacts" in text for text in run.statements)
    flags = run.layers["dem_quality"].values
    assert (flags[149:151, 60:380] & 1).all()
    assert (flags[:140] & 127 == 0).all()
    near = run.sites[np.abs(run.sites["row"] - 150) < 55]
    assert len(near)
    for site in run.sites.itertuples():
        assert site.confidence == pytest.approx(1 - site.unknown_fraction - site.artefact_fraction, abs=0.02)
    assert (near["artefact_fraction"] > 0).all()
    report = run.report()
    assert "Artefacts of the DEM" in report
    assert '"dem_quality"' in run.map().page()


def test_a_clean_dem_has_no_artefact(make_dem, samples):
    dem = make_dem()
    rows, cols = np.indices(dem.grid.shape)
    z = np.where(cols > 330, -2568.0 + 0.004 * cols - 0.01 * rows, dem.values)  # without the made-up ridge
    z[:, 331:] += np.round(0.01 * np.random.default_rng(2).standard_normal(z[:, 331:].shape), 2)
    run = assess(replace(dem, values=np.round(z, 2).astype(np.float32)), samples=samples)
    assert not any(n.code == "W_ARTEFACTS" for n in run.notices)
    assert not (run.layers["dem_quality"].values & 127).any()
    np.testing.assert_allclose(run.sites["confidence"], 1 - run.sites["unknown_fraction"], atol=1e-6)


def test_a_dem_noisier_than_its_stated_error_is_told(make_dem, samples):
    dem = make_dem((150, 190))
    field = noise_field(
        dem.grid.shape,
        dx_m=dem.grid.mean_dx_m,
        dy_m=dem.grid.dy_m,
        correlation=Correlation("gaussian", 1.5),
        seed=3,
    )
    noisy = replace(dem, values=np.asarray(dem.values, float) + 0.5 * field)
    noise = estimated_noise(noisy)
    assert noise.sigma_m == pytest.approx(0.5, rel=0.15)
    (notice,) = noise_notices(noise, load_profile())
    assert notice.code == "W_SIGMA"
    assert "more than the 0.2 m" in notice.found
    assert any(n.code == "W_SIGMA" for n in assess(noisy, samples=samples).notices)
    assert noise_notices(estimated_noise(dem), load_profile()) == ()


def test_estimate_can_be_put_into_settings(make_dem):
    from jezero_sites.settings import parse_settings

    dem = make_dem((150, 190))
    text = dem_error_toml(estimated_noise(dem), dem)
    table = tomllib.loads(text)["dem_error"]
    settings = parse_settings(f'[profile]\nextends = "msr-srl-illustrative"\nname = "own"\n{text}')
    assert settings.dem_error.sigma_m == table["sigma_m"]
    assert "estimated" in settings.dem_error.source


def test_too_little_ground_gives_no_estimate(make_dem):
    assert estimated_noise(make_dem((30, 30))) is None


def test_the_warning_begins_at_one_and_a_half_times_the_stated_error():
    estimate = NoiseEstimate(0.2, 1.0, 0.05, 0.1, ((1.0,), (1.0,)), 5000, 0.5)
    settings = load_profile()
    for sigma, told in ((0.299, False), (0.301, True)):
        notices = noise_notices(replace(estimate, sigma_m=sigma), settings)
        assert bool(notices) == told, sigma


def test_unknown_ground_is_unknown_in_the_layer_of_artefacts(run):
    flags = run.layers["dem_quality"].values
    np.testing.assert_array_equal(flags & 128 != 0, np.isnan(run.dem.values))
    shares = run.statistics["dem_quality"]
    assert shares["unknown_fraction"] == pytest.approx(np.isnan(run.dem.values).mean())
    assert (run.sites["artefact_fraction"] == 0).all() or "seam" in str(run.notices)
