"""render: the specification as text, as a preview or (asked for expressly) with its real signed URLs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

from amlpriv.actions.asking import find_registered
from amlpriv.actions.container_builds import with_container
from amlpriv.actions.opening import open_workspace
from amlpriv.actions.preparing import Prepared, preparing
from amlpriv.errors import NotFoundError, UsageError
from amlpriv.facts.routes import Route
from amlpriv.files import write_text
from amlpriv.plans.publish import blob_path
from amlpriv.remote import RegisteredEnvironment
from amlpriv.secret import redact
from amlpriv.specs.azureml import render_environment
from amlpriv.specs.conda import render_conda
from amlpriv.specs.digest import environment_version

__all__ = ["Form", "render", "write_specification"]

Form = Literal["environment", "conda"]

PREVIEW = (
    "# Preview by amlpriv: the address and the signature of private wheels are left out, so nothing can be built from\n"
    "# it. 'amlpriv publish' registers the real one.\n"
)


def render(
    file: str | os.PathLike[str],
    *,
    form: Form = "environment",
    workspace: object = None,
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    version: str | None = None,
    build_in: str | None = None,
    build_image: str | None = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> str:
    """The SDK v2 environment YAML (or the conda YAML) of an environment file.

    Without ``workspace`` a marked preview; with one, what is registered there, signatures shown as ``***``. Raises
    FindingsError when a check fails, NotFoundError when it has not been published to that workspace or when the signed
    URLs of what is registered no longer work.
    """
    surroundings = with_container(environ, build_in, build_image)
    options: dict[str, Any] = {"name": name, "image": image, "python": python, "version": version, "say": say}
    with preparing(Path(file), environ=surroundings, **options) as prepared:
        prepared.report.raise_if_errors()
        if workspace is None:
            return PREVIEW + _preview(prepared, form)
        registered = _registered(prepared, workspace, surroundings, start)
    return redact(_text(registered, form))


def write_specification(
    file: str | os.PathLike[str],
    out: Path,
    *,
    workspace: object,
    form: Form = "environment",
    name: str | None = None,
    image: str | None = None,
    python: str | None = None,
    version: str | None = None,
    build_in: str | None = None,
    build_image: str | None = None,
    start: bool = True,
    environ: Mapping[str, str] | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Write the registered specification with its real signed URLs to a file that only its owner can read."""
    if workspace is None:
        raise UsageError(
            "Without a workspace there is nothing to reveal.", hint="Say which: --workspace local, or a config.json."
        )
    surroundings = with_container(environ, build_in, build_image)
    options: dict[str, Any] = {"name": name, "image": image, "python": python, "version": version, "say": say}
    with preparing(Path(file), environ=surroundings, **options) as prepared:
        prepared.report.raise_if_errors()
        registered = _registered(prepared, workspace, surroundings, start)
    write_text(out, _text(registered, form), private=True)


def _preview(prepared: Prepared, form: Form) -> str:
    query = "" if prepared.route is Route.PLAIN else "?sig=***"
    urls = {
        name: f"https://ACCOUNT.blob.example/CONTAINER/{blob_path(wheel)}{query}#sha256={wheel.sha256}"
        for name, wheel in prepared.wheels.items()
    }
    urls |= {item.wheel.name: item.pinned for item in prepared.wanted.direct}
    file = prepared.file
    unlisted = [f"{name} @ {urls[name]}" for name in urls if not prepared.needed[name].listed]
    conda = render_conda(prepared.conda, urls=urls, extra_pip=unlisted) if file.conda is not None else None
    if form == "conda":
        return conda or ""
    version = file.version or environment_version(prepared.digest)
    return render_environment(
        name=file.name,
        version=version,
        image=prepared.image,
        conda_file=conda,
        description=file.description,
        tags=file.tags,
    )


def _registered(
    prepared: Prepared, workspace: object, environ: Mapping[str, str], start: bool
) -> RegisteredEnvironment:
    opened = open_workspace(workspace, environ=environ, folder=Path.cwd(), start=start)
    match = find_registered(opened, prepared.wanted)
    if match is None:
        raise NotFoundError(
            f"This content of {prepared.file.name} is not registered in {opened}.", hint="Publish it first."
        )
    return match


def _text(registered: RegisteredEnvironment, form: Form) -> str:
    conda = registered.conda.reveal() if registered.conda else None
    if form == "conda":
        return conda or ""
    return render_environment(
        name=registered.name,
        version=registered.version,
        image=registered.image,
        conda_file=conda,
        description=registered.description,
        tags=registered.tags,
    )
