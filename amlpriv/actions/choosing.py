"""Which wheel of a folder is meant: the newest that fits the target and what is asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from amlpriv.actions.inspecting import wheel_filename
from amlpriv.errors import InputError, WheelError
from amlpriv.files import open_binary
from amlpriv.target import Target
from amlpriv.wheels.filename import WheelName, parse_filename
from amlpriv.wheels.read import read_requires_python

__all__ = ["choose_wheel"]

_LISTED = 10


@dataclass(frozen=True, slots=True)
class _Candidate:
    path: Path
    parsed: WheelName
    rank: int

    @property
    def order(self) -> tuple[object, ...]:
        """As pip prefers: the version, the most specific tag, the build number."""
        return self.parsed.version, -self.rank, self.parsed.build


def choose_wheel(folder: Path, name: str | None, asked: Iterable[Requirement], target: Target) -> Path:
    """The wheel of ``name`` (None: of the one package there) that fits the target and all of ``asked``.

    The highest version, of that the most specific tags. A pre-release only when it is asked for or when nothing else
    fits. Metadata is read of candidates only. InputError lists what is there and why nothing fits.
    """
    specifiers = SpecifierSet()
    for requirement in asked:
        specifiers &= requirement.specifier
    refused: list[str] = []
    candidates: list[_Candidate] = []
    for path in sorted(folder.glob("*.whl")):
        found = _judged(path, name, specifiers, target)
        if isinstance(found, str):
            refused.append(f"{path.name} ({found})")
        else:
            candidates.append(found)
    _refuse_several(folder, candidates)
    for candidate in _by_preference(candidates, specifiers):
        required = _requires_python(candidate.path)
        if required is None or target.satisfies(required):
            return candidate.path
        refused.append(f"{candidate.path.name} (it requires Python {required})")
    raise _nothing(folder, name, specifiers, target, refused)


def _judged(path: Path, name: str | None, specifiers: SpecifierSet, target: Target) -> _Candidate | str:
    """A candidate, or what is against the file."""
    if not path.is_file():
        return "it is no regular file"
    try:
        parsed = parse_filename(wheel_filename(path))
    except WheelError:
        return "its name is not that of a wheel"
    if name is not None and parsed.name != canonicalize_name(name):
        return "another package"
    rank = target.rank(parsed.tags)
    if rank is None:
        return f"it is not for {target}"
    if not specifiers.contains(parsed.version, prereleases=True):
        return f"{specifiers} is asked for"
    return _Candidate(path, parsed, rank)


def _refuse_several(folder: Path, candidates: Sequence[_Candidate]) -> None:
    names = sorted({str(candidate.parsed.name) for candidate in candidates})
    if len(names) > 1:
        raise InputError(
            f"This folder has wheels of several packages: {', '.join(names)}.",
            file=folder,
            hint="Write the name in the pip section and the folder under 'sources': 'NAME: {path: ...}'.",
        )


def _by_preference(candidates: Iterable[_Candidate], specifiers: SpecifierSet) -> list[_Candidate]:
    """The best first. Pre-releases come last, unless the requirement names one (PEP 440)."""
    equal = bool(specifiers.prereleases)
    ordered = sorted(candidates, key=lambda candidate: candidate.order, reverse=True)
    return sorted(ordered, key=lambda candidate: not equal and candidate.parsed.version.is_prerelease)


def _requires_python(path: Path) -> SpecifierSet | None:
    with open_binary(path) as stream:
        return read_requires_python(wheel_filename(path), stream)


def _nothing(
    folder: Path, name: str | None, specifiers: SpecifierSet, target: Target, refused: Sequence[str]
) -> InputError:
    if not refused:
        return InputError(
            "There is neither a pyproject.toml nor a wheel in this folder.",
            file=folder,
            hint="Give a wheel file, a project folder, or a folder with wheels.",
        )
    more = f" and {len(refused) - _LISTED} more" if len(refused) > _LISTED else ""
    return InputError(
        f"There is no wheel of {name or 'a package'}{specifiers} for {target} in this folder. "
        f"It has {', '.join(refused[:_LISTED])}{more}.",
        file=folder,
        hint="Build the wheel that is missing, or change the requirement, the image or python=.",
    )
