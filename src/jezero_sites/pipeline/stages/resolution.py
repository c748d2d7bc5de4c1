"""Whether the DEM is fine enough for the limits: a gate may not rest on ground that it cannot show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from jezero_sites.errors import Notice, ResolutionError
from jezero_sites.layers import lengths_of
from jezero_sites.raster import Raster
from jezero_sites.settings import Limit, Settings

STANCE_LAYERS = ("stance_tilt_deg", "clearance_m")
"""Limited layers that depend on the lander's legs."""

LARGEST_DEVIATION = 0.5
"""The window may differ from a limit's baseline by this share of it."""

STEREO_POSTINGS = 5.0
"""A stereo DTM resolves about five of its postings (Kirk et al. 2021, Remote Sens. 13, 3511)."""


def resolution_m(dem: Raster, stated_m: float | None) -> float | None:
    """Return the real resolution of a DEM in metres: as stated, or from its posting if it is tagged stereo."""
    if stated_m is not None:
        return stated_m
    stereo = any("stereo" in f"{key} {value}".lower() for key, value in dem.tags.items())
    return STEREO_POSTINGS * max(dem.grid.dy_m, dem.grid.mean_dx_m) if stereo else None


def below_resolution(dem: Raster, baseline_m: float, settings: Settings) -> dict[str, str]:
    """Return a tag for a layer whose baseline is finer than the DEM resolves; nothing where it is not."""
    real = resolution_m(dem, settings.dem_error.resolution_m)
    if real is None or baseline_m >= real:
        return {}
    found = (
        f"yes: baseline {baseline_m:g} m, the DEM resolves {real:.3g} m; slope and roughness are lower bounds"
    )
    return {"BELOW_RESOLUTION": found}


def marked(raster: Raster, dem: Raster, baseline_m: float, settings: Settings) -> Raster:
    """Return a layer measured over a baseline, with the tag where that is finer than the DEM resolves."""
    return replace(raster, tags={**raster.tags, **below_resolution(dem, baseline_m, settings)})


def fine_notices(rasters: Iterable[Raster]) -> tuple[Notice, ...]:
    """Return a notice for each layer that carries that tag."""
    fix = "read it as a lower bound: the DEM smooths ground this small"
    fine = [r for r in rasters if "BELOW_RESOLUTION" in r.tags]
    told = [(r, r.tags["BELOW_RESOLUTION"].partition(": ")[2].partition(";")[0]) for r in fine]
    return tuple(
        Notice("W_BELOW_RESOLUTION", f"{r.name}: {found}", fix, r.sources[0].name if r.sources else None)
        for r, found in told
    )


def check_resolution(dem: Raster, settings: Settings, *, allow_coarse: bool) -> tuple[Notice, ...]:
    """Return what must be said about the DEM's resolution.

    Raises
    ------
    ResolutionError
        ``E_RESOLUTION`` where a limit's baseline is below the DEM's real resolution, or the window's
        length differs from it by more than 50 %, unless that is allowed.
    """
    faults = _faults(dem, settings)
    if faults and not allow_coarse:
        fix = "use a finer DEM, set a limit at a longer baseline, or --allow-coarse to go on regardless"
        found = "; ".join(faults)
        raise ResolutionError("E_RESOLUTION", found=found, fix=fix, file=_name(dem), field="limits")
    return resolution_notices(dem, settings, fix="allowed on request")


def resolution_notices(dem: Raster, settings: Settings, *, fix: str) -> tuple[Notice, ...]:
    """Return the same as notices alone; ``fix`` says what follows from a limit finer than the DEM shows."""
    notices = [Notice("W_COARSE", fault, fix, _name(dem)) for fault in _faults(dem, settings)]
    radius, cell = settings.lander.footprint_radius_m, min(dem.grid.dy_m, dem.grid.mean_dx_m)
    if radius < cell:
        found = (
            f"the footprint of {radius:g} m radius holds one cell of {cell:.3g} m: relief_m is 0 everywhere"
        )
        notices.append(Notice("W_RELIEF", found, "use a finer DEM for relief", _name(dem)))
    pad = settings.lander.pad_radius_m
    if pad is not None and pad < cell:
        found = (
            f"pads of {pad:g} m radius are smaller than the DEM's cells of {cell:.3g} m: each stands on a "
            "point of the ground between cells, and roughness within a cell is not in the stance"
        )
        notices.append(Notice("W_PADS", found, "use a finer DEM for the stance", _name(dem)))
    if resolution_m(dem, settings.dem_error.resolution_m) is None:
        found = f"the DEM's real resolution is not stated; its cells are {dem.grid.dy_m:.3g} m"
        notices.append(
            Notice("W_RESOLUTION", found, "set dem_error.resolution_m where it is known", _name(dem))
        )
    return tuple(notices)


def _name(dem: Raster) -> str | None:
    return dem.sources[0].name if dem.sources else None


def _faults(dem: Raster, settings: Settings) -> list[str]:
    real = resolution_m(dem, settings.dem_error.resolution_m)
    faults = [_fault(dem, limit, real) for limit in settings.limits]
    return [fault for fault in [*faults, _stance_fault(dem, settings, real)] if fault]


def _stance_fault(dem: Raster, settings: Settings, real_m: float | None) -> str | None:
    """Return why the DEM is too coarse for a limit on the stance: pads closer than it can tell apart."""
    limited = [m.layer for m in settings.limits if m.layer in STANCE_LAYERS]
    radius = settings.lander.hub_to_pad_m
    if not limited or radius is None:
        return None
    what = f"the limit on {' and '.join(limited)} is on legs {2 * radius:g} m across"
    cell = max(dem.grid.dy_m, dem.grid.mean_dx_m)
    if cell > radius:
        return f"{what}, the DEM's cells are {cell:.3g} m"
    if real_m is not None and 2 * radius < real_m:
        return f"{what}, the DEM resolves {real_m:.3g} m"
    return None


def _fault(dem: Raster, limit: Limit, real_m: float | None) -> str | None:
    if limit.baseline_m is None:
        return None
    baseline = limit.baseline_m
    rows, cols = lengths_of(dem.grid, baseline_m=baseline).window
    used = max((rows * dem.grid.dy_m, cols * dem.grid.mean_dx_m), key=lambda m: abs(m - baseline))
    what = f"the limit on {limit.layer} is at a baseline of {limit.baseline_m:g} m"
    if abs(used / limit.baseline_m - 1) > LARGEST_DEVIATION:
        return f"{what}, the smallest fitting window is {used:.3g} m wide"
    if real_m is not None and limit.baseline_m < real_m:
        return f"{what}, the DEM resolves {real_m:.3g} m"
    return None
