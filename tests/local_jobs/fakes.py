"""A workspace in a folder: its store, its blobs as files, and a runner."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from amlpriv.errors import NotFoundError
from amlpriv.local.jobs.runner import LocalRunner
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.names import WORKSPACE_ID
from amlpriv.local.plane.store import Store
from amlpriv.secret import Secret

ACCOUNT = "acct"
CONTAINER = "data"
HERE = f"{sys.version_info[0]}.{sys.version_info[1]}"
IMAGE = f"docker.io/library/python:{HERE}-slim"
"""Stands for an environment that is quickly built: the same one in all tests."""
ENDED = ("Completed", "Failed", "Canceled")


class FolderBlobs:
    """The blobs of an account as files: ``<root>/<container>/<path>``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.slow: threading.Event | None = None
        """Uploads wait for it."""

    def create_container(self, name: str) -> None:
        (self.root / name).mkdir(parents=True, exist_ok=True)

    def sizes(self, container: str, prefix: str = "") -> dict[str, int]:
        top = self.root / container
        files = [path for path in sorted(top.rglob("*")) if path.is_file()]
        names = {path.relative_to(top).as_posix(): path.stat().st_size for path in files}
        return {name: size for name, size in names.items() if name.startswith(prefix)}

    def read(self, container: str, path: str) -> bytes:
        file = self.root / container / path
        if not file.is_file():
            raise NotFoundError(f"There is no blob {container}/{path}.")
        return file.read_bytes()

    def write(self, container: str, path: str, content: bytes | Path) -> None:
        file = self.root / container / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.read_bytes() if isinstance(content, Path) else content)

    def download(self, container: str, prefix: str, folder: Path) -> int:
        below = prefix.rstrip("/")
        count = 0
        for name in self.sizes(container, below):
            if name != below and below and not name.startswith(f"{below}/"):
                continue
            target = folder / (Path(name).name if name == below else name.removeprefix(f"{below}/"))
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(self.root / container / name, target)
            count += 1
        return count

    def upload(
        self, files: Iterable[tuple[str, Path]], container: str, prefix: str, check: Callable[[], None]
    ) -> list[str]:
        for path, file in files:
            if self.slow is not None:
                self.slow.wait(10)
            check()
            self.write(container, f"{prefix.rstrip('/')}/{path}".rstrip("/"), file)
        return []


@dataclass
class Site:
    """A local workspace without its servers."""

    root: Path
    builds: Path
    environ: dict[str, str] = field(default_factory=lambda: dict(os.environ))
    isolated: dict[str, str] = field(default_factory=dict)
    """What an isolated job has more."""

    def __post_init__(self) -> None:
        self.blobs = FolderBlobs(self.root / "storage")
        self.context = self._open()
        self.runner = LocalRunner(
            self.context,
            environ=lambda isolated: {**self.environ, **(self.isolated if isolated else {})},
            builds=self.builds,
        )

    def _open(self) -> Context:
        return Context(
            account=ACCOUNT,
            account_key=Secret("a2V5"),
            tenant="tenant",
            start_id="start",
            workspace_guid="guid",
            container=CONTAINER,
            now=lambda: datetime.now(timezone.utc),
            store=Store(self.root / "plane", lambda: datetime.now(timezone.utc)),
            blobs=self.blobs,
            root=self.root,
        )

    def reopen(self) -> Context:
        """What the next supervisor finds."""
        self.context = self._open()
        return self.context

    def register(self, kind: str, name: str, properties: Mapping[str, Any], version: str = "1") -> str:
        """Keep a version; its ARM id."""
        with self.context.store.lock:
            self.context.store.assets(kind).put_version(name, version, properties)
        return f"{WORKSPACE_ID}/{kind}/{name}/versions/{version}"

    def code(self, name: str, **files: str) -> str:
        """Upload files (``train_py`` is train.py) as code; its ARM id."""
        for file, text in files.items():
            self.blobs.write(CONTAINER, f"LocalUpload/{name}/src/{file.replace('_', '.')}", text.encode())
        uri = f"https://{ACCOUNT}.blob.core.windows.net/{CONTAINER}/LocalUpload/{name}/src"
        return self.register("codes", name, {"codeUri": uri})

    def start(self, name: str, **properties: Any) -> None:
        """Put a job and submit it."""
        whole = {"jobType": "Command", "experimentName": "trial", "inputs": {}, "outputs": {}, **properties}
        with self.context.store.lock:
            self.context.store.assets("jobs").put_container(name, {**whole, "status": "NotStarted"})
        self.runner.submit(name)

    def job(self, name: str) -> dict[str, Any]:
        with self.context.store.lock:
            found = self.context.store.assets("jobs").get(name)
            assert found is not None, f"there is no job {name}"
            return dict(found.record.properties)

    def wait(self, name: str, *statuses: str, seconds: float = 60) -> dict[str, Any]:
        """The job when it has one of the statuses (or has ended)."""
        return self.until(name, lambda job: job["status"] in (statuses or ENDED), seconds)

    def until(self, name: str, condition: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while not condition(job := self.job(name)):
            assert time.monotonic() < end, f"{name} is still {job['status']}"
            time.sleep(0.02)
        return job

    def run(self, name: str, **properties: Any) -> dict[str, Any]:
        self.start(name, **properties)
        return self.wait(name)

    def log(self, name: str) -> str:
        file = self.root / "jobs" / name / "logs" / "user_logs" / "std_log.txt"
        return file.read_text(encoding="utf-8") if file.exists() else ""

    def stored(self, container: str, prefix: str) -> dict[str, str]:
        """The blobs below a prefix as text."""
        names = self.blobs.sizes(container, prefix)
        return {name.removeprefix(prefix): self.blobs.read(container, name).decode() for name in names}
