"""Command jobs that really run, in a real environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from tests.local_jobs.fakes import CONTAINER, Site

HOST = "acct.blob.core.windows.net"
posix = pytest.mark.skipif(os.name != "posix", reason="the commands are for a POSIX shell")
pytestmark = posix

TRAIN = """
import os, pathlib, sys
print("from", sys.argv[1:], flush=True)
print("prefix", sys.prefix)
print("err", file=sys.stderr)
pathlib.Path(os.environ["AZURE_ML_OUTPUT_model"], "m.txt").write_text(pathlib.Path(sys.argv[1], "a.csv").read_text())
pathlib.Path("outputs/kept.txt").write_text(os.environ["AZUREML_RUN_ID"])
"""


def test_a_job_runs_with_its_code_its_inputs_and_its_outputs(site: Site, bare: str) -> None:
    site.blobs.write(CONTAINER, "sets/a.csv", b"1,2")
    site.blobs.write(CONTAINER, "sets/deep/b.csv", b"3")
    job = site.run(
        "first",
        environmentId=bare,
        codeId=site.code("train", train_py=TRAIN),
        command="python train.py ${{inputs.data}} ${{inputs.file}} ${{inputs.rate}} ${{inputs.where}} "
        "$[[--x ${{inputs.x}}]] && cat ${{inputs.file}} && echo into ${{outputs.model}} $MODE",
        environmentVariables={"MODE": "fast", "API_TOKEN": "hunter2hunter2"},
        inputs={
            "data": {"jobInputType": "uri_folder", "mode": "ReadOnlyMount", "uri": "azureml://datastores/workspaceblobstore/paths/sets/"},
            "file": {"jobInputType": "uri_file", "mode": "Download", "uri": f"wasbs://{CONTAINER}@{HOST}/sets/deep/b.csv"},
            "where": {"jobInputType": "uri_folder", "mode": "Direct", "uri": "azureml://datastores/workspaceblobstore/paths/sets/"},
            "rate": {"jobInputType": "literal", "value": "0.1"},
        },
        outputs={"model": {"jobOutputType": "uri_folder", "mode": "ReadWriteMount"}},
    )  # fmt: skip
    log = site.log("first")
    assert job["status"] == "Completed", log
    assert job["startTimeUtc"] < job["endTimeUtc"]
    home = site.root / "jobs" / "first"
    assert f"from ['{home}/inputs/data', '{home}/inputs/file/b.csv', '0.1', 'azureml://" in log
    assert f"prefix {site.builds}" in log
    assert "err\n" in log
    assert f"3into {home}/outputs/model fast" in log
    assert site.stored(CONTAINER, "azureml/first/model/") == {"m.txt": "1,2"}
    kept = site.stored("azureml", "ExperimentRun/dcid.first/")
    assert kept["outputs/kept.txt"] == "first"
    assert kept["user_logs/std_log.txt"] == log
    assert "azureml-logs/20_image_build_log.txt" in kept


def test_the_variables_are_those_of_the_service(site: Site, bare: str) -> None:
    site.run("named", environmentId=bare, command="env | grep ^AZUREML_ | sort")
    assert site.log("named").splitlines() == [
        "AZUREML_ARM_PROJECT_NAME=trial",
        "AZUREML_ARM_RESOURCEGROUP=amlpriv",
        "AZUREML_ARM_SUBSCRIPTION=00000000-0000-0000-0000-000000000000",
        "AZUREML_ARM_WORKSPACE_NAME=local",
        "AZUREML_EXPERIMENT_NAME=trial",
        "AZUREML_ROOT_RUN_ID=named",
        "AZUREML_RUN_ID=named",
    ]


def test_a_failing_command_fails_the_job_with_its_last_words(site: Site, bare: str) -> None:
    job = site.run("bad", environmentId=bare, command="for i in $(seq 30); do echo line $i; done; exit 41")
    assert job["status"] == "Failed"
    assert job["error"]["code"] == "UserError"
    assert "exit code 41" in job["error"]["message"]
    assert "line 30" in job["error"]["message"]
    assert "line 9\n" not in job["error"]["message"]
    assert "user_logs/std_log.txt" in site.stored("azureml", "ExperimentRun/dcid.bad/")


def test_values_that_look_like_secrets_are_in_no_log(site: Site, bare: str) -> None:
    secret = {"MY_PASSWORD": "correct horse", "FEED_PAT": "abcdefgh1234", "PLAIN": "visible-value"}
    job = site.run(
        "quiet",
        environmentId=bare,
        environmentVariables=secret,
        command='echo "$MY_PASSWORD" $FEED_PAT $PLAIN "https://a.example/x?sig=abcdef"; exit 1',
    )
    everything = str(job["error"]) + site.log("quiet") + str(site.stored("azureml", ""))
    assert "visible-value" in everything
    assert not any(word in everything for word in ("correct horse", "abcdefgh1234", "sig=abcdef"))


def test_a_distributed_job_runs_once_and_says_so(site: Site, bare: str) -> None:
    spread = {"distributionType": "PyTorch", "processCountPerInstance": 2}
    resources = {"instanceCount": 4}
    site.run("wide", environmentId=bare, command="echo $RANK of $WORLD_SIZE", distribution=spread, resources=resources)
    assert "asks for 4 instances (PyTorch)" in site.log("wide")
    assert site.log("wide").endswith("0 of 1\n")


def test_a_job_that_runs_too_long_is_cancelled(site: Site, bare: str) -> None:
    job = site.run("slow", environmentId=bare, command="sleep 60", limits={"timeout": "PT1S"})
    assert job["status"] == "Canceled"
    assert "limit of 1 seconds" in job["error"]["message"]


def test_outputs_go_where_they_are_to_go(site: Site, bare: str) -> None:
    place = "azureml://datastores/workspaceblobstore/paths/results/${{name}}/${{output_name}}"
    job = site.run(
        "sender",
        environmentId=bare,
        command="echo a > ${{outputs.one}}/a.txt && echo b > ${{outputs.two}} && echo c > ${{outputs.three}}",
        outputs={
            "one": {"jobOutputType": "uri_folder", "uri": place},
            "two": {"jobOutputType": "uri_file", "uri": "azureml://datastores/workspaceblobstore/paths/b.txt"},
            "three": {"jobOutputType": "uri_file"},
        },
    )
    assert job["status"] == "Completed", site.log("sender")
    assert site.stored(CONTAINER, "results/sender/one/") == {"a.txt": "a\n"}
    assert site.stored(CONTAINER, "b.txt") == {"": "b\n"}
    assert site.stored(CONTAINER, "azureml/sender/three/") == {"three": "c\n"}


@pytest.mark.parametrize(
    ("properties", "message"),
    [
        ({"environmentId": None}, "no environment"),
        ({"environmentId": "/subscriptions/s/x/workspaces/w/environments/gone/versions/1"}, "no version 1 of gone"),
        ({"environmentId": "azureml://registries/azureml/environments/x/versions/1"}, "registries"),
        ({"command": "echo ${{inputs.nothing}}"}, "inputs.nothing"),
        ({"command": " "}, "no command"),
        ({"codeId": "/subscriptions/s/x/workspaces/w/codes/gone/versions/1"}, "no version 1 of gone"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "uri": "azureml://datastores/other/paths/x"}}}, "datastore"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "uri": "abfss://fs@x.dfs.example/x"}}}, "cannot read abfss"),
        ({"inputs": {"a": {"jobInputType": "uri_file", "uri": f"wasbs://{CONTAINER}@{HOST}/x"}}}, "no files"),
        ({"outputs": {"a": {"uri": "abfss://fs@x.dfs.example/x"}}}, "cannot be written"),
        ({"limits": {"timeout": "soon"}}, "no duration"),
    ],
)  # fmt: skip
def test_what_cannot_run_fails_with_its_reason(
    site: Site, bare: str, properties: dict[str, object], message: str
) -> None:
    job = site.run("wrong", **{"environmentId": bare, "command": "echo ran", **properties})
    assert job["status"] == "Failed"
    assert message in job["error"]["message"]
    assert message in site.log("wrong")
    assert "ran\n" not in site.log("wrong")


def test_inputs_may_be_registered_data_models_and_outputs_of_other_jobs(site: Site, bare: str) -> None:
    site.blobs.write(CONTAINER, "sets/a.csv", b"1\n")
    data = site.register("data", "set", {"dataUri": "azureml://datastores/workspaceblobstore/paths/sets/a.csv"})
    model = site.register("models", "net", {"modelUri": "azureml://jobs/maker/outputs/m/paths/sub/"})
    site.blobs.write(CONTAINER, "azureml/maker/m/sub/net.bin", b"2\n")
    inputs = {"d": data, "e": "azureml:set@latest", "m": model, "j": "azureml://jobs/maker/outputs/m"}
    job = site.run(
        "reader",
        environmentId=bare,
        command="cat ${{inputs.d}} ${{inputs.e}} ${{inputs.m}}/net.bin ${{inputs.j}}/sub/net.bin",
        inputs={name: {"jobInputType": "uri_folder", "uri": uri} for name, uri in inputs.items()},
    )
    assert job["status"] == "Completed"
    assert site.log("reader") == "1\n1\n2\n2\n"


def test_the_environment_comes_before_the_machines_own_python(site: Site, bare: str) -> None:
    site.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), site.environ["PATH"]])
    site.run("inside", environmentId=bare, command="command -v python")
    assert Path(site.log("inside").strip()).is_relative_to(site.builds)
