"""The local workspace's control plane with 5,000 environment versions: a request costs what it costs with 50."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial
from pathlib import Path

import pytest

from amlpriv.local.plane.app import Plane
from tests.local_plane.clients import KEY, TENANT, Client

FEW, MANY = 50, 5_000
ROUNDS = 15

REQUEST_LIMIT = 3.0
"""How much longer a request may take with 5,000 versions than with 50: measured 0.8 to 1.3."""

LOAD_LIMIT = 3.0
"""How much longer a start may take for each version: measured 0.9."""


def best(act: Callable[[], object]) -> float:
    """The shortest of a few times: noise only adds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return min(times)


def _open(folder: Path) -> Client:
    plane = Plane(folder, account="acct", account_key=KEY, tenant=TENANT, now=lambda: datetime.now(timezone.utc))
    return Client(plane)


def _filled(folder: Path, count: int) -> Client:
    ask = _open(folder)
    for number in range(count):
        assert ask.put("churn", str(number), image=f"ubuntu:{number}").status == 201
    return ask


@dataclass(frozen=True)
class Grown:
    """A control plane, its folder, and how many versions were put there."""

    folder: Path
    versions: int
    ask: Client


@pytest.fixture(scope="module")
def planes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Grown, Grown]:
    """With few versions and with many."""
    folder = tmp_path_factory.mktemp("planes")
    few, many = (Grown(folder / str(count), count, _filled(folder / str(count), count)) for count in (FEW, MANY))
    return few, many


@pytest.fixture
def numbers() -> Iterator[int]:
    """Versions that are not there yet."""
    return iter(range(1_000_000, 2_000_000))


@pytest.mark.parametrize("what", ["create", "get", "first page", "latest", "environment"])
def test_no_request_takes_longer_with_many_versions(
    planes: tuple[Grown, Grown], numbers: Iterator[int], what: str
) -> None:
    requests: dict[str, Callable[[Client], object]] = {
        "create": lambda ask: ask.put("churn", str(next(numbers))),
        "get": lambda ask: ask("GET", "/environments/churn/versions/7"),
        "first page": lambda ask: ask.names("/environments/churn/versions"),
        "latest": lambda ask: ask.names("/environments/churn/versions", **{"$top": "1"}),
        "environment": lambda ask: ask.names("/environments"),
    }
    few, many = (_time(plane, requests[what]) for plane in planes)
    assert many < few * REQUEST_LIMIT, (few, many)


def test_a_start_takes_time_for_what_there_is_and_no_more(planes: tuple[Grown, Grown]) -> None:
    few, many = (best(partial(_open, plane.folder)) / plane.versions for plane in planes)
    assert many < few * LOAD_LIMIT, (few, many)


def _time(plane: Grown, act: Callable[[Client], object]) -> float:
    return best(lambda: act(plane.ask))
