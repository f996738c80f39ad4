"""Runs in a process of its own: one MLClient, and lines of Python from stdin that use it.

Importing azure.ai.ml takes seconds, changes os.environ and leaves connections open; the tests' process stays clean.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any


class Credential:
    """Any object with get_token will do."""

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        from azure.core.credentials import AccessToken

        return AccessToken("x", 4_000_000_000)


def main(port: str, ca: str) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Environment
    from azure.identity import ClientSecretCredential

    from amlpriv.local.plane.names import RESOURCE_GROUP, STORAGE_SUFFIX, SUBSCRIPTION, WORKSPACE

    here = f"https://localhost:{port}"
    names = ("azure_portal", "resource_manager", "active_directory", "aml_resource_id", "registry_discovery_endpoint")
    metadata = {**dict.fromkeys(names, here), "storage_endpoint": STORAGE_SUFFIX}
    ml = MLClient(
        Credential(),
        SUBSCRIPTION,
        RESOURCE_GROUP,
        WORKSPACE,
        cloud=f"AmlprivLocal{port}",
        cloud_metadata=metadata,
        connection_verify=ca,
        enable_telemetry=False,
    )
    known = {"ml": ml, "Environment": Environment, "ClientSecretCredential": ClientSecretCredential}
    known |= {"authority": here}
    for line in sys.stdin:
        try:
            answer = {"value": eval(json.loads(line), known)}  # noqa: S307 - the tests write it
        except Exception as error:
            answer = {"error": type(error).__name__, "message": str(error)}
        answers.write(json.dumps(answer, default=str) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
