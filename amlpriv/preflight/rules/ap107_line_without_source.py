"""A path or a repository in the pip section is looked for by the image builder, not by this machine.

The builder sees the specification alone: no folder of yours, no ssh key, no git credential except one from a workspace
connection. ``-e`` needs the folder at run time as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from amlpriv.findings import Finding, Severity
from amlpriv.preflight.subject import Subject, place_of
from amlpriv.specs.pip import PipPath, PipVcs

__all__ = ["CODE", "NAME", "find"]

CODE = "AP107"
NAME = "path or repository that the builder cannot reach"

_OURS = ("git+ssh:", "git+file:", "git+git@", "ssh:", "file:")


def find(subject: Subject) -> Iterator[Finding]:
    """Each editable path, each path without a source, each repository whose package ``sources`` does not serve."""
    sources = subject.environment.sources
    for number, line in enumerate(subject.pip):
        if isinstance(line, PipPath):
            served = f"path:{number}" in sources and not line.editable
            if not served and "file:" not in line.text.lower():  # those are AP108's
                yield _path(line)
        elif isinstance(line, PipVcs) and (line.name is None or line.name not in subject.private_names):
            yield _repository(line)


def _path(line: PipPath) -> Finding:
    message = f"The pip section has the local path {line.path}, which the image builder cannot see."
    fix = "Write the package's name in the pip section and its folder or wheel under `sources`: `NAME: {path: ...}`."
    if line.editable:
        message = f"-e {line.path} needs the folder itself at run time, which the image does not have."
        fix = "Remove the -e: the folder is then built and shipped as a wheel."
    return place_of(line.position).finding(CODE, Severity.ERROR, line.path, message, fix=fix)


def _repository(line: PipVcs) -> Finding:
    name = line.name or "an address"
    fix = f"Write {line.name or 'the name'} in the pip section and the address under `sources`: `NAME: {{git: ...}}`."
    if line.url.startswith(_OURS):
        message = f"{name} comes from an address that only this machine can read; the image builder has no key for it."
        return place_of(line.position).finding(CODE, Severity.ERROR, name, message, fix=fix)
    message = f"{name} is fetched by the image builder: that works if it is public or a connection matches it."
    return place_of(line.position).finding(CODE, Severity.NOTE, name, message, fix=fix)
