"""One folder of built environments for all tests, and a workspace for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.local_jobs.fakes import IMAGE, Site


@pytest.fixture(scope="session")
def builds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where environments are built: once for all tests."""
    return tmp_path_factory.mktemp("builds")


@pytest.fixture
def site(tmp_path: Path, builds: Path) -> Iterator[Site]:
    """A workspace with nothing in it; its jobs end with the test."""
    site = Site(tmp_path / "home", builds)
    yield site
    site.runner.close()


@pytest.fixture
def bare(site: Site) -> str:
    """The id of an environment without packages."""
    return site.register("environments", "plain", {"image": IMAGE, "osType": "Linux"})
