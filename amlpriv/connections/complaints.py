"""Complaints: what is wrong with an address, a name or a token. Callers give them a place and a finding's number."""

from __future__ import annotations

from dataclasses import dataclass

from amlpriv.findings import Severity

__all__ = ["Complaint", "error", "note", "warning"]


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong or worth knowing; never holds a secret."""

    code: str
    """Permanent, words with hyphens."""
    severity: Severity
    message: str
    """What is the case, as one sentence."""
    fix: str
    """What to do about it."""

    def __str__(self) -> str:
        return f"{self.message} {self.fix}".rstrip()


def error(code: str, message: str, fix: str) -> Complaint:
    """A complaint about what cannot work, or leaks a secret."""
    return Complaint(code, Severity.ERROR, message, fix)


def warning(code: str, message: str, fix: str) -> Complaint:
    """A complaint about what may fail."""
    return Complaint(code, Severity.WARNING, message, fix)


def note(code: str, message: str, fix: str) -> Complaint:
    """Something worth knowing."""
    return Complaint(code, Severity.NOTE, message, fix)
