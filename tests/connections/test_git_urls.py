"""Addresses of repositories: pip's, uv's, git's and a browser's forms, and the way from one to the other."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.connections.git_reading import parse_git_url
from amlpriv.connections.git_urls import GitHost, Transport, pip_line, same_repository, uv_table
from amlpriv.errors import UsageError

TOKEN = "ghp_" + "q7" * 18
SHA = "0123456789abcdef" * 2 + "01234567"

PIP = "pip, VCS support"
REPOS = "Azure Repos, Clone an existing Git repo"
REPOS_SSH = "Azure Repos, Use SSH key authentication"
GITHUB = "GitHub, About remote repositories"
GITLAB = "GitLab, Clone a Git repository"
BITBUCKET = "Bitbucket Cloud, Clone a repository"
GIT = "git-clone(1), GIT URLS"
BROWSER = "what people have in the clipboard"

HUB, AZ, LAB, BIT, ANY = GitHost.GITHUB, GitHost.AZURE_REPOS, GitHost.GITLAB, GitHost.BITBUCKET, GitHost.OTHER
NLP = "https://github.com/contoso/nlp.git"
REPO = "https://dev.azure.com/contoso/ml/_git/nlp"


@dataclass(frozen=True)
class Row:
    """One form of an address."""

    text: str
    kind: GitHost
    url: str
    source: str
    ref: str | None = None
    codes: tuple[str, ...] = ()
    subdirectory: str | None = None
    name: str | None = None


ROWS = [
    Row("https://github.com/contoso/nlp", HUB, NLP, GITHUB, None, ("no-ref",)),
    Row("https://github.com/contoso/nlp.git@v1.0", HUB, NLP, PIP, "v1.0"),
    Row("git+https://github.com/contoso/nlp.git@v1.0", HUB, NLP, PIP, "v1.0"),
    Row(f"git+https://github.com/contoso/nlp@{SHA}", HUB, NLP, PIP, SHA),
    Row("git+https://github.com/contoso/nlp@feature/x/y", HUB, NLP, PIP, "feature/x/y"),
    Row(
        "git+https://github.com/contoso/nlp.git@v1#egg=Nlp[a,b]&subdirectory=pk/nlp",
        HUB,
        NLP,
        PIP,
        "v1",
        (),
        "pk/nlp",
        "Nlp",
    ),
    Row("contoso-nlp[b,a] @ git+https://github.com/contoso/nlp@v1", HUB, NLP, "PEP 508", "v1", (), None, "contoso-nlp"),
    Row("git+https://github.com/contoso/nlp@v1#sha256=00", HUB, NLP, PIP, "v1", ("fragment",)),
    Row("git+https://github.com/contoso/nlp@", HUB, NLP, PIP, None, ("empty-ref", "no-ref")),
    Row(
        "git+https://github.com/contoso/nlp.git@pkg@1.0",
        HUB,
        NLP,
        "pip splits at the last '@'",
        "pkg@1.0",
        ("at-in-ref",),
    ),
    Row("git+https://github.com/contoso/nlp@v1#subdirectory=../x", HUB, NLP, PIP, "v1", ("subdirectory",), "../x"),
    Row("git@github.com:contoso/nlp.git", HUB, NLP, GIT, None, ("no-ref",)),
    Row("git+ssh://git@github.com/contoso/nlp.git@v1", HUB, NLP, PIP, "v1"),
    Row("ssh://git@ssh.github.com:443/contoso/nlp.git@v1", HUB, NLP, "GitHub, SSH over the HTTPS port", "v1"),
    Row("git+git@github.com:contoso/nlp.git@v1", HUB, NLP, "pip refuses it", "v1", ("scp-form",)),
    Row("git+git://github.com/contoso/nlp@v1", HUB, NLP, PIP, "v1", ("http",)),
    Row("git+http://github.com/contoso/nlp@v1", HUB, NLP, PIP, "v1", ("http",)),
    Row("https://github.com/contoso/nlp/tree/main/pk/nlp", HUB, NLP, BROWSER, "main", ("web-page",), "pk/nlp"),
    Row(f"https://github.com/contoso/nlp/commit/{SHA}", HUB, NLP, BROWSER, SHA, ("web-page",)),
    Row(f"git+https://{TOKEN}@github.com/contoso/nlp@v1", HUB, NLP, "MLOpsPython#342", "v1", ("credentials-in-url",)),
    Row(
        f"git+https://x-access-token:{TOKEN}@github.com/contoso/nlp@v1", HUB, NLP, GITHUB, "v1", ("credentials-in-url",)
    ),
    Row(f"git+ssh://git:{TOKEN}@github.com/contoso/nlp@v1", HUB, NLP, GIT, "v1", ("credentials-in-url",)),
    Row(f"git+https://u:a/{TOKEN}@github.com/contoso/nlp@v1", HUB, NLP, BROWSER, "v1", ("credentials-in-url",)),
    Row("github.com/contoso/nlp@v1", HUB, NLP, BROWSER, "v1", ("no-scheme",)),
    Row(f"u:{TOKEN}@github.com/contoso/nlp@v1", HUB, NLP, BROWSER, "v1", ("no-scheme", "credentials-in-url")),
    Row(f"git+ssh://{TOKEN}@github.com/contoso/nlp@v1", HUB, NLP, BROWSER, "v1", ("credentials-in-url",)),
    Row("https:/github.com/contoso/nlp", ANY, "", BROWSER, None, ("not-an-address",)),
    Row("https://dev.azure.com/contoso/ml/_git/nlp@v1", AZ, REPO, REPOS, "v1"),
    Row("https://contoso@dev.azure.com/contoso/ml/_git/nlp@v1", AZ, REPO, REPOS, "v1", ("user-in-url",)),
    Row("https://dev.azure.com/contoso/_git/ml@v1", AZ, "https://dev.azure.com/contoso/ml/_git/ml", REPOS, "v1"),
    Row(
        "https://dev.azure.com/contoso/My%20Team/_git/nlp@v1",
        AZ,
        "https://dev.azure.com/contoso/My%20Team/_git/nlp",
        REPOS,
        "v1",
    ),
    Row("git@ssh.dev.azure.com:v3/contoso/ml/nlp", AZ, REPO, REPOS_SSH, None, ("no-ref",)),
    Row("git+ssh://git@ssh.dev.azure.com/v3/contoso/ml/nlp@v1", AZ, REPO, REPOS_SSH, "v1"),
    Row("ssh://git@ssh.dev.azure.com:22/v3/contoso/ml/nlp@v1", AZ, REPO, REPOS_SSH, "v1"),
    Row("contoso@vs-ssh.visualstudio.com:v3/contoso/ml/nlp@v1", AZ, REPO, REPOS_SSH, "v1", ("legacy-host",)),
    Row("https://contoso.visualstudio.com/ml/_git/nlp@v1", AZ, REPO, REPOS, "v1", ("legacy-host",)),
    Row("https://contoso.visualstudio.com/DefaultCollection/ml/_git/nlp@v1", AZ, REPO, REPOS, "v1", ("legacy-host",)),
    Row("https://dev.azure.com/contoso/ml/_git/nlp?version=GTv1&path=/x", AZ, REPO, BROWSER, "v1", ("query",)),
    Row(f"https://u:{TOKEN}@dev.azure.com/contoso/ml/_git/nlp@v1", AZ, REPO, REPOS, "v1", ("credentials-in-url",)),
    Row(
        "https://gitlab.com/contoso/team/sub/nlp.git@v1",
        LAB,
        "https://gitlab.com/contoso/team/sub/nlp.git",
        GITLAB,
        "v1",
    ),
    Row(
        "https://gitlab.corp/team/nlp/-/tree/main/pk",
        LAB,
        "https://gitlab.corp/team/nlp.git",
        BROWSER,
        "main",
        ("web-page",),
        "pk",
    ),
    Row(
        f"https://oauth2:{TOKEN}@gitlab.com/a/nlp@v1",
        LAB,
        "https://gitlab.com/a/nlp.git",
        GITLAB,
        "v1",
        ("credentials-in-url",),
    ),
    Row("git@gitlab.com:contoso/team/nlp.git@v1", LAB, "https://gitlab.com/contoso/team/nlp.git", GITLAB, "v1"),
    Row(
        "https://contoso@bitbucket.org/contoso/nlp.git@v1",
        BIT,
        "https://bitbucket.org/contoso/nlp.git",
        BITBUCKET,
        "v1",
        ("user-in-url",),
    ),
    Row("git@bitbucket.org:contoso/nlp.git@v1", BIT, "https://bitbucket.org/contoso/nlp.git", BITBUCKET, "v1"),
    Row("https://git.corp:8443/scm/ml/nlp.git@v1", ANY, "https://git.corp:8443/scm/ml/nlp.git", GIT, "v1"),
    Row("ssh://git@git.corp:7999/ml/nlp.git@v1", ANY, "ssh://git@git.corp:7999/ml/nlp.git", GIT, "v1"),
    Row("git@git.corp:ml/nlp.git@v1", ANY, "ssh://git@git.corp/ml/nlp.git", GIT, "v1"),
    Row("file:///srv/nlp.git", ANY, "", PIP, None, ("local-repository",)),
    Row("git+file:///srv/nlp.git@v1", ANY, "", PIP, None, ("local-repository",)),
    Row("../nlp", ANY, "", GIT, None, ("local-repository",)),
    Row(r"C:\src\nlp", ANY, "", GIT, None, ("local-repository",)),
    Row("nlp", ANY, "", GIT, None, ("not-an-address",)),
    Row("", ANY, "", GIT, None, ("not-an-address",)),
    Row("https://github.com", ANY, "", GIT, None, ("not-an-address",)),
    Row("svn+https://h/x", ANY, "", PIP, None, ("scheme",)),
    Row("https://h:x/a/b", ANY, "", GIT, None, ("not-an-address",)),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text[:80] or "empty")
def test_an_address_means_what_its_source_says(row: Row) -> None:
    """The repository, what is asked of it, and the complaints."""
    git = parse_git_url(row.text)
    assert (git.kind, git.url, git.ref) == (row.kind, row.url, row.ref)
    assert (git.subdirectory, git.name) == (row.subdirectory, row.name)
    assert tuple(complaint.code for complaint in git.complaints) == row.codes


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.text[:80] or "empty")
def test_no_form_of_an_address_shows_its_secret(row: Row) -> None:
    """Neither the value nor a complaint nor what is written with it."""
    git = parse_git_url(row.text)
    line = pip_line(git) if git.url else ""
    assert TOKEN not in f"{git!r} {git} {git.target} {line} {uv_table(git)}"
    assert (TOKEN in row.text) == (git.credentials is not None)


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.url and "at-in-ref" not in row.codes], ids=lambda row: row.text[:80]
)
@pytest.mark.parametrize("transport", [Transport.HTTPS, Transport.SSH])
def test_pips_line_reads_as_the_same(row: Row, transport: Transport) -> None:
    """Parse, write, parse."""
    git = parse_git_url(row.text)
    again = parse_git_url(pip_line(git, transport=transport))
    assert same_repository(git, again)
    assert (again.ref, again.subdirectory, again.name, again.extras) == (
        git.ref,
        git.subdirectory,
        git.name,
        git.extras,
    )


def test_pips_and_uvs_forms_are_written_from_the_parts() -> None:
    """And the ssh form where it is asked for."""
    git = parse_git_url("git+https://github.com/contoso/nlp@v1#egg=nlp[b,a]&subdirectory=pk/nlp")
    assert pip_line(git) == "nlp[a,b] @ git+https://github.com/contoso/nlp.git@v1#subdirectory=pk/nlp"
    assert pip_line(git, name="other", transport=Transport.SSH) == (
        "other[a,b] @ git+ssh://git@github.com/contoso/nlp.git@v1#subdirectory=pk/nlp"
    )
    assert uv_table(git) == {"git": NLP, "rev": "v1", "subdirectory": "pk/nlp"}
    assert git.target == "https://github.com/contoso/nlp"


def test_there_is_no_line_without_an_address() -> None:
    """A usage error with the complaint as its hint."""
    with pytest.raises(UsageError, match="no address"):
        pip_line(parse_git_url("../nlp"))


@pytest.mark.parametrize(
    ("https", "ssh"),
    [
        (NLP, "ssh://git@github.com/contoso/nlp.git"),
        (REPO, "ssh://git@ssh.dev.azure.com/v3/contoso/ml/nlp"),
        ("https://gitlab.com/a/b/c.git", "ssh://git@gitlab.com/a/b/c.git"),
        ("https://bitbucket.org/a/b.git", "ssh://git@bitbucket.org/a/b.git"),
    ],
)
def test_https_and_ssh_are_said_by_each_other_where_the_host_is_known(https: str, ssh: str) -> None:
    """Both ways."""
    assert parse_git_url(https).ssh == ssh
    assert parse_git_url(ssh).https == https


def test_nothing_is_said_about_hosts_that_are_not_known() -> None:
    """Another port may serve something else entirely."""
    assert parse_git_url("ssh://git@git.corp/a/b.git").https is None
    assert parse_git_url("https://git.corp/a/b.git").ssh is None
    assert parse_git_url("https://github.com:8443/a/b.git").kind is GitHost.OTHER


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (NLP, "git@github.com:Contoso/NLP", True),
        (NLP, "git+https://x@github.com/contoso/nlp@v2#subdirectory=a", True),
        (NLP, "https://gitlab.com/contoso/nlp", False),
        (NLP, "https://github.com/contoso/nlp2", False),
        (REPO, "https://contoso.visualstudio.com/ml/_git/nlp", True),
        (REPO, "git@ssh.dev.azure.com:v3/contoso/ml/nlp", True),
        ("https://git.corp/a/b.git", "https://git.corp/a/b", True),
        ("https://git.corp/a/b.git", "https://git.corp/A/b", False),
        ("", "", False),
    ],
)
def test_two_addresses_lead_to_one_repository_or_two(one: str, other: str, same: bool) -> None:
    """Whatever stands around it."""
    assert same_repository(parse_git_url(one), parse_git_url(other)) is same


def test_only_a_whole_hash_is_a_commit() -> None:
    """A shorter one may be a branch of that name."""
    assert parse_git_url(f"{NLP}@{SHA}").is_commit
    assert not parse_git_url(f"{NLP}@{SHA[:12]}").is_commit


words = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,10}", fullmatch=True)


@settings(deadline=None)
@given(
    owner=words, repository=words, ref=st.none() | st.from_regex(r"[a-z0-9][a-z0-9._/+-]{0,15}[a-z0-9]", fullmatch=True)
)
def test_any_names_survive_the_way_through_text(owner: str, repository: str, ref: str | None) -> None:
    """By https, by ssh and in ssh's own form."""
    at = f"@{ref}" if ref else ""
    forms = (f"git+https://github.com/{owner}/{repository}{at}", f"git@github.com:{owner}/{repository}.git{at}")
    for form in forms:
        git = parse_git_url(form)
        again = parse_git_url(pip_line(git))
        assert (again.organisation, again.repository, again.ref) == (owner, repository, ref)


@settings(deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_makes_it_fall(text: str) -> None:
    """An address or a complaint, never an exception."""
    git = parse_git_url(text)
    assert git.errors or git.url
