"""The whole dependency closure for each target; a private package in it comes from the destination."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import NormalizedName, canonicalize_name

from amlpriv.actions.mirror_wishes import Wishes
from amlpriv.connections.pages import File
from amlpriv.default_index import DefaultIndex
from amlpriv.errors import ConflictError, WheelError
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.resolving import UnknownPackageError, resolve
from amlpriv.specs.resolution import Resolution
from amlpriv.target import Target
from amlpriv.wheels.filename import parse_filename

__all__ = ["Closure", "Destination"]

_MOST_PRIVATE = 30
_MOST_VERSIONS = 5


@dataclass(frozen=True, slots=True)
class Destination:
    """A feed as one reads it."""

    client: IndexClient
    login: Login

    def files(self, name: str) -> tuple[File, ...]:
        """The files that the feed has of a package; none for an unknown one. Raises what reading an index raises."""
        return files_of(self.client, self.login, name)


def files_of(client: IndexClient, login: Login, name: str) -> tuple[File, ...]:
    """The files of a package on an index; none for an unknown one."""
    from amlpriv.errors import NotFoundError

    try:
        return client.project(login, name).files
    except NotFoundError:
        return ()


@dataclass(slots=True)
class Closure:
    """Resolves for all targets."""

    source: Login | DefaultIndex
    destination: Destination | None
    environ: Mapping[str, str]
    work: Path
    all_hashes: bool = False
    allow_sdist: bool = False
    say: Callable[[str], None] = lambda _: None

    def resolve(self, wishes: Wishes) -> tuple[Resolution, ...]:
        """One resolution for each target. Raises what ``amlpriv.resolving.resolve`` raises."""
        return tuple(self._for_target(wishes, target) for target in wishes.targets)

    def _for_target(self, wishes: Wishes, target: Target) -> Resolution:
        folder = self.work / f"private-{target.python_text}-{target.glibc[1]}-{target.arch}"
        newest = {name: self._fetch(name, target, folder) for name in sorted(wishes.private)}
        for name, version in newest.items():
            if version is None:
                raise _unknown(name)
        while True:
            try:
                found = self._resolve(wishes, target, folder, newest)
            except UnknownPackageError as error:
                name = canonicalize_name(error.package)
                version = None if name in newest or len(newest) > _MOST_PRIVATE else self._fetch(name, target, folder)
                if version is None:
                    raise _unknown(name, error) from error
                newest[name] = version
                self.say(f"{name} is not at the source: the destination's own is taken for what it requires")
            else:
                _refuse_confusion(found, newest)
                return found

    def _resolve(
        self, wishes: Wishes, target: Target, folder: Path, newest: Mapping[NormalizedName, str | None]
    ) -> Resolution:
        return resolve(
            wishes.requirements[target],
            target,
            index=self.source,
            environ=self.environ,
            work=self.work,
            find_links=folder if newest else None,
            # Without it a higher version at the source would win over the private package of that name.
            constraints=[f"{name}<={version}" for name, version in newest.items()],
            allow_sdist=self.allow_sdist,
            all_hashes=self.all_hashes,
        )

    def _fetch(self, name: NormalizedName, target: Target, folder: Path) -> str | None:
        """Put the newest wheels that the destination has of a package into the folder; the highest version."""
        if self.destination is None:
            return None
        ranked = []
        for file in self.destination.files(name):
            try:
                parsed = parse_filename(file.filename) if file.is_wheel else None
            except WheelError:
                continue
            if parsed is not None and target.accepts(parsed.tags) and not file.is_yanked:
                ranked.append((parsed.version, file.filename, file))
        ranked.sort(key=lambda item: item[:2], reverse=True)
        for _, _, file in ranked[:_MOST_VERSIONS]:
            self.destination.client.download(self.destination.login, file, folder)
        return str(ranked[0][0]) if ranked else None


def _unknown(name: NormalizedName, error: UnknownPackageError | None = None) -> UnknownPackageError:
    by = ""
    if error is not None:
        by = error.message.rpartition(". ")[2] if error.message.endswith("needs it.") else ""
    return UnknownPackageError(
        " ".join(f"{name} is neither at the source nor on the destination. {by}".split()),
        package=name,
        hint="Check its spelling. A private package is pushed first: amlpriv feed push dist/*.whl --to FEED.",
    )


def _refuse_confusion(found: Resolution, private: Mapping[NormalizedName, str | None]) -> None:
    for name in private:
        pin = found.by_name.get(name)
        if pin is not None and not pin.file.is_local:
            raise ConflictError(
                f"{name} is a private package of the destination, and the source has one of that name too ({pin}).",
                hint="It would be dependency confusion to mirror it. Require the private version exactly, and tell its"
                " owner that the name is taken.",
            )
