"""The user's own proxy, by which the local workspace reaches foreign hosts: found, kept, and told to one that runs."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from amlpriv.errors import LocalWorkspaceError, StorageFullError
from amlpriv.local.asking import ask
from amlpriv.local.home import Home, write_private
from amlpriv.local.hosts import Upstream, proxy_of
from amlpriv.local.state import State

__all__ = ["Way", "load_way", "save_way", "settle_way", "system_proxy", "tell_way"]


@dataclass(frozen=True, slots=True)
class Way:
    """How foreign hosts are reached: directly, through the user's own proxy, or not at all."""

    upstream: Upstream | None = None
    problem: str = ""
    """Why the user's own proxy cannot be used."""
    known: bool = field(default=True, compare=False)
    """False when nothing was ever said about it."""

    def __str__(self) -> str:
        if self.problem:
            return f"Only the local workspace and this machine can be reached: {self.problem}."
        if self.upstream:
            return f"Other hosts are reached through your own proxy {self.upstream.host}:{self.upstream.port}."
        return "Other hosts are reached directly."

    def as_json(self) -> dict[str, Any]:
        """As it is stored and told. A password is in it."""
        return {"upstream": asdict(self.upstream) if self.upstream else None, "problem": self.problem}

    @classmethod
    def from_json(cls, stored: Any) -> Way:
        """The reverse of ``as_json``. Raises ValueError."""
        try:
            given = stored["upstream"]
            upstream = None
            if given is not None:
                names = ("host", "user", "password", "no_proxy")
                upstream = Upstream(port=int(given["port"]), **{name: str(given[name]) for name in names})
            return cls(upstream, str(stored["problem"]))
        except (KeyError, TypeError, ValueError):
            raise ValueError("an upstream with host, port, user, password and no_proxy is expected") from None


def load_way(home: Home) -> Way:
    """The last one that was in use; the direct one when nothing is known."""
    try:
        return Way.from_json(json.loads(home.upstream.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return Way(known=False)


def save_way(home: Home, way: Way) -> None:
    """Keep it, for the owner only. A disk that is full is no reason not to go on."""
    with contextlib.suppress(LocalWorkspaceError, StorageFullError):
        write_private(home.upstream, json.dumps(way.as_json(), indent=2) + "\n")


def settle_way(home: Home, environ: Mapping[str, str]) -> Way:
    """What ``environ`` says, or inside a shell that was led to a local workspace the last one; it is kept."""
    way = _way_of(environ)
    if way is None:
        return load_way(home)
    save_way(home, way)
    return way


def tell_way(home: Home, state: State, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Let the running workspace use the proxy that ``environ`` names, and say so when that is another one.

    Raises LocalWorkspaceError when it does not answer.
    """
    before = load_way(home)
    told = _way_of({**environ, **system_proxy(environ)})
    way = told or before
    if told and (told != before or not before.known):
        # By the body of a request to this machine, over TLS: a password is neither an argument nor in a log.
        changed = ask(state, "PUT", "upstream", way.as_json())["changed"]
        if changed and not way.problem:
            say(f"{way} That holds for all programs that use this local workspace.")
    if way.problem:
        say(str(way))


def system_proxy(environ: Mapping[str, str]) -> dict[str, str]:
    """The proxy of the system's settings (Windows, macOS), when no variable names one."""
    if proxy_of(environ):
        return {}
    if sys.platform in {"win32", "darwin"}:
        import urllib.request

        found = urllib.request.getproxies().get("https")
        return {"HTTPS_PROXY": found} if found else {}
    return {}


def _way_of(environ: Mapping[str, str]) -> Way | None:
    """What ``environ`` says; None when it names a local workspace's own proxy, behind which is what was before."""
    url = proxy_of(environ)
    if url and url == environ.get("AMLPRIV_PROXY"):
        return None
    try:
        return Way(Upstream.find(environ))
    except ValueError as error:
        return Way(problem=str(error))
