"""A git repository to a wheel: fetched with the user's own credential, built here, pinned to the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.connections.addresses import Credentials
from amlpriv.connections.git_hosts import Transport
from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitUrl
from amlpriv.credentials.finding import find_credential
from amlpriv.errors import AmlprivError, AuthenticationError, NotFoundError, PermissionDeniedError
from amlpriv.local.home import Home
from amlpriv.repositories.checkout import Checkout
from amlpriv.repositories.fetching import fetch
from amlpriv.specs.problems import input_error
from amlpriv.specs.sources import GitSource

__all__ = ["Origin", "fetched"]

_REFUSED = (AuthenticationError, PermissionDeniedError, NotFoundError)
"""Hosts answer 404 too where a repository must not be seen."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a wheel was built from, for the plan and the environment's properties. Holds no secret."""

    url: str
    commit: str
    subdirectory: str | None
    words: str

    @property
    def fields(self) -> str:
        """``git=https://... commit=... subdirectory=...``."""
        more = f" subdirectory={self.subdirectory}" if self.subdirectory else ""
        return f"git={self.url} commit={self.commit}{more}"

    def __str__(self) -> str:
        return self.words


def fetched(
    key: str,
    source: GitSource,
    work: Path,
    *,
    environ: Mapping[str, str],
    say: Callable[[str], None] = lambda _: None,
) -> tuple[Path, Origin]:
    """The project folder of a git source in ``work``, and its origin.

    The user's own credential helper and ssh agent are asked first, then everything that amlpriv knows
    (``amlpriv.credentials``). Raises InputError for an address that is none, and what ``repositories.fetch`` raises.
    """
    git = parse_git_url(source.url)
    if git.transport is None:
        complaint = git.complaints[-1]
        raise input_error(f"The source of {key}: {complaint.message}", source.position, hint=complaint.fix)
    say(f"fetching {key if ':' not in key else 'a package'} from {git.url}")
    checkout = _checkout(git, source, work, environ)
    for note in checkout.notes:
        say(f"note: {note}")
    origin = Origin(checkout.url, checkout.commit, checkout.subdirectory, checkout.describe)
    return checkout.folder, origin


def _checkout(git: GitUrl, source: GitSource, work: Path, environ: Mapping[str, str]) -> Checkout:
    try:
        return _fetch(git, source, work / "own", environ, None)
    except _REFUSED:
        if git.transport is Transport.SSH or git.credentials is not None:
            raise
        found = None
        with suppress(AmlprivError):  # the first answer says more
            found = find_credential(git, None, credential_sources(environ)).credentials
        if found is None:
            raise
        return _fetch(git, source, work / "again", environ, found)


def _fetch(
    git: GitUrl, source: GitSource, work: Path, environ: Mapping[str, str], credentials: Credentials | None
) -> Checkout:
    work.mkdir(parents=True)
    return fetch(
        git,
        rev=source.rev,
        tag=source.tag,
        branch=source.branch,
        subdirectory=source.subdirectory,
        credentials=credentials,
        environ=environ,
        work=work,
        cache=Home.find(environ).cache / "repositories",
    )
