"""``amlpriv feed push`` and ``feed pip-config``, in processes of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from amlpriv.local.feed.tokens import FeedTokens, load_tokens
from amlpriv.local.state import State
from tests.package_servers import PASSWORD, USER, Server, ToldIndex, pypi_server, told_index
from tests.wheelhouse import build_wheel

Run = Callable[..., Any]

AZURE = "https://pkgs.dev.azure.com/contoso/ml/_packaging/private/pypi/simple/"


@pytest.fixture(scope="module")
def pypi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """An index for USER only."""
    with pypi_server(tmp_path_factory.mktemp("pypiserver")) as server:
        yield server


@pytest.fixture
def told() -> Iterator[ToldIndex]:
    """An index of this process."""
    with told_index() as index:
        yield index


@pytest.fixture(scope="module")
def tokens(local_state: State) -> FeedTokens:
    """The local workspace's tokens."""
    found = load_tokens(local_state.root)
    assert found is not None
    return found


def test_push_sends_a_folder_once_and_prints_the_lines_to_use_it(
    process: Run, local_environ: dict[str, str], tmp_path: Path
) -> None:
    build_wheel(tmp_path / "dist", name="from-cli", version="1.0")
    first = process("feed", "push", "dist", "--to", "local", environ=local_environ, cwd=tmp_path)
    assert first.code == 0, first.err
    assert first.out.startswith("from_cli-1.0-py3-none-any.whl  sent, sha256 ")
    assert "Requirements: from-cli==1.0\n" in first.out
    assert "      from-cli: {index: private}\n" in first.out
    again = process("feed", "push", "dist/*", "--to", "local", "--json", environ=local_environ, cwd=tmp_path)
    assert again.code == 0, again.err
    assert [file["outcome"] for file in again.json["files"]] == ["already there"]
    assert again.json["credential"] == "the local workspace"


def test_a_dry_run_sends_nothing(process: Run, pypi: Server, scrubbed: dict[str, str], tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="dry", version="1.0")
    words = ("feed", "push", wheel, "--to", pypi.simple, "--user", USER, "--token-from", "env:MY_TOKEN", "--dry-run")
    for _ in range(2):
        done = process(*words, environ={**scrubbed, "MY_TOKEN": PASSWORD})
        assert done.code == 0, done.err
        assert "would be sent" in done.out
        assert "is assumed" in done.err


@pytest.mark.parametrize("tool", ["uv", "twine"])
def test_the_token_is_neither_printed_nor_kept(
    process: Run, told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: str
) -> None:
    """A server that repeats it in its refusal, and --debug besides."""
    told.answer = (403, f"You are {USER} with {PASSWORD}".encode())
    wheel = build_wheel(tmp_path, name="silent", version="1.0")
    words = ("feed", "push", wheel, "--to", told.simple, "--user", USER, "--token-from", "env:MY_TOKEN", "--debug")
    done = process(*words, "--with", tool, "--json", environ={**scrubbed, "MY_TOKEN": PASSWORD}, cwd=tmp_path)
    assert done.code == 11
    assert PASSWORD not in done.out + done.err
    assert "You are" in done.json["error"]["message"]
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert kept == []


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
def test_the_token_is_in_no_argument(process: Run, told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path) -> None:
    seen: list[bytes] = []

    def look() -> None:
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    seen.append((entry / "cmdline").read_bytes())
                except OSError:
                    continue

    told.on_upload = look
    wheel = build_wheel(tmp_path, name="unseen", version="1.0")
    words = ("feed", "push", wheel, "--to", told.simple, "--user", USER, "--token-from", "env:MY_TOKEN")
    assert process(*words, environ={**scrubbed, "MY_TOKEN": PASSWORD}).code == 0
    assert any(b"amlpriv" in line for line in seen)
    assert any(b"publish" in line and told.origin.encode() in line for line in seen)
    assert not any(PASSWORD.encode() in line for line in seen)


@pytest.mark.parametrize(("kind", "code"), [("read", 11), ("expired", 10), ("norole", 11)])
def test_each_bad_token_has_its_exit_code(
    process: Run, local_environ: dict[str, str], tokens: FeedTokens, tmp_path: Path, kind: str, code: int
) -> None:
    wheel = build_wheel(tmp_path, name=f"with-{kind}", version="1.0")
    environ = {**local_environ, "MY_TOKEN": tokens[kind].reveal()}
    done = process("feed", "push", wheel, "--to", "local", "--token-from", "env:MY_TOKEN", environ=environ)
    assert done.code == code, done.err
    assert "Feed Publisher (Contributor)" in done.err
    assert tokens[kind].reveal() not in done.out + done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("feed", "push", "none.whl", "--to", AZURE), 3),
        (("feed", "push", "dist", "--to", AZURE.replace("/private/", "/private@Release/")), 16),
        (("feed", "push", "dist", "--to", "https://u:t0ken@feeds.example.org/simple/"), 2),
        (("feed", "push", "dist"), 2),
        (("feed", "push", "dist", "--to", AZURE, "--with", "curl"), 2),
        (("feed", "push", "dist", "--to", AZURE, "--token-from", "t0ken"), 2),
        (("feed", "pip-config", "https://github.com/contoso"), 2),
        (("feed", "pip-config", "local", "--no-start"), 20),
        (("feed", "pusk"), 2),
    ],
)
def test_what_is_wrong_has_its_exit_code_and_no_traceback(
    amlpriv: Run, project: Path, words: tuple[str, ...], code: int
) -> None:
    build_wheel(project / "dist")
    done = amlpriv(*words)
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    assert "t0ken" not in done.out + done.err


def test_pip_config_prints_the_file_alone_and_the_rest_beside_it(
    process: Run, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    done = process("feed", "pip-config", AZURE, environ=scrubbed, cwd=tmp_path)
    assert (done.code, done.out) == (0, f"[global]\nindex-url = {AZURE}\n")
    assert "pip.conf goes to:" in done.err
    asked = process("feed", "pip-config", AZURE, "--for", "uv", "--json", environ=scrubbed, cwd=tmp_path)
    assert asked.json["index"] == "private"
    assert "default = true" in asked.json["content"]
    assert list(tmp_path.glob("*.conf")) == []


def test_pip_config_writes_only_where_it_is_told(process: Run, scrubbed: dict[str, str], tmp_path: Path) -> None:
    words = ("feed", "pip-config", AZURE, "--for", "netrc", "--out", tmp_path / "netrc")
    done = process(*words, environ=scrubbed)
    assert (done.code, done.out) == (0, "")
    assert "password <FEED_TOKEN>" in (tmp_path / "netrc").read_text(encoding="utf-8")
    assert process(*words, environ=scrubbed).code == 3
    assert list((tmp_path / "scrubbed-home").iterdir()) == []
