"""The built-in catalogue says what its sources say, and is cheap to ask."""

from __future__ import annotations

import csv
import subprocess
import sys

import numpy as np
import pytest

from jezero_sites.io.points.catalog import COLUMNS, POSITION_NOTE, catalog_rows, perseverance_samples
from jezero_sites.io.points.samples import read_samples
from jezero_sites.io.points.vectors import csv_text
from jezero_sites.mars import ground_distance_m


def test_thirty_samples_and_ten_tubes_of_the_depot():
    kinds = [row.kind for row in catalog_rows()]
    assert kinds == ["sample"] * 30 + ["depot"] * 10


def test_two_samples_have_no_published_position():
    bare = [row for row in catalog_rows() if row.lon_deg is None]
    assert [row.name for row in bare] == ["Bell Island", "Gallants"]
    assert all(row.lat_deg is None and row.elevation_m is None and row.seal_sol is None for row in bare)


def test_the_catalogue_is_a_table_of_samples_like_any_other():
    frame = perseverance_samples()
    assert list(frame.columns) == [*COLUMNS, "geometry"]
    assert frame.crs.to_authority() == ("IAU_2015", "49900")
    assert frame.geometry.isna().sum() == 2
    assert [n.code for n in frame.attrs["notices"]] == ["W_NO_POSITION"]
    assert frame.attrs["sources"] == ()


def test_every_call_gives_a_table_of_its_own():
    first = perseverance_samples()
    first.loc[0, "name"] = "spoilt"
    assert perseverance_samples()["name"][0] == "Roubion"


def test_the_catalogue_survives_an_export(tmp_path):
    path = tmp_path / "catalogue.csv"
    frame = perseverance_samples()
    path.write_text(csv_text(frame), encoding="utf-8")
    again = read_samples(path)
    assert again.drop(columns="geometry").equals(frame.drop(columns="geometry"))


def test_tubes_in_the_depot_were_laid_down_by_a_row_of_the_depot():
    rows = catalog_rows()
    laid = {row.name for row in rows if row.kind == "depot"}
    held = {row.name for row in rows if row.kind == "sample" and row.location == "depot"}
    assert laid - held == {"Atsah", "Amalik Witness"}
    assert held - laid == {"Atsá (Atsah)"}


def test_depot_rows_carry_the_sol_of_their_sealing():
    rows = {row.name: row for row in catalog_rows() if row.kind == "depot"}
    assert rows["Atsah"].seal_sol == 377
    assert rows["Mageik"].seal_sol == 619
    assert rows["Amalik Witness"].seal_sol is None
    assert rows["Amalik Witness"].location_date == ""


def test_the_depot_lies_west_north_west_of_the_landing():
    rows = [row for row in catalog_rows() if row.kind == "depot"]
    lon, lat = np.mean([[row.lon_deg, row.lat_deg] for row in rows], axis=0)
    assert (lon, lat) == pytest.approx((77.40821, 18.45283), abs=1e-5)  # five published decimals
    assert float(ground_distance_m(lon, lat, 77.45088573, 18.44462715, 3_396_190)) == pytest.approx(
        2450, abs=10
    )


def test_every_row_says_where_it_is_from():
    rows = catalog_rows()
    assert rows[0].source == "NASA/JPL MMGIS M20_traverse, rover position after last drive on sol 157"
    assert "PDS Analyst's Notebook, Three Forks Depot" in rows[-1].source
    assert [row.name for row in rows if "neighbouring stop" in row.source] == ["Coulettes"]
    assert all(row.source for row in rows)
    assert "rover's" in POSITION_NOTE
    assert "inferred" in POSITION_NOTE


@pytest.mark.parametrize(
    "module", ["jezero_sites.io", "jezero_sites.io.points.catalog", "jezero_sites.io.write"]
)
def test_light_modules_import_no_heavy_library(module):
    code = (
        f"import sys, {module}\n"
        "from jezero_sites.io.points.catalog import catalog_rows\n"
        "catalog_rows()\n"
        "heavy = {'rasterio', 'geopandas', 'pandas', 'pyogrio', 'shapely'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def number(text):
    return float(text) if text else None


def test_samples_are_those_of_the_published_list(real_data):
    with (real_data / "m2020_samples.csv").open(encoding="utf-8") as stream:
        listed = list(csv.DictReader(stream))
    rows = [row for row in catalog_rows() if row.kind == "sample"]
    for row, given in zip(rows, listed, strict=True):
        assert row.name == given["name"]
        assert row.seal_sol == number(given["seal_sol"])
        assert (row.lon_deg, row.lat_deg) == (number(given["lon_deg_E"]), number(given["lat_deg_N"]))
        assert row.elevation_m == number(given["elev_geoid_m"])
        assert (row.location, row.location_date) == (given["location_2026_09"], "2026-09")
        assert not given["lon_deg_E"] or given["position_basis"].removesuffix(" (M20_traverse)") in row.source


def test_depot_is_that_of_the_published_list(real_data):
    with (real_data / "three_forks_depot_drop_positions.csv").open(encoding="utf-8") as stream:
        listed = list(csv.DictReader(stream))
    rows = [row for row in catalog_rows() if row.kind == "depot"]
    for row, given in zip(rows, listed, strict=True):
        assert row.name == given["name"]
        place = tuple(float(given[f"rover_{k}"]) for k in ("lon_deg_E", "lat_deg_N", "elev_geoid_m"))
        assert (row.lon_deg, row.lat_deg, row.elevation_m) == place
        assert f"sol {given['last_drive_sol']}" in row.source
        assert f"sol {given['drop_sol']}" in row.source
