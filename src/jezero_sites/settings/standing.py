"""What the source of a number is worth, in a word or three, wherever the number is shown."""

from __future__ import annotations

ILLUSTRATIVE = "illustrative, not a mission value"


def standing(source: str, verified: bool | None = None) -> str:
    """Return what a source is worth; empty where it does not say and nothing is declared.

    >>> standing("Illustrative guess"), standing("team memo 7", False), standing("USGS guide", True)
    ('illustrative, not a mission value', 'unverified', 'verified')
    """
    words = source.casefold()
    if "illustrative" in words:
        return ILLUSTRATIVE
    if verified is False or "unverified" in words:
        return "unverified"
    return "verified" if verified else ""


def cited(source: str, verified: bool | None = None) -> str:
    """Return a source with its standing, said once.

    >>> cited("team memo 7", False), cited("illustrative, not a mission value", False)
    ('team memo 7, unverified', 'illustrative, not a mission value')
    """
    worth = standing(source, verified)
    is_said = not worth or worth.partition(",")[0] in source.casefold()
    return source if is_said else f"{source}, {worth}"
