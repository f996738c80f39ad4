"""The environment of a job or a deployment, built on this machine from its registered version."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from amlpriv.connections.rewriting import KnownConnection
from amlpriv.connections.uses import Use
from amlpriv.errors import LockedError, UnsupportedError
from amlpriv.facts.images import look_up, without_tag
from amlpriv.images import BuildRequest, BuiltEnvironment, build_environment, finished_environment
from amlpriv.prefixes import MARKER
from amlpriv.processes import ToolCancelledError
from amlpriv.recipes import build_request, content_key, folder_name

__all__ = ["environment_key", "prepare_environment"]

DIGEST = "amlpriv.digest"
"""The property by which ``amlpriv build`` knows what it published."""

_WAIT = 1.0
"""Seconds for which another build of the same environment is waited for before we ask again whether to go on."""
_PYTHON_TAG = re.compile(r"(\d+)\.(\d+)")


def prepare_environment(
    properties: Mapping[str, Any],
    name: str,
    *,
    builds: Path,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    known: Sequence[KnownConnection] = (),
    use: Use = Use.JOB,
) -> BuiltEnvironment:
    """Build an environment version (the ``properties`` of its REST resource), or use the finished build.

    ``known`` are the workspace's connections: index and git lines get their credentials where Azure ML's image build
    gives them for this ``use``. Another credential is no reason to build again.

    What ``amlpriv build`` has made of the same content is used. ``environ`` are the variables with which pip reaches
    the local workspace; ``on_line`` gets the build log without secrets. Raises UnsupportedError for a Dockerfile,
    BuildError and InputError for what cannot be built, ToolCancelledError after ``cancelled`` answered True.
    """
    if properties.get("build"):
        raise UnsupportedError(
            f"The environment {name} is a Dockerfile context, and no images are built here.",
            hint="amlpriv's local workspace builds conda specifications: register the environment with an image "
            "and a conda file to run it here.",
        )
    say = on_line or _ignore
    text = str(properties.get("condaFile") or "")
    if not text:
        text = _bare(str(properties.get("image") or ""), name, say)
    built = _made_before(properties, name, text, builds, environ)
    if built is None:
        key = environment_key(properties)
        request = build_request(text, folder=_folder(builds, name, key), key=key, source=name, known=known, use=use)
        built = _build(request, name, environ, say, cancelled)
    if built.reused:
        say(f"The environment {name} was built before: {built.folder}")
    for note in built.notes:
        say(str(note))
    return built


def environment_key(properties: Mapping[str, Any]) -> str:
    """A hash of all that makes the environment, the signatures of its URLs excepted."""
    conda = content_key(str(properties.get("condaFile") or "{}"))
    parts = ["amlpriv-local-1", str(properties.get("image") or ""), str(properties.get("osType") or "Linux"), conda]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _build(
    request: BuildRequest,
    name: str,
    environ: Mapping[str, str],
    say: Callable[[str], None],
    cancelled: Callable[[], bool] | None,
) -> BuiltEnvironment:
    waits = False
    while True:
        if cancelled is not None and cancelled():
            raise ToolCancelledError(f"The build of the environment {name} was cancelled.")
        try:
            return build_environment(request, environ=environ, on_line=say, lock_timeout=_WAIT, cancelled=cancelled)
        except LockedError:
            if not waits:
                say(f"Waiting: the environment {name} is being built already.")
            waits = True


def _folder(builds: Path, name: str, key: str) -> Path:
    """Where the build is, under whatever name it was made, or goes: the name is for people, the key is the content."""
    known = sorted(path for path in builds.glob(f"*-{key[:16]}") if (path / MARKER).is_file())
    return known[0] if known else builds / folder_name(name, key)


def _made_before(
    properties: Mapping[str, Any], name: str, text: str, builds: Path, environ: Mapping[str, str]
) -> BuiltEnvironment | None:
    """The build of ``amlpriv build``. Anybody may write properties: the digest in them only says where to look, and
    the build itself has to say that it is of this content."""
    digest = (properties.get("properties") or {}).get(DIGEST)
    if not isinstance(digest, str) or not digest.isalnum():
        return None
    request = build_request(text, folder=builds.absolute() / folder_name(name, digest), key=digest, source=name)
    return finished_environment(request, environ)


def _bare(image: str, name: str, say: Callable[[str], None]) -> str:
    """The conda text that stands for an image: its Python, as far as it is known, and nothing else."""
    say(f"The environment {name} is the image {image} without a conda file. Images are not run here:")
    say("the job gets a bare Python with pip; what else the image has is missing.")
    base, tag, _ = without_tag(image)
    found = _PYTHON_TAG.match(tag or "") if base.rpartition("/")[2] == "python" else None
    fact = look_up(image)
    version = (int(found[1]), int(found[2])) if found else fact.conda_python if fact else None
    return f"dependencies: [python={version[0]}.{version[1]}]\n" if version else "dependencies: []\n"


def _ignore(_line: str) -> None:
    """Nobody wants the build log."""
