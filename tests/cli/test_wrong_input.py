"""What a user types wrong, and what comes back: the exit code, the place, the next step, and no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import WHEEL, Amlpriv, Ended, environment_text

SIGNATURE = "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0"


def fails(ended: Ended, code: int, *texts: str) -> None:
    """It ended with this code, said this on standard error, and put nothing on standard output."""
    assert ended.code == code, ended
    assert ended.out == ""
    assert "Traceback" not in ended.err
    assert "\x1b" not in ended.err
    for text in texts:
        assert text in ended.err


def write(project: Path, text: str, name: str = "env.yml") -> str:
    (project / name).write_text(text, encoding="utf-8", newline="")
    return name


@pytest.mark.parametrize("verb", ["build", "plan", "publish", "render"])
def test_a_missing_file(project: Path, amlpriv: Amlpriv, verb: str) -> None:
    fails(amlpriv(verb, "nowhere.yml", *(["--no-start"] if verb != "render" else [])), 3, "nowhere.yml")


def test_a_missing_file_of_which_another_spelling_exists(project: Path, amlpriv: Amlpriv) -> None:
    fails(amlpriv("plan", "good.yaml"), 3, "good.yaml: This file does not exist.", "Did you mean good.yml?")


@pytest.mark.parametrize("command", [["wheel", "inspect"], ["add-wheel", "--no-start"]])
def test_a_folder_instead_of_a_wheel(project: Path, amlpriv: Amlpriv, command: list[str]) -> None:
    fails(amlpriv(*command, "wheels"), 3, "wheels: This is a folder, not a wheel.", "uv build --wheel")


def test_a_folder_instead_of_an_environment_file(project: Path, amlpriv: Amlpriv) -> None:
    fails(amlpriv("publish", "wheels"), 3, "wheels: This is a folder, and a file is needed.")


def test_a_wheel_instead_of_an_environment_file(project: Path, amlpriv: Amlpriv) -> None:
    fails(amlpriv("publish", WHEEL), 3, WHEEL)


def test_a_wheel_whose_name_is_no_wheels_name(project: Path, amlpriv: Amlpriv) -> None:
    """SDK v1 took any name; pip does not."""
    (project / WHEEL).rename(project / "my-custom.whl")
    fails(amlpriv("add-wheel", "my-custom.whl"), 3, "my-custom.whl", "name-version-python-abi-platform.whl")


def test_a_text_file_that_is_called_a_wheel(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, "hello\n", "contoso_features-1.2.0-py3-none-any.whl")
    fails(amlpriv("wheel", "inspect", name), 3, name, "not a zip archive")


@pytest.mark.parametrize("command", [["wheel", "inspect"], ["add-wheel", "--no-start"]])
def test_a_missing_wheel(project: Path, amlpriv: Amlpriv, command: list[str]) -> None:
    fails(amlpriv(*command, "wheels/nothing.whl"), 3, "wheels/nothing.whl", "does not exist")


def test_yaml_with_a_tab(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, "name: churn\n\timage: x\n")
    fails(amlpriv("render", name), 3, "env.yml:2", "tab", "spaces")


def test_an_unknown_key(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text(more="imagee: x\n"))
    fails(amlpriv("render", name), 3, "env.yml:12:1: Unknown key 'imagee'", "Did you mean 'image'?")


def test_a_source_that_no_package_needs(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text(more="  contoso-feature: {path: wheels}\n"))
    fails(amlpriv("render", name), 3, "env.yml:12:3", "contoso-feature")


def test_a_private_name_with_a_misspelt_source(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text().replace("  contoso-features: {", "  contoso-feature: {"))
    fails(amlpriv("render", name), 3, "env.yml:11:3", "contoso-feature", "Did you mean 'contoso-features'?")


def test_a_source_of_an_unknown_kind(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text().replace("{path:", "{paht:"))
    fails(amlpriv("render", name), 3, "env.yml:11", "paht", "path")


def test_a_path_that_does_not_exist_is_named_with_the_line_that_says_it(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text(source="nope/here"))
    fails(amlpriv("render", name), 3, "env.yml:11", "nope/here", "does not exist")


def test_a_wheel_of_another_package(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text(source="others/contoso_other-1.0-py3-none-any.whl"))
    fails(amlpriv("render", name), 3, "env.yml:11", "contoso-features", "is of contoso-other")


def test_a_requirement_that_the_wheel_does_not_satisfy(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text(requirement=">=2"))
    fails(amlpriv("publish", name, "--no-start"), 1, "env.yml:9: error AP104", "1.2.0", "1 error.", "Nothing was")


@pytest.mark.parametrize("as_json", [False, True])
def test_a_signature_in_the_file_is_refused_and_not_repeated(project: Path, amlpriv: Amlpriv, as_json: bool) -> None:
    url = f"https://x.blob.core.windows.net/c/foo-1-py3-none-any.whl?sp=r&sig={SIGNATURE}%3D"
    text = environment_text().replace("    - pip:\n", f"    - pip:\n      - foo @ {url}\n")
    ended = amlpriv("render", write(project, text), *(["--json"] if as_json else []))
    assert ended.code == 1
    assert "env.yml:9: error AP501" in ended.err
    assert SIGNATURE not in ended.out + ended.err


@pytest.mark.parametrize("command", [["publish"], ["plan"], ["build"], ["add-wheel"]])
def test_no_start_with_nothing_running(project: Path, amlpriv: Amlpriv, command: list[str]) -> None:
    file = WHEEL if command == ["add-wheel"] else "good.yml"
    ended = amlpriv(*command, file, "--no-start")
    fails(ended, 20, "The local workspace is not running.", "amlpriv local start")
    assert not (project.parent / "home" / "state.json").exists()


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        ("{\n", ["config.json:2", "no JSON"]),
        ("[]\n", ["config.json: ", "JSON object"]),
        ('{"subscription_id": "a", "resource_group": "b"}', ["workspace_name"]),
        ('{"subscription_id": "a", "resource_group": "b", "workspace_name": 5}', ["workspace_name"]),
    ],
)
def test_a_wrong_config_json(project: Path, amlpriv: Amlpriv, content: str, texts: list[str]) -> None:
    write(project, content, "config.json")
    fails(amlpriv("plan", "good.yml", "--workspace", "config.json"), 3, *texts)


def test_a_folder_without_config_json_as_workspace(project: Path, amlpriv: Amlpriv) -> None:
    fails(amlpriv("plan", "good.yml", "--workspace", "wheels"), 3, "wheels: There is no config.json")


def test_a_missing_config_json(project: Path, amlpriv: Amlpriv) -> None:
    fails(amlpriv("plan", "good.yml", "--workspace", "config.json"), 3, "config.json: This file does not exist.")


def test_a_word_that_names_no_workspace(project: Path, amlpriv: Amlpriv) -> None:
    fails(amlpriv("plan", "good.yml", "--workspace", "my-workspace"), 2, "'my-workspace' is no workspace", "'local'")


@pytest.mark.parametrize(
    ("words", "texts"),
    [
        (["publich", "good.yml"], ["No such command 'publich'", "Did you mean 'publish'?"]),
        (["local", "strat"], ["No such command 'strat'", "Did you mean 'start'?"]),
        (["xyzzy"], ["No such command 'xyzzy'"]),
        (["publish", "good.yml", "--jsn"], ["No such option", "--jsn"]),
        (["publish"], ["Missing argument 'FILE'"]),
        (["publish", "good.yml", "more.yml"], ["more.yml"]),
        (["publish", "good.yml", "--expires", "soon"], ["'soon' is no lifetime", "30d"]),
        (["publish", "good.yml", "--expires", "0d"], ["'0d' is no lifetime"]),
        (["publish", "good.yml", "--expires", "-3d"], ["'-3d' is no lifetime"]),
        (["publish", "good.yml", "--via", "pigeon"], ["'pigeon'", "sas"]),
        (["publish", "good.yml", "--subscription", "x"], ["--resource-group", "--workspace-name"]),
        (["publish", "good.yml", "--workspace", "local", "-g", "x"], ["exclude each other"]),
        (["render", "good.yml", "--reveal"], ["--reveal needs --out"]),
        (["render", "good.yml", "--reveal", "--out", "x.yml"], ["Say which"]),
        (["render", "good.yml", "--out", "wheels"], ["wheels"]),
        (["run", "good.yml", "--no-start"], ["no command to run", "'--'"]),
    ],
)
def test_wrong_usage(project: Path, amlpriv: Amlpriv, words: list[str], texts: list[str]) -> None:
    fails(amlpriv(*words), 2, *texts)


def test_a_job_that_reads_its_own_options(project: Path, amlpriv: Amlpriv) -> None:
    """What stands behind ``--`` is the job's, also when it looks like an option of ours."""
    ended = amlpriv("run", "good.yml", "--no-start", "--", "train", "--json", "--debug")
    fails(ended, 20, "not running")


def test_an_environment_file_with_windows_line_ends(project: Path, amlpriv: Amlpriv) -> None:
    """The same content: the same preview, and the same version."""
    name = write(project, environment_text().replace("\n", "\r\n"))
    assert amlpriv("render", name).out == amlpriv("render", "good.yml").out


def test_an_error_in_a_file_with_windows_line_ends_has_the_right_line(project: Path, amlpriv: Amlpriv) -> None:
    name = write(project, environment_text(requirement=">=2").replace("\n", "\r\n"))
    fails(amlpriv("render", name), 1, "env.yml:9: error AP104")


def test_blanks_and_letters_of_all_kinds_in_paths(project: Path, amlpriv: Amlpriv) -> None:
    folder = project / "mein größtes Проект 漢字"
    (project / "wheels").rename(project / "räder und mehr")
    folder.mkdir()
    text = environment_text(source='"../räder und mehr/contoso_features-1.2.0-py3-none-any.whl"')
    (folder / "umgebung 1.yml").write_text(text, encoding="utf-8")
    before = "name: churn"
    assert before in amlpriv("render", folder / "umgebung 1.yml").out
    ended = amlpriv("render", folder / "umgebung 1.yml", "--out", folder / "aus gabe.yml")
    assert (ended.code, ended.out) == (0, "")
    assert before in (folder / "aus gabe.yml").read_text(encoding="utf-8")


@pytest.mark.skipif(os.name != "posix", reason="devices of POSIX")
def test_what_is_no_file_at_all(project: Path, amlpriv: Amlpriv) -> None:
    for place in ("/dev/zero", "pipe"):
        if place == "pipe":
            os.mkfifo(place)
        for words in (["plan", place], ["wheel", "inspect", place]):
            ended = amlpriv(*words)
            assert ended.code == 3
            assert f"{place}: This is a device or a pipe" in ended.err


@pytest.mark.skipif(os.name != "posix", reason="Windows keeps the current folder")
def test_a_current_folder_that_is_gone(project: Path, process: Callable[..., Ended]) -> None:
    script = 'mkdir gone; cd gone; rmdir ../gone; exec "$0" -m amlpriv publish "$1" --no-start'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, str(project / "good.yml")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 3, done.stderr
    assert "The current folder does not exist any more." in done.stderr


def test_the_home_of_nobody(project: Path, amlpriv: Amlpriv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AMLPRIV_HOME", "~nosuchuser/x")
    ended = amlpriv("local", "status")
    assert ended.code == (2 if os.name == "posix" else 20)
