"""A run's figure: in ground metres, its marks where they belong, unknown ground never like ground that was judged."""

from __future__ import annotations

from dataclasses import replace

import matplotlib
import numpy as np
import pyproj
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Ellipse, Rectangle

from jezero_sites.errors import InputError
from jezero_sites.maps import colours
from jezero_sites.maps.run_plot import plot_run
from jezero_sites.pipeline import assess
from jezero_sites.settings import load_profile

GEOD = pyproj.Geod(a=3396190, b=3396190)


@pytest.fixture(scope="module")
def view(build_view):
    return build_view()


def test_axes_are_ground_metres_by_pyproj(view):
    ax = plot_run(view, "slope_deg")
    rows, cols = view.elevation.grid.shape
    corner = view.elevation.grid.lonlat(*view.elevation.grid.xy(rows // 2, -0.5))
    across = view.elevation.grid.lonlat(*view.elevation.grid.xy(rows // 2, cols - 0.5))
    width = GEOD.inv(*map(float, corner), *map(float, across))[2]
    assert ax.get_xlim() == pytest.approx((0, width), rel=1e-5)
    assert ax.get_ylim() == pytest.approx((0, rows * 3.0), rel=1e-4)
    assert ax.get_aspect() == 1.0


@pytest.mark.parametrize(("site", "expected"), [(None, "50 m"), ("S02", "50 m")])
def test_the_scale_bar_is_as_long_as_it_says(view, site, expected):
    ax = plot_run(view, "slope_deg", site=site)
    [bar] = [p for p in ax.patches if isinstance(p, Rectangle)]
    assert expected in [t.get_text() for t in ax.texts]
    assert bar.get_width() == float(expected.split()[0])
    assert 0.1 < bar.get_width() / np.ptp(ax.get_xlim()) < 0.35


def test_sites_stand_on_the_ground_where_they_are_with_their_ellipse_turned_from_north(view):
    ax = plot_run(view, "slope_deg", samples=False)
    site = view.sites.iloc[1]
    left, bottom, _, _ = view.elevation.grid.bounds
    lon0, lat0 = (float(v) for v in view.elevation.grid.lonlat(left, site.y_m))
    east = GEOD.inv(lon0, lat0, site.lon_deg, site.lat_deg)[2]
    lon1, lat1 = (float(v) for v in view.elevation.grid.lonlat(site.x_m, bottom))
    north = GEOD.inv(lon1, lat1, site.lon_deg, site.lat_deg)[2]
    place = {t.get_text(): t.get_position() for t in ax.texts}["2"]
    assert place == pytest.approx((east, north), rel=1e-3)
    rings = [p for p in ax.patches if isinstance(p, Ellipse) and p.center == pytest.approx(place)]
    assert {(p.width, p.height) for p in rings} == {(80.0, 50.0), (60.0, 60.0)}
    ring = next(p for p in rings if p.width == 80.0)
    ends = ring.get_vertices()  # of the major axis
    direction = np.degrees(np.arctan2(*(np.array(ends[0]) - ring.center))) % 180
    assert direction == pytest.approx(30, abs=0.1)


def test_unknown_ground_is_hatched_and_has_no_colour_of_a_class(view):
    for name in ("slope_deg", "hazard_class", "hazard_reason", "landing_probability", "elevation_m"):
        figure = Figure(figsize=(5, 5), dpi=100)
        matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
        ax = plot_run(view, name, ax=figure.subplots(), sites=False, samples=False)
        figure.canvas.draw()
        pixels = np.asarray(figure.canvas.buffer_rgba())[..., :3].astype(int)
        grid = view.elevation.grid
        east, north = (38.5 * grid.mean_dx_m, (90 - 16) * grid.dy_m)
        x, y = ax.transData.transform((east, north))
        hole = pixels[pixels.shape[0] - 1 - int(y) + np.arange(-8, 9)[:, None], int(x) + np.arange(-8, 9)]
        if name == "landing_probability":  # a lower bound is known everywhere: 0 there
            continue
        assert np.ptp(hole, axis=2).max() <= 2, name
        assert len(np.unique(hole[..., 0])) >= 2, name
        for colour in (colours.BLUE, colours.LIGHT, colours.SAND):
            assert np.abs(hole - 255 * np.array(to_rgb(colour))).sum(axis=2).min() > 60


def test_the_limit_is_named_on_the_bar_and_in_the_title(view):
    ax = plot_run(view, "slope_deg")
    bar = ax.figure.axes[-1]
    assert "8 limit" in [t.get_text() for t in bar.get_yticklabels()]
    assert ax.get_title() == "Slope, at most 8 deg"


def test_a_close_up_shows_three_radii_around_its_site(view):
    ax = plot_run(view, "hazard_class", site="S01")
    ring = next(p for p in ax.patches if isinstance(p, Ellipse))
    reach = 3 * view.site_radius_m
    # to the west the raster ends first
    assert ax.get_xlim() == pytest.approx((0.0, ring.center[0] + reach), abs=3)
    assert ax.get_ylim() == pytest.approx((max(0, ring.center[1] - reach), ring.center[1] + reach), abs=4)


def test_samples_on_the_ground_are_named(view):
    ax = plot_run(view, "slope_deg")
    assert "Alpha" in [t.get_text() for t in ax.texts]
    assert "Gamma" not in [t.get_text() for t in ax.texts]  # it lies elsewhere
    assert "Alpha" not in [t.get_text() for t in plot_run(view, "slope_deg", samples=False).texts]


def test_a_name_is_no_formula_and_may_hold_what_the_font_lacks(build_view):
    view = build_view(samples=[("$\\frac{1}{0}$ {{7*7}} \U0001faa8", 77.4489, 18.4473)])
    ax = plot_run(view, "slope_deg")
    matplotlib.backends.backend_agg.FigureCanvasAgg(ax.figure).draw()
    assert any("{{7*7}}" in t.get_text() for t in ax.texts)


def test_what_is_not_there_is_refused_with_what_is(view):
    with pytest.raises(InputError, match="E_LAYER.*slope_deg"):
        plot_run(view, "slop_deg")
    with pytest.raises(InputError, match="E_SITE.*S01, S02, S03"):
        plot_run(view, "slope_deg", site="S9")


def test_every_layer_of_a_run_with_legs_and_rocks_can_be_drawn(view):
    run = assess(view.elevation, settings=load_profile("four-leg-illustrative"), allow_coarse=True)
    for name in ("elevation_m", *run.layers):
        figure = Figure(figsize=(4, 4))
        matplotlib.backends.backend_agg.FigureCanvasAgg(figure)
        run.plot(name, ax=figure.subplots())
        figure.canvas.draw()


def test_a_large_raster_is_drawn_by_its_worst_value(build_view, monkeypatch):
    from jezero_sites.maps import ground_axes

    monkeypatch.setattr(ground_axes, "MOST_CELLS", 40)
    view = build_view()
    shown = np.asarray(plot_run(view, "hazard_class", sites=False).images[1].get_array())
    assert max(shown.shape) <= 40
    steep = np.flatnonzero((view.layers["hazard_class"].values == 3).any(axis=0))
    assert (shown[:, int(steep.min() // 4)] >= 2).any()


def test_a_run_shows_itself_in_a_notebook_with_every_name_as_text(view):
    run = assess(view.elevation, samples=None, allow_coarse=True)
    sites = view.sites.copy()
    sites["site_id"] = "<script>x</script>"
    text = replace(run, sites=sites, summary="<b>{{x}}</b>")._repr_html_()
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "&lt;b&gt;" in text
    assert "<table" not in replace(run, sites=sites.head(0))._repr_html_()
