"""Which environment variable has a credential for which address."""

from __future__ import annotations

import json

import pytest

from amlpriv.credentials.found import Sources, read_subject
from amlpriv.credentials.variables import azure_token, feed_endpoints, index_urls, named_index, pipeline_token

SECRET = "s3cr3t-t0ken"
FEED = "https://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/"
OLD = "https://contoso.pkgs.visualstudio.com/ml/_packaging/team/pypi/simple/"
REPO = "git+https://dev.azure.com/contoso/ml/_git/tools@main"
OTHER = "https://example.org/simple/"


def password(answer: tuple[object, str]) -> str | None:
    """What was found."""
    found = answer[0]
    return None if found is None else found.password.reveal()  # type: ignore[attr-defined]


@pytest.mark.parametrize("address", [FEED, OLD, REPO])
@pytest.mark.parametrize("name", ["SYSTEM_ACCESSTOKEN", "AZURE_DEVOPS_EXT_PAT"])
def test_tokens_of_azure_devops_are_for_its_hosts(address: str, name: str) -> None:
    ask = pipeline_token if name == "SYSTEM_ACCESSTOKEN" else azure_token
    assert password(ask(read_subject(address), Sources({name: SECRET}))) == SECRET


@pytest.mark.parametrize(
    "address",
    [
        OTHER,
        "https://pkgs.dev.azure.com.example.org/contoso/_packaging/team/pypi/simple/",
        "https://example.org/pkgs.dev.azure.com/_packaging/team/pypi/simple/",
        "http://pkgs.dev.azure.com/contoso/ml/_packaging/team/pypi/simple/",
        "https://pkgs.dev.azure.com:8443/contoso/ml/_packaging/team/pypi/simple/",
        "https://localhost:8443/local/ml/_packaging/private/pypi/simple/",
        "https://tfs.example.org/tfs/DefaultCollection/_packaging/team/pypi/simple/",
        "git@ssh.dev.azure.com:v3/contoso/ml/tools",
        "https://evilvisualstudio.com/simple/",
    ],
)
def test_tokens_of_azure_devops_go_nowhere_else(address: str) -> None:
    for name, ask in (("SYSTEM_ACCESSTOKEN", pipeline_token), ("AZURE_DEVOPS_EXT_PAT", azure_token)):
        found, said = ask(read_subject(address), Sources({name: SECRET}))
        assert found is None
        assert "another host" in said


@pytest.mark.parametrize("home", ["https://dev.azure.com/Contoso/", "https://contoso.visualstudio.com/"])
def test_a_pipelines_token_is_for_its_organisation(home: str) -> None:
    environ = {"SYSTEM_ACCESSTOKEN": SECRET, "SYSTEM_COLLECTIONURI": home}
    assert password(pipeline_token(read_subject(FEED), Sources(environ))) == SECRET
    found, said = pipeline_token(read_subject(FEED.replace("contoso", "fabrikam")), Sources(environ))
    assert found is None
    assert "the address's is fabrikam" in said


def test_a_macro_that_was_not_replaced_is_no_token() -> None:
    """A pipeline without the variable passes its text on."""
    found, said = pipeline_token(read_subject(FEED), Sources({"SYSTEM_ACCESSTOKEN": "$(System.AccessToken)"}))
    assert found is None
    assert "did not replace" in said


def test_a_named_index_has_its_variables() -> None:
    environ = {"UV_INDEX_MY_TEAM_1_USERNAME": "me", "UV_INDEX_MY_TEAM_1_PASSWORD": SECRET}
    found, said = named_index(read_subject(OTHER), Sources(environ, name="my.team-1"))
    assert found is not None
    assert found.user is not None
    assert (found.user.reveal(), password((found, said))) == ("me", SECRET)
    assert said == "the variable UV_INDEX_MY_TEAM_1_PASSWORD"


def test_a_named_indexs_user_alone_is_no_credential() -> None:
    """It is for uv's keyring."""
    sources = Sources({"UV_INDEX_TEAM_USERNAME": "VssSessionToken"}, name="team")
    found, said = named_index(read_subject(FEED), sources)
    assert found is None
    assert said == "UV_INDEX_TEAM_USERNAME is set without UV_INDEX_TEAM_PASSWORD"


def test_the_name_of_an_index_may_stand_in_uvs_own_variable() -> None:
    environ = {"UV_INDEX": f"team={OTHER} {FEED}", "UV_INDEX_TEAM_PASSWORD": SECRET}
    assert password(named_index(read_subject(OTHER), Sources(environ))) == SECRET
    assert named_index(read_subject("https://example.com/simple/"), Sources(environ))[0] is None


def test_a_name_that_uv_gives_to_another_host_is_not_taken() -> None:
    environ = {"UV_INDEX": f"team={OTHER}", "UV_INDEX_TEAM_PASSWORD": SECRET}
    found, said = named_index(read_subject("https://example.com/simple/"), Sources(environ, name="team"))
    assert found is None
    assert said == "UV_INDEX gives the name team to another host"


def endpoints(*entries: dict[str, str]) -> str:
    """The variable's form."""
    return json.dumps({"endpointCredentials": list(entries)})


@pytest.mark.parametrize("endpoint", [FEED, FEED.rstrip("/"), OLD, FEED.replace("pypi/simple", "nuget/v3/index.json")])
def test_an_endpoint_of_the_same_feed_is_taken(endpoint: str) -> None:
    text = endpoints(
        {"endpoint": OTHER, "password": "no"}, {"endpoint": endpoint, "username": "me", "password": SECRET}
    )
    for name in ("ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS", "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS"):
        assert password(feed_endpoints(read_subject(FEED), Sources({name: text}))) == SECRET


@pytest.mark.parametrize(
    "endpoint",
    [FEED.replace("team", "other"), FEED.replace("/ml/", "/"), FEED.replace("contoso", "fabrikam"), OTHER, ""],
)
def test_an_endpoint_of_another_feed_is_not_taken(endpoint: str) -> None:
    sources = Sources({"VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": endpoints({"endpoint": endpoint, "password": SECRET})})
    found, said = feed_endpoints(read_subject(FEED), sources)
    assert found is None
    assert said == "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS has nothing for this address"


def test_the_newer_variable_of_endpoints_goes_before_the_older() -> None:
    new, old = (endpoints({"endpoint": FEED, "password": each}) for each in (SECRET, "old"))
    environ = {
        "ARTIFACTS_CREDENTIALPROVIDER_EXTERNAL_FEED_ENDPOINTS": new,
        "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": old,
    }
    assert password(feed_endpoints(read_subject(FEED), Sources(environ))) == SECRET


@pytest.mark.parametrize(
    "text", ["{", "[]", "{}", '{"endpointCredentials": [1]}', '{"endpointCredentials": 1}', "null"]
)
def test_endpoints_that_cannot_be_understood_are_said(text: str) -> None:
    found, said = feed_endpoints(read_subject(FEED), Sources({"VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": text}))
    assert found is None
    assert said == "VSS_NUGET_EXTERNAL_FEED_ENDPOINTS cannot be understood"


def test_an_endpoint_with_an_identity_has_no_token() -> None:
    text = json.dumps({"endpointCredentials": [{"endpoint": FEED, "clientId": "system"}]})
    assert feed_endpoints(read_subject(FEED), Sources({"VSS_NUGET_EXTERNAL_FEED_ENDPOINTS": text}))[0] is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PIP_INDEX_URL", f"https://me:{SECRET}@example.org/simple/"),
        ("PIP_EXTRA_INDEX_URL", f"https://example.com/simple/ https://me:{SECRET}@example.org/simple/"),
        ("UV_DEFAULT_INDEX", f"team=https://me:{SECRET}@example.org/simple/"),
        ("UV_INDEX", f"https://me:{SECRET}@example.org/other/simple"),
        ("UV_INDEX_URL", f"https://me:{SECRET}@EXAMPLE.org:443/simple"),
        ("UV_EXTRA_INDEX_URL", f"https://me:{SECRET}@example.org/simple/?a=b"),
        ("UV_PUBLISH_URL", f"https://me:{SECRET}@example.org/upload/"),
        ("TWINE_REPOSITORY_URL", f"https://me:{SECRET}@example.org/"),
    ],
)
def test_an_address_of_the_same_host_lends_its_credential(name: str, value: str) -> None:
    answer = index_urls(read_subject(OTHER), Sources({name: value}))
    assert password(answer) == SECRET
    assert answer[1] == f"the variable {name}"


@pytest.mark.parametrize(
    "value",
    [
        f"https://me:{SECRET}@example.com/simple/",
        f"https://me:{SECRET}@example.org:8443/simple/",
        f"http://me:{SECRET}@example.org/simple/",
        f"https://me:{SECRET}@example.org.example.com/simple/",
        f"https://me:{SECRET}@sub.example.org/simple/",
    ],
)
def test_an_address_of_another_host_lends_nothing(value: str) -> None:
    assert index_urls(read_subject(OTHER), Sources({"PIP_INDEX_URL": value})) == (
        None,
        "those that are set are for other hosts",
    )


def test_in_azure_devops_the_organisation_counts_as_host() -> None:
    other = FEED.replace("contoso", "fabrikam").replace("https://", f"https://me:{SECRET}@")
    assert index_urls(read_subject(FEED), Sources({"PIP_INDEX_URL": other}))[0] is None
    same = OLD.replace("https://", f"https://me:{SECRET}@").replace("/team/", "/other/")
    assert password(index_urls(read_subject(FEED), Sources({"PIP_INDEX_URL": same}))) == SECRET


def test_of_several_the_address_that_is_most_alike_is_taken() -> None:
    urls = [
        "https://me:one@example.org/a/simple/",
        f"https://me:{SECRET}@example.org/b/c/simple/",
        "https://me:two@example.org/b/d/simple/",
    ]
    sources = Sources({"PIP_EXTRA_INDEX_URL": " ".join(urls)})
    assert password(index_urls(read_subject("https://example.org/b/c/simple/"), sources)) == SECRET


@pytest.mark.parametrize("user", ["${FEED_USER}:${FEED_TOKEN}", "me:%TOKEN%", "VssSessionToken", "contoso"])
def test_a_placeholder_or_a_mere_user_is_no_credential(user: str) -> None:
    sources = Sources({"PIP_INDEX_URL": FEED.replace("https://", f"https://{user}@")})
    assert index_urls(read_subject(FEED), sources)[0] is None


def test_a_token_without_a_user_is_taken() -> None:
    pat = "a" * 76 + "AZDO" + "1234"
    found, _ = index_urls(read_subject(FEED), Sources({"PIP_INDEX_URL": FEED.replace("https://", f"https://{pat}@")}))
    assert found is not None
    assert found.token is not None
    assert found.token.reveal() == pat


@pytest.mark.parametrize(
    ("environ", "user"),
    [
        ({"TWINE_REPOSITORY_URL": OTHER, "TWINE_USERNAME": "me", "TWINE_PASSWORD": SECRET}, "me"),
        ({"UV_PUBLISH_URL": OTHER, "UV_PUBLISH_USERNAME": "me", "UV_PUBLISH_PASSWORD": SECRET}, "me"),
        ({"UV_PUBLISH_URL": OTHER, "UV_PUBLISH_TOKEN": SECRET}, "__token__"),
    ],
)
def test_user_and_password_beside_an_address_are_for_it(environ: dict[str, str], user: str) -> None:
    found, said = index_urls(read_subject(OTHER), Sources(environ))
    assert found is not None
    assert found.user is not None
    assert (found.user.reveal(), password((found, said))) == (user, SECRET)
    assert index_urls(read_subject(FEED), Sources(environ))[0] is None


def test_a_password_without_an_address_is_for_nobody() -> None:
    environ = {"TWINE_USERNAME": "me", "TWINE_PASSWORD": SECRET, "UV_PUBLISH_TOKEN": SECRET}
    assert index_urls(read_subject(OTHER), Sources(environ)) == (None, "none is set with a password")
