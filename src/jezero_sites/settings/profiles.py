"""The built-in profiles as TOML text, and files of the user's own that extend one."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib import resources
from typing import Any

from jezero_sites.errors import SettingsError
from jezero_sites.settings.checks import wrong
from jezero_sites.settings.quoted import QUOTED_DISPERSION, QUOTED_HEIGHT_ERROR

DEFAULT_PROFILE = "msr-srl-illustrative"

_OTHER_WORDS = (
    ("dispersion", ("n_sigma",), ("percent",)),
    ("dispersion", ("percent",), ("n_sigma",)),
    ("dispersion", QUOTED_DISPERSION, ("major_m", "minor_m", "percent", "n_sigma")),
    ("dem_error", QUOTED_HEIGHT_ERROR, ("sigma_m",)),
    ("dem_error", ("model",), ("length_m", "lag_m", "correlation")),
)
"""Keys of a table with which a file says in other words what the profile says with the last ones."""


def profile_names() -> tuple[str, ...]:
    """Return the names of the built-in profiles, the default one first."""
    files = resources.files("jezero_sites").joinpath("profiles").iterdir()
    names = sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml"))
    return (DEFAULT_PROFILE, *(n for n in names if n != DEFAULT_PROFILE))


def profile_text(name: str) -> str:
    """Return a built-in profile as the commented TOML it is written in.

    Raises
    ------
    SettingsError
        ``E_PROFILE`` where there is no profile of that name.
    """
    names = profile_names()
    if name not in names:
        raise SettingsError(
            "E_PROFILE",
            found=f"unknown profile {name!r}{did_you_mean(name, names)}",
            needed=f"one of {', '.join(names)}",
            fix="jezero-sites profiles lists them; --config FILE takes your own",
            field="profile",
        )
    return resources.files("jezero_sites").joinpath("profiles").joinpath(f"{name}.toml").read_text("utf-8")


def extended(data: dict[str, Any]) -> dict[str, Any]:
    """Return the tables of a file, over those of the profile that its ``[profile] extends`` names.

    A table that changes a number without a ``source`` of its own loses the profile's: it would claim
    that the profile's source said the user's number.
    """
    profile = data.get("profile", {})
    if not isinstance(profile, dict) or "extends" not in profile:
        return data
    name = profile["extends"]
    if not isinstance(name, str):
        raise wrong("profile.extends", f"a {type(name).__name__}", "the name of a profile in quotes")
    base = tomllib.loads(profile_text(name))
    own = {**data, "profile": {k: v for k, v in profile.items() if k != "extends"}}
    for table, words, replaced in _OTHER_WORDS:
        told = own.get(table)
        if isinstance(told, dict) and any(word in told for word in words):
            base[table] = {k: v for k, v in base[table].items() if k not in replaced}
    return _merged(base, own)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return the end of a message that names the known word nearest to one; empty where none is near.

    >>> did_you_mean("slop_deg", ["slope_deg", "relief_m"])
    "; did you mean 'slope_deg'?"
    """
    known = list(known)
    near = [k for k in known if word and k.startswith(word)]
    near = near or get_close_matches(word, known, n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _merged(base: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = _merged(merged[key], value) if both else value
    if "source" in base and any(merged[key] != base.get(key) for key in own):
        merged["source"] = own.get("source", f"set by the user; the profile has: {base['source']}")
        if "verified" in base:
            merged["verified"] = own.get("verified", False)
    return merged
