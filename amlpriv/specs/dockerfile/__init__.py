"""Dockerfiles, as far as checks and appending need them (Docker documentation, "Dockerfile reference").

``parse_dockerfile`` reads one, ``append`` adds instructions to its final stage and touches nothing before them;
``needs_buildkit``, ``copied_paths`` and ``final_base_image`` answer what checks ask.
"""

from __future__ import annotations

from amlpriv.specs.dockerfile.appending import append
from amlpriv.specs.dockerfile.looking import BaseImage, CopiedPath, copied_paths, final_base_image, needs_buildkit
from amlpriv.specs.dockerfile.model import (
    Directive,
    Dockerfile,
    DockerfileNote,
    Flag,
    Heredoc,
    Instruction,
    Pair,
    Stage,
    Word,
)
from amlpriv.specs.dockerfile.parsing import parse_dockerfile
from amlpriv.specs.dockerfile.variables import Substituted, from_variables, stage_variables, substitute

__all__ = [
    "BaseImage",
    "CopiedPath",
    "Directive",
    "Dockerfile",
    "DockerfileNote",
    "Flag",
    "Heredoc",
    "Instruction",
    "Pair",
    "Stage",
    "Substituted",
    "Word",
    "append",
    "copied_paths",
    "final_base_image",
    "from_variables",
    "needs_buildkit",
    "parse_dockerfile",
    "stage_variables",
    "substitute",
]
