"""Views of made-up runs, and pages opened in the browser that all tests share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from affine import Affine

from jezero_sites.errors import Notice
from jezero_sites.maps.view import DispersionView, GateView, InputView, LimitView, RunView, ValueView
from jezero_sites.raster import Grid, Raster

EQC = "+proj=eqc +lat_ts=0 +lon_0=0 +R=3396190 +units=m +no_defs"
LONLAT = "IAU_2015:49900"
SAMPLES = [("Alpha", 77.4489, 18.4473), ("Beta", np.nan, np.nan), ("Gamma", 77.40, 18.44)]


def build_view(
    *,
    shape=(90, 130),
    cell=(2.0, 3.0),
    crs=EQC,
    origin=(4590640.0, 1093540.0),
    sites=3,
    samples=None,
    empty=False,
    **changes,
) -> RunView:
    """Return a lopsided run: unknown ground off the centre, steep ground in the east."""
    grid = Grid.of(shape, Affine(cell[0], 0, origin[0], 0, -cell[1], origin[1]), crs)
    rows, cols = np.indices(shape).astype(float)
    slope = (0.05 * cols + 0.04 * rows + 12.0 * (cols > 0.8 * shape[1])).astype(np.float32)
    slope[10:22, 30:47] = np.nan
    if empty:
        slope[:] = np.nan
    known = ~np.isnan(slope)
    hazard = np.where(~known, 0, np.where(slope > 8, 3, np.where(slope > 6.4, 2, 1))).astype(np.uint8)
    reason = ((hazard == 3) * np.where(rows > 40, 3, 1)).astype(np.uint8)
    elevation = np.where(known, -2560 + 0.11 * cols - 0.07 * rows, np.nan).astype(np.float32)
    safe = np.where(known, np.clip(1.05 - slope / 20, 0, 1), np.nan).astype(np.float32)
    lower, upper = np.nan_to_num(safe, nan=0.0) * 0.9, np.nan_to_num(safe, nan=1.0) * 0.95
    dem = Raster(elevation, grid, "elevation_m", "m")
    layers = {
        "slope_deg": dem.like(slope, name="slope_deg", unit="deg"),
        "roughness_m": dem.like((slope / 100).astype(np.float32), name="roughness_m", unit="m"),
        "relief_m": dem.like((slope / 7).astype(np.float32), name="relief_m", unit="m"),
        "hazard_class": dem.like(hazard, name="hazard_class"),
        "hazard_reason": dem.like(reason, name="hazard_reason"),
        "safe_probability": dem.like(safe, name="safe_probability", unit="1"),
        "landing_probability": dem.like(lower.astype(np.float32), name="landing_probability", unit="1"),
        "landing_probability_upper": dem.like(
            upper.astype(np.float32), name="landing_probability_upper", unit="1"
        ),
    }
    source = "illustrative, not a mission value"
    limits = (
        LimitView("slope_deg", "Slope", 8.0, "deg", "max", 5.0, source, False, True),
        LimitView("roughness_m", "Roughness", 0.1, "m", "max", 5.0, "Some Agency (2020)", True, True),
    )
    view = RunView(
        title="made-up run",
        elevation=dem,
        layers=layers,
        ortho=None,
        sites=site_frame(grid, sites),
        samples=sample_frame(samples or SAMPLES),
        limits=limits,
        dispersion=DispersionView(40.0, 25.0, "99 % ellipse", 30.0, source),
        site_radius_m=30.0,
        statements=("Rocks were not assessed.",),
        settings_toml='[profile]\nname = "made-up"\n',
        notices=(Notice("W_DATUM", "the datum is unstated"),),
        inputs=(InputView("dem.tif", "dem", "0" * 64, "1,234 bytes"),),
        version="0",
        summary="Three sites pass.",
        statistics={
            "slope_deg": {"min": 0.0, "mean": 4.0, "unknown_fraction": 0.02},
            "hazard_class": {"safe_fraction": 0.5},
        },
        values=(
            ValueView("margin", "binding_margin", (0.0, 1.0), (0.0, 1.0), 0.5),
            ValueView("sample_distance", "nearest_sample_distance_m", (0.0, 1000.0), (1.0, 0.0), 0.25),
        ),
        gates=GateView(30.0, 0.5),
    )  # fmt: skip
    return replace(view, **changes)


def site_frame(grid: Grid, count: int) -> gpd.GeoDataFrame:
    """Return sites along a slanting line, the best first."""
    n = np.arange(count)
    rows = (np.array([60, 25, 70, 40])[n % 4] + 3 * (n // 4)) * grid.shape[0] // 90 % grid.shape[0]
    cols = (np.array([40, 75, 20, 60])[n % 4] + 4 * (n // 4)) * grid.shape[1] // 130 % grid.shape[1]
    x, y = grid.xy(rows, cols)
    lon, lat = grid.lonlat(x, y)
    data = {
        "rank": n + 1,
        "site_id": [f"S{i + 1:02d}" for i in n],
        "x_m": x,
        "y_m": y,
        "lon_deg": lon,
        "lat_deg": lat,
        "elevation_m": -2560.0 + n,
        "score": 0.8 - 0.1 * n,
        "landing_probability": 0.9 - 0.2 * (n == 1),
        "landing_probability_upper": 0.95 + 0 * n,
        "safe_radius_m": 60.0 + 7 * n,
        "slope_mean_deg": 2.0 + n,
        "slope_p95_deg": 4.0 + n,
        "slope_max_deg": 6.0 + 1.5 * n,
        "roughness_max_m": 0.05 + 0.01 * n,
        "relief_m": 1.0 + n,
        "unknown_fraction": 0.01 * n,
        "binding_constraint": ["slope_deg"] * count,
        "binding_margin": (8.0 - (6.0 + 1.5 * n)) / 8.0,
        "nearest_sample": ["Alpha"] * count,
        "nearest_sample_distance_m": 120.0 - 30 * n,
        "row": rows,
        "col": cols,
        "part_margin": 0.25 + 0 * n,
        "part_sample_distance": 0.9 - 0.1 * n,
    }
    return gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(x, y), crs=grid.crs)


def sample_frame(rows) -> gpd.GeoDataFrame:
    """Return a sample list from (name, lon, lat)."""
    names, lon, lat = zip(*rows, strict=True)
    count = len(names)
    data = {
        "name": list(names),
        "seal_sol": pd.array([12, *[None] * (count - 1)], dtype="Int64"),
        "lon_deg": np.array(lon, float),
        "lat_deg": np.array(lat, float),
        "elevation_m": np.full(count, np.nan),
        "location": ["rover"] * count,
        "location_date": ["2026-09"] * count,
        "source": ["made up"] * count,
        "kind": ["sample"] * count,
    }
    return gpd.GeoDataFrame(data, geometry=gpd.points_from_xy(lon, lat), crs=LONLAT)


@pytest.fixture(scope="session", name="build_view")
def build_view_fixture() -> Callable[..., RunView]:
    return build_view


class Page:
    """A page opened without a network, with everything it complained about."""

    def __init__(self, browser, path: Path, size=(1280, 860)) -> None:
        self.context = browser.new_context(offline=True, viewport={"width": size[0], "height": size[1]})
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda e: self.complaints.append(f"error: {e}"))
        self.page.on("request", lambda r: self.requests.append(r.url))
        self.page.goto(path.as_uri())

    def ready(self) -> Page:
        self.page.wait_for_selector("html[data-jz-ready]", state="attached", timeout=15_000)
        return self


@pytest.fixture
def open_page(browser, tmp_path):
    """Return a function that saves a map and opens it, ready."""
    opened: list[Page] = []

    def opener(site_map, size=(1280, 860)) -> Page:
        path = tmp_path / f"map{len(opened)}.html"
        site_map.save(path)
        opened.append(Page(browser, path, size).ready())
        return opened[-1]

    yield opener
    for page in opened:
        page.context.close()
