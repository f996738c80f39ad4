"""Servers for the tests of indexes; all on 127.0.0.1."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.indexes.servers import Answer, Authority, Network, Site, closing


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """A certificate authority of our own."""
    return Authority(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def network(authority: Authority) -> Iterator[Network]:
    """Made-up hosts by https, behind a proxy that refuses all others."""
    with closing(Network(authority)) as one:
        yield one


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Site]]:
    """``serve(answer)``: an http server."""
    sites: list[Site] = []

    def start(answer: Answer) -> Site:
        sites.append(Site(answer))
        return sites[-1]

    yield start
    for site in sites:
        site.close()
