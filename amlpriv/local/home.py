"""Where the local workspace keeps its files, and how they are written: owner-only and never half."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from amlpriv.errors import LocalWorkspaceError, StorageFullError, UsageError
from amlpriv.files import rename

__all__ = ["Home", "is_temporary", "make_private_folder", "write_private"]

_NO_SPACE = 28
"""errno.ENOSPC, the same number on Linux, macOS and in Windows' C runtime."""
_TEMPORARY = re.compile(r"\..+\.[a-z0-9_]{8}")
"""What `write_private` calls a file until it is whole: ``.<name>.`` and eight characters of `tempfile`."""

_MARKER_TEXT = """\
This folder holds a local workspace of amlpriv. 'amlpriv local reset' deletes what is in it.
"""


@dataclass(frozen=True, slots=True)
class Home:
    """The folder with one local workspace, and the cache that all of them share."""

    root: Path
    cache: Path

    @classmethod
    def find(cls, environ: Mapping[str, str]) -> Home:
        """The home that ``AMLPRIV_HOME`` and ``AMLPRIV_CACHE`` name, or the platform's usual folders.

        Raises UsageError for ``~somebody`` whom nobody knows.
        """
        return cls(root=_folder(environ, "AMLPRIV_HOME"), cache=_folder(environ, "AMLPRIV_CACHE"))

    @property
    def marker(self) -> Path:
        """Says that the folder is ours; written first, deleted last."""
        return self.root / "amlpriv-home.txt"

    @property
    def identity(self) -> Path:
        """Account name, account key, tenant: what stays the same over restarts. Secret."""
        return self.root / "identity.json"

    @property
    def state(self) -> Path:
        """What runs now: process, ports. Only there while the workspace runs."""
        return self.root / "state.json"

    @property
    def ports(self) -> Path:
        """The proxies' ports of the last start, which the next one takes again when they are free."""
        return self.root / "ports.json"

    @property
    def upstream(self) -> Path:
        """The user's own proxy, as the workspace uses it (``amlpriv.local.upstreams``). Secret."""
        return self.root / "upstream.json"

    @property
    def lock(self) -> Path:
        """Held while the workspace is being started, stopped or deleted."""
        return self.root / "home.lock"

    @property
    def running(self) -> Path:
        """Held by the supervisor for as long as it lives: the operating system lets it go, whatever happens."""
        return self.root / "running.lock"

    @property
    def storage_running(self) -> Path:
        """There from Azurite's start until its data is saved; holds its process id."""
        return self.root / "storage.pid"

    @property
    def trouble(self) -> Path:
        """What went wrong last (``amlpriv.local.trouble``)."""
        return self.root / "trouble.json"

    @property
    def certificates(self) -> Path:
        """The CA, the server's certificate and key, and the bundle for clients."""
        return self.root / "certificates"

    @property
    def ca_bundle(self) -> Path:
        """The user's own CA bundle plus our CA."""
        return self.certificates / "ca-bundle.pem"

    @property
    def logs(self) -> Path:
        """The folder of all logs."""
        return self.root / "logs"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor did, and why it ended."""
        return self.logs / "supervisor.log"

    @property
    def azurite_log(self) -> Path:
        """What Azurite printed, its access log excepted."""
        return self.logs / "azurite.log"

    @property
    def requests_log(self) -> Path:
        """One JSON line for each request (``amlpriv.local.requests``)."""
        return self.logs / "requests.jsonl"

    @property
    def storage(self) -> Path:
        """Azurite's data."""
        return self.root / "storage"

    @property
    def builds(self) -> Path:
        """The environments that were built on this machine."""
        return self.root / "builds"

    @property
    def jobs(self) -> Path:
        """A folder for each job: logs, code, inputs, outputs."""
        return self.root / "jobs"

    @property
    def feeds(self) -> Path:
        """The package feeds (``amlpriv.local.feed``): tokens, records, files."""
        return self.root / "feeds"

    @property
    def serving(self) -> Path:
        """What ``local serve`` runs (``amlpriv.local.plane.serving_files``)."""
        return self.root / "serving"

    @property
    def plane(self) -> Path:
        """The control plane's data."""
        return self.root / "plane"

    @property
    def is_ours(self) -> bool:
        """Whether a local workspace was ever made here. One of a version without the marker has its identity only."""
        if self.marker.is_file():
            return True
        try:
            return '"account_key"' in self.identity.read_text(encoding="utf-8", errors="replace")
        except OSError:
            return False

    @property
    def is_foreign(self) -> bool:
        """Whether the folder holds somebody else's files, and nothing that shows it to be ours."""
        kept = {self.lock.name, self.lock.with_suffix(".pid").name, self.running.name, self.serving.name, "verify"}
        kept |= {".DS_Store", "desktop.ini"}  # file managers put them into empty folders
        if self.cache.parent == self.root:
            kept.add(self.cache.name)
        try:
            found = [path for path in self.root.iterdir() if path.name not in kept]
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise LocalWorkspaceError(f"cannot read the folder {self.root}: {error.strerror or error}") from error
        # The marker is looked for after that: another process that starts writes it before all else.
        return any(not path.name.startswith(f".{self.marker.name}.") for path in found) and not self.is_ours

    def prepare(self) -> None:
        """Make the folders, for the owner only (0700, where the system knows modes).

        Raises LocalWorkspaceError when the place cannot be written, or is a folder with somebody else's files.
        """
        if self.is_foreign:
            raise LocalWorkspaceError(
                f"{self.root} has files in it that are not of a local workspace; nothing was changed there.",
                hint="Set AMLPRIV_HOME to a folder of its own: an empty one, or one that does not exist yet.",
            )
        make_private_folder(self.root)
        if not self.marker.exists():
            write_private(self.marker, _MARKER_TEXT)
        for folder in (self.certificates, self.logs, self.storage, self.plane):
            make_private_folder(folder)


def _folder(environ: Mapping[str, str], name: str) -> Path:
    given = environ.get(name)
    if given:
        try:
            return Path(given).expanduser().absolute()
        except RuntimeError as error:
            raise UsageError(
                f"{name} is {given}, and there is no such user.", hint="Write the folder's whole path."
            ) from error
    import platformdirs

    usual = platformdirs.user_data_dir if name == "AMLPRIV_HOME" else platformdirs.user_cache_dir
    return Path(usual("amlpriv", appauthor=False)).absolute()


def make_private_folder(folder: Path) -> None:
    """Make ``folder`` (and its parents), closed to others; one that is already there is left as its owner made it."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        if error.errno == _NO_SPACE:
            raise StorageFullError(f"cannot make the folder {folder}: {error.strerror or error}") from error
        raise LocalWorkspaceError(
            f"cannot make the folder {folder}: {error.strerror or error}",
            hint="Set AMLPRIV_HOME (data) and AMLPRIV_CACHE (downloads) to folders of your own.",
        ) from error


def write_private(path: Path, content: str | bytes) -> None:
    """Replace ``path`` by ``content`` at once: readers see the old or the new. Mode 0600.

    Raises StorageFullError when the disk is full, LocalWorkspaceError when it cannot be written for another reason.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    temporary = ""
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        rename(Path(temporary), path)
    except OSError as error:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
        kind = StorageFullError if error.errno == _NO_SPACE else LocalWorkspaceError
        raise kind(f"cannot write {path}: {error.strerror or error}") from error


def is_temporary(path: Path) -> bool:
    """Whether ``path`` is a file that `write_private` did not come to rename."""
    return _TEMPORARY.fullmatch(path.name) is not None and path.is_file()
