"""A public index with a closure, and a private feed that has nothing yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.feed_mirror import MirrorOptions, feed_mirror
from amlpriv.actions.mirror_result import Mirrored
from tests.package_servers import PASSWORD, USER, Server, pypi_server
from tests.source_index import SourceIndex, source_index
from tests.wheelhouse import build_wheel


@dataclass(frozen=True)
class World:
    """Both sides, and an environment in which nothing else counts."""

    source: SourceIndex
    feed: Server
    stored: Path
    """Where the feed keeps its files."""
    environ: dict[str, str]

    def options(self, **more: Any) -> MirrorOptions:
        """For the feed, with its token."""
        usual: dict[str, Any] = {"to": self.feed.simple, "source": self.source.simple, "pythons": ["3.11"]}
        given = {"platforms": ["manylinux_2_28_x86_64"], "token_from": "env:FEED_TOKEN", "user": USER}
        return MirrorOptions(**{**usual, **given, **more})

    def mirror(self, *requirements: str, **more: Any) -> Mirrored:
        """Run it."""
        return feed_mirror(requirements, self.options(**more), environ=self.environ)

    def on_feed(self) -> set[str]:
        """The names of the feed's files."""
        return {path.name for path in self.stored.iterdir()}


Add = Callable[..., Path]


@pytest.fixture(scope="session")
def feed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path]]:
    """The private feed of all tests of a process, and the folder of its files: each test begins with an empty one."""
    folder = tmp_path_factory.mktemp("feed") / "of-all"
    with pypi_server(folder) as running:
        yield running, folder / "packages"


@pytest.fixture
def world(tmp_path: Path, scrubbed: dict[str, str], feed: tuple[Server, Path]) -> Iterator[World]:
    environ = {**scrubbed, "FEED_TOKEN": PASSWORD, "AMLPRIV_CACHE": str(tmp_path / "cache"), "UV_HTTP_RETRIES": "0"}
    server, stored = feed
    for path in stored.iterdir():
        path.unlink()
    with source_index(tmp_path / "public") as source:
        yield World(source, server, stored, environ)


@pytest.fixture
def add(world: World) -> Add:
    """``add(name, version, requires...)``: a wheel at the source, or with ``to`` elsewhere."""

    def make(
        name: str, version: str = "1.0", *requires: str, tag: str = "py3-none-any", to: Path | None = None, **more: Any
    ) -> Path:
        return build_wheel(
            to or world.source.folder, name=name, version=version, tag=tag, requires_dist=requires, **more
        )

    return make


@pytest.fixture
def closure(add: Add) -> None:
    """``acme-app`` needs ``acme-core`` and ``acme-native``; of the latter there is a wheel for each platform."""
    add("acme-app", "1.0", "acme-core>=1", "acme-native", "acme-windows; sys_platform == 'win32'")
    add("acme-core", "1.0")
    add("acme-core", "1.5")
    for arch in ("x86_64", "aarch64"):
        add("acme-native", "2.0", tag=f"cp311-cp311-manylinux_2_17_{arch}")
