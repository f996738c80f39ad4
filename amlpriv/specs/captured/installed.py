"""What an interpreter said about itself (``amlpriv.installed.script``), as values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from amlpriv.wheels.imports import import_names

__all__ = ["CondaPackage", "Distribution", "Installed", "read_installed"]


@dataclass(frozen=True, slots=True)
class Distribution:
    """An installed distribution (PEP 376, PEP 610, PEP 660)."""

    name: str
    """As its metadata has it."""
    version: str
    installer: str = ""
    """In lower case; ``system`` for the packages of the operating system."""
    requested: bool = False
    """Whether somebody named it in an install command. Only pip tells: uv marks everything."""
    requires: tuple[str, ...] = ()
    """Requires-Dist, with markers."""
    direct_url: Mapping[str, Any] | None = field(default=None, repr=False)
    """May hold a credential."""
    path: str | None = None
    """The path of a ``file:`` address."""
    path_kind: str | None = None
    """``folder``, ``file``, or None when it is gone."""
    project: str | None = None
    """The folder of an editable install's project."""
    lies_there: str | None = None
    """The normalised name of the project that its folder (``source_folder``) holds by now; empty: none; None: not
    told."""
    modules: tuple[str, ...] = ()
    """What can be imported, as ``import_names`` has it."""
    modified: tuple[tuple[str, str], ...] = ()
    """Path, and ``changed`` or ``missing``."""
    unchecked: int = 0
    """How many older files there was no time to compare."""
    has_web_page: bool = True
    private_classifier: bool = False
    conda: str | None = None
    """The conda package that it belongs to."""

    @property
    def key(self) -> str:
        """The name, normalised (PEP 503)."""
        return str(canonicalize_name(self.name))

    @property
    def source_folder(self) -> str | None:
        """The folder it was installed from, if that is still there."""
        is_folder = self.path_kind == "folder" if self.path is not None else self.project is not None
        is_repository = isinstance((self.direct_url or {}).get("vcs_info"), Mapping)
        return (self.project or self.path) if is_folder and not is_repository else None


@dataclass(frozen=True, slots=True)
class CondaPackage:
    """A package that conda has installed."""

    name: str
    version: str
    channel: str = field(repr=False)
    """As recorded; may hold a token."""
    depends: tuple[str, ...] = ()
    """Names only."""
    requested: tuple[str, ...] = ()
    """The specs by which it was asked for, if conda noted them."""
    modules: tuple[str, ...] = ()
    alive: bool = True
    """False: pip has replaced it, the record is all that is left."""


@dataclass(frozen=True, slots=True)
class Installed:
    """An interpreter and what it has."""

    python: str
    """For instance ``3.11.7``."""
    executable: str
    prefix: str
    markers: Mapping[str, str]
    prerelease: bool = False
    stdlib: frozenset[str] = frozenset()
    distributions: Mapping[str, Distribution] = field(default_factory=dict)
    """By normalised name."""
    conda: Mapping[str, CondaPackage] | None = None
    """None: no conda environment."""
    conda_specs: tuple[str, ...] = ()
    """The lines of conda's history that say what was asked of it."""
    broken: tuple[tuple[str, str], ...] = ()
    """File, and what is wrong with it."""

    @property
    def minor(self) -> str:
        """For instance ``3.11``."""
        return ".".join(self.python.split(".")[:2])

    def needs(self, distribution: Distribution) -> frozenset[str]:
        """What it requires in this interpreter without any extra, by normalised name; only what is installed."""
        found = set()
        for text in distribution.requires:
            try:
                requirement = Requirement(text)
                marker = requirement.marker
                if marker is None or marker.evaluate({**self.markers, "extra": ""}):
                    found.add(str(canonicalize_name(requirement.name)))
            except (InvalidRequirement, ValueError, KeyError):  # nobody can install that either
                continue
        return frozenset(found & self.distributions.keys())


def read_installed(data: Mapping[str, Any]) -> Installed:
    """The values of an interpreter's answer."""
    conda = data["conda"]
    distributions = (_distribution(item) for item in data["distributions"])
    return Installed(
        python=data["python"],
        executable=data["executable"],
        prefix=data["prefix"],
        markers=data["markers"],
        prerelease=bool(data["prerelease"]),
        stdlib=frozenset(data["stdlib"]),
        distributions={one.key: one for one in distributions},
        conda=None if conda is None else {one.name: one for one in map(_conda, conda["packages"]) if one.name},
        conda_specs=() if conda is None else _texts(conda["specs"]),
        broken=tuple((str(file), str(why)) for file, why in data["broken"]),
    )


def _distribution(item: Mapping[str, Any]) -> Distribution:
    place = item["place"] or {}
    return Distribution(
        name=item["name"],
        version=item["version"],
        installer=item["installer"].lower(),
        requested=item["requested"],
        requires=_texts(item["requires"]),
        direct_url=item["direct_url"],
        path=place.get("path"),
        path_kind=place.get("kind"),
        project=item["project"],
        modules=import_names(item["modules"]),
        modified=tuple((path, what) for path, what in item["modified"]),
        unchecked=item["unchecked"],
        has_web_page=item["web"],
        private_classifier=item["private"],
        conda=item["conda"] or None,
    )


def _conda(item: Mapping[str, Any]) -> CondaPackage:
    return CondaPackage(
        name=str(item["name"] or ""),
        version=str(item["version"] or ""),
        channel=str(item["channel"] or ""),
        depends=tuple(text.split()[0] for text in _texts(item["depends"] or ()) if text.split()),
        requested=_texts(item["requested"]),
        modules=import_names(item["modules"]),
        alive=bool(item["alive"]),
    )


def _texts(items: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(item) for item in items)
