"""What git's last words mean: one name for each way in which a repository cannot be read.

The words are those of git (``remote-curl.c``, ``http.c``, ``credential.c``), libcurl, OpenSSH and the hosts, in English
(``LC_ALL=C``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum

__all__ = ["Outcome", "disk_is_full", "judge", "said"]


class Outcome(Enum):
    """How it went; permanent names."""

    OK = "ok"
    MISSING = "credential-missing"
    """The host wants a credential, and there is none."""
    REFUSED = "credential-refused"
    """The host does not know the credential (HTTP 401; ssh: no key that it takes)."""
    FORBIDDEN = "forbidden"
    """The host knows it and says no (HTTP 403)."""
    NOT_FOUND = "not-found"
    """HTTP 404, which GitHub, GitLab and Azure Repos say for a missing right, too."""
    NO_REPOSITORY = "no-repository"
    """Something answers there that is no git server."""
    SIGN_IN_PAGE = "sign-in-page"
    """A web page for signing in answers."""
    EMPTY = "empty"
    """The repository has no commit."""
    NO_REF = "unknown-reference"
    HOST = "unknown-host"
    UNREACHABLE = "unreachable"
    PROXY = "proxy"
    TLS = "tls"
    HOST_KEY = "host-key-unknown"
    HOST_KEY_CHANGED = "host-key-changed"
    TIMEOUT = "timeout"
    SERVER = "server-error"
    THROTTLED = "throttled"
    NO_GIT = "git-missing"
    OLD_GIT = "git-too-old"
    NO_SSH = "ssh-missing"
    TRANSPORT = "transport"
    """By a protocol that is not used: not encrypted, or a command."""
    ADDRESS = "address"
    UNKNOWN = "unknown"


_HTTP = {
    401: Outcome.REFUSED,
    403: Outcome.FORBIDDEN,
    404: Outcome.NOT_FOUND,
    407: Outcome.PROXY,
    410: Outcome.NOT_FOUND,
    429: Outcome.THROTTLED,
}
_STATUS = re.compile(r"(?:requested url returned error: |http )(\d{3})\b")

_WORDS: tuple[tuple[str, Outcome], ...] = (
    ("remote host identification has changed", Outcome.HOST_KEY_CHANGED),
    ("host key verification failed", Outcome.HOST_KEY),
    (r"(cannot run|unable to fork) .*\bssh|ssh: (command )?not found", Outcome.NO_SSH),
    (r"could not resolve proxy|connect tunnel failed|from proxy after connect|proxy connect aborted", Outcome.PROXY),
    (r"could not resolve host|name or service not known|could not resolve hostname", Outcome.HOST),
    (
        r"ssl certificate|certificate verif|certificate verify|gnutls|ssl_error|schannel|tls (connect|handshake)"
        r"|ssl routines|ssl connect error|certificate verify locations|server certificate",
        Outcome.TLS,
    ),
    (r"could not read (username|password)", Outcome.MISSING),
    (r"authentication failed for|permission denied \(|too many authentication failures", Outcome.REFUSED),
    (r"unable to update url base from redirection", Outcome.SIGN_IN_PAGE),
    (r"is this a git repository\?|invalid server response|not valid: could not determine hash", Outcome.NO_REPOSITORY),
    (r"transport '.*' not allowed", Outcome.TRANSPORT),
    (r"not our ref|couldn't find remote ref|remote branch .* not found", Outcome.NO_REF),
    (
        r"repository .*not found|tf401019|the project you were looking for could not be found"
        r"|does not appear to be a git repository|repository not exported|repository .*does not exist",
        Outcome.NOT_FOUND,
    ),
    (
        r"failed to connect|couldn't connect|could not connect|connection (refused|timed out|reset|closed)"
        r"|operation timed out|timed out|no route to host|network is unreachable|kex_exchange_identification"
        r"|empty reply from server|recv failure|operation too slow|early eof|unexpected disconnect",
        Outcome.UNREACHABLE,
    ),
)


def judge(lines: Iterable[str]) -> Outcome:
    """What git's output means. What it says first, of what we look for first, counts."""
    text = "\n".join(lines).lower()
    for pattern, outcome in _WORDS[:6]:
        if re.search(pattern, text):
            return outcome
    if found := _STATUS.search(text):
        status = int(found[1])
        return _HTTP.get(status, Outcome.SERVER if status >= 500 else Outcome.UNKNOWN)
    return next((outcome for pattern, outcome in _WORDS[6:] if re.search(pattern, text)), Outcome.UNKNOWN)


def disk_is_full(lines: Iterable[str]) -> bool:
    """Whether git had no space left to write."""
    return any("no space left on device" in line.lower() or "disk quota exceeded" in line.lower() for line in lines)


def said(lines: Iterable[str]) -> tuple[str, ...]:
    """The lines that a person would look at: the host's own and git's complaints; at most six."""
    kept = [line.strip() for line in lines if re.match(r"(remote|fatal|error|ssh|warning|git@|\S+@\S+):", line)]
    return tuple(line for line in dict.fromkeys(kept) if line not in ("remote:", "remote: "))[-6:]
