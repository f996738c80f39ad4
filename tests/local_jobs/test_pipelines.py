"""Pipelines of command components."""

from __future__ import annotations

import os
from typing import Any

import pytest

from amlpriv.errors import InputError
from amlpriv.local.jobs.nodes import ordered
from tests.local_jobs.fakes import CONTAINER, Site

posix = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")


@pytest.fixture
def component(site: Site, bare: str) -> str:
    """A component that copies its data and adds a line."""
    spec = {
        "type": "command",
        "name": "add",
        "inputs": {
            "data": {"type": "uri_folder", "optional": True},
            "word": {"type": "string"},
            "times": {"type": "integer", "default": "1"},
            "note": {"type": "string", "optional": True},
        },
        "outputs": {"out": {"type": "uri_folder"}},
        "environment": f"azureml:{bare}",
        "code": "azureml:" + site.code("add", lines_txt="from code\n"),
        "command": "cat lines.txt; $[[cp -r ${{inputs.data}}/. ${{outputs.out}};]] "
        "for i in $(seq ${{inputs.times}}); do "
        "echo ${{inputs.word}} $[[${{inputs.note}}]] $MARK >> ${{outputs.out}}/all.txt; done; "
        "test ${{inputs.word}} != broken",
    }  # fmt: skip
    return site.register("components", "add", {"componentSpec": spec})


def literal(value: str) -> dict[str, str]:
    return {"value": value, "job_input_type": "literal"}


def step(component: str, outputs: dict[str, Any] | None = None, **inputs: Any) -> dict[str, Any]:
    bound = {name: literal(value) for name, value in inputs.items()}
    return {"type": "command", "componentId": component, "inputs": bound, "outputs": outputs or {}, "_source": "YAML"}


@posix
def test_steps_pass_folders_on_and_the_last_one_fills_the_pipelines_output(site: Site, component: str) -> None:
    site.blobs.write(CONTAINER, "start/all.txt", b"zero\n")
    final = {"out": {"value": "${{parent.outputs.final}}", "type": "literal", "mode": "Upload"}}
    second = step(component, final, data="${{parent.jobs.first.outputs.out}}", word="two", note="noted")
    first = step(
        component,
        data="${{parent.inputs.data}}",
        word="${{parent.inputs.word}}",
        times="2",
        note="${{parent.inputs.none}}",
    )
    second["environment_variables"] = {"MARK": "marked"}
    job = site.run(
        "pipe",
        jobType="Pipeline",
        jobs={"second": second, "first": first},
        inputs={
            "data": {"jobInputType": "uri_folder", "uri": "azureml://datastores/workspaceblobstore/paths/start"},
            "word": {"jobInputType": "literal", "value": "one"},
        },
        outputs={"final": {"jobOutputType": "uri_folder", "mode": "Upload"}},
    )
    assert job["status"] == "Completed", job.get("error")
    assert site.stored(CONTAINER, "azureml/pipe/final/") == {"all.txt": "zero\none\none\ntwo noted marked\n"}
    children = {name: site.job(f"pipe_{name}") for name in ("first", "second")}
    for name, child in children.items():
        assert child["parentJobName"] == "pipe"
        assert child["displayName"] == name
        assert child["status"] == "Completed"
        assert child["jobType"] == "Command"
        assert "from code" in site.log(f"pipe_{name}")
    assert children["first"]["endTimeUtc"] <= children["second"]["startTimeUtc"]
    assert children["second"]["inputs"]["times"] == {"jobInputType": "literal", "value": "1"}


@posix
def test_steps_of_an_isolated_pipeline_are_isolated_and_its_named_outputs_are_registered(
    site: Site, component: str
) -> None:
    site.isolated = {"AMLPRIV_ISOLATED": "1"}
    own = {"out": {"value": "${{parent.outputs.final}}", "type": "literal"}}
    named = {"out": {"name": "middle", "version": "3", "mode": "Upload"}}
    job = site.run(
        "pipe",
        jobType="Pipeline",
        jobs={"one": step(component, named, word="a"), "two": step(component, own, word="b")},
        outputs={"final": {"jobOutputType": "uri_folder", "assetName": "end"}},
        amlprivIsolated=True,
    )
    assert job["status"] == "Completed", job.get("error")
    assert "isolated client" in site.log("pipe_one")
    assert job["outputs"]["final"]["assetVersion"] == "1"
    for name, version, path in (("middle", "3", "pipe_one/out/"), ("end", "1", "pipe/final/")):
        asset = site.context.store.assets("data").get(name)
        assert asset
        assert asset.versions[version].properties["dataUri"].endswith(f"azureml/{path}")


@posix
@pytest.mark.parametrize(
    ("goes_on", "statuses"),
    [
        (False, {"bad": "Failed", "needy": "Canceled", "free": "Canceled"}),
        (True, {"bad": "Failed", "needy": "Canceled", "free": "Completed"}),
    ],
)
def test_a_failing_step_fails_the_pipeline(site: Site, component: str, goes_on: bool, statuses: dict[str, str]) -> None:
    steps = {
        "bad": step(component, word="broken"),
        "needy": step(component, data="${{parent.jobs.bad.outputs.out}}", word="two"),
        "free": step(component, word="three"),
    }
    job = site.run("pipe", jobType="Pipeline", jobs=steps, settings={"continue_on_step_failure": goes_on})
    assert job["status"] == "Failed"
    assert "The step bad ended as Failed." in job["error"]["message"]
    assert "exit code 1" in job["error"]["message"]
    assert {name: site.job(f"pipe_{name}")["status"] for name in steps} == statuses


@posix
def test_a_cancelled_pipeline_ends_the_step_that_runs_and_all_behind_it(site: Site, component: str, bare: str) -> None:
    spec = {"type": "command", "environment": bare, "command": "echo ready; sleep 300"}
    sleeping = site.register("components", "sleeper", {"componentSpec": spec})
    site.start("pipe", jobType="Pipeline", jobs={"long": step(sleeping), "late": step(component, word="x")})
    site.until("pipe", lambda _: "ready" in site.log("pipe_long"))
    site.runner.cancel("pipe")
    assert site.wait("pipe")["status"] == "Canceled"
    assert [site.job(name)["status"] for name in ("pipe_long", "pipe_late")] == ["Canceled", "Canceled"]


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ({}, "no steps"),
        ({"a": {"type": "sweep"}}, "of type sweep"),
        ({"a": {"type": "command"}}, "no component"),
        ({"a": {"componentId": "/subscriptions/s/x/workspaces/w/components/gone/versions/1"}}, "no version 1 of gone"),
        ({"a": {"inputs": {"x": literal("${{parent.jobs.b.outputs.y}}")}}}, "no step of the pipeline"),
    ],
)
def test_a_pipeline_that_cannot_begin_says_why(site: Site, steps: dict[str, Any], message: str) -> None:
    job = site.run("pipe", jobType="Pipeline", jobs=steps)
    assert job["status"] == "Failed"
    assert message in job["error"]["message"]


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({}, "no value for its input word: it was not given"),
        ({"word": "${{parent.inputs.gone}}"}, "parent.inputs.gone}} is not there"),
        ({"word": "${{parent.else}}"}, "means nothing here"),
    ],
)
def test_a_step_whose_inputs_are_wrong_fails_by_itself(
    site: Site, component: str, inputs: dict[str, Any], message: str
) -> None:
    job = site.run("pipe", jobType="Pipeline", jobs={"only": step(component, **inputs)})
    assert job["status"] == "Failed"
    assert message in site.job("pipe_only")["error"]["message"]


def test_an_output_that_a_step_does_not_have_is_named(site: Site, component: str) -> None:
    steps = {"a": step(component, word="x"), "b": step(component, word="y", data="${{parent.jobs.a.outputs.none}}")}
    with pytest.raises(InputError, match="wait for each other: x, y"):
        ordered(
            {"x": step("", data="${{parent.jobs.y.outputs.o}}"), "y": step("", data="${{parent.jobs.x.outputs.o}}")}
        )
    assert ordered(steps) == ["a", "b"]
    assert ordered({"b": steps["b"], "c": {}, "a": steps["a"]}) == ["c", "a", "b"]
