"""The route 'plain': refused until a probe has said yes, and then without any signature."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import pytest

from amlpriv.actions.publish import Published
from amlpriv.actions.render import render
from amlpriv.actions.verify_report import SCHEMA, default_report
from amlpriv.errors import InputError, UnsupportedError
from amlpriv.plans.steps import DIGEST, Keep, Register, Reuse, Upload
from amlpriv.workspace.memory import NAME
from tests.actions.projects import Office, project


@pytest.fixture
def office(tmp_path: Path, environ: Mapping[str, str]) -> Office:
    made = Office(project(tmp_path), environ)
    made.project.top["via"] = "plain"
    return made


def report(office: Office, answer: str, workspace: str = NAME.arm_id) -> None:
    """A report of 'amlpriv verify' with this answer of the probe on plain URLs."""
    path = default_report(NAME, office.environ)
    path.parent.mkdir(parents=True, exist_ok=True)
    probes = [{"id": "V14", "answer": answer, "asked_at": "2026-11-20T12:00:00Z"}]
    path.write_text(json.dumps({"schema": SCHEMA, "workspace": workspace, "probes": probes}), encoding="utf-8")


def text_of(result: Published) -> str:
    assert result.registered is not None
    assert result.registered.conda is not None
    return result.registered.conda.reveal()


def test_without_a_report_it_is_refused_before_anything_is_sent(office: Office) -> None:
    with pytest.raises(UnsupportedError) as caught:
        office.publish()
    assert "amlpriv verify --live" in str(caught.value)
    assert office.memory.requests.total == 0


@pytest.mark.parametrize("answer", ["no", "unknown", "facts", "not asked"])
def test_only_a_yes_opens_it(office: Office, answer: str) -> None:
    report(office, answer)
    with pytest.raises(UnsupportedError):
        office.publish()


def test_a_no_is_told_as_one(office: Office) -> None:
    report(office, "no")
    with pytest.raises(UnsupportedError, match=r"has asked .*the answer is no"):
        office.publish()


def test_an_answer_under_the_old_name_of_the_report_counts(office: Office) -> None:
    report(office, "yes")
    path = default_report(NAME, office.environ)
    path.rename(path.with_name(f"{NAME.name}.json"))
    assert office.publish().as_json()["route"] == "plain"


GOOD = {"schema": SCHEMA, "workspace": NAME.arm_id, "probes": []}


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "[]",
        "null",
        json.dumps({}),
        json.dumps({**GOOD, "schema": ["x"]}),
        json.dumps({**GOOD, "workspace": 5}),
        json.dumps({**GOOD, "probes": {}}),
        json.dumps({**GOOD, "probes": ["V14"]}),
        json.dumps({**GOOD, "probes": [{"answer": "yes"}]}),
        json.dumps({**GOOD, "probes": [{"id": 14, "answer": "yes"}]}),
        json.dumps({**GOOD, "probes": [{"id": "V14", "answer": ["yes"]}]}),
        json.dumps({**GOOD, "probes": [{"id": "V14", "answer": True}]}),
        json.dumps({**GOOD, "probes": [{"id": "V14", "answer": "perhaps"}]}),
        json.dumps({**GOOD, "probes": [{"id": "V14"}]}),
    ],
)
def test_a_report_that_somebody_wrote_wrongly_is_named(office: Office, document: str) -> None:
    path = default_report(NAME, office.environ)
    path.parent.mkdir(parents=True)
    path.write_text(document, encoding="utf-8")
    with pytest.raises((InputError, UnsupportedError)) as caught:
        office.publish()
    if document:
        assert isinstance(caught.value, InputError)
        assert str(path) in caught.value.message
    assert office.memory.requests.total == 0


def test_the_ids_of_a_report_are_read_in_any_case(office: Office) -> None:
    report(office, "yes")
    path = default_report(NAME, office.environ)
    path.write_text(path.read_text(encoding="utf-8").replace("V14", "v14"), encoding="utf-8")
    assert office.publish().as_json()["route"] == "plain"


def test_the_yes_of_another_workspace_does_not_count(office: Office) -> None:
    report(office, "yes", NAME.arm_id.replace("memory", "other"))
    with pytest.raises(UnsupportedError):
        office.publish()


def test_with_a_yes_the_plain_url_is_registered(office: Office) -> None:
    report(office, "yes")
    result = office.publish()
    assert [type(step) for step in result.plan.steps] == [Upload, Register]
    assert (result.plan.expires, dict(office.memory.acl.policies)) == (None, {})
    text = text_of(result)
    assert "?" not in text
    assert f"{result.blobs['contoso-features']}#sha256={result.sha256('contoso-features')}" in text
    assert result.registered is not None
    assert result.registered.properties["amlpriv.route"] == "plain"
    assert result.as_json()["route"] == "plain"


def test_the_second_time_nothing_is_written_even_years_later(office: Office) -> None:
    report(office, "yes")
    first = office.publish()
    office.clock.move(days=1000)
    again = office.publish()
    assert [type(step) for step in again.plan.steps] == [Reuse, Keep]
    assert (again.version, again.plan.action.value) == (first.version, "unchanged")


def test_a_lost_blob_is_uploaded_again(office: Office) -> None:
    report(office, "yes")
    first = office.publish()
    office.memory.blobs.clear()
    again = office.publish()
    assert [type(step) for step in again.plan.steps] == [Upload, Keep]
    assert again.version == first.version
    assert len(office.memory.blobs) == 1


def test_a_lost_blob_whose_bytes_nobody_has_is_the_next_renewal(office: Office) -> None:
    report(office, "yes")
    first = office.publish()
    office.memory.blobs.clear()
    office.project.wheel(generator="another 1.0")
    again = office.publish()
    assert again.version == f"{first.version}-2"


def test_the_route_is_part_of_the_identity(office: Office) -> None:
    report(office, "yes")
    plain = office.publish()
    signed = office.publish(via="sas")
    assert plain.plan.wanted.digest != signed.plan.wanted.digest
    assert "sig=" in text_of(signed)
    assert signed.plan.expires == office.clock() + timedelta(days=30)
    assert plain.registered is not None
    assert plain.registered.properties[DIGEST] == office.publish().plan.wanted.digest


def test_both_routes_in_one_file_are_refused(office: Office) -> None:
    report(office, "yes")
    office.project.wheel("contoso-core", "1.0.0")
    office.project.listed.append("contoso-core")
    office.project.sources["contoso-core"] += ", via: sas"
    with pytest.raises(UnsupportedError, match="one file"):
        office.publish()


def test_a_preview_has_no_place_for_a_signature(office: Office) -> None:
    text = render(office.project.write(), environ=office.environ)
    assert "sig=" not in text
    assert ".whl#sha256=" in text
