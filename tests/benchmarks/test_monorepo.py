"""Publishing ten packages of one repository again, when nothing has changed, costs little more than one package."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from amlpriv.actions.publish import Published
from amlpriv.local.state import State
from tests.actions.projects import Project
from tests.builds.repository import make_repository
from tests.workspace.sites import LocalSite

pytestmark = pytest.mark.local

PACKAGES = 10
MODULES = 20
ROUNDS = 15

LIMIT = 1.5
"""How much longer ten packages may take than one."""

PYPROJECT = """\
[build-system]
requires = ["uv_build"]
build-backend = "uv_build"
[project]
name = "{name}"
version = "1.0"
dependencies = [{requires}]
"""


@dataclass
class Monorepo:
    """Packages of one repository, each of which requires the one before, and the last one's environment."""

    project: Project
    site: LocalSite
    environ: Mapping[str, str]

    def publish(self) -> Published:
        return self.project.publish(self.site.open(), self.environ)

    def again(self) -> float:
        """Seconds of a publish that finds nothing to do."""
        begun = time.perf_counter()
        published = self.publish()
        taken = time.perf_counter() - begun
        assert published.plan.action.value == "unchanged"
        return taken


def monorepo(folder: Path, count: int, site: LocalSite, environ: Mapping[str, str]) -> Monorepo:
    names = [f"contoso-part{number}" for number in range(count)]
    files: dict[str, str] = {}
    for number, name in enumerate(names):
        requires = f'"{names[number - 1]}==1.0"' if number else ""
        files[f"packages/{name}/pyproject.toml"] = PYPROJECT.format(name=name, requires=requires)
        module = f"packages/{name}/src/{name.replace('-', '_')}"
        files[f"{module}/__init__.py"] = ""
        files |= {f"{module}/m{module_number}.py": "x = 1\n" * 100 for module_number in range(MODULES)}
    make_repository(folder, files)
    project = Project(folder, name=f"parts-{uuid.uuid4().hex[:8]}", listed=[f"{names[-1]}==1.0"])
    project.sources = {name: f"packages/{name}" for name in names}
    return Monorepo(project, site, environ)


@pytest.fixture
def repositories(
    tmp_path: Path, local_state: State, local_environ: Mapping[str, str]
) -> Iterator[tuple[Monorepo, Monorepo]]:
    """With one package and with ten, published for the first time."""
    site = LocalSite(local_state)
    site.make()
    environ = {**local_environ, "AMLPRIV_CACHE": str(tmp_path / "cache"), "AMLPRIV_NO_BUILD_CACHE": "0"}
    one, many = (monorepo(tmp_path / f"of-{count}", count, site, environ) for count in (1, PACKAGES))
    for repository in (one, many):
        assert repository.publish().plan.action.value == "created"
    time.sleep(2.1)  # a file that was just written is read again, in case it is written once more
    for repository in (one, many):
        repository.again()
    yield one, many
    site.reset()


def test_ten_packages_cost_little_more_than_one_when_nothing_has_changed(
    repositories: tuple[Monorepo, Monorepo],
) -> None:
    """As a ratio in one run; the best of each, since noise only adds."""
    one, many = repositories
    taken = [(one.again(), many.again()) for _ in range(ROUNDS)]
    single, ten = (min(times) for times in zip(*taken, strict=True))
    assert ten / single <= LIMIT, taken


def test_what_changed_is_built_and_nothing_else(repositories: tuple[Monorepo, Monorepo]) -> None:
    _, many = repositories
    changed = many.project.folder / "packages" / "contoso-part3" / "src" / "contoso_part3" / "m0.py"
    changed.write_text("x = 2\n", encoding="utf-8")
    said: list[str] = []

    class Listening:
        def begin(self, name: str, size: int) -> None: ...

        def advance(self, name: str, sent: int) -> None: ...

        def say(self, text: str) -> None:
            said.append(text)

    published = many.project.publish(many.site.open(), many.environ, progress=Listening())
    assert published.plan.action.value == "created"
    assert [line for line in said if line.startswith("building")] == ["building contoso-part3"]
    assert sum(line.startswith("unchanged, not built again") for line in said) == PACKAGES - 1
