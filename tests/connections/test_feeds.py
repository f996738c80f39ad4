"""Addresses of feeds: every form in use, what it means, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.connections.feeds import FeedKind, FeedUrl, parse_feed_url, same_feed
from amlpriv.secret import Secret

ADO = "https://pkgs.dev.azure.com"
GUID = "6f0c4f0e-7d4a-4a0a-9d7c-0a5b8f1f2e3d"
OTHER_GUID = "0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0"
PAT = "q7" * 26

SCOPES = "Azure Artifacts, Project-scoped feeds"
QUICKSTART = "Azure Artifacts, Get started with Python packages"
VIEWS = "Azure Artifacts, Feed views; upstream sources ('feed@view')"
BOTH_HOSTS = "azure-pipelines-tasks#14827, azure-docs#84122"
LINKS = "uv#17357: download links carry the feed's GUID"
PATH_RULES = "RFC 3986 section 6"
CLIPBOARD = "what people have in the clipboard"
USERINFO = "aml-facts section 4; MachineLearningNotebooks#473"
SERVER = "Azure DevOps Server, the same paths below a collection"


@dataclass(frozen=True)
class Row:
    """One form of an address."""

    text: str
    kind: FeedKind
    simple: str | None
    source: str
    codes: tuple[str, ...] = ()
    upload: str | None = None
    names: tuple[str | None, str | None, str | None, str | None] = (None, None, None, None)
    """Organisation, project, feed, view."""
    base: str | None = None


A, S = FeedKind.AZURE_ARTIFACTS, FeedKind.AZURE_SERVER
ORG = f"{ADO}/contoso/_packaging/f/pypi"
PROJECT = f"{ADO}/contoso/ml/_packaging/f/pypi"
IN_ORG = ("contoso", None, "f", None)
IN_PROJECT = ("contoso", "ml", "f", None)
RELEASE = ("contoso", "ml", "f", "Release")
BASE = f"{ADO}/contoso"


def azure(
    text: str,
    source: str,
    *codes: str,
    root: str | None = PROJECT,
    names: tuple[str | None, str | None, str | None, str | None] = IN_PROJECT,
    upload: bool = True,
    base: str = BASE,
) -> Row:
    simple = f"{root}/simple/" if root else None
    return Row(text, A, simple, source, codes, f"{root}/upload/" if root and upload else None, names, base)


def view(text: str, source: str, *codes: str) -> Row:
    root = f"{ADO}/contoso/ml/_packaging/f%40Release/pypi"
    return azure(text, source, *codes, root=root, names=RELEASE, upload=False)


AZURE = [
    azure(f"{PROJECT}/simple/", SCOPES),
    azure(f"{PROJECT}/simple", PATH_RULES),
    azure(f"{PROJECT}//simple///", PATH_RULES),
    azure(f"{ORG}/simple/", SCOPES, root=ORG, names=IN_ORG),
    azure(f"  {PROJECT}/simple/\n", CLIPBOARD),
    azure(PROJECT.replace("https://pkgs.dev.azure.com", "HTTPS://PKGS.DEV.AZURE.COM") + "/simple/", PATH_RULES),
    azure(f"{ADO}:443/contoso/ml/_packaging/f/pypi/simple/", PATH_RULES),
    azure(PROJECT.replace("/pypi", "/PyPI") + "/Simple/", "Azure DevOps: paths without regard to case"),
    view(f"{ADO}/contoso/ml/_packaging/f@Release/pypi/simple/", VIEWS),
    view(f"{ADO}/contoso/ml/_packaging/f%40Release/pypi/simple/", VIEWS),
    view(f"https://{PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f@Release/pypi/simple", VIEWS, "credentials-in-url"),
    azure(f"{PROJECT}/upload/", QUICKSTART, "upload-address"),
    azure(f"{PROJECT}/upload", QUICKSTART, "upload-address"),
    azure(f"{PROJECT}/simple/contoso-nlp/", QUICKSTART, "package-page"),
    azure(f"{PROJECT}/download/contoso-nlp/1.0/contoso_nlp-1.0-py3-none-any.whl", LINKS, "package-page"),
    azure(PROJECT, CLIPBOARD, "not-simple"),
    azure(PROJECT.removesuffix("/pypi"), CLIPBOARD, "not-simple"),
    azure(PROJECT.removesuffix("pypi") + "nuget/v3/index.json", CLIPBOARD, "other-protocol"),
    azure(PROJECT.removesuffix("pypi") + "npm/registry/", CLIPBOARD, "other-protocol"),
    azure("https://dev.azure.com/contoso/ml/_artifacts/feed/f", CLIPBOARD, "web-page"),
    azure("https://dev.azure.com/contoso/_artifacts/feed/f", CLIPBOARD, "web-page", root=ORG, names=IN_ORG),
    view(
        "https://dev.azure.com/contoso/ml/_artifacts/feed/f@Release/PyPI/contoso-nlp/overview/1.0",
        CLIPBOARD,
        "web-page",
    ),
    azure("https://contoso.visualstudio.com/ml/_artifacts/feed/f", CLIPBOARD, "web-page"),
    azure("https://dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", CLIPBOARD, "wrong-host"),
    azure("https://contoso.visualstudio.com/ml/_packaging/f/pypi/simple/", BOTH_HOSTS, "wrong-host"),
    azure("https://contoso.pkgs.visualstudio.com/ml/_packaging/f/pypi/simple/", BOTH_HOSTS, "legacy-host"),
    azure("https://Contoso.pkgs.VisualStudio.com/ml/_packaging/f/pypi/simple/", BOTH_HOSTS, "legacy-host"),
    azure(
        "https://contoso.pkgs.visualstudio.com/_packaging/f/pypi/simple/",
        BOTH_HOSTS,
        "legacy-host",
        root=ORG,
        names=IN_ORG,
    ),
    azure(
        "https://contoso.pkgs.visualstudio.com/DefaultCollection/ml/_packaging/f/pypi/upload",
        BOTH_HOSTS,
        "legacy-host",
        "upload-address",
    ),
    azure(
        f"{ADO}/contoso/{GUID}/_packaging/{OTHER_GUID}/pypi/simple/",
        LINKS,
        root=f"{ADO}/contoso/{GUID}/_packaging/{OTHER_GUID}/pypi",
        names=("contoso", GUID, OTHER_GUID, None),
    ),
    azure(
        f"{ADO}/contoso/My%20Project/_packaging/f/pypi/simple/",
        SCOPES,
        root=f"{ADO}/contoso/My%20Project/_packaging/f/pypi",
        names=("contoso", "My Project", "f", None),
    ),
    azure(
        f"{ADO}/contoso/My Project/_packaging/f/pypi/simple/",
        CLIPBOARD,
        "blank",
        root=f"{ADO}/contoso/My%20Project/_packaging/f/pypi",
        names=("contoso", "My Project", "f", None),
    ),
    azure(
        f"{ADO}/contoso/Z%C3%BCrich/_packaging/f/pypi/simple/",
        PATH_RULES,
        root=f"{ADO}/contoso/Z%C3%BCrich/_packaging/f/pypi",
        names=("contoso", "Zürich", "f", None),
    ),
    azure(PROJECT.removeprefix("https://") + "/simple/", CLIPBOARD, "no-scheme"),
    azure(PROJECT.replace("https:", "http:") + "/simple/", "pip: such an index is ignored", "http"),
    azure(f"{PROJECT}/simple/?api-version=7.1", CLIPBOARD, "query"),
    azure(f"{PROJECT}/simple/#egg=x", CLIPBOARD, "fragment"),
    azure(f"https://{PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", USERINFO, "credentials-in-url"),
    azure(f"https://f:{PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", USERINFO, "credentials-in-url"),
    azure(f"https://:{PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", USERINFO, "credentials-in-url"),
    azure(
        f"https://f:{PAT[:9]}/{PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/",
        USERINFO,
        "credentials-in-url",
    ),
    azure(
        f"{PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", CLIPBOARD, "credentials-in-url", "no-scheme"
    ),
    azure(
        "https://build:${PAT}@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/",
        "aml-wire: ${VAR} in pip lines",
        "variable-in-url",
    ),
    azure("https://@pkgs.dev.azure.com/contoso/ml/_packaging/f/pypi/simple/", CLIPBOARD, "empty-user"),
    azure(ADO, "azure-docs#65730: as a target", "no-feed", root=None, names=(None,) * 4, base=ADO),
    azure(f"{ADO}/contoso", "v1 page: as a target", "no-feed", root=None, names=("contoso", None, None, None)),
    azure(f"{ADO}/contoso/ml/", "as a target", "no-feed", root=None, names=("contoso", "ml", None, None)),
    azure(
        "https://contoso.pkgs.visualstudio.com",
        "azure-docs#87920",
        "no-feed",
        root=None,
        names=("contoso", None, None, None),
    ),
]

LOCAL = "https://localhost:8443/contoso/ml/_packaging/f/pypi"
TFS = "https://tfs.corp/tfs/Main/ml/_packaging/f/pypi"
FROG = "https://contoso.jfrog.io/artifactory/api/pypi/ml-local"
LAB = "https://gitlab.com/api/v4/projects/42/packages/pypi"
FORGE = "https://forge.corp/api/packages/ml/pypi"
AWS = "https://corp-111122223333.d.codeartifact.eu-west-1.amazonaws.com/pypi/ml"
GAR = "https://europe-west1-python.pkg.dev/my-project/ml"
SMITH = "https://dl.cloudsmith.io"

OTHERS = [
    Row(
        f"{LOCAL}/simple/",
        S,
        f"{LOCAL}/simple/",
        SERVER,
        (),
        f"{LOCAL}/upload/",
        IN_PROJECT,
        "https://localhost:8443/contoso/ml",
    ),
    Row(
        f"{TFS}/simple",
        S,
        f"{TFS}/simple/",
        SERVER,
        (),
        f"{TFS}/upload/",
        ("Main", "ml", "f", None),
        "https://tfs.corp/tfs/Main/ml",
    ),
    Row(
        f"{FROG}/simple",
        FeedKind.JFROG,
        f"{FROG}/simple/",
        "JFrog, PyPI repositories",
        (),
        FROG,
        (None, None, "ml-local", None),
        FROG,
    ),
    Row(
        FROG,
        FeedKind.JFROG,
        f"{FROG}/simple/",
        "JFrog, PyPI repositories",
        ("not-simple",),
        FROG,
        (None, None, "ml-local", None),
        FROG,
    ),
    Row(
        f"https://u:{PAT}@contoso.jfrog.io/artifactory/api/pypi/ml-local/simple",
        FeedKind.JFROG,
        f"{FROG}/simple/",
        "MachineLearningNotebooks#1803",
        ("credentials-in-url",),
        FROG,
        (None, None, "ml-local", None),
        FROG,
    ),
    Row(
        "https://repo.corp/api/pypi/ml/simple/x/",
        FeedKind.JFROG,
        "https://repo.corp/api/pypi/ml/simple/",
        "JFrog behind a proxy",
        ("package-page",),
        "https://repo.corp/api/pypi/ml",
        (None, None, "ml", None),
        "https://repo.corp/api/pypi/ml",
    ),
    Row(
        f"{LAB}/simple",
        FeedKind.GITLAB,
        f"{LAB}/simple/",
        "GitLab, PyPI API",
        ("forwards-to-public",),
        LAB,
        (None, "42", None, None),
        LAB,
    ),
    Row(
        LAB,
        FeedKind.GITLAB,
        f"{LAB}/simple/",
        "GitLab, PyPI API",
        ("not-simple", "forwards-to-public"),
        LAB,
        (None, "42", None, None),
        LAB,
    ),
    Row(
        "https://gitlab.corp/lab/api/v4/projects/a%2Fb/packages/pypi/simple",
        FeedKind.GITLAB,
        "https://gitlab.corp/lab/api/v4/projects/a%2Fb/packages/pypi/simple/",
        "GitLab, PyPI API: a path as id",
        ("forwards-to-public",),
        "https://gitlab.corp/lab/api/v4/projects/a%2Fb/packages/pypi",
        (None, "a/b", None, None),
    ),
    Row(
        "https://gitlab.com/api/v4/groups/7/-/packages/pypi/simple",
        FeedKind.GITLAB,
        "https://gitlab.com/api/v4/groups/7/-/packages/pypi/simple/",
        "GitLab, PyPI API: groups only read",
        ("forwards-to-public",),
        None,
        ("7", None, None, None),
    ),
    Row(
        f"{FORGE}/simple",
        FeedKind.GITEA,
        f"{FORGE}/simple/",
        "Forgejo, PyPI package registry",
        (),
        FORGE,
        ("ml", None, None, None),
        FORGE,
    ),
    Row(
        "https://devpi.corp/ml/dev/+simple/",
        FeedKind.DEVPI,
        "https://devpi.corp/ml/dev/+simple/",
        "devpi, quickstart",
        (),
        "https://devpi.corp/ml/dev/",
        ("ml", None, "dev", None),
        "https://devpi.corp/ml/dev",
    ),
    Row(
        "http://localhost:3141/root/dev/+simple",
        FeedKind.DEVPI,
        "http://localhost:3141/root/dev/+simple/",
        "devpi, quickstart",
        (),
        "http://localhost:3141/root/dev/",
        ("root", None, "dev", None),
    ),
    Row(
        "https://nexus.corp/repository/ml/simple",
        FeedKind.NEXUS,
        "https://nexus.corp/repository/ml/simple/",
        "Nexus, PyPI repositories",
        (),
        "https://nexus.corp/repository/ml/",
        (None, None, "ml", None),
        "https://nexus.corp/repository/ml",
    ),
    Row(
        f"{SMITH}/public/corp/ml/python/simple/",
        FeedKind.CLOUDSMITH,
        f"{SMITH}/public/corp/ml/python/simple/",
        "Cloudsmith, Python repository",
        (),
        "https://python.cloudsmith.io/corp/ml/",
        ("corp", None, "ml", None),
        f"{SMITH}/public/corp/ml",
    ),
    Row(
        f"{SMITH}/{PAT}/corp/ml/python/simple/",
        FeedKind.CLOUDSMITH,
        f"{SMITH}/basic/corp/ml/python/simple/",
        "Cloudsmith: entitlement token in the path",
        ("credentials-in-url",),
        "https://python.cloudsmith.io/corp/ml/",
        ("corp", None, "ml", None),
    ),
    Row(
        "https://pypi.fury.io/corp/",
        FeedKind.GEMFURY,
        "https://pypi.fury.io/corp/",
        "Gemfury, Python packages",
        (),
        None,
        ("corp", None, None, None),
    ),
    Row(
        f"https://repo.fury.io/{PAT}/corp/",
        FeedKind.GEMFURY,
        "https://pypi.fury.io/corp/",
        "Gemfury: token in the path",
        ("credentials-in-url",),
        None,
        ("corp", None, None, None),
    ),
    Row(
        f"https://{PAT}:@pypi.fury.io/corp/",
        FeedKind.GEMFURY,
        "https://pypi.fury.io/corp/",
        "Gemfury: token as user",
        ("credentials-in-url",),
        None,
        ("corp", None, None, None),
    ),
    Row(
        f"{AWS}/simple/",
        FeedKind.CODEARTIFACT,
        f"{AWS}/simple/",
        "AWS CodeArtifact, pip",
        ("short-lived-token",),
        f"{AWS}/",
        ("111122223333", "corp", "ml", None),
        AWS,
    ),
    Row(
        f"{GAR}/simple/",
        FeedKind.GOOGLE,
        f"{GAR}/simple/",
        "Google Artifact Registry, Python",
        ("short-lived-token",),
        f"{GAR}/",
        (None, "my-project", "ml", None),
        GAR,
    ),
    Row(
        "https://pypi.pkg.github.com/corp/",
        FeedKind.GITHUB,
        None,
        "GitHub Packages: no Python registry",
        ("no-such-registry",),
    ),
    Row(
        "https://github.com/corp/ml",
        FeedKind.GITHUB,
        None,
        "GitHub Packages: no Python registry",
        ("no-such-registry",),
    ),
    Row(
        "http://127.0.0.1:8080/simple/",
        FeedKind.SIMPLE,
        "http://127.0.0.1:8080/simple/",
        "pypiserver",
        (),
        "http://127.0.0.1:8080/",
    ),
    Row(
        "https://index.corp/root/simple",
        FeedKind.SIMPLE,
        "https://index.corp/root/simple/",
        "PEP 503",
        (),
        None,
        base="https://index.corp/root",
    ),
    Row(
        "https://index.corp/simple/pandas/",
        FeedKind.SIMPLE,
        "https://index.corp/simple/",
        "PEP 503",
        ("package-page",),
        "https://index.corp/",
    ),
    Row(
        "https://index.corp/whl/cpu",
        FeedKind.SIMPLE,
        "https://index.corp/whl/cpu/",
        "PEP 503: any root",
        ("not-simple",),
        None,
    ),
    Row(
        "https://[::1]:8443/simple/",
        FeedKind.SIMPLE,
        "https://[::1]:8443/simple/",
        "RFC 3986, IPv6",
        (),
        "https://[::1]:8443/",
    ),
]

N = FeedKind.NONE
REFUSED = [
    Row("", N, None, "no address", ("not-an-address",)),
    Row("contoso-feed", N, None, "a name", ("not-an-address",)),
    Row("https://", N, None, "no host", ("not-an-address",)),
    Row("https://pkgs.dev.azure.com:x/", N, None, "no port", ("not-an-address",)),
    Row("https://a b/simple/", N, None, "a blank in the host", ("not-an-address",)),
    Row("https://h/sim\nple/", N, None, "two lines", ("not-an-address",)),
    Row("ftp://h/simple/", N, None, "another protocol", ("scheme",)),
    Row("file:///srv/simple/", N, None, "a folder", ("scheme",)),
    Row("git+https://github.com/o/r", N, None, "a repository", ("git-url",)),
    Row(f"ssh://u:{PAT}@h/x", N, None, "another protocol", ("credentials-in-url", "scheme")),
    Row(f"https://u:{PAT}@", N, None, "no host", ("credentials-in-url", "not-an-address")),
]

ROWS = [*AZURE, *OTHERS, *REFUSED]


def test_the_table_is_long_enough() -> None:
    """The issue asks for 60 forms; each has its source, and none stands twice."""
    assert len({row.text for row in ROWS}) == len(ROWS) >= 60
    assert all(row.source for row in ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text.strip()[:80] or "empty")
def test_an_address_means_what_its_source_says(row: Row) -> None:
    """Kind, names, the addresses to use, and the complaints."""
    feed = parse_feed_url(row.text)
    assert (feed.kind, feed.simple, feed.upload) == (row.kind, row.simple, row.upload)
    assert (feed.organisation, feed.project, feed.feed, feed.view) == row.names
    assert tuple(complaint.code for complaint in feed.complaints) == row.codes
    if row.base is not None:
        assert feed.base == row.base
    if not feed.errors:
        assert feed.simple is not None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text.strip()[:80] or "empty")
def test_what_is_given_back_reads_as_the_same(row: Row) -> None:
    """Parse, write, parse."""
    feed = parse_feed_url(row.text)
    if feed.simple is not None:
        again = parse_feed_url(feed.simple)
        assert again.simple == feed.simple
        assert again.errors == ()
        assert again.credentials is None
        assert same_feed(feed, again) is True


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text.strip()[:80] or "empty")
def test_no_form_of_an_address_shows_its_secret(row: Row) -> None:
    """Neither the value nor a complaint nor a part of it."""
    feed = parse_feed_url(row.text)
    shown = f"{feed!r} {feed} {[str(complaint) for complaint in feed.complaints]}"
    assert PAT not in shown
    assert (PAT in row.text) == (
        feed.credentials is not None and feed.credentials.token is not None and "${" not in row.text
    )


def test_the_token_is_found_on_either_side_of_the_colon() -> None:
    """A user that stands alone is the token; GitHub's 'x-oauth-basic' is no password."""
    forms = {f"{PAT}@": PAT, f"user:{PAT}@": PAT, f":{PAT}@": PAT, f"{PAT}:@": PAT, f"{PAT}:x-oauth-basic@": PAT}
    for user, token in forms.items():
        credentials = parse_feed_url(f"https://{user}h.corp/simple/").credentials
        assert credentials is not None
        assert credentials.token == Secret(token)


def test_credentials_are_decoded() -> None:
    """As pip does before it sends them."""
    credentials = parse_feed_url("https://a%40b:p%2Fq@h.corp/simple/").credentials
    assert credentials is not None
    assert (credentials.user, credentials.password) == (Secret("a@b"), Secret("p/q"))


NEW, OLD = f"{PROJECT}/simple/", "https://contoso.pkgs.visualstudio.com/ml/_packaging/f/pypi/simple"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (NEW, OLD, True),
        (NEW, NEW.upper().replace("HTTPS", "https"), True),
        (NEW, f"{PROJECT}/upload/", True),
        (NEW, f"https://x:{PAT}@pkgs.dev.azure.com/contoso/ML/_packaging/F/pypi/simple", True),
        (NEW, f"{ORG}/simple/", False),
        (NEW, f"{ADO}/contoso/ml/_packaging/f@Local/pypi/simple/", False),
        (NEW, f"{ADO}/fabrikam/ml/_packaging/f/pypi/simple/", False),
        (NEW, f"{ADO}/contoso/ml/_packaging/{GUID}/pypi/simple/", None),
        (NEW, f"{ADO}/contoso/{GUID}/_packaging/{OTHER_GUID}/pypi/simple/", None),
        (NEW, f"{ADO}/contoso/{GUID}/_packaging/g/pypi/simple/", False),
        (NEW, ADO, False),
        (f"{FROG}/simple", FROG, True),
        (f"{FROG}/simple", FROG.replace("ml-local", "ML-local"), False),
        ("https://h/simple", "http://h/simple", False),
        ("", "", False),
    ],
)
def test_two_addresses_lead_to_one_feed_or_two(one: str, other: str, same: bool | None) -> None:
    """Where one has names and the other GUIDs, nobody can tell."""
    assert same_feed(parse_feed_url(one), parse_feed_url(other)) is same
    assert same_feed(parse_feed_url(other), parse_feed_url(one)) is same


names = st.text(
    st.characters(codec="utf-8", categories=("L", "N"), include_characters=" -_.&'+"), min_size=1, max_size=12
)
usable = names.filter(lambda name: name.strip() == name and name.strip(".") and not name.startswith("_"))


@settings(deadline=None)
@given(project=st.none() | usable, feed=usable, view_name=st.none() | usable)
def test_any_names_survive_the_way_through_text(project: str | None, feed: str, view_name: str | None) -> None:
    """Whatever an organisation calls its projects, feeds and views."""
    first = _azure_feed(project, feed, view_name)
    assert (first.project, first.feed, first.view) == (project, feed, view_name)
    assert parse_feed_url(str(first)).simple == first.simple


def _azure_feed(project: str | None, feed: str, view_name: str | None) -> FeedUrl:
    scope = f"/{quote(project, safe='')}" if project else ""
    at = f"@{quote(view_name, safe='')}" if view_name else ""
    return parse_feed_url(f"{ADO}/contoso{scope}/_packaging/{quote(feed, safe='')}{at}/pypi/simple/")


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_makes_it_fall(text: str) -> None:
    """An address or a complaint, never an exception."""
    feed = parse_feed_url(text)
    assert feed.errors or feed.simple


token_text = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/?#:+=@", min_size=12, max_size=40)


@settings(deadline=None)
@given(token=token_text.filter(lambda token: not token.startswith("/") and token[0].isalnum()))
def test_a_password_written_without_quoting_does_not_show(token: str) -> None:
    """A slash, '?' or '#' in it ends the host's part too early for other readers."""
    text = f"https://user:{token}@pkgs.dev.azure.com/contoso/_packaging/f/pypi/simple/"
    feed = parse_feed_url(text)
    shown = f"{feed!r} {feed.complaints}"
    assert token not in shown
    if any(complaint.code == "credentials-in-url" for complaint in feed.complaints):
        assert feed.simple == f"{ORG}/simple/"
