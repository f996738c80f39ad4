"""The environment variables of a job, and which of them are secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from amlpriv.errors import InputError
from amlpriv.local.jobs.files import Binding
from amlpriv.local.plane.job_content import variable_problem
from amlpriv.local.plane.names import RESOURCE_GROUP, SUBSCRIPTION, WORKSPACE

__all__ = ["MARK", "instance_note", "job_variables", "secret_values"]

_SECRET_NAME = re.compile(
    r"passw|passphrase|secret|credential|signature|connection_?string|(?:api|access|account|private|signing|shared)_?key"
    r"|(?:^|_)(?:tokens?|pat|sas|apikey|auth)(?:_|$)|(?:^|_)key$|pwd(?:_|$)",
    re.IGNORECASE,
)
"""By word, so that TOKENIZERS_PARALLELISM is none."""
_OF_THE_SHELL = ("PWD", "OLDPWD")
"""Folders; ``DB_PWD`` is a password."""
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_SHORTEST = 8
"""Shorter values are words that a log may well have."""
_WORDS = frozenset(
    {"anonymous", "required", "optional", "disabled", "password", "interactive", "unlimited", "external"}
)
_NUMBER = re.compile(r"[+-]?[\d._]+(?:e[+-]?\d+)?", re.IGNORECASE)

MARK = "AMLPRIV_JOB"
"""Marks every process of a job, also one that has left the job's process group."""

_ALONE = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "6105", "RANK": "0", "LOCAL_RANK": "0", "WORLD_SIZE": "1"}
"""What PyTorch's ``env://`` start wants to know: here a distributed job is one process."""


def instance_note(properties: Mapping[str, Any]) -> str:
    """What a log has to say about a job that would be many processes; empty for others."""
    instances = (properties.get("resources") or {}).get("instanceCount") or 1
    spread = (properties.get("distribution") or {}).get("distributionType")
    if not spread and instances == 1:
        return ""
    kind = f" ({spread})" if spread else ""
    return f"amlpriv: this job asks for {instances} instances{kind}; the local workspace runs its command once."


def job_variables(
    name: str, properties: Mapping[str, Any], inputs: Mapping[str, Binding], outputs: Mapping[str, Binding]
) -> dict[str, str]:
    """What the service sets for a command job, and the job's own variables over it.

    Names: Microsoft's "Use environment variables in training jobs" for ``AZUREML_*``; ``AZURE_ML_INPUT_<name>`` and
    ``AZURE_ML_OUTPUT_<name>`` hold the paths of data.
    """
    experiment = str(properties.get("experimentName") or "Default")
    paths = {f"AZURE_ML_INPUT_{key}": one.value for key, one in inputs.items() if not one.literal and one.value}
    paths |= {f"AZURE_ML_OUTPUT_{key}": one.value for key, one in outputs.items() if one.value}
    own = properties.get("environmentVariables") or {}
    for key, value in own.items():
        if problem := variable_problem(str(key), str(value)):
            raise InputError(problem)
    return {
        "AZUREML_RUN_ID": name,
        "AZUREML_ROOT_RUN_ID": str(properties.get("rootJobName") or properties.get("parentJobName") or name),
        "AZUREML_ARM_SUBSCRIPTION": SUBSCRIPTION,
        "AZUREML_ARM_RESOURCEGROUP": RESOURCE_GROUP,
        "AZUREML_ARM_WORKSPACE_NAME": WORKSPACE,
        "AZUREML_ARM_PROJECT_NAME": experiment,
        "AZUREML_EXPERIMENT_NAME": experiment,
        "PYTHONUNBUFFERED": "1",  # otherwise the log would come at the end
        **(_ALONE if properties.get("distribution") else {}),
        **{key: str(value) for key, value in paths.items()},
        **{str(key): str(value) for key, value in own.items() if value is not None},
    }


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values that no log may show, by the names of their variables; of a value with many lines each line as well.

    No secrets are: short values, numbers, common words, and folders and files of this machine.
    """
    found: set[str] = set()
    for name, value in environment.items():
        if name in _OF_THE_SHELL or _is_plain(value):
            continue
        if _SECRET_NAME.search(_HUMP.sub("_", name)):
            lines = (line.strip() for line in value.splitlines())
            found |= {value, *(line for line in lines if not _is_plain(line))}
    return tuple(sorted(found, key=len, reverse=True))


def _is_plain(value: str) -> bool:
    if len(value) < _SHORTEST or value.lower() in _WORDS or _NUMBER.fullmatch(value):
        return True
    try:
        return Path(value).is_absolute() and Path(value).exists()
    except (OSError, ValueError):  # too long for a path; a NUL in it
        return False
