"""Locking with a real index and a real uv, and publishing with the lock over a workspace in memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import amlpriv
from amlpriv.actions.lock import Locked
from amlpriv.actions.preparing import Prepared, preparing
from amlpriv.actions.publish import Quiet
from amlpriv.errors import AuthenticationError, ConflictError, FindingsError, InputError, UsageError
from amlpriv.resolving import IndexUnreachableError, NoSolutionError, NoWheelError, UnknownPackageError
from tests.actions.projects import Office, Project, project
from tests.package_servers import PASSWORD, USER, pypi_server
from tests.source_index import SourceIndex, source_index, write_sdist
from tests.wheelhouse import build_wheel

NOBODY = "http://127.0.0.1:9/simple/"
TOKEN = "hunter2-of-tests"
STALE = "The lock is stale and not used: "


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SourceIndex]:
    """An index with two versions of acme-core, and what goes with it."""
    folder = tmp_path_factory.mktemp("served")
    build_wheel(folder, name="acme-core", version="1.0")
    build_wheel(folder, name="acme-core", version="1.1")
    build_wheel(folder, name="acme-core", version="2.0rc1")
    build_wheel(folder, name="acme-tables", version="1.0", requires_dist=["acme-core"])
    build_wheel(folder, name="acme-windows", version="1.0", tag="cp311-cp311-win_amd64")
    write_sdist(folder, "acme-source")
    with source_index(folder) as index:
        yield index


@dataclass
class Listener(Quiet):
    """Writes down what is said."""

    said: list[str]

    def say(self, text: str) -> None:
        self.said.append(text)


@dataclass
class Place:
    """A project, and surroundings with the index and without."""

    project: Project
    environ: dict[str, str]
    office: Office = field(init=False)

    def __post_init__(self) -> None:
        self.office = Office(self.project, self.offline)

    @property
    def offline(self) -> dict[str, str]:
        """Nobody answers at the index."""
        return {**self.environ, "PIP_INDEX_URL": NOBODY, "UV_DEFAULT_INDEX": NOBODY}

    @property
    def text(self) -> str:
        return (self.project.folder / "environment.lock.txt").read_text(encoding="utf-8")

    def lock(self, file: Path | None = None, **options: Any) -> Locked:
        return amlpriv.lock(file or self.project.write(), **{"environ": self.environ, **options})

    def fresh(self) -> bool:
        return self.lock(check=True, environ=self.offline).fresh

    def prepare(self, file: Path | None = None, **options: Any) -> Prepared:
        with preparing(file or self.project.write(), environ=self.offline, **options) as prepared:
            return prepared


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home folder of all tests here: uv's cache is in it."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def place(tmp_path: Path, served: SourceIndex, scrubbed: dict[str, str], home: Path) -> Place:
    """contoso-features, which needs acme-tables, and acme-core; the index is one with a password."""
    scrubbed = {name: value.replace(scrubbed["HOME"], str(home)) for name, value in scrubbed.items()}
    made = project(tmp_path / "project", requires=["acme-tables"])
    made.listed.append("acme-core>=1")
    index = served.simple.replace("://", f"://me:{TOKEN}@")
    return Place(made, {**scrubbed, "PIP_INDEX_URL": index, "UV_DEFAULT_INDEX": index, "UV_HTTP_RETRIES": "0"})


def pip(prepared: Prepared) -> list[str]:
    """The pip section, hashes left out."""
    return [line.text.partition(" --hash")[0] for line in prepared.conda.pip]


# --- writing it


def test_a_lock_has_the_closure_of_private_wheels_and_no_host(place: Place, served: SourceIndex) -> None:
    locked = place.lock()
    assert (locked.pins, locked.private) == (
        {"acme-core": "1.1", "acme-tables": "1.0"},
        {"contoso-features": "1.2.0"},
    )
    assert locked.file.name == "environment.lock.txt"
    assert place.text.count("--hash=sha256:") == 2
    assert "#   private: contoso-features requires " in place.text
    for word in (TOKEN, "127.0.0.1", "http", str(place.project.folder), "2026"):
        assert word not in place.text


def test_the_same_input_gives_the_same_bytes_anywhere(place: Place, tmp_path: Path) -> None:
    place.lock()
    first = place.text
    assert not place.lock().written
    place.project.folder.rename(tmp_path / "elsewhere")
    place.project.folder = tmp_path / "elsewhere"
    place.lock(out=tmp_path / "other.txt")
    assert (tmp_path / "other.txt").read_text(encoding="utf-8") == first


def test_pip_installs_from_a_lock(place: Place) -> None:
    """With all hashes compared."""
    place.lock()
    command = ["-m", "pip", "install", "--dry-run", "--ignore-installed", "--no-cache-dir", "--require-hashes"]
    where = ["--disable-pip-version-check", "-r", str(place.project.folder / "environment.lock.txt")]
    done = subprocess.run([sys.executable, *command, *where], env=place.environ, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert "Would install acme-core-1.1 acme-tables-1.0" in done.stdout.decode()


def test_versions_of_the_older_lock_stay_until_they_are_upgraded(place: Place) -> None:
    place.project.listed[1] = "acme-core==1.0"
    place.lock()
    place.project.listed[1] = "acme-core"
    kept = place.lock()
    assert (kept.pins["acme-core"], kept.stale_because) == ("1.0", ("acme-core==1.0 became acme-core",))
    upgraded = place.lock(upgrade_package=["Acme_Core"])
    assert (upgraded.pins["acme-core"], upgraded.changes) == ("1.1", ("acme-core 1.0 became 1.1",))
    place.project.listed[1] = "acme-core<1.1"
    assert place.lock().pins["acme-core"] == "1.0"
    place.project.listed[1] = "acme-core"
    assert place.lock(upgrade=True).pins["acme-core"] == "1.1"
    with pytest.raises(UsageError, match="acme-typo is not in the lock"):
        place.lock(upgrade_package=["acme-typo"])


def test_what_cannot_be_written_or_upgraded_is_refused_before_anything_is_asked(place: Place, tmp_path: Path) -> None:
    said: list[str] = []
    before: dict[str, Any] = {"environ": place.offline, "progress": Listener(said)}
    for out in (tmp_path / "nope" / "x.txt", tmp_path):
        with pytest.raises(UsageError, match="The lock cannot be written"):
            place.lock(out=out, **before)
    for name in ("", "pandas==1", "--upgrade", "a b"):
        with pytest.raises(UsageError, match="is no name of a package"):
            place.lock(upgrade_package=["acme-core", name], **before)
    for image in ("", "--privileged"):
        with pytest.raises(UsageError, match="is no image"):
            place.lock(image=image, **before)
        with pytest.raises(UsageError, match="is no image"):
            place.lock(build_in="docker", build_image=image, **before)
    assert not said


@pytest.mark.parametrize("kind", ["conda.yml", "requirements.txt", "pyproject.toml"])
def test_an_empty_image_is_refused_for_files_of_every_kind(tmp_path: Path, kind: str) -> None:
    with pytest.raises(UsageError, match="'' is no image: it is empty"):
        amlpriv.lock(tmp_path / kind, image="")


def test_findings_end_with_what_was_not_done(place: Place) -> None:
    """A lock uploads nothing anyway."""
    place.project.listed.append("--index-url https://me:hunter2@pkgs.example.org/simple/")
    with pytest.raises(FindingsError) as caught:
        place.lock()
    assert caught.value.hint == "The lock was not written."


def test_a_project_folder_is_built_and_locked(place: Place) -> None:
    folder = place.project.folder / "source"
    build_wheel(folder / "ready", name="contoso-nlp", version="0.1", requires_dist=["acme-core"])
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n', encoding="utf-8"
    )
    (folder / "backend.py").write_text(
        "import pathlib, shutil\ndef build_wheel(folder, config_settings=None, metadata_directory=None):\n"
        '    wheel, = pathlib.Path("ready").glob("*.whl")\n    shutil.copy(wheel, folder)\n    return wheel.name\n',
        encoding="utf-8",
    )
    place.project.sources["contoso-nlp"] = "source"
    place.project.listed.append("contoso-nlp")
    assert place.lock().private == {"contoso-features": "1.2.0", "contoso-nlp": "0.1"}
    assert place.fresh()


def test_options_of_the_pip_section_count(place: Place, served: SourceIndex) -> None:
    """Its own index before the user's, pre-releases where they are allowed."""
    place.project.listed += [f"--index-url {served.simple}", "--pre"]
    assert place.lock(environ=place.offline).pins["acme-core"] == "2.0rc1"
    place.project.listed.append("--no-index")
    with pytest.raises(InputError, match="--no-index cannot be followed"):
        place.lock()


def test_an_index_that_wants_a_credential_gets_the_users_own(place: Place, tmp_path: Path) -> None:
    """Which is in no lock; without one it is a refusal."""
    with pypi_server(tmp_path / "server") as server:
        build_wheel(tmp_path / "server" / "packages", name="acme-tables", version="3.0")
        place.project.listed = ["contoso-features", f"--index-url {server.simple}"]
        with pytest.raises(AuthenticationError):
            place.lock(environ=place.offline)
        login = server.simple.replace("://", f"://{USER}:{PASSWORD}@")
        assert place.lock(environ={**place.offline, "PIP_EXTRA_INDEX_URL": login}).pins == {"acme-tables": "3.0"}
    assert PASSWORD not in place.text
    assert server.origin.rpartition(":")[2] not in place.text


def test_what_uv_cannot_resolve_is_said_as_everywhere(place: Place) -> None:
    for listed, error in (
        ("acme-absent", UnknownPackageError),
        ("acme-core>=7", NoSolutionError),
        ("acme-windows", NoWheelError),
        ("acme-source", NoWheelError),
    ):
        place.project.listed[1] = listed
        with pytest.raises(error):
            place.lock()
    assert place.lock(include_sdist=True).pins["acme-source"] == "1.0"
    place.project.listed[1] = "acme-core"
    with pytest.raises(IndexUnreachableError):
        place.lock(environ=place.offline)


def test_what_stands_in_its_place_is_not_overwritten(place: Place) -> None:
    lock = place.project.folder / "environment.lock.txt"
    lock.write_text("six==1\n", encoding="utf-8")
    with pytest.raises(ConflictError, match="amlpriv has not written it"):
        place.lock()
    assert pip(place.prepare())[-1] == "acme-core>=1"
    lock.unlink()
    place.lock()
    place.project.write().rename(place.project.folder / "environment.yaml")
    with pytest.raises(ConflictError, match=r"is the lock of environment\.yml"):
        place.lock(place.project.folder / "environment.yaml")


def test_a_lock_that_a_merge_broke_is_refused_and_written_again(place: Place) -> None:
    place.lock()
    lock, good = place.project.folder / "environment.lock.txt", place.text
    lock.write_text(f"{good}<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.raises(InputError, match="The lock is broken"):
        place.prepare()
    with pytest.raises(InputError, match="The lock is broken"):
        place.fresh()
    assert place.lock().written
    assert place.text == good


def test_what_is_not_in_the_lock_is_noted(place: Place) -> None:
    place.project.listed.append("nlp @ git+https://git.example.org/nlp@v1")
    place.project.top["description"] = "x"
    file = place.project.write()
    file.write_text(file.read_text(encoding="utf-8").replace("- pip=25.3", "- pip=25.3\n    - acme-core=1"), "utf-8")
    notes = " ".join(place.lock(file).notes)
    assert "nlp is not in the lock, nor what it requires" in notes
    assert "acme-core: in the conda part too" in notes


# --- using it


def test_publish_uses_a_fresh_lock_and_asks_no_index(place: Place) -> None:
    place.lock()
    published = place.office.publish()
    assert published.registered is not None
    assert published.registered.conda is not None
    text = published.registered.conda.reveal()
    assert "acme-core==1.1 --hash=sha256:" in text
    assert "acme-tables==1.0 --hash=sha256:" in text
    assert [finding.code for finding in published.report] == []
    assert place.office.publish(locked=True).plan.action.value == "unchanged"
    place.lock(upgrade=True)
    assert place.office.publish().version == published.version


def test_a_stale_lock_is_said_and_not_used(place: Place) -> None:
    place.lock()
    fresh = place.office.publish()
    place.project.listed[1] = "acme-core>=1.1"
    stale = place.office.publish()
    (finding,) = stale.report
    assert (finding.code, finding.severity.value) == ("AP112", "warning")
    assert finding.message == f"{STALE}acme-core>=1 became acme-core>=1.1."
    assert stale.registered is not None
    assert stale.registered.conda is not None
    assert "acme-core>=1.1\n" in stale.registered.conda.reveal()
    assert stale.version != fresh.version
    with pytest.raises(FindingsError) as caught:
        place.office.publish(locked=True)
    assert [item.code for item in caught.value.report.errors] == ["AP112"]


def test_a_lock_whose_pins_were_edited_or_lost_is_stale(place: Place) -> None:
    """Also where a fresh one is wanted. Locking again keeps the versions that are there."""
    place.project.listed[1] = "acme-core==1.0"
    place.lock()
    place.project.listed[1] = "acme-core"
    place.lock()
    lock, good = place.project.folder / "environment.lock.txt", place.text
    head, _, _ = good.partition("acme-core==")
    for text in (good.replace("acme-tables==1.0", "acme-tables==0.9"), head):
        lock.write_text(text, encoding="utf-8")
        checked = place.lock(check=True, environ=place.offline)
        assert (checked.fresh, checked.stale_because) == (False, ("its pins were edited",))
        with pytest.raises(FindingsError, match="its pins were edited"):
            place.office.publish(locked=True)
    lock.write_text(good.replace("acme-tables==1.0", "acme-tables==0.9"), encoding="utf-8")
    assert place.lock().written
    assert place.text == good


def test_locked_wants_a_lock(place: Place) -> None:
    with pytest.raises(UsageError, match=r"environment\.yml has no lock") as caught:
        place.office.publish(locked=True)
    assert caught.value.hint == "Write it: amlpriv lock environment.yml"


def test_other_code_of_a_private_package_keeps_a_lock_fresh(place: Place) -> None:
    """Other requirements of it make it stale."""
    place.lock()
    options: dict[str, Any] = {"requires_dist": ["acme-tables"], "generator": "another backend 9"}
    wheels = place.project.folder / "wheels" / "0"
    before = (wheels / "contoso_features-1.2.0-py3-none-any.whl").read_bytes()
    assert build_wheel(wheels, **options).read_bytes() != before
    assert place.fresh()
    assert "acme-core==1.1" in pip(place.prepare())
    build_wheel(wheels, modules={"contoso_features.py": "x = 2\n"}, **options)
    assert place.fresh()
    build_wheel(wheels, requires_dist=["acme-tables", "acme-core"])
    checked = place.lock(check=True, environ=place.offline)
    assert (checked.fresh, checked.stale_because) == (False, ("the requirements of contoso-features changed",))


def test_check_and_render_use_it_too(place: Place) -> None:
    place.lock()
    file = place.project.write()
    assert "acme-tables==1.0 --hash" in amlpriv.render(file, environ=place.offline)
    assert not amlpriv.check(file, offline=True, locked=True, environ=place.offline).report.errors
    (place.project.folder / "environment.lock.txt").unlink()
    with pytest.raises(UsageError):
        amlpriv.check(file, offline=True, locked=True, environ=place.offline)


def test_another_python_or_image_makes_it_stale(place: Place) -> None:
    place.lock()
    assert not place.lock(check=True, python="3.12").fresh
    assert place.lock(check=True, image="mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20250101.v1").fresh
    assert not place.lock(check=True, image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04").fresh


def test_without_a_lock_a_check_says_so(place: Place) -> None:
    checked = place.lock(check=True, environ=place.offline)
    assert (checked.fresh, checked.stale_because, checked.written) == (False, ("there is no lock",), False)


def test_with_a_fresh_lock_an_explicit_index_is_not_asked(place: Place, served: SourceIndex) -> None:
    """Otherwise publish resolves, which asks it."""
    place.project.listed = ["acme-core"]
    text = place.project.write().read_text(encoding="utf-8").partition("sources:")[0]
    place.project.file.write_text(
        f"{text}sources:\n  acme-core: {{index: team}}\nindexes:\n  team: {{url: '{served.simple}', explicit: true}}\n",
        encoding="utf-8",
    )
    place.lock(place.project.file)
    assert "127.0.0.1" not in place.text
    asked = len(served.downloads)
    prepared = place.prepare(place.project.file)
    assert pip(prepared) == [f"--extra-index-url {served.simple}", "acme-core==1.1"]
    assert len(served.downloads) == asked


# --- the other kinds of files


def test_a_requirements_file_is_locked_without_a_name(place: Place) -> None:
    """An environment needs one, a lock does not."""
    folder = place.project.folder
    file = folder / "requirements.txt"
    file.write_text("./wheels/0/contoso_features-1.2.0-py3-none-any.whl\nacme-core\n", encoding="utf-8")
    locked = place.lock(file, python="3.11")
    assert (locked.file, locked.pins) == (folder / "requirements.lock.txt", {"acme-core": "1.1", "acme-tables": "1.0"})
    prepared = place.prepare(file, name="churn", python="3.11", locked=True)
    assert pip(prepared) == ["contoso-features", "acme-core==1.1", "acme-tables==1.0"]
    (folder / "requirements.in").write_text("acme-core\n", encoding="utf-16")  # pip reads that too
    said: list[str] = []
    place.prepare(folder / "requirements.in", name="churn", python="3.11", say=said.append)
    assert "requirements.lock.txt is the lock of requirements.txt, and not used for requirements.in" in said


def test_a_lock_is_no_input(place: Place) -> None:
    place.lock()
    with pytest.raises(InputError, match="A lock alone does not say what an environment is") as caught:
        place.prepare(place.project.folder / "environment.lock.txt", name="churn", python="3.11")
    assert caught.value.hint == "Give the file that it is the lock of: environment.yml."


def test_a_pyproject_can_name_its_lock(place: Place) -> None:
    file = place.project.folder / "pyproject.toml"
    text = '[project]\nname = "churn"\nversion = "1"\ndependencies = ["acme-core"]\n[tool.amlpriv]\npython = "3.11"\n'
    file.write_text(f'{text}lock = "deps.lock.txt"\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"The lock 'deps\.lock\.txt' is not there") as caught:
        place.prepare(file)
    assert caught.value.line == 7
    assert place.lock(file).file == place.project.folder / "deps.lock.txt"
    assert pip(place.prepare(file)) == ["acme-core==1.1"]
    file.write_text(text, encoding="utf-8")
    assert place.lock(file).file == place.project.folder / "pyproject.lock.txt"


def test_beside_a_uv_lock_it_is_said_which_one_decides(place: Place) -> None:
    file = place.project.folder / "pyproject.toml"
    text = '[project]\nname = "churn"\nversion = "1"\ndependencies = ["acme-core"]\n[tool.amlpriv]\npython = "3.11"\n'
    file.write_text(text, encoding="utf-8")
    (file.parent / "uv.lock").write_text(
        'version = 1\n[[package]]\nname = "churn"\nversion = "1"\nsource = { virtual = "." }\n'
        'dependencies = [{ name = "acme-core" }]\n'
        '[[package]]\nname = "acme-core"\nversion = "1.0"\nsource = { registry = "x" }\n',
        encoding="utf-8",
    )
    alone = place.lock(file)
    assert alone.pins == {"acme-core": "1.1"}
    assert "uv.lock is there and not read" in alone.notes[0]
    file.write_text(f"{text}lock = true\n", encoding="utf-8")
    both = place.lock(file)
    assert both.pins == {"acme-core": "1.0"}
    assert both.notes == (
        "the versions of uv.lock are locked here, since [tool.amlpriv] names it; when it changes, lock again",
    )
    assert pip(place.prepare(file)) == ["acme-core==1.0"]
