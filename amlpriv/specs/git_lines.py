"""Git lines of a pip section that are packed on this machine: they become sources, built to wheels like any other.

By ssh, and with a credential that stood in the address, always: the image builder has no key, and a credential must not
stay in a specification. By https where the file is a requirements file or a ``pyproject.toml``, which are written for a
machine that can clone. In a conda or environment file an https line is left for the image build, which may have a
connection for it.
"""

from __future__ import annotations

from dataclasses import replace

from amlpriv.connections.git_hosts import Transport
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.specs.environment import EnvironmentFile
from amlpriv.specs.pip import PipLine, PipVcs
from amlpriv.specs.sources import GitSource, Source

__all__ = ["needs_us", "with_git_packed"]


def with_git_packed(file: EnvironmentFile, *, https: bool) -> EnvironmentFile:
    """The same file with such lines as requirements of packages in ``sources``.

    ``https`` says whether plain https lines are packed too. A line that does not tell its package's name gets the
    source ``path:<n>``, as paths have. (A name in ``sources`` too was refused when the file was read.)
    """
    if file.conda is None:
        return file
    lines: list[PipLine] = list(file.conda.pip)
    sources: dict[str, Source] = dict(file.sources)
    for number, line in enumerate(lines):
        if not isinstance(line, PipVcs) or not _is_packed(line, https=https):
            continue
        source = GitSource(line.url, position=line.position)
        if line.name is None:
            sources[f"path:{number}"] = source
            continue
        sources[line.name] = source
        lines[number] = line.named(line.name)
    return replace(file, conda=replace(file.conda, pip=tuple(lines)), sources=sources)


def _is_packed(line: PipVcs, *, https: bool) -> bool:
    return line.url.lower().startswith("git+") and (https or needs_us(line.url))


def needs_us(url: str) -> bool:
    """Whether only this machine can fetch from the address of a repository."""
    git = parse_git_url(url)
    return git.transport is Transport.SSH or git.credentials is not None
