"""No channel, or Anaconda's own: the build uses packages under Anaconda's terms of service, or stops for them.

Without ``channels`` conda uses its configured ones, mostly ``defaults``: Azure ML calls that "Missing conda channels".
Since 2025-07 a build can end in "CondaToSNonInteractiveError: Terms of Service have not been accepted" for these.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject

__all__ = ["CODE", "NAME", "find"]

CODE = "AP205"
NAME = "no conda channel, or Anaconda's"

_ANACONDA = {"defaults", "main", "r", "msys2", "anaconda"}
_FIX = "Use `channels: [conda-forge, nodefaults]`."


def find(subject: Subject) -> Iterator[Finding]:
    """A conda specification without channels, and each channel of Anaconda's."""
    if subject.conda is None:
        return
    place = subject.conda_place("channels")
    channels = [channel for channel in subject.conda.channels if channel != "nodefaults"]
    if not channels:
        message = "The conda specification names no channel, so conda uses its configured ones, mostly `defaults`."
        yield place.finding(CODE, Severity.WARNING, "channels", message, fix=_FIX)
    for channel in filter(_is_anaconda, channels):
        shown = _shown(channel)
        message = f"The channel {shown} is under Anaconda's terms of service; a build can stop until they are accepted."
        yield place.finding(CODE, Severity.WARNING, shown, message, fix=_FIX)


def _is_anaconda(channel: str) -> bool:
    return channel.lower() in _ANACONDA or "/pkgs/" in channel.lower()


def _shown(channel: str) -> str:
    """The name, or the end of an address: what stands before it can hold a token."""
    return channel if "://" not in channel else f"...{channel[channel.lower().index('/pkgs/') :]}"
