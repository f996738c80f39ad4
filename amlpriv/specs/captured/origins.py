"""Where an installed distribution came from, as a source of the environment file (PEP 610, PEP 660).

No credential that stands in a recorded address is ever taken over, and none is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import parse_qs, urlsplit

from amlpriv.connections.addresses import take_credentials
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitUrl, Transport
from amlpriv.findings import Finding, Severity
from amlpriv.secret import redact, without_query
from amlpriv.specs.captured.installed import Distribution
from amlpriv.specs.sources import GitSource, PathSource, Source, UrlSource

__all__ = ["Origin", "origin_of"]

NO_SOURCE = "AP701"
CREDENTIAL = "AP702"

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_SIGNATURE = {"sv", "sp", "se", "sr", "si", "st", "spr", "sig", "skoid", "sktid", "skt", "ske", "sks", "skv"}
"""The fields of a shared access signature that matter here (Azure Storage, "Create a service SAS")."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where one distribution came from. Without a source it came from an index, or a finding says why it has none."""

    source: Source | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def fixed(self) -> bool:
        """Whether the source itself says the version: a folder or a repository is built anew, and is what it is."""
        return isinstance(self.source, GitSource) or (
            isinstance(self.source, PathSource) and not self.source.path.lower().endswith(".whl")
        )


def origin_of(one: Distribution) -> Origin:
    """The origin of a distribution; conda's own have none, whatever stands in their direct_url.json (it names a folder
    of the machine that built them)."""
    if one.conda is not None or one.installer == "conda":
        return Origin()
    direct = one.direct_url
    if one.project is not None:
        return _folder(one, one.project, one.path_kind if one.path is not None else "folder")
    if direct is None:
        return Origin()
    url = direct.get("url")
    if not isinstance(url, str) or not url:
        return _none(one, "its direct_url.json cannot be read")
    if isinstance(direct.get("vcs_info"), Mapping):
        return _repository(one, url, direct)
    if one.path is not None:
        return _folder(one, one.path, one.path_kind) if "dir_info" in direct else _file(one, one.path, one.path_kind)
    return _address(one, url, direct)


def _folder(one: Distribution, path: str, kind: str | None) -> Origin:
    if kind != "folder":
        return _none(one, f"it was installed from the folder {path}, which is gone")
    if one.lies_there == "":
        return _none(one, f"it was installed from the folder {path}, which holds no project any more")
    if one.lies_there not in (None, one.key):
        return _none(one, f"it was installed from the folder {path}, which holds the project {one.lies_there!r} by now")
    return Origin(PathSource(path))


def _file(one: Distribution, path: str, kind: str | None) -> Origin:
    if kind == "folder":
        return _folder(one, path, kind)
    if kind is None:
        return _none(one, f"it was installed from the file {path}, which is gone")
    if not path.lower().endswith(".whl"):
        return _none(one, f"it was installed from the source archive {path}", "Unpack it and name the folder")
    return Origin(PathSource(path))


def _repository(one: Distribution, url: str, direct: Mapping[str, Any]) -> Origin:
    info = direct["vcs_info"]
    kind, commit = info.get("vcs"), info.get("commit_id")
    if kind != "git" or not isinstance(commit, str) or not commit:
        return _none(one, f"it was installed from a repository of kind {str(kind)[:20]!r}")
    subdirectory = direct.get("subdirectory")
    folder = subdirectory if isinstance(subdirectory, str) and subdirectory else None
    if one.path is not None:
        why = f"it was installed from the repository {one.path} of this machine, which nobody else can fetch from"
        return _none(one, why, "Push it to a host and install from there; or keep a folder of it at that commit")
    if folder is not None and _leads_out(folder):
        return _none(one, "the subdirectory in its direct_url.json is no folder of the repository")
    git = parse_git_url(url if url.startswith("git+") else f"git+{url}")
    if not git.host:
        return _none(one, "the address of its repository cannot be read")
    address = _address_of(git)
    source = GitSource(address, rev=commit, subdirectory=folder)
    if git.credentials is None:
        return Origin(source)
    message = f"{one.name} was installed from {address} with a credential in the address; it was left out."
    return Origin(source, (_credential(one, Severity.WARNING, message, _REVOKE),))


def _leads_out(subdirectory: str) -> bool:
    """Out of the repository, or to what is none of its files (``amlpriv.repositories.folders`` refuses the same)."""
    path = PurePosixPath(subdirectory.replace("\\", "/"))
    odd = any(part == ".." or ":" in part or part.lower() == ".git" for part in path.parts)
    return odd or path.is_absolute() or not subdirectory.isprintable()


def _address_of(git: GitUrl) -> str:
    """As it was written, without credentials; where nothing protects the way and the host is known, by https."""
    if git.transport in (Transport.GIT, Transport.HTTP) and git.https and git.https.startswith("https:"):
        return git.https
    scheme, _, rest = git.written.text.partition("://")
    user = f"{git.user}@" if git.transport is Transport.SSH and git.user else ""
    return f"{scheme}://{user}{rest}"


_REVOKE = "The source is fetched with git's own credentials. Revoke the one in direct_url.json: everybody can read it."


def _address(one: Distribution, url: str, direct: Mapping[str, Any]) -> Origin:
    bare, user = take_credentials(url)
    plain, query, sha256 = without_query(bare), urlsplit(bare).query, _sha256(direct)
    if user:
        message = f"{one.name} was installed from {plain} with a user and a password in the address."
        return Origin(None, (_credential(one, Severity.ERROR, message, _give_source(one, "Download the wheel")),))
    signed = bool(query) and set(parse_qs(query)) <= _SIGNATURE
    if query and not (signed and sha256):
        secret = redact(bare) != bare or signed
        message = f"{one.name} was installed from {plain} with {'a signature' if secret else 'a query'} in the address."
        return Origin(None, (_credential(one, Severity.ERROR, message, _give_source(one, "Download the wheel")),))
    if not urlsplit(plain).path.lower().endswith(".whl"):
        return _none(one, f"it was installed from {plain}, which is no wheel", "Unpack it and name the folder")
    if sha256 is None:
        return _none(one, f"it was installed from {plain}, and its sha256 was not recorded", "Download the wheel")
    source = UrlSource(plain, sha256)
    if not signed:
        return Origin(source)
    message = f"{one.name} was installed from {plain} with a signature in the address; it was left out."
    fix = "The source is fetched with your own credential. The signature in direct_url.json can be read by everybody."
    return Origin(source, (_credential(one, Severity.WARNING, message, fix),))


def _sha256(direct: Mapping[str, Any]) -> str | None:
    """PEP 610: ``hashes``, and the older ``hash`` as ``sha256=...``."""
    archive = direct.get("archive_info")
    if not isinstance(archive, Mapping):
        return None
    hashes = archive.get("hashes")
    value = hashes.get("sha256") if isinstance(hashes, Mapping) else None
    text = value if isinstance(value, str) else str(archive.get("hash", "")).partition("sha256=")[2]
    return text.lower() if _SHA256.fullmatch(text) else None


def _credential(one: Distribution, severity: Severity, message: str, fix: str) -> Finding:
    return Finding(CREDENTIAL, severity, one.key, message, fix)


def _give_source(one: Distribution, first: str) -> str:
    return f"{first}, and give it under 'sources': {one.key}: {{path: ...}}."


def _none(one: Distribution, why: str, first: str = "Find its project or its wheel") -> Origin:
    message = f"{one.name} {one.version} has no source: {why}."
    return Origin(None, (Finding(NO_SOURCE, Severity.ERROR, one.key, message, _give_source(one, first)),))
