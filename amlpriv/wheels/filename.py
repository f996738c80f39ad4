"""The file name of a wheel (PEP 427): ``name-version(-build)-python-abi-platform.whl``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from packaging.tags import Tag
from packaging.utils import NormalizedName, parse_wheel_filename
from packaging.version import Version

from amlpriv.wheels.errors import InvalidWheelName

__all__ = ["WheelName", "parse_filename"]

# Checked here and not left to packaging, whose versions differ in what they let through: a trailing newline,
# letters of other alphabets, empty tag parts, an empty name.
_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._]*[A-Za-z0-9])?")
_BUILD = re.compile(r"[0-9][A-Za-z0-9._]*")
_PYTHON_TAG = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")
_TAG = re.compile(r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*")

_SDIST = re.compile(r"\.(?:tar\.(?:gz|bz2|xz|z)|tgz|zip)", re.IGNORECASE)
_COPY = re.compile(r"(?:\s*\(\d+\)|\s+-\s+Copy(?:\s*\(\d+\))?|\s+copy(?:\s+\d+)?)(?=\.whl$)")


@dataclass(frozen=True, slots=True)
class WheelName:
    """What a wheel's file name says."""

    name: NormalizedName
    """Normalised by PEP 503."""
    version: Version
    build: tuple[()] | tuple[int, str]
    tags: frozenset[Tag]


def parse_filename(filename: str) -> WheelName:
    """The parts of ``filename`` (no folder before it). Raises InvalidWheelName."""
    stem = _stem(filename)
    if copied := _COPY.search(filename):
        raise InvalidWheelName(
            filename,
            f"is a second copy: {copied[0].strip()!r} was added by a browser or a file manager.",
            hint=f"Rename it to {_COPY.sub('', filename)!r}.",
        )
    if "%" in stem and unquote(filename) != filename:
        raise InvalidWheelName(
            filename, "holds percent-encoded characters of a URL.", hint=f"Rename it to {unquote(filename)!r}."
        )
    _check_parts(filename, stem.split("-"))
    try:
        name, version, build, tags = parse_wheel_filename(filename)
    except ValueError as error:  # InvalidWheelFilename is one; an endless number is another
        raise InvalidWheelName(filename, _reason(stem.split("-")[1])) from error
    return WheelName(name, version, build, tags)


def _stem(filename: str) -> str:
    if filename.endswith(".whl"):
        return filename[: -len(".whl")]
    if filename.lower().endswith(".whl"):
        renamed = f"{filename[: -len('.whl')]}.whl"
        raise InvalidWheelName(filename, "must end in '.whl', in lower case.", hint=f"Rename it to {renamed!r}.")
    if _SDIST.search(filename, max(0, len(filename) - 8)):
        raise InvalidWheelName(
            filename,
            "is a source archive, not a wheel: the image would have to build it.",
            hint="Build a wheel from it with `uv build --wheel`, and give that.",
        )
    raise InvalidWheelName(filename, "is not a wheel: the name does not end in '.whl'.")


def _check_parts(filename: str, parts: list[str]) -> None:
    if len(parts) not in (5, 6):
        few = "too few" if len(parts) < 5 else "too many"
        raise InvalidWheelName(
            filename,
            f"has {few} parts ({len(parts)}): a wheel is called name-version-python-abi-platform.whl, "
            "for instance my_package-1.0-py3-none-any.whl.",
        )
    checks = [("name", _NAME, parts[0]), ("python tag", _PYTHON_TAG, parts[-3])]
    checks += [("abi tag", _TAG, parts[-2]), ("platform tag", _TAG, parts[-1])]
    if len(parts) == 6:
        checks.insert(1, ("build number", _BUILD, parts[2]))
    for what, pattern, text in checks:
        if pattern.fullmatch(text) is None:
            raise InvalidWheelName(filename, f"has {text!r} where its {what} should be.")
    if "__" in parts[0]:
        raise InvalidWheelName(filename, f"has two underscores in its name {parts[0]!r} (PEP 427 allows one).")
    if not parts[1].isascii() or parts[1] != parts[1].strip():
        raise InvalidWheelName(filename, _reason(parts[1]))


def _reason(version: str) -> str:
    return f"has the version {version!r}, which is not a version by PEP 440."
