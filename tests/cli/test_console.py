"""Text for a terminal: a row is one line, and no cell can steer."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import jezero_sites.cli
from jezero_sites.cli.console import printable, table


@pytest.mark.parametrize(
    "cell", ["two\nlines", "a\rb", "\x1b[31mred", "\x9b31m", "turned \u202e round", "a\u2028b"]
)
def test_a_row_of_a_table_is_one_line_and_marks_what_cannot_be_shown(cell):
    text = table(["name", "m"], [["A", "1"], [cell, "22"]], left=[0])
    lines = text.split("\n")
    assert len(lines) == 3
    assert all(line.isprintable() for line in lines)
    assert "?" in lines[2]
    assert lines[2].endswith("22")
    assert [line.index(number) for line, number in zip(lines[1:], (" 1", "22"), strict=True)] == [
        len(lines[2]) - 2
    ] * 2


def test_lines_of_a_page_stay_lines():
    assert printable("a\nb\x07c") == "a\nb?c"


def test_json_for_a_terminal_is_written_in_ascii():
    """Python escapes by default; nothing may switch it off where a terminal reads along."""
    for path in sorted(Path(jezero_sites.cli.__file__).parent.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in ("dump", "dumps"):
                assert "ensure_ascii" not in {keyword.arg for keyword in node.keywords}, (
                    f"{path.name}:{node.lineno}"
                )
