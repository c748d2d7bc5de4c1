"""What a source is worth is said once, whatever its case, and never lost."""

from __future__ import annotations

import pytest

from jezero_sites.settings import cited, standing


@pytest.mark.parametrize(
    ("source", "verified", "worth"),
    [
        ("ILLUSTRATIVE guess", True, "illustrative, not a mission value"),
        ("Unverified guess", None, "unverified"),
        ("team memo 7", False, "unverified"),
        ("USGS guide", True, "verified"),
        ("a label", None, ""),
    ],
)
def test_standing_follows_source_and_flag(source, verified, worth):
    assert standing(source, verified) == worth
    assert cited(source, verified).casefold().count(worth.partition(",")[0] or "label") == 1
