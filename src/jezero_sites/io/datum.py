"""What heights are above: the vertical datum as files state it, and which statements are at odds.

Heights above the areoid and above a sphere of the planet differ by more than a kilometre, and nothing in
the numbers tells them apart; so a datum is what a file or the user states, else it is ``unstated``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jezero_sites.errors import InputError, Notice
from jezero_sites.mars import MARS_RADIUS_M, RADIUS_TOLERANCE_FRACTION

UNSTATED = "unstated"

_TAGS = ("VERTICAL_DATUM", "GEOID", "VERTICAL")
_NOTHING = ("", UNSTATED, "unknown", "none", "n/a", "unspecified")
_WORDS = {
    "radius": ("radius", "radii"),
    "sphere": ("sphere",),
    "ellipsoid": ("ellipsoid", "spheroid"),
    "areoid": ("areoid", "geoid"),
}
_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def chosen_datum(
    tags: Mapping[str, str], crs_datum: str, told: str | None, *, name: str
) -> tuple[str, list[Notice]]:
    """Return what the heights of a file are above, and what is to be said of it.

    Parameters
    ----------
    tags : mapping of str to str
    crs_datum : str
        Name of the vertical part of the file's CRS; empty where it has none.
    told : str or None
        What the user says, for a file that states nothing or contradicts itself.
    name : str
        The file's, as messages show it.

    Raises
    ------
    InputError
        ``E_DATUM`` where the file states two datums and the user none.
    """
    stated = [text for text in (*(tags.get(tag, "") for tag in _TAGS), crs_datum) if is_stated(text)]
    other = next((text for text in stated[1:] if _exclude(stated[0], text)), None)
    if other is None:
        datum = stated[0] if stated else told or UNSTATED
        return datum, _notices(datum, name, assumed=told)
    found = f"the file states heights above '{stated[0]}' and above '{other}'"
    fix = "--vertical-datum TEXT, or gdal_edit.py -mo VERTICAL_DATUM=... and remove the other"
    if not is_stated(told or ""):
        raise InputError(
            "E_DATUM", found=found, needed="one datum", fix=fix, file=name, field="vertical datum"
        )
    return str(told), [Notice("W_DATUM", f"{found}; '{told}' was used as told", fix, name)]


def _exclude(one: str, other: str) -> bool:
    """Tell whether two texts name two datums that are known here; other words may be of anything."""
    kinds = {datum_kind(one), datum_kind(other)}
    return kinds <= set(_WORDS) and at_odds(one, other)


def is_stated(datum: str) -> bool:
    """Tell whether a text states a datum at all."""
    return datum.strip().lower() not in _NOTHING


def datum_kind(datum: str) -> str:
    """Return ``areoid``, ``sphere``, ``ellipsoid`` or ``radius``; else the text itself in lower case.

    Examples
    --------
    >>> datum_kind("MOLA areoid"), datum_kind("mola"), datum_kind("Sphere of 3396190 m")
    ('areoid', 'areoid', 'sphere')
    """
    text = datum.strip().lower()
    kinds = [kind for kind, words in _WORDS.items() if any(re.search(rf"\b{w}", text) for w in words)]
    if len(kinds) == 1:
        return kinds[0]
    return "areoid" if not kinds and re.search(r"\bmola\b", text) else text


def at_odds(one: str, other: str) -> bool:
    """Tell whether two statements cannot be of one datum; what is unstated is at odds with nothing.

    Examples
    --------
    >>> at_odds("mola", "MOLA areoid"), at_odds("mola", "sphere"), at_odds("mola", "unstated")
    (False, True, False)
    """
    if not (is_stated(one) and is_stated(other)):
        return False
    if datum_kind(one) != datum_kind(other):
        return True
    radii = _radius_m(one), _radius_m(other)
    return None not in radii and radii[0] != radii[1]


def _radius_m(datum: str) -> float | None:
    """Return the radius of Mars that a datum names, in metres, also where it is given in kilometres."""
    for found in _NUMBER.findall(datum.replace(",", "")):
        value = float(found) * (1000.0 if float(found) < 10_000 else 1.0)
        if abs(value - MARS_RADIUS_M) <= RADIUS_TOLERANCE_FRACTION * MARS_RADIUS_M:
            return value
    return None


def joint_datum(datums: Sequence[str]) -> str:
    """Return the datum of rasters together: what all state, in the words of the first or as their kind."""
    if not all(is_stated(d) for d in datums):
        return UNSTATED
    first = datums[0]
    return first if all(d.lower() == first.lower() for d in datums) else datum_kind(first)


def _notices(datum: str, name: str, *, assumed: str | None = None) -> list[Notice]:
    """Return what is to be said of a file's datum, where the user may have told one."""
    if not is_stated(datum):
        found = (
            "vertical datum unstated: heights above the areoid and above a sphere differ by more than 1 km"
        )
        fix = "--vertical-datum TEXT, or gdal_edit.py -mo VERTICAL_DATUM='MOLA areoid' FILE"
        return [Notice("W_DATUM", found, fix=fix, file=name)]
    if assumed is not None and datum != assumed and at_odds(datum, assumed):
        found = (
            f"the file states its heights are above '{datum}', which was kept; --vertical-datum was not used"
        )
        return [Notice("W_DATUM", found, fix="gdal_edit.py -mo VERTICAL_DATUM=... FILE", file=name)]
    return []
