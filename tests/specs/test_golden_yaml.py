"""Golden files: every construct of conda YAML and of Azure ML YAML, and what is made of it.

``python tests/specs/test_golden_yaml.py`` writes the expectations anew; read the difference before you commit it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.conda import CondaSpec, parse_conda, render_conda
from amlpriv.specs.digest import canonical_environment
from amlpriv.specs.documents import EnvironmentUse, read_document
from amlpriv.specs.rewriting import replace_environments

GOLDEN = Path(__file__).parents[1] / "golden"
NEW = "azureml:churn:c0123456789ab"


def conda(path: Path) -> Any:
    """What a conda file means, or why it is refused."""
    try:
        spec = parse_conda(path.read_text("utf-8"), path.name)
    except InputError as error:
        return {"refused": error.message, "at": f"{error.line}:{error.column}", "hint": error.hint}
    return {**_meaning(spec), "places": [str(item.position) for item in (*spec.dependencies, *spec.pip)]}


def _meaning(spec: CondaSpec) -> dict[str, Any]:
    return {
        "name": spec.name,
        "channels": list(spec.channels),
        "dependencies": [_dependency(item.match) for item in spec.dependencies],
        "pip": [line.text for line in spec.pip],
        "variables": dict(spec.variables),
    }


def _dependency(match: Any) -> list[Any]:
    found = [match.name, match.version, match.build, match.channel, match.subdir]
    return [*found, "template"] if match.template else found


def document(path: Path) -> Any:
    """What an Azure ML document is, its environments, and its text with all of them replaced."""
    text = path.read_text("utf-8")
    found = read_document(text, path.name)
    paths = {use.path: NEW for use in found.environments if use.path}
    return {
        "kind": found.kind.value,
        "environments": [_use(use) for use in found.environments],
        "files": [[".".join(map(str, item.path)), item.file, str(item.position)] for item in found.files],
        "rewritten": replace_environments(text, paths, path.name).splitlines() if paths else None,
    }


def _use(use: EnvironmentUse) -> dict[str, Any]:
    reference = use.reference
    return {
        "path": ".".join(map(str, use.path)),
        "at": str(use.position),
        "kind": reference.kind.value if reference else "inline",
        "name": reference.name if reference else None,
        "version": reference.version if reference else None,
        "label": reference.label if reference else None,
    }


CASES = [
    (path, read)
    for folder, read in (("conda", conda), ("azureml", document))
    for path in sorted((GOLDEN / folder).glob("*.yml"))
]


@pytest.mark.parametrize(("path", "read"), CASES, ids=lambda value: value.stem if isinstance(value, Path) else "")
def test_a_construct_is_read_as_it_was(path: Path, read: Any) -> None:
    assert read(path) == json.loads(path.with_suffix(".json").read_text("utf-8"))


@pytest.mark.parametrize(
    "path",
    [path for path, read in CASES if read is conda and not path.name.startswith("refused-")],
    ids=lambda path: path.stem,
)
def test_what_is_written_means_the_same(path: Path) -> None:
    """Parse, render, parse again."""
    spec = parse_conda(path.read_text("utf-8"))
    assert _canonical(parse_conda(render_conda(spec))) == _canonical(spec)


def _canonical(spec: CondaSpec) -> object:
    return canonical_environment(image=None, platform="linux/x86_64", conda=spec, sources=())


if __name__ == "__main__":
    for place, reader in CASES:
        place.with_suffix(".json").write_text(json.dumps(reader(place), indent=1, ensure_ascii=False) + "\n", "utf-8")
