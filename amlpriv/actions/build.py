"""build and run: make the environment here as the image builder would, and run a job in it. Local workspace only."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from amlpriv.actions.container_builds import with_container
from amlpriv.actions.opening import LOCAL
from amlpriv.actions.publish import Published, Quiet, publish
from amlpriv.actions.signed import blob_of, with_signatures
from amlpriv.actions.uploading import Progress
from amlpriv.connections.rewriting import KnownConnection
from amlpriv.errors import JobError, UsageError
from amlpriv.findings import Report
from amlpriv.images import BuildRequest, BuiltEnvironment, build_environment, run_in
from amlpriv.importing import BESIDES
from amlpriv.plans.steps import Wanted
from amlpriv.processes import ToolMissingError
from amlpriv.recipes import build_request, folder_name
from amlpriv.secret import SasUrl
from amlpriv.wheels.wheel import Wheel

if TYPE_CHECKING:
    from amlpriv.local.state import State

__all__ = ["Built", "build", "run"]

_SIGNED = timedelta(hours=2)
"""For as long as a build by the route ``plain`` can fetch its wheels."""


@dataclass(frozen=True, slots=True)
class Built:
    """An environment that was published to the local workspace and built on this machine."""

    published: Published
    environment: BuiltEnvironment
    environ: Mapping[str, str]
    """The variables with which a child process reaches the local workspace."""

    def __repr__(self) -> str:
        return f"Built({self.published.reference!r}, {str(self.environment.folder)!r})"

    @property
    def report(self) -> Report:
        """Findings of the checks and of the build."""
        return self.published.report + Report.of(self.environment.notes)

    def as_json(self) -> dict[str, object]:
        """The object that ``build --json`` prints."""
        built = self.environment
        return {
            "environment": {"name": self.published.name, "version": self.published.version},
            "folder": str(built.folder),
            "python": str(built.python),
            "tool": built.tool,
            "asked": _dotted(built.asked),
            "used": _dotted(built.used),
            "reused": built.reused,
            "imported": dict(built.imported),
            "seconds": round(built.seconds, 2),
            "findings": [finding.as_json() for finding in self.report],
            "publish": self.published.as_json(),
        }


def _dotted(version: Sequence[int] | None) -> str | None:
    return ".".join(map(str, version)) if version else None


def build(
    file: str | os.PathLike[str],
    *,
    workspace: object = None,
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    version: str | None = None,
    strict_python: bool = False,
    expires: timedelta | None = None,
    build_in: str | None = None,
    build_image: str | None = None,
    start: bool = True,
    now: datetime | None = None,
    environ: Mapping[str, str] | None = None,
    progress: Progress | None = None,
    on_line: Callable[[str], None] | None = None,
) -> Built:
    """Publish to the local workspace, then build the environment here from what is registered: the conda layer with
    micromamba or conda when there is one, else a venv; the pip section by pip with the real URLs; then import every
    private package. A build of the same content is reused. ``via: plain`` works here whatever a workspace's image build
    does with plain URLs: for the time of the build they get a signature, which is registered nowhere.

    Raises BuildError, UsageError for another workspace than the local one, and whatever ``publish`` raises.
    """
    if workspace not in (None, LOCAL):
        raise UsageError(
            "build and run work on the local workspace only.",
            hint="On Azure the service builds: submit a job, or open the environment in the studio.",
        )
    surroundings, watcher = with_container(environ, build_in, build_image), progress or Quiet()
    names: dict[str, Any] = {"name": name, "image": image, "python": python, "version": version}
    options = {**names, "expires": expires, "now": now}
    where: dict[str, Any] = {"workspace": LOCAL, "environ": surroundings, "start": start}
    published = publish(file, progress=watcher, signs_plain=True, **where, **options)
    state, root, inside = _surroundings(surroundings)
    watcher.say(f"preparing {published.reference} on this machine")
    request = _request(published, root, strict_python, partial(_sign, state), _known(state))
    built = build_environment(request, environ=inside, on_line=on_line)
    return Built(published, built, inside)


def run(
    file: str | os.PathLike[str], command: Sequence[str], *, folder: Path | None = None, **options: Any
) -> tuple[Built, int]:
    """Build (or reuse) the environment of ``file`` and run a command in it, on our own input and output.

    Returns the build and the command's exit code. ``options`` are those of ``build``.
    """
    if not command:
        raise UsageError("There is no command to run.", hint="Write it behind '--': amlpriv run FILE -- python job.py")
    built = build(file, **options)
    place = folder or Path.cwd()
    # Where standard output was replaced (a notebook, redirect_stdout) a child process would not write to it by itself.
    on_line = None if sys.stdout is sys.__stdout__ else _write_line
    try:
        return built, run_in(built.environment, command, environ=built.environ, cwd=place, on_line=on_line)
    except ToolMissingError as error:
        raise JobError(error.message, hint=error.hint) from error


def _write_line(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def _imports(wheel: Wheel) -> tuple[str, ...]:
    """What to import of a wheel: all its packages, but not the tests and examples that slipped into it."""
    own = tuple(name for name in wheel.import_names if name.partition(".")[0].lower() not in BESIDES)
    return own or wheel.import_names


def _all_imports(wanted: Wanted) -> dict[str, tuple[str, ...]]:
    """Of the packages that an index serves nothing is known before they are installed."""
    return {**dict.fromkeys(wanted.from_index, ()), **{wheel.name: _imports(wheel) for wheel in wanted.all_wheels}}


def _surroundings(environ: Mapping[str, str]) -> tuple[State, Path, dict[str, str]]:
    """The running workspace, where builds live, and the variables with which pip reaches its storage."""
    from amlpriv.errors import LocalWorkspaceError
    from amlpriv.local.environment import environment_variables
    from amlpriv.local.home import Home
    from amlpriv.local.lifecycle import status

    home = Home.find(environ)
    state = status(home)
    if state is None:
        raise LocalWorkspaceError("The local workspace has stopped meanwhile.", hint="Run the same command again.")
    return state, home.builds, environment_variables(state, environ)


def _known(state: State) -> tuple[KnownConnection, ...]:
    from amlpriv.local.lookup import known_connections

    return known_connections(state)


def _sign(state: State, url: SasUrl) -> SasUrl:
    """A plain URL with a signature for this build: what the service does of itself where ``via: plain`` works."""
    from amlpriv.local.plane.datastores import BACKDATED, blob_sas

    container = urlsplit(url.reveal()).path.split("/")[1]
    now = datetime.now(timezone.utc)
    token = blob_sas(
        *(state.account, container, blob_of(url), state.account_key.reveal()),
        permissions="r",
        start=now - BACKDATED,
        expiry=now + _SIGNED,
    )
    return SasUrl(f"{url.reveal()}?{token}")


def _request(
    published: Published,
    root: Path,
    strict_python: bool,
    sign: Callable[[SasUrl], SasUrl],
    known: Sequence[KnownConnection] = (),
) -> BuildRequest:
    registered, wanted = published.registered, published.plan.wanted
    return build_request(
        with_signatures(registered, sign) if registered else "dependencies: []\n",
        folder=root / folder_name(published.name, wanted.digest),
        key=wanted.digest,
        imports=_all_imports(wanted),
        strict_python=strict_python,
        known=known,
    )
