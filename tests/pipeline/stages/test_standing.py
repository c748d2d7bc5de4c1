"""A lander on legs in a run: layers, gates, reasons and margins are those of the stance on that ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jezero_sites import hazards
from jezero_sites.errors import InputError
from jezero_sites.hazards import Legs, stance_protrusion_m, stance_tilt
from jezero_sites.pipeline import assess, load_run
from jezero_sites.pipeline.run import assess_layers
from jezero_sites.pipeline.stages.standing import standing_on
from jezero_sites.settings import load_profile

STANCE = {"stance_tilt_deg", "stance_tilt_mean_deg", "stance_tilt_min_deg", "protrusion_m", "clearance_m"}


@pytest.fixture(scope="module")
def four_legs():
    return load_profile("four-leg-illustrative")


@pytest.fixture(scope="module")
def standing_run(dem, samples, four_legs):
    return assess(dem, samples=samples, settings=four_legs)


def test_layers_are_those_of_the_equations(dem, four_legs, standing_run):
    z, place = np.asarray(dem.values, float), {"dx_m": dem.grid.dx_m, "dy_m": dem.grid.dy_m}
    legs = Legs(4, 2.5, 0.3)
    tilt = stance_tilt(z, **place, legs=legs, clockings=36)
    expected = np.degrees(np.arctan(tilt.max_tan)).astype(np.float32)
    np.testing.assert_array_equal(standing_run.layers["stance_tilt_deg"].values, expected)
    rise = stance_protrusion_m(z, **place, legs=legs, clockings=36, footprint_radius_m=3.0)
    clearance = (0.75 - rise - 0.2).astype(np.float32)  # one sigma of the DEM's error taken off
    np.testing.assert_array_equal(standing_run.layers["clearance_m"].values, clearance)
    assert standing_run.layers["clearance_m"].tags["CLEARANCE_MARGIN_M"].startswith("0.2 ")


def test_a_tilt_beyond_its_limit_is_unsafe_has_no_chance_and_binds(standing_run):
    layers = {name: raster.values for name, raster in standing_run.layers.items()}
    tilted = layers["stance_tilt_deg"] > 14.01
    assert tilted.sum() > 20
    assert (layers["hazard_class"][tilted] == 3).all()
    assert (layers["hazard_reason"][tilted] & hazards.CLEARANCE == hazards.CLEARANCE).all()
    assert (layers["safe_probability"][tilted & ~np.isnan(layers["safe_probability"])] == 0).all()
    only = tilted & (layers["roughness_m"] < 0.1)
    assert only.any()
    assert (layers["binding_factor"][only] == 5).all()


def test_a_struck_belly_is_unsafe(dem, samples, four_legs):
    z = np.array(dem.values)
    z[120:122, 90:92] += 1.2  # a block that the pads can stand beside
    settings = replace(four_legs, limits=tuple(m for m in four_legs.limits if m.layer == "clearance_m"))
    run = assess(replace(dem, values=z), samples=samples, settings=settings)
    clearance, reason = run.layers["clearance_m"].values, run.layers["hazard_reason"].values
    assert clearance[121, 90] < 0
    struck = clearance < -1e-6
    assert (run.layers["hazard_class"].values[struck] == 3).all()
    assert (reason[struck] == hazards.CLEARANCE).all()
    assert (run.layers["binding_factor"].values[struck] == 6).all()


def test_unknown_ground_under_the_lander_is_unknown(dem, standing_run):
    hole = np.isnan(dem.values)
    rows, cols = np.nonzero(hole)
    beside = (int(rows.max()) + 2, int(cols.mean()))  # within reach of pads and footprint
    for name in STANCE:
        assert np.isnan(standing_run.layers[name].values[beside]), name
    assert not np.isin(standing_run.layers["hazard_class"].values[beside], (1, 2))


def test_sites_carry_the_worst_stance_of_their_disc(standing_run):
    sites = standing_run.sites
    assert len(sites)
    assert {"stance_tilt_max_deg", "clearance_min_m"} <= set(sites.columns)
    tilt = standing_run.layers["stance_tilt_deg"].values
    first = sites.iloc[0]
    grid = standing_run.dem.grid
    rows, cols = np.indices(grid.shape)
    up, across = (rows - first.row) * grid.dy_m, (cols - first.col) * grid.dx_m[first.row]
    inside = up**2 + across**2 <= 60.0**2
    assert first.stance_tilt_max_deg == pytest.approx(np.nanmax(tilt[inside]), abs=1e-5)


def test_run_with_a_stance_reads_back_whole(standing_run, tmp_path):
    again = load_run(standing_run.save(tmp_path / "run"))
    assert set(again.layers) == set(standing_run.layers)
    for name, raster in standing_run.layers.items():
        np.testing.assert_array_equal(raster.values, again.layers[name].values, err_msg=name)
    assert again.noise_floor == standing_run.noise_floor
    assert again.settings == standing_run.settings
    assert (tmp_path / "run" / "noise_floor.csv").read_text().startswith("layer,operator,sigma_gx")


def test_a_lander_without_legs_has_no_stance(dem):
    assert standing_on(dem, load_profile()).values == {}
    with pytest.raises(InputError, match=r"E_LAYER.*no layer stance_tilt_deg.*legs"):
        assess_layers(dem, load_profile(), names=("stance_tilt_deg",))


def test_map_and_report_show_the_stance_with_its_source(standing_run):
    report, page = standing_run.report(), standing_run.map().page()
    for text in (
        "Stance tilt: at most 14 deg",
        "Belly clearance: at least 0.1 m",
        "Noise floor",
        "illustrative",
    ):
        assert text in report
    assert '"stance_tilt_deg"' in page
    assert '"stance_tilt_min_deg"' not in page
