"""Runs in a process of its own, in the surroundings of the local workspace: what a user of SDK v2 does with a result.

Prints one JSON object. Importing azure.ai.ml takes seconds and changes the process.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from pathlib import Path
from typing import Any


def main(file: str, wheel: str, folder: str) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr
    from azure.ai.ml import MLClient, command, load_environment
    from azure.identity import DefaultAzureCredential

    import amlpriv
    from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

    ml = MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE)
    result = amlpriv.publish(file, workspace=ml)
    conda = result.registered.conda.reveal() if result.registered and result.registered.conda else ""
    signature = conda.partition("sig=")[2].partition("#")[0]
    environment = result.environment
    job = command(command="python -c 0", environment=environment, compute="cpu")
    sent = _resolved(ml, environment)

    yaml = Path(folder, "published.yml")
    yaml.write_text(result.reveal_spec(), encoding="utf-8")
    loaded = load_environment(yaml)
    registered_shown = amlpriv.render(file, workspace=ml)
    previews = {"preview": amlpriv.render(file), "registered": registered_shown}
    for name, text in previews.items():
        Path(folder, f"{name}.yml").write_text(text, encoding="utf-8")
    rendered = {name: load_environment(Path(folder, f"{name}.yml")) for name in previews}
    shown = (
        registered_shown
        + "\n".join(str(shown) for shown in (environment, job, result))
        + repr(environment)
        + repr(job)
        + repr(result)
    )
    there = ml.environments.get(result.name, result.version)
    unbound = MLClient(DefaultAzureCredential(), SUBSCRIPTION, RESOURCE_GROUP)
    try:
        amlpriv.publish(file, workspace=unbound)
        refusal = ""
    except amlpriv.AmlprivError as error:
        refusal = str(error)
    url = amlpriv.add_private_pip_wheel(ml, wheel)
    answer: dict[str, Any] = {
        "id": result.id,
        "reference": result.reference,
        "sent": sent,
        "environment_of_job": getattr(job.environment, "id", job.environment),
        "signature_length": len(signature),
        "signature_is_shown": signature in shown,
        "hidden": "sig=***" in shown,
        "loaded": [loaded.name, loaded.version, loaded.image],
        "loaded_has_url": signature in json.dumps(loaded.conda_file),
        "rendered": {name: [read.name, read.version, read.image] for name, read in rendered.items()},
        "there": [there.name, there.version, there.image],
        "refusal": refusal,
        "url": url.partition("?")[0],
        "requests": result.workspace.requests.as_json(),
        "again": amlpriv.publish(file, workspace=ml).plan.action.value,
    }
    answers.write(json.dumps(answer))


def _resolved(ml: Any, environment: Any) -> str:
    """What the SDK puts into a job's request for its environment."""
    from azure.ai.ml.constants._common import AzureMLResourceType

    operations = ml.jobs._orchestrators
    return str(operations.get_asset_arm_id(environment, azureml_type=AzureMLResourceType.ENVIRONMENT))


if __name__ == "__main__":
    main(*sys.argv[1:])
