"""local serve: run online deployments of the local workspace with Azure ML's inference server."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from amlpriv.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from amlpriv.local.home import Home
    from amlpriv.local.serving import Prepared, Running
    from amlpriv.local.state import State

__all__ = ["ServedDeployment", "local_serve"]


@dataclass(frozen=True, slots=True)
class ServedDeployment:
    """A deployment that answers scoring requests now."""

    endpoint: str
    deployment: str
    scoring_url: str
    """As in Azure, with the endpoint's key: for programs under ``local exec``."""
    url: str
    """The server itself on this machine, which asks for no key."""
    traffic: int
    """Percent of the endpoint's requests. With 0 the scoring URL leads to it only by ``azureml-model-deployment``."""

    def as_json(self) -> dict[str, object]:
        """The object that ``local serve --json`` prints for each deployment."""
        return {
            "endpoint": self.endpoint,
            "deployment": self.deployment,
            "scoring_url": self.scoring_url,
            "url": self.url,
            "traffic": self.traffic,
        }


def local_serve(
    target: str | None = None,
    *,
    port: int | None = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
    on_line: Callable[[str], None] = lambda _: None,
    on_ready: Callable[[list[ServedDeployment]], None] = lambda _: None,
    cancelled: Callable[[], bool] = lambda: False,
) -> None:
    """Serve ``endpoint/deployment``, or all deployments of ``endpoint`` (by default of the only one), until Ctrl-C or
    until ``cancelled`` answers True.

    ``on_ready`` is called when all of them answer; ``on_line`` gets what builds and servers print. When one is updated,
    deleted or made again, what is there then is served anew, and ``on_ready`` called again. Raises NotFoundError,
    also when nothing is left, UsageError when it is not clear what is meant, LockedError when one is served already,
    UnsupportedError without an inference server, BuildError, JobError or LocalWorkspaceError when one of them ends.
    """
    from amlpriv.actions.local_exec import running_state
    from amlpriv.local.home import Home

    surroundings = os.environ if environ is None else environ
    session = _Session(Home.find(surroundings), surroundings, say, on_line, on_ready, cancelled)
    while True:
        state = running_state(surroundings, start=start, say=say)
        endpoint, deployments = _wanted(state, target)
        _check_port(port, endpoint, deployments)
        changed = session.run(state, endpoint, deployments, port or 0)
        if not changed:
            return
        target = target or str(endpoint["name"])
        names = ", ".join(f"{endpoint['name']}/{one}" for one in changed)
        say(f"{names}: updated or deleted meanwhile; serving what is there now")


@dataclass(frozen=True, slots=True)
class _Session:
    """How one call of ``local_serve`` serves."""

    home: Home
    environ: Mapping[str, str]
    say: Callable[[str], None]
    on_line: Callable[[str], None]
    on_ready: Callable[[list[ServedDeployment]], None]
    cancelled: Callable[[], bool]

    def run(
        self, state: State, endpoint: Mapping[str, Any], deployments: Sequence[Mapping[str, Any]], port: int
    ) -> list[str]:
        """Serve until the end: [], or the names of deployments that are not any more what is served."""
        from amlpriv.local.serving import held, serve
        from amlpriv.local.watching import Watch

        with contextlib.ExitStack() as stack:
            ready = []
            for one in deployments:
                files = stack.enter_context(held(self.home.root, endpoint["name"], one["name"]))
                self.say(f"preparing {endpoint['name']}/{one['name']} on this machine")
                prepared = _prepared(state, self.home, endpoint, one, self.environ, self.on_line)
                ready.append((prepared, files, port))
            versions = {prepared.deployment: prepared.version for prepared, _, _ in ready}
            watch = Watch(self.home, str(endpoint["name"]), versions)
            serve(
                ready,
                on_ready=lambda running: self.on_ready(_all_served(state, running)),
                on_line=lambda prepared, line: self.on_line(_marked(prepared, line, several=len(ready) > 1)),
                cancelled=lambda: self.cancelled() or watch.has_ended(),
            )
            return watch.changed


def _check_port(port: int | None, endpoint: Mapping[str, Any], deployments: Sequence[Mapping[str, Any]]) -> None:
    from amlpriv.local.serving import check_port

    if port is None:
        return
    if len(deployments) > 1:
        names = ", ".join(str(one["name"]) for one in deployments)
        raise UsageError(
            f"--port is for one deployment, and {endpoint['name']} has {names}.",
            hint=f"Name one: amlpriv local serve {endpoint['name']}/{deployments[0]['name']} --port {port}",
        )
    check_port(port)


def _prepared(
    state: State,
    home: Home,
    endpoint: Mapping[str, Any],
    deployment: Mapping[str, Any],
    environ: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Prepared:
    from amlpriv.local.deployed import prepare

    prepared = prepare(state, home, endpoint, deployment, environ=environ, on_line=on_line)
    prepared.check_server()
    return prepared


def _all_served(state: State, running: Sequence[Running]) -> list[ServedDeployment]:
    """With the endpoint's traffic as it is now: building the environments may have taken minutes."""
    from amlpriv.local.lookup import look_up

    endpoint = look_up(state, f"onlineEndpoints/{running[0].prepared.endpoint}")
    traffic = endpoint["properties"].get("traffic") or {}
    return [_served(one, traffic.get(one.prepared.deployment) or 0) for one in running]


def _served(running: Running, traffic: int) -> ServedDeployment:
    prepared = running.prepared
    return ServedDeployment(prepared.endpoint, prepared.deployment, prepared.scoring_url, running.url, traffic)


def _marked(prepared: Prepared, line: str, *, several: bool) -> str:
    return f"{prepared.deployment}: {line}" if several else line


def _wanted(state: State, target: str | None) -> tuple[dict[str, Any], Sequence[dict[str, Any]]]:
    """The endpoint and those of its deployments that are meant."""
    from amlpriv.local.lookup import look_up, look_up_all

    name, _, deployment = (target or "").strip("/").partition("/")
    if not name:
        name = _only_endpoint([one["name"] for one in look_up_all(state, "onlineEndpoints")])
    endpoint = look_up(state, f"onlineEndpoints/{name}")
    path = f"onlineEndpoints/{name}/deployments"
    if deployment:
        return endpoint, [look_up(state, f"{path}/{deployment}")]
    deployments = sorted(look_up_all(state, path), key=lambda one: str(one["name"]))
    if not deployments:
        raise NotFoundError(f"The online endpoint {name} has no deployments.", hint="Create one, then serve it.")
    return endpoint, deployments


def _only_endpoint(names: Sequence[str]) -> str:
    if not names:
        raise NotFoundError(
            "The local workspace has no online endpoints.",
            hint="Create an endpoint and a deployment with azure-ai-ml under 'amlpriv local exec'.",
        )
    if len(names) > 1:
        raise UsageError(
            f"There are several online endpoints: {', '.join(sorted(names))}.",
            hint=f"Name one: amlpriv local serve {min(names)}",
        )
    return names[0]
