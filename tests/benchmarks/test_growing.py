"""What a long-lived workspace or a large environment costs: nothing that grows faster than it does."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from amlpriv.actions.publish import publish
from amlpriv.preflight.engine import check
from amlpriv.preflight.subject import PackagedWheel, Subject
from amlpriv.specs.environment import read_specification
from amlpriv.target import Target
from amlpriv.wheels.filename import parse_filename
from amlpriv.wheels.wheel import Wheel
from amlpriv.workspace.memory import MemoryWorkspace
from tests.wheelhouse import build_wheel

NOW = datetime(2026, 1, 15, tzinfo=timezone.utc)
ROUNDS = 5

PAGE_LIMIT = 2.5
"""How much longer 5,000 versions may take than 5: measured 1.1."""

GROWTH_LIMIT = 20.0
"""How much longer 200 wheels may take than 20: measured 9.4; a hundred would be every one with every other."""

ENVIRONMENT = """\
name: churn-train
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20250407.v1
conda_file:
  channels: [conda-forge, nodefaults]
  dependencies:
    - python=3.11
    - pip=25
    - pip:
      - contoso-features==1.2.0
sources:
  contoso-features: {path: contoso_features-1.2.0-py3-none-any.whl}
"""


def best(act: Callable[[], object]) -> float:
    """The shortest of a few times: noise only adds."""
    times = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        act()
        times.append(time.perf_counter() - begun)
    return min(times)


def filled(file: Path, versions: int) -> MemoryWorkspace:
    """A workspace with the published environment and older versions of other content."""
    state = MemoryWorkspace(lambda: NOW)
    published = publish(file, workspace=state.open(), now=NOW, environ={})
    assert published.registered is not None
    newest = state.environments.pop((published.name, published.version))
    for number in range(versions):
        version = f"c{number:012x}"
        properties = {**newest.properties, "amlpriv.digest": f"{number:064x}"}
        state.environments[newest.name, version] = replace(newest, version=version, properties=properties)
    state.environments[newest.name, newest.version] = newest
    return state


def test_publishing_unchanged_costs_the_same_in_an_old_workspace(tmp_path: Path) -> None:
    """5,000 versions or 5, as many requests, and about as long."""
    build_wheel(tmp_path)
    file = tmp_path / "churn.yml"
    file.write_text(ENVIRONMENT, encoding="utf-8")
    taken, requests = [], []
    for versions in (5, 5000):
        state = filled(file, versions)
        state.requests.control_plane = state.requests.storage = 0
        again = publish(file, workspace=state.open(), now=NOW, environ={})
        assert again.plan.action.value == "unchanged"
        requests.append(state.requests.total)
        workspace = state.open()
        taken.append(best(lambda opened=workspace: publish(file, workspace=opened, now=NOW, environ={})))  # type: ignore[misc]
    assert requests[0] == requests[1] <= 4
    assert taken[1] / taken[0] < PAGE_LIMIT, taken


def subject(count: int) -> Subject:
    """An environment with that many private wheels, each of which requires the one before it."""
    names = [f"contoso-part{number}" for number in range(count)]
    lines = [
        "name: x",
        "conda_file:",
        "  channels: [conda-forge]",
        "  dependencies:",
        "    - python=3.11",
        "    - pip:",
    ]
    lines += [f"      - {name}==1.0" for name in names]
    lines += ["sources:", *(f"  {name}: {{path: {name}}}" for name in names)]
    text = "\n".join([*lines, ""])
    wheels = [packaged(name, names[number - 1] if number else None) for number, name in enumerate(names)]
    return Subject(read_specification(text, "env.yml", load=lambda _: ""), text, {}, tuple(wheels), Target())


def packaged(name: str, requires: str | None) -> PackagedWheel:
    """A wheel for macOS, so that there is something to find."""
    filename = f"{name.replace('-', '_')}-1.0-cp311-cp311-macosx_11_0_arm64.whl"
    parsed = parse_filename(filename)
    wheel = Wheel(
        filename=filename,
        name=parsed.name,
        display_name=name,
        version=parsed.version,
        build=(),
        tags=parsed.tags,
        root_is_purelib=False,
        sha256="0" * 64,
        content_hash="1" * 64,
        size=1000,
        requires_python=None,
        requires_dist=(Requirement(requires),) if requires else (),
        provides_extra=(),
        import_names=(),
    )
    return PackagedWheel(wheel, (Requirement(f"{name}==1.0"),), "env.yml", 7)


@pytest.mark.parametrize("count", [200])
def test_checking_many_wheels_grows_with_their_number(count: int) -> None:
    """Ten times as many wheels take about ten times as long, and each is judged."""
    few, many = subject(count // 10), subject(count)
    report = check(many)
    assert sum(finding.code == "AP101" for finding in report) == count
    assert best(lambda: check(many)) / best(lambda: check(few)) < GROWTH_LIMIT
