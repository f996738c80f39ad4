"""Private packages that require each other: found where their projects say, and all of them shipped."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.actions.publish import publish
from amlpriv.errors import FindingsError, InputError
from amlpriv.workspace.memory import MemoryWorkspace
from tests.actions.monorepos import WORKSPACE, Repository, new_repository
from tests.actions.projects import IMAGE, NOW, Clock
from tests.wheelhouse import build_wheel


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the tests of this file have built already."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def repository(tmp_path: Path, built: Path) -> Repository:
    return new_repository(tmp_path / "repo", tmp_path / "home", built)


def test_a_workspace_of_two_levels_comes_with_its_top_package(repository: Repository) -> None:
    repository.write("pyproject.toml", WORKSPACE + "[tool.uv.sources]\ncontoso-text = {workspace = true}\n")
    sources = "[tool.uv.sources]\ncontoso-core = {workspace = true}\n"
    repository.project("packages/features", ["contoso-core[fast]>=1", "contoso-text; sys_platform == 'linux'"], sources)
    extras = '[project.optional-dependencies]\nfast = ["contoso-speed"]\nslow = ["contoso-never"]\n'
    repository.project("packages/core", ["contoso-windows; sys_platform == 'win32'"], extras)
    repository.project("packages/text")
    repository.project("libs/speed")
    repository.project("libs/windows")
    repository.project("libs/never")
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-features", "contoso-speed", "contoso-text"]
    assert not prepared.report.errors
    assert [line for line in repository.said if "taken from" in line] == [
        "contoso-speed: taken from libs/speed, a project beside contoso-core, which needs it"
    ]
    assert prepared.notes == ("contoso-speed: taken from libs/speed, a project beside contoso-core, which needs it",)
    assert prepared.needed["contoso-core"].needed_by == ("contoso-features",)
    again = repository.only_features()
    assert again.digest == prepared.digest
    assert sum(line.startswith("unchanged") for line in repository.said) == 4


def test_a_pyproject_of_a_member_is_enough(repository: Repository) -> None:
    repository.write("pyproject.toml", WORKSPACE)
    sources = "[tool.uv.sources]\ncontoso-core = {workspace = true}\n"
    more = f'{sources}[tool.amlpriv]\npython = "3.11"\nimage = "{IMAGE}"\n'
    folder = repository.project("packages/features", ["contoso-core"], more)
    repository.project("packages/core", ["contoso-deep"])
    repository.project("libs/deep")
    prepared = repository.prepare(folder / "pyproject.toml")
    assert list(prepared.wheels) == ["contoso-core", "contoso-deep", "contoso-features"]


def test_the_root_of_a_workspace_is_no_package_and_names_its_members(repository: Repository) -> None:
    head = '[project]\nname = "all"\nversion = "1"\ndependencies = ["contoso-core"]\n'
    sources = "[tool.uv.sources]\ncontoso-core = {workspace = true}\ncontoso-text = {workspace = true}\n"
    settings = f'[tool.amlpriv]\npython = "3.11"\nimage = "{IMAGE}"\n'
    root = repository.write("pyproject.toml", head + WORKSPACE + sources + settings)
    repository.project("packages/the-core", ["contoso-deep"], name="contoso-core")
    repository.project("packages/text")
    repository.project("libs/deep")
    prepared = repository.prepare(root)
    assert list(prepared.wheels) == ["contoso-core", "contoso-deep"]


def test_a_conda_file_with_one_path_is_enough(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"], '[tool.uv.sources]\ncontoso-core = {path = "../core"}\n')
    repository.project("packages/core")
    lines = "channels: [conda-forge]\ndependencies:\n  - python=3.11\n  - pip=25.3\n  - pip:\n"
    file = repository.write("ml/conda.yml", lines + "    - ../packages/features\n")
    prepared = repository.prepare(file, name="churn", image=IMAGE)
    assert list(prepared.wheels) == ["contoso-core", "contoso-features"]


def test_poetry_s_paths_are_followed_and_taken_out_of_the_wheel(repository: Repository) -> None:
    build = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
    head = '[tool.poetry]\nname = "contoso-features"\nversion = "1.0"\ndescription = "x"\nauthors = []\n'
    lines = '[tool.poetry.dependencies]\npython = ">=3.10"\n'
    lines += 'contoso-core = {path = "../core", develop = true, extras = ["fast"]}\n'
    repository.write("packages/features/pyproject.toml", build + head + lines)
    repository.write("packages/features/contoso_features/__init__.py", "")
    repository.project("packages/core", (), '[project.optional-dependencies]\nfast = ["contoso-speed"]\n')
    repository.project("libs/speed")
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-features", "contoso-speed"]
    assert [str(item) for item in prepared.wheels["contoso-features"].requires_dist] == ["contoso-core[fast]"]
    assert not prepared.report.errors
    assert repository.only_features().digest == prepared.digest


def test_hatch_s_root_is_followed_and_taken_out_of_the_wheel(repository: Repository) -> None:
    build = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
    allowed = "[tool.hatch.metadata]\nallow-direct-references = true\n"
    needs = ["contoso-core @ {root:parent:uri}/core ; python_version > '3.8'".replace("'", '"')]
    repository.project("packages/features", needs, allowed, backend=build)
    repository.project("packages/core")
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-features"]
    required = [str(item) for item in prepared.wheels["contoso-features"].requires_dist]
    assert required == ['contoso-core; python_version > "3.8"']
    assert not prepared.report.errors


def test_the_file_s_own_source_goes_before_what_packages_say(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"], '[tool.uv.sources]\ncontoso-core = {path = "../core"}\n')
    repository.project("packages/core")
    repository.project("other/core", version="2.0")
    sources = {"contoso-features": "{path: ../packages/features}", "contoso-core": "{path: ../other/core}"}
    prepared = repository.prepare(repository.environment(["contoso-features"], sources))
    assert str(prepared.wheels["contoso-core"].version) == "2.0"


def test_two_packages_with_different_sources_for_a_third_are_told(repository: Repository) -> None:
    both = ["contoso-core", "contoso-text"]
    repository.project("packages/features", both, '[tool.uv.sources]\ncontoso-core = {path = "../core"}\n')
    repository.project("packages/text", ["contoso-core"], '[tool.uv.sources]\ncontoso-core = {path = "../../other"}\n')
    repository.project("packages/core")
    repository.project("other", name="contoso-core", version="2.0")
    with pytest.raises(InputError, match=r"contoso-core comes from two places: contoso-features and contoso-text"):
        repository.only_features()


def test_a_sibling_with_the_name_of_a_listed_package_is_a_note_and_a_warning(repository: Repository) -> None:
    """Who writes 'requests' into the pip section may mean the public one."""
    repository.project("app", ["requests"])
    repository.project("requests", name="requests", version="99.0")
    file = repository.environment(["contoso-app", "requests"], {"contoso-app": "{path: ../app}"})
    prepared = repository.prepare(file)
    words = "requests: taken from requests, a project beside contoso-app, which needs it"
    assert prepared.notes == (words,)
    (finding,) = [item for item in prepared.report if item.code == "AP113"]
    assert (finding.subject, finding.severity.value) == ("requests", "warning")
    memory = MemoryWorkspace(Clock())
    planned = publish(file, workspace=memory.open(), environ=repository.environ, now=NOW, dry_run=True)
    assert words in planned.plan.notes
    unlisted = repository.environment(["contoso-app"], {"contoso-app": "{path: ../app}"})
    assert "AP113" not in {item.code for item in repository.prepare(unlisted).report}
    sources = {"contoso-app": "{path: ../app}", "requests": "{path: ../requests}"}
    prepared = repository.prepare(repository.environment(["contoso-app", "requests"], sources))
    assert (prepared.notes, len(prepared.report)) == ((), 0)


def test_a_credential_in_a_project_s_dependencies_is_an_error_and_nothing_is_uploaded(repository: Repository) -> None:
    """It would be in the wheel's METADATA."""
    secret = "aBcD1234aBcD1234%3D"
    address = f"https://contoso.blob.example.org/c/contoso_z-1-py3-none-any.whl?sv=2022-11-02&sp=r&sig={secret}"
    repository.project("packages/features", [f"contoso-z @ {address}"])
    file = repository.environment(["contoso-features"], {"contoso-features": "{path: ../packages/features}"})
    memory = MemoryWorkspace(Clock())
    with pytest.raises(FindingsError) as caught:
        publish(file, workspace=memory.open(), environ=repository.environ, now=NOW)
    assert [(item.code, item.subject) for item in caught.value.report.errors] == [("AP501", "contoso-features")]
    assert secret not in str(caught.value)
    assert not memory.blobs
    wheel = build_wheel(repository.root / "dist", name="contoso-ready", requires_dist=[f"contoso-z @ {address}"])
    ready = repository.environment(["contoso-ready"], {"contoso-ready": f"{{path: ../dist/{wheel.name}}}"})
    assert [item.subject for item in repository.prepare(ready).report.errors] == ["contoso-ready"]


def test_a_credential_that_is_not_shipped_is_a_warning(repository: Repository) -> None:
    """The address is replaced by the source of the file; it stays in the project."""
    repository.project("packages/features", ["contoso-core @ git+https://me:hunter2@git.example.org/mono.git@v1"])
    repository.project("packages/core")
    sources = {name: f"{{path: ../packages/{name[8:]}}}" for name in ("contoso-features", "contoso-core")}
    prepared = repository.prepare(repository.environment(["contoso-features"], sources))
    (finding,) = [item for item in prepared.report if item.code == "AP501"]
    assert (finding.subject, finding.severity.value) == ("contoso-features", "warning")
    assert not prepared.report.errors


def test_a_cycle_of_packages_ends(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core[all]"])
    extras = '[project.optional-dependencies]\nall = ["contoso-core[fast]"]\nfast = ["contoso-speed"]\n'
    repository.project("packages/core", ["contoso-features"], extras)
    repository.project("libs/speed", ["contoso-features"])
    assert list(repository.only_features().wheels) == ["contoso-core", "contoso-features", "contoso-speed"]


def test_a_missing_member_is_told_with_who_needs_it(repository: Repository) -> None:
    repository.write("pyproject.toml", WORKSPACE)
    repository.project("packages/features", ["contoso-old"], "[tool.uv.sources]\ncontoso-old = {workspace = true}\n")
    repository.project("packages/old")
    with pytest.raises(InputError, match=r"contoso-features needs contoso-old from its workspace, and no member") as it:
        repository.only_features()
    assert "packages/old is excluded by 'packages/old'" in (it.value.hint or "")
    assert it.value.line == 10


def test_a_member_without_a_workspace_is_told(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"], "[tool.uv.sources]\ncontoso-core = {workspace = true}\n")
    repository.project("packages/core")
    with pytest.raises(InputError, match=r"contoso-features needs contoso-core from its workspace, and .* of none"):
        repository.only_features()


def test_a_path_that_does_not_exist_is_told_with_who_needs_it(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"], '[tool.uv.sources]\ncontoso-core = {path = "../gone"}\n')
    repository.project("packages/core")
    with pytest.raises(InputError, match=r"contoso-features needs contoso-core, and its source does not exist"):
        repository.only_features()


def test_a_source_for_other_machines_is_not_followed(repository: Repository) -> None:
    source = '[tool.uv.sources]\ncontoso-core = {path = "../core", marker = "sys_platform == \'win32\'"}\n'
    repository.project("packages/features", ["contoso-core"], source)
    repository.project("packages/core")
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-features"]
    assert "AP111" in {finding.code for finding in prepared.report}


def test_all_wheels_are_published(repository: Repository) -> None:
    repository.project("packages/features", ["contoso-core"], '[tool.uv.sources]\ncontoso-core = {path = "../core"}\n')
    repository.project("packages/core", ["contoso-deep"])
    repository.project("libs/deep")
    file = repository.environment(["contoso-features"], {"contoso-features": "{path: ../packages/features}"})
    memory = MemoryWorkspace(Clock())
    result = publish(file, workspace=memory.open(), environ=repository.environ, now=NOW)
    assert sorted(path.split("/")[2] for path in memory.blobs) == ["contoso-core", "contoso-deep", "contoso-features"]
    spec = result.reveal_spec()
    assert all(f"- {name} @ https://" in spec for name in ("contoso-core", "contoso-deep", "contoso-features"))


def test_a_wheel_and_a_file_address_are_sources_too(repository: Repository) -> None:
    wheel = build_wheel(repository.root / "dist", name="contoso-core", version="3.0", requires_dist=["contoso-deep"])
    sources = f'[tool.uv.sources]\ncontoso-core = {{path = "../../dist/{wheel.name}"}}\n'
    deep = repository.project("elsewhere/deep")
    repository.project("packages/features", ["contoso-core", f"contoso-deep @ {deep.as_uri()}"], sources)
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-deep", "contoso-features"]
    assert not prepared.report.errors


SETUP = """\
from pathlib import Path
from setuptools import setup
setup(name="contoso-features", version="1.0", install_requires=["contoso-core @ " + {address}])
"""


def test_an_address_that_only_the_build_tells_is_followed_or_told(repository: Repository) -> None:
    core = repository.project("elsewhere/core").as_uri()
    repository.write("packages/features/setup.py", SETUP.format(address=repr(core)))
    prepared = repository.only_features()
    assert list(prepared.wheels) == ["contoso-core", "contoso-features"]
    assert not prepared.report.errors
    beside = 'Path(__file__).resolve().parents[1].joinpath("nowhere").as_uri()'
    repository.write("packages/features/setup.py", SETUP.format(address=beside))
    with pytest.raises(InputError, match=r"contoso-features needs contoso-core from file:.*, which is not found"):
        repository.only_features()


def test_a_mistake_in_a_source_counts_where_the_package_is_needed(repository: Repository) -> None:
    sources = '[tool.uv.sources]\ncontoso-core = {path = "packages/core"}\ncontoso-text = {pth = "../text"}\n'
    repository.write("pyproject.toml", WORKSPACE + sources)
    repository.project("packages/features", ["contoso-core"])
    repository.project("packages/core")
    assert len(repository.only_features().wheels) == 2
    repository.project("packages/features", ["contoso-core", "contoso-text"])
    with pytest.raises(InputError, match="unknown key 'pth'"):
        repository.only_features()


PUBLIC = '[[tool.uv.index]]\nname = "wheels"\nurl = "https://wheels.example.org/simple/"\nexplicit = true\n'
FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/contoso/pypi/simple/"
PRIVATE = f'[[tool.uv.index]]\nname = "contoso"\nurl = "{FEED}"\n'


def test_an_index_that_a_package_names_is_told_and_a_feed_is_brought(repository: Repository) -> None:
    """An index of unknown kind is more likely one for builds of public packages: the environment has to name it."""
    repository.project(
        "packages/features", ["torchlike"], PUBLIC + '[tool.uv.sources]\ntorchlike = {index = "wheels"}\n'
    )
    prepared = repository.only_features()
    assert list(prepared.needed) == ["contoso-features"]
    assert any("contoso-features takes torchlike from the index 'wheels'" in line for line in repository.said)
    sources = '[tool.uv.sources]\ncontoso-core = {index = "contoso"}\n'
    repository.write("pyproject.toml", WORKSPACE + PRIVATE + sources)
    repository.project("packages/features", ["contoso-core"])
    prepared = repository.only_features()
    assert list(prepared.needed) == ["contoso-features", "contoso-core"]
    assert prepared.index is not None
    assert prepared.conda.pip[0].text == f"--index-url {FEED}"


def test_an_index_of_the_file_is_found_by_its_address(repository: Repository) -> None:
    sources = '[tool.uv.sources]\ncontoso-core = {index = "contoso"}\n'
    repository.write("pyproject.toml", WORKSPACE + PRIVATE + sources)
    repository.project("packages/features", ["contoso-core"])
    more = f'indexes:\n  ours: {{url: "{FEED}", connection: feed}}\n'
    file = repository.environment(["contoso-features"], {"contoso-features": "{path: ../packages/features}"}, more=more)
    prepared = repository.prepare(file)
    assert prepared.index is not None
    assert prepared.index.connection == "feed"
