"""The artifact service, asked directly."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import KEY, TENANT, Client, Clock

SERVICE = f"//artifact/v2.0{WORKSPACE_ID}/artifacts"
PACKAGES = "Environment/azureml-private-packages"


@dataclass
class Dictionary:
    """Blobs in a dictionary."""

    content: dict[str, bytes] = field(default_factory=dict)

    def create_container(self, name: str) -> None:
        """Nothing to make."""

    def sizes(self, container: str, prefix: str = "") -> dict[str, int]:
        assert container == "azureml"
        return {path: len(data) for path, data in self.content.items() if path.startswith(prefix)}

    def read(self, container: str, path: str) -> bytes:
        raise NotImplementedError

    def write(self, container: str, path: str, content: bytes | Path) -> None:
        raise NotImplementedError

    def download(self, container: str, prefix: str, folder: Path) -> int:
        raise NotImplementedError

    def upload(
        self, files: Iterable[tuple[str, Path]], container: str, prefix: str, check: Callable[[], None]
    ) -> list[str]:
        raise NotImplementedError


@pytest.fixture
def blobs() -> Dictionary:
    return Dictionary()


@pytest.fixture
def ask(tmp_path: Path, clock: Clock, blobs: Dictionary) -> Client:
    plane = Plane(tmp_path / "plane", account="amlprivacct", account_key=KEY, tenant=TENANT, now=clock, blobs=blobs)
    return Client(plane)


def _create(ask: Client, *names: str) -> Any:
    answer = ask("POST", f"{SERVICE}/batch/metadata/{PACKAGES}", {"paths": [{"path": name} for name in names]})
    assert answer.status == 200
    return answer.json()


def test_a_new_artifact_gets_a_place_to_write_to(ask: Client) -> None:
    made = _create(ask, "a-1-py3-none-any.whl")
    place = made["artifactContentInformation"]["a-1-py3-none-any.whl"]
    url = urlsplit(place["contentUri"])
    assert url.hostname == "amlprivacct.blob.core.windows.net"
    assert url.path == f"/azureml/{PACKAGES}/a-1-py3-none-any.whl"
    assert {name: parse_qs(url.query)[name][0] for name in ("sr", "sp")} == {"sr": "b", "sp": "racw"}
    assert made["artifacts"]["a-1-py3-none-any.whl"]["artifactId"] == f"{PACKAGES}/a-1-py3-none-any.whl"
    assert made["errors"] == {}


def test_an_artifact_that_is_there_is_a_conflict_and_the_others_are_made(ask: Client, blobs: Dictionary) -> None:
    blobs.content[f"{PACKAGES}/a.whl"] = b"x"
    made = _create(ask, "a.whl", "b.whl")
    message = f"Resource Conflict: ArtifactId {PACKAGES}/a.whl already exists."
    assert made["errors"] == {"a.whl": {"error": {"code": "UserError", "message": message}}}
    assert list(made["artifacts"]) == ["b.whl"]


def test_a_place_that_stays_empty_is_given_away_again_after_a_minute(ask: Client, clock: Clock) -> None:
    assert _create(ask, "a.whl")["errors"] == {}
    assert list(_create(ask, "a.whl")["errors"]) == ["a.whl"]
    clock.move(timedelta(seconds=61))
    assert _create(ask, "a.whl")["errors"] == {}
    clock.move(timedelta(days=-1))  # the clock was set back
    assert _create(ask, "a.whl")["errors"] == {}


def test_what_is_there_can_be_read_and_listed(ask: Client, blobs: Dictionary) -> None:
    blobs.content |= {f"{PACKAGES}/sub/a b.whl": b"x", f"{PACKAGES}/c.whl": b"y", "Other/x/c.whl": b"z"}
    found = ask("GET", f"{SERVICE}/contentinfo/{PACKAGES}/sub/a%20b.whl").json()
    url = urlsplit(found["contentUri"])
    assert url.path == f"/azureml/{PACKAGES}/sub/a%20b.whl"
    assert parse_qs(url.query)["sp"] == ["r"]
    assert ask("GET", f"{SERVICE}/metadata/{PACKAGES}/c.whl").json()["path"] == "c.whl"
    assert [one["path"] for one in ask("GET", f"{SERVICE}/{PACKAGES}").json()["value"]] == ["sub/a b.whl", "c.whl"]
    assert len(ask("GET", f"{SERVICE}/prefix/contentinfo/{PACKAGES}/sub").json()["value"]) == 1


@pytest.mark.parametrize("kind", ["contentinfo", "metadata"])
def test_what_is_not_there_is_404(ask: Client, kind: str) -> None:
    assert ask("GET", f"{SERVICE}/{kind}/{PACKAGES}/a.whl").status == 404


@pytest.mark.parametrize(
    "paths", [None, "a.whl", [{}], [{"path": ""}], [{"path": "../a"}], ["a.whl"], [{"path": "a"}] * 501]
)
def test_a_request_that_makes_no_sense_is_400(ask: Client, paths: object) -> None:
    assert ask("POST", f"{SERVICE}/batch/metadata/{PACKAGES}", {"paths": paths}).status == 400


def test_the_services_want_a_token_and_the_right_workspace_but_no_version(ask: Client) -> None:
    path = f"{SERVICE}/{PACKAGES}"
    assert Client(ask.plane, headers={})("GET", path).status == 401
    assert ask("GET", path.replace("/workspaces/local", "/workspaces/other")).status == 404
    assert ask("GET", path, **{"api-version": ""}).status == 200
