"""What conda has installed, from its own records.

It is sent to other interpreters: the standard library of Python 3.8, and modules of this folder, are all it may use.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

from amlpriv.installed.metadata import paths_needed, text_of

__all__ = ["conda_records", "conda_specs"]


def conda_records(prefix: Path) -> tuple[list[dict[str, Any]], list[list[str]]]:
    """The packages that conda has installed (``conda-meta/NAME-VERSION-BUILD.json``), and the records that are broken.

    ``infos`` are the metadata folders of Python packages that belong to it, ``alive`` says whether they are there.
    """
    records, broken = [], []
    for path in sorted((prefix / "conda-meta").glob("*.json")) if (prefix / "conda-meta").is_dir() else ():
        try:
            content = json.loads(path.read_text("utf-8"))
            files = [str(name) for name in content.get("files") or ()]
            specs = content.get("requested_specs") or [content.get("requested_spec") or ""]
            keys = ("name", "version", "build", "channel", "url", "depends")
            record = {key: content.get(key) for key in keys}
        except (OSError, ValueError, AttributeError) as error:
            broken.append([path.name, str(error)])
            continue
        heads = re.compile(r"(.*\.(?:dist-info|egg-info))(?:/(?:METADATA|PKG-INFO))?$")
        found = {prefix / match[1] for match in map(heads.match, files) if match}
        record["infos"] = sorted(os.path.normcase(str(info)) for info in found)
        record["alive"] = not found or any(info.exists() for info in found)
        record["requested"] = [str(spec) for spec in specs if spec and str(spec) != "None"]
        record["modules"] = paths_needed(conda_modules(files))
        records.append(record)
    return records, broken


def conda_modules(files: list[str]) -> list[str]:
    """The code in site-packages among a conda package's files, from there on."""
    code = [re.match(r"(?:lib/python[\d.]+/|Lib/)?site-packages/(.+\.(?:py|so|pyd))$", name) for name in files]
    return [match[1] for match in code if match]


def conda_specs(prefix: Path) -> list[str]:
    """What was asked of conda, in the order of ``conda-meta/history``."""
    lines = text_of(prefix / "conda-meta" / "history").splitlines()
    return [line[1:].strip() for line in lines if re.match(r"#\s*\w+ specs:", line)]
