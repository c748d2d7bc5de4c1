"""The report and the figures, against the numbers that they show."""

from __future__ import annotations

import re

import numpy as np
import pytest

from jezero_sites.maps.plots import slope_histogram
from jezero_sites.maps.report import report_html
from jezero_sites.maps.run_plot import plot_run


def cells(html: str, table: str) -> list[list[str]]:
    part = re.search(rf"<table {table}.*?</table>", html, re.DOTALL)[0]
    rows = re.findall(r"<tr>(.*?)</tr>", part, re.DOTALL)
    return [re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL) for row in rows]


@pytest.fixture(scope="module")
def page(build_view) -> str:
    return report_html(build_view(flags=("SYNTHETIC ground: not Mars.",)))


def test_the_report_is_one_file_without_scripts_or_network(page):
    assert "<script" not in page
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", page)
    assert page.count('src="data:image/png;base64,') == 5 + 3  # of the ground, and of each site


def test_every_site_has_its_row(page, build_view):
    rows = cells(page, 'id="sites"')
    assert len(rows) == 4
    assert rows[1][:5] == ["1", "S01", "0.800", "0.900", "0.950"]
    assert rows[2][1] == "S02"


def test_constraints_show_value_margin_and_verdict(page):
    tables = re.findall(r'<table class="constraint">.*?</table>', page, re.DOTALL)
    slope = [
        re.findall(r"<td[^>]*>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", tables[0], re.DOTALL)
    ][1:]
    assert slope[0] == ["S01", "6.00 deg", "8 deg", "+25.0 %", "pass", "binding"]
    assert slope[2] == ["S03", "9.00 deg", "8 deg", "\u221212.5 %", "fail", "binding"]
    assert "illustrative, not a mission value" in page
    assert "Some Agency (2020)" in page


def test_what_was_not_assessed_inputs_settings_and_flags_are_there(page):
    for text in (
        "Rocks were not assessed.",
        "0" * 64,
        "W_DATUM",
        "SYNTHETIC ground",
        "name = &#34;made-up&#34;",
    ):
        assert text in page


def test_a_run_without_sites_is_explained(build_view):
    page = report_html(build_view(sites=0))
    assert 'id="no-sites"' in page
    assert 'id="sites"' not in page


def test_histogram_edges_are_degrees_and_every_known_cell_counts(build_view):
    slope = build_view().layers["slope_deg"].values
    edges, counts = slope_histogram(slope)
    known = slope[~np.isnan(slope)]
    assert counts.sum() == known.size
    np.testing.assert_allclose(np.diff(edges), 0.5)
    assert counts[edges[:-1] >= 8].sum() == (known >= 8).sum()


def test_an_area_without_known_ground_can_be_drawn_and_reported(build_view):
    view = build_view(empty=True, sites=0)
    assert plot_run(view, "slope_deg").images
    assert "<html" in report_html(view)
