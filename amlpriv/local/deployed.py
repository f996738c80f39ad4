"""Brings what an online deployment is made of to this machine: its environment, its code and its model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from amlpriv.connections.uses import Use
from amlpriv.errors import InputError, UnsupportedError
from amlpriv.images import BuiltEnvironment
from amlpriv.local.blobs import LocalBlobs
from amlpriv.local.environment import FEED_TOKEN, environment_variables
from amlpriv.local.home import Home
from amlpriv.local.jobs.environments import prepare_environment
from amlpriv.local.jobs.uris import fetch
from amlpriv.local.jobs.variables import secret_values
from amlpriv.local.lookup import known_connections, look_up
from amlpriv.local.plane.filenames import file_name
from amlpriv.local.plane.names import ARTIFACT_DATASTORE, DEFAULT_DATASTORE
from amlpriv.local.plane.serving_files import deployment_version, serving_files
from amlpriv.local.serving import Prepared
from amlpriv.local.state import State, load_identity
from amlpriv.local.withheld import without_index_credentials, without_tokens
from amlpriv.prefixes import activated, remove
from amlpriv.secret import Secret

__all__ = ["prepare"]

_REGISTRY = "azureml://registries/"


def prepare(
    state: State,
    home: Home,
    endpoint: Mapping[str, Any],
    deployment: Mapping[str, Any],
    *,
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None = None,
) -> Prepared:
    """Build the environment (or use the finished build) and fetch code and model of a deployment.

    ``endpoint`` and ``deployment`` are REST resources; ``on_line`` gets the build's output. Raises UnsupportedError
    for what cannot be run here, InputError when the scoring script is missing, BuildError, NotFoundError.
    """
    properties = deployment["properties"]
    name = f"{endpoint['name']}/{deployment['name']}"
    inside = environment_variables(state, environ)
    _check(properties, name)
    environment = _asset(state, properties["environmentId"], "environment", name)
    built = _built(state, home, environment, inside, on_line)
    folder = serving_files(home.root, endpoint["name"], deployment["name"]).registration.with_suffix("")
    remove(folder)
    script, source, variables = _bring(state, home, properties, name, folder)
    own = {key: str(value) for key, value in (properties.get("environmentVariables") or {}).items()}
    whole = {**activated(built.folder, built.tool, _for_server(inside), built.variables), "PYTHONUNBUFFERED": "1"}
    return Prepared(
        endpoint=endpoint["name"],
        deployment=deployment["name"],
        python=built.python,
        script=script,
        folder=source,
        environment={**whole, **variables, **own},
        scoring_url=endpoint["properties"]["scoringUri"],
        secrets=tuple(Secret(value) for value in secret_values(own)),
        version=deployment_version(deployment["systemData"]["createdAt"], properties),
    )


def _for_server(environ: Mapping[str, str]) -> dict[str, str]:
    """Without the credentials of the shell that serves: an endpoint of Azure ML has none of them."""
    kept = without_index_credentials(without_tokens(environ))
    return {name: value for name, value in kept.items() if name != FEED_TOKEN}


def _built(
    state: State,
    home: Home,
    environment: Mapping[str, Any],
    environ: Mapping[str, str],
    on_line: Callable[[str], None] | None,
) -> BuiltEnvironment:
    return prepare_environment(
        environment["properties"],
        _name(environment),
        builds=home.builds,
        environ=environ,
        on_line=on_line,
        known=known_connections(state),
        use=Use.ONLINE_ENDPOINT,
    )


def _bring(
    state: State, home: Home, properties: Mapping[str, Any], name: str, folder: Path
) -> tuple[Path, Path, dict[str, str]]:
    """The scoring script, the folder of the code, and the variables that lead to code and model."""
    files = _Files(state, home)
    code = properties["codeConfiguration"]
    place = files.bring(_asset(state, code["codeId"], "code", name)["properties"]["codeUri"], folder / "code")
    source = place if place.is_dir() else place.parent
    script = source / code["scoringScript"]
    if not script.is_file():
        raise InputError(
            f"The code of {name} has no scoring script {code['scoringScript']}.",
            hint="Correct scoring_script, and deploy again.",
        )
    variables = {"AML_APP_ROOT": str(source)}
    if properties.get("model"):
        model = _asset(state, properties["model"], "model", name)
        place = folder / "azureml-models" / file_name(_name(model)) / file_name(str(model["name"]))
        variables["AZUREML_MODEL_DIR"] = str(files.bring_model(model, place))
    return script, source, variables


def _name(version: Mapping[str, Any]) -> str:
    """The asset's name in the id of its version."""
    return str(version["id"]).split("/")[-3]


def _check(properties: Mapping[str, Any], name: str) -> None:
    if not properties.get("environmentId"):
        raise UnsupportedError(
            f"{name} is a model without environment and scoring script, which is not served here.",
            hint="Deploy it with an environment and a scoring script.",
        )
    if not (properties.get("codeConfiguration") or {}).get("codeId"):
        raise UnsupportedError(
            f"{name} has no scoring script; an image that brings its own server is not run here.",
            hint="Deploy it with code_configuration.",
        )


def _asset(state: State, identifier: str, what: str, name: str) -> Mapping[str, Any]:
    if identifier.lower().startswith(_REGISTRY):
        raise UnsupportedError(
            f"The {what} of {name} is in a registry, which the local workspace does not have.",
            hint=f"Register the {what} in the workspace and deploy that.",
        )
    return look_up(state, identifier.removeprefix("azureml:"))


class _Files:
    """The workspace's blobs as files."""

    def __init__(self, state: State, home: Home) -> None:
        self._account = state.account
        self._blobs = LocalBlobs(load_identity(home), home.certificates / "ca.pem", lambda: state.ports.storage)
        self._datastores = {DEFAULT_DATASTORE: state.container, ARTIFACT_DATASTORE: "azureml"}

    def bring(self, uri: str, folder: Path) -> Path:
        """What ``uri`` names, below ``folder``."""
        return fetch(self._blobs, self._account, self._datastores, uri, folder)

    def bring_model(self, model: Mapping[str, Any], folder: Path) -> Path:
        """The model's folder, for AZUREML_MODEL_DIR. A model that is a folder is one below it, as in Azure."""
        uri = str(model["properties"]["modelUri"])
        name = PurePosixPath(unquote(urlsplit(uri).path)).name or "model"
        found = self.bring(uri, folder / name)
        if found.is_file():
            found.rename(folder / f"{name}.download")
            (folder / name).rmdir()
            (folder / f"{name}.download").rename(folder / name)
        return folder
