"""Figures of slope at many baselines, against the numbers that they show."""

from __future__ import annotations

import io

import numpy as np
import pytest
from affine import Affine
from matplotlib.colors import to_hex

from jezero_sites.maps.slope_figures import (
    USGS_COLOURS,
    USGS_STOPS_DEG,
    deviogram_figure,
    slope_histograms,
    slope_maps,
)
from jezero_sites.raster import Grid, Raster
from jezero_sites.terrain.deviogram import Deviogram
from jezero_sites.terrain.hurst import HurstFit, fit_hurst

EDGES = np.arange(451) / 5


def raster(values) -> Raster:
    crs = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
    grid = Grid.of(values.shape, Affine(2, 0, 4590640.0, 0, -1.5, 1093540.0), crs)
    return Raster(values.astype(np.float32), grid, "slope_5m_deg", "deg")


def texts(figure) -> str:
    parts = [t.get_text() for axes in figure.axes for t in (*axes.texts, axes.title)]
    for legend in (*figure.legends, *(a.get_legend() for a in figure.axes if a.get_legend())):
        parts += [t.get_text() for t in legend.get_texts()] + [legend.get_title().get_text()]
    return "\n".join(parts)


def drawn(figure) -> bytes:
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=50)
    return stream.getvalue()


def test_every_slope_has_the_colour_of_its_class():
    values = np.array([[0.0, 4.99, 5.0, 12.0, 15.0], [22.0, 34.9, 35.0, 45.0, 88.0]])
    figure = slope_maps({"5 m": raster(values)})
    image = figure.axes[0].images[0]
    painted = [to_hex(c) for c in image.cmap(image.norm(values.ravel()))]
    classes = [0, 0, 1, 2, 3, 4, 5, 6, 7, 7]
    assert painted == [USGS_COLOURS[i] for i in classes]
    assert USGS_STOPS_DEG == (0, 5, 10, 15, 20, 25, 35, 45, 55)
    assert len(USGS_COLOURS) == 8


def test_map_is_in_ground_metres_with_the_named_legend_and_unknown_apart():
    values = np.full((40, 30), 3.0)
    values[3:9, 4:7] = np.nan
    source = raster(values)
    figure = slope_maps({"5 m": source, "10 m": source})
    image = figure.axes[0].images[0]
    assert image.get_extent() == [0.0, 30 * source.grid.mean_dx_m, 0.0, 40 * source.grid.dy_m]
    assert np.ma.getmaskarray(image.get_array()).sum() == 18
    told = texts(figure)
    assert "USGS legend" in told
    for name in ("0 to 5", "25 to 35", "45 to 55+", "unknown"):
        assert name in told
    assert drawn(figure)[:4] == b"\x89PNG"


def test_large_map_shows_every_nth_cell_over_the_same_ground():
    source = raster(np.zeros((1500, 20)))
    image = slope_maps({"5 m": source}).axes[0].images[0]
    assert image.get_array().shape[0] == 500
    assert image.get_extent()[3] == pytest.approx(1500 * 1.5)


def test_histogram_curve_and_line_show_the_counts():
    counts = np.zeros(450, np.int64)
    counts[[3, 60, 100]] = 70, 20, 10
    figure = slope_histograms(EDGES, {"5 m": counts}, within={"5 m": 0.9}, limit_deg=15.0)
    left, right = figure.axes
    bars = left.patches[0].get_data()
    np.testing.assert_allclose(bars.values[[3, 60, 100]], [70, 20, 10])
    np.testing.assert_array_equal(bars.edges, EDGES)
    curve, line = right.lines
    np.testing.assert_allclose(np.interp([0.8, 12.2, 20.2], *curve.get_data()), [70, 90, 100])
    assert list(line.get_xdata()) == [15.0, 15.0]
    assert "15 deg: 90.00 % within" in texts(figure)
    assert left.get_xlim()[1] >= 20.2
    assert drawn(figure)


def test_area_without_known_ground_can_be_drawn():
    nothing = np.zeros(450, np.int64)
    figure = slope_histograms(EDGES, {"5 m": nothing}, within={"5 m": np.nan}, limit_deg=15.0)
    assert "within" not in texts(figure)
    assert drawn(figure)
    assert drawn(slope_maps({"5 m": raster(np.full((9, 12), np.nan))}))
    lags = np.array([1.0, 2.0, 3.0])
    empty = Deviogram(lags, np.full(3, np.nan), np.zeros(3, np.int64))
    fit = HurstFit(*[np.nan] * 5)
    figure = deviogram_figure({"both": (empty, fit)}, resolution_m=None)
    assert "too few lags" in texts(figure)
    assert drawn(figure)


@pytest.mark.parametrize("resolution_m", [None, 5.0, 0.1, 500.0])
def test_deviogram_marks_what_lies_below_the_resolution(resolution_m):
    lag = 10.0 ** np.linspace(0, 2, 20)
    curve = Deviogram(lag, 0.1 * lag**0.8, np.full(20, 9))
    curves = {name: (curve, fit_hurst(lag, curve.deviation_m)) for name in ("E-W", "N-S", "both")}
    figure = deviogram_figure(curves, resolution_m=resolution_m)
    below = int((lag < (resolution_m or 0)).sum())
    full, hollow = figure.axes[0].lines[:2]
    assert (len(full.get_xdata()), len(hollow.get_xdata())) == (20 - below, below)
    told = texts(figure)
    assert "both: H = 0.80" in told
    assert ("lower bound if self-affine" in told) == (below > 0)
    assert drawn(figure)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 10])
def test_any_number_of_baselines_has_its_panels(count):
    figure = slope_maps({f"{i} m": raster(np.zeros((6, 9))) for i in range(count)})
    assert sum(axes.get_visible() for axes in figure.axes) == count


def test_level_ground_which_has_no_logarithm_can_be_drawn():
    lag = np.arange(1.0, 9.0)
    level = Deviogram(lag, np.zeros(8), np.full(8, 9))
    sloping = Deviogram(lag, 0.1 * lag, np.full(8, 9))
    none, fit = fit_hurst(lag, level.deviation_m), fit_hurst(lag, sloping.deviation_m)
    assert drawn(deviogram_figure({"E-W": (level, none), "both": (level, none)}, resolution_m=3.0))
    figure = deviogram_figure({"E-W": (level, none), "both": (sloping, fit)}, resolution_m=3.0)
    assert figure.axes[0].get_yscale() == "log"
    assert drawn(figure)
