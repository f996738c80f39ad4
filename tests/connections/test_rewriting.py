"""Which credential goes with which address, and how it stands there."""

from __future__ import annotations

import pytest

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.netrc import index_hosts, netrc_logins, netrc_text
from amlpriv.connections.rewriting import (
    Access,
    KnownConnection,
    index_access,
    is_for_builds,
    read_known,
    repository_access,
    with_credential,
)
from amlpriv.connections.uses import USES, Use
from amlpriv.connections.verdicts import VerdictCode
from amlpriv.errors import ServiceError
from amlpriv.secret import Secret

ADO = "https://pkgs.dev.azure.com"
FEED = f"{ADO}/contoso/ml/_packaging/f/pypi/simple/"
PYPI = "https://pypi.example.org/simple"
PAT = "q7" * 26
GIT = "https://github.com/contoso/nlp"


def known(
    target: str, credential: str | None = PAT, name: str = "one", category: str = "PythonFeed"
) -> KnownConnection:
    auth = "None" if credential is None else "UsernamePassword" if ":" in credential else "PAT"
    return KnownConnection(
        StoredConnection(name, category, target, auth), Secret(credential) if credential is not None else None
    )


def answer(category: str, auth: str, **credentials: str) -> dict[str, object]:
    return {
        "name": "one",
        "properties": {"category": category, "target": ADO, "authType": auth, "credentials": credentials or None},
    }


@pytest.mark.parametrize(
    ("auth", "credentials", "expected"),
    [
        ("PAT", {"pat": PAT}, PAT),
        ("pat", {"pat": "with@and%2F"}, "with@and%2F"),
        ("UsernamePassword", {"username": "me%40contoso", "password": "p%2Fw"}, "me%40contoso:p%2Fw"),
        ("UsernamePassword", {"username": "me"}, "me:"),
        ("UsernamePassword", {"password": "alone"}, None),
        ("PAT", {}, None),
        ("None", {}, None),
        ("SAS", {"sas": "sig=x"}, None),
    ],
)
def test_a_credential_is_kept_as_it_is_stored(auth: str, credentials: dict[str, str], expected: str | None) -> None:
    found = read_known(answer("PythonFeed", auth, **credentials))
    assert (found.credential.reveal() if found.credential else None) == expected
    assert PAT not in repr(found)


def test_what_is_no_connection_is_refused_and_others_are_not_for_builds() -> None:
    with pytest.raises(ServiceError):
        read_known({"name": "x"})
    assert is_for_builds(answer("python_feed", "PAT"))
    assert is_for_builds(answer("Git", "PAT"))
    assert not is_for_builds(answer("ContainerRegistry", "UsernamePassword"))


@pytest.mark.parametrize(
    ("credential", "expected"),
    [
        (PAT, {PAT}),
        ("ci:hunter2hunter2", {"hunter2hunter2"}),
        (f"{PAT}:", {PAT}),
        (f"{PAT}:x-oauth-basic", {PAT, "x-oauth-basic"}),
        ("ghp_" + "a1" * 18 + ":pass-word", {"ghp_" + "a1" * 18, "pass-word"}),
        ("ci:abc", set()),
        (None, set()),
    ],
)
def test_what_a_log_must_not_show(credential: str | None, expected: set[str]) -> None:
    assert {secret.reveal() for secret in known(ADO, credential).secrets} == expected


@pytest.mark.parametrize(
    ("url", "connections", "credential", "said"),
    [
        (FEED, [known(f"{ADO}/contoso")], PAT, "connection one (it matches)"),
        (FEED, [known(ADO, "x:far"), known(f"{ADO}/contoso", name="near")], PAT, "connection near (the closest match)"),
        (FEED, [known(f"{ADO}/contoso"), known(f"{ADO}/contoso/", name="two")], None, "no connection. The targets of"),
        (FEED, [known("https://contoso.pkgs.visualstudio.com")], None, "no connection. 'one' is for the same org"),
        (FEED, [known(f"{ADO}/contoso", None)], None, "no connection. 'one' matches and has no credential"),
        (FEED, [known(f"{ADO}/contoso", category="Git")], None, "no connection."),
        (FEED, [], None, "no connection."),
        (FEED.replace("//", "//me:secret-in-it@", 1), [known(f"{ADO}/contoso")], None, "has a credential in it"),
    ],
)
def test_indexes(url: str, connections: list[KnownConnection], credential: str | None, said: str) -> None:
    access = index_access(url, connections, Use.JOB)
    assert (access.credential.reveal() if access.credential else None) == credential
    assert str(access).startswith(f"index {FEED.rstrip('/')}: ")
    assert said in str(access)
    assert "secret-in-it" not in str(access)
    assert access.repository is None


@pytest.mark.parametrize(
    ("line", "credential", "address"),
    [
        (f"git+{GIT}.git@v1", PAT, f"https://{PAT}:@github.com/contoso/nlp.git"),
        (f"nlp @ git+{GIT}@main#subdirectory=a", PAT, f"https://{PAT}:@github.com/contoso/nlp"),
        (f"git+{GIT}#egg=nlp", "me%40x:p%2Fw", "https://me%40x:p%2Fw@github.com/contoso/nlp"),
        (f"git+{GIT.replace('//', '//own:key12345@')}", None, None),
        ("git+ssh://git@github.com/contoso/nlp.git", None, None),
        ("git+https://github.com/fabrikam/nlp.git", None, None),
    ],
)
def test_repositories(line: str, credential: str | None, address: str | None) -> None:
    connections = [known("https://github.com/contoso", credential or PAT, category="Git")]
    access = repository_access(line, connections, Use.JOB)
    assert (access.repository.reveal() if access.repository else None) == address
    assert (access.credential is not None) == (address is not None)
    assert str(access).startswith("repository ")


@pytest.mark.parametrize("use", list(Use))
def test_each_use_of_an_environment_is_as_azure_ml_has_it(use: Use) -> None:
    access = index_access(FEED, [known(ADO)], use)
    assert (access.credential is not None) == (USES[use].refusal is None)
    if USES[use].refusal is not None:
        assert USES[use].words in str(access)


def test_the_credential_stands_before_the_host() -> None:
    assert with_credential(f"--index-url={FEED}", Secret("t")).reveal() == f"--index-url={FEED.replace('//', '//t@')}"
    assert with_credential("HTTPS://a.example/x", Secret("u:p")).reveal() == "HTTPS://u:p@a.example/x"
    assert with_credential("./wheels", Secret("t")).reveal() == "./wheels"


def accesses(*pairs: tuple[str, str | None]) -> list[Access]:
    made = []
    for url, credential in pairs:
        made.append(index_access(url, [known(url, credential)], Use.JOB))
        assert (made[-1].credential is None) == (credential is None)
    return made


OTHER = "https://feed.example.org/simple"


@pytest.mark.parametrize(
    ("pairs", "python", "expected"),
    [
        ([(OTHER, "me:pass%21")], (3, 10), "machine feed.example.org login me password pass!\n"),
        ([(OTHER, "me:pass"), (PYPI, None)], (3, 10), "machine feed.example.org login me password pass\n"),
        ([(OTHER, "me:pass"), (f"{OTHER}/b", "me:pass")], (3, 12), "machine feed.example.org login me password pass\n"),
        ([(OTHER, "me:pass"), (f"{OTHER}/b", "me:other")], (3, 12), None),
        ([(OTHER, PAT)], (3, 11), f'machine feed.example.org login {PAT} password ""\n'),
        ([(OTHER, PAT)], (3, 10), None),
        ([(FEED, PAT)], (3, 10), f"machine pkgs.dev.azure.com login token password {PAT}\n"),
        ([(OTHER, "me:with%20blank")], (3, 12), None),
        ([(OTHER, "me:%22quoted")], (3, 12), None),
        ([(OTHER, "me:%23comment")], (3, 12), None),
        ([], (3, 12), ""),
    ],
)
def test_a_netrc_file_says_it_where_it_can(
    pairs: list[tuple[str, str | None]], python: tuple[int, int], expected: str | None
) -> None:
    logins = netrc_logins(accesses(*pairs), python)
    assert (None if logins is None else netrc_text(logins).reveal()) == expected


def test_the_hosts_are_those_of_all_index_lines() -> None:
    found = [
        *accesses((OTHER, None), (FEED, PAT)),
        repository_access(f"git+{GIT}", [known(GIT, category="Git")], Use.JOB),
    ]
    assert index_hosts(found) == {"feed.example.org", "pkgs.dev.azure.com"}
    assert found[-1].verdict.code is VerdictCode.MATCH
    assert netrc_logins(found[-1:], (3, 10)) == {}
