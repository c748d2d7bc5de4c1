"""The demo is the first thing that a newcomer runs."""

from __future__ import annotations

import json


def test_the_demo_assesses_the_bundled_tiles_and_says_where_the_map_is(shell, tmp_path):
    done = shell("demo", "--out", tmp_path / "run", "--quiet")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "SYNTHETIC" in done.stdout.splitlines()[0]
    assert f"map     {tmp_path / 'run' / 'map.html'}" in done.stdout
    for name in ("map.html", "report.html", "sites.csv", "layers/slope_deg.tif"):
        assert (tmp_path / "run" / name).stat().st_size > 1000
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["sites"] > 0
    assert {entry["role"] for entry in record["inputs"]} == {"dem", "ortho", "samples"}
