"""The site table: what was measured at each candidate, its margins, score and rank."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from jezero_sites import sites
from jezero_sites.arrays import ByteArray, FloatArray
from jezero_sites.blocks import Block
from jezero_sites.errors import InputError
from jezero_sites.pipeline.candidates import Candidate, exactly
from jezero_sites.pipeline.stages.cells import ARTEFACTS, window_of
from jezero_sites.pipeline.stages.ground import ground_reach, measure_ground, measured_names, worst_column
from jezero_sites.raster import Raster
from jezero_sites.settings import Limit, Settings

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

COLUMNS = (
    "rank", "site_id", "x_m", "y_m", "lon_deg", "lat_deg", "elevation_m", "score", "landing_probability",
    "landing_probability_upper", "safe_radius_m", "slope_mean_deg", "slope_p95_deg", "slope_max_deg",
    "roughness_max_m", "relief_m", "unknown_fraction", "binding_constraint", "binding_margin",
    "nearest_sample", "nearest_sample_distance_m",
)  # fmt: skip
DECIMALS = {"lon_deg": 9, "lat_deg": 9}


def site_table(
    candidates: list[Candidate],
    dem: Raster,
    layers: Mapping[str, Any],
    *,
    samples: GeoDataFrame,
    settings: Settings,
) -> GeoDataFrame:
    """Return the ranked table of sites with every measured number.

    ``layers`` holds ``hazard_class``, ``landing_probability``, ``landing_probability_upper`` and ``dem_quality`` as
    arrays, and ``divert_probability`` where the lander can divert.
    """
    import geopandas as gpd

    measured = [_measured(place, dem, layers, samples=samples, settings=settings) for place in candidates]
    grid = dem.grid
    diverted = ("divert_probability",) if "divert_probability" in layers else ()
    worst = (worst_column(limit) for limit in settings.limits)
    names = dict.fromkeys((*COLUMNS, *worst, "artefact_fraction", "confidence", *diverted, "row", "col"))
    data = {name: [site.get(name) for site in measured] for name in names}
    for name, column in data.items():
        if any(isinstance(v, float) for v in column):
            data[name] = list(np.round(np.array(column, float), DECIMALS.get(name, 6)))
    points = gpd.points_from_xy(np.array(data["x_m"], float), np.array(data["y_m"], float))
    frame = gpd.GeoDataFrame(data, geometry=points, crs=grid.crs)
    frame = _typed(frame)
    ranked = rescore(frame, settings)
    ranked["site_id"] = [f"S{n:02d}" for n in ranked["rank"]]
    return ranked


def rescore(table: GeoDataFrame, settings: Settings) -> GeoDataFrame:
    """Return a site table scored and ranked anew with other limits, weights or value functions.

    Limits act on margins, on the binding constraint and on whether a site passes; the landing
    probabilities stay as they were in the run. Sites that fail the gates of ``[search]`` are left out.

    Parameters
    ----------
    table : GeoDataFrame
        The sites of an assessment.
    settings : Settings
        New settings; they may limit only layers whose worst value the table holds.

    Returns
    -------
    GeoDataFrame
        The same columns, ordered by rank.

    Raises
    ------
    InputError
        ``E_NO_COLUMN`` where the table lacks the worst value of a limited layer.
    """
    search = settings.search
    passes = (table["safe_radius_m"] >= search.min_safe_radius_m) & (
        table["landing_probability"] >= search.min_landing_probability
    )
    table = table[passes].copy()
    names, margin = sites.binding({limit.layer: _margins(table, limit) for limit in settings.limits})
    empty = not settings.limits
    table["binding_constraint"] = [""] * len(table) if empty else names
    table["binding_margin"] = np.nan if empty else np.round(margin, 6)
    parts = {}
    for name, function in settings.values.items():
        if function.column not in table:
            raise _no_column(function.column, f"value.{name}")
        parts[name] = np.round(sites.value(table[function.column], x=function.x, y=function.y), 6)
        table[f"part_{name}"] = parts[name]
    appeal = sites.weighted_mean(parts, settings.weights)
    table["score"] = np.round(table["landing_probability"].to_numpy(float) * appeal, 6)
    table = table.iloc[sites.rank_order(table["score"].to_numpy(float), table["row"], table["col"])]
    table["rank"] = np.arange(1, len(table) + 1)
    return table.reset_index(drop=True)


def _margins(table: GeoDataFrame, limit: Limit) -> FloatArray:
    column = worst_column(limit)
    if column not in table:
        raise _no_column(column, f"limits.{limit.layer}")
    return np.array([limit.margin(value) for value in table[column].to_numpy(float)], float)


def _no_column(column: str, where: str) -> InputError:
    fix = "assess the DEM with these settings"
    return InputError(
        "E_NO_COLUMN",
        found=f"the site table has no column {column}",
        needed=f"it for [{where}]",
        fix=fix,
        field=column,
    )


def _measured(
    place: Candidate, dem: Raster, layers: Mapping[str, Any], *, samples: GeoDataFrame, settings: Settings
) -> dict[str, Any]:
    """Return everything measured at one site, by column."""
    grid, row, col = dem.grid, place.row, place.col
    x, y = (float(v) for v in grid.xy(row, col))
    lon, lat = (float(v) for v in grid.lonlat(x, y))
    name, distance = sites.nearest_sample(
        lon,
        lat,
        names=list(samples["name"]),
        sample_lon_deg=samples["lon_deg"].to_numpy(float),
        sample_lat_deg=samples["lat_deg"].to_numpy(float),
        radius_m=grid.body_radius_m,
    )
    where = {"row": row, "col": col, "x_m": x, "y_m": y, "lon_deg": lon, "lat_deg": lat}
    chances = ("landing_probability", "landing_probability_upper", "divert_probability")
    here = {n: float(exactly(layers[n][row, col])) for n in chances if n in layers}
    near = {"nearest_sample": name, "nearest_sample_distance_m": distance}
    around = _statistics(place, dem, layers, settings)
    height = float(dem.values[row, col])
    return {**where, "elevation_m": height, **here, "safe_radius_m": place.safe_radius_m, **around, **near}


def _statistics(
    place: Candidate, dem: Raster, layers: Mapping[str, Any], settings: Settings
) -> dict[str, float]:
    """Return the statistics of the disc around a site; unknown cells are left out of all but their share.

    ``confidence`` is the share of the disc that is known and free of artefacts.
    """
    grid, row, col = dem.grid, place.row, place.col
    disc = sites.disc_around(
        row,
        col,
        shape=grid.shape,
        dx_m=float(grid.dx_m[row]),
        dy_m=grid.dy_m,
        radius_m=settings.search.site_radius_m,
    )
    values = {name: around[disc.is_inside] for name, around in _ground_around(disc, dem, settings).items()}
    slope, height = values["slope_deg"], disc.of(dem.values)
    codes: ByteArray = np.asarray(disc.of(layers["dem_quality"]), np.uint8)
    known, flagged = disc.of(layers["hazard_class"]) != 0, (codes & ARTEFACTS) != 0
    found = {
        "slope_mean_deg": _known(np.mean, slope),
        "slope_p95_deg": _known(lambda v: np.percentile(v, 95), slope),
        "slope_max_deg": _known(np.max, slope),
        "roughness_max_m": _known(np.max, values["roughness_m"]),
        "relief_m": _known(np.ptp, height.astype(np.float64)),
        "unknown_fraction": 1.0 - np.count_nonzero(known) / disc.cells,
        "artefact_fraction": np.count_nonzero(flagged) / disc.cells,
        "confidence": np.count_nonzero(known & ~flagged) / disc.cells,
    }
    for limit in settings.limits:
        worst = np.max if limit.kind == "max" else np.min
        found[worst_column(limit)] = _known(worst, values[limit.layer])
    return {name: float(value) for name, value in found.items()}


def _ground_around(disc: sites.Disc, dem: Raster, settings: Settings) -> dict[str, FloatArray]:
    """Return what was measured of the ground in the rectangle that holds a disc, in float64."""
    names, block = measured_names(settings), Block(disc.rows, disc.cols)
    wide = block.with_reach(ground_reach(dem.grid, settings, names, stance=True), dem.grid.shape)
    ground = measure_ground(window_of(dem, wide), settings, names=names)
    inner = block.within(wide)
    return {name: values[inner] for name, values in ground.values.items()}


def _known(statistic: Any, values: FloatArray) -> float:
    known = values[~np.isnan(values)]
    return float(statistic(known)) if known.size else float("nan")


def _typed(frame: GeoDataFrame) -> GeoDataFrame:
    """Give every column its type, also where there are no rows."""
    whole, words = ("rank", "row", "col"), ("site_id", "binding_constraint", "nearest_sample")
    for name in frame.columns:
        if name in whole:
            frame[name] = frame[name].fillna(0).astype("int64") if len(frame) else frame[name].astype("int64")
        elif name in words:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), "")
        elif name != "geometry":
            frame[name] = frame[name].astype("float64")
    return frame
