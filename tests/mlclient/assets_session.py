"""Runs under ``amlpriv local exec``: what users of SDK v2 do with assets.

Prints one JSON object with each step's answer, or its error. Importing azure.ai.ml takes seconds and changes the
process.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Step = Callable[[Any, str, Path], Any]
STEPS: dict[str, Step] = {}

PAT = "canary-pat-" + "x" * 20
PASSWORD = "canary-password-" + "y" * 20
FEED = "https://pkgs.contoso.test/_packaging/feed/simple/"


def step(function: Step) -> Step:
    """A step is called with the client, a prefix for names that nobody else uses, and an empty folder."""
    STEPS[function.__name__] = function
    return function


def tree(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def raises(call: Callable[[], Any]) -> list[str]:
    """The error's class and message."""
    try:
        call()
    except Exception as error:
        return [type(error).__name__, str(error)]
    return ["nothing", ""]


MLMODEL = """flavors:
  python_function:
    env: {conda: conda.yaml}
    loader_module: mlflow.sklearn
    python_version: 3.11.7
  sklearn:
    pickled_model: model.pkl
"""


def mlflow_model(folder: Path) -> Path:
    model = folder / "model"
    model.mkdir()
    model.joinpath("MLmodel").write_text(MLMODEL)
    model.joinpath("model.pkl").write_text("weights")
    return model


@step
def models_mlflow(ml: Any, prefix: str, folder: Path) -> Any:
    from azure.ai.ml.entities import Model

    name = f"{prefix}-mlflow"
    path = mlflow_model(folder)
    model = Model(name=name, version="1", path=path, type="mlflow_model", description="d", tags={"a": "b"})
    made = ml.models.create_or_update(model)
    got = ml.models.get(name, "1")
    path.joinpath("model.pkl").write_text("other weights")
    changed = Model(name=name, version="1", path=path, type="mlflow_model")
    ml.models.download(name, "1", folder / "down")
    return {
        "id": made.id,
        "path": got.path,
        "flavors": got.flavors,
        "fields": [got.type, got.description, got.tags, got.stage],
        "files": tree(folder / "down" / name / "model"),
        "changed": raises(lambda: ml.models.create_or_update(changed)),
        "created": got.creation_context.created_at.year,
    }


@step
def models_custom(ml: Any, prefix: str, folder: Path) -> Any:
    from azure.ai.ml.entities import Model

    name = f"{prefix}-custom"
    file = folder / "weights.bin"
    versions = []
    for content in ("one", "two"):
        file.write_text(content)
        versions.append(ml.models.create_or_update(Model(name=name, path=file)).version)
    ml.models.download(name, "2", folder / "down")
    listed = [one.version for one in ml.models.list(name)]
    latest = ml.models.get(name, label="latest").version
    ml.models.archive(name, "2")
    archived = [one.version for one in ml.models.list(name)]
    ml.models.restore(name, "2")
    ml.models.archive(name)
    hidden = [one.name for one in ml.models.list() if one.name == name]
    ml.models.restore(name)
    return {
        "versions": versions,
        "type": ml.models.get(name, "1").type,
        "files": tree(folder / "down"),
        "listed": listed,
        "latest": latest,
        "archived": archived,
        "hidden": hidden,
        "restored": [[one.version, one.stage] for one in ml.models.list(name)],
        "container": [one.latest_version for one in ml.models.list() if one.name == name],
        "missing": raises(lambda: ml.models.get(name, "9")),
        "no_such_label": raises(lambda: ml.models.get(f"{name}-none", label="latest")),
    }


def code_folder(folder: Path) -> Path:
    code = folder / "src"
    code.mkdir()
    code.joinpath("train.py").write_text("print(1)\n")
    code.joinpath("sub").mkdir()
    code.joinpath("sub", "more.py").write_text("x = 2\n")
    return code


def component(name: str, code: Path, **fields: Any) -> Any:
    from azure.ai.ml import Input, Output
    from azure.ai.ml.entities import CommandComponent, Environment

    return CommandComponent(
        name=name,
        code=code,
        command="python train.py --in ${{inputs.data}} --rate ${{inputs.rate}} --out ${{outputs.model}}",
        environment=Environment(image="mcr.example.test/image:1"),
        inputs={"data": Input(type="uri_folder"), "rate": Input(type="number", default=0.5, optional=False)},
        outputs={"model": Output(type="uri_folder")},
        **fields,
    )


@step
def components_command(ml: Any, prefix: str, folder: Path) -> Any:
    name = f"{prefix.replace('-', '_')}_train"
    code = code_folder(folder)
    made = ml.components.create_or_update(component(name, code, version="1", display_name="Train"))
    again = ml.components.create_or_update(component(name, code, version="1", display_name="Train it"))
    counted = ml.components.create_or_update(component(name, code, description="second"))
    got = ml.components.get(name, "1")
    ml.components.archive(name, "1")
    listed = [one.version for one in ml.components.list(name)]
    ml.components.restore(name, "1")
    code_name, _, code_version = str(got.code).rpartition("/codes/")[2].partition("/versions/")
    changed = component(name, code, version="1")
    changed.command = "echo other"
    return {
        "id": made.id,
        "name": name,
        "same_code": made.code == again.code == counted.code,
        "display_name": [made.display_name, again.display_name],
        "counted": counted.version,
        "inputs": {key: [one.type, one.default] for key, one in got.inputs.items()},
        "outputs": {key: one.type for key, one in got.outputs.items()},
        "command": got.command,
        "environment": str(got.environment),
        "archived": listed,
        "latest": ml.components.get(name, label="latest").version,
        "default": ml.components.get(name).version,
        "containers": [one.latest_version for one in ml.components.list() if one.name == name],
        "code": ml._code.get(code_name, code_version).path,
        "changed": raises(lambda: ml.components.create_or_update(changed)),
        "missing": raises(lambda: ml.components.get(name, "9")),
        "code_missing": raises(lambda: ml._code.get(code_name, "9")),
    }


@step
def components_pipeline(ml: Any, prefix: str, folder: Path) -> Any:
    from azure.ai.ml import load_component

    name = f"{prefix.replace('-', '_')}_whole"
    ml.components.create_or_update(component(f"{name}_step", code_folder(folder), version="1"))
    folder.joinpath("inner.yml").write_text(INNER)
    file = folder / "whole.yml"
    file.write_text(WHOLE.format(name=name))
    made = ml.components.create_or_update(load_component(source=file))
    got = ml.components.get(name, "3")
    return {
        "id": made.id,
        "name": name,
        "type": got.type,
        "jobs": {key: str(one.component) for key, one in got.jobs.items()},
        "inputs": {key: one.type for key, one in got.inputs.items()},
        "anonymous_is_listed": "azureml_anonymous" in [one.name for one in ml.components.list(list_view_type="All")],
    }


INNER = """type: command
name: inner
command: echo ${{inputs.data}}
inputs:
  data:
    type: uri_folder
environment:
  image: mcr.example.test/image:2
"""

WHOLE = """type: pipeline
name: {name}
version: "3"
inputs:
  data:
    type: uri_folder
jobs:
  first:
    type: command
    component: azureml:{name}_step:1
    inputs:
      data: ${{{{parent.inputs.data}}}}
      rate: 0.1
  second:
    type: command
    component: ./inner.yml
    inputs:
      data: ${{{{parent.jobs.first.outputs.model}}}}
"""


@step
def data(ml: Any, prefix: str, folder: Path) -> Any:
    from azure.ai.ml.entities import Data

    name = f"{prefix}-data"
    path = str(code_folder(folder))
    made = ml.data.create_or_update(Data(name=name, path=path, type="uri_folder", version="1", description="d"))
    again = ml.data.create_or_update(Data(name=name, path=path, type="uri_folder", version="1", description="e"))
    uri = "azureml://datastores/workspaceblobstore/paths/some/file.csv"
    counted = ml.data.create_or_update(Data(name=name, path=uri, type="uri_file"))
    web = ml.data.create_or_update(Data(name=f"{name}-web", path="https://contoso.test/a.csv", type="uri_file"))
    other = Data(name=name, path=uri, type="uri_folder", version="1")
    ml.data.archive(name, "1")
    listed = [one.version for one in ml.data.list(name)]
    ml.data.restore(name, "1")
    return {
        "id": made.id,
        "path": made.path,
        "again": again.description,
        "counted": [counted.version, counted.type, counted.path],
        "web": [web.version, ml.data.get(web.name, "1").path],
        "latest": ml.data.get(name, label="latest").version,
        "archived": listed,
        "restored": [one.version for one in ml.data.list(name)],
        "containers": [one.latest_version for one in ml.data.list() if one.name == name],
        "changed": raises(lambda: ml.data.create_or_update(other)),
        "missing": raises(lambda: ml.data.get(name, "9")),
    }


@step
def environments(ml: Any, prefix: str, folder: Path) -> Any:
    from azure.ai.ml.entities import BuildContext, Environment

    name = f"{prefix}-context"
    context = folder / "ctx"
    context.mkdir()
    context.joinpath("Dockerfile").write_text("FROM image\n")
    context.joinpath("requirements.txt").write_text("contoso\n")
    made = ml.environments.create_or_update(Environment(name=name, version="1", build=BuildContext(path=context)))
    got = ml.environments.get(name, "1")
    ml.environments.archive(name, "1")
    archived = [one.version for one in ml.environments.list(name)]
    ml.environments.restore(name, "1")
    return {
        "id": made.id,
        "path": got.build.path,
        "dockerfile": got.build.dockerfile_path,
        "archived": archived,
        "restored": [one.version for one in ml.environments.list(name)],
        "changed": raises(lambda: ml.environments.create_or_update(Environment(name=name, version="1", image="other"))),
        "reserved": raises(lambda: ml.environments.create_or_update(Environment(name="AzureML-mine", image="other"))),
    }


@step
def connections(ml: Any, prefix: str, _folder: Path) -> Any:
    from azure.ai.ml.entities import (
        ApiKeyConfiguration,
        PatTokenConfiguration,
        SasTokenConfiguration,
        UsernamePasswordConfiguration,
        WorkspaceConnection,
    )

    feed, git, none, key = (f"{prefix}-{kind}" for kind in ("feed", "git", "none", "key"))

    def create(name: str, kind: str, credentials: Any, target: str = FEED) -> Any:
        return ml.connections.create_or_update(
            WorkspaceConnection(name=name, type=kind, target=target, credentials=credentials, metadata={"a": "b"})
        )

    made = create(feed, "python_feed", PatTokenConfiguration(pat=PAT))
    create(git, "git", UsernamePasswordConfiguration(username="user", password=PASSWORD), "https://git.contoso.test/r")
    create(none, "python_feed", None)
    with_key = ApiKeyConfiguration(key="canary-key")
    create(key, "custom", with_key)
    got = {name: ml.connections.get(name) for name in (feed, git, none)}
    raw = {name: str(ml.connections._operation.get(ml.resource_group_name, ml.workspace_name, name)) for name in got}
    secrets = {
        name: ml.connections._operation.list_secrets(ml.resource_group_name, ml.workspace_name, name).as_dict()
        for name in got
    }
    listed = {one.name: one.type for one in ml.connections.list() if one.name.startswith(prefix)}
    feeds = [one.name for one in ml.connections.list("python_feed") if one.name.startswith(prefix)]
    populated = ml.connections.get(key, populate_secrets=True).credentials.key
    ml.connections.delete(git)
    return {
        "id": made.id,
        "fields": [made.name, made.type, made.target, made.metadata, made.is_shared],
        "credentials": {name: [str(one.credentials.type), _secrets(one.credentials)] for name, one in got.items()},
        "raw": raw,
        "secrets": {name: one["properties"].get("credentials") for name, one in secrets.items()},
        "listed": listed,
        "feeds": feeds,
        "populated": populated,
        "deleted": raises(lambda: ml.connections.get(git)),
        "deleted_again": raises(lambda: ml.connections.delete(git)),
        "sas": raises(lambda: create(feed, "python_feed", SasTokenConfiguration(sas_token="canary-sas"))),
        "name": raises(lambda: create("a", "python_feed", None)),
    }


def _secrets(credentials: Any) -> list[Any]:
    return [getattr(credentials, name, None) for name in ("pat", "username", "password")]


@step
def computes(ml: Any, prefix: str, _folder: Path) -> Any:
    from azure.ai.ml.entities import AmlCompute

    got = ml.compute.get("cpu-cluster")
    made = ml.compute.begin_create_or_update(
        AmlCompute(name=f"{prefix}-gpu"[:24], size="STANDARD_NC6", max_instances=4)
    )
    made = made.result()
    listed = [one.name for one in ml.compute.list()]
    ml.compute.begin_delete(made.name).wait()
    return {
        "id": got.id,
        "fields": [got.type, got.provisioning_state, got.size, got.tier, got.location],
        "made": [made.name, made.size, made.max_instances, made.provisioning_state],
        "listed": [made.name in listed, "local" in listed],
        "after": made.name in [one.name for one in ml.compute.list(compute_type="AmlCompute")],
        "sizes": [one.name for one in ml.compute.list_sizes()],
        "usages": list(ml.compute.list_usage()),
        "nodes": list(ml.compute.list_nodes("cpu-cluster")),
    }


@step
def places(ml: Any, _prefix: str, _folder: Path) -> Any:
    return {
        "workspace": ml.workspaces.get(ml.workspace_name).location,
        "group": [one.name for one in ml.workspaces.list()],
        "subscription": [one.name for one in ml.workspaces.list(scope="subscription")],
        "datastores": [one.name for one in ml.datastores.list()],
        "default": ml.datastores.get_default(include_secrets=True).credentials.sas_token[:3],
    }


@step
def containers(ml: Any, prefix: str, _folder: Path) -> Any:
    """Archive whole assets, and restore them."""
    from azure.ai.ml import command
    from azure.ai.ml.entities import Data, Environment

    name = f"{prefix}_whole"
    ml.environments.create_or_update(Environment(name=name, version="1", image="ubuntu"))
    ml.data.create_or_update(Data(name=name, version="1", path="https://contoso.test/a.csv", type="uri_file"))
    component = command(name=name, command="ls", environment=f"{name}@latest").component
    ml.components.create_or_update(component, version="1")
    listed = {}
    for kind in ("environments", "data", "components"):
        operations = getattr(ml, kind)
        operations.archive(name)
        archived = name in [one.name for one in operations.list()]
        operations.restore(name)
        listed[kind] = [archived, name in [one.name for one in operations.list()]]
    return listed


class NoToken:
    """A credential that has nothing to show."""

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("", 4_000_000_000)


@step
def refusals(ml: Any, prefix: str, _folder: Path) -> Any:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Environment

    stranger = MLClient.from_config(NoToken())

    def create(version: str, image: str, name: str = prefix) -> Any:
        return ml.environments.create_or_update(Environment(name=name, version=version, image=image))

    create("1", "ubuntu")
    return {
        "400": refused(lambda: create("1", "ubuntu", "AzureML-mine")),
        "401": refused(lambda: stranger.environments.get(prefix, "1")),
        "404": refused(lambda: ml.environments.get(prefix, "2")),
        "409": refused(lambda: create("1", "debian")),
    }


def refused(call: Callable[[], Any]) -> dict[str, Any]:
    """What the SDK's error says."""
    from azure.core.exceptions import HttpResponseError

    try:
        call()
    except HttpResponseError as error:
        response: Any = error.response
        return {
            "kind": type(error).__name__,
            "status": error.status_code,
            "code": error.error.code if error.error else None,
            "message": error.error.message if error.error else None,
            "request": response.headers.get("x-ms-request-id"),
        }
    return {}


def main(prefix: str, folder: str, *chosen: str) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    stdout, sys.stdout = sys.stdout, sys.stderr
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    ml = MLClient.from_config(DefaultAzureCredential())
    answers: dict[str, Any] = {}
    for name in chosen or STEPS:
        place = Path(folder, name)
        place.mkdir()
        try:
            answers[name] = STEPS[name](ml, f"{prefix}{len(answers)}", place)
        except Exception as error:
            answers[name] = {"error": f"{type(error).__name__}: {error}"}
            if chosen:
                raise
    stdout.write(json.dumps(answers, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
