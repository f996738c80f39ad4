"""Command jobs that really run, in a real environment."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from tests.local_jobs.fakes import CONTAINER, IMAGE, Site

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


@pytest.mark.parametrize("folder", ["Application Support", 'José o\'Brien & $(touch pwned) "x"'])
def test_a_home_with_any_name_works(tmp_path: Path, builds: Path, folder: str) -> None:
    site = Site(tmp_path / folder / "home", builds)
    bare = site.register("environments", "plain", {"image": IMAGE, "osType": "Linux"})
    site.blobs.write(CONTAINER, "sets/my file;x.csv", b"1,2\n")
    job = site.run(
        "spaced",
        environmentId=bare,
        command="cat ${{inputs.file}} > ${{outputs.made}}/copy.csv && echo x > ${{outputs.one}}"
        " && cat $PWD/../inputs/*/my* && ls ${{inputs.all}} && cp ${{inputs.all}}/* $AZURE_ML_OUTPUT_made/",
        inputs={
            "file": {"jobInputType": "uri_file", "uri": f"wasbs://{CONTAINER}@{HOST}/sets/my file;x.csv"},
            "all": {"jobInputType": "uri_folder", "uri": f"wasbs://{CONTAINER}@{HOST}/sets"},
        },
        outputs={
            "made": {"jobOutputType": "uri_folder"},
            "one": {"jobOutputType": "uri_file", "uri": "azureml://datastores/workspaceblobstore/paths/o/a b.txt"},
        },
    )
    site.runner.close()
    assert job["status"] == "Completed", site.log("spaced")
    assert site.stored(CONTAINER, "azureml/spaced/made/") == {"copy.csv": "1,2\n", "my file;x.csv": "1,2\n"}
    assert site.stored(CONTAINER, "o/") == {"a b.txt": "x\n"}
    assert not [link for link in Path(tempfile.gettempdir()).glob("amlpriv-job-*/job") if link.parent.exists()]
    assert not list(tmp_path.rglob("pwned"))


def test_paths_and_numbers_are_no_secrets_and_every_line_of_a_key_is_one(site: Site, bare: str) -> None:
    key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhk\nG9w0BAQEFAASCBKcw\n-----END KEY-----"
    variables = {"SIGNING_KEY": key, "TOKENIZERS_PARALLELISM": "disabled-here", "MAX_TOKENS": "1000000000"}
    site.run(
        "paths",
        environmentId=bare,
        environmentVariables={**variables, "DB_PWD": "swordfish1", "DATA_KEY": str(site.root)},
        command='cd ..; pwd; echo "$OLDPWD"; echo "$SIGNING_KEY"; '
        "echo $TOKENIZERS_PARALLELISM $MAX_TOKENS $DB_PWD $DATA_KEY",
    )
    log = site.log("paths")
    assert log.startswith(f"{site.root}/jobs/paths\n{site.root}/jobs/paths/code\n")
    assert "MIIE" not in log
    assert "G9w0" not in log
    assert f"disabled-here 1000000000 *** {site.root}" in log


def test_a_job_gets_what_it_needs_and_not_the_shell_that_started_the_workspace(site: Site, bare: str) -> None:
    site.environ |= {"MY_COMPANY_TOKEN": "tok-12345678", "SOME_SETTING": "x", "PIP_TIMEOUT": "9", "http_proxy": "p"}
    site.run("tidy", environmentId=bare, command="env", environmentVariables={"OWN": "1"})
    names = {line.partition("=")[0] for line in site.log("tidy").splitlines()}
    assert names >= {"PATH", "HOME", "PIP_TIMEOUT", "http_proxy", "OWN", "AZUREML_RUN_ID"}
    assert not names & {"MY_COMPANY_TOKEN", "SOME_SETTING"}


def test_a_job_has_no_credential_for_feeds_and_uploads(site: Site, bare: str) -> None:
    tokens = ("UV_PUBLISH_TOKEN", "UV_PUBLISH_PASSWORD", "TWINE_PASSWORD", "SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT")
    own = ("UV_INDEX_CONTOSO_PASSWORD", "UV_INDEX_CONTOSO_USERNAME", "AMLPRIV_LOCAL_FEED_TOKEN", "AMLPRIV_SAS_ACCOUNT")
    site.environ |= dict.fromkeys([*tokens, *own], "tok-12345678") | {
        "AMLPRIV_WORKSPACE": "local",
        "PIP_EXTRA_INDEX_URL": "https://u:tok-12345678@a.example.org/simple https://b.example.org/",
        "UV_INDEX": "contoso=https://u:tok-12345678@a.example.org/simple",
    }
    built = site.run("bare", environmentId=bare, command="env")
    assert built["status"] == "Completed"
    lines = dict(line.partition("=")[::2] for line in site.log("bare").splitlines())
    assert not set(lines) & {*tokens, *own}
    assert lines["AMLPRIV_WORKSPACE"] == "local"
    assert lines["PIP_EXTRA_INDEX_URL"] == "https://a.example.org/simple https://b.example.org/"
    assert lines["UV_INDEX"] == "contoso=https://a.example.org/simple"
    assert "tok-12345678" not in site.log("bare")


def test_only_files_of_an_output_are_kept_and_the_log_names_the_rest(site: Site, bare: str) -> None:
    script = """
import os, socket
os.chdir(os.environ["AZURE_ML_OUTPUT_made"])
open("good.txt", "w").write("good")
os.mkfifo("pipe")
socket.socket(socket.AF_UNIX).bind("sock")
os.symlink("self", "self")
os.symlink("/etc/hostname", "outside")
os.symlink("good.txt", "same.txt")
os.mkdir("deep")
os.symlink("..", "deep/up")
os.symlink("gone", "dangling")
open(b"bad\\xff.txt", "w").close()
open("two\\nlines", "w").close()
open("back\\\\slash", "w").close()
os.mkfifo(os.environ["AZUREML_RUN_ID"] and "../../code/outputs/pipe")
"""
    job = site.run(
        "odd",
        environmentId=bare,
        codeId=site.code("odd", odd_py=script),
        command="python odd.py",
        outputs={"made": {"jobOutputType": "uri_folder"}},
    )
    log = site.log("odd")
    assert job["status"] == "Completed", log
    assert site.stored(CONTAINER, "azureml/odd/made/") == {"good.txt": "good", "same.txt": "good"}
    for note in ("pipe: a named pipe", "sock: a socket", "self: ", "outside: a link out", "up: a link to a folder",
                 "dangling: ", "bad\\xff.txt", "two\\nlines", "back\\slash", "of the outputs: pipe"):  # fmt: skip
        assert note in log, note


def test_cancelling_and_the_limit_act_while_outputs_are_stored(site: Site, bare: str) -> None:
    slow = site.blobs.slow = threading.Event()
    outputs = {"made": {"jobOutputType": "uri_folder"}}
    command = "for i in 1 2 3; do echo $i > ${{outputs.made}}/$i; done"
    site.start("halted", environmentId=bare, command=command, outputs=outputs)
    site.wait("halted", "Finalizing")
    site.runner.cancel("halted")
    slow.set()
    assert site.wait("halted")["status"] == "Canceled"
    slow.clear()
    site.start("late", environmentId=bare, command=command, outputs=outputs, limits={"timeout": "PT1S"})
    site.wait("late", "Finalizing")
    time.sleep(1.1)
    slow.set()
    job = site.wait("late")
    assert (job["status"], "limit of 1 seconds" in job["error"]["message"]) == ("Canceled", True)


def test_outputs_of_a_failed_job_are_kept_and_its_log_repeats_nothing(site: Site, bare: str) -> None:
    job = site.run(
        "half",
        environmentId=bare,
        command="echo part > ${{outputs.made}}/a.txt; echo the last line; exit 3",
        outputs={"made": {"jobOutputType": "uri_folder", "assetName": "made"}},
    )
    assert job["status"] == "Failed"
    assert "the last line" in job["error"]["message"]
    assert site.log("half") == "the last line\nThe job's command ended with the exit code 3.\n"
    assert site.stored(CONTAINER, "azureml/half/made/") == {"a.txt": "part\n"}
    assert site.context.store.assets("data").get("made") is None


def test_outputs_with_a_name_become_assets(site: Site, bare: str) -> None:
    outputs = {
        "made": {"jobOutputType": "uri_folder", "assetName": "made"},
        "net": {"jobOutputType": "mlflow_model", "assetName": "net", "assetVersion": "7"},
    }
    command = "echo 1 > ${{outputs.made}}/a; echo 'flavors: {python_function: {env: x}}' > ${{outputs.net}}/MLmodel"
    job = site.run("maker", environmentId=bare, command=command, outputs=outputs)
    assert job["status"] == "Completed", site.log("maker")
    assert [job["outputs"][name]["assetVersion"] for name in outputs] == ["1", "7"]
    made = site.context.store.assets("data").get("made")
    net = site.context.store.assets("models").get("net")
    assert made
    assert net
    assert made.versions["1"].properties["dataUri"].endswith("/datastores/workspaceblobstore/paths/azureml/maker/made/")
    assert net.versions["7"].properties["flavors"] == {"python_function": {"data": {"env": "x"}}}
    again = site.run("again", environmentId=bare, command=command, outputs=outputs)
    assert again["status"] == "Failed"
    assert "version 7 exists already" in again["error"]["message"]
    assert again["outputs"]["made"].get("assetVersion") is None
    reader = {"m": {"jobInputType": "uri_folder", "uri": "azureml:made:1"}}
    site.run("user", environmentId=bare, command="cat ${{inputs.m}}/a", inputs=reader)
    assert site.log("user") == "1\n"


def test_an_isolated_job_gets_the_isolated_variables_and_says_so(site: Site, bare: str) -> None:
    site.isolated = {"https_proxy": "http://127.0.0.1:9", "AMLPRIV_ISOLATED": "1"}
    site.run("lone", environmentId=bare, command="echo $https_proxy $AMLPRIV_ISOLATED", amlprivIsolated=True)
    assert "submitted by an isolated client" in site.log("lone")
    assert "http://127.0.0.1:9 1\n" in site.log("lone")
    far = {"far": {"jobInputType": "uri_file", "uri": "https://files.example/x.csv"}}
    job = site.run("far", environmentId=bare, command="echo", amlprivIsolated=True, inputs=far)
    assert "files.example/x.csv does not answer" in job["error"]["message"]


def test_a_path_without_a_shell_is_named(site: Site, bare: str) -> None:
    job = site.run("lost", environmentId=bare, command="echo", environmentVariables={"PATH": "/nowhere"})
    assert "no shell on the job's PATH: /nowhere" in job["error"]["message"]


def test_an_input_that_was_given_twice_is_there_twice(site: Site, bare: str) -> None:
    site.blobs.write(CONTAINER, "a.txt", b"a\n")
    one = {"jobInputType": "uri_file", "uri": f"wasbs://{CONTAINER}@{HOST}/a.txt"}
    site.run(
        "twice",
        environmentId=bare,
        command="cat ${{inputs.a}} ${{inputs.a}} ${{inputs.b}}",
        inputs={"a": one, "b": one},
    )
    assert site.log("twice") == "a\n" * 3
