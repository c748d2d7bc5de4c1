"""Text that may go through folium: nothing in it can act as a template, as HTML or as a script."""

from __future__ import annotations

LONGEST = 200
_ENTITIES = {c: f"&#{ord(c)};" for c in "&<>\"'{}`\\$"}


def safe_text(text: str) -> str:
    """Return text for a folium popup, tooltip or layer name, shown as it is and never run.

    folium renders text twice as a template and puts it into scripts; escaping for HTML alone does not
    stop it from running. Use this for every text that you hand to folium yourself.

    Parameters
    ----------
    text : str
        Any text; characters that cannot be shown are dropped and 200 are kept.

    Examples
    --------
    >>> safe_text("{{ 7 * 7 }}")
    '&#123;&#123; 7 * 7 &#125;&#125;'
    """
    shown = "".join(c for c in text if c.isprintable())[:LONGEST]
    return "".join(_ENTITIES.get(c, c) for c in shown)
