"""The page's ranking under other limits and weights is the package's own, to the last digit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from jezero_sites import load_profile, rescore
from jezero_sites.maps.sitemap import build_map
from jezero_sites.maps.view import ValueView

RANKED = """([limits, weights, values]) => JZ.rescore(JZ.D.sites, {limits, weights, values}).map(
    s => [s.site_id, s.rank, s.score, s.binding_constraint, s.binding_margin, s.parts])"""


def scrambled(view, rng):
    """Return sites with numbers that have no pattern, two of them alike but for their place."""
    sites = view.sites.copy()
    count = len(sites)
    for name, low, high in [
        ("landing_probability", 0.5, 1.0),
        ("slope_max_deg", 2.0, 14.0),
        ("roughness_max_m", 0.01, 0.2),
        ("nearest_sample_distance_m", 0.0, 5000.0),
        ("safe_radius_m", 60.0, 200.0),
    ]:
        sites[name] = np.round(rng.uniform(low, high, count), 6)
    alike = ["landing_probability", "slope_max_deg", "roughness_max_m", "nearest_sample_distance_m"]
    sites.loc[7, alike] = sites.loc[3, alike].to_numpy()
    sites.loc[5, "roughness_max_m"] = np.nan
    sites.loc[6, ["roughness_max_m", "slope_max_deg"]] = np.nan
    return sites


@pytest.fixture(scope="module")
def settings():
    return load_profile()


@pytest.fixture
def ranked(build_view, open_page, settings):
    view = build_view(sites=14)
    values = tuple(
        ValueView(name, v.column, v.x, v.y, settings.weights[name]) for name, v in settings.values.items()
    )
    view = replace(view, sites=scrambled(view, np.random.default_rng(20)), values=values)
    return view, open_page(build_map(view)).page


def changes(rng):
    """Yield limits and weights: those of the profile first, then odd ones."""
    yield {}, {}
    yield {"slope_deg": 0.25}, {}
    yield {"roughness_m": 0.001}, {"sample_distance": 0.0}
    for _ in range(60):
        limits = {"slope_deg": rng.uniform(1, 15), "roughness_m": round(rng.uniform(0.01, 0.3), 3)}
        yield limits, {"sample_distance": rng.uniform(0, 1), "margin": round(rng.uniform(0, 1), 2)}


def test_the_page_ranks_as_the_package_does(ranked, settings):
    view, page = ranked
    rng = np.random.default_rng(4)
    orders = set()
    for limits, weights in changes(rng):
        new = replace(
            settings,
            limits=tuple(replace(m, value=limits.get(m.layer, m.value)) for m in settings.limits),
            weights={**settings.weights, **weights},
        )
        truth = rescore(view.sites, new)
        how = [
            [{"layer": m.layer, "value": m.value} for m in new.limits],
            dict(new.weights),
            [{"name": n, "column": v.column, "x": v.x, "y": v.y} for n, v in new.values.items()],
        ]
        found = page.evaluate(RANKED, how)
        orders.add(tuple(row[0] for row in found))
        assert [row[0] for row in found] == list(truth["site_id"])
        for row, site in zip(found, truth.to_dict("records"), strict=True):
            margin = None if np.isnan(site["binding_margin"]) else site["binding_margin"]
            assert row[1:5] == [site["rank"], site["score"], site["binding_constraint"], margin]
            assert row[5] == {name: site[f"part_{name}"] for name in new.values}
    assert len(orders) > 20
