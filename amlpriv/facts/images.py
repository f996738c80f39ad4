"""Base images: what runs inside them, and which ones Azure ML has retired (``images.toml``)."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Any

from amlpriv.target import Target, parse_glibc, parse_python

__all__ = [
    "DEFAULT_IMAGE",
    "ImageFact",
    "ImageTarget",
    "SystemFact",
    "images",
    "look_up",
    "systems",
    "target_for",
    "without_tag",
]

DEFAULT_IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"
"""What a conda file without an image gets: the newest CPU image that Microsoft lists as supported."""

CONSERVATIVE_GLIBC = (2, 31)
"""Assumed of an image that nothing is known about: Ubuntu 20.04's, so that what passes also runs on anything newer."""

_REGISTRY = "mcr.microsoft.com/"
_UBUNTU = re.compile(r"ubuntu[-_]?(\d{2})\.?(\d{2})(?!\d)|inference-base-(\d{2})(\d{2})$")
_OFFICIAL = ("python", "ubuntu", "debian")


@dataclass(frozen=True, slots=True)
class SystemFact:
    """A Linux distribution's release."""

    name: str
    """For instance ``ubuntu24.04``."""
    codename: str
    glibc: tuple[int, int]
    source: str
    read: date


@dataclass(frozen=True, slots=True)
class ImageFact:
    """What is known about a base image."""

    name: str
    """With its registry, without tag and digest."""
    os: str
    """A system's name, or ``unknown``."""
    glibc: tuple[int, int] | None
    """None where the system is unknown."""
    conda_python: tuple[int, int] | None
    """The Python of the image's own conda; an environment's conda file installs its own."""
    retired: bool
    """Microsoft publishes no new versions of it and flags it when an environment is registered."""
    replacement: str | None
    """The closest supported image, for a retired one. Our choice: Microsoft names none."""
    source: str
    read: date
    """When the source was read."""


@dataclass(frozen=True, slots=True)
class ImageTarget:
    """The target that an image and a Python make, and whether it had to be assumed."""

    target: Target
    known: bool
    """False: nothing is known about the image, and its glibc is the conservative 2.31."""


def _table() -> dict[str, Any]:
    # tomllib came with Python 3.11; tomli is the same parser for 3.10, so one name stands for both.
    toml = import_module("tomllib" if sys.version_info >= (3, 11) else "tomli")
    table: dict[str, Any] = toml.loads(files("amlpriv.facts").joinpath("images.toml").read_text(encoding="utf-8"))
    return table


@cache
def systems() -> Mapping[str, SystemFact]:
    """All known systems by name."""
    rows = (SystemFact(**{**row, "glibc": parse_glibc(row["glibc"])}) for row in _table()["systems"])
    return {system.name: system for system in rows}


@cache
def images() -> Mapping[str, ImageFact]:
    """All images of the table by name."""
    return {row["name"]: _image(row) for row in _table()["images"]}


def _image(row: Mapping[str, Any]) -> ImageFact:
    return ImageFact(
        name=row["name"],
        os=row["os"],
        glibc=None if row["os"] == "unknown" else systems()[row["os"]].glibc,
        conda_python=parse_python(row.get("conda_python", "")),
        retired=row["retired"],
        replacement=row.get("replacement"),
        source=row["source"],
        read=row["read"],
    )


def without_tag(image: str) -> tuple[str, str | None, str | None]:
    """An image reference as (name, tag, digest).

    For instance ``a.io:5000/b:1@sha256:c`` is (``a.io:5000/b``, ``1``, ``sha256:c``).
    """
    name, _, digest = image.strip().partition("@")
    head, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:  # the colon of a registry's port
        return name, None, digest or None
    return head, tag, digest or None


def look_up(image: str) -> ImageFact | None:
    """What is known about an image; None if nothing is.

    Tag and digest are ignored for Azure ML's images. An image of Microsoft's that is not in the table is known by the
    Ubuntu release in its name; Docker's official ``python``, ``ubuntu`` and ``debian`` images by that in their tag.
    """
    name, tag, _ = without_tag(image)
    name = name.lower()
    if fact := images().get(name):
        return fact
    if name.startswith(_REGISTRY):
        return _by_name(name)
    short = name.removeprefix("docker.io/").removeprefix("library/")
    return _official(short, (tag or "").lower()) if short in _OFFICIAL else None


def _by_name(name: str) -> ImageFact | None:
    match = _UBUNTU.search(name)
    if match is None:
        return None
    digits = [part for part in match.groups() if part]
    return _of_system(name, f"ubuntu{digits[0]}.{digits[1]}", "the Ubuntu release in its name")


def _official(name: str, tag: str) -> ImageFact | None:
    if "alpine" in tag or "windows" in tag:
        return None
    for system in systems().values():
        if system.codename in tag or f"{name}{tag.partition('-')[0]}" == system.name:
            return _of_system(name, system.name, "the release in its tag")
    if name != "python":
        return None
    # Without a codename the tag moves with Debian's releases (12, then 13): the older glibc is right for both.
    return _of_system(name, "debian12", "Docker's official image, tag without a Debian release")


def _of_system(name: str, os: str, why: str) -> ImageFact | None:
    system = systems().get(os)
    if system is None:
        return None
    return ImageFact(name, os, system.glibc, None, False, None, f"{why}; {system.source}", system.read)


def target_for(image: str | None, python: tuple[int, int] | None, *, arch: str = "x86_64") -> ImageTarget:
    """The target of an environment with this image and Python.

    No image means DEFAULT_IMAGE; no Python means that of ``Target()``. An image that nothing is known about counts as
    glibc 2.31, and the answer's ``known`` is False.
    """
    fact = look_up(DEFAULT_IMAGE if image is None else image)
    glibc = None if fact is None else fact.glibc
    target = Target(python=python or Target().python, glibc=glibc or CONSERVATIVE_GLIBC, arch=arch)
    return ImageTarget(target, known=glibc is not None)
