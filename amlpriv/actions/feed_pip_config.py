"""feed pip-config: how pip, uv and a container get at a feed, without the token in any file that we write.

Sources: pip "Configuration" and "Authentication", uv "Package indexes" and "Authentication", Docker "Build secrets",
Azure Artifacts "Connect to a feed with pip" and artifacts-keyring.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from amlpriv.actions.feed_place import FeedPlace, feed_place
from amlpriv.actions.publish import Quiet
from amlpriv.connections.feed_kinds import FeedKind
from amlpriv.connections.users import FEED_USERS
from amlpriv.errors import InputError, UsageError
from amlpriv.files import write_text

__all__ = ["KINDS", "PipConfig", "feed_pip_config"]

TOKEN = "FEED_TOKEN"  # noqa: S105  the name of a variable
_AZURE = (FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER)
_PIP_PLACES = {
    "Linux": "~/.config/pip/pip.conf, for everybody /etc/pip.conf",
    "macOS": "~/Library/Application Support/pip/pip.conf (or ~/.config/pip/pip.conf)",
    "Windows": r"%APPDATA%\pip\pip.ini",
    "virtual environment": "pip.conf (Windows: pip.ini) in its folder",
}


@dataclass(frozen=True, slots=True)
class PipConfig:
    """A file for one tool, and what to do besides. There is no token in it, only a placeholder where one goes."""

    tool: str
    """One of ``KINDS``."""
    feed: str
    """Address of the simple pages."""
    index: str
    """The index's name."""
    filename: str
    content: str
    places: Mapping[str, str]
    """Where the file goes, by system."""
    steps: tuple[str, ...]
    """How the credential gets there, and what else there is to know: one sentence or command each."""
    written: Path | None = None

    def as_json(self) -> dict[str, object]:
        """The object that ``--json`` prints."""
        return {
            "for": self.tool,
            "feed": self.feed,
            "index": self.index,
            "filename": self.filename,
            "content": self.content,
            "places": dict(self.places),
            "steps": list(self.steps),
            "written": str(self.written) if self.written else None,
        }


def feed_pip_config(
    feed: str,
    *,
    tool: str = "pip",
    out: str | os.PathLike[str] | None = None,
    workspace: object = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], None] | None = None,
) -> PipConfig:
    """The settings for ``tool`` (one of ``KINDS``) to install from a feed: its address, a connection of the workspace
    whose target is a whole feed, or ``"local"``. Nothing is asked of the feed, and no credential is looked for.

    ``out`` writes the content to a file that does not exist yet. Raises UsageError, InputError, NotFoundError.
    """
    if tool not in KINDS:
        raise UsageError(f"{tool!r} is nothing that can be configured.", hint=f"Use one of {', '.join(KINDS)}.")
    surroundings = os.environ if environ is None else environ
    place = feed_place(
        feed,
        environ=surroundings,
        folder=Path.cwd(),
        workspace=workspace,
        start=start,
        say=say or Quiet().say,
    )
    filename, content, places, steps = _WRITERS[tool](place)
    written = Path(out) if out is not None else None
    if written is not None:
        if written.exists():
            hint = "Name another one, or print it and add to the file what is missing."
            raise InputError("This file exists already, and stays as it is.", file=written, hint=hint)
        write_text(written, content, private=tool == "netrc")
    return PipConfig(tool, _simple(place), place.name, filename, content, places, (*steps, *_always(place)), written)


_Answer = tuple[str, str, Mapping[str, str], tuple[str, ...]]


def _pip(place: FeedPlace) -> _Answer:
    certificate = f"cert = {place.local.ca_bundle}\n" if place.local else ""
    steps = (
        "The credential: pip asks netrc ('--for netrc') and keyring ('--for keyring') by itself.",
        "Or the whole address at run time, from a secret of the VM, container or pipeline (percent-encode what is no"
        f' letter or digit): export PIP_INDEX_URL="{_with_token(place)}"',
        f"pip.conf knows no variables: what looks like ${TOKEN} in it would be sent as it is.",
        "Keep index-url the only one: with extra-index-url pip takes a private name from whoever has the higher"
        " version.",
    )
    return "pip.conf", f"[global]\nindex-url = {_simple(place)}\n{certificate}", _PIP_PLACES, steps


def _uv(place: FeedPlace) -> _Answer:
    content = f'[[index]]\nname = "{place.name}"\nurl = "{_simple(place)}"\ndefault = true\nauthenticate = "always"\n'
    stem = f"UV_INDEX_{re.sub(r'[^A-Za-z0-9]', '_', place.name).upper()}"
    places = {
        "Linux": "~/.config/uv/uv.toml, for everybody /etc/uv/uv.toml",
        "macOS": "~/.config/uv/uv.toml",
        "Windows": r"%APPDATA%\uv\uv.toml",
        "project": "uv.toml beside pyproject.toml, or in it as [[tool.uv.index]]",
    }
    steps = (
        f"The credential, at run time: export {stem}_USERNAME={_user(place)} {stem}_PASSWORD=${TOKEN}",
        "uv reads netrc as well ('--for netrc'), and keyring with keyring-provider = \"subprocess\" ('--for keyring').",
        *((f"uv needs the certificate: export SSL_CERT_FILE={place.local.ca_bundle}",) if place.local else ()),
    )
    return "uv.toml", content, places, steps


def _netrc(place: FeedPlace) -> _Answer:
    host = place.feed.host
    content = f"machine {host}\nlogin {_user(place)}\npassword <{TOKEN}>\n"
    places = {"Linux": "~/.netrc", "macOS": "~/.netrc", "Windows": r"%USERPROFILE%\_netrc", "elsewhere": "NETRC=FILE"}
    steps = (
        f"Replace <{TOKEN}> where the file is used, by the machine that has the secret; nobody else may read it:"
        " chmod 600 ~/.netrc",
        "pip, uv, curl and git read it. It says nothing of the index: '--for pip' or '--for uv' does.",
        f"The token is sent to every address at {host}, whatever its path.",
    )
    return ".netrc", content, places, steps


def _keyring(place: FeedPlace) -> _Answer:
    azure = place.feed.kind in _AZURE
    user = "VssSessionToken" if azure else _user(place)
    address = _with_user(place, user)
    content = f"[global]\nindex-url = {address}\nkeyring-provider = subprocess\n"
    if azure:
        steps: tuple[str, ...] = (
            "Install the helper once, outside of all environments: uv tool install keyring --with artifacts-keyring"
            " (or pipx install keyring, pipx inject keyring artifacts-keyring). It needs the .NET runtime.",
            "It signs in by itself where it can (a browser, a managed identity, the pipeline's task), and keeps the"
            " token in its own cache.",
        )
    else:
        steps = (
            "Install keyring once, version 25.2.1 or newer: uv tool install keyring",
            f"Put the token into it; it asks for it: keyring set {_simple(place)} {user}",
        )
    steps += (
        f'uv: [[index]] with url = "{address}", default = true, and keyring-provider = "subprocess" above it.',
        "A container and a VM without a desktop have no keyring: use '--for netrc' or '--for docker' there.",
    )
    return "pip.conf", content, _PIP_PLACES, steps


def _docker(place: FeedPlace) -> _Answer:
    content = (
        "# syntax=docker/dockerfile:1\n"
        "# The secret is there while this one command runs, and in no layer. Without required=true a build without it"
        " would go on, and take what is public.\n"
        "RUN --mount=type=secret,id=feed-netrc,target=/run/secrets/feed-netrc,mode=0444,required=true \\\n"
        "    NETRC=/run/secrets/feed-netrc \\\n"
        f"    python -m pip install --no-cache-dir --index-url {_simple(place)} -r requirements.txt\n"
    )
    steps = (
        "Build with BuildKit: docker build --secret id=feed-netrc,src=$HOME/.netrc . (the file: '--for netrc')",
        "Never --build-arg or ENV for a token: both stay in the image.",
        "Azure ML's own image build takes no secrets: build such an image yourself and push it to your registry, or"
        " use an environment with a connection ('amlpriv connect feed').",
    )
    return "Dockerfile", content, {"container": "the Dockerfile, in place of its pip install"}, steps


_WRITERS: Mapping[str, Callable[[FeedPlace], _Answer]] = {
    "pip": _pip,
    "uv": _uv,
    "netrc": _netrc,
    "keyring": _keyring,
    "docker": _docker,
}
KINDS = tuple(_WRITERS)
"""For what there are settings."""


def _always(place: FeedPlace) -> tuple[str, ...]:
    if place.feed.kind is FeedKind.AZURE_ARTIFACTS:
        return ("The token needs the scope 'Packaging (Read)', its owner the role 'Feed Reader' on the feed.",)
    if place.local is not None:
        return ("The token of the local feed: amlpriv local feed token",)
    return ()


def _simple(place: FeedPlace) -> str:
    return place.feed.simple or ""


def _user(place: FeedPlace) -> str:
    """A user that goes with a token; Azure DevOps takes any."""
    said = FEED_USERS.get(place.feed.kind, "__token__")
    return "<USER>" if said.startswith("your ") else said.partition(" ")[0]


def _with_user(place: FeedPlace, user: str) -> str:
    parts = urlsplit(_simple(place))
    return urlunsplit(parts._replace(netloc=f"{user}@{parts.netloc}"))


def _with_token(place: FeedPlace) -> str:
    return _with_user(place, f"{_user(place)}:${{{TOKEN}}}")
