"""Every notebook runs clean from top to bottom, and shows its map."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


RUN = """
import sys, nbformat, nbclient
notebook = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": sys.argv[2]}}).execute()
nbformat.write(notebook, sys.argv[3])
"""


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request, tmp_path_factory):
    """Return the notebook as it is after running, in a process of its own."""
    nbformat = pytest.importorskip("nbformat")
    out = tmp_path_factory.mktemp("notebooks") / request.param.name
    command = [sys.executable, "-c", RUN, str(request.param), str(FOLDER), str(out)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return nbformat.read(out, as_version=4)


def test_there_is_a_first_look_and_one_at_the_sites():
    assert [path.stem for path in NOTEBOOKS] == ["01_first_look", "02_inspect_sites"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_committed_without_outputs_and_define_nothing(path):
    nbformat = pytest.importorskip("nbformat")
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) < 15
    assert not any(cell.outputs for cell in cells)
    assert not any(re.search(r"^\s*(def|class) ", cell.source, re.MULTILINE) for cell in cells)
    assert {"kernelspec", "language_info"} <= set(notebook.metadata)


def test_notebooks_run_without_errors_and_warnings(executed):
    outputs = [out for cell in executed.cells if cell.cell_type == "code" for out in cell.outputs]
    assert not [out for out in outputs if out.output_type == "error"]
    assert not [out for out in outputs if out.get("name") == "stderr"]


def test_the_map_is_shown_in_a_sandboxed_frame(executed):
    shown = [
        out.data["text/html"]
        for cell in executed.cells
        for out in cell.get("outputs", [])
        if "data" in out and "text/html" in out.data
    ]
    frames = [text for text in shown if "<iframe" in text]
    assert len(frames) == 1
    assert 'sandbox="allow-scripts allow-downloads"' in frames[0]
    assert 'id="jz-data"' in html.unescape(frames[0])


def test_the_map_of_the_executed_notebook_is_ready_without_a_complaint(executed, browser, tmp_path):
    outputs = [out for cell in executed.cells for out in cell.get("outputs", []) if "data" in out]
    [frame] = [out.data["text/html"] for out in outputs if "<iframe" in out.data.get("text/html", "")]
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html><body>{frame}</body>", "utf-8")
    complaints = []
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto((tmp_path / "page.html").as_uri())
    inside = page.frame_locator("iframe")
    inside.locator("html[data-jz-ready]").wait_for(state="attached", timeout=15_000)
    assert inside.locator("#jz-table tbody tr").count() > 0
    assert inside.locator("#jz-tool-print").count() == 0  # a frame cannot print
    context.close()
    assert complaints == []


def test_its_figures_are_shown(executed):
    outputs = [out for cell in executed.cells for out in cell.get("outputs", []) if "data" in out]
    pictures = [out for out in outputs if "image/png" in out.data]
    plots = [cell for cell in executed.cells if cell.cell_type == "code" and "result.plot(" in cell.source]
    assert plots
    assert len(pictures) == len(plots)
