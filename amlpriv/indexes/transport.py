"""Requests to an index: redirects by hand, so that the credential stays with its origin and every host is seen."""

from __future__ import annotations

import contextlib
import email.utils
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from amlpriv.connections.addresses import take_credentials
from amlpriv.connections.pages import is_sign_in_address
from amlpriv.errors import UsageError
from amlpriv.indexes.answers import Hop, Login, basic, origin_of
from amlpriv.indexes.routes import Route, find_route, trust
from amlpriv.indexes.troubles import Trouble, UnreachableError, failed, unreachable
from amlpriv.secret import without_query

if TYPE_CHECKING:
    import requests

__all__ = ["Limits", "Opened", "Transport", "lost"]

_REDIRECTS = (301, 302, 303, 307, 308)
_AGAIN = (429, 500, 502, 503, 504)
_MOST_HOPS = 20
_WAITS = (0.3, 1.0)
"""Seconds before the second and the third attempt."""
_LONGEST_WAIT = 30.0
_PASSING = frozenset({Trouble.RESET, Trouble.TIMEOUT, Trouble.REFUSED})
"""Troubles that another attempt may overcome."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Patience, in seconds."""

    connect: float = 10.0
    read: float = 30.0
    waits: tuple[float, ...] = _WAITS


@dataclass(frozen=True, slots=True)
class Opened:
    """An answer whose body is still to be read; close it by leaving the block of ``Transport.open``."""

    url: str
    response: requests.Response
    hops: tuple[Hop, ...]
    sign_in: bool = False


class Transport:
    """A session for all requests of one client; threads may share it."""

    def __init__(self, environ: Mapping[str, str], limits: Limits, pause: Callable[[float], None]) -> None:
        self._route = find_route(environ)
        self._limits = limits
        self._pause = pause
        self._session: requests.Session | None = None
        self._starting = threading.Lock()

    def close(self) -> None:
        """Give the connections back."""
        if self._session is not None:
            self._session.close()

    @contextlib.contextmanager
    def open(self, login: Login, url: str, headers: Mapping[str, str]) -> Iterator[Opened]:
        """GET an address, through all redirects. Statuses are the caller's to judge.

        The credential goes to addresses of the login's origin only. Raises UnreachableError; its ``hops`` are those
        that answered. Raises UsageError for what is no http(s) address.
        """
        _check(login.url)
        _check(url)
        opened = self._follow(login, url, dict(headers))
        try:
            yield opened
        finally:
            opened.response.close()

    def _follow(self, login: Login, url: str, headers: dict[str, str]) -> Opened:
        hops: list[Hop] = []
        try:
            while True:
                url, _ = take_credentials(url.partition("#")[0])
                own = _authorization(login, url)
                response = self._patiently(url, {**headers, **own})
                hops.append(Hop(without_query(url), response.status_code, bool(own)))
                if response.status_code not in _REDIRECTS or "location" not in response.headers:
                    return Opened(url, response, tuple(hops))
                with contextlib.closing(response):
                    target = _target(url, response.headers["location"])
                    self._check_target(url, target, hops)
                if is_sign_in_address(target):
                    return Opened(target, response, tuple(hops), sign_in=True)
                url = target
        except UnreachableError as error:
            error.hops = tuple(hops)
            raise

    def _check_target(self, url: str, target: str, hops: list[Hop]) -> None:
        if url.startswith("https:") and not target.startswith("https:"):
            raise unreachable(Trouble.DOWNGRADE, target)
        if len(hops) >= _MOST_HOPS or sum(hop.url == without_query(target) for hop in hops) > 2:
            raise unreachable(Trouble.LOOP, target)

    def _patiently(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        """The answer; a passing failure is tried again."""
        for wait in (*self._limits.waits, None):
            try:
                response = self._once(url, headers)
            except UnreachableError as error:
                if wait is None or error.trouble not in _PASSING:
                    raise
            else:
                if wait is None or response.status_code not in _AGAIN:
                    return response
                wait = max(wait, _retry_after(response))
                if wait > _LONGEST_WAIT:
                    return response
                response.close()
            self._pause(wait)
        raise AssertionError("the last attempt returns or raises")

    def _once(self, url: str, headers: Mapping[str, str]) -> requests.Response:
        import requests

        proxy = self._route.proxy(url)
        try:
            return self._opened().get(
                url,
                headers=dict(headers),
                allow_redirects=False,
                stream=True,
                timeout=(self._limits.connect, self._limits.read),
                proxies={"http": proxy, "https": proxy} if proxy else {},
                verify=self._route.bundle or True,
                cert=self._route.client_certificate,
            )
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError) as error:
            # Only the kind of it: the text of requests names the whole address.
            what = "its proxy cannot be used" if proxy else "it is no http(s) address"
            raise UsageError(f"{without_query(url)} cannot be asked: {what}.") from error
        except (requests.exceptions.RequestException, OSError) as error:
            raise failed(error, url) from None

    def _opened(self) -> requests.Session:
        with self._starting:
            if self._session is None:
                self._session = _session(self._route)
            return self._session


def _session(route: Route) -> requests.Session:
    from http.cookiejar import DefaultCookiePolicy

    import requests
    from requests.adapters import HTTPAdapter

    context = trust(route)

    class Adapter(HTTPAdapter):
        def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
            super().init_poolmanager(*args, **{**kwargs, "ssl_context": context})

        def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
            return super().proxy_manager_for(proxy, **{**kwargs, "ssl_context": context})

    class Session(requests.Session):
        def get_redirect_target(self, resp: requests.Response) -> None:
            """None: redirects are ours, and requests would fail on a broken one even where it is not to follow any."""

    session = Session()
    session.trust_env = False  # no netrc, and the proxy is ours to choose: the caller's environment, not the process's
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", Adapter(pool_maxsize=16))
    session.headers.update({"User-Agent": "amlpriv (like pip)"})
    return session


def _check(url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 0) >= 0
    except ValueError:
        good = False
    if not good:
        shown = take_credentials(url)[0].partition("?")[0]
        raise UsageError(f"{shown[:200]} is no http(s) address.", hint="Give the address that pip's --index-url takes.")


def _authorization(login: Login, url: str) -> dict[str, str]:
    """The header for this address: none where the origin is another one."""
    if login.credentials is None or origin_of(login.url) != origin_of(url):
        return {}
    return {"Authorization": f"Basic {basic(login.credentials)}"}


def _target(url: str, location: str) -> str:
    try:
        # urllib3 gives headers as Latin-1; servers send UTF-8 in them.
        text = location.encode("latin-1").decode("utf-8", "replace")
        target = urljoin(url, text)
        if urlsplit(target).scheme in ("http", "https") and urlsplit(target).hostname:
            return target
    except ValueError:
        pass
    raise unreachable(Trouble.BAD_REDIRECT, url)


def _retry_after(response: requests.Response) -> float:
    """Seconds (RFC 9110 section 10.2.3)."""
    text = response.headers.get("retry-after", "").strip()
    if text.isdecimal():
        return float(text)
    try:
        when = email.utils.parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, when.timestamp() - time.time())


def lost(error: Exception, opened: Opened) -> UnreachableError:
    """The error for a body that did not come to its end."""
    found = failed(error, opened.url)
    found.hops = opened.hops
    return found
