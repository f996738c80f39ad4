"""feed pip-config: what it prints makes real pip and uv install from a feed that wants a password."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

import amlpriv
from amlpriv.actions.feed_pip_config import KINDS, feed_pip_config
from amlpriv.actions.feed_push import feed_push
from amlpriv.errors import InputError, UsageError
from amlpriv.interpreters import uv_program
from amlpriv.local.feed.tokens import load_tokens
from amlpriv.local.state import State
from tests.package_servers import PASSWORD, USER, Server, pypi_server
from tests.wheelhouse import build_wheel

AZURE = "https://pkgs.dev.azure.com/contoso/ml/_packaging/private/pypi/simple/"


@pytest.fixture(scope="module")
def pypi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An index with one package, for USER only."""
    folder = tmp_path_factory.mktemp("pypiserver")
    with pypi_server(folder) as server:
        build_wheel(folder / "packages", name="configured", version="1.0")
        yield server


def run(command: Sequence[str | Path], environ: Mapping[str, str], cwd: Path) -> str:
    """Its output; it has to succeed."""
    done = subprocess.run(
        [str(word) for word in command],
        env=dict(environ),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output
    assert PASSWORD not in output
    return output


def pip_download(environ: Mapping[str, str], folder: Path) -> None:
    """What a user does."""
    run([sys.executable, "-m", "pip", "download", "--no-deps", "-d", folder, "configured"], environ, folder)
    assert (folder / "configured-1.0-py3-none-any.whl").is_file()


@pytest.mark.parametrize("tool", KINDS)
@pytest.mark.parametrize("feed", [AZURE, "https://gitlab.example.org/api/v4/projects/7/packages/pypi/simple/"])
def test_nothing_but_an_address_is_needed(scrubbed: dict[str, str], tool: str, feed: str) -> None:
    result = feed_pip_config(feed, tool=tool, environ={**scrubbed, "AZURE_DEVOPS_EXT_PAT": "token-of-the-user"})
    assert result.feed == feed
    assert result.as_json()["for"] == tool
    shown = repr(result)
    assert "token-of-the-user" not in shown
    assert result.places
    assert ("machine" in result.content) == (tool == "netrc")
    assert (feed in result.content) == (tool not in ("netrc", "keyring"))


def test_azure_artifacts_goes_with_its_own_helper_and_role(scrubbed: dict[str, str]) -> None:
    result = feed_pip_config(AZURE, tool="keyring", environ=scrubbed)
    assert "index-url = https://VssSessionToken@pkgs.dev.azure.com/" in result.content
    assert any("artifacts-keyring" in step for step in result.steps)
    assert any("'Feed Reader'" in step for step in result.steps)


def test_a_dockerfile_takes_the_secret_by_a_mount_that_must_be_there(scrubbed: dict[str, str]) -> None:
    result = feed_pip_config(AZURE, tool="docker", environ=scrubbed)
    assert "--mount=type=secret," in result.content
    assert "required=true" in result.content
    assert "ARG" not in result.content
    assert result.content.startswith("# syntax=docker/dockerfile:1\n")


def test_a_user_that_must_be_known_is_a_placeholder(scrubbed: dict[str, str]) -> None:
    jfrog = "https://contoso.jfrog.example.org/artifactory/api/pypi/private/simple/"
    assert "login <USER>\n" in feed_pip_config(jfrog, tool="netrc", environ=scrubbed).content


def test_pip_installs_with_the_pip_conf_and_a_netrc(pypi: Server, scrubbed: dict[str, str], tmp_path: Path) -> None:
    conf, netrc = tmp_path / "pip.conf", tmp_path / "netrc"
    feed_pip_config(pypi.simple, out=conf, environ=scrubbed)
    written = feed_pip_config(pypi.simple, tool="netrc", out=netrc, environ=scrubbed)
    assert written.written == netrc
    if os.name == "posix":
        assert stat.S_IMODE(netrc.stat().st_mode) == 0o600
    text = netrc.read_text(encoding="utf-8").replace("<FEED_TOKEN>", PASSWORD).replace("__token__", USER)
    netrc.write_text(text, encoding="utf-8")
    pip_download({**scrubbed, "PIP_CONFIG_FILE": str(conf), "NETRC": str(netrc)}, tmp_path)


def test_pip_installs_with_the_address_at_run_time(pypi: Server, scrubbed: dict[str, str], tmp_path: Path) -> None:
    steps = feed_pip_config(pypi.simple, environ=scrubbed).steps
    url = next(step for step in steps if "PIP_INDEX_URL" in step).partition('PIP_INDEX_URL="')[2].partition('"')[0]
    pip_download(
        {**scrubbed, "PIP_INDEX_URL": url.replace("${FEED_TOKEN}", PASSWORD).replace("__token__", USER)}, tmp_path
    )


def test_uv_installs_with_the_uv_toml_and_two_variables(pypi: Server, scrubbed: dict[str, str], tmp_path: Path) -> None:
    config = tmp_path / "uv.toml"
    result = feed_pip_config(pypi.simple, tool="uv", out=config, environ=scrubbed)
    stem = f"UV_INDEX_{result.index.upper()}"
    assert any(f"{stem}_USERNAME=__token__ {stem}_PASSWORD=$FEED_TOKEN" in step for step in result.steps)
    environ = {**scrubbed, f"{stem}_USERNAME": USER, f"{stem}_PASSWORD": PASSWORD}
    environ.pop("UV_NO_CONFIG")
    target = tmp_path / "target"
    install: list[str | Path] = [uv_program(scrubbed), "pip", "install", "--config-file", config, "configured"]
    run([*install, "--python", sys.executable, "--target", target], environ, tmp_path)
    assert (target / "configured").is_dir()


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for keyring is a shell script")
@pytest.mark.parametrize("tool", ["pip", "uv"])
def test_the_keyring_on_the_path_is_asked_for_the_index(
    local_environ: dict[str, str], local_state: State, scrubbed: dict[str, str], tmp_path: Path, tool: str
) -> None:
    """By a feed that answers 401: pypiserver answers a user without a password with 403, and pip gives up."""
    feed_push(build_wheel(tmp_path / "dist", name="in-keyring", version="1.0"), to="local", environ=local_environ)
    tokens = load_tokens(local_state.root)
    assert tokens is not None
    (tmp_path / "bin").mkdir()
    keyring, asked = tmp_path / "bin" / "keyring", tmp_path / "asked"
    token = tokens.read.reveal()
    pair = f'{{"username": "VssSessionToken", "password": "{token}"}}'
    answer = (
        f"case $* in --mode=creds*VssSessionToken) echo '{pair}';; *VssSessionToken) echo {token};; *) exit 1; esac"
    )
    keyring.write_text(f'#!/bin/sh\necho "$@" >> {asked}\n{answer}\n', encoding="utf-8")
    keyring.chmod(0o755)
    environ = {**scrubbed, "PATH": f"{keyring.parent}{os.pathsep}{scrubbed['PATH']}"}
    environ["SSL_CERT_FILE"] = environ["PIP_CERT"] = str(local_state.ca_bundle)
    result = feed_pip_config("local", tool="keyring", out=tmp_path / "pip.conf", environ=local_environ)

    if tool == "pip":
        environ["PIP_CONFIG_FILE"] = str(result.written)
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "-d", str(tmp_path / "got"), "in-keyring"]
    else:
        said = next(step for step in result.steps if step.startswith("uv: "))
        options = [
            "--default-index",
            said.partition('url = "')[2].partition('"')[0],
            "--keyring-provider",
            "subprocess",
        ]
        command = [str(uv_program(environ)), "pip", "install", "--python", sys.executable, *options]
        command += ["--target", str(tmp_path / "got"), "in-keyring"]
    run(command, environ, tmp_path)
    assert any("keyring" in path.name for path in (tmp_path / "got").iterdir())
    assert "VssSessionToken" in asked.read_text(encoding="utf-8")


def test_the_local_feed_comes_with_its_certificates(local_environ: dict[str, str], local_state: State) -> None:
    result = feed_pip_config("local", environ=local_environ)
    assert result.content.splitlines()[1:] == [
        f"index-url = {local_state.feed_url()}",
        f"cert = {local_state.ca_bundle}",
    ]


def test_a_file_that_is_there_stays_as_it_is(scrubbed: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "pip.conf"
    out.write_text("[global]\nmine = 1\n", encoding="utf-8")
    with pytest.raises(InputError, match="exists already"):
        feed_pip_config(AZURE, out=out, environ=scrubbed)
    assert out.read_text(encoding="utf-8") == "[global]\nmine = 1\n"


def test_what_cannot_be_configured_is_refused(scrubbed: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="conda"):
        feed_pip_config(AZURE, tool="conda", environ=scrubbed)
    with pytest.raises(UsageError):
        feed_pip_config("https://github.com/contoso", environ=scrubbed)


def test_the_public_name_is_the_function() -> None:
    assert amlpriv.feed_pip_config is feed_pip_config
