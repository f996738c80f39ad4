"""Jobs whose environments come from a private index and a private repository: with the workspace's connections."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.errors import BuildError
from amlpriv.local.jobs.environments import prepare_environment
from amlpriv.local.jobs.runner import LocalRunner
from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.context import Context
from tests.local_jobs.fakes import ENDED, HERE, FolderBlobs
from tests.local_jobs.private_servers import PASSWORD, TOKEN, WRONG, Door, files_with, make_repository, served
from tests.local_plane.clients import KEY, TENANT, Client
from tests.wheelhouse import build_wheel

ENCODED = "canary%3Ap%40ss%2Fword"
pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell"),
    pytest.mark.skipif(shutil.which("git") is None, reason="needs git"),
]


@dataclass
class Workplace:
    """A workspace with a control plane and a runner, without servers of its own."""

    root: Path
    environ: dict[str, str]

    def __post_init__(self) -> None:
        self.contexts: list[Context] = []
        self.builds = self.root / "builds"
        plane = Plane(
            self.root / "plane",
            account="acct",
            account_key=KEY,
            tenant=TENANT,
            now=lambda: datetime.now(timezone.utc),
            blobs=FolderBlobs(self.root / "storage"),
            make_runner=self._runner,
        )
        self.ask = Client(plane)

    def _runner(self, context: Context) -> LocalRunner:
        self.runner = LocalRunner(context, environ=lambda _: self.environ, builds=self.builds)
        return self.runner

    def connect(self, name: str, category: str, target: str, **credentials: str) -> None:
        auth = "PAT" if "pat" in credentials else "UsernamePassword"
        properties = {"category": category, "target": target, "authType": auth, "credentials": credentials}
        assert self.ask("PUT", f"/connections/{name}", {"properties": properties}).status == 200

    def run(self, name: str, conda: str, command: str) -> dict[str, Any]:
        environment = self.ask.put(f"env-{name}", "1", condaFile=conda, osType="Linux").json()["id"]
        properties = {"jobType": "Command", "environmentId": environment, "command": command, "experimentName": "x"}
        assert self.ask("PUT", f"/jobs/{name}", {"properties": properties}).status in (200, 201)
        end = time.monotonic() + 60
        while (job := self.ask("GET", f"/jobs/{name}").json()["properties"])["status"] not in ENDED:
            assert time.monotonic() < end
            time.sleep(0.05)
        return dict(job)

    def log(self, name: str, file: str = "azureml-logs/20_image_build_log.txt") -> str:
        return (self.root / "jobs" / name / "logs" / file).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("index")
    build_wheel(folder)
    build_wheel(folder, name="contoso-tools")
    with served("index", folder, f"{TOKEN}:", f"ci:{PASSWORD}") as door:
        yield door


@pytest.fixture(scope="module")
def git(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("git")
    make_repository(folder)
    with served("git", folder, f"{TOKEN}:", f"ci:{PASSWORD}") as door:
        yield door


@pytest.fixture
def place(tmp_path: Path, scrubbed: dict[str, str]) -> Iterator[Workplace]:
    place = Workplace(tmp_path / "home", {**scrubbed, "PIP_RETRIES": "0"})
    yield place
    place.runner.close()


def conda(*lines: str) -> str:
    return "\n".join([f"dependencies:\n- python={HERE}\n- pip:", *(f"  - {line}" for line in lines), ""])


def refused(conda_text: str, place: Workplace, lines: list[str] | None = None, **options: Any) -> BuildError:
    properties = {"image": "ubuntu", "condaFile": conda_text}
    with pytest.raises(BuildError) as caught:
        prepare_environment(
            properties, "refused", builds=place.builds, environ=place.environ, on_line=(lines or []).append, **options
        )
    return caught.value


def test_a_job_gets_its_packages_with_the_credentials_of_the_closest_connections(
    place: Workplace, index: Door, git: Door
) -> None:
    place.connect("index-far", "PythonFeed", index.url, pat=WRONG)
    place.connect("index-near", "PythonFeed", f"{index.url}/ml", username="ci", password=ENCODED)
    place.connect("repositories", "Git", f"{git.url}/contoso", pat=TOKEN)
    text = conda(
        f"--index-url {index.url}/ml/simple/", "contoso-features", f"contoso-nlp @ git+{git.url}/contoso/nlp.git@v1"
    )
    job = place.run("first", text, "python -c 'import contoso_features, contoso_nlp; print(contoso_nlp.ANSWER)'; env")
    log = place.log("first")
    assert job["status"] == "Completed", log
    assert f"index {index.url}/ml/simple: connection index-near (the closest match)" in log
    assert f"repository {git.url}/contoso/nlp.git: connection repositories (it matches)" in log
    assert "42" in place.log("first", "user_logs/std_log.txt")
    assert index.answers("/ml/files/contoso_features") == {200}
    assert {login for _, login, status in index.seen if status == 200} == {f"ci:{PASSWORD}"}
    assert {login for _, login, status in git.seen if status == 200} == {f"{TOKEN}:"}

    for secret in (TOKEN, PASSWORD, ENCODED):
        kept = files_with(secret, place.root, Path(place.environ["HOME"]))
        assert all("/plane/connection-secrets/" in path for path in kept), kept
        assert secret not in log + place.log("first", "user_logs/std_log.txt")
    assert index.spied | git.spied == set(), "a token must be in no command line and no environment"

    before = len(index.seen)
    place.connect("index-near", "PythonFeed", f"{index.url}/ml", pat=WRONG)
    again = place.run("second", text, "python -c 'import contoso_nlp'")
    assert again["status"] == "Completed"
    assert len(index.seen) == before, "another credential is no reason to build again"


def test_two_credentials_for_one_host_and_a_repository_to_be_edited(place: Workplace, index: Door, git: Door) -> None:
    """A netrc file has one entry for a host: pip gets these in the addresses."""
    place.connect("one", "PythonFeed", f"{index.url}/one", pat=TOKEN)
    place.connect("two", "PythonFeed", f"{index.url}/two", username="ci", password=ENCODED)
    place.connect("repositories", "Git", git.url, username="ci", password=ENCODED)
    lines = [f"--index-url {index.url}/one/simple", f"--extra-index-url {index.url}/two/simple"]
    text = conda(*lines, "contoso-features", f"-e git+{git.url}/contoso/nlp.git@v1#egg=contoso-nlp")
    job = place.run("third", text, "python -c 'import contoso_nlp; print(contoso_nlp.__file__)'; pip freeze")
    log, said = place.log("third"), place.log("third", "user_logs/std_log.txt")
    assert job["status"] == "Completed", log
    assert {login for path, login, _ in index.seen if path.startswith("/one/simple")} == {f"{TOKEN}:"}
    assert {login for path, login, _ in index.seen if path.startswith("/two/simple")} == {f"ci:{PASSWORD}"}
    assert "pip gets these credentials in addresses" in log
    assert "/src/contoso-nlp/" in said
    for secret in (TOKEN, PASSWORD, ENCODED):
        assert all("/plane/connection-secrets/" in path for path in files_with(secret, place.root))
        assert secret not in log + said


def test_without_a_connection_the_reason_is_named(place: Workplace, index: Door) -> None:
    place.connect("other-port", "PythonFeed", "http://127.0.0.1:9/ml", pat=TOKEN)
    job = place.run("bare", conda(f"--index-url {index.url}/ml/simple", "contoso-features"), "true")
    assert job["status"] == "Failed"
    assert f"index {index.url}/ml/simple: no connection." in place.log("bare")
    message = place.log("bare", "user_logs/std_log.txt")
    assert "contoso-features" in message
    assert "'other-port' is for another port of the host" in message


def test_a_wrong_token_is_named_with_its_connection(place: Workplace, index: Door) -> None:
    place.connect("stale", "PythonFeed", index.url, pat=WRONG)
    job = place.run("stale", conda(f"--index-url {index.url}/ml/simple", "contoso-features"), "true")
    assert job["status"] == "Failed"
    message = place.log("stale", "user_logs/std_log.txt")
    assert f"index {index.url}/ml/simple: connection stale (it matches)" in message
    assert "'amlpriv connect test stale'" in message
    assert WRONG not in message + place.log("stale")


def test_a_repository_without_connection_asks_nobody_and_says_why(place: Workplace, git: Door, tmp_path: Path) -> None:
    """The user's own git would know a password: the image build has no such user."""
    home = Path(place.environ["HOME"])
    (home / "known").write_text(f"{git.url.replace('://', f'://{TOKEN}:@')}\n", encoding="utf-8")
    (home / ".gitconfig").write_text(f"[credential]\n\thelper = store --file={home / 'known'}\n", encoding="utf-8")
    error = refused(conda("--no-index", f"contoso-nlp @ git+{git.url}/contoso/nlp.git@v1"), place)
    assert "a git server wants credentials" in error.message
    assert f"repository {git.url}/contoso/nlp.git: no connection." in str(error.hint)
