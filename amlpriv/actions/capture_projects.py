"""Which project a folder holds that something was installed from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from amlpriv.errors import InputError
from amlpriv.files import read_text
from amlpriv.specs.captured.installed import Installed
from amlpriv.specs.project_names import NAMING_FILES, project_name

__all__ = ["with_projects"]


def with_projects(installed: Installed) -> Installed:
    """The same, and each distribution that was installed from a folder says what that holds by now."""
    distributions = {
        key: one if (folder := one.source_folder) is None else replace(one, lies_there=_project_in(Path(folder)))
        for key, one in installed.distributions.items()
    }
    return replace(installed, distributions=distributions)


def _project_in(folder: Path) -> str | None:
    """Its name; empty where there is no project; None where no file says the name, or not in plain words."""
    try:
        files = [folder / name for name in NAMING_FILES if (folder / name).exists()]
        for file in files:
            if name := project_name(file.name, read_text(file)):
                return name
    except (OSError, InputError, RecursionError):  # others' files
        return None
    return None if files else ""
