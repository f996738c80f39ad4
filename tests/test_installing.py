"""How an installation signs in to the indexes of its lines: a file where that is possible, else the addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.rewriting import KnownConnection
from amlpriv.installing import Installation
from amlpriv.secret import Secret
from amlpriv.specs.authorising import authorise

FEED = "https://feed.example.org"
TEXT = f"dependencies: [python=3.11, {{pip: ['--index-url {FEED}/a/simple', '--extra-index-url {FEED}/b/simple']}}]"


def known(path: str, credential: str) -> KnownConnection:
    auth = "UsernamePassword" if ":" in credential else "PAT"
    return KnownConnection(StoredConnection(path, "PythonFeed", f"{FEED}/{path}", auth), Secret(credential))


def signed_in(
    tmp_path: Path, environ: dict[str, str], *connections: KnownConnection, python: tuple[int, int] | None = None
) -> tuple[str, str, list[str]]:
    """The text to install, the netrc file, what was said."""
    lines: list[str] = []
    authorised = authorise(TEXT, connections)
    plain = Installation(tmp_path / "env", tmp_path, "micromamba", {"A": "b"}, lines.append, (), None, authorised)
    install, text = plain.signed_in(TEXT, python, environ)
    assert install.settings["A"] == "b"
    assert "NETRC" not in plain.settings
    return text, Path(install.settings["NETRC"]).read_text(encoding="utf-8"), lines


@pytest.mark.parametrize("connections", [[], [known("a", "me:secret-1")], [known("", "me:secret-1")]])
def test_one_credential_for_a_host_goes_into_a_file(
    tmp_path: Path, scrubbed: dict[str, str], connections: list[KnownConnection]
) -> None:
    text, netrc, lines = signed_in(tmp_path, scrubbed, *connections)
    assert text == TEXT
    assert netrc == ("machine feed.example.org login me password secret-1\n" if connections else "")
    assert lines == []


def test_several_go_into_the_addresses_and_that_is_told(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    text, netrc, lines = signed_in(tmp_path, scrubbed, known("a", "me:secret-1"), known("b", "me:secret-2"))
    assert "https://me:secret-1@feed.example.org/a/simple" in text
    assert "https://me:secret-2@feed.example.org/b/simple" in text
    assert netrc == ""
    assert "list of processes" in lines[0]


def test_a_token_alone_needs_a_python_that_reads_an_empty_password(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    for python, in_file in ((None, False), ((3, 10), False), ((3, 11), True)):
        text, netrc, _ = signed_in(tmp_path, scrubbed, known("", "secret-token"), python=python)
        assert ("secret-token" in netrc, "secret-token" in text) == (in_file, not in_file)


def test_without_an_index_line_pip_signs_in_as_the_user_does(tmp_path: Path, scrubbed: dict[str, str]) -> None:
    for authorised in (None, authorise("dependencies: [python]", [known("", "secret-token")])):
        install = Installation(tmp_path, tmp_path, "venv", {"A": "b"}, None, (), None, authorised)
        assert install.signed_in("text", (3, 11), scrubbed) == (install, "text")
        install.say_accesses()
