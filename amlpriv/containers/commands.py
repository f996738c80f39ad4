"""The command lines of the container tools, from the making of a container to its removal.

docker and podman: ``create``, ``cp``, ``start``, ``cp``, ``rm`` and not ``run --volume``. So it works with a daemon on
another machine, with Docker Desktop's list of shared folders and with SELinux, and what is copied out is the user's.
buildah has no daemon: what it makes goes to a folder of this machine. Its ``chroot`` isolation needs no other program.

What is secret goes in by standard input only: neither an argument nor a variable of a container stays unseen
(``docker inspect``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amlpriv.containers.tools import ContainerTool

__all__ = ["INSIDE", "Commands"]

INSIDE = "/amlpriv"
"""The folder in the container that is ours."""


@dataclass(frozen=True, slots=True)
class Commands:
    """The command lines for one container."""

    tool: ContainerTool
    container: str
    image: str
    platform: str
    handed: Path
    """The folder that is copied in; its name is that of ``INSIDE``."""
    fetched: Path
    """The folder that the result is copied to."""
    host_network: bool = False
    """Whether something that the build asks listens on this machine's loopback."""

    @property
    def make(self) -> list[str]:
        """Makes the container, without starting it; fetches the image when it is not there."""
        if self.tool.name == "buildah":
            return ["buildah", "from", "--name", self.container, "--platform", self.platform, self.image]
        network = ["--network", "host"] if self.host_network else []
        named = ["--name", self.container, "--platform", self.platform]
        # Whatever the image starts and as whom: a plain shell, which reads what it does from its input.
        start = ["--user", "0:0", "--workdir", "/", "--entrypoint", "/bin/sh", self.image, "-s"]
        return [self.tool.name, "create", "--interactive", *named, *network, *start]

    @property
    def hand_in(self) -> list[str]:
        """Copies the project in."""
        if self.tool.name == "buildah":
            return ["buildah", "copy", "--quiet", self.container, str(self.handed), INSIDE]
        return [self.tool.name, "cp", str(self.handed), f"{self.container}:/"]

    def start(self, environ: Mapping[str, str]) -> list[str]:
        """Runs the shell script that comes by standard input."""
        if self.tool.name != "buildah":
            return [self.tool.name, "start", "--attach", "--interactive", self.container]
        isolation = [] if environ.get("BUILDAH_ISOLATION") else ["--isolation", "chroot"]
        options = ["--user", "0:0", "--workingdir", "/", "--volume", f"{self.fetched}:{INSIDE}/out"]
        return ["buildah", "run", *isolation, *options, self.container, "--", "/bin/sh", "-s"]

    @property
    def fetch(self) -> list[str] | None:
        """Copies the result out; None where it is there already."""
        if self.tool.name == "buildah":
            return None
        return [self.tool.name, "cp", f"{self.container}:{INSIDE}/out", str(self.fetched)]

    @property
    def remove(self) -> list[str]:
        """Removes the container, whatever it does."""
        if self.tool.name == "buildah":
            return ["buildah", "rm", self.container]
        return [self.tool.name, "rm", "--force", "--volumes", self.container]
