"""The match simulator: which connection is used, or why none, how sure that is, and who says so."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.connections.kinds import StoredConnection
from amlpriv.connections.matching import match_git, match_index, simulate
from amlpriv.connections.uses import USES, Use
from amlpriv.connections.verdicts import Confidence, Verdict, VerdictCode

ADO = "https://pkgs.dev.azure.com"
ORG = f"{ADO}/contoso"
PROJECT_FEED = f"{ORG}/ml/_packaging/f/pypi/simple/"
ORG_FEED = f"{ORG}/_packaging/f/pypi/simple/"
OLD_HOST = "https://contoso.pkgs.visualstudio.com"
OLD_FEED = f"{OLD_HOST}/ml/_packaging/f/pypi/simple/"
FROG = "https://contoso.jfrog.io/artifactory/api/pypi/ml/simple"
NLP = "git+https://github.com/contoso/nlp.git@v1"
REPO = "git+https://dev.azure.com/contoso/ml/_git/nlp@v1"
TOKEN = "q7" * 26

D, R, A = Confidence.DOCUMENTED, Confidence.REPORTED, Confidence.ASSUMED
V = VerdictCode


def feed(target: str, name: str = "one", auth: str = "PAT") -> StoredConnection:
    return StoredConnection(name, "PythonFeed", target, auth)


def git(target: str, name: str = "one", auth: str = "PAT") -> StoredConnection:
    return StoredConnection(name, "Git", target, auth)


@dataclass(frozen=True)
class Row:
    """A situation: connections, the line, the use, and what is to come out."""

    label: str
    line: str
    connections: tuple[StoredConnection, ...]
    code: VerdictCode
    confidence: Confidence
    source: str
    """A part of the source that the verdict names."""
    connection: str | None = "one"
    use: Use = Use.JOB
    fix: str = ""
    """A part of the fix."""
    probe: str | None = None


INDEXES = [
    Row("organisation, project feed", PROJECT_FEED, (feed(ORG),), V.MATCH, D, "matching base URL"),
    Row("organisation, feed of the organisation", ORG_FEED, (feed(ORG),), V.MATCH, D, "matching base URL"),
    Row("without the last slash", PROJECT_FEED.rstrip("/"), (feed(ORG),), V.MATCH, D, "matching base URL"),
    Row("a view", f"{ORG}/ml/_packaging/f@Release/pypi/simple/", (feed(ORG),), V.MATCH, D, "matching base URL"),
    Row("port 443 said", PROJECT_FEED.replace(".com/", ".com:443/"), (feed(ORG),), V.MATCH, D, "matching base URL"),
    Row("user and password", PROJECT_FEED, (feed(ORG, auth="UsernamePassword"),), V.MATCH, D, "matching base URL"),
    Row("target with a slash", PROJECT_FEED, (feed(f"{ORG}/"),), V.MATCH, A, "slash at the end", probe="V19"),
    Row("host only", PROJECT_FEED, (feed(ADO),), V.MATCH, R, "azure-docs#65730", probe="V19"),
    Row("project", PROJECT_FEED, (feed(f"{ORG}/ml"),), V.MATCH, A, "closest match", probe="V19"),
    Row("whole index", PROJECT_FEED, (feed(PROJECT_FEED.rstrip("/")),), V.MATCH, A, "closest match", probe="V18"),
    Row("both on the old host", OLD_FEED, (feed(OLD_HOST),), V.MATCH, R, "azure-docs#87920", probe="V19"),
    Row(
        "a name quoted in one of them",
        f"{ORG}/My%20Project/_packaging/f/pypi/simple/",
        (feed(f"{ORG}/My Project"),),
        V.MATCH,
        A,
        "closest match",
        probe="V19",
    ),
    Row("JFrog", FROG, (feed(FROG),), V.MATCH, R, "MachineLearningNotebooks#1803", probe="V18"),
    Row(
        "two, one closer",
        PROJECT_FEED,
        (feed(ADO, "far"), feed(ORG, "near")),
        V.CLOSEST,
        R,
        "azure-sdk-for-python#22441",
        "near",
        probe="V20",
    ),
    Row(
        "two, the closer one by its project",
        PROJECT_FEED,
        (feed(f"{ORG}/ml", "near"), feed(ORG, "far")),
        V.CLOSEST,
        A,
        "closest match",
        "near",
        probe="V20",
    ),
    Row(
        "two with one target",
        PROJECT_FEED,
        (feed(ORG), feed(f"{ORG}/", "two")),
        V.AMBIGUOUS,
        R,
        "azure-docs#114975",
        fix="Keep one",
    ),
    Row(
        "no credential", PROJECT_FEED, (feed(ORG, auth="None"),), V.ANONYMOUS, D, "matching base URL", fix="public feed"
    ),
    Row(
        "the closer one has no credential",
        PROJECT_FEED,
        (feed(ADO, "far"), feed(ORG, auth="None")),
        V.ANONYMOUS,
        R,
        "azure-sdk-for-python#22441",
        probe="V20",
    ),
    Row("SAS", PROJECT_FEED, (feed(ORG, auth="SAS"),), V.AUTH, R, "azure-ai-ml", fix="'pat' or 'basic'"),
    Row("managed identity", PROJECT_FEED, (feed(ORG, auth="ManagedIdentity"),), V.AUTH, R, "azure-ai-ml"),
    Row("none at all", PROJECT_FEED, (), V.NO_CONNECTION, D, "how-to-connection", None, fix=f"--url {ORG}"),
    Row(
        "only a registry's",
        PROJECT_FEED,
        (StoredConnection("acr", "ContainerRegistry", "https://x.azurecr.io", "PAT"),),
        V.NO_CONNECTION,
        D,
        "how-to-connection",
        None,
    ),
    Row("another host", PROJECT_FEED, (feed(FROG),), V.HOST, R, "same host name", None, fix=ORG),
    Row(
        "old host in the target",
        PROJECT_FEED,
        (feed(OLD_HOST),),
        V.LEGACY_HOST,
        A,
        "azure-pipelines-tasks#14827",
        fix=f"target {ORG}",
        probe=None,
    ),
    Row(
        "old host in the line",
        OLD_FEED,
        (feed(ORG),),
        V.LEGACY_HOST,
        A,
        "azure-pipelines-tasks#14827",
        fix=PROJECT_FEED,
        probe=None,
    ),
    Row(
        "host of the web pages in the target",
        PROJECT_FEED,
        (feed("https://dev.azure.com/contoso"),),
        V.WEB_HOST,
        R,
        "same host name",
        fix=ORG,
    ),
    Row(
        "the web page in the line",
        "https://dev.azure.com/contoso/ml/_artifacts/feed/f",
        (feed(ORG),),
        V.WEB_HOST,
        R,
        "same host name",
        fix=PROJECT_FEED,
    ),
    Row(
        "another organisation",
        PROJECT_FEED,
        (feed(f"{ADO}/fabrikam"),),
        V.ORGANISATION,
        A,
        "base URL",
        fix=ORG,
        probe="V19",
    ),
    Row(
        "another organisation on the old host",
        PROJECT_FEED,
        (feed("https://fabrikam.pkgs.visualstudio.com"),),
        V.ORGANISATION,
        A,
        "base URL",
        probe="V19",
    ),
    Row(
        "an organisation of nearly that name",
        PROJECT_FEED,
        (feed(f"{ORG}-2"),),
        V.ORGANISATION,
        A,
        "base URL",
        probe="V19",
    ),
    Row("the beginning of the name", PROJECT_FEED, (feed(f"{ADO}/conto"),), V.ORGANISATION, A, "base URL", probe="V19"),
    Row("project in the target only", ORG_FEED, (feed(f"{ORG}/ml"),), V.SCOPE, A, "base URL", fix=ORG, probe="V19"),
    Row("another project", PROJECT_FEED, (feed(f"{ORG}/web"),), V.SCOPE, A, "base URL", fix=ORG, probe="V19"),
    Row("feed of the organisation in the target", PROJECT_FEED, (feed(ORG_FEED),), V.SCOPE, A, "base URL", probe="V19"),
    Row("another feed", PROJECT_FEED, (feed(f"{ORG}/ml/_packaging/g"),), V.PATH, A, "base URL", fix=ORG, probe="V19"),
    Row(
        "the address for uploads",
        PROJECT_FEED,
        (feed(PROJECT_FEED.replace("simple", "upload")),),
        V.PATH,
        A,
        "base URL",
        probe="V19",
    ),
    Row(
        "a view in the target",
        PROJECT_FEED,
        (feed(f"{ORG}/ml/_packaging/f@Local"),),
        V.PATH,
        A,
        "base URL",
        probe="V19",
    ),
    Row(
        "another path of JFrog",
        FROG,
        (feed("https://contoso.jfrog.io/artifactory/api/pypi/web"),),
        V.PATH,
        A,
        "base URL",
        probe="V19",
    ),
    Row(
        "upper case",
        PROJECT_FEED,
        (feed(f"{ADO}/Contoso"),),
        V.CASE,
        A,
        "nothing is said about case",
        fix=ORG,
        probe="V19",
    ),
    Row("upper case of the host", PROJECT_FEED, (feed("https://PKGS.dev.azure.com/contoso"),), V.MATCH, D, "base URL"),
    Row(
        "another port", "https://h.corp:8443/simple/", (feed("https://h.corp"),), V.PORT, A, "closest match", fix="8443"
    ),
    Row(
        "http in the line",
        "http://h.corp/simple/",
        (feed("https://h.corp"),),
        V.SCHEME,
        A,
        "closest match",
        fix="https://h.corp/simple/",
    ),
    Row(
        "http in the target",
        "https://h.corp/simple/",
        (feed("http://h.corp"),),
        V.SCHEME,
        A,
        "closest match",
        fix="target https://h.corp",
    ),
    Row("a git connection", PROJECT_FEED, (git(ORG),), V.CATEGORY, A, "how-to-package-models", fix="connect feed"),
    Row(
        "a git connection, and a feed's elsewhere",
        PROJECT_FEED,
        (git(ORG, "g"), feed(FROG)),
        V.CATEGORY,
        A,
        "how-to-package-models",
        "g",
    ),
    Row(
        "the nearest of several",
        PROJECT_FEED,
        (feed(FROG), feed(OLD_HOST, "old"), feed(f"{ADO}/fabrikam", "f")),
        V.LEGACY_HOST,
        A,
        "azure-pipelines-tasks#14827",
        "old",
        probe=None,
    ),
    Row(
        "a credential in the line",
        f"https://u:{TOKEN}@pkgs.dev.azure.com/contoso/_packaging/f/pypi/simple/",
        (feed(ORG),),
        V.CREDENTIALS,
        R,
        "how-to-troubleshoot",
        fix="revoke",
    ),
    Row("no address", "contoso", (feed(ORG),), V.ADDRESS, D, "RFC 3986", None),
    Row(
        "build context",
        PROJECT_FEED,
        (feed(ORG),),
        V.BUILD_CONTEXT,
        R,
        "azure-sdk-for-python#35036",
        use=Use.BUILD_CONTEXT,
        fix="'context'",
    ),
    Row(
        "no-code MLflow online",
        PROJECT_FEED,
        (feed(ORG),),
        V.MLFLOW_ONLINE,
        R,
        "azure-sdk-for-python#34336",
        use=Use.MLFLOW_ONLINE,
        fix="scoring script",
    ),
    Row("local endpoint", PROJECT_FEED, (feed(ORG),), V.LOCAL_ENDPOINT, R, "_local_endpoints", use=Use.LOCAL_ENDPOINT),
    Row("image", PROJECT_FEED, (feed(ORG),), V.IMAGE, D, "how-to-manage-environments", use=Use.IMAGE),
    Row(
        "build context without a connection",
        PROJECT_FEED,
        (),
        V.BUILD_CONTEXT,
        R,
        "#35036",
        None,
        use=Use.BUILD_CONTEXT,
    ),
    Row(
        "no-code MLflow batch",
        PROJECT_FEED,
        (feed(ORG),),
        V.MATCH,
        R,
        "azure-sdk-for-python#34336",
        use=Use.MLFLOW_BATCH,
    ),
    Row(
        "online endpoint with its environment",
        PROJECT_FEED,
        (feed(ORG),),
        V.MATCH,
        R,
        "azure-sdk-for-python#22441",
        use=Use.ONLINE_ENDPOINT,
    ),
    Row("pipeline", PROJECT_FEED, (feed(ORG),), V.MATCH, D, "matching base URL", use=Use.PIPELINE),
]

HUB = "https://github.com/contoso"
REPOSITORIES = [
    Row("repository", NLP, (git(f"{HUB}/nlp"),), V.MATCH, A, "how-to-connection"),
    Row("account", NLP, (git(HUB),), V.MATCH, A, "how-to-connection"),
    Row("with .git on both sides", NLP, (git(f"{HUB}/nlp.git"),), V.MATCH, A, "how-to-connection"),
    Row("two, one closer", NLP, (git(HUB, "far"), git(f"{HUB}/nlp")), V.CLOSEST, A, "how-to-connection", probe="V20"),
    Row(
        "two with one target",
        NLP,
        (git(f"{HUB}/nlp"), git(f"{HUB}/nlp.git", "two")),
        V.AMBIGUOUS,
        R,
        "azure-docs#114975",
    ),
    Row("another account", NLP, (git("https://github.com/fabrikam"),), V.PATH, A, "base URL", fix=f"{HUB}/nlp"),
    Row("case", NLP, (git("https://github.com/Contoso"),), V.CASE, A, "case"),
    Row("a feed's connection", NLP, (feed(HUB),), V.CATEGORY, A, "how-to-package-models", fix="connect git"),
    Row("none at all", NLP, (), V.NO_CONNECTION, D, "how-to-connection", None, fix=f"--url {HUB}/nlp"),
    Row(
        "ssh",
        "git+ssh://git@github.com/contoso/nlp@v1",
        (git(HUB),),
        V.SSH,
        R,
        "MLOpsPython#290",
        fix="git+https://github.com/contoso/nlp.git",
    ),
    Row("ssh's own form", "git@github.com:contoso/nlp.git", (git(HUB),), V.SSH, R, "MLOpsPython#290"),
    Row("Azure Repos, organisation", REPO, (git("https://dev.azure.com/contoso"),), V.MATCH, A, "how-to-connection"),
    Row(
        "Azure Repos, old host in the target",
        REPO,
        (git("https://contoso.visualstudio.com"),),
        V.LEGACY_HOST,
        A,
        "#14827",
        fix="https://dev.azure.com/contoso/ml/_git/nlp",
    ),
    Row(
        "Azure Repos, the feeds' host",
        REPO,
        (git(ORG),),
        V.WEB_HOST,
        R,
        "same host name",
        fix="https://dev.azure.com/contoso/ml/_git/nlp",
    ),
    Row(
        "Azure Repos, a user in the line",
        REPO.replace("//", "//contoso@"),
        (git("https://dev.azure.com/contoso"),),
        V.USER,
        A,
        "not how",
        fix="before the '@'",
    ),
    Row(
        "a credential in the line",
        f"git+https://{TOKEN}@github.com/contoso/nlp",
        (git(HUB),),
        V.CREDENTIALS,
        R,
        "how-to-troubleshoot",
    ),
    Row("this machine's disk", "git+file:///srv/nlp", (git(HUB),), V.ADDRESS, D, "RFC", None),
    Row("build context", NLP, (git(HUB),), V.BUILD_CONTEXT, R, "azure-sdk-for-python#35036", use=Use.BUILD_CONTEXT),
    Row(
        "ssh in a build context",
        "git@github.com:contoso/nlp.git",
        (git(HUB),),
        V.BUILD_CONTEXT,
        R,
        "#35036",
        use=Use.BUILD_CONTEXT,
    ),
]


def test_the_tables_are_long_enough() -> None:
    """The issue asks for 25 situations; each has its source, and each verdict but the rarest occurs."""
    rows = [*INDEXES, *REPOSITORIES]
    assert len(rows) >= 25
    assert all(row.source for row in rows)
    assert set(VerdictCode) - {row.code for row in rows} == {V.UNUSED}


def judged(row: Row, verdict: Verdict) -> None:
    assert (verdict.code, verdict.connection) == (row.code, row.connection)
    assert (verdict.confidence, verdict.probe) == (row.confidence, row.probe)
    assert row.source in verdict.source
    assert row.fix in verdict.fix
    assert TOKEN not in f"{verdict!r} {verdict}"


@pytest.mark.parametrize("row", INDEXES, ids=lambda row: row.label)
def test_an_index_line_gets_its_verdict(row: Row) -> None:
    """Code, connection, how sure, who says so, what to do."""
    judged(row, match_index(row.line, row.connections, use=row.use))


@pytest.mark.parametrize("row", REPOSITORIES, ids=lambda row: row.label)
def test_a_git_line_gets_its_verdict(row: Row) -> None:
    """As an index line does."""
    judged(row, match_git(row.line, row.connections, use=row.use))


@pytest.mark.parametrize(
    "row", [row for row in INDEXES if row.fix.startswith(("target http", "https://pkgs"))], ids=lambda row: row.label
)
def test_the_target_of_a_fix_matches(row: Row) -> None:
    """What is advised for a connection works, as far as the simulator can tell."""
    target = row.fix.removeprefix("target ")
    line = PROJECT_FEED if target == PROJECT_FEED else row.line
    if line is PROJECT_FEED and target == PROJECT_FEED:
        target = ORG
    assert match_index(line, [feed(target)]).used or row.code is V.WEB_HOST


def test_a_verdict_says_what_would_settle_it() -> None:
    """In one sentence with how sure it is."""
    text = str(match_index(PROJECT_FEED, [feed(f"{ADO}/Contoso")]))
    assert "assumed" in text
    assert "'amlpriv verify --live --only V19' settles it." in text
    assert "verify" not in str(match_index(PROJECT_FEED, [feed(ORG)]))


def test_all_lines_of_a_specification_are_judged_and_what_is_left_over_is_named() -> None:
    """A connection by itself does nothing (asked in azure-sdk-for-python#22441)."""
    connections = [feed(ORG, "used"), feed(FROG, "idle"), git(HUB, "code"), git("https://gitlab.com/x/y", "lab")]
    found = simulate(connections, indexes=[PROJECT_FEED], repositories=[NLP])
    assert [verdict.code for verdict in (*found.indexes, *found.repositories)] == [V.MATCH, V.MATCH]
    assert [(verdict.code, verdict.subject) for verdict in found.unused] == [(V.UNUSED, "idle"), (V.UNUSED, "lab")]
    assert FROG in found.unused[0].fix
    assert "below https://gitlab.com/x/y" in found.unused[1].fix
    assert found.unused[0].as_json()["used"] is False


def test_a_missing_index_line_is_told_for_the_connection() -> None:
    """The specification has none at all."""
    (verdict,) = simulate([feed(ORG)]).unused
    assert "--index-url" in verdict.fix
    assert verdict.confidence is A


def test_connections_of_other_kinds_are_nobodys_business() -> None:
    """Registries, storage, models."""
    other = StoredConnection("acr", "ContainerRegistry", "https://x.azurecr.io", "UsernamePassword")
    assert simulate([other], indexes=[PROJECT_FEED]).unused == ()


def test_every_use_has_its_fact() -> None:
    """With a source; a refusal with what to do in its place."""
    assert set(USES) == set(Use)
    assert all(fact.source and fact.words and bool(fact.fix) == bool(fact.refusal) for fact in USES.values())


targets = st.sampled_from(
    [
        ADO,
        ORG,
        f"{ORG}/",
        f"{ORG}/ml",
        f"{ADO}/Contoso",
        OLD_HOST,
        PROJECT_FEED,
        ORG_FEED,
        FROG,
        "https://dev.azure.com/contoso",
        "",
        "x y",
    ]
)
lines = st.sampled_from([PROJECT_FEED, ORG_FEED, OLD_FEED, FROG, FROG.upper(), "x"]) | st.text(max_size=40)


@settings(deadline=None)
@given(line=lines, chosen=st.lists(targets, max_size=4), use=st.sampled_from(Use))
def test_whatever_is_asked_there_is_one_verdict_with_a_source(line: str, chosen: list[str], use: Use) -> None:
    """And the order of the connections makes no difference to what it says."""
    connections = [feed(target, f"c{number}") for number, target in enumerate(chosen)]
    verdict = match_index(line, connections, use=use)
    assert verdict.words
    assert verdict.source
    assert match_index(line, connections[::-1], use=use).code is verdict.code
    assert match_git(line, connections, use=use).source
