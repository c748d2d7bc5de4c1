"""The page of errors names every code of the package, and every refusal says what was found and what to do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from jezero_sites.errors import InputError, JezeroError
from jezero_sites.io.dem import read_dem
from jezero_sites.io.points.samples import read_samples
from jezero_sites.settings import load_profile, parse_settings

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src" / "jezero_sites"
PAGE = ROOT / "docs" / "errors.md"
CODE = re.compile(r"[EW]_[A-Z][A-Z0-9_]*")
FAMILY = {"JezeroError", "InputError", "SettingsError", "ResolutionError", "DiskError"}

BY_PLACE = {("io/tiles.py", "_refuse")}
"""Makers of errors that take what was found by its place, and name what is needed and to do themselves."""


def trees():
    for path in sorted(SOURCE.rglob("*.py")):
        yield path.relative_to(SOURCE).as_posix(), ast.parse(path.read_text("utf-8"))


def codes_of_source():
    """Return every code that stands in the source as a text of its own, and where."""
    found = {}
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
                found.setdefault(node.value, f"{name}:{node.lineno}")
    return found


def entries_of_page():
    """Return the cells of each row of the page that begins with a code."""
    rows = [line.strip("|").split(" | ") for line in PAGE.read_text("utf-8").splitlines()]
    return [[cell.strip() for cell in row] for row in rows if re.match(r"\s*`[EW]_", row[0])]


def calls_with_a_code():
    """Return each call that makes an error, or hands a code to a function that makes one."""
    for name, tree in trees():
        for node in ast.walk(tree):
            if not isinstance(node, ast.Call):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            has_code = any(
                isinstance(a, ast.Constant)
                and isinstance(a.value, str)
                and re.fullmatch(r"E_[A-Z_0-9]+", a.value)
                for a in node.args
            )
            if called in FAMILY or has_code:
                yield f"{name}:{node.lineno}", called, node


def test_every_code_of_the_source_has_an_entry():
    codes, entries = codes_of_source(), {row[0].strip("`") for row in entries_of_page()}
    missing = {code: where for code, where in codes.items() if code not in entries}
    assert len(codes) > 90
    assert not missing


def test_every_entry_is_of_a_code_that_the_source_has_and_stands_once():
    entries = [row[0].strip("`") for row in entries_of_page()]
    assert not set(entries) - set(codes_of_source())
    assert len(entries) == len(set(entries))


@pytest.mark.parametrize("row", entries_of_page(), ids=lambda row: row[0].strip("`"))
def test_entry_says_what_it_means_gives_its_line_and_how_to_mend(row):
    assert len(row) == 4, "code, meaning, example and remedy"
    code, meaning, example, remedy = (cell.strip() for cell in row)
    kind = "error" if code.startswith("`E_") else "warning"
    assert meaning
    assert example.startswith(f"`{kind}[{code.strip('`')}]")
    assert remedy


def test_every_error_that_the_source_makes_says_what_was_found_and_what_is_needed_or_to_do():
    seen, silent = 0, []
    for where, called, node in calls_with_a_code():
        keywords = {keyword.arg for keyword in node.keywords}
        is_copy = None in keywords  # the parts of another error, taken whole
        if is_copy or (where.partition(":")[0], called) in BY_PLACE:
            continue
        seen += 1
        texts = [k.value for k in node.keywords if k.arg in ("found", "fix", "needed")]
        is_empty = any(isinstance(text, ast.Constant) and not text.value for text in texts)
        if is_empty or "found" not in keywords or not {"fix", "needed"} & keywords:
            silent.append(f"{where} {called}")
    assert seen > 100
    assert not silent


WITHOUT_FILE = {
    ("io/dem.py", "E_NOT_FOUND"): "no file was named",
    ("io/dem.py", "E_OPTION"): "about an argument of the call: the function's own words say which",
}
"""Refusals of the readers that are about no file, and why."""


def test_every_refusal_of_a_reader_names_file_field_and_what_to_do():
    """Settings are read from texts: what reads the file adds its name to what the text was refused for."""
    seen, silent = 0, []
    for where, called, node in calls_with_a_code():
        floor = where.partition("/")[0]
        if floor not in ("io", "settings") or called not in FAMILY:
            continue
        seen += 1
        given = {keyword.arg for keyword in node.keywords}
        needed = {"field", "fix"} if floor == "settings" else {"file", "field", "fix"}
        code = node.args[0].value if node.args and isinstance(node.args[0], ast.Constant) else ""
        if not (None in given or needed <= given or (where.partition(":")[0], code) in WITHOUT_FILE):
            silent.append(f"{where} {code}: {sorted(needed - given)}")
    assert seen > 40
    assert not silent


def test_notices_are_made_with_what_was_found():
    for name, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Notice", "RemoteNotice"):
                told = len(node.args) > 1 or {k.arg for k in node.keywords} & {"found", None}
                is_copy = any(isinstance(a, ast.Starred) for a in node.args)
                assert told or is_copy, f"{name}:{node.lineno}"


REFUSED = {
    "E_NOT_FOUND": lambda folder: read_dem(folder / "none.tif"),
    "E_NOT_FILE": read_dem,
    "E_REMOTE": lambda folder: read_dem("https://example.org/dem.tif"),
    "E_EMPTY_FILE": lambda folder: read_dem(written(folder, "empty.tif", "")),
    "E_FORMAT": lambda folder: read_dem(written(folder, "text.tif", "no raster, though long enough")),
    "E_INDIRECT": lambda folder: read_dem(written(folder, "vrt.tif", "<VRTDataset/>")),
    "E_CORRUPT": lambda folder: read_dem(written(folder, "cut.tif", "II*\0")),
    "E_NO_COLUMN": lambda folder: read_samples(written(folder, "a.csv", "name,x\nA,1\n")),
    "E_DELIMITER": lambda folder: read_samples(written(folder, "b.csv", "name;lat;lon\nA;1;2\n")),
    "E_RAGGED": lambda folder: read_samples(written(folder, "c.csv", "name,lat,lon\nA,1\n")),
    "E_NOT_NUMBER": lambda folder: read_samples(written(folder, "d.csv", "name,lat,lon\nA,x,2\n")),
    "E_NO_NAME": lambda folder: read_samples(written(folder, "e.csv", "name,lat,lon\n,1,2\n")),
    "E_GEOJSON": lambda folder: read_samples(written(folder, "f.json", '{"type": "Feature"}')),
    "E_TOML": lambda folder: parse_settings("[profile", file="my.toml"),
    "E_SETTINGS_KEY": lambda folder: parse_settings("[lender]\n", file="my.toml"),
    "E_SETTINGS_MISSING": lambda folder: parse_settings("[profile]\nname = 'x'\n", file="my.toml"),
    "E_PROFILE": lambda folder: load_profile("mls"),
}


def written(folder, name, text):
    path = folder / name
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize("code", REFUSED)
def test_refusal_says_what_was_found_and_what_to_do_in_one_line(code, tmp_path):
    with pytest.raises(InputError, match=re.escape(f"error[{code}]")) as caught:
        REFUSED[code](tmp_path)
    error = caught.value
    assert isinstance(error, JezeroError)
    assert error.code == code
    assert error.exit_code == 2
    assert error.found
    assert error.fix
    assert error.field
    assert error.file or code == "E_PROFILE"  # which is asked for by name
    assert len(str(error).splitlines()) == 1
    assert code in {row[0].strip("`") for row in entries_of_page()}


def test_every_error_made_by_its_class_has_a_field_and_a_way_out():
    seen, silent = 0, []
    for where, called, node in calls_with_a_code():
        keywords = {keyword.arg for keyword in node.keywords}
        if called not in FAMILY - {"JezeroError"} or None in keywords:
            continue
        seen += 1
        if not {"found", "fix", "field"} <= keywords:
            silent.append(f"{where} {called}")
    assert seen > 100
    assert not silent
