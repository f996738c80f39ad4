"""Versions that come from git tags: setuptools-scm, hatch-vcs, pdm's ``scm``, versioneer, dunamai and their like.

Without a tag such a tool does not fail, it makes a version up (setuptools-scm: ``0.1.dev3+g1234567``). Where the
clone is shallow, the tag may exist and merely not be here: then nothing is built.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from amlpriv.builds.git import ask_git
from amlpriv.errors import BuildError

__all__ = ["check_history", "version_comes_from_git"]

_TOOLS = re.compile(
    r"setuptools[-_]scm|vcs[-_]versioning|hatch-vcs|use_scm_version|versioneer|versioningit|dunamai|dynamic-versioning"
    r"|source\s*=\s*['\"](?:scm|vcs)['\"]|setuptools-git-versioning|\bpbr\b"
)
_STATIC = re.compile(r"^version\s*=", re.MULTILINE)
_DYNAMIC = re.compile(r"^dynamic\s*=\s*\[[^\]]*['\"]version['\"]", re.MULTILINE)
_GIVEN = re.compile(
    r"(?:SETUPTOOLS_SCM|VCS_VERSIONING)_PRETEND_VERSION\w*|PDM_BUILD_SCM_VERSION|PBR_VERSION"
    r"|(?:UV|POETRY)_DYNAMIC_VERSIONING_BYPASS"
)
_FALLBACK = re.compile(r"\bfallback[-_]version\b")


def version_comes_from_git(text: str) -> bool:
    """Whether the configuration takes the version from a tag; ``text`` is what it and the scripts beside it say."""
    if not _TOOLS.search(text):
        return False
    return bool(_DYNAMIC.search(text)) or not _STATIC.search(text)


def check_history(configuration: Path, text: str, root: Path, environ: Mapping[str, str]) -> None:
    """Raise BuildError for a shallow clone that lacks the tag which the version would be counted from."""
    given = any(_GIVEN.fullmatch(name) for name in environ)
    if given or _FALLBACK.search(text) or not version_comes_from_git(text):
        return
    if ask_git(root, environ, "rev-parse", "--is-shallow-repository") != ("true",):
        return
    if ask_git(root, environ, "describe", "--tags", "--abbrev=0") is None:
        raise BuildError(
            f"{configuration}: the version comes from git tags, and this clone is shallow: no tag can be reached.",
            hint=f"Fetch the history and its tags: git -C {root} fetch --tags --unshallow (in a pipeline: "
            "fetch-depth 0), or give the version, as with SETUPTOOLS_SCM_PRETEND_VERSION.",
        )
