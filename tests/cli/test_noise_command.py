"""``jezero-sites noise``: the table of floors, the DEM's own error as settings, the same as CSV and JSON."""

from __future__ import annotations

import csv
import json
import tomllib


def test_table_names_each_operator_and_the_error(shell, area, tmp_path):
    out = tmp_path / "floor.csv"
    done = shell("noise", area / "dem.tif", "--csv", out)
    assert done.returncode == 0, done.stderr
    assert "error of 0.2 m (1 sigma, worst_gaussian)" in done.stdout
    assert "Slope: plane over 5 x 5 cells" in done.stdout
    assert "\nArtefacts: " in done.stdout
    table = tomllib.loads(done.stdout[done.stdout.index("[dem_error]") :])
    assert table["dem_error"]["sigma_m"] < 0.02  # the made-up ground has 0.01 m of white noise
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert rows[0]["layer"] == "slope_deg"


def test_json_tells_the_same(shell, area):
    done = shell("noise", area / "dem.tif", "--json", "--profile", "four-leg-illustrative")
    told = json.loads(done.stdout)
    assert {f["layer"] for f in told["noise_floor"]} >= {"slope_deg", "roughness_m", "stance_tilt_deg"}
    assert 0.005 < told["estimated"]["sigma_m"] < 0.02
    assert told["dem_error"]["sigma_m"] == 0.2
