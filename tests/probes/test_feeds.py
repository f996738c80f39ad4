"""The probes on connections, asked of a small imitation of an image build that uses them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from amlpriv.actions.verify import verify
from amlpriv.probes.catalog import PROBES
from amlpriv.probes.journal import Journal
from amlpriv.probes.payload import MARK
from amlpriv.probes.probe import Answer, Verdict
from amlpriv.probes.site import Feed, Site
from amlpriv.remote import RawAnswer
from amlpriv.secret import Secret
from amlpriv.workspace.memory import MemoryWorkspace

TOKEN = "token-of-the-feed-9"
URL = "https://pkgs.example/org/_packaging/feed/pypi/simple/"
ARTIFACTS = RawAnswer(200, body={"properties": {"containerName": "azureml"}})


@dataclass
class Builder:
    """Uses the connection with the longest target that the address begins with; keeps images by their conda text."""

    memory: MemoryWorkspace
    by_secret: bool = False
    """Whether a changed connection makes a new image."""
    ends: bool = True
    connections: dict[str, tuple[str, str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    jobs: dict[str, RawAnswer] = field(default_factory=dict)
    images: set[str] = field(default_factory=set)

    def ask(self, method: str, path: str, body: Mapping[str, Any] | None = None, **_: Any) -> RawAnswer:
        match method, path.split("/"):
            case "GET", ["datastores", _]:
                return ARTIFACTS
            case "PUT", ["connections", name]:
                given = (body or {})["properties"]
                self.connections[name] = given["target"], given["credentials"]["pat"]
            case "DELETE", ["connections", name]:
                del self.connections[name]
            case "PUT", ["environments", name, "versions", _]:
                self.texts[name] = (body or {})["properties"]["condaFile"]
            case "PUT", ["jobs", name]:
                self.jobs[name] = self._run(name)
            case "GET", ["jobs", name]:
                return self.jobs[name]
        return RawAnswer(200)

    def _run(self, name: str) -> RawAnswer:
        if not self.ends:
            return RawAnswer(200, body={"properties": {"status": "Running"}})
        fitting = sorted(
            (pair for pair in self.connections.values() if URL.startswith(pair[0])), key=lambda pair: pair[0]
        )
        token = fitting[-1][1] if fitting else ""
        image = self.texts[name] + (token if self.by_secret else "")
        if token == TOKEN:
            self.images.add(image)
        if image not in self.images:
            error = {"error": {"message": f"User for pkgs.example: {token}"}}
            return RawAnswer(200, body={"properties": {"status": "Failed", "error": error}})
        found = {"imported": True, "file": True, "userinfo_in_file": "user"}
        path = f"ExperimentRun/dcid.{name}/user_logs/std_log.txt"
        self.memory.blobs[path] = (f"{MARK}{json.dumps(found)}\n".encode(), {})
        return RawAnswer(200, body={"properties": {"status": "Completed"}})


def site_of(builder: Builder, folder: Path, **options: Any) -> Site:
    time = iter(range(10**6))
    opened = replace(builder.memory.open(), service=builder)
    journal = Journal(folder / "v1.json", "v1", opened.name)
    feed = Feed(URL, Secret(options.pop("token", TOKEN)), "contoso-nlp")
    return Site(opened, journal, "v1", feed=feed, clock=lambda: float(next(time)), sleep=lambda _: None, **options)


@pytest.fixture
def builder() -> Builder:
    return Builder(MemoryWorkspace(lambda: datetime(2026, 11, 20, tzinfo=timezone.utc)))


def ask(probe: str, site: Site) -> Answer:
    return next(item for item in PROBES if item.id == probe).ask(site)


def test_a_connection_that_is_used(builder: Builder, tmp_path: Path) -> None:
    site = site_of(builder, tmp_path)
    answer = ask("V18", site)
    assert (answer.verdict, answer.words) == (
        Verdict.YES,
        "The connection is used. Credentials in the image's conda file: user.",
    )
    assert builder.connections == {}
    assert not any(thing.kind == "connection" for thing in site.journal.things)
    assert TOKEN not in str(answer)


def test_targets_that_match(builder: Builder, tmp_path: Path) -> None:
    answer = ask("V19", site_of(builder, tmp_path))
    matching = answer.details["matching"]
    assert isinstance(matching, list)
    assert {"host", "first part of the path", "feed", "whole address"} <= set(matching)
    assert {"another path", "first part, other case"}.isdisjoint(matching)


def test_the_longer_target_wins(builder: Builder, tmp_path: Path) -> None:
    assert ask("V20", site_of(builder, tmp_path)).verdict is Verdict.YES


@pytest.mark.parametrize(("by_secret", "verdict"), [(True, Verdict.YES), (False, Verdict.NO)], ids=["yes", "no"])
def test_an_image_is_built_anew_or_not(builder: Builder, tmp_path: Path, by_secret: bool, verdict: Verdict) -> None:
    builder.by_secret = by_secret
    assert ask("V21", site_of(builder, tmp_path)).verdict is verdict


def test_without_a_token_that_works_nothing_is_claimed(builder: Builder, tmp_path: Path) -> None:
    site = site_of(builder, tmp_path, token="another")
    assert {ask(probe, site).verdict for probe in ("V18", "V19", "V20", "V21")} == {Verdict.UNKNOWN}
    assert ask("V22", site).verdict is Verdict.NOT_ASKED


def test_a_token_that_the_service_quotes_is_not_shown(builder: Builder, tmp_path: Path) -> None:
    opened = replace(builder.memory.open(), service=builder)
    options: dict[str, Any] = {"feed": URL, "feed_token": "token-without-a-form", "feed_package": "contoso-nlp"}
    environ = {"AMLPRIV_HOME": str(tmp_path)}
    result = verify(live=True, workspace=opened, environ=environ, only=["V18"], **options)
    assert "User for pkgs.example" in result["V18"].words
    assert result.report is not None
    for shown in (json.dumps(result.as_json()), str(result.asked), result.report.read_text(encoding="utf-8")):
        assert "token-without-a-form" not in shown


def test_a_job_without_an_end_is_no_answer(builder: Builder, tmp_path: Path) -> None:
    builder.ends = False
    answer = ask("V18", site_of(builder, tmp_path, job_seconds=5))
    assert answer.verdict is Verdict.UNKNOWN
    assert "Running (no end in time)" in answer.words
