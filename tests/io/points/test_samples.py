"""Lists of samples are understood exactly or refused with the line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from jezero_sites.errors import InputError
from jezero_sites.io.points.samples import read_samples
from jezero_sites.io.points.vectors import csv_text

HEAD = "name,lon_deg,lat_deg\n"
COLUMNS = [
    *["name", "seal_sol", "lon_deg", "lat_deg", "elevation_m", "location", "location_date", "source", "kind"],
    "uncertainty_m",
    "geometry",
]


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="samples.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file


def codes(frame):
    return [n.code for n in frame.attrs["notices"]]


def test_a_plain_table_is_read_in_the_usual_columns(write):
    path = write(HEAD + "Roubion,77.45,18.42\nAtsá,77.46,18.44\n")
    frame = read_samples(path)
    assert list(frame.columns) == COLUMNS
    assert list(frame["name"]) == ["Roubion", "Atsá"]
    assert frame["lon_deg"].tolist() == [77.45, 77.46]
    assert (frame.geometry.x.tolist(), frame.geometry.y.tolist()) == ([77.45, 77.46], [18.42, 18.44])
    assert set(frame["kind"]) == {"sample"}
    assert set(frame["source"]) == {"samples.csv"}
    assert frame["elevation_m"].isna().all()
    assert frame["seal_sol"].isna().all()
    assert frame.crs.ellipsoid.semi_major_metre == 3_396_190
    assert frame.crs.to_authority() == ("IAU_2015", "49900")
    assert (frame.attrs["notices"], frame.attrs["sources"]) == ((), (path,))
    assert frame.attrs["places"].of("sample", "Atsá") == "line 3"


@pytest.mark.parametrize(
    "header",
    [
        "Name,Longitude (deg E),Latitude (deg)",
        "sample name,lon,lat",
        "NAME, LON_DEG_E , LAT_DEG_N",
        "\ufeffname,longitude,latitude",
        "name,rover_lon_deg_E,rover_lat_deg_N",
    ],
)
def test_usual_names_of_columns_are_known(write, header):
    frame = read_samples(write(f"{header}\nA,77.45,18.42\n"))
    assert (frame["lon_deg"][0], frame["lat_deg"][0]) == (77.45, 18.42)


def test_all_columns_are_understood(write):
    head = "kind,name,seal_sol,lat_deg,lon_deg,elevation_m,location,location_date,source,more,uncertainty_m\n"
    row = 'depot,A,371,18.4,77.4,-2545.25,depot,2026-09,"here, there",x,2.5\n'
    frame = read_samples(write(head + row))
    assert frame.drop(columns="geometry").iloc[0].tolist() == [
        "A", 371, 77.4, 18.4, -2545.25, "depot", "2026-09", "here, there", "depot", 2.5,
    ]  # fmt: skip


def test_an_uncertainty_below_nothing_is_refused(write):
    with pytest.raises(InputError, match=r"line 3, column 4: uncertainty -1 m"):
        read_samples(write("name,lon_deg,lat_deg,uncertainty_m\nA,77.4,18.4,\nB,77.4,18.5,-1\n"))


def test_a_dated_location_column_gives_place_and_date(write):
    frame = read_samples(write("name,lon_deg,lat_deg,location_2026_09\nA,77.4,18.4,depot\n"))
    assert (frame["location"][0], frame["location_date"][0]) == ("depot", "2026-09")


@pytest.mark.parametrize(
    "name", ["NA", "NULL", "001", "#A", "nan", "Ha'ahóni (Hahonih)", "{{7*7}}", "<img src=x>"]
)
def test_names_stay_text(write, name):
    assert read_samples(write(HEAD + f"{name},77.4,18.4\n"))["name"][0] == name


@pytest.mark.parametrize("name", ["=1+1", "+A", "-A", "@A", "\tA", "'=A", "''+A", "'A", "it's", "-3"])
def test_names_survive_an_export_and_a_spreadsheet(write, name):
    frame = read_samples(write(HEAD + '"A",77.4,18.4\n'))
    frame.loc[0, "name"] = name
    again = read_samples(write(csv_text(frame)))
    assert again["name"][0] == name


BAD = [
    (b"", "E_EMPTY_FILE", "size"),
    ("\n\n \n"[:2], "E_EMPTY_FILE", "size"),
    (HEAD, "E_NO_ROWS", "rows"),
    ("name,lat_deg\nA,18\n", "E_NO_COLUMN", "header"),
    ("lon,lat\n77,18\n", "E_NO_COLUMN", "header"),
    ("name,lon,longitude,lat\nA,77,77,18\n", "E_DUP_COLUMN", "header"),
    (HEAD + "A,77.4,\n", "E_NOT_NUMBER", "line 2, column 3"),
    (HEAD + "A,77.4,18.4\nB,,18.4\n", "E_NOT_NUMBER", "line 3, column 2"),
    (HEAD + "A,abc,18.4\n", "E_NOT_NUMBER", "line 2, column 2"),
    (HEAD + "A,nan,18.4\n", "E_NOT_NUMBER", "line 2, column 2"),
    (HEAD + "A,77.4,inf\n", "E_NOT_NUMBER", "line 2, column 3"),
    (HEAD + "A,1e400,18.4\n", "E_NOT_NUMBER", "line 2, column 2"),
    (HEAD + "A,7_7,18.4\n", "E_NOT_NUMBER", "line 2, column 2"),
    (HEAD + "A,\u0667\u0667,18.4\n", "E_NOT_NUMBER", "line 2, column 2"),
    (HEAD + 'A,77.4,"18°26\'24""N"\n', "E_NOT_NUMBER", "line 2, column 3"),
    (HEAD + '"A",0x4D,18\n', "E_NOT_NUMBER", "line 2, column 2"),
    ("name,lon,lat,elevation\nA,77,18,nan\n", "E_NOT_NUMBER", "line 2, column 4"),
    ("name,lon,lat,seal_sol\nA,77,18,3.5\n", "E_NOT_NUMBER", "line 2, column 4"),
    ("name,lon,lat,kind\nA,77,18,rock\n", "E_KIND", "line 2, column 4"),
    (HEAD + ",77.4,18.4\n", "E_NO_NAME", "line 2, column 1"),
    (HEAD + "A,77.4,95\n", "E_RANGE", "line 2, column 3"),
    (HEAD + "A,-800,18\n", "E_RANGE", "line 2, column 2"),
    ("name;lon;lat\nA;77,4;18,4\n", "E_DELIMITER", "header"),
    ("name\tlon\tlat\nA\t77\t18\n", "E_DELIMITER", "header"),
    (HEAD + "A,77.4,18.4,extra\n", "E_RAGGED", "line 2"),
    (HEAD + "A,77.4\n", "E_RAGGED", "line 2"),
    (HEAD + '"A,77.4,18.4\n', "E_QUOTE", "line 2"),
    (HEAD + '"A"x,77.4,18.4\n', "E_QUOTE", "line 2"),
    (HEAD + "A\0B,77.4,18.4\n", "E_ENCODING", "line 2"),
    ((HEAD + "Atsá,77.4,18.4\n").encode("latin-1"), "E_ENCODING", "byte 24"),
    ((HEAD + "A,77.4,18.4\n").encode("utf-16"), "E_ENCODING", "byte 0"),
    (b"\x93\xff\x00\x10" * 40, "E_ENCODING", "byte 0"),
    (HEAD + "A,77.4,18.4\nA,77.5,18.4\n", "E_DUP_NAME", "line 3, column 1"),
    (HEAD + "A,77.4,18.4\nA,,\n", "E_DUP_NAME", "line 3, column 1"),
    (HEAD + "x" * 201 + ",77.4,18.4\n", "E_TOO_LARGE", "size"),
    (HEAD + "x" * 150_000 + ",77.4,18.4\n", "E_TOO_LARGE", "size"),
    (HEAD + "A,77,18\n" * 100_001, "E_TOO_LARGE", "size"),
    (HEAD + "x" * 20_000_001, "E_TOO_LARGE", "size"),
    ("<OGRVRTDataSource></OGRVRTDataSource>", "E_INDIRECT", "format"),
    ("\n <?xml version='1.0'?><kml/>", "E_INDIRECT", "format"),
    (b"SQLite format 3\0" + b"\0" * 90, "E_FORMAT", "format"),
    (b"PK\x03\x04" + b"\0" * 90, "E_FORMAT", "format"),
    ("<html></html>", "E_FORMAT", "format"),
]


@pytest.mark.parametrize(("content", "code", "field"), BAD)
@pytest.mark.parametrize("name", ["samples.csv", "samples.geojson"])
def test_bad_lists_are_refused_with_the_place(write, content, code, field, name):
    path = write(content, name)
    with pytest.raises(InputError, match=code) as caught:
        read_samples(path)
    error = caught.value
    assert (error.code, error.file, error.field) == (code, str(path), field)
    assert error.fix


def test_missing_columns_are_named_with_those_seen(write):
    with pytest.raises(InputError, match="no column lon_deg nor lat_deg; columns seen: name, x, y"):
        read_samples(write("name,x,y\nA,1,2\n"))


@pytest.mark.parametrize("path", ["http://example.org/s.csv", "/vsicurl/http://example.org/s.csv"])
def test_lists_are_not_fetched(path):
    with pytest.raises(InputError, match="E_REMOTE"):
        read_samples(path)


def test_rows_without_position_are_kept_and_told(write):
    frame = read_samples(write(HEAD + "A,77.4,18.4\nB,,\nC, , \n"))
    assert codes(frame) == ["W_NO_POSITION"]
    assert "line 3, line 4" in frame.attrs["notices"][0].found
    assert frame.geometry.isna().tolist() == [False, True, True]
    assert np.isnan(frame["lon_deg"][1])


@pytest.mark.parametrize(
    ("given", "lon"), [("437.45", 77.45), ("-282.55", 77.45), ("-0.5", 359.5), ("360", 0.0)]
)
def test_longitudes_are_turned_into_the_circle_and_told(write, given, lon):
    frame = read_samples(write(HEAD + f"A,{given},18.4\nB,77.4,18.4\n"))
    assert codes(frame) == ["W_LON_WRAPPED"]
    assert frame["lon_deg"][0] == pytest.approx(lon, abs=1e-11)
    assert frame["lon_deg"][1] == 77.4
    assert frame.geometry[0].x == frame["lon_deg"][0]


def test_a_row_given_twice_is_kept_and_told(write):
    frame = read_samples(write(HEAD + "A,77.4,18.4\nB,77.4,18.4\nA,77.4,18.4\n"))
    assert codes(frame) == ["W_DUPLICATE"]
    assert "line 4" in frame.attrs["notices"][0].found
    assert len(frame) == 3


def test_sample_and_depot_of_one_name_are_two_places(write):
    assert codes(read_samples(write("kind,name,lon,lat\nsample,A,77.4,18.4\ndepot,A,77.5,18.5\n"))) == []


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


def feature(coordinates=(77.4, 18.4), kind="Point", **properties):
    geometry = {"type": kind, "coordinates": list(coordinates)} if coordinates else None
    return {"type": "Feature", "geometry": geometry, "properties": {"name": "A", **properties}}


OURS = {"type": "name", "properties": {"name": "urn:ogc:def:crs:IAU:2015::49900"}}
EARTH = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}


@pytest.mark.parametrize("name", ["samples.geojson", "samples.csv"])
def test_points_of_geojson_are_read_as_mars(write, name):
    text = collection(feature(seal_sol=371), feature((77.5, 18.5, -2500.5), name="B", kind="Point"), crs=OURS)
    frame = read_samples(write(text, name))
    assert list(frame.columns) == COLUMNS
    assert frame["lon_deg"].tolist() == [77.4, 77.5]
    assert frame["seal_sol"][0] == 371
    assert frame["elevation_m"][1] == -2500.5
    assert frame.crs.to_authority() == ("IAU_2015", "49900")
    assert codes(frame) == []


@pytest.mark.parametrize(
    ("more", "word"), [({"crs": EARTH}, "CRS84"), ({}, "names no CRS"), ({"crs": None}, "names no")]
)
def test_the_crs_of_geojson_is_ignored_and_told(write, more, word):
    frame = read_samples(write(collection(feature(), **more)))
    assert codes(frame) == ["W_CRS_ASSUMED"]
    assert word in frame.attrs["notices"][0].found
    assert frame["lon_deg"][0] == 77.4


def test_features_without_geometry_have_no_position(write):
    frame = read_samples(write(collection(feature(None, lon_deg=1, lat_deg=2), crs=OURS)))
    assert codes(frame) == ["W_NO_POSITION"]
    assert np.isnan(frame["lon_deg"][0])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "E_GEOJSON"),
        ('{"type": "Feature"}', "E_GEOJSON"),
        ('{"type": "FeatureCollection", "features": 3}', "E_GEOJSON"),
        ('{"a":' * 100_000, "E_GEOJSON"),
        (collection(), "E_NO_ROWS"),
        (collection(3), "E_GEOJSON"),
        (collection({"type": "Feature", "geometry": None}), "E_GEOJSON"),
        (collection(feature(kind="LineString")), "E_GEOJSON"),
        (collection(feature(((1, 2), (3, 4)), kind="LineString")), "E_GEOJSON"),
        (collection(feature((77.4,))), "E_GEOJSON"),
        (collection(feature(("77.4", "18.4"))), "E_GEOJSON"),
        (collection(feature((True, 18.4))), "E_GEOJSON"),
        (collection(feature()).replace("77.4", "NaN"), "E_GEOJSON"),
        (collection(feature()).replace("77.4", "1e999"), "E_NOT_NUMBER"),
        (collection(feature()).replace("18.4", "118.4"), "E_RANGE"),
        (collection(feature()).replace("77.4", "9" * 400), "E_GEOJSON"),
        (collection(feature(name="x" * 300)), "E_TOO_LARGE"),
        (collection(feature(name=None)), "E_NO_NAME"),
        (collection(feature(), feature((77.5, 18.4))), "E_DUP_NAME"),
    ],
)
def test_bad_geojson_is_refused(write, text, code):
    path = write(text, "samples.geojson")
    with pytest.raises(InputError, match=code) as caught:
        read_samples(path)
    assert (caught.value.code, caught.value.file) == (code, str(path))
    assert caught.value.fix
    assert caught.value.field
