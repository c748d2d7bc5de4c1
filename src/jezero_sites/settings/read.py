"""Settings from TOML and back; unknown keys are errors that name the nearest known one."""

from __future__ import annotations

import dataclasses
import math
import re
import reprlib
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from jezero_sites.errors import InputError, SettingsError
from jezero_sites.settings import tables as t
from jezero_sites.settings.aiming import Dispersion, Divert
from jezero_sites.settings.checks import wrong
from jezero_sites.settings.limit import LIMITED_LAYERS, SLOPE_NAME, Limit
from jezero_sites.settings.profiles import DEFAULT_PROFILE, did_you_mean, extended, profile_text
from jezero_sites.settings.quoted import quoted_dispersion, quoted_height_error

_TABLES = {
    "profile": t.Profile,
    "lander": t.Lander,
    "rocks": t.Rocks,
    "dem_error": t.DemError,
    "dispersion": Dispersion,
    "search": t.Search,
}
_QUOTED = {"dem_error": quoted_height_error, "dispersion": quoted_dispersion}
T = TypeVar("T")
_SHORT = reprlib.Repr()
_SHORT.maxstring = 80
_PLACE = re.compile(r"\(at ([^()]+)\)$")


def load_profile(name: str = DEFAULT_PROFILE) -> t.Settings:
    """Return the settings of a built-in profile.

    Raises
    ------
    SettingsError
        ``E_PROFILE`` where there is no profile of that name.

    Examples
    --------
    >>> load_profile("msr-srl-illustrative").limit("slope_deg").value
    8.0
    """
    return parse_settings(profile_text(name), file=f"profile {name}")


def read_settings(path: str | Path) -> t.Settings:
    """Return the settings in a TOML file of the user's own.

    A table ``[profile]`` with ``extends = "NAME"`` starts from a built-in profile and changes what
    the file names; a number changed without a ``source`` is marked as the user's.

    Raises
    ------
    SettingsError
        ``E_TOML``, ``E_SETTINGS_KEY``, ``E_SETTINGS_MISSING`` or ``E_SETTINGS_VALUE``.
    InputError
        ``E_NOT_FOUND`` or ``E_ENCODING`` where the file cannot be read.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        fix = "save it as UTF-8"
        found, place = "the file is not UTF-8 text", f"byte {error.start}"
        raise InputError("E_ENCODING", found=found, fix=fix, file=str(path), field=place) from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or f"cannot be read: {error}"
        needed, fix = "a TOML settings file", "check the path"
        raise InputError(
            "E_NOT_FOUND", found=why, needed=needed, fix=fix, file=str(path), field="path"
        ) from error
    return parse_settings(text, file=str(path))


def parse_settings(text: str, *, file: str = "settings") -> t.Settings:
    """Return the settings that a TOML text describes."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        place, fix = _PLACE.search(str(error)), "mend it there; jezero-sites profiles NAME prints a good one"
        field = place[1] if place else "file"
        raise SettingsError(
            "E_TOML", found=str(error), needed="valid TOML", fix=fix, file=file, field=field
        ) from error
    try:
        return _settings(extended(data))
    except SettingsError as error:
        error.file = file
        raise


def settings_toml(settings: t.Settings) -> str:
    """Return settings as TOML that :func:`parse_settings` reads back to the same settings."""
    import tomli_w

    return tomli_w.dumps(settings_dict(settings))


def settings_dict(settings: t.Settings) -> dict[str, Any]:
    """Return settings as the nested tables of their TOML file."""
    data: dict[str, Any] = {name: _plain(getattr(settings, name)) for name in _TABLES}
    limits: dict[str, Any] = {"marginal_fraction": settings.marginal_fraction}
    for limit in settings.limits:
        table = _plain(limit)
        limits[table.pop("layer")] = table
    values = {name: _plain(value) for name, value in settings.values.items()}
    for table in values.values():
        table["from"] = table.pop("column")
    if settings.divert is not None:
        data["divert"] = _plain(settings.divert)
    return {**data, "limits": limits, "weights": dict(settings.weights), "value": values}


def _plain(table: Any) -> dict[str, Any]:
    pairs = dataclasses.asdict(table).items()
    return {k: list(v) if isinstance(v, tuple) else v for k, v in pairs if v is not None and v != ()}


def _settings(data: dict[str, Any]) -> t.Settings:
    _check_keys(data, (*_TABLES, "divert", "limits", "weights", "value"), where="")
    data = {**data, **{name: turn(data.get(name)) for name, turn in _QUOTED.items()}}
    made: dict[str, Any] = {name: _table(kind, data.get(name), name) for name, kind in _TABLES.items()}
    if "divert" in data:
        made["divert"] = _table(Divert, data["divert"], "divert")
    limits = dict(_dict(data.get("limits"), "limits"))
    marginal = _number(limits.pop("marginal_fraction", None), "limits.marginal_fraction")
    weights = {k: _number(v, f"weights.{k}") for k, v in _dict(data.get("weights"), "weights").items()}
    return t.Settings(
        **made,
        limits=tuple(_limit(layer, table) for layer, table in limits.items()),
        marginal_fraction=marginal,
        weights=weights,
        values={name: _value(name, v) for name, v in _dict(data.get("value"), "value").items()},
    )


def _limit(layer: str, table: Any) -> Limit:
    if layer not in LIMITED_LAYERS and not SLOPE_NAME.fullmatch(layer):
        names = (*LIMITED_LAYERS, "marginal_fraction")
        raise _unknown_key("limits", layer, names, "slope_20m_deg and the like for further baselines")
    where = f"limits.{layer}"
    data = _dict(table, where)
    _check_keys(data, [f.name for f in dataclasses.fields(Limit) if f.name != "layer"], where=where)
    return _table(Limit, {**data, "layer": layer}, where)


def _value(name: str, table: Any) -> t.ValueFunction:
    where = f"value.{name}"
    data = dict(_dict(table, where))
    _check_keys(data, ("from", "x", "y", "source"), where=where)
    column = _of(str, data.pop("from", None), f"{where}.from", "the name of a column of the site table")
    return _table(t.ValueFunction, {**data, "column": column}, where)


def _table(kind: type[T], data: Any, where: str) -> T:
    table = _dict(data, where)
    fields = {f.name: f for f in dataclasses.fields(kind)}  # type: ignore[arg-type]
    _check_keys(table, fields, where=where)
    hints = get_type_hints(kind)
    missing = [n for n, f in fields.items() if n not in table and f.default is dataclasses.MISSING]
    if missing:
        found = f"[{where}] has no {', '.join(missing)}"
        needed, fix = "a value for each", "add what is missing"
        raise SettingsError("E_SETTINGS_MISSING", found=found, needed=needed, fix=fix, field=where)
    if "source" in table and not _of(str, table["source"], f"{where}.source", "text in quotes").strip():
        raise wrong(f"{where}.source", "empty", "where the numbers are from, or that they are a guess")
    return kind(**{name: _typed(value, hints[name], f"{where}.{name}") for name, value in table.items()})


def _typed(value: Any, hint: Any, where: str) -> Any:
    text = str(hint)
    if "tuple" in text:
        if not isinstance(value, list):
            raise wrong(where, _shown(value), "a list of numbers")
        return tuple(_number(v, where) for v in value)
    if hint is bool:
        return _of(bool, value, where, "true or false")
    if hint in (int, int | None):
        if isinstance(value, bool) or not isinstance(value, int) or abs(value) >= 2**63:
            raise wrong(where, _shown(value), "a whole number")
        return value
    if "float" in text:
        return _number(value, where)
    return _of(str, value, where, "text in quotes")


def _of(kind: type[T], value: Any, where: str, needed: str) -> T:
    if not isinstance(value, kind):
        raise wrong(where, _shown(value), needed)
    return value


def _number(value: Any, where: str) -> float:
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    try:
        number = float(value) if is_number else math.nan
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise wrong(where, _shown(value), "a finite number" if is_number else "a number")
    return number


def _shown(value: Any) -> str:
    try:
        return "missing" if value is None else _SHORT.repr(value)
    except ValueError:  # Python refuses to print whole numbers of thousands of digits
        return "too long to show"


def _dict(value: Any, where: str) -> dict[str, Any]:
    if value is None:
        fix = f'add it, or start from a built-in profile: [profile] extends = "{DEFAULT_PROFILE}"'
        raise SettingsError("E_SETTINGS_MISSING", found=f"no table [{where}]", fix=fix, field=where)
    return _of(dict, value, where, "a table")


def _check_keys(table: Mapping[str, Any], known: Iterable[str], *, where: str) -> None:
    known = tuple(known)
    for key in table:
        if key not in known:
            raise _unknown_key(where, key, known)


def _unknown_key(where: str, key: str, known: Iterable[str], more: str = "") -> SettingsError:
    place = f"[{where}]: " if where else ""
    names = [*known, *([more] if more else [])]
    found = f"{place}unknown key {key!r}{did_you_mean(key, known)}"
    needed, fix = f"one of {', '.join(names)}", "correct the name, or take the key out"
    return SettingsError("E_SETTINGS_KEY", found=found, needed=needed, fix=fix, field=where or key)
