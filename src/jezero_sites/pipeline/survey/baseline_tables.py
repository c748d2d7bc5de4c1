"""Slopes at many baselines as tables: statistics, histograms over explicit edges in degrees, deviogram."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jezero_sites.pipeline.survey.baselines import BaselineSlope, BaselineSlopes
from jezero_sites.raster import Raster
from jezero_sites.terrain.hurst import HurstFit, fitted_deviation_m

BINS_PER_DEG = 5
EDGES_DEG = np.arange(90 * BINS_PER_DEG + 1) / BINS_PER_DEG
"""Edges of the bins: every 0.2 degrees, the step of the 8-bit slope maps of USGS Astrogeology."""

LIMIT_DEG = 15.0
"""Where the line is drawn if nothing is said: 15 degrees, as in the landing-site maps of USGS Astrogeology
(GDAL_scripts, gdal_baseline_slope). Not a limit of any lander."""

Row = dict[str, Any]


def statistics_rows(found: BaselineSlopes, *, limit_deg: float) -> list[Row]:
    """Return the statistics of the slope at every baseline, and of its means over 10 m cells.

    Standard deviation is that of the population, so that RMS^2 = mean^2 + sd^2. Shares within the limit and
    percentiles are of the known cells; the unknown share counts the border that a baseline cannot reach.
    """
    return [
        {
            "layer": raster.name,
            "baseline_m": one.baseline_m,
            "method": found.method,
            "used_east_m": one.used_m[0],
            "used_north_m": one.used_m[1],
            "cells_east": one.cells[1],
            "cells_north": one.cells[0],
            **_numbers(raster.values, limit_deg),
            "below_resolution": _word(one.below_resolution),
            **_noise(one, raster),
        }
        for one, raster in _rasters(found)
    ]


def _noise(one: BaselineSlope, raster: Raster) -> Row:
    """Return the noise of a slope layer; its means over 10 m have less, which is not worked out."""
    if one.noise is None or raster is not one.slope:
        return {"sigma_gx": math.nan, "sigma_gy": math.nan, "noise_floor_p95_deg": math.nan}
    noise = one.noise
    return {"sigma_gx": noise.sigma_gx, "sigma_gy": noise.sigma_gy, "noise_floor_p95_deg": noise.p95_deg}


def slope_counts(slope_deg: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return how many known slopes lie in each bin of ``EDGES_DEG``, its upper edge left out; 90 in the last.

    >>> slope_counts(np.array([0.1, 0.2, 0.25, np.nan, 90.0], np.float32))[[0, 1, -1]].tolist()
    [1, 2, 1]
    """
    known = np.asarray(slope_deg[~np.isnan(slope_deg)], np.float64)  # times 5 is exact for a float32
    bins = np.minimum((known * BINS_PER_DEG).astype(np.int64), EDGES_DEG.size - 2)
    return np.bincount(bins, minlength=EDGES_DEG.size - 1).astype(np.int64)


def histogram_rows(found: BaselineSlopes, *, limit_deg: float) -> Iterator[Row]:
    """Yield the bins of every layer up to its steepest, then its ``cumulative_limit`` row.

    ``cumulative_fraction`` of a bin is the share of known cells below its upper edge; that of the limit is the
    share at or below it.
    """
    for one, raster in _rasters(found):
        counts = slope_counts(raster.values)
        known, sums = int(counts.sum()), np.cumsum(counts)
        head = {"layer": raster.name, "baseline_m": one.baseline_m}
        for i in range(int(np.max(np.nonzero(counts)[0], initial=-1)) + 1):
            edges = {"row": "bin", "from_deg": EDGES_DEG[i], "to_deg": EDGES_DEG[i + 1]}
            yield {**head, **edges, "count": counts[i], "cumulative_fraction": sums[i] / known}
        within = int(np.sum(raster.values <= limit_deg))
        edges = {"row": "cumulative_limit", "from_deg": 0.0, "to_deg": limit_deg}
        yield {**head, **edges, "count": within, "cumulative_fraction": within / known if known else math.nan}


EXTRAPOLATED = "extrapolated: a lower bound if the ground is self-affine"
"""What a fitted line is below the DEM's real resolution."""


def deviogram_rows(found: BaselineSlopes) -> Iterator[Row]:
    """Yield each lag of each direction, then the ``fit`` row of the direction.

    A lag below the DEM's real resolution is marked, and the fitted line there called a lower bound.
    """
    for name, (curve, fit) in found.deviograms.items():
        line = fitted_deviation_m(fit, curve.lag_m)
        for lag, deviation, pairs, fitted in zip(*curve, line, strict=True):
            below = None if found.resolution_m is None else bool(lag < found.resolution_m)
            yield {
                "row": "lag",
                "direction": name,
                "lag_m": lag,
                "rms_deviation_m": deviation,
                "pairs": pairs,
                "rms_slope_deg": math.degrees(math.atan(deviation / lag)),
                "fit_deviation_m": fitted,
                "fit_rms_slope_deg": math.degrees(math.atan(fitted / lag)),
                "below_resolution": _word(below),
                "fit_is": EXTRAPOLATED if below else "fit",
            }
        yield {"row": "fit", "direction": name, **fit_dict(fit, found.resolution_m)}


def fit_dict(fit: HurstFit, resolution_m: float | None) -> Row:
    """Return a fit as plain data; the deviation at 1 m is a lower bound where the DEM resolves less."""
    below = None if resolution_m is None else resolution_m > 1.0
    found = "none found" if math.isnan(fit.break_m) else "found"
    return {
        "hurst": fit.hurst,
        "deviation_at_1m_m": fit.deviation_at_1m_m,
        "break": "" if math.isnan(fit.hurst) else found,
        "break_m": fit.break_m,
        "hurst_beyond_break": fit.hurst_beyond,
        "misfit_fraction": fit.misfit_fraction,
        "below_resolution": _word(below),
        "fit_is": EXTRAPOLATED if below else "fit",
    }


def csv_text(rows: Sequence[Row]) -> str:
    r"""Return rows as CSV, with the columns of all of them; unknown numbers are empty.

    >>> csv_text([{"a": 1.5}, {"a": float("nan"), "b": "x"}])
    'a,b\n1.5,\n,x\n'
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO()
    writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    return stream.getvalue()


def plain_data(value: Any) -> Any:
    """Return plain JSON data: unknown numbers become null, numpy numbers become Python's."""
    if isinstance(value, dict):
        return {name: plain_data(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_data(part) for part in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _rasters(found: BaselineSlopes) -> Iterator[tuple[BaselineSlope, Raster]]:
    """Yield the slopes at every baseline, then their means over larger cells."""
    yield from ((one, one.slope) for one in found.slopes)
    yield from ((one, one.mean) for one in found.slopes if one.mean is not None)


def _numbers(slope_deg: NDArray[np.float32], limit_deg: float) -> Row:
    known = slope_deg[~np.isnan(slope_deg)].astype(np.float64)
    names = (
        "min_deg",
        "max_deg",
        "mean_deg",
        "sd_deg",
        "rms_deg",
        "median_deg",
        "p95_deg",
        "within_limit_fraction",
    )
    values: Sequence[float] = [math.nan] * len(names)
    if known.size:
        spread = known.min(), known.max(), known.mean(), known.std(), np.sqrt(np.mean(known**2))
        values = [float(v) for v in (*spread, *np.percentile(known, (50, 95)), np.mean(known <= limit_deg))]
    shares = {"limit_deg": limit_deg, "unknown_fraction": 1.0 - known.size / max(slope_deg.size, 1)}
    return {**dict(zip(names, values, strict=True)), **shares, "cells_known": known.size}


def _word(is_below: bool | None) -> str:
    return "unknown" if is_below is None else "yes" if is_below else "no"


def _cell(value: Any) -> Any:
    plain = plain_data(value)
    return "" if plain is None else plain
