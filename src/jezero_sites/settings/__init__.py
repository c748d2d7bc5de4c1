"""Settings of a run: lander, limits, errors, dispersion, search and weights, from one TOML file."""

from jezero_sites.settings.aiming import Dispersion, Divert
from jezero_sites.settings.limit import SLOPE_NAME, Limit
from jezero_sites.settings.profiles import DEFAULT_PROFILE, profile_names, profile_text
from jezero_sites.settings.read import (
    load_profile,
    parse_settings,
    read_settings,
    settings_dict,
    settings_toml,
)
from jezero_sites.settings.standing import cited, standing
from jezero_sites.settings.tables import (
    DEFAULT_BASELINE_M,
    DemError,
    Lander,
    Profile,
    Rocks,
    Search,
    Settings,
    ValueFunction,
)

__all__ = [
    "DEFAULT_BASELINE_M",
    "DEFAULT_PROFILE",
    "SLOPE_NAME",
    "DemError",
    "Dispersion",
    "Divert",
    "Lander",
    "Limit",
    "Profile",
    "Rocks",
    "Search",
    "Settings",
    "ValueFunction",
    "cited",
    "load_profile",
    "parse_settings",
    "profile_names",
    "profile_text",
    "read_settings",
    "settings_dict",
    "settings_toml",
    "standing",
]
