"""uv and twine as they send one file: their arguments, their environment, and what they say afterwards.

Credentials go by environment variable only (uv "Publishing your package"; twine "Environment variables"). The user's
own settings for publishing must not lead another way: uv.toml and pyproject.toml, .pypirc, keyring, netrc, UV_PUBLISH_*
and TWINE_*. The user's proxy and certificates stay.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from html import unescape
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.errors import UsageError
from amlpriv.indexes.routes import find_route
from amlpriv.interpreters import uv_program
from amlpriv.processes import ToolMissingError, run

__all__ = ["NoAnswer", "Reply", "Tool", "choose_tool", "send"]

TOKEN_USER = "__token__"  # noqa: S105  a user name
"""The user beside a token that came alone: Azure DevOps takes any, GitLab and the public index this one."""

_ANONYMOUS = "anonymous"
_TIMEOUT = 3600.0
"""Seconds for one file."""
_MOST_LINES = 1000
_DROPPED = (
    *("UV_PUBLISH_", "TWINE_", "UV_CONFIG_FILE", "UV_KEYRING_PROVIDER", "UV_WORKING_DIR", "TERM", "FORCE_COLOR"),
    *("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX", "UV_FIND_LINKS"),  # their addresses may hold credentials
)
"""What the names of variables begin with that have no say here."""
_EMPTY = ("pypirc", "netrc")
"""Files in place of the user's. They exist: where NETRC leads nowhere, uv reads ~/.netrc (uv 0.13)."""


class Tool(Enum):
    """What talks to the index."""

    UV = "uv"
    TWINE = "twine"


class NoAnswer(Enum):
    """Why no answer came."""

    NETWORK = "network"
    TLS = "tls"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of sending one file."""

    sent: bool
    status: int | None = None
    """The server's; None when it took the file, or no answer came."""
    words: str = ""
    """What the server, or else the tool, says: one line, redacted."""
    no_answer: NoAnswer | None = None


def choose_tool(wish: Tool | None, environ: Mapping[str, str]) -> Tool:
    """The tool to use: the wish, else uv, else twine. Raises UsageError when it is not there."""
    there = {Tool.UV: lambda: _uv(environ) is not None, Tool.TWINE: lambda: _twine(environ) is not None}
    for tool in (wish,) if wish is not None else tuple(Tool):
        if there[tool]():
            return tool
    names = wish.value if wish is not None else "uv nor twine"
    raise UsageError(
        f"{names} was not found." if wish is not None else f"Neither {names} was found.",
        hint=f"pip install {(wish or Tool.UV).value}",
    )


def send(
    path: Path,
    url: str,
    credentials: Credentials | None,
    *,
    tool: Tool,
    environ: Mapping[str, str],
    work: Path,
    cancelled: Callable[[], bool] | None = None,
) -> Reply:
    """Send one file to ``url`` (without a credential in it); ``work`` is an empty private folder of the caller's.

    Raises ToolMissingError, ToolTimeoutError, ToolCancelledError.
    """
    for name in _EMPTY:
        (work / name).touch()
    command = _command(tool, url, path, environ, work)
    token = credentials.token if credentials is not None else None
    lines: list[str] = []
    completed = run(
        command,
        cwd=work,
        env={**_settings(environ, work), **_signing_in(tool, credentials)},
        timeout=_TIMEOUT,
        on_line=lambda line: lines.append(line) if len(lines) < _MOST_LINES else None,
        secrets=(token,) if token is not None and token.reveal() else (),
        cancelled=cancelled,
    )
    last = completed.tail if len(lines) >= _MOST_LINES else ()
    return read_reply((*lines, *last), succeeded=completed.succeeded, tool=tool)


def _uv(environ: Mapping[str, str]) -> str | None:
    return shutil.which(str(uv_program(environ)), path=environ.get("PATH", os.defpath))


def _twine(environ: Mapping[str, str]) -> tuple[str, ...] | None:
    if importlib.util.find_spec("twine") is not None:
        return (sys.executable, "-m", "twine")
    found = shutil.which("twine", path=environ.get("PATH", os.defpath))
    return (found,) if found is not None else None


def _command(tool: Tool, url: str, path: Path, environ: Mapping[str, str], work: Path) -> Sequence[str]:
    if tool is Tool.UV:
        program = str(uv_program(environ))
        options = ("--no-config", "--trusted-publishing", "never", "--keyring-provider", "disabled")
        quiet = ("--no-attestations", "--no-progress", "--color", "never")
        return (program, "publish", *options, *quiet, "--publish-url", url, "--", _literal(path))
    twine = _twine(environ)
    if twine is None:
        raise ToolMissingError("The program twine was not found.", hint="pip install twine")
    config = str(work / "pypirc")
    options = ("--non-interactive", "--disable-progress-bar", "--verbose", "--config-file", config)
    return (*twine, "upload", *options, "--repository-url", url, "--", str(path.absolute()))


def _literal(path: Path) -> str:
    """uv takes patterns, and a folder's name may hold what is special in them."""
    return re.sub(r"([*?\[\]])", r"[\1]", str(path.absolute()))


def _settings(environ: Mapping[str, str], work: Path) -> dict[str, str]:
    """The user's environment without what is about publishing. The way is the one on which the index is read."""
    rest = {name: value for name, value in environ.items() if not name.upper().startswith(_DROPPED)}
    return {
        "UV_UPLOAD_HTTP_TIMEOUT": "900",
        **rest,
        **_way(environ),
        "NETRC": str(work / "netrc"),
        "UV_CREDENTIALS_DIR": str(work / "credentials"),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "NO_COLOR": "1",
        "COLUMNS": "2000",  # twine would break lines, and words, at 80
    }


def _way(environ: Mapping[str, str]) -> dict[str, str]:
    """Certificates and proxy: requests (twine) and uv have variables of their own, and know nothing of pip's."""
    route = find_route(environ)
    if route.bundle is None:
        settings = {"UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}  # the newer and the older name
    else:
        own = "SSL_CERT_DIR" if Path(route.bundle).is_dir() else "SSL_CERT_FILE"
        settings = {own: route.bundle, "REQUESTS_CA_BUNDLE": route.bundle}
    if route.fixed_proxy is not None:
        proxy = route.fixed_proxy.reveal()
        settings |= {name: proxy for each in ("http_proxy", "https_proxy") for name in (each, each.upper())}
    return settings


def _signing_in(tool: Tool, credentials: Credentials | None) -> dict[str, str]:
    user = credentials.user if credentials is not None else None
    token = credentials.token if credentials is not None else None
    prefix = "UV_PUBLISH" if tool is Tool.UV else "TWINE"
    if token is None:
        # Both tools want a credential, or else look for one of the user's; a server that wants none looks at none.
        return {f"{prefix}_USERNAME": _ANONYMOUS, f"{prefix}_PASSWORD": _ANONYMOUS}
    alone = user is None or user == token
    name = TOKEN_USER if alone or user is None else user.reveal()
    return {f"{prefix}_USERNAME": name, f"{prefix}_PASSWORD": token.reveal()}


_STATUS = re.compile(r"status code (\d{3})\b(.*)|HTTPError: (\d{3})\b(.*)")
_WRONG_METHOD = "POST requests are not supported"
_NO_CREDENTIALS = ("Missing credentials for", "Credential not found")
_TLS = re.compile(r"(?i)certificate|SSLError|UnknownIssuer|\bTLS\b|handshake")
_NETWORK = re.compile(
    r"(?i)error sending request|client error \(connect\)|dns error|timed? ?out|Max retries|ConnectionError"
    r"|connection (?:refused|reset|closed|aborted)|NameResolution|ProxyError|ReadTimeout|tunnel"
)
_TAG = re.compile(r"<(style|head|script)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_JSON_MESSAGE = re.compile(r'"(?:message|detail|error_description)"\s*:\s*("(?:[^"\\]|\\.)+")')
_LONGEST = 400


def read_reply(lines: Sequence[str], *, succeeded: bool, tool: Tool) -> Reply:
    """What a tool's last lines mean. Formats: uv 0.5 to 0.13, twine 4 to 7."""
    text = "\n".join(lines)
    if succeeded:
        # uv leaves out what it does not like the name of, and ends well.
        skipped = re.search(r"^warning: (.*skipping.*)$", text, re.MULTILINE)
        if tool is Tool.UV and (skipped or not re.search(r"(?m)^\s*(Uploading|File .* already exists)", text)):
            return Reply(False, None, _one_line(skipped[1] if skipped else text))
        return Reply(True)
    if match := _STATUS.search(text):
        status = int(match[1] or match[3])
        return Reply(False, status, _server_words(text, match))
    if _WRONG_METHOD in text:
        return Reply(False, 405, "POST requests are not supported.")
    if any(words in text for words in _NO_CREDENTIALS):
        return Reply(False, 401, "The server wants a credential.")
    if _NETWORK.search(text) or _TLS.search(text):
        return Reply(False, None, _cause(lines), NoAnswer.TLS if _TLS.search(text) else NoAnswer.NETWORK)
    return Reply(False, None, _cause(lines))


def _server_words(text: str, match: re.Match[str]) -> str:
    """What the body says: the message of JSON (Azure DevOps and others), else its text without markup and style; where
    there is no body, the reason phrase."""
    reason = (match[2] or match[4] or "").partition(" from http")[0].partition("Server says:")[0].strip(" .:")
    _, said, body = text.partition("Server says:")
    if not said:  # twine --verbose
        body = text.partition("Response from ")[2].partition("\n")[2].partition("HTTPError:")[0]
        body = re.sub(r"(?m)^(INFO|ERROR|WARNING)\b", "", body)
        body = body.partition(f"{match[3]} ")[2].partition("\n")[2] or body
    if message := _JSON_MESSAGE.search(body):
        with contextlib.suppress(ValueError):
            return _one_line(json.loads(message[1]))
    plain = unescape(_TAG.sub(" ", body)).strip()
    return _one_line(plain or reason)


def _cause(lines: Sequence[str]) -> str:
    """The last thing that is said, without a traceback."""
    said = [line.strip() for line in lines if line.strip()]
    return _one_line(re.sub(r"^(error|cause|ERROR)\s*:?\s*", "", said[-1])) if said else "It said nothing."


def _one_line(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST else f"{words[: _LONGEST - 3]}..."
