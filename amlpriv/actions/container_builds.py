"""Compiled packages: what does not fit the target as it was built here is built in a Linux container, when asked to."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from amlpriv.actions.credential_sources import credential_sources
from amlpriv.building import NO_CACHE
from amlpriv.builds.completeness import check_large_files
from amlpriv.builds.inputs import Inputs
from amlpriv.builds.store import WheelStore
from amlpriv.connections.addresses import Credentials
from amlpriv.containers.building import build_in_container
from amlpriv.containers.images import default_image
from amlpriv.containers.tools import CHOICES, find_tool
from amlpriv.credentials.finding import find_credential
from amlpriv.errors import BuildError, UsageError
from amlpriv.local.home import Home
from amlpriv.processes import ToolCancelledError
from amlpriv.sourcecopy import git_root
from amlpriv.specs.image_names import IMAGE_HINT, image_complaint
from amlpriv.target import Target

__all__ = ["BUILD_IMAGE", "BUILD_IN", "ContainerBuild", "with_container"]

BUILD_IN = "AMLPRIV_BUILD_IN"
"""The container tool for compiled packages: docker, podman, buildah or auto; ``--build-in`` on the command line."""
BUILD_IMAGE = "AMLPRIV_BUILD_IMAGE"
"""The image to build in, instead of the manylinux image for the target; ``--build-image`` on the command line."""


def with_container(
    environ: Mapping[str, str] | None, build_in: str | None, build_image: str | None
) -> Mapping[str, str]:
    """The environment (None: this process's) with what was asked for in place of its own settings.

    Raises UsageError.
    """
    environ = os.environ if environ is None else environ
    if build_in is not None and build_in not in CHOICES:
        raise UsageError(f"{build_in!r} is no container tool.", hint=f"Known: {', '.join(CHOICES)}.")
    if build_image is not None and not (build_in or environ.get(BUILD_IN)):
        raise UsageError("A build image without a container tool.", hint="Add --build-in docker (podman, buildah).")
    asked = {BUILD_IN: build_in, BUILD_IMAGE: build_image}
    environ = {**environ, **{name: value for name, value in asked.items() if value is not None}}
    image = build_image if build_image is not None else environ.get(BUILD_IMAGE) or None
    if environ.get(BUILD_IN) and image is not None and (complaint := image_complaint(image)):
        raise UsageError(f"{image!r} is no image: {complaint}.", hint=IMAGE_HINT)
    return environ


@dataclass(frozen=True, slots=True)
class ContainerBuild:
    """How to build a project for a target that this machine is not."""

    target: Target
    environ: Mapping[str, str] = field(repr=False)
    inputs: Inputs
    say: Callable[[str], None] = lambda _: None
    cancelled: Callable[[], bool] | None = None

    def fitting(self, project: Path, out: Path, build: Callable[[], Path]) -> Path:
        """The wheel of ``build``, which builds here, or one from a container when it does not fit the target.

        Without AMLPRIV_BUILD_IN it is always the first. Raises what ``build`` and ``build_in_container`` raise.
        """
        asked, name = self.environ.get(BUILD_IN), project.resolve().name
        if not asked:
            return build()
        try:
            wheel = build()
        except ToolCancelledError:
            raise
        except BuildError as error:
            self.say(f"{name} does not build on this machine: {error.message}")
        else:
            if _fits(wheel, self.target):
                self.say(f"{name}: its wheel runs on the target as it is, so no container is needed")
                return wheel
        return self._in_container(project, out, asked)

    def _in_container(self, project: Path, out: Path, asked: str) -> Path:
        name, image = project.resolve().name, self.environ.get(BUILD_IMAGE) or default_image(self.target)
        store = WheelStore(Home.find(self.environ).cache / "wheels" / "containers")
        key = None
        if self.environ.get(NO_CACHE, "") in ("", "0"):
            key = self.inputs.key(project, made_for=f"{self.target} in {image}")
        if key is not None and (kept := store.take(key, out)) is not None:
            self.say(f"unchanged, not built again: {name} for {self.target}")
            return kept
        tool = find_tool(asked, self.environ)
        self.say(f"building {name} for {self.target} with {tool} in {image}")
        wheel = build_in_container(
            project,
            out,
            tool=tool,
            target=self.target,
            environ=self.environ,
            image=image,
            find_credentials=self._credentials,
            wheels=_build_requirements(self.environ),
            cancelled=self.cancelled,
        )
        check_large_files(project / "pyproject.toml", wheel, git_root(project.resolve()))
        if key is not None:
            store.keep(key, wheel)
        return wheel

    def _credentials(self, url: str) -> Credentials | None:
        return find_credential(url, None, credential_sources(self.environ)).credentials


def _fits(wheel: Path, target: Target) -> bool:
    """Whether a wheel runs there for sure: with a bare linux tag only if it was built on an equal system."""
    try:
        tags = parse_wheel_filename(wheel.name)[3] & target.tags
    except InvalidWheelFilename:
        return True  # reading it says what is wrong
    return any(not tag.platform.startswith("linux_") for tag in tags)


def _build_requirements(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The wheels of the private packages that the build needs, as ``build_requirements`` tells uv of them."""
    found: list[Path] = []
    for uri in environ.get("UV_BUILD_CONSTRAINT", "").split():
        if uri.startswith("file:") and uri.endswith("/constraints.txt"):
            folder = Path(url2pathname(urlsplit(uri).path)).parent
            if folder.parent.name == "build-requirements":
                found += sorted(folder.glob("*.whl"))
    return tuple(found)
