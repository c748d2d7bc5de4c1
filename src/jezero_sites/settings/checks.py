"""How a value of a settings file is refused: where it stands, what it is, what is needed."""

from __future__ import annotations

import math

from jezero_sites.errors import SettingsError


def wrong(where: str, found: str, needed: str) -> SettingsError:
    """Return the error for a value that cannot be used."""
    return SettingsError(
        "E_SETTINGS_VALUE", found=f"{where} is {found}", needed=needed, fix="correct that value", field=where
    )


def need(condition: bool, where: str, found: object, needed: str) -> None:
    """Refuse a value that does not meet a condition."""
    if not condition:
        raise wrong(where, repr(found), needed)


def need_positive(where: str, length: float) -> None:
    """Refuse a number that is not finite and above 0."""
    need(0 < length < math.inf, where, length, "more than 0")
