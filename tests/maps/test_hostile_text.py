"""Names are data: whatever they hold is shown as it is, and nothing of it runs."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path

import folium
import folium.plugins
import pytest

from jezero_sites.errors import InputError, Notice
from jezero_sites.maps import report, sitemap
from jezero_sites.maps.page_data import escaped_json
from jezero_sites.maps.safe_text import safe_text
from jezero_sites.maps.view import InputView

PAYLOADS = (
    "<img src=x onerror=window.ran=1>",
    "</script><script>window.ran=1</script>",
    "${window.ran=1}",
    "`${window.ran=1}`",
    "A{{7*7}}B",
    "Site {#3",
    "A {% B",
    "{{{x}}}",
    "{{ cycler.__init__.__globals__.os.mkdir('ran') }}",
    "line\u2028break",
    "turned \u202e round",
    "quote\"'<b>",
)


def hostile(build_view):
    view = build_view(samples=[(text, 77.4489 + 1e-5 * i, 18.4473) for i, text in enumerate(PAYLOADS)])
    sites = view.sites.copy()
    sites["site_id"] = list(PAYLOADS[:3])
    sites["nearest_sample"] = list(PAYLOADS[4:7])
    return replace(
        view,
        title="".join(PAYLOADS),
        sites=sites,
        inputs=tuple(InputView(text, "dem", "0", text) for text in PAYLOADS),
        statements=PAYLOADS,
        summary=PAYLOADS[0],
        notices=tuple(Notice("W_X", text) for text in PAYLOADS),
    )


def test_hostile_names_are_shown_as_they_are_and_nothing_runs(build_view, open_page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = open_page(sitemap.build_map(hostile(build_view)))
    assert page.complaints == []
    assert page.page.evaluate("window.ran") is None
    assert not (tmp_path / "ran").exists()
    names = page.page.eval_on_selector_all("#jz-samples .jz-link", "n => n.map(b => b.textContent)")
    for text, name in zip(PAYLOADS, names, strict=True):
        assert name.startswith(text)
    assert page.page.locator("#jz-side img, #jz-side b").count() == 0
    assert "A{{7*7}}BSite {#3A {% B{{{x}}}" in page.page.title()
    page.page.evaluate(
        "JZ.map.eachLayer(layer => layer.getTooltip && layer.getTooltip() && layer.openTooltip())"
    )
    tips = page.page.locator(".leaflet-tooltip b").all_text_contents()
    assert {tip.split(", sol 12")[0] for tip in tips} == set(PAYLOADS)
    assert page.page.evaluate("window.ran") is None


def test_the_report_shows_hostile_names_as_text(build_view, browser, tmp_path):
    text = report.report_html(hostile(build_view))
    assert "<img src=x" not in text
    assert "<script" not in text
    path = tmp_path / "report.html"
    path.write_text(text, "utf-8")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.evaluate("window.ran") is None
    shown = page.locator("ul li").all_text_contents()
    for payload in PAYLOADS:
        assert any(payload.strip() in line for line in shown), payload
    context.close()


def test_json_comes_back_as_it_was_and_cannot_act():
    text = escaped_json({"names": PAYLOADS, "nan": float("nan")})
    assert json.loads(text) == {"names": list(PAYLOADS), "nan": None}
    for mark in ("<", ">", "&", "{{", "{%", "{#"):
        assert mark not in text


@pytest.mark.parametrize("payload", PAYLOADS)
def test_safe_text_goes_through_folium_unharmed(build_view, open_page, tmp_path, monkeypatch, payload):
    monkeypatch.chdir(tmp_path)
    site_map = sitemap.build_map(build_view())
    folium.Marker(
        [18.4473, 77.4489], popup=folium.Popup(safe_text(payload)), tooltip=safe_text(payload)
    ).add_to(site_map)
    page = open_page(site_map)
    assert page.page.evaluate("window.ran") is None
    assert not (tmp_path / "ran").exists()


def test_plain_folium_runs_a_name_as_a_template():
    """The harm is real: without the guard a name is computed."""
    plain = folium.Map()
    folium.Marker([0, 0], popup="A{{7*7}}B").add_to(plain)
    assert "A49B" in plain.get_root().render()


def test_layers_that_need_the_network_are_refused(build_view, tmp_path):
    site_map = sitemap.build_map(build_view())
    folium.plugins.MeasureControl().add_to(site_map)
    with pytest.raises(InputError, match=r"E_MAP.*needs no network"):
        site_map.save(tmp_path / "m.html")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "layer",
    [
        folium.TileLayer("https://example.org/{z}/{x}/{y}.png", attr="x"),
        folium.WmsTileLayer("https://example.org/wms", layers="x"),
        folium.raster_layers.ImageOverlay("https://example.org/a.png", [[18, 77], [19, 78]]),
        folium.raster_layers.VideoOverlay("//example.org/a.webm", [[18, 77], [19, 78]]),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_tiles_and_pictures_from_the_network_are_refused(build_view, tmp_path, layer):
    site_map = sitemap.build_map(build_view())
    layer.add_to(site_map)
    with pytest.raises(InputError, match=r"E_MAP.*example\.org"):
        site_map.save(tmp_path / "m.html")


def test_an_address_in_a_users_text_is_no_request(build_view, open_page):
    site_map = sitemap.build_map(build_view())
    folium.Marker([18.4473, 77.4489], popup=safe_text("see https://example.org/")).add_to(site_map)
    assert open_page(site_map).complaints == []


def test_a_script_brought_by_a_text_is_refused(build_view, tmp_path):
    site_map = sitemap.build_map(build_view())
    folium.Marker([18.4, 77.4], popup="</script><script>window.ran=1</script>").add_to(site_map)
    with pytest.raises(InputError, match=r"E_MAP.*script element of its own"):
        site_map.save(tmp_path / "m.html")


def test_no_data_text_goes_through_a_folium_call():
    banned = {"Popup", "Tooltip", "DivIcon", "FeatureGroup", "TileLayer", "Marker", "GeoJson"}
    for path in Path(sitemap.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = (
                    node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
                )
                assert name not in banned, f"{path.name}:{node.lineno}"


def test_the_viewer_never_makes_markup_of_text():
    folder = Path(sitemap.__file__).parent / "assets"
    parts = [*folder.glob("*.js"), *folder.glob("viewer/*.js")]
    assert len(parts) > 15
    for path in parts:
        code = path.read_text()
        for word in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "fetch(",
        ):
            assert word not in code, f"{path.name}: {word}"
        for mark in ("{{", "{%", "{#"):
            assert mark not in code, f"{path.name}: {mark}"
