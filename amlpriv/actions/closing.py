"""All private packages that a file needs: what its packages require is looked for where they say, and built once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from amlpriv.actions.build_requirements import build_surroundings
from amlpriv.actions.finding_sources import Found, Seeker
from amlpriv.actions.making import make_all
from amlpriv.actions.packages import Packages, named_paths, wheel_of
from amlpriv.actions.siblings import shown_folder
from amlpriv.connections.feeds import FeedKind, parse_feed_url, same_feed
from amlpriv.errors import InputError
from amlpriv.secret import redact
from amlpriv.sourcecopy import git_root
from amlpriv.specs.addresses import address_of_file
from amlpriv.specs.closure import Needed, Requiring, close
from amlpriv.specs.environment import EnvironmentFile, UnneededSource, unneeded_sources
from amlpriv.specs.index_line import index_in_use, with_index_line
from amlpriv.specs.pip import PipRequirement
from amlpriv.specs.problems import input_error
from amlpriv.specs.sources import GitSource, Index, IndexSource, PathSource, Source

__all__ = ["closed", "named", "unneeded"]


def closed(file: EnvironmentFile, packages: Packages) -> tuple[EnvironmentFile, dict[str, Needed]]:
    """The file with the sources that its packages bring, and all needed packages, whose wheels are made.

    The file's own sources go before everything else; then what a package's ``pyproject.toml`` and its workspace say;
    then a project beside it that has the name. ``file`` has names in place of paths.

    Raises InputError for a private package without a source and for one with two, and what building raises.
    """
    packages.tools_of = partial(_tools, packages)
    indexed = index_in_use(file) is not None
    gatherer = _Gatherer(file, packages)
    while True:
        needed = close(gatherer.file, gatherer.outline, packages.target)
        if gatherer.extend(needed):
            continue
        sources = {name: gatherer.file.sources[name] for name in needed}
        if not make_all(packages, sources, {name: item.needed_by for name, item in needed.items()}):
            break
    sources = {name: one for name, one in gatherer.file.sources.items() if name in file.sources or name in needed}
    file = replace(gatherer.file, sources=sources)
    if not indexed:
        file = with_index_line(file)
    return file, close(file, lambda name: wheel_of(packages, file, name), packages.target)


def named(file: EnvironmentFile, packages: Packages) -> EnvironmentFile:
    """The file with names in place of paths, whose wheels are made. InputError for a package from two places."""
    packages.tools_of = partial(_tools, packages)
    unnamed = {key: source for key, source in file.sources.items() if ":" in key}
    make_all(packages, unnamed, {})
    return named_paths(file, packages)


def unneeded(
    asked: EnvironmentFile, file: EnvironmentFile, needed: Mapping[str, Needed], packages: Packages
) -> Iterator[UnneededSource]:
    """The sources that nobody asks for, ``asked`` being the file before it was closed.

    ``[tool.uv.sources]`` may say more than one environment needs, as a workspace's root does: there only what looks
    like a slip is one.
    """
    brought = set(file.sources) - set(asked.sources)
    for one in unneeded_sources(asked, set(needed) - brought):
        if asked.file is not None and asked.file.endswith(".toml"):
            project = packages.project(one.name, asked.sources[one.name])
            if one.suggestion is None or (project is not None and packages.landscape.name(project) == one.name):
                continue
        yield one


def _tools(packages: Packages, name: str, project: Path) -> Mapping[str, str]:
    shown = project.resolve().name if ":" in name else name
    return build_surroundings(packages, shown, project, closed)


@dataclass(frozen=True, slots=True)
class _Outline:
    requires_dist: tuple[Requirement, ...]


@dataclass(frozen=True, slots=True)
class _Brought:
    """A source that a package brought."""

    by: str
    guessed: bool
    place: object
    """What two sources of one package have in common."""


@dataclass(slots=True)
class _Gatherer:
    file: EnvironmentFile
    packages: Packages
    brought: dict[str, _Brought] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)
    sought: dict[tuple[object, ...], Found | None] = field(default_factory=dict)

    def outline(self, name: str) -> Requiring | None:
        """What is known of a package: its wheel, or what its project says."""
        if name in self.packages.found:
            return self.packages.found[name][1]
        project = self.packages.project(name, self.file.sources[name])
        declared = self.packages.landscape.declared(project) if project else None
        return _Outline(declared.requires) if declared is not None and declared.requires is not None else None

    def extend(self, needed: dict[str, Needed]) -> bool:
        """Add the sources of what the needed packages require; whether there was one."""
        before = self.file
        for guess in (False, True):  # what is declared anywhere goes before every guess
            for name, need in needed.items():
                for required, extras in self._required(name, need):
                    self._add(required, name, extras, guess=guess)
            if self.file is not before:
                return True
        self._add_listed(needed)
        return self.file is not before

    def _required(self, name: str, need: Needed) -> Iterator[tuple[str, frozenset[str]]]:
        outline = self.outline(name)
        extras = frozenset(str(canonicalize_name(extra)) for item in need.required_as for extra in item.extras)
        for item in outline.requires_dist if outline else ():
            required = str(canonicalize_name(item.name))
            if required != name and any(self.packages.target.holds(item.marker, one) for one in ("", *sorted(extras))):
                yield required, extras

    def _add(self, required: str, by: str, extras: frozenset[str], *, guess: bool) -> None:
        source = self.file.sources[by]
        project = self.packages.project(by, source)
        if project is None or (required in self.file.sources and required not in self.brought):
            return
        found = self._seek(required, by, project, extras, guess=guess and required not in self.brought)
        if found is None and guess and required not in self.brought:
            found = self._linked(required, by, project)
        found = self._settled(found, required, by) if found is not None else None
        if found is None:
            return
        if isinstance(source, GitSource):
            found = replace(found, source=self._in_repository(found.source, by, source, project))
        self._take(required, by, found)

    def _seek(self, required: str, by: str, project: Path, extras: frozenset[str], *, guess: bool) -> Found | None:
        key = (required, project, extras, guess)
        if key not in self.sought:
            seeker = Seeker(self.packages.landscape, project, by, self.packages.target)
            self.sought[key] = seeker.find(required, extras, guess=guess)
        return self.sought[key]

    def _linked(self, required: str, by: str, project: Path) -> Found | None:
        """The folder whose address the wheel gave, which nothing else tells. InputError when it is not there."""
        url = self.packages.links.get(project.resolve(), {}).get(required)
        if url is None:
            return None
        path = Path(address_of_file(url))
        if url.lower().startswith("file:") and path.exists():
            return Found(PathSource(str(path)))
        message = f"{by} needs {required} from {redact(url)}, which is not found."
        hint = f"Say in 'sources' of the environment file where {required} comes from."
        raise InputError(message, file=project, hint=hint)

    def _take(self, required: str, by: str, found: Found) -> None:
        before, place = self.brought.get(required), self._place(found)
        if before is not None and before.place == place:
            return
        if before is not None and not before.guessed:
            message = f"{required} comes from two places: {before.by} and {by} name different ones."
            hint = f"Say in 'sources' of the environment file which one is meant: {required}: {{path: ...}}."
            raise input_error(message, found.source.position, hint=hint)
        self.packages.guessed.pop(required, None)
        if found.sibling is not None:
            shown = shown_folder(found.sibling, start=self.packages.folder, work=self.packages.work)
            self.packages.guessed[required] = f"{shown}, a project beside {by}, which needs it"
            self.packages.say(f"{required}: taken from {self.packages.guessed[required]}")
        self.packages.found.pop(required, None)
        self.brought[required] = _Brought(by, found.sibling is not None, place)
        self.file = replace(self.file, sources={**self.file.sources, required: found.source})

    def _place(self, found: Found) -> object:
        source = found.source
        if isinstance(source, PathSource):
            return self.packages.place(source).resolve()
        return replace(source, position=None)

    def _add_listed(self, needed: dict[str, Needed]) -> None:
        """Pip lines without a source whose name a private project declares as a folder, or a project beside one has.

        Beside those that the file itself names, and beside a ``pyproject.toml`` that is the file.
        """
        places = {name: self.packages.project(name, self.file.sources[name]) for name in needed if needed[name].listed}
        if self.file.file is not None and self.file.file.endswith(".toml"):
            places.setdefault(f"the project in {self.file.file}", Path(self.file.file).parent)
        for line in self.file.conda.pip if self.file.conda else ():
            if not isinstance(line, PipRequirement) or line.requirement.url or line.template:
                continue
            for by, project in places.items():
                if line.name in self.file.sources or not self.packages.target.holds(line.requirement.marker):
                    break
                found = self._seek(line.name, by, project, frozenset(), guess=True) if project is not None else None
                local = by not in self.file.sources or isinstance(self.file.sources[by], PathSource)
                if found is not None and local and isinstance(found.source, PathSource):
                    self._take(line.name, by, found)

    def _settled(self, found: Found, required: str, by: str) -> Found | None:
        """For an index: the file's own of the same feed, or its own, added; None for a public one, which is told."""
        if found.index is None:
            return found
        feed = parse_feed_url(found.index.url)
        for known in self.file.indexes.values():
            if same_feed(parse_feed_url(known.url), feed):
                return replace(found, source=IndexSource(known.name, found.index.position))
        if feed.kind in (FeedKind.SIMPLE, FeedKind.NONE) or feed.errors:
            if required not in self.told:
                self.told.add(required)
                words = (
                    f"{by} takes {required} from the index {found.index.name!r}, which is none of this environment's"
                )
                self.packages.say(f"note: {words}: name it in 'indexes' and 'sources' if it is needed")
            return None
        index = _named_apart(found.index, self.file)
        self.file = replace(self.file, indexes={**self.file.indexes, index.name: index})
        return Found(IndexSource(index.name, index.position), index)

    def _in_repository(self, source: Source, by: str, of: GitSource, project: Path) -> Source:
        """A path in a checkout as the same commit's folder."""
        if not isinstance(source, PathSource):
            return source
        place, root = self.packages.place(source).resolve(), git_root(project.resolve())
        if root is None or root not in (place, *place.parents):
            message = f"{by} needs a package from {source.path}, which is outside of its repository."
            raise InputError(message, file=project, hint="Give the package a source in the environment file.")
        folder = place.relative_to(root).as_posix()
        return GitSource(of.url, rev=self.packages.origins[by].commit, subdirectory=folder if folder != "." else None)


def _named_apart(index: Index, file: EnvironmentFile) -> Index:
    name, number = index.name, 1
    while name in file.indexes:
        number += 1
        name = f"{index.name}-{number}"
    return replace(index, name=name)
