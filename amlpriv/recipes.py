"""What a registered conda text asks for: the request for a build on this machine, and what its content is known by."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from amlpriv.connections.rewriting import KnownConnection
from amlpriv.connections.uses import Use
from amlpriv.images import BuildRequest
from amlpriv.secret import SasUrl
from amlpriv.specs.authorising import authorise
from amlpriv.specs.conda import CondaSpec, parse_conda

__all__ = ["build_request", "content_key", "folder_name", "signed_addresses"]

_PINNED_PIP = re.compile(r"(={0,2})\s*(\d+(?:\.\d+)*)(\.?\*)?(?:[=\s]\S+)?")
_SIGNED = re.compile(r"https?://[^\s'\"?#]+\?(?:[^\s'\"#]*&)?sig=[^\s'\"#]+", re.IGNORECASE)
_SHOWN = 40


def build_request(
    text: str,
    *,
    folder: Path,
    key: str,
    imports: Mapping[str, tuple[str, ...]] | None = None,
    strict_python: bool = False,
    source: str | None = None,
    known: Sequence[KnownConnection] = (),
    use: Use = Use.JOB,
) -> BuildRequest:
    """The request for the conda YAML ``text`` with its real, signed URLs; ``source`` names it in errors.

    ``known`` are the workspace's connections: their credentials go to the index and git lines, as they do for this
    ``use`` in Azure ML. Key and content know nothing of them: another token is no other environment, and what was built
    is not built again for it. Raises InputError for what is no conda file.
    """
    conda = parse_conda(text, source)
    authorised = authorise(text, known, use=use, file=source)
    return BuildRequest(
        conda_text=text,
        asked_python=conda.python,
        folder=folder,
        imports=imports or {},
        strict_python=strict_python,
        secrets=(*signed_addresses(text), *authorised.secrets),
        conda_packages=tuple(item.name for item in conda.dependencies if item.name not in ("python", "pip")),
        key=key,
        pip=_pinned_pip(conda),
        variables=dict(conda.variables),
        content=content_key(text),
        authorised=authorised,
    )


def content_key(text: str) -> str:
    """A hash of all that a conda YAML says, the signatures in it excepted: they change when it is registered again."""
    content = json.dumps(_unsigned(yaml.safe_load(text)), sort_keys=True, default=str)
    return hashlib.sha256(f"amlpriv-content-1\n{content}".encode()).hexdigest()


def folder_name(name: str, key: str) -> str:
    """The folder of a build. An environment's name may be as long as a file's name can be, and we add to it."""
    return f"{name[:_SHOWN]}-{key[:16]}"


def signed_addresses(text: str) -> tuple[SasUrl, ...]:
    """The signed URLs in a text, without their fragments."""
    return tuple(SasUrl(url) for url in dict.fromkeys(_SIGNED.findall(text)))


def _unsigned(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _unsigned(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_unsigned(item) for item in value]
    return _SIGNED.sub(lambda found: found[0].partition("?")[0], value) if isinstance(value, str) else value


def _pinned_pip(conda: CondaSpec) -> str | None:
    """The pip that conda would install, as a specifier of pip's: conda's ``=25.3`` takes a 25.3.1 as well."""
    spec = next((item.spec.strip() for item in conda.dependencies if item.name == "pip"), "")
    match = _PINNED_PIP.fullmatch(spec)
    if match is None:
        return None
    sign, version, star = match.groups()
    return f"=={version}.*" if sign == "=" or star else f"=={version}"
