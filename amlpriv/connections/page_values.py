"""What a page of an index says: the files of a project, or that it is no such page at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from amlpriv.errors import ServiceError

__all__ = ["BEST_HASHES", "File", "NotAPage", "NotAPageError", "Page", "is_plain", "normalized"]

BEST_HASHES = ("sha256", "sha512", "sha384", "blake2b_256", "sha3_256", "sha224", "sha1", "md5")
"""Names of hashes, the one to use first at the front."""

_SEPARATORS = re.compile(r"[-_.]+")
# What a name of a file must not hold: nothing that leads out of a folder, or that no disk takes.
_UNPLAIN = re.compile(r"[\x00-\x1f\x7f/\\:<>|\"?*]")


@dataclass(frozen=True, slots=True)
class File:
    """One file of a project. The address is not shown: it may be a signed one."""

    filename: str
    """Without any folder; it is safe to join it to one."""
    url: str = field(repr=False)
    """Absolute; without the fragment, whose hash stands in ``hashes``."""
    hashes: Mapping[str, str] = field(default_factory=dict)
    """By name in lower case, hexadecimal in lower case; empty where the index gives none."""
    requires_python: str | None = None
    yanked: str | None = None
    """PEP 592: the reason, which may be empty; None where the file is not yanked."""
    size: int | None = None
    """Bytes (PEP 700); None where the index does not say."""
    upload_time: str | None = None
    """As the index writes it (PEP 700: ISO 8601, UTC)."""
    metadata: Mapping[str, str] | None = None
    """PEP 658, 714: hashes of the file's METADATA at ``metadata_url``, empty where the index has it without a hash;
    None where the index does not serve it."""
    gpg_sig: bool | None = None

    @property
    def is_wheel(self) -> bool:
        """Whether it is a wheel by its name."""
        return self.filename.endswith(".whl")

    @property
    def is_yanked(self) -> bool:
        """Whether installers take it only when its very version is asked for (PEP 592)."""
        return self.yanked is not None

    @property
    def best_hash(self) -> tuple[str, str] | None:
        """The strongest hash that is given, with its name."""
        return next(((name, self.hashes[name]) for name in BEST_HASHES if name in self.hashes), None)

    @property
    def metadata_url(self) -> str:
        """Where METADATA would be served (PEP 658)."""
        path, mark, query = self.url.partition("?")
        return f"{path}.metadata{mark}{query}"


@dataclass(frozen=True, slots=True)
class Page:
    """The page of one project."""

    name: str
    """Normalised by PEP 503."""
    files: tuple[File, ...] = ()
    url: str = field(default="", repr=False)
    """Where it was read, behind all redirects."""
    versions: tuple[str, ...] = ()
    """PEP 700; empty where the index does not list them."""
    api_version: str = "1.0"
    """PEP 629."""
    junk: int = 0
    """Links that lead to no file, and entries that cannot be read; they were left out."""
    status: str | None = None
    """PEP 792: ``archived``, ``quarantined``, ``deprecated``; None for an active project or where it is not said."""


class NotAPage(Enum):
    """What came in place of a page."""

    SIGN_IN = "sign-in"
    """A page for people to sign in at: Azure DevOps sends browsers there, and what it takes for one."""
    WEB_PAGE = "web-page"
    OTHER_JSON = "other-json"
    NEWER = "newer"
    """A page of a major version that is not known here (PEP 629)."""
    BINARY = "binary"


class NotAPageError(ServiceError):
    """The server answered 200, and with something else than a page of an index; ``kind`` says with what."""

    def __init__(self, message: str, *, kind: NotAPage, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.kind = kind

    def __reduce__(self) -> tuple[object, ...]:
        return _again, (self.message, self.kind, self.hint)


def _again(message: str, kind: NotAPage, hint: str | None) -> NotAPageError:
    return NotAPageError(message, kind=kind, hint=hint)


def normalized(name: str) -> str:
    """A project's name as PEP 503 compares it."""
    return _SEPARATORS.sub("-", name).strip("-").lower()


def is_plain(filename: str) -> bool:
    """Whether it is safe to join this name to a folder."""
    return filename not in ("", ".", "..") and _UNPLAIN.search(filename) is None and filename == filename.strip(" .")
