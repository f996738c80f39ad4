"""One user's session at whatever time the clock shows: publish, sign in with azure-identity, read the wheel's URL.

``python clock_session.py FILE``; prints one JSON object.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

from amlpriv.actions.publish import publish
from amlpriv.actions.signed import signed_urls
from amlpriv.local.environment import environment_variables
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import status, stop


def main() -> None:
    home = Home.find(os.environ)
    result = publish(sys.argv[1], workspace="local")
    state = status(home)
    assert state is not None
    assert result.registered is not None
    said: dict[str, Any] = {"time": time.time(), "action": result.plan.action.value, "version": result.version}
    said["newest"] = result.workspace.environments.versions(result.name)[0].version
    os.environ |= environment_variables(state, os.environ)
    said["wheel"] = len(_read(signed_urls(result.registered)["contoso-features"].reveal()))
    said["containers"] = _containers(state.storage_url)
    stop(home)
    sys.stdout.write(json.dumps(said))


def _read(url: str) -> bytes:
    import requests

    answer = requests.get(url, timeout=30)
    answer.raise_for_status()
    return answer.content


def _containers(url: str) -> int:
    from azure.identity import DefaultAzureCredential
    from azure.storage.blob import BlobServiceClient

    with DefaultAzureCredential() as credential, BlobServiceClient(url, credential=credential) as client:
        return len(list(client.list_containers()))


if __name__ == "__main__":
    main()
