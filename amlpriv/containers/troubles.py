"""Why a build in a container gave no wheel that fits, from what the tools said."""

from __future__ import annotations

import re
from pathlib import Path

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from amlpriv.containers.commands import Commands
from amlpriv.containers.script import FAILED_BUILD, FAILED_REPAIR, Said
from amlpriv.containers.tools import daemon_complaint
from amlpriv.errors import AmlprivError, BuildError, NetworkError
from amlpriv.processes import Completed
from amlpriv.target import Target

__all__ = ["build_trouble", "container_trouble", "last_words", "the_wheel"]

_LAST_WORDS = 15
_NO_NETWORK = re.compile(
    r"no such host|i/o timeout|connection refused|network is unreachable|dial tcp|tls handshake|x509:"
    r"|temporary failure in name resolution|pinging container registry|deadline exceeded",
    re.IGNORECASE,
)
_NOT_FETCHED = re.compile(
    r"NewConnectionError|Max retries exceeded|Failed to establish a new connection|Name or service not known"
    r"|Temporary failure in name resolution|CERTIFICATE_VERIFY_FAILED|ConnectTimeoutError|ReadTimeoutError"
)
_NOT_ALLOWED = re.compile(r"\b(401|403) (Client )?Error|User for .+ needs login|HTTP error (401|403)")
_NOT_FOUND = re.compile(r"No matching distribution found for (.+)")
# buildah's own words at the end of a script that failed.
_EXITED = re.compile(r"subprocess exited with status \d+|.*\bexit status \d+")
_CAUSE = re.compile(r"\s*((?:[\w.]+\.)?\w*(?:Error|Exception|Invalid\w*)): .+|.*\b(?:fatal )?error: .+")


def container_trouble(commands: Commands, arguments: list[str], completed: Completed) -> AmlprivError:
    """Why the container could not be made, filled or read."""
    name = commands.tool.name
    if complaint := daemon_complaint(name, completed.tail):
        return complaint
    words = last_words(completed.tail)
    if arguments != commands.make:
        return BuildError(f"'{name} {arguments[1]}' failed.", hint=words)
    message = f"{name} cannot get the image {commands.image} for {commands.platform}"
    if _NO_NETWORK.search(words):
        return NetworkError(
            f"{message}: its registry does not answer.",
            hint=f"{words}\nCheck the network, or name an image that is at hand by --build-image.",
        )
    return BuildError(f"{message}.", hint=f"{words}\nName another image by --build-image, or sign in to its registry.")


def build_trouble(project: Path, target: Target, image: str, said: Said, completed: Completed) -> AmlprivError:
    """Why the script in the container failed."""
    words = last_words(completed.tail)
    if said.pythons is not None:
        return BuildError(
            f"The image {image} has no CPython {target.python_text}; it has: {said.pythons or 'none'}.",
            hint="Name an image that has it by --build-image, or leave that out to use the manylinux image.",
        )
    if said.no_pip:
        return BuildError(f"The Python in the image {image} has no pip.", hint="Name another image by --build-image.")
    if completed.returncode == FAILED_REPAIR:
        return BuildError(f"{project}: auditwheel cannot make the wheel fit {target}.", hint=words)
    if completed.returncode != FAILED_BUILD:
        return BuildError(f"The container of {image} ended with exit code {completed.returncode}.", hint=words)
    text = "\n".join(completed.tail)
    where = f"{project}, built in {image}"
    if _NOT_ALLOWED.search(text):
        return BuildError(f"{where}: the package index refused to serve a build requirement.", hint=words)
    if _NOT_FETCHED.search(text):
        hint = f"{words}\nCheck that a container reaches the package index (proxy, certificates, PIP_INDEX_URL)."
        return NetworkError(f"{where}: the build requirements could not be fetched.", hint=hint)
    if missing := _NOT_FOUND.search(text):
        return BuildError(f"{where}: the package index does not have {missing[1]}, a build requirement.", hint=words)
    causes = [line.strip() for line in completed.tail if _CAUSE.fullmatch(line) and "subprocess-exited" not in line]
    return BuildError(f"{where}: the build backend failed{f': {causes[0]}' if causes else '.'}", hint=words)


def the_wheel(folder: Path, project: Path, target: Target, image: str, said: Said) -> Path:
    """The one wheel in the folder, which fits the target. Raises BuildError."""
    wheels = sorted(folder.rglob("*.whl"))
    if len(wheels) != 1:
        names = ", ".join(wheel.name for wheel in wheels) or "none"
        raise BuildError(f"{project}: one wheel was expected from the container; there were {len(wheels)}: {names}.")
    wheel = wheels[0]
    try:
        tags = parse_wheel_filename(wheel.name)[3]
    except InvalidWheelFilename as error:
        raise BuildError(f"{project}: the build backend gave a wheel with a wrong name: {wheel.name}.") from error
    choose = "Use a manylinux image whose glibc is not newer than the target's: without --build-image one is chosen."
    if not target.accepts(tags):
        machine = f" (a machine of kind {said.machine})" if said.machine not in ("", target.arch) else ""
        message = f"{wheel.name}, built in {image}{machine}, does not run on {target}."
        raise BuildError(message, hint=choose)
    bare = all(tag.platform.startswith("linux_") for tag in tags & target.tags)
    glibc = re.fullmatch(r"glibc (\d+)\.(\d+).*", said.libc)
    if bare and glibc and (int(glibc[1]), int(glibc[2])) > target.glibc:
        message = (
            f"The image {image} has {said.libc}, which is newer than that of {target}, and no auditwheel: "
            f"{wheel.name} may fail at import there."
        )
        raise BuildError(message, hint=choose)
    return wheel


def last_words(tail: tuple[str, ...]) -> str:
    """What a tool said at the end, without the lines that are none of its business."""
    lines = [line for line in tail if line.strip() and not _EXITED.fullmatch(line) and not Said().take(line)]
    return "\n".join(lines[-_LAST_WORDS:]) or "It said nothing."
