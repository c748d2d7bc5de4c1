"""The chance to land safely when aiming at a cell: the dispersion of the settings, without and with a divert."""

from __future__ import annotations

from jezero_sites import hazards
from jezero_sites.arrays import FloatArray
from jezero_sites.errors import InputError
from jezero_sites.raster import Grid
from jezero_sites.settings import Settings

MOST_DIVERT_CELLS = 1000
"""A divert over more cells is refused: searching the best ground in its reach takes some GB and minutes."""


def aim(
    safe_probability: FloatArray,
    grid: Grid,
    settings: Settings,
    *,
    jobs: int = 1,
    room: hazards.Room = hazards.IN_MEMORY,
) -> hazards.LandingBounds:
    """Return the chance of success when aiming at each cell: lower and upper bound.

    Raises
    ------
    InputError
        ``E_DISPERSION`` where the dispersion is too narrow for the cells.
    """
    try:
        return hazards.landing_bounds(
            safe_probability,
            dx_m=grid.dx_m,
            dy_m=grid.dy_m,
            covariance=_covariance(grid, settings),
            threads=jobs,
            room=room,
        )
    except ValueError as error:
        raise _refused(error) from error


def aim_with_divert(
    safe_probability: FloatArray,
    grid: Grid,
    settings: Settings,
    *,
    jobs: int = 1,
    room: hazards.Room = hazards.IN_MEMORY,
) -> hazards.LandingBounds | None:
    """Return the same where the lander diverts to the best ground in reach; None where it cannot divert.

    Raises
    ------
    InputError
        ``E_DISPERSION`` as above; ``E_DIVERT`` where the divert reaches over more cells than fit into memory.
    """
    if settings.divert is None:
        return None
    reach = settings.divert.radius_m / min(grid.dy_m, float(grid.dx_m.min()))
    if reach > MOST_DIVERT_CELLS:
        raise InputError(
            "E_DIVERT",
            found=f"the divert reaches over {reach:,.0f} cells of this DEM",
            needed=f"at most {MOST_DIVERT_CELLS:,}",
            fix="use a coarser DEM or a shorter divert",
            field="divert.radius_m",
        )
    try:
        return hazards.divert_probability(
            safe_probability,
            dx_m=grid.dx_m,
            dy_m=grid.dy_m,
            covariance=_covariance(grid, settings),
            divert=hazards.Divert(settings.divert.radius_m, settings.divert.sigma_m),
            threads=jobs,
            room=room,
        )
    except ValueError as error:
        raise _refused(error) from error


def _covariance(grid: Grid, settings: Settings) -> tuple[float, float, float]:
    d = settings.dispersion
    return hazards.dispersion_covariance(
        major_m=d.major_m,
        minor_m=d.minor_m,
        percent=d.percent,
        n_sigma=d.n_sigma,
        azimuth_deg=d.azimuth_deg - grid.north_deg,
    )


def _refused(error: ValueError) -> InputError:
    fix = "use a larger dispersion or a finer DEM"
    return InputError("E_DISPERSION", found=str(error), fix=fix, field="dispersion")
