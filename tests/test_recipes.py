"""What a registered conda text asks for."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.rewriting import KnownConnection
from amlpriv.connections.uses import Use
from amlpriv.recipes import build_request, content_key, folder_name, signed_addresses
from amlpriv.secret import Secret

SIGNED = """
dependencies:
- python=3.10
- pip=25.3
- graphviz
- pip:
  - acme @ https://a.blob.example/c/acme-1-py3-none-any.whl?sv=1&sig=SECRET%3D#sha256=00
variables: {MODE: fast}
"""


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("pip=25.3", "==25.3.*"),
        ("pip==25.3", "==25.3"),
        ("pip 25.3.1", "==25.3.1"),
        ("pip=25.3=py312_0", "==25.3.*"),
        ("pip=25.*", "==25.*"),
        ("pip>=24", None),
        ("pip", None),
    ],
)
def test_a_pinned_pip_is_understood_as_conda_does(written: str, asked: str | None) -> None:
    text = f"dependencies: [python=3.11, {written!r}]"
    assert build_request(text, folder=Path("somewhere"), key="k").pip == asked


def test_a_long_name_gets_a_folder_that_can_be_made() -> None:
    assert folder_name("n" * 245, "0123456789abcdef" * 4) == "n" * 40 + "-0123456789abcdef"
    assert folder_name("churn", "0123456789abcdef" * 4) == "churn-0123456789abcdef"


def test_a_request_has_all_that_the_text_asks_for() -> None:
    request = build_request(SIGNED, folder=Path("somewhere"), key="k")
    assert request.asked_python == (3, 10)
    assert request.conda_packages == ("graphviz",)
    assert request.variables == {"MODE": "fast"}
    assert [secret.reveal().rpartition("sig=")[2] for secret in request.secrets] == ["SECRET%3D"]
    assert "SECRET" not in repr(request)


def test_the_signature_is_no_part_of_the_content() -> None:
    other = SIGNED.replace("sv=1&sig=SECRET%3D", "sv=2&si=amlpriv-2&sig=OTHER")
    assert content_key(other) == content_key(SIGNED)
    assert [url.url for url in signed_addresses(other)] == ["https://a.blob.example/c/acme-1-py3-none-any.whl"]


@pytest.mark.parametrize(
    ("part", "instead"),
    [("3.10", "3.11"), ("graphviz", "gdal"), ("acme-1", "acme-2"), ("#sha256=00", "#sha256=01"), ("fast", "slow")],
)
def test_everything_else_is(part: str, instead: str) -> None:
    assert content_key(SIGNED.replace(part, instead)) != content_key(SIGNED)


def test_the_way_of_writing_it_is_not() -> None:
    assert content_key("dependencies: [pip]\nname: a") == content_key("name: 'a'\ndependencies:\n- pip\n")


INDEX = "dependencies: [python=3.11, {pip: ['--index-url https://feed.example.org/simple', acme]}]"


def known(token: str) -> KnownConnection:
    return KnownConnection(StoredConnection("f", "PythonFeed", "https://feed.example.org", "PAT"), Secret(token))


def test_a_connection_is_no_part_of_key_and_content_and_is_in_no_text_that_is_shown() -> None:
    plain = build_request(INDEX, folder=Path("somewhere"), key="k")
    one, other = (build_request(INDEX, folder=Path("x"), key="k", known=[known(token)]) for token in ("tok-1", "tok-2"))
    assert one.content == other.content == plain.content
    assert one.conda_text == INDEX
    assert one.authorised is not None
    assert "https://tok-1@feed.example.org/simple" in one.authorised.text.reveal()
    assert [secret.reveal() for secret in one.secrets] == ["tok-1"]
    assert "tok-1" not in repr(one)
    assert plain.secrets == ()


def test_where_azure_ml_uses_no_connection_none_is_used_here() -> None:
    request = build_request(INDEX, folder=Path("x"), key="k", known=[known("tok-1")], use=Use.MLFLOW_ONLINE)
    assert request.secrets == ()
    assert request.authorised is not None
    assert not request.authorised.has_credentials
    assert "without any connection" in str(request.authorised.accesses[0])
