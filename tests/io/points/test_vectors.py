"""Sites go to three files and come back from them exactly."""

from __future__ import annotations

import csv
import json

import geopandas
import numpy as np
import pandas as pd
import pytest
from shapely import Point

from jezero_sites.errors import DiskError, InputError
from jezero_sites.io.points.vectors import read_sites, write_sites

EQC = "+proj=eqc +lat_ts=18.4663 +lon_0=0 +R=3396190 +units=m"


@pytest.fixture
def sites():
    return geopandas.GeoDataFrame(
        {
            "rank": [1, 2],
            "site_id": ["S001", "S002"],
            "x_m": [4_354_489.123456789, 4_354_600.0],
            "lon_deg": [77.45088573, 77.5],
            "lat_deg": [18.44462715, 18.5],
            "elevation_m": [-2569.91, np.nan],
            "score": [0.1 + 0.2, 1 / 3],
            "nearest_sample": ["=HYPERLINK(1)", "Atsá (Atsah)"],
        },
        geometry=[Point(4_354_489.123456789, 1_093_000), Point(4_354_600, 1_093_100)],
        crs=EQC,
    )


def test_types_and_bits_come_back(tmp_path, sites):
    write_sites(sites, tmp_path)
    again = read_sites(tmp_path)
    assert list(again.columns) == list(sites.columns)
    for name in sites.columns.drop("geometry"):
        assert again[name].tolist() == sites[name].tolist() or name == "elevation_m"
        assert again[name].dtype.kind == sites[name].dtype.kind
    np.testing.assert_array_equal(again["elevation_m"], sites["elevation_m"])
    assert again.geometry.x.tolist() == sites.geometry.x.tolist()
    assert again.crs.ellipsoid.semi_major_metre == 3_396_190
    assert read_sites(tmp_path, crs=sites.crs).crs == sites.crs


def test_no_sites_are_three_valid_files_with_all_columns(tmp_path, sites):
    write_sites(sites.iloc[:0], tmp_path)
    again = read_sites(tmp_path)
    assert (len(again), list(again.columns)) == (0, list(sites.columns))
    assert again["score"].dtype == np.float64
    assert (tmp_path / "sites.csv").read_text("utf-8") == ",".join(sites.columns.drop("geometry")) + "\n"
    assert json.loads((tmp_path / "sites.geojson").read_text("utf-8"))["features"] == []


def test_csv_disarms_formulas_in_text_and_leaves_numbers(tmp_path, sites):
    write_sites(sites, tmp_path)
    with (tmp_path / "sites.csv").open(encoding="utf-8", newline="") as stream:
        first, second = csv.DictReader(stream)
    assert list(first) == list(sites.columns.drop("geometry"))
    assert first["nearest_sample"] == "'=HYPERLINK(1)"
    assert first["elevation_m"] == "-2569.91"
    assert second["elevation_m"] == ""
    assert [float(r["score"]) for r in (first, second)] == sites["score"].tolist()


@pytest.mark.parametrize("text", ["=1", "+1", "-1", "@x", "\tx", "\rx", "'=1"])
def test_every_start_of_a_formula_is_disarmed(tmp_path, sites, text):
    sites["nearest_sample"] = [text, "plain"]
    write_sites(sites, tmp_path)
    with (tmp_path / "sites.csv").open(encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["nearest_sample"] == f"'{text}"


def test_geojson_is_of_mars_and_in_longitude_and_latitude(tmp_path, sites):
    write_sites(sites, tmp_path)
    data = json.loads((tmp_path / "sites.geojson").read_text("utf-8"))
    assert data["crs"]["properties"]["name"] == "urn:ogc:def:crs:IAU:2015::49900"
    first, second = data["features"]
    assert (first["id"], first["geometry"]["coordinates"]) == ("S001", [77.45088573, 18.44462715])
    assert first["properties"]["nearest_sample"] == "=HYPERLINK(1)"
    assert second["properties"]["elevation_m"] is None
    assert second["properties"]["rank"] == 2


def test_missing_values_of_every_kind_are_null(tmp_path, sites):
    sites["sol"] = pd.array([3, None], dtype="Int64")
    sites["seen"] = [True, False]
    sites["note"] = [None, "x"]
    sites.loc[1, ["lon_deg", "score"]] = np.nan, np.inf
    write_sites(sites, tmp_path)
    first, second = json.loads((tmp_path / "sites.geojson").read_text("utf-8"))["features"]
    assert (first["properties"]["sol"], first["properties"]["seen"], first["properties"]["note"]) == (
        3,
        True,
        None,
    )
    assert (second["properties"]["sol"], second["geometry"], second["properties"]["score"]) == (
        None,
        None,
        None,
    )


def test_equal_tables_give_equal_files(tmp_path, sites):
    for folder in ("a", "b"):
        write_sites(sites, tmp_path / folder)
    for name in ("sites.csv", "sites.gpkg", "sites.geojson"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_files_are_replaced_and_nothing_else_is_left(tmp_path, sites):
    write_sites(sites, tmp_path)
    write_sites(sites.iloc[:1], tmp_path)
    assert len(read_sites(tmp_path)) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["sites.csv", "sites.geojson", "sites.gpkg"]


def test_a_table_without_positions_or_crs_is_a_mistake(tmp_path, sites):
    with pytest.raises(ValueError, match="lat_deg"):
        write_sites(sites.drop(columns="lat_deg"), tmp_path)
    with pytest.raises(ValueError, match="CRS"):
        write_sites(sites.set_crs(None, allow_override=True), tmp_path)


def test_a_folder_that_cannot_be_made_is_a_disk_error(tmp_path, sites):
    (tmp_path / "file").touch()
    with pytest.raises(DiskError, match="E_WRITE"):
        write_sites(sites, tmp_path / "file")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (None, "E_NOT_FOUND"),
        (b"", "E_EMPTY_FILE"),
        (b"<OGRVRTDataSource/>", "E_FORMAT"),
        (b"SQLite format 3\0" + b"\0" * 99, "E_CORRUPT"),
    ],
)
def test_what_is_no_geopackage_is_not_read(tmp_path, content, code):
    if content is not None:
        (tmp_path / "sites.gpkg").write_bytes(content)
    with pytest.raises(InputError, match=code):
        read_sites(tmp_path)


def test_a_geopackage_of_other_things_is_no_table_of_sites(tmp_path, sites):
    sites.drop(columns="lon_deg").to_file(tmp_path / "sites.gpkg", layer="sites", driver="GPKG")
    with pytest.raises(InputError, match=r"E_NO_COLUMN.*lon_deg"):
        read_sites(tmp_path)
