"""One table of odd and bad lists of samples: what each comes to, where it says so, and what to do."""

from __future__ import annotations

import copy
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from affine import Affine

from jezero_sites.errors import InputError
from jezero_sites.io.points import samples as samples_module
from jezero_sites.io.points.samples import read_samples
from jezero_sites.pipeline import assess
from jezero_sites.pipeline.inputs import check_swapped, sample_notices
from jezero_sites.raster import Grid, Raster

HEAD = "name,lon_deg,lat_deg\n"
EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"

REFUSED = {
    # case: bytes or text, code, field, words of the fix
    "empty file": ("", "E_EMPTY_FILE", "size", "copy or download"),
    "blank lines alone": ("\n\r\n", "E_EMPTY_FILE", "size", "copy or download"),
    "header only": (HEAD, "E_NO_ROWS", "rows", "add the samples"),
    "lon missing": ("name,lat_deg\nA,18.44\n", "E_NO_COLUMN", "header", "name,lon_deg,lat_deg"),
    "one column twice": ("name,lat,lon,Latitude\nA,1,2,3\n", "E_DUP_COLUMN", "header", "keep one"),
    "only lat blank": (HEAD + "A,77.45,\n", "E_NOT_NUMBER", "line 2, column 3", "both"),
    "only lon blank": (HEAD + "A,77.45,18.44\nB, ,18.44\n", "E_NOT_NUMBER", "line 3, column 2", "both"),
    "abc as lon": (HEAD + "A,abc,18.44\n", "E_NOT_NUMBER", "line 2, column 2", "decimal degrees"),
    "nan": (HEAD + "A,77.45,NaN\n", "E_NOT_NUMBER", "line 2, column 3", "decimal degrees"),
    "inf": (HEAD + "A,-inf,18.44\n", "E_NOT_NUMBER", "line 2, column 2", "decimal degrees"),
    "1e400": (HEAD + "A,77.45,1e400\n", "E_NOT_NUMBER", "line 2, column 3", "decimal degrees"),
    "degrees and minutes": (
        HEAD + 'A,77.45,"18°26\'24""N"\n', "E_NOT_NUMBER", "line 2, column 3", "decimal degrees",
    ),
    "decimal comma in quotes": (
        HEAD + 'A,"77,45","18,44"\n', "E_NOT_NUMBER", "line 2, column 2", "with a point",
    ),
    "semicolons": ("name;lon;lat\nA;77,45;18,44\n", "E_DELIMITER", "header", "commas"),
    "ragged row": (HEAD + "A,77.45,18.44\nB,77.45,18.44,extra\n", "E_RAGGED", "line 3", "quotes"),
    "short row": (HEAD + "A,77.45\n", "E_RAGGED", "line 2", "quotes"),
    "open quote": (HEAD + '"A,77.45,18.44\nB,77.46,18.45\n', "E_QUOTE", "line 3", "close every quote"),
    "NUL in a name": (HEAD + "A,77.45,18.44\nB\0,77.46,18.44\n", "E_ENCODING", "line 3", "UTF-8"),
    "latin-1": ((HEAD + "Atsá,77.45,18.44\n").encode("latin-1"), "E_ENCODING", "byte 24", "UTF-8"),
    "utf-16": ((HEAD + "A,77.45,18.44\n").encode("utf-16"), "E_ENCODING", "byte 0", "UTF-8"),
    "utf-16 without a mark": ((HEAD + "A,77,18\n").encode("utf-16-le"), "E_ENCODING", "line 1", "UTF-8"),
    "random bytes": (bytes(range(128, 256)) * 3, "E_ENCODING", "byte 0", "UTF-8"),
    "one cell too long": (HEAD + "x" * 201 + ",77.45,18.44\n", "E_TOO_LARGE", "size", "keep only"),
    "one cell of 50 MB": (b"x" * 50_000_000, "E_TOO_LARGE", "size", "keep only"),
    "too many rows": (HEAD + "A,77,18\n" * 100_001, "E_TOO_LARGE", "size", "keep only"),
    "2,000,000 rows": (HEAD + "A,77,18\n" * 2_000_000, "E_TOO_LARGE", "size", "keep only"),
    "too many blank lines": (HEAD + "\n" * 300_001, "E_TOO_LARGE", "size", "keep only"),
    "too many carriage returns": (HEAD + "\r" * 300_001, "E_TOO_LARGE", "size", "keep only"),
    "same name at another place": (
        HEAD + "A,77.45,18.44\nB,77.45,18.44\nA,77.46,18.44\n", "E_DUP_NAME", "line 4, column 1", "its own name",
    ),
    "no name": (HEAD + " ,77.45,18.44\n", "E_NO_NAME", "line 2, column 1", "name"),
    "unknown kind": ("kind,name,lon,lat\nrock,A,77,18\n", "E_KIND", "line 2, column 1", "sample, depot"),
    "latitude beyond 90": (
        HEAD + "A,77.45,18.44\nB,277.45,90.01\n", "E_RANGE", "line 3, column 3", "latitude -90 to 90",
    ),
    "one latitude that could be a longitude": (
        HEAD + "A,77.45,18.44\nB,18.44,97.45\n", "E_RANGE", "line 3, column 3", "swapped?",
    ),
    "every latitude beyond 90, no longitude": (
        HEAD + "A,-4.6,137.4\nB,-4.7,137.3\nC,,\n", "E_SWAPPED", "line 2, column 3", "exchange the two columns",
    ),
    "longitude beyond two turns": (HEAD + "A,7745,18.44\n", "E_RANGE", "line 2, column 2", "0 to 360"),
    "a sol beyond all sols": (
        "name,lon,lat,seal_sol\nA,77,18,1e300\n", "E_RANGE", "line 2, column 4", "sol of the mission",
    ),
    "an SQLite database": (b"SQLite format 3\0" + b"\0" * 84, "E_FORMAT", "format", "export it as CSV"),
    "a spreadsheet": (b"PK\x03\x04" + b"\0" * 84, "E_FORMAT", "format", "export it as CSV"),
    "a web page": ("<!DOCTYPE html><html></html>", "E_FORMAT", "format", "export it as CSV"),
}  # fmt: skip

ACCEPTED = {
    # case: text, names, codes of the notices
    "renamed columns": ("Sample Name,Longitude (deg E),Latitude (deg)\nA,77.45,18.44\n", ["A"], []),
    "a byte order mark": ("\ufeff" + HEAD + "A,77.45,18.44\n", ["A"], []),
    "lines of Windows": (HEAD.strip() + "\r\nA,77.45,18.44\r\n", ["A"], []),
    "lon and lat blank": (HEAD + "A,,\nB,77.45,18.44\n", ["A", "B"], ["W_NO_POSITION"]),
    "names that look null": (
        HEAD + "NA,77.45,18.44\nNULL,77.45,18.44\n001,77.45,18.44\nNone,77.45,18.44\n",
        ["NA", "NULL", "001", "None"], [],
    ),
    "a name like a comment": (HEAD + "#A,77.45,18.44\n", ["#A"], []),
    "name and place twice": (HEAD + "A,77.45,18.44\nA,77.45,18.44\n", ["A", "A"], ["W_DUPLICATE"]),
    "names like formulas": (
        HEAD + '=1,77.45,18.44\n+1,77.45,18.44\n-1,77.45,18.44\n@a,77.45,18.44\n"\ta",77.45,18.44\n"\ra",77.45,18.44\n',
        ["=1", "+1", "-1", "@a", "\ta", "\ra"], [],
    ),
    "names like markup": (
        HEAD + "<img src=x>,77.45,18.44\n</script>,77.45,18.44\n{{7*7}},77.45,18.44\n`${1}`,77.45,18.44\n",
        ["<img src=x>", "</script>", "{{7*7}}", "`${1}`"], [],
    ),
    "longitude beyond 360": (HEAD + "A,437.45,18.44\n", ["A"], ["W_LON_WRAPPED"]),
    "longitude below 0": (HEAD + "A,-282.55,18.44\n", ["A"], ["W_LON_WRAPPED"]),
    "a point far outside": (HEAD + "A,-45,12\n", ["A"], ["W_LON_WRAPPED", "W_OUTSIDE_DEM"]),
    "west longitudes": (HEAD + "A,282.55,18.44\n", ["A"], ["W_OUTSIDE_DEM", "W_WEST_POSITIVE"]),
    "a cell of two lines": (HEAD + '"A\nB",77.45,18.44\n', ["A\nB"], []),
}  # fmt: skip


@pytest.fixture
def write(tmp_path):
    def write_file(content, name="samples.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8"))
        return path

    return write_file


@pytest.fixture(scope="module")
def dem():
    """Return 2.3 by 2.9 km of level ground about 77.447 E, 18.447 N, 18.44 N 77.45 E upon it."""
    grid = Grid.of((230, 290), Affine(10, 0, 4589640.0, 0, -10, 1094040.0), EQC)
    return Raster(np.zeros(grid.shape, np.float32), grid, "elevation_m", "m")


def test_the_table_holds_the_cases_that_were_promised():
    assert len(REFUSED) + len(ACCEPTED) >= 28


@pytest.mark.parametrize("case", REFUSED)
def test_a_bad_list_is_refused_with_file_line_column_and_what_to_do(write, case):
    content, code, field, fix = REFUSED[case]
    path = write(content)
    with pytest.raises(
        InputError, match=rf"^error\[{code}\] {re.escape(str(path))}: .*{re.escape(fix)}"
    ) as caught:
        read_samples(path)
    error = caught.value
    assert (error.code, error.file, error.field, error.exit_code) == (code, str(path), field, 2)
    assert fix in error.fix
    assert "\n" not in str(error)
    if field.startswith(("line", "byte")):
        assert str(error).startswith(f"error[{code}] {path}: {field}")


@pytest.mark.parametrize("case", ACCEPTED)
def test_an_odd_list_is_read_and_what_is_odd_is_told(write, dem, case):
    content, names, notices = ACCEPTED[case]
    samples = read_samples(write(content))
    assert list(samples["name"]) == names
    assert [n.code for n in sample_notices(dem, samples)] == notices


def test_a_byte_that_is_no_text_is_also_placed_by_its_line(write):
    with pytest.raises(InputError, match=r"byte 24 \(line 2\) is no text in UTF-8"):
        read_samples(write((HEAD + "Atsá,77.45,18.44\n").encode("latin-1")))


# --- exchanged coordinates ---


def test_exchanged_coordinates_are_refused_with_the_line(write, dem):
    path = write(HEAD + "A,,\nB,18.44,77.45\nC,18.441,77.451\n")
    samples = read_samples(path)
    for check in (lambda: check_swapped(samples, dem.grid), lambda: assess(dem, samples=samples)):
        with pytest.raises(InputError, match=r"E_SWAPPED.*line 3: longitude 18.44, latitude 77.45") as caught:
            check()
        error = caught.value
        assert (error.file, error.field) == (str(path), "line 3")
        assert "2 of 3 rows" in error.found
        assert "exchange the two columns" in error.fix


def test_the_line_is_known_after_rows_were_dropped_sorted_and_copied(write, dem):
    samples = read_samples(write(HEAD + "C,77.45,18.44\nA,77.45,18.44\nB,18.44,77.45\n"))
    kept = copy.deepcopy(samples[samples["name"] != "A"].sort_values("name").reset_index(drop=True))
    with pytest.raises(InputError, match=r"E_SWAPPED.*: line 4: "):
        check_swapped(kept, dem.grid)


def test_exchanged_coordinates_of_geojson_name_the_feature(write, dem):
    path = write(collection(feature(name="B"), feature((18.44, 77.45))), "s.geojson")
    with pytest.raises(InputError, match=r"E_SWAPPED.*s\.geojson: feature 2: "):
        check_swapped(read_samples(path), dem.grid)


def test_a_table_made_in_memory_names_the_sample(write, dem):
    samples = read_samples(write(HEAD + "B,18.44,77.45\n"))
    samples.attrs = {}
    with pytest.raises(InputError, match=r"error\[E_SWAPPED\]: sample 'B': ") as caught:
        check_swapped(samples, dem.grid)
    assert caught.value.file is None


def test_a_negative_latitude_is_known_after_it_was_turned_into_the_circle(write):
    south = Grid.of((30, 40), Affine(10, 0, 2_667_000.0, 0, -10, -272_000.0), EQC)  # 45.0 E, 4.6 S
    samples = read_samples(write(HEAD + "A,-4.59,45.0\n"))
    assert samples["lon_deg"][0] == pytest.approx(355.41)
    with pytest.raises(InputError, match=r"E_SWAPPED.*line 2: "):
        check_swapped(samples, south)


@pytest.mark.parametrize(
    "row",
    [
        "77.45,18.44",  # on the DEM
        "77.60,18.44",  # 8 km east of it: still its area
        "18.44,60.0",  # neither way
        "77.60,77.40",
        ",",
    ],
)
def test_coordinates_that_are_right_or_simply_elsewhere_are_left_alone(write, dem, row):
    check_swapped(read_samples(write(HEAD + f"A,{row}\n")), dem.grid)


def test_ground_that_holds_a_place_both_ways_takes_it_as_given(write):
    diagonal = Grid.of((300, 400), Affine(100, 0, 2_647_000.0, 0, -100, 2_682_000.0), EQC)  # about 45 E, 45 N
    samples = read_samples(write(HEAD + "A,44.9,45.1\n"))
    check_swapped(samples, diagonal)
    assert samples["lon_deg"].tolist() == [44.9]


@pytest.mark.parametrize(("lat", "swapped"), [(77.29, True), (77.20, False)])
def test_the_area_ends_ten_kilometres_around_the_dem(write, dem, lat, swapped):
    """The west edge is at 77.4285 E; 10 km there are 0.1779 degrees of longitude."""
    samples = read_samples(write(HEAD + f"A,18.44,{lat}\n"))
    if swapped:
        with pytest.raises(InputError, match="E_SWAPPED"):
            check_swapped(samples, dem.grid)
    else:
        check_swapped(samples, dem.grid)


def test_ground_across_longitude_zero_knows_its_area(write):
    grid = Grid.of((30, 40), Affine(10, 0, -200.0, 0, -10, 1094040.0), EQC)
    for lon in (0.002, 359.998):
        check_swapped(read_samples(write(HEAD + f"A,{lon},18.457\n")), grid)
        with pytest.raises(InputError, match="E_SWAPPED"):
            check_swapped(read_samples(write(HEAD + f"A,18.457,{lon if lon < 1 else lon - 360}\n")), grid)


def test_the_catalogue_is_never_taken_for_exchanged():
    from jezero_sites.io.points.catalog import perseverance_samples

    other_way = Grid.of((30, 40), Affine(200, 0, 1_090_000.0, 0, -200, 4_594_000.0), EQC)  # 18.4 E, 77.45 N
    samples = perseverance_samples()
    check_swapped(samples, other_way)
    samples.attrs = {}
    with pytest.raises(InputError, match="E_SWAPPED"):
        check_swapped(samples, other_way)


def test_west_longitudes_are_suggested_with_the_line_and_left_as_they_are(write, dem):
    samples = read_samples(write(HEAD + "A,77.45,18.44\nB,282.55,18.44\n"))
    told = sample_notices(dem, samples)[-1]
    assert (told.code, told.file) == ("W_WEST_POSITIVE", str(samples.attrs["sources"][0]))
    assert "1 of 2 positions" in told.found
    assert "(line 3)" in told.found
    assert "360 - 282.55" in told.fix
    assert samples["lon_deg"].tolist() == [77.45, 282.55]


# --- disguised vector files ---

VRT = """<OGRVRTDataSource><OGRVRTLayer name="secret">
<SrcDataSource>{folder}/secret.csv</SrcDataSource><SrcLayer>secret</SrcLayer>
<GeometryType>wkbPoint</GeometryType>
<GeometryField encoding="PointFromColumns" x="lon" y="lat"/></OGRVRTLayer></OGRVRTDataSource>"""


@pytest.fixture
def secret(tmp_path):
    (tmp_path / "secret.csv").write_text("name,lon,lat\nhunter2,77.45,18.44\n")
    return VRT.format(folder=tmp_path)


@pytest.mark.parametrize("name", ["samples.vrt", "samples.csv", "samples.geojson", "samples.gpkg"])
def test_a_document_that_points_at_another_file_is_refused_whatever_its_name(write, secret, name):
    path = write(secret, name)
    with pytest.raises(InputError, match="E_INDIRECT") as caught:
        read_samples(path)
    error = caught.value
    assert (error.file, error.field) == (str(path), "format")
    assert "a CSV or a GeoJSON" in error.fix
    assert "hunter2" not in str(error)


def test_the_harm_is_real_where_the_driver_is_left_on(write, secret, tmp_path):
    """Read directly, the four files give another file's attributes, unless the build refuses."""
    names = ["samples.vrt", "samples.csv", "samples.geojson", "samples.gpkg"]
    paths = [str(write(secret, name)) for name in names]
    code = (
        "import sys, pyogrio\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n"
        "        print('hunter2' in str(pyogrio.read_dataframe(path, read_geometry=False)))\n"
        "    except Exception as exc:\n"
        "        print('refused', exc)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *paths], capture_output=True, text=True, check=True, cwd=tmp_path, env={}
    )
    leaked = done.stdout.splitlines()
    if any(line.startswith("refused") for line in leaked):
        pytest.skip(f"this build of GDAL refuses: {leaked}")
    assert leaked == ["True"] * 4


# --- GeoJSON ---


def collection(*features, **more):
    return json.dumps({"type": "FeatureCollection", "features": list(features), **more})


def feature(coordinates=(77.45, 18.44), kind="Point", **properties):
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": {"name": "A", **properties}}


ONE = collection(feature())
BAD_GEOJSON = {
    "a list in place of an object": ("[" + ONE + "]", "E_GEOJSON"),
    "a bare feature": (json.dumps(feature()), "E_GEOJSON"),
    "text after the end": (ONE + "x", "E_GEOJSON"),
    "cut short": (ONE[:-9], "E_GEOJSON"),
    "comments": ("{/* */" + ONE[1:], "E_GEOJSON"),
    "NaN": (ONE.replace("18.44", "NaN"), "E_GEOJSON"),
    "minus infinity": (ONE.replace("18.44", "-Infinity"), "E_GEOJSON"),
    "a number beyond floats": (ONE.replace("18.44", "1e999"), "E_NOT_NUMBER"),
    "a number of 5000 digits": (ONE.replace("18.44", "9" * 5000), "E_GEOJSON"),
    "a property of 4000 digits": (collection(feature(seal_sol=1)).replace(": 1}", ": " + "9" * 4000 + "}"),
                                  "E_TOO_LARGE"),
    "a line": (collection(feature([[1, 2], [3, 4]], "LineString")), "E_GEOJSON"),
    "several points in one": (collection(feature([[77, 18]], "MultiPoint")), "E_GEOJSON"),
    "a collection of geometries": (collection(feature([], "GeometryCollection")), "E_GEOJSON"),
    "a point within a point": (collection(feature([[77.45, 18.44]])), "E_GEOJSON"),
    "four coordinates": (collection(feature([77.45, 18.44, 0, 0])), "E_GEOJSON"),
    "no coordinates": (collection(feature(None)), "E_GEOJSON"),
    "coordinates in quotes": (collection(feature(["77.45", "18.44"])), "E_GEOJSON"),
    "a null coordinate": (collection(feature([77.45, None])), "E_GEOJSON"),
    "map metres": (collection(feature([4590640, 1093540])), "E_RANGE"),
    "exchanged in all features": (collection(feature([18.4, 97.4]), feature([18.5, 97.5], name="B")), "E_SWAPPED"),
    "a key twice": (ONE.replace('"name": "A"', '"name": "A", "name": "B"'), "E_GEOJSON"),
    "the type twice": (ONE.replace("{", '{"type": "x", ', 1), "E_GEOJSON"),
    "two properties for one field": (collection(feature(**{"Sample Name": "B"})), "E_GEOJSON"),
    "a nested name": (collection(feature(name={"en": "A"})), "E_NO_NAME"),
    "nested too deep": ('{"type": ' + "[" * 200_000, "E_GEOJSON"),
    "half a surrogate pair in a name": (ONE.replace('"A"', '"\\ud83d"'), "E_ENCODING"),
    "a NUL in a name": (ONE.replace('"A"', '"A\\u0000B"'), "E_ENCODING"),
    "a NUL in a source": (collection(feature(source="a\0")), "E_ENCODING"),
    "a name too long": (collection(feature(name="x" * 201)), "E_TOO_LARGE"),
    "too many features": (collection(*[feature()] * 100_001), "E_TOO_LARGE"),
    "properties that are a list": (ONE.replace('{"name": "A"}', "[]"), "E_GEOJSON"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_GEOJSON)
def test_bad_geojson_is_refused_with_what_to_do(write, case):
    text, code = BAD_GEOJSON[case]
    path = write(text, "samples.geojson")
    with pytest.raises(InputError, match=rf"^error\[{code}\] {re.escape(str(path))}: ") as caught:
        read_samples(path)
    error = caught.value
    assert error.fix
    assert error.field
    assert len(str(error)) < 600
    str(error).encode("utf-8")


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32633"}}, "EPSG::32633' that it names"),
        ({"type": "name", "properties": {"name": "x\ud800" * 90}}, "that it names is ignored"),
        ({"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}, "is ignored"),
        ({"type": "name", "properties": ["name"]}, "is ignored"),
        (49900, "is ignored"),
        ([], "is ignored"),
    ],
)  # fmt: skip
def test_a_wrong_crs_member_is_ignored_and_told(write, crs, words):
    samples = read_samples(write(collection(feature(), crs=crs), "s.geojson"))
    (notice,) = samples.attrs["notices"]
    assert notice.code == "W_CRS_ASSUMED"
    assert words in notice.found
    assert "east longitudes" in notice.found
    str(notice).encode("utf-8")
    assert samples["lon_deg"][0] == 77.45


def test_a_height_in_the_geometry_is_the_elevation_unless_a_property_says_other(write):
    text = collection(feature([77.45, 18.44, -2560.5]), feature([77.4, 18.4, 1.0], name="B", elevation=-7))
    assert read_samples(write(text, "s.geojson"))["elevation_m"].tolist() == [-2560.5, -7.0]


def test_a_list_that_changes_while_it_is_read_is_refused(write, monkeypatch):
    path = write(HEAD + "A,77.45,18.44\n")
    whole = samples_module.read_small

    def written_meanwhile(file, *, limit):
        data = whole(file, limit=limit)
        path.write_text(HEAD + "B,77.45,18.44\nC,77.46,18.44\n")
        return data

    monkeypatch.setattr(samples_module, "read_small", written_meanwhile)
    with pytest.raises(InputError, match="E_INPUT_CHANGED"):
        read_samples(path)
