"""From what an interpreter has to what the environment file says; the decisions of ``amlpriv capture`` in one place."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from amlpriv.findings import Finding, Severity
from amlpriv.specs.captured.conda_layer import conda_layer
from amlpriv.specs.captured.installed import Distribution, Installed
from amlpriv.specs.captured.keeping import Kept, keep
from amlpriv.specs.captured.leaving import LeftOut
from amlpriv.specs.captured.origins import Origin, origin_of
from amlpriv.specs.captured.writing import environment_text
from amlpriv.specs.sources import PathSource, Source

__all__ = ["Composed", "Modified", "Wish", "compose"]

MODIFIED = "AP703"
NO_SUCH_VERSION = "AP704"
MAYBE_PRIVATE = "AP706"
OTHER_PLATFORM = "AP707"
UNREADABLE = "AP708"


_OFTEN_USED = {
    *("azure-ai-ml", "azure-identity", "azure-storage-blob", "matplotlib", "mlflow", "numpy", "pandas", "pyarrow"),
    *("pydantic", "pyyaml", "requests", "scikit-learn", "scipy", "sqlalchemy"),
}


@dataclass(frozen=True, slots=True)
class Modified:
    """A package whose files are not those that were installed."""

    name: str
    version: str
    files: tuple[tuple[str, str], ...]
    """Path, and ``changed`` or ``missing``; at most 20."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What kind of file is wanted."""

    name: str
    image: str
    every: bool = False
    """The whole closure, not only what nothing else brings along."""
    imported: Collection[str] | None = None
    """The normalised names of the distributions that the code needs; None: everything counts."""
    imported_conda: Collection[str] = ()
    """The conda packages that it needs."""
    asked: Collection[str] = ()
    """Kept in any case."""
    known_private: Collection[str] = ()
    """What the default index does not have."""


@dataclass(frozen=True, slots=True)
class Composed:
    """The file and what is to be said about it."""

    text: str
    sources: Mapping[str, Source]
    left_out: tuple[LeftOut, ...]
    modified: tuple[Modified, ...]
    notes: tuple[str, ...]
    findings: tuple[Finding, ...]
    suspicious: tuple[str, ...]
    """The names, as written, that came from an index and look as if it were a private one."""


def compose(installed: Installed, wish: Wish, shown_path: Callable[[str], str] = str) -> Composed:
    """Write the file; ``shown_path`` gives a path of this machine as it is to be written."""
    origins = {key: origin_of(one) for key, one in installed.distributions.items()}
    private = {key for key, one in origins.items() if (one.source or one.findings) and key != "amlpriv"}
    kept = keep(installed, private, every=wish.every, imported=wish.imported, asked=wish.asked)
    layer = conda_layer(
        installed, every=wish.every, imported=None if wish.imported is None else wish.imported_conda, asked=wish.asked
    )
    chosen = [installed.distributions[key] for key in kept.listed]
    sources = {one.key: _shown(source, shown_path) for one in chosen if (source := origins[one.key].source)}
    lines = {one.key: _line(one, origins[one.key]) for one in chosen}
    findings = [*_findings(chosen, origins), *_about(installed)]
    findings += [_not_on_index(one) for one in chosen if one.key in wish.known_private and one.key not in sources]
    modified = tuple(Modified(one.name, one.version, one.modified) for one in chosen if one.modified)
    findings += [_modified(one) for one in modified]
    remarks = {lines[f.subject]: f.message for f in findings if f.severity is Severity.ERROR and f.subject in lines}
    suspicious = tuple(one.name for one in chosen if _is_from_index(origins[one.key]) and _is_suspicious(one))
    return Composed(
        text=environment_text(
            name=wish.name,
            image=wish.image,
            layer=layer,
            pip=tuple(lines.values()),
            sources=sources,
            remarks=remarks,
            head=_head(installed),
        ),
        sources=sources,
        left_out=(*kept.left_out, *layer.left_out),
        modified=modified,
        notes=(*_unsure(installed, kept), *layer.notes),
        findings=tuple(findings),
        suspicious=suspicious,
    )


def _unsure(installed: Installed, kept: Kept) -> Iterator[str]:
    """Only pip records what was asked for. Of what amlpriv itself requires, much is what people use."""
    if "amlpriv" in kept.closure or "amlpriv" not in installed.distributions:
        return
    away = {one.name: installed.distributions[str(canonicalize_name(one.name))] for one in kept.left_out}
    unsure = sorted(
        name for name, one in away.items() if one.key in _OFTEN_USED and one.installer != "pip" and one.conda is None
    )
    if unsure:
        yield (
            f"Left out, because only what is left out requires it: {', '.join(unsure)}. The installer does not record"
            " what was asked for; keep what your code uses with --keep, or use --only-imported."
        )


def _head(installed: Installed) -> Iterator[str]:
    system = {"linux": "Linux", "win32": "Windows", "darwin": "macOS"}.get(installed.markers["sys_platform"], "another")
    yield f"Captured from Python {installed.python} ({system}); the versions are those that were installed there."


def _shown(source: Source, shown_path: Callable[[str], str]) -> Source:
    return replace(source, path=shown_path(source.path)) if isinstance(source, PathSource) else source


def _line(one: Distribution, origin: Origin) -> str:
    """The pip line; the public part of a version that a local build has."""
    if origin.fixed:
        return one.name
    try:
        version = Version(one.version)
    except InvalidVersion:
        return one.name
    return f"{one.name}=={version if origin.source is not None else version.public}"


def _findings(chosen: Collection[Distribution], origins: Mapping[str, Origin]) -> Iterator[Finding]:
    for one in chosen:
        origin = origins[one.key]
        yield from origin.findings
        if _is_from_index(origin):
            yield from _about_version(one)


def _about_version(one: Distribution) -> Iterator[Finding]:
    fix = f"Give its project or its wheel under 'sources': {one.key}: {{path: ...}}"
    try:
        version = Version(one.version)
    except InvalidVersion:
        message = f"{one.name} has the version {one.version!r}, which no pin can name; the line has none."
        yield Finding(NO_SUCH_VERSION, Severity.WARNING, one.key, message, f"{fix}.")
        return
    if version.local:
        message = (
            f"{one.name} {version} is a build of its own (+{version.local}) that usual indexes do not have; the pin is"
            f" {version.public}, the plain build."
        )
        fix += f", or the index it came from under 'indexes', and write =={version}."
        yield Finding(NO_SUCH_VERSION, Severity.WARNING, one.key, message, fix)
    elif version.is_devrelease:
        message = f"{one.name} {version} is a development version without a source: an index may not have it for long."
        yield Finding(NO_SUCH_VERSION, Severity.WARNING, one.key, message, f"{fix}.")


def _modified(one: Modified) -> Finding:
    files = ", ".join(path for path, _ in one.files[:3]) + (", ..." if len(one.files) > 3 else "")
    message = (
        f"{one.name} {one.version} was changed after it was installed ({files}); the environment gets the original."
    )
    fix = "Put the change into a project of its own and give that as a source, or install the package again."
    return Finding(MODIFIED, Severity.WARNING, one.name, message, fix)


def _about(installed: Installed) -> Iterator[Finding]:
    system = installed.markers["platform_system"]
    if installed.markers["sys_platform"] != "linux":
        message = (
            f"This interpreter runs on {system}, and the image on Linux: a pinned version may have no wheel there."
        )
        yield Finding(OTHER_PLATFORM, Severity.NOTE, "platform", message, "'amlpriv check FILE' and 'build' tell.")
    if installed.markers["implementation_name"] != "cpython":
        message = f"This interpreter is {installed.markers['platform_python_implementation']}; the image gets CPython."
        yield Finding(OTHER_PLATFORM, Severity.NOTE, "python", message, "Compiled packages may behave otherwise.")
    if installed.prerelease:
        message = f"Python {installed.minor} is not released yet, and conda may not have it."
        yield Finding(OTHER_PLATFORM, Severity.WARNING, "python", message, "Write a released one in the file.")
    for file, why in installed.broken:
        message = f"The metadata {file} cannot be read ({why}): its package is not in the file."
        yield Finding(UNREADABLE, Severity.WARNING, file, message, "Install the package again.")


def _is_from_index(origin: Origin) -> bool:
    return origin.source is None and not origin.findings


def _is_suspicious(one: Distribution) -> bool:
    """No sign that it was ever published: no web page, a classifier against it, or a version of its own."""
    return one.private_classifier or not one.has_web_page or "+" in one.version


def _not_on_index(one: Distribution) -> Finding:
    message = f"{one.name} is not on the default index, and the file has no source for it."
    fix = f"Give it one: {one.key}: {{index: NAME}} with its index under 'indexes', or {{path: ...}}."
    return Finding(MAYBE_PRIVATE, Severity.WARNING, one.key, message, fix)
