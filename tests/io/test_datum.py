"""What heights are above is what is stated; two datums never become one raster."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from affine import Affine
from hypothesis import given
from hypothesis import strategies as st

from jezero_sites.errors import InputError, RefusedInputs
from jezero_sites.io.datum import at_odds, datum_kind, joint_datum
from jezero_sites.io.dem import read_dem

TEXTS = ["unstated", "", "mola", "MOLA areoid", "geoid", "sphere", "Sphere of 3396190 m", "3396 km sphere",
         "planetary radius", "ellipsoid", "local datum"]  # fmt: skip


def at(row, col):
    return Affine(1.25, 0.0, 4_590_000 + 1.25 * col, 0.0, -1.25, 1_093_000 - 1.25 * row)


@pytest.fixture
def ground():
    rows, cols = np.indices((70, 90))
    return (-2500 + 0.5 * rows - 0.25 * cols).astype("float32")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("MOLA areoid", "areoid"),
        ("mola", "areoid"),
        ("IAU geoid", "areoid"),
        ("above the sphere", "sphere"),
        ("MOLA sphere 3396190", "sphere"),
        ("planetary radii", "radius"),
        ("Mars spheroid", "ellipsoid"),
        ("areoid on a sphere", "areoid on a sphere"),
        ("Local", "local"),
        ("holamola", "holamola"),
    ],
)
def test_words_for_a_datum_are_understood(text, kind):
    assert datum_kind(text) == kind


@pytest.mark.parametrize(
    ("one", "other", "odds"),
    [
        ("mola", "MOLA areoid", False),
        ("mola", "sphere", True),
        ("sphere", "radius", True),
        ("sphere 3396190", "sphere 3396000", True),
        ("sphere 3396190", "sphere of 3396.19 km", False),
        ("sphere", "sphere 3396000", False),
        ("unstated", "sphere", False),
        ("unknown", "mola", False),
        ("local", "LOCAL ", False),
        ("local", "mola", True),
    ],
)
def test_statements_of_two_datums_are_at_odds(one, other, odds):
    assert at_odds(one, other) is odds
    assert at_odds(other, one) is odds


@given(st.lists(st.sampled_from(TEXTS), min_size=1, max_size=4))
def test_a_joint_datum_is_at_odds_with_no_part_of_what_agrees(datums):
    joint = joint_datum(datums)
    if not any(at_odds(a, b) for a, b in itertools.combinations(datums, 2)):
        assert not any(at_odds(joint, d) for d in datums)
    assert joint == "unstated" or not {"", "unstated"} & set(datums)


def test_one_datum_in_two_wordings_is_one(make_tiff):
    paths = [make_tiff("a.tif"), make_tiff("b.tif", transform=at(0, 90), tags={"GEOID": "mola"})]
    both = read_dem(paths)
    assert both.tags["VERTICAL_DATUM"] == "areoid"
    assert both.notices == ()


@pytest.mark.parametrize("gap", [0, 90, 400])
def test_different_stated_datums_are_refused_also_where_tiles_do_not_touch(make_tiff, gap):
    a = make_tiff("a.tif", tags={"VERTICAL_DATUM": "MOLA areoid"})
    b = make_tiff("b.tif", transform=at(0, gap), tags={"VERTICAL_DATUM": "sphere"})
    for order in ([a, b], [b, a]):
        with pytest.raises(RefusedInputs, match=r"E_DATUM_MISMATCH.*b.tif.*'sphere'.*a.tif.*'MOLA areoid'"):
            read_dem(order)


def test_an_unstated_tile_between_does_not_hide_two_datums(make_tiff):
    paths = [
        make_tiff("a.tif", tags={}),
        make_tiff("b.tif", tags={"GEOID": "mola"}, transform=at(0, 90)),
        make_tiff("c.tif", tags={"VERTICAL_DATUM": "sphere"}, transform=at(0, 180)),
    ]
    for order in itertools.permutations(paths):
        with pytest.raises(RefusedInputs, match=r"E_DATUM_MISMATCH.*c.tif.*b.tif") as caught:
            read_dem(order)
        assert len(caught.value.errors) == 1


@pytest.mark.parametrize("tags", [({}, {}), ({"GEOID": "mola"}, {}), ({}, {"VERTICAL_DATUM": "sphere"})])
@pytest.mark.parametrize("offset", [1177.7, -1177.7, 190.0])
def test_an_even_offset_of_hundreds_of_metres_is_two_datums(make_tiff, ground, tags, offset):
    rows, cols = np.indices(ground.shape)
    tilted = ground + offset + 0.02 * offset * (rows / 70 - cols / 90)
    a = make_tiff("a.tif", ground, tags=tags[0])
    b = make_tiff("b.tif", tilted.astype("float32"), tags=tags[1])
    for limit in (10.0, float("inf")):
        with pytest.raises(RefusedInputs, match="E_DATUM_MISMATCH") as caught:
            read_dem([b, a], max_seam_dz_m=limit)
        (error,) = caught.value.errors
        assert (error.file, error.field) == (str(b), "vertical datum")
        assert f"{np.mean(tilted - ground):+.1f} m on 6300 shared cells" in error.found
        assert "unstated" in error.found
        assert "--vertical-datum" in error.fix


def test_an_offset_between_tiles_of_one_stated_datum_is_a_seam(make_tiff, ground):
    paths = [make_tiff("a.tif", ground), make_tiff("b.tif", ground + 1178)]
    with pytest.raises(RefusedInputs, match=r"E_SEAM.*RMS 1178 m"):
        read_dem(paths)
    unstated = [make_tiff("c.tif", ground, tags={}), make_tiff("d.tif", ground + 1178, tags={})]
    with pytest.raises(RefusedInputs, match="E_SEAM"):
        read_dem(unstated, vertical_datum="MOLA areoid")
    told = read_dem(unstated, vertical_datum="MOLA areoid", max_seam_dz_m=2000)
    assert [n.code for n in told.notices] == ["W_SEAM"]


def test_an_offset_that_varies_is_a_seam_and_no_datum(make_tiff, ground):
    wild = ground + 400 * np.random.default_rng(7).standard_normal(ground.shape) + 500
    paths = [make_tiff("a.tif", ground, tags={}), make_tiff("b.tif", wild.astype("float32"), tags={})]
    with pytest.raises(RefusedInputs, match="E_SEAM"):
        read_dem(paths)


def test_eight_cells_may_be_a_blunder_nine_are_a_datum(make_tiff, ground):
    for count, code in ((8, "E_SEAM"), (9, "E_DATUM_MISMATCH")):
        a, b = ground.copy(), ground + 1178
        b[np.unravel_index(np.arange(count, b.size), b.shape)] = np.nan
        paths = [make_tiff("a.tif", a, tags={}), make_tiff("b.tif", b, tags={}, nodata=np.nan)]
        with pytest.raises(RefusedInputs, match=code):
            read_dem(paths)


def test_tiles_that_state_nothing_and_agree_are_unstated_with_a_warning_each(make_tiff, ground):
    paths = [make_tiff("a.tif", ground, tags={}), make_tiff("b.tif", ground, tags={})]
    both = read_dem(paths)
    assert both.tags["VERTICAL_DATUM"] == "unstated"
    assert [(n.code, n.file) for n in both.notices] == [("W_DATUM", str(p)) for p in paths]


def test_an_option_fills_in_but_does_not_override(make_tiff):
    told = read_dem(make_tiff("a.tif", tags={"GEOID": "mola"}), vertical_datum="sphere")
    assert told.tags["VERTICAL_DATUM"] == "mola"
    (notice,) = told.notices
    assert notice.code == "W_DATUM"
    assert "'mola', which was kept" in notice.found
    assert read_dem(make_tiff("b.tif", tags={"GEOID": "mola"}), vertical_datum="MOLA areoid").notices == ()


def test_a_tag_that_says_unknown_states_nothing(make_tiff):
    dem = read_dem(make_tiff(tags={"VERTICAL_DATUM": "Unknown", "GEOID": "mola"}))
    assert dem.tags["VERTICAL_DATUM"] == "mola"
    assert [n.code for n in read_dem(make_tiff(tags={"VERTICAL_DATUM": "unknown"})).notices] == ["W_DATUM"]


def test_radii_are_told_by_their_range(make_tiff, ground):
    with pytest.raises(InputError, match=r"E_RANGE.*3\.39\d+e\+06.*radii"):
        read_dem(make_tiff(values=(ground + 3_396_190).astype("float32")))


def test_the_real_pair_of_two_datums_is_refused_in_any_order(real_data):
    names = [real_data / f"ctx_9N156E_dem_{d}.tif" for d in ("sphere", "areoid")]
    for order in (names, names[::-1]):
        with pytest.raises(RefusedInputs, match=r"E_DATUM_MISMATCH.*\(unstated and 'mola'\)") as caught:
            read_dem(order, max_seam_dz_m=float("inf"))
        assert caught.value.exit_code == 2
    with pytest.raises(RefusedInputs, match=r"E_DATUM_MISMATCH.*'IAU sphere'.*'mola'"):
        read_dem(names, vertical_datum="IAU sphere")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("MOLA areoid (Zuber 2001)", "MOLA areoid, 1999 version", False),
        ("sphere IAU_2015", "sphere of 3396190 m", False),
        ("sphere of 3396.0 km", "sphere of 3,396,190 m, 2015", True),
        ("sphere of 3396 km", "sphere of 3396000 m", False),
    ],
)
def test_only_a_radius_of_mars_counts_as_one(one, other, expected):
    assert at_odds(one, other) is expected


def test_a_file_that_states_two_datums_is_refused_until_one_is_told(make_tiff):
    path = make_tiff(tags={"VERTICAL_DATUM": "MOLA areoid", "GEOID": "sphere of 3396190 m"})
    with pytest.raises(InputError, match=r"E_DATUM.*'MOLA areoid' and above 'sphere of 3396190 m'") as caught:
        read_dem(path)
    assert caught.value.field == "vertical datum"
    dem = read_dem(path, vertical_datum="MOLA areoid")
    assert dem.tags["VERTICAL_DATUM"] == "MOLA areoid"
    (notice,) = [n for n in dem.notices if n.code == "W_DATUM"]
    assert "'MOLA areoid' was used as told" in notice.found


@pytest.mark.parametrize("more", [{"GEOID": "mola"}, {"VERTICAL": "metres, see label"}, {"GEOID": "unknown"}])
def test_statements_that_agree_or_say_something_else_are_no_contradiction(make_tiff, more):
    dem = read_dem(make_tiff(tags={"VERTICAL_DATUM": "MOLA areoid"} | more))
    assert dem.tags["VERTICAL_DATUM"] == "MOLA areoid"
    assert [n for n in dem.notices if n.code == "W_DATUM"] == []
