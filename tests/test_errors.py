"""Errors are one line each, survive processes, and carry the exit code of their kind."""

from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jezero_sites.errors import (
    DiskError,
    InputError,
    JezeroError,
    Notice,
    RefusedInputs,
    ResolutionError,
    SettingsError,
)

KINDS = (JezeroError, InputError, SettingsError, ResolutionError, DiskError)
WHOLE = {
    "found": "no CRS",
    "needed": "a map of Mars",
    "fix": "gdal_edit.py",
    "file": "a b.tif",
    "field": "crs",
    "transient": True,
}


def test_text_says_code_file_what_was_found_what_is_needed_and_what_to_do():
    error = InputError("E_NO_CRS", **WHOLE)
    assert str(error) == "error[E_NO_CRS] a b.tif: no CRS; a map of Mars; gdal_edit.py"


def test_parts_that_are_not_known_leave_no_separator_behind():
    assert str(JezeroError("E_X", found="odd")) == "error[E_X]: odd"
    assert str(JezeroError("E_X", found="odd", fix="mend it")) == "error[E_X]: odd; mend it"
    assert str(Notice("W_X", "odd")) == "warning[W_X]: odd"
    assert str(Notice("W_X", "odd", "mend it", "f.tif")) == "warning[W_X] f.tif: odd; mend it"


@settings(max_examples=100, deadline=None)
@given(st.text(), st.text(), st.text())
def test_text_is_one_printable_line_whatever_the_data_say(found, fix, file):
    for text in (
        str(InputError("E_X", found=found, fix=fix, file=file)),
        str(Notice("W_X", found, fix, file)),
    ):
        assert text.isprintable()
        assert len(text.splitlines()) == 1


def test_file_name_of_undecodable_bytes_can_be_printed():
    file = b"tile\xff\n.tif".decode("utf-8", "surrogateescape")
    assert str(InputError("E_X", found="odd", file=file)).encode("utf-8") == b"error[E_X] tile  .tif: odd"


def test_file_that_is_learned_later_is_in_the_text():
    error = SettingsError("E_X", found="odd")
    error.file = "late.toml"
    assert str(error) == "error[E_X] late.toml: odd"
    assert str(pickle.loads(pickle.dumps(error))) == "error[E_X] late.toml: odd"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (JezeroError, 70),
        (InputError, 2),
        (SettingsError, 2),
        (ResolutionError, 2),
        (RefusedInputs, 2),
        (DiskError, 74),
    ],
)
def test_exit_codes_are_those_that_scripts_rely_on(kind, code):
    assert kind.exit_code == code


@pytest.mark.parametrize("kind", KINDS)
def test_plain_data_hold_every_part(kind):
    assert kind("E_X", **WHOLE).as_dict() == {"code": "E_X", **WHOLE}
    bare = {"needed": "", "fix": "", "file": None, "field": None, "transient": False}
    assert kind("E_X", found="odd").as_dict() == {"code": "E_X", "found": "odd", **bare}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
def test_error_comes_out_of_another_process_as_it_went_in(kind, again):
    error = kind("E_X", **WHOLE)
    found = again(error)
    assert type(found) is kind
    assert found.as_dict() == error.as_dict()
    assert str(found) == str(error)


def test_every_error_is_a_jezero_error_and_what_the_user_can_mend_is_an_input_error():
    assert all(issubclass(kind, JezeroError) for kind in (*KINDS, RefusedInputs))
    assert all(issubclass(kind, InputError) for kind in (SettingsError, ResolutionError, RefusedInputs))
    assert not issubclass(DiskError, InputError)


@pytest.fixture
def refused() -> RefusedInputs:
    return RefusedInputs(
        (
            InputError("E_A", **WHOLE),
            SettingsError("E_B", found="two\nlines", file="b"),
            DiskError("E_C", found="c"),
        )
    )


def test_refused_inputs_have_a_line_for_each(refused):
    assert str(refused).splitlines() == [
        "error[E_A] a b.tif: no CRS; a map of Mars; gdal_edit.py",
        "error[E_B] b: two lines",
        "error[E_C]: c",
    ]


def test_refused_inputs_take_code_and_parts_from_the_first_and_list_all(refused):
    data = refused.as_dict()
    assert data.pop("errors") == [error.as_dict() for error in refused.errors]
    assert data == {"code": "E_A", **WHOLE}


def test_refused_inputs_come_out_of_another_process_as_they_went_in(refused):
    found = pickle.loads(pickle.dumps(refused))
    assert type(found) is RefusedInputs
    assert str(found) == str(refused)
    assert found.as_dict() == refused.as_dict()
    assert [type(e) for e in found.errors] == [InputError, SettingsError, DiskError]


def test_notice_is_plain_data():
    notice = Notice("W_X", "odd", "mend it", "f.tif")
    assert notice.as_dict() == {"code": "W_X", "file": "f.tif", "found": "odd", "fix": "mend it"}
    assert notice == pickle.loads(pickle.dumps(notice))
