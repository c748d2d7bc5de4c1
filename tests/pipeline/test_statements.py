"""What every result says of itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jezero_sites import hazards
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.blockwise import work_out
from jezero_sites.pipeline.inputs import elsewhere_notice
from jezero_sites.pipeline.sinks import ToMemory
from jezero_sites.pipeline.stages.resolution import resolution_notices
from jezero_sites.pipeline.statements import statements_of
from jezero_sites.pipeline.summary import chance
from jezero_sites.settings import load_profile


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("rover", "from where Near was collected (the tube is now on the rover)"),
        ("depot", "from where Near was collected (the tube is now at the depot)"),
        ("", "m from Near."),
    ],
)
def test_the_summary_says_where_the_tube_is_now(dem, samples, location, words):
    assert words in assess(dem, samples=samples.assign(location=location)).summary


def test_tubes_at_the_depot_are_named_as_moved(dem, samples):
    moved = samples.assign(location=["rover", "depot", "rover"], location_date="2026-09")
    assert (
        "Moved since collection, now at the depot (as of 2026-09): Near."
        in assess(dem, samples=moved).statements
    )


def test_the_error_model_says_what_flat_ground_can_reach(dem, samples):
    settings = load_profile()
    said = statements_of(work_out(dem, settings, sink=ToMemory(dem.grid))[0], samples, settings)
    (text,) = [t for t in said if "Noise floor of slope_deg" in t]
    gain_x, gain_y = hazards.plane_gradient_gain(
        (5, 5), dx_m=dem.grid.mean_dx_m, dy_m=dem.grid.dy_m, model="worst_gaussian"
    )
    draws = np.random.default_rng(5).standard_normal((2, 400_000)) * [[0.2 * gain_x], [0.2 * gain_y]]
    flat = float(np.mean(np.hypot(*draws) <= np.tan(np.radians(8.0))))
    told = float(text.rstrip(".").rsplit(" ", 1)[1])
    assert told == pytest.approx(flat, abs=0.003)  # 4 standard errors, and the printed digits
    floor = np.degrees(np.arctan(np.percentile(np.hypot(*draws), 95)))
    assert f"{floor:.1f} deg" in text


def test_a_chance_never_reads_as_certain_when_it_is_not():
    assert [chance(p) for p in (0.9994, 0.9996, 1.0, 0.5)] == ["0.999", ">0.999", "1.000", "0.500"]


def test_an_image_of_other_ground_is_told(dem, make_dem):
    assert elsewhere_notice(dem, make_dem((50, 60), origin=(4590700.0, 1093500.0))) == ()
    (notice,) = elsewhere_notice(dem, make_dem((50, 60), origin=(4580700.0, 1093500.0)))
    assert notice.code == "W_ORTHO_ELSEWHERE"


def test_a_footprint_within_one_cell_is_told(make_dem):
    coarse = make_dem((60, 70), cell=(20.0, 20.0))
    codes = [n.code for n in resolution_notices(coarse, load_profile(), fix="")]
    assert "W_RELIEF" in codes
    known = replace(load_profile().dem_error, resolution_m=4.0)
    fine = resolution_notices(make_dem((60, 70)), replace(load_profile(), dem_error=known), fix="")
    assert fine == ()
