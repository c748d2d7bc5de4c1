"""Facts of what is no raster: lists of samples, tables of sites, settings, and the directory of a run."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from jezero_sites.errors import InputError, Notice
from jezero_sites.pipeline.facts.findings import FileFacts, in_order, size_in_words
from jezero_sites.settings import Settings, read_settings


def samples_facts(path: Path) -> FileFacts:
    """Return the facts of a CSV, a GeoJSON or a GeoPackage: how many rows, how many with a position, where they lie."""
    from jezero_sites.io.points.samples import read_samples

    try:
        frame = read_samples(path)
    except InputError as refusal:
        route = _route_facts(path) if refusal.code == "E_GEOJSON" else None
        return route or _refused(path, "list of samples that cannot be used as it is", refusal)
    lon, lat = frame["lon_deg"].to_numpy(float), frame["lat_deg"].to_numpy(float)
    known = np.isfinite(lon) & np.isfinite(lat)
    kinds = Counter(frame["kind"])
    facts = {
        "what": "list of samples",
        "rows": f"{len(frame)}, {int(known.sum())} with a position",
        "kinds": ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        "names": _some(list(frame["name"])),
        **(_lonlat(lon[known], lat[known])),
        "columns_with_values": ", ".join(
            c for c in frame.columns if c != "geometry" and _is_filled(frame[c])
        ),
        "size": size_in_words(path.stat().st_size),
    }
    return FileFacts(str(path), facts, {}, in_order(frame.attrs["notices"]))


def _route_facts(path: Path) -> FileFacts | None:
    """Return the facts of a GeoJSON of lines, the rover's route; None where it is none that can be read."""
    from jezero_sites.io.points.traverse import read_traverse

    try:
        route = read_traverse(path)
    except InputError:
        return None
    sols = route["sol"].dropna()
    corners = np.concatenate([np.asarray(line.coords) for line in route.geometry])
    facts = {
        "what": "route of the rover, for --traverse",
        "lines": f"{len(route)} with {len(corners):,} vertices",
        "sols": f"{sols.min()} to {sols.max()}" if len(sols) else "not stated",
        **_lonlat(corners[:, 0], corners[:, 1]),
        "size": size_in_words(path.stat().st_size),
    }
    return FileFacts(str(path), facts, {}, in_order(route.attrs["notices"]))


def sites_facts(path: Path) -> FileFacts:
    """Return the facts of a GeoPackage: the sites of a run, or else a list of samples."""
    from jezero_sites.io.guard import read_table

    try:
        frame = read_table(path, layer="sites")
    except InputError:
        return samples_facts(path)
    crs = frame.crs.name if frame.crs is not None else "none"
    facts = {"what": "sites of a run (GeoPackage, layer sites)", "rows": str(len(frame)), "crs": crs}
    if {"lon_deg", "lat_deg"} <= set(frame.columns) and len(frame):
        facts |= _lonlat(frame["lon_deg"].to_numpy(float), frame["lat_deg"].to_numpy(float))
    facts |= {"columns": ", ".join(c for c in frame.columns if c != "geometry")}
    return FileFacts(str(path), facts | {"size": size_in_words(path.stat().st_size)})


def settings_facts(path: Path) -> FileFacts:
    """Return the facts of a settings file: which lander, what it can bear, what is unverified."""
    try:
        settings = read_settings(path)
    except InputError as refusal:
        return _refused(path, "settings that cannot be used as they are", refusal)
    facts = {
        "what": "settings",
        "profile": settings.profile.name,
        "summary": settings.profile.summary or "none",
        **{f"limit_on_{limit.layer}": _limit(limit) for limit in settings.limits},
        "lander": f"footprint of {settings.lander.footprint_radius_m:g} m radius, {_legs(settings)}",
        "landing_ellipse": f"{settings.dispersion.meaning}, semi-axes {settings.dispersion.major_m:g} x "
        f"{settings.dispersion.minor_m:g} m",
        "dem_error": f"{settings.dem_error.sigma_m:g} m (1 sigma), {settings.dem_error.model}",
        "rocks": _rocks(settings),
        "unverified": ", ".join(_unverified(settings)) or "nothing",
    }
    return FileFacts(str(path), facts)


def run_facts(path: Path, *, full: bool) -> FileFacts:
    """Return the facts of a run directory; with ``full`` every file's checksum is compared.

    Raises
    ------
    InputError
        ``E_NOT_A_RUN`` where the directory holds no run.
    """
    from jezero_sites.pipeline.run_files.record import RUN, read_record

    record = read_record(path)
    kind = record.get("kind", RUN)
    what = "run of assess" if "sites" in record else "run of layers" if kind == RUN else kind
    facts = {
        "what": f"{what}, written by jezero_sites {record.get('version', 'of unknown version')}",
        "profile": _profile(record),
        "inputs": ", ".join(_input(entry) for entry in record["inputs"]) or "none",
        "layers": ", ".join(record["layers"]) or "none",
        "files": str(len(record["outputs"])),
    }
    if "sites" in record:
        facts |= {"sites": str(record["sites"]), "samples": str(len(record["samples"]))}
    damage = _damage(path, record, full=full)
    notices = [Notice(e["code"], e["found"], e.get("fix", ""), e.get("file")) for e in record["notices"]]
    facts["checked"] = "every file by its checksum" if full else "that every file is there"
    return FileFacts(str(path), facts, {}, in_order((*damage, *notices)))


def _damage(path: Path, record: dict[str, Any], *, full: bool) -> list[InputError]:
    from jezero_sites.io.hashing import sha256_of

    damage = []
    for name, digest in sorted(record["outputs"].items()):
        file = path / name
        if not file.is_file() or not file.resolve().is_relative_to(path.resolve()):
            damage.append(
                InputError(
                    "E_NOT_A_RUN", found=f"{name} is missing", fix="assess again", file=str(path), field=name
                )
            )
        elif full and name not in ("map.html", "report.html") and sha256_of(file) != digest:
            found = f"{name} is not the file that the run wrote"
            damage.append(
                InputError("E_CHANGED", found=found, fix="assess again", file=str(path), field=name)
            )
    return damage


def _refused(path: Path, what: str, refusal: InputError) -> FileFacts:
    facts = {"what": what, "size": size_in_words(path.stat().st_size)}
    return FileFacts(str(path), facts, {}, in_order((refusal,)), refusal)


def _lonlat(lon: Any, lat: Any) -> dict[str, str]:
    if not lon.size:
        return {"longitude_east": "none", "latitude": "none"}
    return {
        "longitude_east": f"{lon.min():.5f} to {lon.max():.5f} deg",
        "latitude": f"{lat.min():.5f} to {lat.max():.5f} deg, read as planetocentric",
    }


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(name[:40] for name in names[:5]) + more


def _is_filled(column: Any) -> bool:
    return any(str(value) not in ("", "nan", "None", "<NA>") for value in column)


def _limit(limit: Any) -> str:
    bound = "at most" if limit.kind == "max" else "at least"
    over = f" over {limit.baseline_m:g} m" if limit.baseline_m is not None else ""
    return f"{bound} {limit.value:g} {limit.unit}{over} ({limit.source})"


def _legs(settings: Settings) -> str:
    legs = settings.lander.legs
    return f"{legs} legs: its stance is measured" if legs else "no legs given: its stance is not measured"


def _rocks(settings: Settings) -> str:
    limit = f"limit {settings.rocks.limit_m:g} m ({settings.rocks.reading})"
    k = settings.rocks.abundance_fraction
    return f"{limit}, {'not assessed: no abundance is set' if k is None else f'{k:g} of the ground covered'}"


def _unverified(settings: Settings) -> list[str]:
    told = {"lander": settings.lander.verified, "rocks": settings.rocks.verified}
    told |= {f"limit on {limit.layer}": limit.verified for limit in settings.limits}
    return [name for name, verified in told.items() if not verified]


def _profile(record: dict[str, Any]) -> str:
    settings = record.get("settings")
    profile = settings.get("profile") if isinstance(settings, dict) else None
    return str(profile.get("name", "unnamed")) if isinstance(profile, dict) else "unknown"


def _input(entry: Any) -> str:
    if not isinstance(entry, dict):
        return "unknown"
    return f"{Path(str(entry.get('path', '?'))).name} ({entry.get('role', '?')})"
