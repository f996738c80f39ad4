"""The identity of an environment's content: what must be built again when it changes, and nothing else.

Secrets, users, times, comments and the order of things whose order does not matter stay out.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote_plus, urlsplit, urlunsplit

from packaging.specifiers import Specifier, SpecifierSet
from packaging.utils import canonicalize_name, canonicalize_version

from amlpriv.facts.routes import Route
from amlpriv.specs.conda import CondaDependency, CondaSpec
from amlpriv.specs.pip import PipLine, PipOption, PipPath, PipRequirement, PipVcs
from amlpriv.specs.problems import input_error

__all__ = [
    "DIGEST_SCHEMA",
    "SourceIdentity",
    "canonical_environment",
    "canonical_package",
    "environment_digest",
    "environment_version",
    "parse_version",
    "plain_url",
]

DIGEST_SCHEMA = "amlpriv-env-1"
"""Changes when the meaning of the digest changes; every environment is then a new one."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_VERSION = re.compile(r"(c[0-9a-f]{12})(?:-([2-9]|[1-9][0-9]+))?")
_URL = re.compile(r"(?:[A-Za-z][A-Za-z0-9.-]*\+)?[A-Za-z][A-Za-z0-9.-]*://")
_TOKEN_IN_PATH = re.compile(r"/t/[^/]+(?=/)")  # a private conda channel: https://host/t/<token>/channel
# pip checks any of these hashes; whatever else stands in a fragment means nothing to it.
_KEPT_IN_FRAGMENT = ("egg", "md5", "sha1", "sha224", "sha256", "sha384", "sha512", "subdirectory")
_SECRET_FIELDS = frozenset(
    (
        *("sig", "code", "key", "api_key", "api-key", "apikey", "subscription-key", "auth"),
        *("token", "access_token", "id_token", "private_token", "private-token", "refresh_token"),
        *("password", "passwd", "pwd", "secret", "client_secret"),
    )
)
"""Fields of a query that grant access; which of them is used does not change what is fetched."""
_SIGNED_FIELDS = frozenset(
    (
        *("se", "si", "sip", "sp", "spr", "sr", "ss", "srt", "st", "sv"),
        *("saoid", "suoid", "scid", "sdd", "ses"),
    )
)
"""What else an Azure Storage signature consists of, besides ``sk...`` (REST reference, user delegation SAS)."""


@dataclass(frozen=True, slots=True)
class SourceIdentity:
    """A private package that is part of the environment."""

    name: str
    version: str
    content_hash: str
    route: Route
    url: str | None = None
    """The address by the route ``direct``, with the hash of the bytes: nobody keeps the old ones for a build."""


def canonical_environment(
    *,
    image: str | None,
    platform: str,
    conda: CondaSpec | None,
    sources: Iterable[SourceIdentity],
    template: str | None = None,
) -> dict[str, object]:
    """The environment in its normal form, as plain data.

    ``platform`` is for instance ``linux/x86_64``; ``template`` names the version of a generated Dockerfile. InputError
    for a pip line that is a path: the caller replaces it by the package's name.
    """
    identities = list(sources)
    private = {str(canonicalize_name(source.name)) for source in identities}
    return {
        "schema": DIGEST_SCHEMA,
        "image": image.strip() if image is not None else None,
        "platform": platform,
        "conda": None if conda is None else _conda(conda, private),
        "sources": _sorted(_source(source) for source in identities),
        "template": template,
    }


def environment_digest(canonical: Mapping[str, object]) -> str:
    """The sha256 of the normal form, in hex."""
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def environment_version(digest: str, renewal: int = 1) -> str:
    """``c`` and twelve hex digits, from the second renewal on with its number behind.

    The letter keeps YAML from reading a number. ValueError for what is no digest or a renewal below 1.
    """
    if not _DIGEST.fullmatch(digest) or renewal < 1:
        raise ValueError("a digest has 64 hexadecimal digits, and renewals count from 1")
    return f"c{digest[:12]}" + (f"-{renewal}" if renewal > 1 else "")


def parse_version(version: str) -> tuple[str, int] | None:
    """The first version and the number of the renewal; None for a version that amlpriv did not make."""
    match = _VERSION.fullmatch(version)
    return (match[1], int(match[2] or 1)) if match else None


def _sorted(items: Iterable[object]) -> list[object]:
    """Each item once, in the order of its JSON."""
    texts = {json.dumps(item, sort_keys=True) for item in items}
    return [json.loads(text) for text in sorted(texts)]


def _source(source: SourceIdentity) -> dict[str, str]:
    direct = {} if source.url is None else {"url": plain_url(source.url)}
    return {
        "name": canonicalize_name(source.name),
        "version": canonicalize_version(source.version, strip_trailing_zero=False),
        "content_hash": source.content_hash,
        "route": source.route.value,
        **direct,
    }


def _conda(conda: CondaSpec, private: Collection[str]) -> dict[str, object]:
    options = [line for line in conda.pip if isinstance(line, PipOption)]
    packages = [line for line in conda.pip if not isinstance(line, PipOption)]
    return {
        "channels": [plain_url(channel, channel=True) for channel in conda.channels],
        "dependencies": _sorted(_dependency(dependency) for dependency in conda.dependencies),
        "pip_options": [[option.name, None if option.value is None else plain_url(option.value)] for option in options],
        "pip": _sorted(canonical_package(line, private) for line in packages),
        "variables": dict(conda.variables),
    }


def _dependency(dependency: CondaDependency) -> dict[str, object]:
    match = dependency.match
    if match.template:
        return {"name": match.name, "template": " ".join(dependency.text.split())}
    is_url = _URL.match(dependency.text) and "::" not in dependency.text
    fields = {
        "name": match.name,
        "version": match.version,
        "build": match.build,
        "channel": None if match.channel is None else plain_url(match.channel, channel=True),
        "subdir": match.subdir,
        "others": dict(match.others),
        "url": plain_url(dependency.text, channel=True) if is_url else None,
    }
    return {name: value for name, value in fields.items() if value}


def canonical_package(line: PipLine, private: Collection[str]) -> dict[str, object]:
    """The normal form of a pip line that is a package; of a private one (by name) only what a wheel does not say.

    InputError for a path: the caller replaces it by the package's name.
    """
    if isinstance(line, PipRequirement):
        return _requirement(line, private)
    if isinstance(line, PipVcs):
        return {
            "url": plain_url(line.url),
            "name": line.name,
            "extras": _extras(line.extras),
            "marker": line.marker,
            "editable": line.editable,
            "hashes": sorted(line.hashes),
        }
    assert isinstance(line, PipPath)  # noqa: S101 - options are apart
    message = f"A path is no part of an environment's identity: {line.text!r}."
    raise input_error(message, line.position, hint="Name the package under 'sources' with this path.")


def _requirement(line: PipRequirement, private: Collection[str]) -> dict[str, object]:
    requirement = line.requirement
    result: dict[str, object] = {
        "name": line.name,
        "extras": _extras(requirement.extras),
        "marker": str(requirement.marker) if requirement.marker else None,
    }
    if line.name not in private:
        result["specifier"] = _specifiers(requirement.specifier)
        result["url"] = plain_url(requirement.url) if requirement.url else None
        result["hashes"] = sorted(line.hashes)
        if line.template:
            result["template"] = " ".join(line.text.split())
    return result


def _extras(extras: Iterable[str]) -> list[str]:
    return sorted({str(canonicalize_name(extra)) for extra in extras})


def _specifiers(specifiers: SpecifierSet) -> list[str]:
    return sorted({_specifier(specifier) for specifier in specifiers})


def _specifier(specifier: Specifier) -> str:
    if specifier.operator == "===":
        return f"==={specifier.version.lower()}"
    # ~=1.0 and ==1.0.* count their components; elsewhere PEP 440 ignores zeros at the end.
    counted = specifier.operator == "~=" or specifier.version.endswith(".*")
    base = specifier.version.removesuffix(".*")
    version = canonicalize_version(base, strip_trailing_zero=not counted)
    return f"{specifier.operator}{version}{'.*' if base != specifier.version else ''}"


def plain_url(text: str, *, channel: bool = False) -> str:
    """A URL without password, token and unknown fragments, its query in order; other text as it is.

    Only a conda channel has its token in the path.
    """
    if not _URL.match(text):
        return text
    try:
        parts = urlsplit(text)
    except ValueError:  # brackets that are no IPv6 address
        return re.sub(r"(?<=//)[^/@]*@", "", text.partition("?")[0].partition("#")[0])
    user, _, host = parts.netloc.rpartition("@")
    if user and parts.scheme.endswith("ssh"):
        # The user of ssh is part of the address, not a secret: git@host.
        host = f"{user.partition(':')[0]}@{host}"
    fields = [part for part in parts.fragment.split("&") if part.partition("=")[0] in _KEPT_IN_FRAGMENT]
    path = _TOKEN_IN_PATH.sub("", parts.path) if channel else parts.path
    return urlunsplit((parts.scheme, host.lower(), path, _plain_query(parts.query), "&".join(sorted(fields))))


def _plain_query(query: str) -> str:
    fields = [(unquote_plus(field.partition("=")[0]).lower(), field) for field in query.split("&") if field]
    signed = any(name == "sig" for name, _ in fields)
    return "&".join(sorted(field for name, field in fields if not _is_secret(name, signed)))


def _is_secret(name: str, signed: bool) -> bool:
    if name in _SECRET_FIELDS or name.startswith(("x-amz-", "x-goog-")):
        return True
    return name in _SIGNED_FIELDS or name.startswith("sk") if signed else False
