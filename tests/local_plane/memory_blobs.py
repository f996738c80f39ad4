"""The storage account's blobs in a dictionary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from amlpriv.errors import NotFoundError


@dataclass
class MemoryBlobs:
    """What the control plane needs of LocalBlobs."""

    containers: dict[str, dict[str, bytes]] = field(default_factory=dict)

    def create_container(self, name: str) -> None:
        self.containers.setdefault(name, {})

    def sizes(self, container: str, prefix: str = "") -> dict[str, int]:
        blobs = self.containers.get(container, {})
        return {path: len(content) for path, content in blobs.items() if path.startswith(prefix)}

    def read(self, container: str, path: str) -> bytes:
        try:
            return self.containers[container][path]
        except KeyError:
            raise NotFoundError(f"There is no blob {container}/{path}.") from None

    def write(self, container: str, path: str, content: bytes | Path) -> None:
        data = content.read_bytes() if isinstance(content, Path) else content
        self.containers.setdefault(container, {})[path] = data

    def download(self, container: str, prefix: str, folder: Path) -> int:
        raise NotImplementedError

    def upload(
        self, files: Iterable[tuple[str, Path]], container: str, prefix: str, check: Callable[[], None]
    ) -> list[str]:
        raise NotImplementedError
