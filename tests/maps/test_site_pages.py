"""The report has one page a site, which fits a sheet of paper and says what the table and the ground say."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from jezero_sites.errors import Notice
from jezero_sites.maps import report
from jezero_sites.maps.view import LimitView
from jezero_sites.pipeline import assess
from jezero_sites.settings import load_profile

PAPER_PX = (703, 1032)  # A4 less its margins, 186 x 273 mm at 96 dots an inch


@pytest.fixture(scope="module")
def page(build_view) -> str:
    return report.report_html(build_view(sites=3))


def section(html: str, site: str) -> str:
    return re.search(rf'<section class="site" data-site="{site}">.*?</section>', html, re.DOTALL)[0]


def table(html: str) -> list[list[str]]:
    part = re.search(r'<table class="checks">.*?</table>', html, re.DOTALL)[0]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", part, re.DOTALL)[1:]
    return [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]


def test_every_site_has_a_section_up_to_twenty(page, build_view):
    assert re.findall(r'data-site="(\w+)"', page) == ["S01", "S02", "S03"]
    many = report.report_html(build_view(sites=23))
    assert len(re.findall(r'class="site"', many)) == 20
    assert "3 more sites are in sites.csv." in many


def test_limits_and_gates_have_their_rows_with_margins_and_sources(page):
    rows = table(section(page, "S03"))
    assert [row[0] for row in rows] == [
        "Slope, binding", "Roughness", "Safe radius (gate)", "Landing probability (gate)",
    ]  # fmt: skip
    slope, rough, radius, landing = rows
    assert slope[1:5] == ["9.00 deg", "&le; 8 deg over 5 m", "\u221212.5 %", "fail"]
    assert "illustrative, not a mission value" in slope[5]
    assert rough[1:5] == ["0.070 m", "&le; 0.1 m over 5 m", "+30.0 %", "pass"]
    assert rough[5] == "Some Agency (2020) (verified)"
    assert radius[1:5] == ["74.0 m", "&ge; 30 m", "", "pass"]
    assert landing[1:5] == ["0.900 ", "&ge; 0.5 ", "", "pass"]


def test_class_shares_and_reasons_are_those_of_the_disc(build_view):
    view = build_view(sites=1)
    site = view.sites.iloc[0]
    sites = view.sites.copy()
    row, col = 25, 104  # on the edge of the steep ground
    sites["row"], sites["col"] = row, col
    text = section(report.report_html(replace(view, sites=sites)), site.site_id)
    grid = view.elevation.grid
    rows, cols = np.indices(grid.shape)
    inside = np.hypot((rows - row) * grid.dy_m, (cols - col) * float(grid.dx_m[row])) <= view.site_radius_m
    codes, reasons = view.layers["hazard_class"].values[inside], view.layers["hazard_reason"].values[inside]
    shares = re.search(
        r"Of the disc ([\d.]+) % is safe, ([\d.]+) % is marginal, ([\d.]+) % is unsafe, ([\d.]+) %", text
    )
    lattice = np.hypot(np.arange(-40, 41)[:, None] * grid.dy_m, np.arange(-60, 61) * float(grid.dx_m[row]))
    cells = np.count_nonzero(lattice <= view.site_radius_m)
    counts = [np.count_nonzero(codes == k) for k in (1, 2, 3)]
    counts.append(cells - sum(counts))
    assert counts[2] > 0
    assert [float(v) for v in shares.groups()] == [pytest.approx(100 * n / cells, abs=0.051) for n in counts]
    assert f"Exceeded: slope on {100 * np.count_nonzero(reasons & 1) / cells:.2f} %" in text


def test_sentences_follow_from_the_numbers(page):
    assert "Slope is the limit that binds: its worst value in the disc leaves 25 % to spare." in page
    assert "Slope is the limit that binds: its worst value in the disc is 12 % beyond it." in page
    assert "Of the parts of its score margin is worth least: 0.25 of 1." in page
    assert "accounts for 5.0 % of the landings" in page
    assert "Rocks were not assessed." in section(page, "S01")


def printed_heights(browser, tmp_path, html):
    path = tmp_path / "report.html"
    path.write_text(html, "utf-8")
    context = browser.new_context(offline=True, viewport={"width": PAPER_PX[0], "height": PAPER_PX[1]})
    page = context.new_page()
    page.goto(path.as_uri())
    page.emulate_media(media="print")
    heights = page.evaluate(
        "[...document.querySelectorAll('.site')].map(s => s.getBoundingClientRect().height)"
    )
    wide = page.evaluate("document.documentElement.scrollWidth")
    whole = page.pdf(prefer_css_page_size=True, print_background=True)
    context.close()
    return heights, wide, whole


def test_every_site_fits_a_sheet(build_view, browser, tmp_path):
    limits = build_view().limits
    long = "A Long Report of the Agency for Landing on Uneven Ground, volume 3, table 17, row 4 (2031), as amended"
    more = tuple(replace(m, source=long) for m in limits)
    view = build_view(
        sites=4, limits=(*more, LimitView("relief_m", "Relief", 2.0, "m", "max", None, long, False, True))
    )
    heights, wide, whole = printed_heights(browser, tmp_path, report.report_html(view))
    assert len(heights) == 4
    assert max(heights) <= PAPER_PX[1]
    assert wide <= PAPER_PX[0]
    assert whole.startswith(b"%PDF")


def test_a_lander_with_legs_and_rocks_has_its_page_too(build_view, browser, tmp_path):
    view = build_view(sites=0, cell=(1.0, 1.0))
    settings = load_profile("four-leg-illustrative")
    settings = replace(
        settings, search=replace(settings.search, min_safe_radius_m=0.0, min_landing_probability=0.0)
    )
    run = assess(view.elevation, settings=settings, allow_coarse=True)
    assert len(run.sites) > 0
    heights, _, _ = printed_heights(browser, tmp_path, run.report())
    assert max(heights) <= PAPER_PX[1]


def test_hostile_names_are_text_on_a_sites_page(build_view):
    view = build_view(sites=1, samples=[("<img src=x onerror=alert(1)>", 77.4489, 18.4473)])
    sites = view.sites.copy()
    sites["nearest_sample"] = "<img src=x onerror=alert(1)>"
    limits = (replace(view.limits[0], source="<script>x</script>"),)
    text = report.report_html(replace(view, sites=sites, limits=limits, notices=(Notice("W_X", "$x$"),)))
    assert "<img src=x" not in text
    assert "<script" not in text
    assert "&lt;script&gt;x" in section(text, "S01")


def test_where_a_tube_is_now_is_said(build_view):
    view = build_view(sites=1)
    samples = view.samples.copy()
    samples["location"] = "depot"
    text = section(report.report_html(replace(view, samples=samples)), "S01")
    assert "Collected there; the tube is now at the depot (as of 2026-09)." in text
