"""Fill what map and report show from an assessment."""

from __future__ import annotations

from pathlib import Path

import jezero_sites
from jezero_sites.hazards import axis_sigmas
from jezero_sites.layers import layer_for
from jezero_sites.maps.view import (
    DispersionView,
    FloorView,
    GateView,
    InputView,
    LimitView,
    RunView,
    ValueView,
)
from jezero_sites.pipeline.assessment import Assessment
from jezero_sites.pipeline.statements import SYNTHETIC, is_synthetic
from jezero_sites.settings import Limit, settings_toml


def view_of(run: Assessment) -> RunView:
    """Return what the pages about a run show."""
    d = run.settings.dispersion
    return RunView(
        title=f"{run.settings.profile.name}: {_ground_name(run)}",
        elevation=run.dem,
        layers=run.layers,
        ortho=run.ortho,
        sites=run.sites,
        samples=run.samples,
        limits=tuple(_limit(limit) for limit in run.settings.limits),
        dispersion=DispersionView(d.major_m, d.minor_m, d.meaning, d.azimuth_deg, d.source),
        site_radius_m=run.settings.search.site_radius_m,
        statements=run.statements,
        settings_toml=settings_toml(run.settings),
        notices=run.notices,
        inputs=tuple(
            InputView(Path(i.path).name, i.role, i.sha256, f"{i.size_bytes:,} bytes") for i in run.inputs
        ),
        version=jezero_sites.__version__,
        summary=run.summary,
        statistics=run.statistics,
        flags=_flags(run),
        marginal_fraction=run.settings.marginal_fraction,
        noise_floor=tuple(
            FloorView(f.operator, f.unit, f.mean, f.rms, f.p95, f.limit, f.over_limit_probability)
            for f in run.noise_floor
        ),
        values=tuple(
            ValueView(name, v.column, v.x, v.y, run.settings.weights.get(name, 0.0))
            for name, v in run.settings.values.items()
        ),
        gates=GateView(run.settings.search.min_safe_radius_m, run.settings.search.min_landing_probability),
        sigmas=axis_sigmas(d.percent, d.n_sigma),
        traverse=run.traverse,
    )


def _flags(run: Assessment) -> tuple[str, ...]:
    """Return what must not be overlooked on any page of the run."""
    flags = [SYNTHETIC] if is_synthetic(run.dem) else []
    if any("illustrative" in limit.source for limit in run.settings.limits):
        flags.append("Limits here are illustrative, not mission values.")
    if any(notice.code == "W_COARSE" for notice in run.notices):
        flags.append(
            "A limit rests on ground finer than this DEM shows: allowed on request, no basis for a decision."
        )
    return tuple(flags)


def _limit(limit: Limit) -> LimitView:
    return LimitView(
        layer=limit.layer,
        title=layer_for(limit.layer).title,
        value=limit.value,
        unit=limit.unit,
        kind=limit.kind,
        baseline_m=limit.baseline_m,
        source=limit.source,
        verified=limit.verified,
        acts=True,
    )


def _ground_name(run: Assessment) -> str:
    names = [Path(i.path).name for i in run.inputs if i.role == "dem"]
    if not names:
        return "DEM in memory"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
