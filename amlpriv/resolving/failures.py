"""What keeps uv from resolving, read from its words (uv 0.13): a failure has no machine-readable form."""

from __future__ import annotations

import re
from collections.abc import Sequence

from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    BuildError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
)
from amlpriv.secret import redact, without_query
from amlpriv.target import Target

__all__ = [
    "IndexUnreachableError",
    "NoSolutionError",
    "NoWheelError",
    "UnknownPackageError",
    "read_failure",
]

_LINES = 12
_LONGEST = 700
"""Characters of a line that is repeated."""


class NoSolutionError(BuildError):
    """The requirements contradict one another, or no version satisfies them."""


class NoWheelError(BuildError):
    """A package has files, and none of them installs on the target."""

    def __init__(self, message: str, *, package: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.package = package


class UnknownPackageError(NotFoundError):
    """No index that was asked has a package of this name."""

    def __init__(self, message: str, *, package: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.package = package


class IndexUnreachableError(NetworkError):
    """The index did not answer."""


_NAME = r"(?P<package>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)"
_ANY_VERSION = r"(?:[<>=!~][^ ]*)?"
_URL = r"\((?P<url>https?://[^)\s]+)\)"
_DENIED = re.compile(
    rf"(?:{_URL} )?could not be queried due to a lack of valid authentication credentials|401 Unauthorized"
)
_FORBIDDEN = re.compile(rf"(?:{_URL} )?returned a 403 Forbidden error|403 Forbidden")
_UNKNOWN = re.compile(rf"{_NAME} was not found in the (?:package registry|provided package locations)")
_NO_WHEEL = re.compile(
    rf"{_NAME}{_ANY_VERSION} has no (?:usable wheels|wheels with a matching (?P<what>Python \w+|platform)[\w ]* tag)"
)
_FOUND_TAGS = re.compile(r"(?:following [A-Za-z ]+ tags?|following platforms?): (?P<tags>.+)")
_NEEDED_BY = r"(?:versions of )?(?P<parent>[A-Za-z0-9._-]+){any} depends? on {package}(?![A-Za-z0-9._-])"
_GLIBC = re.compile(r"manylinux_(\d+)_(\d+)_(\w+)")
_SYNTAX = re.compile(r"Couldn't parse requirement|is not a valid (?:version|requirement)|Unsupported requirement")
_UNREACHED = re.compile(
    r"error sending request|dns error|tcp connect error|network was disabled|operation timed out|Failed to fetch"
    r"|Request failed after|Network connectivity is disabled"
)
_STATUS = re.compile(r"HTTP status (?:server|client) error \((\d{3})")
_TLS = re.compile(r"(?i)invalid peer certificate|UnknownIssuer|certificate")


def read_failure(code: int, tail: Sequence[str], target: Target, indexes: Sequence[str]) -> AmlprivError:
    """The error for uv's exit code and last words. ``indexes`` are the addresses that were asked, without secrets."""
    text = "\n".join(line.rstrip() for line in tail if line.strip())
    where = " or ".join(indexes) or "the folder"
    if (match := _DENIED.search(text)) is not None:
        return AuthenticationError(
            f"{_asked(match, where)} wants a credential, or does not accept this one (401).",
            hint=_hint("Check the token and how long it is valid: 'amlpriv connect test'.", text),
        )
    if (match := _FORBIDDEN.search(text)) is not None:
        return PermissionDeniedError(
            f"{_asked(match, where)} does not show the package to this credential (403).",
            hint=_hint(
                "It needs permission to read packages: for Azure Artifacts Feed Reader, or the scope vso.packaging.",
                text,
            ),
        )
    if (match := _UNKNOWN.search(text)) is not None:
        return _unknown(match["package"], text, where)
    if (match := _NO_WHEEL.search(text)) is not None:
        return _no_wheel(match, text, target)
    if code == 1 and "Because" in text:
        return NoSolutionError(f"No solution for {target}: {_reason(text)}", hint=_words(text))
    if _SYNTAX.search(text):
        return InputError("uv cannot read a requirement.", hint=_words(text))
    if _UNREACHED.search(text):
        return _unreached(text, where)
    return BuildError(f"uv could not resolve the requirements (exit code {code}).", hint=_words(text))


def _asked(match: re.Match[str], where: str) -> str:
    return without_query(match["url"]) if match["url"] else where


def _unknown(package: str, text: str, where: str) -> UnknownPackageError:
    needed = re.search(_NEEDED_BY.format(any=_ANY_VERSION, package=re.escape(package)), text)
    by = f" {needed['parent']} needs it." if needed else ""
    hint = (
        "Check its spelling. A private package is to be pushed first ('amlpriv feed push') and resolved from that feed."
    )
    return UnknownPackageError(
        f"There is no package {package!r} in {where}.{by}", package=package, hint=_hint(hint, text)
    )


def _no_wheel(match: re.Match[str], text: str, target: Target) -> NoWheelError:
    package = match["package"]
    found = _FOUND_TAGS.search(text)
    tags = found["tags"].replace("`", "") if found else ""
    if not match["what"]:
        why = f"{package} has no wheel, only a source archive."
        fix = (
            "Build a wheel of it and push that ('amlpriv feed push'), choose another version, or allow source archives."
        )
    elif (glibc := _least_glibc(tags, target)) > target.glibc:
        here = ".".join(map(str, target.glibc))
        why = f"{package} needs glibc {'.'.join(map(str, glibc))}, and the target has {here}."
        fix = "Choose a newer base image or an older version."
    else:
        why = f"{package} has wheels for {tags or 'others'} only, and none for {target}."
        fix = "Choose another version, or build a wheel for the target."
    return NoWheelError(why, package=package, hint=_hint(fix, text))


def _least_glibc(tags: str, target: Target) -> tuple[int, int]:
    """The oldest glibc for which there are wheels; (0, 0) when it is not about glibc."""
    return min(((int(a), int(b)) for a, b, arch in _GLIBC.findall(tags) if arch == target.arch), default=(0, 0))


def _reason(text: str) -> str:
    """uv's explanation up to its first conclusion."""
    flat = " ".join(text.split())
    because = re.search(r"Because (.*?)(?:, we can conclude|$)", flat)
    return f"{because[1]}." if because else "the requirements contradict one another."


def _unreached(text: str, where: str) -> AmlprivError:
    if (status := _STATUS.search(text)) is not None:
        return ServiceError(f"{where} answered HTTP {status[1]}.", hint=_hint("Run it again in a while.", text))
    if _TLS.search(text):
        fix = "Its certificate is not trusted here: set SSL_CERT_FILE to your organisation's CA bundle."
        return IndexUnreachableError(f"{where} could not be asked: TLS failed.", hint=_hint(fix, text))
    fix = "Check the address, the network and the proxy (HTTPS_PROXY)."
    return IndexUnreachableError(f"{where} did not answer.", hint=_hint(fix, text))


def _hint(fix: str, text: str) -> str:
    return f"{fix}\n{_words(text)}"


def _words(text: str) -> str:
    lines = [line[:_LONGEST] for line in text.splitlines()[:_LINES]]
    return redact("\n".join(["uv says:", *lines])) if lines else "uv said nothing."
