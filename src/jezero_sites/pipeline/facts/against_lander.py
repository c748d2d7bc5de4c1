"""What the limits of a lander make of a DEM, before anything is computed: baselines, discs, the landing ellipse."""

from __future__ import annotations

import math

from jezero_sites.errors import InputError, JezeroError, Notice
from jezero_sites.layers import lengths_of
from jezero_sites.pipeline.stages.resolution import check_resolution, resolution_m, resolution_notices
from jezero_sites.raster import Grid, Raster
from jezero_sites.settings import Dispersion, Limit, Settings


def lander_facts(dem: Raster, settings: Settings) -> dict[str, str]:
    """Return what a profile makes of a DEM, in words by name.

    Parameters
    ----------
    dem : Raster
        Its grid and tags are used, not its heights.
    settings : Settings

    Returns
    -------
    dict of str to str
        The profile, each limit with the window that it is measured over, the disc of relief, the ellipse.
    """
    told = {"profile": settings.profile.name}
    for limit in settings.limits:
        told[f"limit_on_{limit.layer}"] = _limit_in_words(limit, dem.grid)
    radius = settings.lander.footprint_radius_m
    across, down = 2 * radius / dem.grid.mean_dx_m, 2 * radius / dem.grid.dy_m
    told["footprint"] = f"disc of {radius:g} m radius: {across:.3g} x {down:.3g} cells across (E x N)"
    told["landing_ellipse"] = _ellipse_in_words(settings.dispersion, dem.grid)
    k = settings.rocks.abundance_fraction
    told["rocks"] = f"{k:g} of the ground covered" if k is not None else "no abundance is set: not assessed"
    return told


def lander_findings(dem: Raster, settings: Settings) -> tuple[Notice | JezeroError, ...]:
    """Return what stands between a DEM and an assessment for a lander.

    ``E_RESOLUTION`` where assess would refuse it without ``--allow-coarse``; ``W_RELIEF``, ``W_RESOLUTION``;
    ``W_DEM_SMALL`` where the landing ellipse fits nowhere on the DEM.
    """
    found: list[Notice | JezeroError] = []
    try:
        check_resolution(dem, settings, allow_coarse=False)
    except InputError as refusal:
        found.append(refusal)
    notices = resolution_notices(dem, settings, fix="")
    found += [notice for notice in notices if notice.code != "W_COARSE"]
    return (*found, *_small_notices(dem, settings))


def resolution_in_words(dem: Raster, settings: Settings) -> str:
    """Return the real resolution of a DEM and where it is known from."""
    stated = settings.dem_error.resolution_m
    real = resolution_m(dem, stated)
    if real is None:
        return "unstated"
    if stated is not None:
        return f"{real:.3g} m, as the settings say"
    return f"about {real:.3g} m: five postings of a stereo DTM"


def _limit_in_words(limit: Limit, grid: Grid) -> str:
    bound = "at most" if limit.kind == "max" else "at least"
    text = f"{bound} {limit.value:g} {limit.unit}"
    if limit.baseline_m is not None:
        rows, columns = lengths_of(grid, baseline_m=limit.baseline_m).window
        text += f" over {limit.baseline_m:g} m: window of {columns} x {rows} cells, "
        text += f"{columns * grid.mean_dx_m:.4g} x {rows * grid.dy_m:.4g} m (E x N)"
    return text if limit.verified else f"{text}; unverified"


def _half_sides_m(dispersion: Dispersion) -> tuple[float, float]:
    """Return how far the ellipse reaches to the east and to the north."""
    sine, cosine = (f(math.radians(dispersion.azimuth_deg)) for f in (math.sin, math.cos))
    a, b = dispersion.major_m, dispersion.minor_m
    return math.hypot(a * sine, b * cosine), math.hypot(a * cosine, b * sine)


def _room_m(dispersion: Dispersion, grid: Grid) -> tuple[float, float]:
    """Return the sides of the ground, E x N, over which the ellipse lies whole on the DEM; negative where none."""
    east, north = _half_sides_m(dispersion)
    rows, columns = grid.shape
    return columns * grid.mean_dx_m - 2 * east, rows * grid.dy_m - 2 * north


def _ellipse_in_words(dispersion: Dispersion, grid: Grid) -> str:
    a, b = dispersion.major_m, dispersion.minor_m
    text = f"{dispersion.meaning}, semi-axes {a:g} x {b:g} m"
    east, north = _room_m(dispersion, grid)
    if min(east, north) <= 0:
        return f"{text}: fits nowhere on this DEM"
    return f"{text}: lies whole on the DEM for aim points within {east:,.0f} x {north:,.0f} m (E x N)"


def _small_notices(dem: Raster, settings: Settings) -> tuple[Notice, ...]:
    if min(_room_m(settings.dispersion, dem.grid)) > 0:
        return ()
    rows, columns = dem.grid.shape
    east, north = columns * dem.grid.mean_dx_m, rows * dem.grid.dy_m
    found = (
        f"the landing ellipse fits nowhere on the DEM's {east:,.0f} x {north:,.0f} m of ground; "
        "the lower landing probability counts ground outside as failure"
    )
    fix = "give a larger DEM, or several tiles of one grid together"
    return (Notice("W_DEM_SMALL", found, fix, dem.sources[0].name if dem.sources else None),)
