"""--json: exactly one object on standard output, whatever happens; its keys are a promise."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import click
import pytest

from amlpriv.cli.main import main
from tests.cli.conftest import Amlpriv, environment_text

ERROR = {"type", "message", "hint", "exit_code", "file", "line"}
FINDING = {"code", "severity", "subject", "file", "line", "message", "fix"}


@pytest.mark.parametrize(
    ("words", "kind", "code"),
    [
        (["publish", "--json", "nowhere.yml"], "InputError", 3),
        (["publish", "--json"], "UsageError", 2),
        (["publish", "--json", "good.yml", "--expires", "soon"], "UsageError", 2),
        (["publich", "--json"], "UsageError", 2),
        (["publish", "--json", "good.yml", "--no-start"], "LocalWorkspaceError", 20),
        (["wheel", "inspect", "--json", "good.yml"], "InvalidWheelName", 3),
        (["build", "--json", "good.yml", "--no-start"], "LocalWorkspaceError", 20),
        (["run", "--json", "good.yml", "--no-start", "--", "python"], "LocalWorkspaceError", 20),
        (["render", "--json", "unsatisfied.yml"], "FindingsError", 1),
    ],
)
def test_an_error_is_one_object(project: Path, amlpriv: Amlpriv, words: list[str], kind: str, code: int) -> None:
    (project / "unsatisfied.yml").write_text(environment_text(requirement=">=2"), encoding="utf-8")
    ended = amlpriv(*words)
    assert ended.code == code
    assert set(ended.json) == {"error", "findings"}
    error = ended.json["error"]
    assert set(error) == ERROR
    assert (error["type"], error["exit_code"]) == (kind, code)
    assert error["message"]
    assert ended.err
    assert all(set(finding) == FINDING for finding in ended.json["findings"])
    assert bool(ended.json["findings"]) == (kind == "FindingsError")


def test_an_error_names_file_and_line(project: Path, amlpriv: Amlpriv) -> None:
    (project / "env.yml").write_text(environment_text(source="nope"), encoding="utf-8")
    error = amlpriv("render", "--json", "env.yml").json["error"]
    assert (error["file"], error["line"]) == ("env.yml", 11)


def test_ctrl_c_and_a_crash_are_one_object_too(amlpriv: Amlpriv, capfd: pytest.CaptureFixture[str]) -> None:
    @click.command()
    @click.option("--json", "as_json", is_flag=True)
    @click.argument("how")
    def broken(as_json: bool, how: str) -> None:
        raise KeyboardInterrupt if how == "interrupt" else ZeroDivisionError("https://x/y?sig=c2VjcmV0")

    import json

    assert main(["--json", "interrupt"], group=broken) == 130
    captured = capfd.readouterr()
    assert json.loads(captured.out)["error"]["exit_code"] == 130
    assert captured.err == "Interrupted.\n"
    assert main(["--json", "crash"], group=broken) == 70
    captured = capfd.readouterr()
    assert json.loads(captured.out)["error"]["type"] == "ZeroDivisionError"
    assert "c2VjcmV0" not in captured.out + captured.err


def has_shape(value: object, shape: object, place: str = "") -> None:
    """``value`` has exactly the keys of ``shape``, and values of its types."""
    match shape:
        case dict():
            assert isinstance(value, Mapping), place
            assert set(value) == set(shape), place
            for key in shape:
                has_shape(value[key], shape[key], f"{place}.{key}")
        case [inner]:
            assert isinstance(value, list), place
            for item in value:
                has_shape(item, inner, f"{place}[]")
        case type() | tuple():
            assert isinstance(value, shape), f"{place}: {value!r}"


PUBLISHED = {
    "environment": {"name": str, "version": str, "id": str, "digest": str},
    "route": str,
    "index": type(None),
    "created": bool,
    "action": str,
    "changed_because": [str],
    "wheels": [
        {
            "name": str,
            "version": str,
            "filename": str,
            "sha256": str,
            "content_hash": str,
            "size": int,
            "action": str,
            "blob": str,
            "source": type(None),
            "expires": str,
        }
    ],
    "findings": [
        {
            "code": str,
            "severity": str,
            "subject": str,
            "file": (str, type(None)),
            "line": (int, type(None)),
            "message": str,
            "fix": (str, type(None)),
        }
    ],
    "notes": [str],
    "steps": [str],
    "dry_run": bool,
    "requests": int,
    "requests_by": {"control_plane": int, "storage": int, "sign_in": int},
}


@pytest.mark.local
def test_publish_prints_what_the_readme_promises(
    project: Path, amlpriv: Amlpriv, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    text = environment_text().replace("20260101.v1", "latest").replace("churn", "json-shape")
    (project / "env.yml").write_text(text, encoding="utf-8")

    plan, first, again = (amlpriv(verb, "env.yml", "--json") for verb in ("plan", "publish", "publish"))
    for ended in (plan, first, again):
        assert ended.code == 0, ended
        has_shape(ended.json, PUBLISHED)

    assert (plan.json["dry_run"], first.json["dry_run"]) == (True, False)
    assert (first.json["created"], first.json["action"], first.json["route"]) == (True, "created", "sas")
    assert first.json["environment"] == plan.json["environment"] == again.json["environment"]
    wheel = first.json["wheels"][0]
    assert wheel["action"] in ("uploaded", "reused")
    assert wheel["blob"].endswith(wheel["filename"])
    assert "?" not in wheel["blob"]
    assert (again.json["created"], again.json["action"]) == (False, "unchanged")
    assert [wheel["action"] for wheel in again.json["wheels"]] == ["reused"]
    assert again.json["requests"] == sum(again.json["requests_by"][key] for key in ("control_plane", "storage"))
    assert again.json["requests"] <= 4


@pytest.mark.local
def test_the_other_commands_print_one_object(
    project: Path, amlpriv: Amlpriv, local_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = next((project / "wheels").iterdir())
    assert amlpriv("local", "status", "--json").json["running"] is False
    assert amlpriv("local", "stop", "--json").json == {"stopped": False}
    assert amlpriv("wheel", "inspect", wheel, "--json").json["name"] == "contoso-features"
    assert set(amlpriv("render", "good.yml", "--json").json) == {"form", "text"}
    assert amlpriv("render", "good.yml", "--json", "--out", "o.yml").json == {"form": "environment", "out": "o.yml"}
    assert (project / "o.yml").stat().st_size > 0
    assert amlpriv("local", "reset", "--yes", "--json").json == {"reset": None}
    monkeypatch.setenv("AMLPRIV_HOME", local_environ["AMLPRIV_HOME"])
    assert amlpriv("local", "start", "--json").json["running"] is True
    added = amlpriv("add-wheel", wheel, "--json").json
    assert added["action"] in ("uploaded", "reused")
    assert "?" not in added["blob"]
