"""Which file of a page an installer takes for a target, and if none, why: pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import Tag
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from amlpriv.connections.pages import File, Page, normalized
from amlpriv.errors import UsageError
from amlpriv.indexes.judging import Judgement, Outcome
from amlpriv.target import Target

__all__ = ["Choice", "choose_file", "read_requirement"]

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Choice:
    """What an installer would take."""

    file: File | None
    """None where the installer finds nothing; ``sample`` may still be there."""
    judgement: Judgement
    sample: File | None = None
    """A file to try the download with: the chosen one, else the smallest of the page."""
    version: str | None = None


@dataclass(frozen=True, slots=True)
class _Candidate:
    file: File
    version: Version
    tags: frozenset[Tag] | None
    """None for a source archive."""
    build: tuple[()] | tuple[int, str] = ()


def read_requirement(text: str, version: str | None = None) -> Requirement:
    """``name``, ``name==1.0``, ``name[extra]>=1``; ``version`` is a version or a range. Raises UsageError."""
    try:
        requirement = Requirement(text)
        if version:
            version = version.strip()
            requirement.specifier &= SpecifierSet(f"=={version}" if version[0].isalnum() else version)
    except (InvalidRequirement, InvalidSpecifier) as error:
        raise UsageError(
            f"{text[:100]!r}{f' with version {version[:50]!r}' if version else ''} is no package of an index.",
            hint="Give a name, or a name with a version, for instance 'contoso-features==1.2'.",
        ) from error
    if requirement.url is not None:
        raise UsageError(f"{requirement.name} is required by an address, so no index is asked for it.")
    return requirement


def choose_file(page: Page, requirement: Requirement, target: Target | None) -> Choice:
    """As pip and uv choose: the newest version that is allowed, of it the wheel that fits best, else the source.

    Without a target every wheel fits.
    """
    candidates = [found for file in page.files if (found := _read(file, page.name)) is not None]
    sample = min(page.files, key=lambda file: (not file.is_wheel, file.size or 0), default=None)
    if not candidates:
        words = f"The page of {page.name} is there, and has no file that can be installed."
        return Choice(None, Judgement(Outcome.VERSION_MISSING, words, "Publish a wheel to the feed."), sample)
    allowed = set(requirement.specifier.filter(candidate.version for candidate in candidates))
    asked = [candidate for candidate in candidates if candidate.version in allowed]
    pinned = any(spec.operator in ("==", "===") and not spec.version.endswith(".*") for spec in requirement.specifier)
    offered = asked if pinned else [candidate for candidate in asked if not candidate.file.is_yanked]
    running = [candidate for candidate in offered if _runs(candidate.file, target)]
    fitting = [candidate for candidate in running if _fits(candidate, target)]
    if not fitting:
        return Choice(None, _why(requirement, candidates, asked, offered, running, target), sample)
    best = max(fitting, key=lambda candidate: _preference(candidate, target))
    return Choice(best.file, _found(best, fitting), best.file, str(best.version))


def _read(file: File, name: str) -> _Candidate | None:
    try:
        if file.is_wheel:
            project, version, build, tags = parse_wheel_filename(file.filename)
            found = _Candidate(file, version, tags, build)
        else:
            project, version = parse_sdist_filename(file.filename)
            found = _Candidate(file, version, None)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion, ValueError):
        return None  # installers leave out such a file as well
    return found if not name or normalized(project) == name else None


def _runs(file: File, target: Target | None) -> bool:
    if target is None or file.requires_python is None:
        return True
    try:
        return target.satisfies(SpecifierSet(file.requires_python))
    except InvalidSpecifier:  # pip takes a range that it cannot read for none
        return True


def _fits(candidate: _Candidate, target: Target | None) -> bool:
    return candidate.tags is None or target is None or target.accepts(candidate.tags)


def _preference(candidate: _Candidate, target: Target | None) -> tuple[object, ...]:
    if candidate.tags is None:
        return candidate.version, 0, 0, ()
    rank = target.rank(candidate.tags) if target is not None else None
    return candidate.version, 1, -(rank or 0), candidate.build


def _found(best: _Candidate, fitting: Iterable[_Candidate]) -> Judgement:
    if best.tags is not None:
        yanked = f" It is yanked: {best.file.yanked}" if best.file.yanked else ""
        return Judgement(Outcome.OK, f"{best.file.filename} is what an installer takes.{yanked}")
    wheel = max((one.version for one in fitting if one.tags is not None), default=None)
    words = f"Version {best.version} has no wheel for the target, only its source ({best.file.filename})."
    fix = "Build a wheel and publish it: the image would have to build it, without a credential for what that needs."
    if wheel is not None:
        fix += f" Or pin version {wheel}, which has one."
    return Judgement(Outcome.SDIST_ONLY, words, fix)


def _why(
    requirement: Requirement,
    candidates: list[_Candidate],
    asked: list[_Candidate],
    offered: list[_Candidate],
    running: list[_Candidate],
    target: Target | None,
) -> Judgement:
    """Why nothing is left, by the first step that left nothing."""
    if not asked:
        words = f"No version of {requirement.name} is in {requirement.specifier}; there are {_versions(candidates)}."
        return Judgement(Outcome.VERSION_MISSING, words, "Correct the version, or publish it to the feed.")
    if not offered:
        reason = next((one.file.yanked for one in asked if one.file.yanked), "")
        words = f"Every version is yanked ({_versions(asked)}){f': {reason}' if reason else ''}."
        return Judgement(Outcome.YANKED, words, "Pin one with '==' if it has to be, or publish a new version.")
    if not running:
        wanted = sorted({one.file.requires_python or "" for one in offered})
        words = (
            f"No version is for Python {target.python_text if target else ''}: wanted is {', '.join(wanted[:_SHOWN])}."
        )
        return Judgement(
            Outcome.REQUIRES_PYTHON, words, "Choose another Python for the environment, or another version."
        )
    platforms = sorted({str(tag) for one in running for tag in one.tags or ()})
    words = f"{_versions(running)} has wheels for other platforms only ({', '.join(platforms[:_SHOWN])}"
    words += f"{', ...' if len(platforms) > _SHOWN else ''}), none for {target}."
    return Judgement(Outcome.OTHER_TARGET, words, "Build a wheel for that platform, for example with cibuildwheel.")


def _versions(candidates: Iterable[_Candidate]) -> str:
    found = sorted({candidate.version for candidate in candidates}, reverse=True)
    return ", ".join(map(str, found[:_SHOWN])) + (", ..." if len(found) > _SHOWN else "")
