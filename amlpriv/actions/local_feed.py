"""local feed: the package feeds of the local workspace, made and looked at."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from amlpriv.errors import ConflictError, LocalWorkspaceError, NotFoundError, UsageError

if TYPE_CHECKING:
    from amlpriv.local.state import State
    from amlpriv.secret import Secret

__all__ = [
    "LocalFeed",
    "LocalPackage",
    "local_feed_allow",
    "local_feed_create",
    "local_feed_delete",
    "local_feed_list",
    "local_feed_promote",
    "local_feed_token",
]

Say = Callable[[str], None]
_ORGANISATION, _PROJECT = "local", "ml"


@dataclass(frozen=True, slots=True)
class LocalPackage:
    """A package in a feed."""

    name: str
    versions: tuple[str, ...]
    """As they came."""
    from_upstream: tuple[str, ...]
    """Those of them that were saved from upstream."""
    deleted: tuple[str, ...]
    """Their numbers cannot be used again."""
    allow_external: bool
    """Whether versions from upstream may stand beside pushed ones."""


@dataclass(frozen=True, slots=True)
class LocalFeed:
    """A feed of the local workspace."""

    name: str
    organisation: str
    project: str | None
    url: str
    """For ``--index-url``."""
    upload_url: str
    """For twine and ``uv publish``."""
    upstream: bool
    """Whether it passes on what the user's default index has."""
    packages: tuple[LocalPackage, ...] = ()

    def as_json(self) -> dict[str, object]:
        """One of the objects that ``local feed list --json`` prints."""
        return asdict(self)

    def __str__(self) -> str:
        count = f"{len(self.packages)} package{'' if len(self.packages) == 1 else 's'}"
        return f"{self.name}: {count}, upstream {'on' if self.upstream else 'off'}\n  {self.url}"


def local_feed_create(
    name: str,
    *,
    organisation: str = _ORGANISATION,
    project: str | None = _PROJECT,
    upstream: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Say = lambda _: None,
) -> LocalFeed:
    """Make a feed; ``project`` None makes one of the organisation. ``name`` may also be ``organisation/project/name``
    or ``organisation/name``. The workspace is started when needed.

    Raises ConflictError when it is there already, UsageError for a name that a feed cannot have, LocalWorkspaceError.
    """
    if "/" in name:
        if (organisation, project) != (_ORGANISATION, _PROJECT):
            raise UsageError(f"{name!r} says where the feed is, and so does an option.", hint="Leave out one of them.")
        organisation, project, name = _scoped(name)
    state = _running(environ, say)
    asked = {"name": name, "organisation": organisation, "project": project, "upstream": upstream}
    return _read(state, _ask(state, "POST", "", asked))


def local_feed_list(*, environ: Mapping[str, str] | None = None, say: Say = lambda _: None) -> tuple[LocalFeed, ...]:
    """All feeds. The workspace is started when needed. Raises LocalWorkspaceError."""
    state = _running(environ, say)
    return tuple(_read(state, one) for one in _ask(state, "GET", "")["value"])


def local_feed_token(
    kind: str = "write", *, environ: Mapping[str, str] | None = None, say: Say = lambda _: None
) -> Secret:
    """A personal access token for all feeds of the local workspace, which opens nothing else. ``kind`` is one of
    ``write``, ``read``, ``expired``, ``norole``, ``listonly``. Raises UsageError, LocalWorkspaceError."""
    from amlpriv.local.feed.tokens import KINDS, load_tokens

    if kind not in KINDS:
        raise UsageError(f"There is no token of the kind {kind!r}.", hint=f"There are: {', '.join(KINDS)}.")
    tokens = load_tokens(_running(environ, say).root)
    if tokens is None:
        raise LocalWorkspaceError("The local workspace has no tokens.", hint="Stop it: amlpriv local stop.")
    return tokens[kind]


def local_feed_delete(
    feed: str, package: str, version: str, *, environ: Mapping[str, str] | None = None, say: Say = lambda _: None
) -> str:
    """Delete a version for good; its number can never be used again. Returns it normalised.

    Raises NotFoundError, UsageError, LocalWorkspaceError.
    """
    return str(_ask(_running(environ, say), "DELETE", _path(feed, package, version))["deleted"])


def local_feed_promote(
    feed: str,
    package: str,
    version: str,
    *,
    view: str = "Release",
    environ: Mapping[str, str] | None = None,
    say: Say = lambda _: None,
) -> LocalPackage:
    """Show a version in a view, ``Prerelease`` or ``Release``; there is no way back.

    Raises NotFoundError, UsageError, LocalWorkspaceError.
    """
    return _package(_ask(_running(environ, say), "PUT", _path(feed, package, version, view)))


def local_feed_allow(
    feed: str,
    package: str,
    *,
    allow: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Say = lambda _: None,
) -> LocalPackage:
    """Say whether versions from upstream may stand beside pushed ones of the package ("allow external versions").

    Raises NotFoundError, LocalWorkspaceError.
    """
    return _package(_ask(_running(environ, say), "PUT", _path(feed, package, "upstreaming"), {"allow": allow}))


def _scoped(text: str) -> tuple[str, str | None, str]:
    parts = text.split("/")
    if len(parts) not in (2, 3) or not all(parts):
        raise UsageError(f"{text!r} is no name for a feed.", hint="Write NAME or ORGANIZATION/PROJECT/NAME.")
    return parts[0], parts[1] if len(parts) == 3 else None, parts[-1]


def _running(environ: Mapping[str, str] | None, say: Say) -> State:
    from amlpriv.actions.local_exec import running_state

    return running_state(os.environ if environ is None else environ, start=True, say=say)


def _path(*parts: str) -> str:
    for part in parts:
        if not part.strip() or part in (".", ".."):
            raise UsageError(f"{part!r} is no name.")
    return "".join(f"/{quote(part, safe='')}" for part in parts)


def _ask(state: State, method: str, path: str, body: object = None) -> Any:
    from amlpriv.local.asking import exchange
    from amlpriv.local.proxy import START_ID_HEADER

    data = None if body is None else json.dumps(body).encode()
    headers = {START_ID_HEADER: state.start_id.reveal()}
    status, content = exchange(state, method, f"/_amlpriv/feeds{path}", headers, data, seconds=30)
    if status == 200:
        return content
    kinds = {400: UsageError, 404: NotFoundError, 409: ConflictError}
    raise kinds.get(status, LocalWorkspaceError)(str(content.get("error", {}).get("message", status)))


def _read(state: State, told: Mapping[str, Any]) -> LocalFeed:
    scope = {"organisation": told["organisation"], "project": told["project"]}
    return LocalFeed(
        name=told["name"],
        **scope,
        url=state.feed_url(told["name"], **scope),
        upload_url=state.feed_url(told["name"], **scope, area="upload"),
        upstream=told["upstream"],
        packages=tuple(_package(one) for one in told["packages"]),
    )


def _package(told: Mapping[str, Any]) -> LocalPackage:
    versions = tuple(one["version"] for one in told["versions"])
    upstream = tuple(one["version"] for one in told["versions"] if one["origin"] == "upstream")
    return LocalPackage(told["name"], versions, upstream, tuple(told["deleted"]), bool(told["allow_external"]))
