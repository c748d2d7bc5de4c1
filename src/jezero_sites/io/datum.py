"""What heights are above: the vertical datum as files state it, and which statements are at odds.

Heights above the areoid and above a sphere of the planet differ by more than a kilometre, and nothing in
the numbers tells them apart; so a datum is what a file or the user states, else it is ``unstated``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from jezero_sites.errors import Notice

UNSTATED = "unstated"

_TAGS = ("VERTICAL_DATUM", "GEOID", "VERTICAL")
_NOTHING = ("", UNSTATED, "unknown", "none", "n/a", "unspecified")
_WORDS = {
    "radius": ("radius", "radii"),
    "sphere": ("sphere",),
    "ellipsoid": ("ellipsoid", "spheroid"),
    "areoid": ("areoid", "geoid"),
}
_RADIUS = re.compile(r"\d{4,}(?:\.\d+)?")


def stated_datum(tags: Mapping[str, str]) -> str:
    """Return the datum that tags state; empty where they state none.

    Examples
    --------
    >>> stated_datum({"GEOID": "mola"})
    'mola'
    """
    return next((tags[name] for name in _TAGS if is_stated(tags.get(name, ""))), "")


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
    """Return the radius that a datum names, in metres, also where it is given in kilometres."""
    found = _RADIUS.search(datum)
    if found is None:
        return None
    value = float(found[0])
    return value * 1000 if value < 10_000 else value


def joint_datum(datums: Sequence[str]) -> str:
    """Return the datum of rasters together: what all state, in the words of the first or as their kind."""
    if not all(is_stated(d) for d in datums):
        return UNSTATED
    first = datums[0]
    return first if all(d.lower() == first.lower() for d in datums) else datum_kind(first)


def datum_notices(datum: str, name: str, *, assumed: str | None = None) -> list[Notice]:
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
