"""What was learned of one file: facts by name, and findings with a code and a severity each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from jezero_sites.errors import InputError, JezeroError, Notice

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """One thing about a file that matters, and what to do about it.

    Attributes
    ----------
    code : str
        ``E_...`` or ``W_...``.
    severity : {"error", "warning", "note"}
        An error stops a run; a warning can be mended; a note only tells what was done.
    found, fix : str
    """

    code: str
    severity: Severity
    found: str
    fix: str = ""

    @classmethod
    def of(cls, told: Notice | JezeroError) -> Finding:
        """Return a notice or an error as a finding; a notice without a remedy is a note.

        >>> Finding.of(Notice("W_SCALED", "the file's scale 0.01 was applied")).severity
        'note'
        """
        if isinstance(told, JezeroError):
            found = "; ".join(part for part in (told.found, told.needed) if part)
            return cls(told.code, "error", found, told.fix)
        return cls(told.code, "warning" if told.fix else "note", told.found, told.fix)

    def as_dict(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return {"code": self.code, "severity": self.severity, "found": self.found, "fix": self.fix}


@dataclass(frozen=True)
class FileFacts:
    """What a file is, what a lander's limits make of it, and what was found.

    Attributes
    ----------
    file : str
    facts : mapping of str to str
        What it is, in words, by name; ``what`` first.
    lander : mapping of str to str
        For a DEM: what the chosen profile makes of it; empty for other files.
    findings : tuple of Finding
        Errors first, then warnings, then notes.
    refusal : InputError or None
        Why the file cannot be used; None where it can.
    """

    file: str
    facts: Mapping[str, str]
    lander: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    refusal: InputError | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for ``--json``."""
        whole: dict[str, Any] = {"file": self.file, **self.facts}
        if self.lander:
            whole["lander"] = dict(self.lander)
        whole["findings"] = [finding.as_dict() for finding in self.findings]
        if self.refusal is not None:
            whole["error"] = self.refusal.as_dict()
        return whole


def in_order(told: Iterable[Notice | JezeroError]) -> tuple[Finding, ...]:
    """Return findings of notices and errors, the gravest first; what is told twice is told once."""
    ranks = ("error", "warning", "note")
    findings = dict.fromkeys(Finding.of(one) for one in told)
    return tuple(sorted(findings, key=lambda finding: ranks.index(finding.severity)))


def size_in_words(size_bytes: int) -> str:
    """Return a size of a file for people.

    >>> size_in_words(171526), size_in_words(999), size_in_words(3 << 30)
    ('168 KiB', '999 bytes', '3.0 GiB')
    """
    if size_bytes < 1024:
        return f"{size_bytes} bytes"
    for unit, power in (("KiB", 10), ("MiB", 20)):
        if size_bytes < 1 << (power + 10):
            return (
                f"{size_bytes / (1 << power):.3g} {unit}"
                if size_bytes >> power < 1000
                else f"{size_bytes >> power} {unit}"
            )
    return f"{size_bytes / (1 << 30):.1f} GiB"
