"""Every error raised on purpose, as a tree, each with a code; and the notices that go with a result.

An error is one line: ``error[E_CODE] FILE: what was found; what is needed; what to do``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar


class JezeroError(Exception):
    """A refusal with a code that scripts can rely on.

    Parameters
    ----------
    code : str
        Stable name, ``E_...``.
    found, needed, fix : str
        What was found, what is needed and what to do about it, each without a full stop.
    file : str, optional
        The file it is about, as the user named it.
    field : str, optional
        The part of the file: ``crs``, ``header``, ``line 4`` ...
    transient : bool
        Whether trying again may help.
    """

    exit_code: ClassVar[int] = 70

    def __init__(
        self,
        code: str,
        *,
        found: str,
        needed: str = "",
        fix: str = "",
        file: str | None = None,
        field: str | None = None,
        transient: bool = False,
    ) -> None:
        self.code = code
        self.found = found
        self.needed = needed
        self.fix = fix
        self.file = file
        self.field = field
        self.transient = transient
        super().__init__(str(self))

    def __str__(self) -> str:
        where = f" {self.file}" if self.file else ""
        what = "; ".join(part for part in (self.found, self.needed, self.fix) if part)
        return _one_line(f"error[{self.code}]{where}: {what}")

    def __reduce__(self) -> tuple[Any, ...]:
        return (_remake, (type(self), self.as_dict()))

    def as_dict(self) -> dict[str, Any]:
        """Return the error as plain data, for ``--json``."""
        names = ("code", "file", "field", "found", "needed", "fix", "transient")
        return {name: getattr(self, name) for name in names}


def _one_line(text: str) -> str:
    """Return text with a space for every character that would break the line or steer a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _remake(kind: type[JezeroError], data: dict[str, Any]) -> JezeroError:
    return kind(data.pop("code"), **data)


class InputError(JezeroError):
    """The user's file or option cannot be used as it is; exit code 2."""

    exit_code = 2


class SettingsError(InputError):
    """A profile or settings file is wrong; exit code 2."""


class ResolutionError(InputError):
    """A limit would rest on ground finer than the DEM can show; exit code 2."""


class RefusedInputs(InputError):
    """Several inputs of one run were refused; its text has one line for each."""

    def __init__(self, errors: tuple[JezeroError, ...]) -> None:
        self.errors = errors
        first = JezeroError.as_dict(errors[0])
        super().__init__(first.pop("code"), **first)

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)

    def __reduce__(self) -> tuple[Any, ...]:
        return (RefusedInputs, (self.errors,))

    def as_dict(self) -> dict[str, Any]:
        """Return the first error as plain data, with all of them under ``errors``."""
        return {**super().as_dict(), "errors": [error.as_dict() for error in self.errors]}


class DiskError(JezeroError):
    """Reading or writing failed below us: disk full, permission, broken device; exit code 74."""

    exit_code = 74


@dataclass(frozen=True)
class Notice:
    """Something the user should know that did not stop the run; ``code`` is ``W_...``."""

    code: str
    found: str
    fix: str = ""
    file: str | None = None

    def __str__(self) -> str:
        where = f" {self.file}" if self.file else ""
        what = "; ".join(part for part in (self.found, self.fix) if part)
        return _one_line(f"warning[{self.code}]{where}: {what}")

    def as_dict(self) -> dict[str, str | None]:
        """Return the notice as plain data, for ``run.json``."""
        return {"code": self.code, "file": self.file, "found": self.found, "fix": self.fix}
