"""Wheel: everything that the rest of amlpriv asks about a wheel, read once."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.tags import Tag
from packaging.utils import NormalizedName
from packaging.version import Version

__all__ = ["Wheel"]


@dataclass(frozen=True, slots=True)
class Wheel:
    """A verified wheel."""

    filename: str
    name: NormalizedName
    """Normalised by PEP 503."""
    display_name: str
    """As METADATA spells it."""
    version: Version
    build: tuple[()] | tuple[int, str]
    """The build number of the file name, mostly ``()``."""
    tags: frozenset[Tag]
    """Of the file name, since installers go by that."""
    root_is_purelib: bool
    sha256: str
    """Of the file's bytes, hexadecimal: what pip compares with ``#sha256=``."""
    content_hash: str
    """Of what gets installed, hexadecimal: equal for two builds of the same source (``amlpriv.wheels.identity``)."""
    size: int
    """In bytes."""
    requires_python: SpecifierSet | None
    requires_dist: tuple[Requirement, ...]
    provides_extra: tuple[str, ...]
    """Normalised by PEP 685."""
    import_names: tuple[str, ...]
    """What can be imported once it is installed, dotted inside namespace packages, sorted."""
    tag_notes: tuple[str, ...] = ()
    """Where the tags in WHEEL differ from the file name; installers ignore it."""
    metadata_notes: tuple[str, ...] = ()
    """What is wrong in METADATA or WHEEL and ignored by installers."""
