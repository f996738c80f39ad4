"""Publishing through the real adapters to the running local workspace, with requests counted over there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.publish import Published, Quiet
from amlpriv.actions.signed import signed_urls
from amlpriv.errors import ConflictError, InputError, UnsupportedError
from amlpriv.interpreters import uv_program
from amlpriv.local.environment import environment_variables
from amlpriv.local.state import State
from amlpriv.remote import AccessPolicy, ContainerPolicies
from amlpriv.secret import SasUrl, Secret
from amlpriv.workspace.sas import PolicySigner
from tests.actions.projects import Project
from tests.wheelhouse import build_wheel
from tests.workspace.sites import LocalSite

pytestmark = pytest.mark.local

DAY = timedelta(days=1)
Line = dict[str, Any]


@dataclass
class Desk:
    """A project, and a container of its own in the local workspace."""

    project: Project
    site: LocalSite
    environ: Mapping[str, str]

    def publish(self, **options: Any) -> Published:
        return self.project.publish(self.site.open(), self.environ, **options)

    def head(self, url: SasUrl) -> int:
        return self.site.open().open_blobs(self.site.datastore, None).head(url)

    def sent(self, since: int, expected: int) -> list[Line]:
        """The requests that the local workspace has seen since then; Azurite's lines may come a moment later."""
        deadline = time.monotonic() + 5
        while len(lines := self.site.requests()[since:]) < expected and time.monotonic() < deadline:
            time.sleep(0.05)
        return lines

    def mark(self) -> int:
        """Where the log of requests ends, once nothing has come for a while."""
        before = -1
        while before != (now := len(self.site.requests())):
            before = now
            time.sleep(0.3)
        return now


@pytest.fixture
def desk(tmp_path: Path, local_state: State, environ: Mapping[str, str]) -> Iterator[Desk]:
    site = LocalSite(local_state)
    site.make()
    project = Project(tmp_path, name=f"churn-{uuid.uuid4().hex[:8]}")
    project.wheel()
    yield Desk(project, site, environ)
    site.reset()


def _url(result: Published, package: str = "contoso-features") -> SasUrl:
    assert result.registered is not None
    return signed_urls(result.registered)[package]


def test_the_second_time_takes_four_requests_and_writes_nothing(desk: Desk) -> None:
    first = desk.publish()
    assert desk.head(_url(first)) == 200

    mark = desk.mark()
    again = desk.publish()
    lines = desk.sent(mark, again.workspace.requests.total)
    asked = [(line["service"], line["method"], line["path"].rpartition("/")[2][:12], line["status"]) for line in lines]
    assert sorted(asked) == [
        ("control_plane", "GET", "versions", 200),
        ("control_plane", "POST", "listSecrets", 200),
        ("storage", "GET", desk.site.container[:12], 200),
        ("storage", "HEAD", "contoso_feat", 200),
    ]
    assert (again.plan.created, again.plan.action.value, again.version) == (False, "unchanged", first.version)
    assert again.workspace.requests.as_json() == {"control_plane": 2, "storage": 2, "sign_in": 0}


def test_the_second_time_by_user_delegation_takes_two_requests(desk: Desk) -> None:
    desk.site.settings(datastore_credentials="None")
    first = desk.publish()
    assert "skoid" in _url(first).fields
    assert desk.head(_url(first)) == 200

    mark = desk.mark()
    again = desk.publish()
    assert [line["method"] for line in desk.sent(mark, 2)] == ["GET", "HEAD"]
    assert (again.plan.action.value, again.version) == ("unchanged", first.version)


def test_a_dry_run_only_asks(desk: Desk) -> None:
    mark = desk.mark()
    dry = desk.publish(dry_run=True)
    lines = desk.sent(mark, dry.workspace.requests.total)
    assert len(lines) == dry.workspace.requests.total
    assert {line["method"] for line in lines} <= {"GET", "HEAD", "POST"}
    assert all(line["path"].endswith("/listSecrets") for line in lines if line["method"] == "POST")

    wet = desk.publish()
    assert wet.as_json()["steps"] == dry.as_json()["steps"]
    assert wet.version == dry.version


def test_a_refusal_to_list_secrets_leads_to_user_delegation(desk: Desk) -> None:
    desk.site.settings(list_secrets="forbidden", storage_account="forbidden")
    result = desk.publish()
    assert "listSecrets/action" in result.plan.notes[0]
    assert desk.head(_url(result)) == 200


def test_a_blocking_account_caps_the_lifetime_once_and_for_all(desk: Desk) -> None:
    policy = {"sasExpirationPeriod": "2.00:00:00", "expirationAction": "Block"}
    desk.site.settings(storage_properties={"sasPolicy": policy})
    first = desk.publish()
    assert "blocks a SAS of more than 2 days" in first.plan.notes[0]
    again = desk.publish()
    assert (again.plan.action.value, again.plan.writes) == ("unchanged", False)


def test_an_account_that_binds_urls_to_users_is_refused(desk: Desk) -> None:
    desk.site.settings(storage_properties={"requireUserBoundUserDelegationSas": True})
    with pytest.raises(UnsupportedError, match="feed, context or image"):
        desk.publish()


def test_a_default_datastore_of_files_is_refused(desk: Desk) -> None:
    desk.site.settings(datastore_type="AzureFile")
    with pytest.raises(UnsupportedError, match="AzureFile, not blob storage"):
        desk.publish()


def test_revoking_the_policy_kills_the_old_url_for_good(desk: Desk) -> None:
    first = desk.publish()
    with desk.site.client() as client:
        client.set_container_access_policy({})
    assert desk.head(_url(first)) == 403

    second = desk.publish()
    assert (second.version, _url(second).fields["si"]) == (f"{first.version}-2", "amlpriv-2")
    assert second.plan.because == ("access policy amlpriv-1 was revoked",)
    assert (desk.head(_url(first)), desk.head(_url(second))) == (403, 200)


def test_an_expired_policy_is_extended_and_everything_else_is_kept(desk: Desk) -> None:
    first = desk.publish()
    blobs = desk.site.open().open_blobs(desk.site.datastore, desk.site.state.account_key)
    past, future = datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2099, 1, 1, tzinfo=timezone.utc)
    ended = {"theirs": AccessPolicy("rl", past, future), "amlpriv-1": AccessPolicy("r", past - DAY, past)}
    time.sleep(1.1)  # If-Unmodified-Since counts in whole seconds
    blobs.set_policies(ContainerPolicies(ended, None, blobs.policies().last_modified))
    assert desk.head(_url(first)) == 403

    again = desk.publish()
    assert (again.version, again.plan.action.value, again.plan.created) == (first.version, "renewed", False)
    assert again.plan.because == ("access policy amlpriv-1 expired on 2026-01-01 00:00 UTC",)
    assert desk.head(_url(first)) == 200
    assert blobs.policies().policies["theirs"] == ended["theirs"]


def test_without_a_free_policy_the_url_has_its_own_expiry(desk: Desk) -> None:
    past, future = datetime(2026, 1, 1, tzinfo=timezone.utc), datetime(2099, 1, 1, tzinfo=timezone.utc)
    blobs = desk.site.open().open_blobs(desk.site.datastore, desk.site.state.account_key)
    theirs = {f"theirs-{number}": AccessPolicy("rl", past, future) for number in range(5)}
    blobs.set_policies(ContainerPolicies(theirs))
    result = desk.publish()
    assert "All 5 access policies of the container are taken" in result.plan.notes[0]
    assert desk.head(_url(result)) == 200
    assert blobs.policies().policies == theirs
    assert desk.publish().plan.action.value == "unchanged"


def test_a_lost_blob_comes_back(desk: Desk) -> None:
    first = desk.publish()
    with desk.site.client() as client:
        client.delete_blob(first.plan.wanted.wheels[0].path)
    assert desk.head(_url(first)) == 404
    again = desk.publish()
    assert (again.version, again.plan.because) == (first.version, ("the blob of contoso-features is gone",))
    assert desk.head(_url(first)) == 200


def test_an_archived_version_is_restored(desk: Desk) -> None:
    first = desk.publish()
    assert first.registered is not None
    environments = desk.site.open().environments
    environments.put(replace(first.registered, archived=True))
    again = desk.publish()
    assert (again.plan.action.value, again.version) == ("restored", first.version)
    assert not environments.get(first.name, first.version).archived


def test_a_key_that_is_not_the_accounts_any_more_is_noticed(desk: Desk) -> None:
    """Azurite's key cannot be rotated: the same environment is registered with another key's signature."""
    first = desk.publish()
    assert first.registered is not None
    assert first.registered.conda is not None
    assert first.plan.expires is not None
    old_key = Secret("b2xk" * 20)
    path = first.plan.wanted.wheels[0].path
    old = PolicySigner(desk.site.datastore, old_key, "amlpriv-1", first.plan.expires).sign(path)
    conda = Secret(first.registered.conda.reveal().replace(_url(first).reveal(), old.reveal()))
    desk.project.name = f"{first.name}-old"
    desk.site.open().environments.put(replace(first.registered, name=desk.project.name, conda=conda))

    second = desk.publish()
    assert (second.version, second.plan.because) == (f"{first.version}-2", ("the storage account's key was rotated",))
    assert desk.head(_url(second)) == 200


def test_a_version_of_ones_own_with_other_content_is_a_conflict(desk: Desk) -> None:
    desk.publish(version="7")
    desk.project.wheel(modules={"contoso_features/__init__.py": "x = 2\n"})
    with pytest.raises(ConflictError, match=r":7 is registered with other content"):
        desk.publish(version="7")


def test_processes_that_publish_the_same_at_once_make_one_version(desk: Desk, local_environ: dict[str, str]) -> None:
    file = desk.project.write()
    command = [sys.executable, "-m", "amlpriv", "publish", str(file), "--workspace", "local", "--json"]
    running = [
        subprocess.Popen(command, env=local_environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    answers = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 3, answers
    results = [json.loads(out) for out, _ in answers]
    assert len({result["environment"]["id"] for result in results}) == 1
    versions = desk.site.open().environments.versions(desk.project.name)
    assert [item.version for item in versions] == [results[0]["environment"]["version"]]


class Rewriter(Quiet):
    """A build that writes the wheel again after the first block of it has gone."""

    def __init__(self, wheel: Path) -> None:
        self.wheel, self.blocks = wheel, 0

    def advance(self, name: str, sent: int) -> None:  # noqa: ARG002
        self.blocks += 1
        if self.blocks == 1:
            data = self.wheel.read_bytes()
            self.wheel.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))


def test_a_wheel_that_changes_while_its_blocks_are_sent_is_not_stored(desk: Desk) -> None:
    text = "\n".join(f"x{number} = {uuid.uuid4().hex!r}" for number in range(10_000))
    wheel = desk.project.wheel(modules={"contoso_features/__init__.py": text})
    watcher = Rewriter(wheel)
    with pytest.raises(InputError, match="changed while it was being published"):
        desk.project.publish(desk.site.open(block_size=16 * 1024), desk.environ, progress=watcher)
    assert watcher.blocks > 1
    blobs = desk.site.open().open_blobs(desk.site.datastore, desk.site.state.account_key)
    assert blobs.stored("amlpriv/wheels/") == {}
    assert desk.site.open().environments.versions(desk.project.name) == ()


def test_a_wheel_that_is_replaced_by_as_many_bytes_is_not_used(desk: Desk) -> None:
    first = desk.publish()
    with desk.site.client() as client:
        path = first.plan.wanted.wheels[0].path
        size = first.plan.wanted.wheels[0].wheel.size
        client.upload_blob(path, b"X" * size, overwrite=True)
    desk.project.name += "-score"
    with pytest.raises(ConflictError, match="exists with other bytes than contoso_features"):
        desk.publish()


def test_the_second_time_with_twelve_wheels_takes_five_requests(desk: Desk) -> None:
    desk.project.sources, desk.project.listed = {}, [f"contoso-p{number:02}" for number in range(12)]
    for name in desk.project.listed:
        desk.project.wheel(name, "1.0")
    first = desk.publish()
    again = desk.publish()
    assert (again.plan.action.value, again.version) == ("unchanged", first.version)
    assert again.workspace.requests.as_json() == {"control_plane": 2, "storage": 3, "sign_in": 0}
    desk.site.settings(datastore_credentials="None")
    assert desk.publish().plan.notes == ("When its signed URLs expire cannot be read without the account key.",)


@pytest.mark.slow
def test_another_version_of_the_build_tool_changes_nothing(desk: Desk) -> None:
    source = Path(__file__).parents[2] / "environments" / "packages" / "contoso-features"
    versions = set()
    for backend in ("1.25.0", "1.27.0"):
        folder = desk.project.folder / f"with-{backend}"
        for file in (path for path in source.rglob("*") if path.is_file()):
            copy = folder / file.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(file.read_bytes())
        project = folder / "pyproject.toml"
        text = project.read_text(encoding="utf-8")
        assert "requires = [" in text
        head, _, tail = text.partition("requires = [")
        project.write_text(f'{head}requires = ["hatchling=={backend}"]{tail.partition("]")[2]}', encoding="utf-8")
        desk.project.sources["contoso-features"] = folder.name
        result = desk.publish()
        versions.add(result.version)
    assert len(versions) == 1
    assert result.plan.action.value == "unchanged"
    assert result.plan.wanted.wheels[0].wheel.sha256 != result.sha256("contoso-features")


# --- installing what was registered, with pip and uv as the image builder would


def _tools() -> dict[str, list[str]]:
    return {
        "pip": [sys.executable, "-m", "pip", "install", "--isolated", "--no-cache-dir", "--disable-pip-version-check"],
        "uv": [str(uv_program(os.environ)), "pip", "install", "--no-cache", "--python", sys.executable],
    }


def _install(desk: Desk, tool: str, result: Published) -> subprocess.CompletedProcess[str]:
    assert result.registered is not None
    assert result.registered.conda is not None
    lines = [line.strip(" -'\"") for line in result.registered.conda.reveal().splitlines() if "sig=" in line]
    folder = desk.project.folder / f"{tool}-{uuid.uuid4().hex[:6]}"
    folder.mkdir()
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(lines) + "\n", encoding="utf-8")
    options = ["--no-deps", "--no-index", "--target", str(folder / "site"), "-r", str(requirements)]
    return subprocess.run(
        [*_tools()[tool], *options],
        env=environment_variables(desk.site.state, os.environ),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_what_was_registered_can_be_installed_until_it_is_revoked(desk: Desk, tool: str) -> None:
    desk.project.wheel("contoso-core", "1!2.0")
    desk.project.wheel("contoso-nlp", "2.0+cu118")
    desk.project.listed += ["contoso-core==1!2.0", "contoso-nlp==2.0+cu118"]
    result = desk.publish()
    done = _install(desk, tool, result)
    assert done.returncode == 0, done.stderr
    installed = {path.name for path in desk.project.folder.glob(f"{tool}-*/site/*.dist-info")}
    assert installed == {
        "contoso_core-1!2.0.dist-info",
        "contoso_features-1.2.0.dist-info",
        "contoso_nlp-2.0+cu118.dist-info",
    }

    with desk.site.client() as client:
        client.set_container_access_policy({})
    done = _install(desk, tool, result)
    assert done.returncode != 0
    assert "403" in done.stderr + done.stdout


@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_a_wheel_that_was_replaced_in_storage_is_not_installed(desk: Desk, tool: str) -> None:
    result = desk.publish()
    path = result.plan.wanted.wheels[0].path
    other = build_wheel(desk.project.folder / "evil", modules={"contoso_features/__init__.py": "evil = True\n"})
    with desk.site.client() as client:
        client.delete_blob(path)
        client.upload_blob(path, other.read_bytes())
    done = _install(desk, tool, result)
    assert done.returncode != 0
    assert "hash" in (done.stderr + done.stdout).lower()
    assert not list(desk.project.folder.glob(f"{tool}-*/site/contoso_features"))
