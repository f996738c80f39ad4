"""Conda texts with the credentials of connections: nothing else in them changes."""

from __future__ import annotations

import pytest
import yaml

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.rewriting import KnownConnection
from amlpriv.connections.uses import Use
from amlpriv.errors import InputError
from amlpriv.secret import Secret
from amlpriv.specs.authorising import authorise

HOST = "https://feed.example.org"
URL = f"{HOST}/simple/"
TOKEN = "t0k3n-t0k3n-t0k3n"
WITH = f"https://{TOKEN}@feed.example.org/simple/"
KNOWN = (
    KnownConnection(StoredConnection("feed", "PythonFeed", HOST, "PAT"), Secret(TOKEN)),
    KnownConnection(StoredConnection("git", "Git", "https://git.example.org", "PAT"), Secret(TOKEN)),
)


def text(*items: str) -> str:
    return "\n".join(["# kept", "dependencies:", "- python=3.11", "- pip:", *(f"  - {item}" for item in items), ""])


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (f"--index-url {URL}", f"--index-url {WITH}"),
        (f"--index-url={URL}", f"--index-url={WITH}"),
        (f"-i {URL}", f"-i {WITH}"),
        (f"--extra-index-url  {URL}", f"--extra-index-url  {WITH}"),
        (f"-f {URL}", f"-f {WITH}"),
        (f"--find-links {URL}", f"--find-links {WITH}"),
        (f"'--index-url {URL}'", f"--index-url {WITH}"),
        (f'"--index-url {URL}"', f"--index-url {WITH}"),
        (f"--index-url {URL}  # the feed", f"--index-url {WITH}"),
        (f"|\n    --index-url {URL}", f"--index-url {WITH}"),
        (f"&index --index-url {URL}", f"--index-url {WITH}"),
        (f"!!str --index-url {URL}", f"--index-url {WITH}"),
    ],
)
def test_an_index_line_gets_the_credential_and_all_else_stays(line: str, expected: str) -> None:
    source = text("acme==1  # pinned", line, "é-is-kept ; python_version > '3'".replace("é-is", "it-is"))
    done = authorise(source, KNOWN)
    lines = yaml.safe_load(done.text.reveal())["dependencies"][1]["pip"]
    assert lines == ["acme==1", expected, "it-is-kept ; python_version > '3'"]
    written = done.text.reveal().splitlines()
    assert written[:5] == source.splitlines()[:5]
    assert written[-1] == source.splitlines()[-1]
    assert [access.verdict.used for access in done.accesses] == [True]
    assert {secret.reveal() for secret in done.secrets} == {TOKEN}
    assert done.has_credentials
    assert TOKEN not in repr(done)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://other.example.org/simple",
        "--index-url https://me:mine-1234@feed.example.org/simple",
        "--find-links ./wheels",
        "--no-index",
        "acme",
        f"acme @ {HOST}/acme-1-py3-none-any.whl",
        "git+ssh://git@git.example.org/contoso/nlp.git",
        "nlp @ git+https://me:mine-1234@git.example.org/contoso/nlp.git ; python_version > '3'",
        "--trusted-host feed.example.org",
    ],
)
def test_what_is_left_alone(line: str) -> None:
    done = authorise(text(line), KNOWN)
    assert done.text.reveal() == text(line)
    assert not done.has_credentials
    assert done.repositories == done.secrets == ()


@pytest.mark.parametrize(
    "line",
    [
        "git+https://git.example.org/contoso/nlp.git@v1#egg=nlp",
        "nlp[a] @ git+https://git.example.org/contoso/nlp.git@v1 ; python_version > '3'",
        "-e git+https://git.example.org/contoso/nlp.git@v1#egg=nlp",
        "--editable=git+https://git.example.org/contoso/nlp.git@v1#egg=nlp",
        "nlp @ git+https://git.example.org/contoso/nlp.git@v1#subdirectory=a",
    ],
)
def test_a_repository_stays_as_it_is_and_git_gets_the_credential(line: str) -> None:
    done = authorise(text(line, line), KNOWN)
    assert done.text.reveal() == text(line, line)
    assert [address.reveal() for address in done.repositories] == [f"https://{TOKEN}:@git.example.org/contoso/nlp.git"]
    assert len(done.accesses) == 2


def test_aliases_byte_order_marks_and_odd_characters() -> None:
    source = f"\ufeffx: &line --index-url {URL}\ndependencies: [{{pip: [*line, acme]}}, {{pip: [*line]}}]\n"
    done = authorise(source, KNOWN)
    loaded = yaml.safe_load(done.text.reveal())
    assert done.text.reveal().startswith("\ufeffx: &line ")
    assert [item["pip"][0] for item in loaded["dependencies"]] == [f"--index-url {WITH}"] * 2
    odd = (KnownConnection(KNOWN[0].connection, Secret("a\"b'#é\U0001f600\\")),)
    loaded = yaml.safe_load(authorise(text(f"--index-url {URL}"), odd).text.reveal())
    assert loaded["dependencies"][1]["pip"] == ["--index-url https://a\"b'#é\U0001f600\\@feed.example.org/simple/"]


def test_the_use_decides_and_a_wrong_file_is_refused() -> None:
    source = text(f"--index-url {URL}")
    assert authorise(source, KNOWN, use=Use.LOCAL_ENDPOINT).text.reveal() == source
    assert authorise("dependencies: []\n", KNOWN).accesses == ()
    assert authorise("channels: [x]\ndependencies:\n", KNOWN).accesses == ()
    with pytest.raises(InputError):
        authorise("- a list\n", KNOWN)
