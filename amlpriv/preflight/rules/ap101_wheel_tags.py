"""pip refuses a wheel whose tags (PEP 425, 600) do not fit: "is not a supported wheel on this platform".

The tags say for which Python, ABI and platform it was built; which of them is wrong decides what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject
from amlpriv.target import Target
from amlpriv.wheels.wheel import Wheel

__all__ = ["CODE", "NAME", "find"]

CODE = "AP101"
NAME = "wheel does not run on the target"

_IN_CONTAINER = "Build it for the target in a Linux container: `--build-in docker` (or podman, buildah)."
_NEWEST_GLIBC = 99
_SHOWN = 4


def find(subject: Subject) -> Iterator[Finding]:
    """Each wheel that the target does not accept, with the reason."""
    for packaged in subject.wheels:
        wheel = packaged.wheel
        if subject.target.accepts(wheel.tags):
            continue
        cause, fix = _cause(wheel, subject.target)
        message = f"{wheel.filename} has the tags {_tags(wheel)} and does not run on {subject.target}: {cause}."
        if packaged.built:
            fix = f"{_IN_CONTAINER} Or: {fix[0].lower()}{fix[1:]}"
        yield packaged.place.finding(CODE, Severity.ERROR, wheel.filename, message, fix=fix)


def _tags(wheel: Wheel) -> str:
    tags = sorted(map(str, wheel.tags))
    return ", ".join(tags[:_SHOWN]) + (f" and {len(tags) - _SHOWN} more" if len(tags) > _SHOWN else "")


def _cause(wheel: Wheel, target: Target) -> tuple[str, str]:
    """The cause and what to do about it, what weighs most first: system, processor, glibc, Python."""
    platforms = {tag.platform for tag in wheel.tags}
    systems = {_system(platform) for platform in platforms}
    if systems.isdisjoint({"any", "linux"}):
        cause = f"it was built for {' and '.join(sorted(systems))}"
        return cause, "Build it on Linux, for example with cibuildwheel."
    if not any(platform == "any" or platform.endswith(f"_{target.arch}") for platform in platforms):
        cause = f"it was built for another processor than {target.arch}"
        return cause, f"Build it for {target.arch}, for example with cibuildwheel and CIBW_ARCHS={target.arch}."
    if replace(target, glibc=(target.glibc[0], _NEWEST_GLIBC)).accepts(wheel.tags):
        cause = f"it needs a newer glibc than the image's {target.glibc[0]}.{target.glibc[1]}"
        return cause, "Use an image with a newer Ubuntu, or build the wheel in an older manylinux container."
    pythons = ", ".join(sorted({tag.interpreter for tag in wheel.tags}))
    cause = f"it was built for another Python ({pythons})"
    return cause, f"Build it with Python {target.python_text}, or change `python=` to the one that it was built for."


def _system(platform: str) -> str:
    if platform == "any":
        return "any"
    for prefix, system in (("win", "Windows"), ("macosx", "macOS"), ("musllinux", "Alpine (musl)"), ("ios", "iOS")):
        if platform.startswith(prefix):
            return system
    return "linux" if "linux" in platform else platform
