"""Runs under ``amlpriv local exec``: what SDK v2 makes of the connections of ``amlpriv connect``, and the reverse.

Gets the names of connections by step and prints one JSON object: ``write`` makes them, ``read`` shows them, ``change``
gives one another token.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any

PAT = "canary-sdk-pat-" + "x" * 20
PASSWORD = "canary/sdk%password"


def shown(connection: Any) -> dict[str, Any]:
    credentials = connection.credentials
    return {
        "name": connection.name,
        "type": connection.type,
        "target": connection.target,
        "metadata": connection.metadata,
        "shared": connection.is_shared,
        "credentials": str(credentials.type) if credentials else None,
        "secrets": [getattr(credentials, name, None) for name in ("pat", "username", "password")],
    }


def read(ml: Any, names: list[str]) -> Any:
    secrets = {
        name: ml.connections._operation.list_secrets(ml.resource_group_name, ml.workspace_name, name).as_dict()
        for name in names
    }
    return {
        "got": {name: shown(ml.connections.get(name)) for name in names},
        "listed": sorted(one.name for one in ml.connections.list() if one.name in names),
        "feeds": sorted(one.name for one in ml.connections.list("python_feed") if one.name in names),
        "stored": {name: one["properties"].get("credentials") for name, one in secrets.items()},
    }


def write(ml: Any, names: list[str]) -> Any:
    from urllib.parse import quote

    from azure.ai.ml.entities import PatTokenConfiguration, UsernamePasswordConfiguration, WorkspaceConnection

    target = f"https://pkgs.dev.azure.com/{names[0]}"
    encoded = UsernamePasswordConfiguration(username=quote("me@x.example", safe=""), password=quote(PASSWORD, safe=""))
    made: tuple[tuple[str, str, str, Any], ...] = (
        (names[0], "python_feed", target, PatTokenConfiguration(pat=PAT)),
        (names[1], "git", f"https://github.com/{names[1]}/x", PatTokenConfiguration(pat=PAT)),
        (names[2], "python_feed", f"https://{names[2]}.jfrog.io/artifactory/api/pypi/x", encoded),
        (names[3], "python_feed", f"https://{names[3]}.example.org", None),
    )
    for name, kind, where, credentials in made:
        entity = WorkspaceConnection(
            name=name, type=kind, target=where, credentials=credentials, metadata={"owner": "sdk"}
        )
        ml.connections.create_or_update(entity)
    return [name for name, *_ in made]


def change(ml: Any, names: list[str]) -> Any:
    """Get, change and put back: what a user's own rotation does."""
    connection = ml.connections.get(names[0])
    connection.credentials.pat = PAT
    return shown(ml.connections.create_or_update(connection))


def main() -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    stdout, sys.stdout = sys.stdout, sys.stderr
    from azure.ai.ml import MLClient
    from azure.identity import DefaultAzureCredential

    ml = MLClient.from_config(DefaultAzureCredential())
    names = json.loads(sys.argv[1])
    steps = {"write": write, "read": read, "change": change}
    stdout.write(json.dumps({step: steps[step](ml, names[step]) for step in steps}))


if __name__ == "__main__":
    main()
