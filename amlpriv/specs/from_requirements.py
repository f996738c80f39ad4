"""A requirements file as an environment: its lines are the pip lines, and the rest is given by the caller or stands in
``[tool.amlpriv]`` of a ``pyproject.toml`` beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from amlpriv.specs.conda import CondaSpec
from amlpriv.specs.environment import EnvironmentFile, path_sources, refuse_bad_name, with_image
from amlpriv.specs.pip import PipLine, PipRequirement
from amlpriv.specs.positions import Position
from amlpriv.specs.problems import Problems, input_error
from amlpriv.specs.pyproject import Pyproject, PyprojectNote
from amlpriv.specs.pyproject.composing import conda_layer, constrained, with_pip
from amlpriv.specs.pyproject.project import ProjectTable, read_project
from amlpriv.specs.pyproject.python import chosen_python, refuse_bad_python
from amlpriv.specs.pyproject.settings import Settings, read_settings
from amlpriv.specs.requirements import RequirementLine, RequirementsTree, flatten, read_requirements
from amlpriv.specs.toml_positions import load_toml
from amlpriv.target import Target, parse_python

__all__ = ["read_requirements_environment"]


def read_requirements_environment(
    file: str,
    *,
    load: Callable[[str], bytes | str],
    beside: tuple[str, str] | None = None,
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
) -> Pyproject:
    """Read a requirements file with everything behind its ``-r`` and ``-c``; ``load`` gives a file by its path.

    ``beside`` is the text and the name of a ``pyproject.toml`` whose ``[tool.amlpriv]`` has name, image, Python, conda
    lines and channels; ``name``, ``image`` and ``python`` go before it. Constraints narrow the lines with the same
    name; paths are private packages. InputError with file and line, as ``read_requirements``, and for what nobody says.
    """
    refuse_bad_name(name)
    refuse_bad_python(python)
    start = Position(file, 1, 1)
    settings, project = _beside(*beside) if beside is not None else (Settings(), None)
    problems = Problems(beside[1] if beside else file)
    layer = conda_layer(settings, beside[1] if beside else file, problems)
    problems.raise_first()
    if name is None and settings.name is None:
        raise input_error("The environment has no name.", start, hint="Give --name.")
    version, place = None, None
    if layer.python_dependency is None:
        where = None if python else settings.positions.get("python")
        version, place = chosen_python(python or settings.python, where, project, start)
    pair = layer.python if version is None else parse_python(version)
    lines, unused = _lines(read_requirements(file, load), Target(python=pair or Target().python))
    conda = replace(with_pip(layer, version, place, lines, start), file=file)
    environment = _environment(name or settings.name or "", settings, conda)
    text = "The constraint {!r} does not count for what other packages require."
    notes = tuple(PyprojectNote(text.format(item.text), item.position) for item in unused)
    return Pyproject(with_image(environment, image), notes)


def _environment(name: str, settings: Settings, conda: CondaSpec) -> EnvironmentFile:
    return EnvironmentFile(
        name=name,
        version=settings.version,
        image=settings.image,
        description=settings.description,
        tags=settings.tags,
        conda=conda,
        sources=path_sources(conda),
        via=settings.via,
        file=conda.file,
        positions=settings.positions,
        lock=settings.own_lock,
    )


def _beside(text: str, file: str) -> tuple[Settings, ProjectTable | None]:
    document = load_toml(text, file)
    problems = Problems(file)
    settings, project = read_settings(document, problems), read_project(document, problems)
    problems.raise_first()
    return settings, project


def _lines(tree: RequirementsTree, target: Target) -> tuple[list[PipLine], list[PipRequirement]]:
    """The pip lines, and the constraints that none of them names."""
    lines: list[PipLine] = []
    constraints: list[PipRequirement] = []
    for placed in flatten(tree):
        line = placed.line
        if not isinstance(line, RequirementLine):
            lines += line.options
            continue
        if line.config_settings or line.global_options:
            message = "Build settings behind a requirement cannot go into an environment."
            raise input_error(message, line.position, hint="Build a wheel with them, and give its path.")
        if not placed.constraint:
            lines.append(line.item)
        elif isinstance(line.item, PipRequirement) and line.item.requirement.url is None:
            constraints.append(line.item)
        else:
            message = "A constraint with an address cannot go into an environment."
            raise input_error(message, line.position, hint="Write the address into the requirements themselves.")
    return constrained(lines, constraints, target)
