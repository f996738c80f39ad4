"""Findings: what is wrong or risky with the user's input, each with a permanent code, a place and a fix."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from amlpriv.errors import FindingsError

__all__ = ["Finding", "Report", "Severity"]


class Severity(Enum):
    """How bad it is. Only an error stops a verb."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong or risky."""

    code: str
    """Permanent, ``AP`` and three digits."""
    severity: Severity
    subject: str
    """The thing it is about: a wheel's file name, a package, a key of the file."""
    message: str
    """What is the case, as one sentence, without secrets."""
    fix: str
    """What to do about it."""
    file: str | None = None
    line: int | None = None
    """Counted from 1."""
    column: int | None = None

    def __str__(self) -> str:
        where = ":".join(str(part) for part in (self.file, self.line) if part is not None)
        place = f"{where}: " if where else ""
        return f"{place}{self.severity.value} {self.code}: {self.message} {self.fix}".rstrip()

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "code": self.code,
            "severity": self.severity.value,
            "subject": self.subject,
            "file": self.file,
            "line": self.line,
            "message": self.message,
            "fix": self.fix,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """All findings of one look."""

    findings: tuple[Finding, ...] = ()

    @classmethod
    def of(cls, findings: Iterable[Finding]) -> Report:
        """A report in the order of file, line and code, each finding once."""
        unique = dict.fromkeys(findings)
        return cls(tuple(sorted(unique, key=lambda f: (f.file or "", f.line or 0, f.code, f.subject))))

    def __iter__(self) -> Iterator[Finding]:
        return iter(self.findings)

    def __len__(self) -> int:
        return len(self.findings)

    def __add__(self, other: Report) -> Report:
        return Report.of((*self.findings, *other.findings))

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that stop a verb."""
        return tuple(finding for finding in self.findings if finding.severity is Severity.ERROR)

    def raise_if_errors(self) -> None:
        """Raise FindingsError when there is at least one error."""
        if self.errors:
            raise FindingsError(self)
