"""The page for people who use a keyboard, a screen reader or little contrast; and on small screens."""

from __future__ import annotations

from itertools import pairwise

import pytest

from jezero_sites.maps.sitemap import build_map

CONTRASTS = """() => {
    const channel = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
    const parse = text => text.match(/[\\d.]+/g).map(Number);
    const light = c => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
    const found = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const node = walker.currentNode.parentElement;
        if (!walker.currentNode.textContent.trim() || !node.getClientRects().length) continue;
        if (node.closest('option, script, .jz-offscreen, .jz-cross, :disabled, svg')) continue;
        let back = node;
        let colour = null;
        while (back && !colour) {
            const c = parse(getComputedStyle(back).backgroundColor);
            if (c.length < 4 || c[3] > 0.8) colour = c;
            back = back.parentElement;
        }
        const [a, b] = [light(parse(getComputedStyle(node).color)), light(colour || [255, 255, 255])];
        found.push([(Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), walker.currentNode.textContent.slice(0, 40)]);
    }
    return found;
}"""
NAMELESS = """() => [...document.querySelectorAll('button, input, select, [role], [tabindex="0"]')].filter(n => {
    if (n.matches('tr, [role=presentation]') || !n.getClientRects().length) return false;
    const label = n.closest('label');
    const text = n.getAttribute('aria-label') || n.textContent || (label && label.textContent) || n.title;
    return !text.trim() && !n.matches('#jz-hint, [role=status]');
}).map(n => n.outerHTML.slice(0, 120))"""


@pytest.fixture
def page(build_view, open_page):
    page = open_page(build_map(build_view(sites=4))).page
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    page.select_option("#jz-layer", "slope_deg")
    page.evaluate("JZ.landingEllipse.place(JZ.map.getCenter())")
    page.wait_for_selector("#jz-ellipse-facts")
    return page


def test_every_text_stands_out_from_its_ground(page):
    found = page.evaluate(CONTRASTS)
    assert len(found) > 100
    assert [text for ratio, text in found if ratio < 4.5] == []


def test_every_control_has_a_name(page):
    assert page.evaluate(NAMELESS) == []
    assert page.evaluate("document.documentElement.lang") == "en"


def test_headings_go_down_step_by_step(page):
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map(h => +h.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))


def test_the_tab_key_reaches_map_layers_table_and_card(page):
    page.evaluate("document.activeElement.blur()")
    reached = set()
    for _ in range(80):
        page.keyboard.press("Tab")
        reached.add(
            page.evaluate("(n => n.id || n.dataset.id || n.className || n.tagName)(document.activeElement)")
        )
    for wanted in ("jz-tool-measure", "jz-layer", "jz-opacity", "jz-search", "S01", "jz-save-csv", "jz-copy"):
        assert any(wanted in str(name) for name in reached), wanted


@pytest.mark.parametrize("sites", [0, 1, 4, 40])
@pytest.mark.parametrize("size", [(1280, 860), (1000, 700), (390, 800)])
def test_no_control_covers_another_or_leaves_the_screen(build_view, open_page, size, sites):
    far = [("West", 77.40, 18.44), ("South", 77.45, 18.3), ("North", 77.45, 18.6), ("East", 77.6, 18.45)]
    view = build_view(sites=sites, shape=(180, 260), samples=far)
    page = open_page(build_map(view), size).page
    names = ".leaflet-control-zoom, #jz-toolbar, #jz-north, #jz-scale, .jz-arrow, #jz-readout, #jz-side"
    boxes = page.eval_on_selector_all(
        names,
        "n => n.map(e => { const b = e.getBoundingClientRect(); return [e.id || e.className || e.dataset.names, b.left, b.top, b.right, b.bottom]; })",
    )
    assert sum(name == "jz-arrow" for name, *_ in boxes) >= 3
    for i, (one, left, top, right, bottom) in enumerate(boxes):
        assert left >= -0.5, one
        assert top >= -0.5, one
        assert right <= size[0] + 0.5, one
        assert bottom <= size[1] + 0.5, one
        for other, x0, y0, x1, y1 in boxes[i + 1 :]:
            apart = right <= x0 + 0.5 or x1 <= left + 0.5 or bottom <= y0 + 0.5 or y1 <= top + 0.5
            assert apart, (one, other)
    side = page.evaluate(
        "[document.getElementById('jz-side').scrollWidth, document.getElementById('jz-side').clientWidth]"
    )
    assert side[0] <= side[1]
    if sites:
        table = page.evaluate("(t => [t.scrollWidth, t.clientWidth])(document.querySelector('.jz-table'))")
        assert table[0] <= table[1]


def test_the_map_can_be_printed_with_the_card_beside_it(page):
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    assert page.locator("#jz-card h2").is_visible()
    assert page.locator("#jz-legend .jz-print-only").is_visible()
    for hidden in ("#jz-toolbar", "#jz-search", ".leaflet-control-zoom", "#jz-save-csv"):
        assert not page.locator(hidden).is_visible()
    page.emulate_media(media="screen")
    page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert page.locator("#jz-toolbar").is_visible()
