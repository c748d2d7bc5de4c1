"""A baseline finer than the DEM resolves is measured, tagged and told; a gate may not rest on it unless allowed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jezero_sites.errors import ResolutionError
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.run import assess_layers
from jezero_sites.pipeline.stages.resolution import resolution_m
from jezero_sites.settings import load_profile, parse_settings

COARSE = '[profile]\nextends = "msr-srl-illustrative"\nname = "coarse"\n[dem_error]\nresolution_m = 6.5\n'


def test_layers_below_the_resolution_are_tagged_and_told(dem):
    names = ("slope_deg", "slope_5m_deg", "slope_7m_deg", "max_roughness_m", "horn_slope_deg")
    found, notices = assess_layers(dem, parse_settings(COARSE), names=names)
    tagged = {name for name, raster in found.items() if "BELOW_RESOLUTION" in raster.tags}
    assert tagged == {"slope_deg", "slope_5m_deg", "max_roughness_m", "horn_slope_deg"}
    assert found["slope_deg"].tags["BELOW_RESOLUTION"].startswith("yes: baseline 5 m, the DEM resolves 6.5 m")
    told = [n.found for n in notices if n.code == "W_BELOW_RESOLUTION"]
    assert sorted(text.split(":")[0] for text in told) == sorted(tagged)


def test_a_gate_may_rest_on_it_only_when_allowed(dem, samples):
    settings = parse_settings(COARSE)
    with pytest.raises(ResolutionError, match=r"E_RESOLUTION.*resolves 6.5 m"):
        assess(dem, samples=samples, settings=settings)
    run = assess(dem, samples=samples, settings=settings, allow_coarse=True)
    assert {"W_COARSE", "W_BELOW_RESOLUTION"} <= {n.code for n in run.notices}
    assert "BELOW_RESOLUTION" in run.layers["roughness_m"].tags


def test_a_stereo_dem_resolves_five_of_its_cells(dem):
    stereo = replace(dem, tags={**dem.tags, "SOURCE": "stereo DTM"})
    found, _ = assess_layers(stereo, load_profile(), names=("slope_3m_deg", "slope_5m_deg"))
    assert "BELOW_RESOLUTION" in found["slope_3m_deg"].tags
    assert "BELOW_RESOLUTION" not in found["slope_5m_deg"].tags


def test_a_stance_on_cells_coarser_than_its_legs_needs_permission(make_dem, samples):
    legs = load_profile("four-leg-illustrative")
    stance = replace(
        legs, limits=tuple(m for m in legs.limits if m.layer in ("stance_tilt_deg", "clearance_m"))
    )
    coarse = make_dem((60, 70), cell=(3.0, 3.0))
    with pytest.raises(
        ResolutionError, match=r"stance_tilt_deg and clearance_m is on legs 5 m across.*cells are 3 m"
    ):
        assess(coarse, samples=samples, settings=stance)
    resolved = replace(stance, dem_error=replace(stance.dem_error, resolution_m=5.5))
    with pytest.raises(ResolutionError, match=r"legs 5 m across, the DEM resolves 5.5 m"):
        assess(make_dem((60, 70)), samples=samples, settings=resolved)
    run = assess(make_dem((60, 70)), samples=samples, settings=stance)
    assert "W_PADS" in {n.code for n in run.notices}


def test_nothing_is_said_of_a_dem_whose_resolution_is_unknown(dem):
    found, notices = assess_layers(dem, load_profile(), names=("slope_3m_deg",))
    assert "BELOW_RESOLUTION" not in found["slope_3m_deg"].tags
    assert not any(n.code == "W_BELOW_RESOLUTION" for n in notices)


def test_a_stereo_dem_resolves_five_of_its_longer_sides(make_dem):
    oblong = make_dem((40, 50), cell=(1.0, 2.0))
    stereo = replace(oblong, tags={"SOURCE": "stereo"})
    assert resolution_m(stereo, None) == pytest.approx(5 * oblong.grid.dy_m)


def test_results_that_rest_on_too_fine_a_limit_carry_the_tag(dem, samples):
    run = assess(dem, samples=samples, settings=parse_settings(COARSE), allow_coarse=True)
    for name in ("hazard_class", "safe_probability", "landing_probability", "slope_safe_probability"):
        assert run.layers[name].tags["BELOW_RESOLUTION"].startswith("a limited layer: yes"), name
    found, _ = assess_layers(dem, parse_settings(COARSE), names=("horn_slope_deg", "tpi_m"))
    assert "BELOW_RESOLUTION" in found["horn_slope_deg"].tags
    assert found["horn_slope_deg"].tags["NOISE_FLOOR_P95"].startswith("15.4")
    assert "BELOW_RESOLUTION" not in found["tpi_m"].tags


def test_an_unverified_source_is_called_so_in_every_tag(dem, samples):
    text = """[limits.slope_deg]
source = "team memo 7"
verified = false
[limits.roughness_m]
source = "team memo 8"
verified = false
[lander]
source = "team memo 9"
verified = false
[rocks]
abundance_fraction = 0.01
source = "rock memo"
verified = false
"""
    run = assess(
        dem, samples=samples, settings=parse_settings(COARSE.split("[dem_error]", maxsplit=1)[0] + text)
    )
    for name in ("hazard_class", "safe_probability", "landing_probability"):
        assert "team memo 7, unverified" in run.layers[name].tags["LIMITS"]
    assert "rock memo, unverified" in run.layers["rocks_in_footprint"].tags["ROCK_LIMIT"]
    (said,) = [t for t in run.statements if t.startswith("Unverified")]
    for what in ("the limit on slope_deg", "the lander", "the rock limit", "the rock abundance"):
        assert what in said
