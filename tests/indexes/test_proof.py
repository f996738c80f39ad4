"""The proof against real servers: each failure is produced, and named with the next step."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.pages import File, Page, write_html, write_html_names
from amlpriv.default_index import DefaultIndex
from amlpriv.errors import AuthenticationError, NetworkError, NotFoundError, PermissionDeniedError, UsageError
from amlpriv.indexes.client import IndexClient, Limits, Login
from amlpriv.indexes.elsewhere import also_public
from amlpriv.indexes.judging import Outcome
from amlpriv.indexes.proof import Proof, prove
from amlpriv.secret import Secret
from amlpriv.target import Target
from tests.indexes.servers import Answer, Network, Reply, Request, Site
from tests.wheelhouse import build_wheel

FEED, FILES = "feed.example.org", "files.example.org"
AZURE = "pkgs.dev.azure.com"
AZURE_LOGIN = Login(
    f"https://{AZURE}/org/project/_packaging/feed/pypi/simple/", Credentials(None, Secret("t0p-secret"))
)
LOGIN = Login(f"https://{FEED}/simple", Credentials(Secret("me"), Secret("t0p-secret")))
DATA = b"wheel " * 1000
SHA = hashlib.sha256(DATA).hexdigest()
WHEEL = "contoso_features-1.0-py3-none-any.whl"
QUICK = Limits(connect=2, read=1, waits=())
TARGET = Target(python=(3, 11))

NEEDS_ROLE = '{"message": "You need to have \'ReadPackages\'."}'

Run = Callable[..., Proof]


def feed(
    *,
    filename: str = WHEEL,
    link: str = "",
    data: bytes = DATA,
    page: Reply | None = None,
    file: Reply | None = None,
    public: bool = False,
    hashed: bool = True,
) -> Answer:
    """An index with one package; ``page`` and ``file`` answer in place of the good ones. It wants a credential."""
    listed = File(filename, link or f"../../files/{filename}", {"sha256": SHA} if hashed else {})

    def answer(request: Request) -> Reply:
        if "authorization" not in request.headers and not public:
            return Reply(401)
        if request.path.endswith("/simple/"):
            return Reply(body=write_html_names(["contoso-features"]))
        if request.path.endswith("/simple/contoso-features/"):
            return page or Reply(body=write_html(Page("contoso-features", (listed,))))
        if filename in request.path:
            return file or Reply(body=data)
        return Reply(404)

    return answer


@pytest.fixture
def run(network: Network, scrubbed: dict[str, str]) -> Run:
    """``run(answer, package=...)``: serve at the login's host and prove."""

    def start(answer: Answer | None = None, package: str | None = "contoso-features", **options: object) -> Proof:
        login = options.pop("login", LOGIN)
        assert isinstance(login, Login)
        if answer is not None:
            network.serve(login.url.split("/")[2], answer)
        with IndexClient(network.environ(scrubbed), limits=QUICK) as client:
            proof = prove(login, package, client=client, **options)  # type: ignore[arg-type]
        shown = f"{proof!r}{proof.as_json()}{list(proof.lines())}{proof.error()}"
        assert "t0p-secret" not in shown
        assert json.dumps(proof.as_json())
        return proof

    return start


def steps(proof: Proof) -> list[tuple[str, int | None, Outcome]]:
    return [(step.name, step.status, step.outcome) for step in proof.steps]


def text(proof: Proof) -> str:
    return "\n".join(proof.lines())


def pip(environ: Mapping[str, str], login: Login, folder: Path) -> tuple[int, str]:
    """Exit code and output of the real pip for the same index and credential."""
    assert login.credentials is not None
    password = login.credentials.password
    assert password is not None
    address = login.url.replace("https://", f"https://me:{password.reveal()}@")
    options = ["--no-deps", "--no-input", "--retries=0", "--disable-pip-version-check"]
    found = subprocess.run(
        [sys.executable, "-m", "pip", "download", *options, "-d", str(folder), "contoso-features"],
        env={**environ, "PIP_INDEX_URL": address},
        capture_output=True,
        text=True,
        check=False,
    )
    return found.returncode, found.stdout + found.stderr


def test_a_good_feed_is_proven_by_page_and_file(run: Run) -> None:
    proof = run(feed(), target=TARGET)
    assert steps(proof) == [("page", 200, Outcome.OK), ("choice", None, Outcome.OK), ("file", 200, Outcome.OK)]
    assert (proof.ok, proof.authorised, proof.error(), proof.version) == (True, True, None, "1.0")
    assert (proof.filename, proof.bytes_read, proof.hash_checked) == (WHEEL, len(DATA), True)
    assert [(need.host, need.state) for need in proof.hosts] == [(FEED, "reached")]


def test_without_a_package_the_root_page_leads_to_one(run: Run) -> None:
    proof = run(feed(), None)
    assert [name for name, _, _ in steps(proof)] == ["root", "page", "file"]
    assert (proof.ok, proof.package) == (True, None)


def test_an_index_that_anybody_may_read_proves_nothing_about_the_credential(run: Run) -> None:
    proof = run(feed(public=True), None)
    assert proof.ok
    assert [outcome for name, _, outcome in steps(proof) if name == "open"] == [Outcome.OPEN]
    assert "does not prove" in text(proof)


def test_an_index_without_a_root_page_wants_a_package(run: Run) -> None:
    proof = run(lambda _: Reply(404), None)
    assert (proof.outcome, proof.steps[0].name) == (Outcome.NOT_FOUND, "root")
    assert "Name a package" in text(proof)


def test_an_empty_index_is_no_failure(run: Run) -> None:
    proof = run(lambda _: Reply(body=write_html_names([])), None)
    assert proof.ok
    assert not proof.authorised
    assert "Name a package" in text(proof)


def test_a_large_file_is_only_begun(run: Run) -> None:
    proof = run(feed(data=b"x" * 500_000), size_limit=1000)
    assert (proof.ok, proof.authorised, proof.hash_checked) == (True, True, False)
    assert proof.bytes_read < 500_000
    assert "hash was not checked" in text(proof)


def test_a_file_that_was_changed_on_the_way_is_named(run: Run) -> None:
    proof = run(feed(data=b"other"))
    assert (proof.outcome, proof.authorised) == (Outcome.WRONG_HASH, False)


@pytest.mark.parametrize(
    ("reply", "outcome", "error", "word"),
    [
        (Reply(401), Outcome.NOT_ACCEPTED, AuthenticationError, "Packaging (Read)"),
        (
            Reply(401, headers={"X-TFS-ServiceError": "The%20Personal%20Access%20Token%20used%20has%20expired."}),
            Outcome.EXPIRED,
            AuthenticationError,
            "rotate",
        ),
        (
            Reply(403, '{"message": "You need to have \'ReadPackages\'."}'),
            Outcome.NO_ROLE,
            PermissionDeniedError,
            "Reader",
        ),
        (Reply(203, "<title>Sign In</title>"), Outcome.SIGN_IN, AuthenticationError, "sign in"),
        (Reply(200, "<title>Azure DevOps | Sign In</title>"), Outcome.SIGN_IN, AuthenticationError, "sign in"),
        (
            Reply(302, headers={"Location": "https://app.vssps.visualstudio.com/_signin?x=y"}),
            Outcome.SIGN_IN,
            AuthenticationError,
            "sign in",
        ),
        (
            Reply(404, '{"message": "gone", "typeKey": "FeedIdNotFoundException"}'),
            Outcome.FEED_MISSING,
            NotFoundError,
            "organisation",
        ),
    ],
)
def test_what_azure_artifacts_answers_is_named(
    run: Run, reply: Reply, outcome: Outcome, error: type[Exception], word: str
) -> None:
    proof = run(lambda _: reply, login=AZURE_LOGIN)
    assert (proof.outcome, type(proof.error())) == (outcome, error)
    assert word in text(proof)
    assert "*.blob.core.windows.net" in text(proof)


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        (Reply(401), Outcome.NOT_ACCEPTED),
        (Reply(403), Outcome.FORBIDDEN),
        (Reply(404), Outcome.FILE_MISSING),
        (Reply(500), Outcome.SERVER_ERROR),
        (Reply(200, DATA, cut_at=100), Outcome.BLOCKED),
    ],
)
def test_a_file_is_authorised_by_itself(run: Run, reply: Reply, outcome: Outcome) -> None:
    proof = run(feed(file=reply))
    assert steps(proof)[0] == ("page", 200, Outcome.OK)
    assert (proof.outcome, proof.authorised) == (outcome, False)
    assert proof.failed is not None
    assert proof.failed.name == "file"


def test_a_package_that_is_missing_is_told_from_a_feed_that_is(run: Run, network: Network) -> None:
    missing = run(feed(), "other-name")
    assert (missing.outcome, type(missing.error())) == (Outcome.PACKAGE_MISSING, NotFoundError)
    assert "upstream" in text(missing)
    nothing = run(lambda _: Reply(404), login=Login(f"https://{FILES}/simple"))
    assert nothing.outcome is Outcome.FEED_MISSING


@pytest.mark.parametrize(
    ("filename", "requirement", "outcome"),
    [
        (WHEEL, "contoso-features==2.0", Outcome.VERSION_MISSING),
        ("contoso_features-1.0-cp311-cp311-win_amd64.whl", "contoso-features", Outcome.OTHER_TARGET),
        ("contoso_features-1.0.tar.gz", "contoso-features", Outcome.SDIST_ONLY),
    ],
)
def test_what_does_not_fit_is_named_and_the_credential_proven_anyway(
    run: Run, filename: str, requirement: str, outcome: Outcome
) -> None:
    proof = run(feed(filename=filename), requirement, target=TARGET)
    assert (proof.ok, proof.outcome, proof.authorised) == (False, outcome, True)


def test_a_web_page_is_named(run: Run) -> None:
    proof = run(lambda _: Reply(body='<title>Welcome</title><a href="/about">x</a>'))
    assert proof.outcome is Outcome.NOT_A_PAGE
    assert "--index-url" in text(proof)


def test_an_old_host_is_a_note(run: Run) -> None:
    login = Login("https://org.pkgs.visualstudio.com/_packaging/feed/pypi/simple/")
    proof = run(feed(public=True), login=login)
    assert proof.ok
    assert proof.steps[0].outcome is Outcome.ADDRESS
    assert AZURE in proof.steps[0].fix


def test_what_gitlab_sends_on_to_the_public_index_is_told(run: Run, network: Network) -> None:
    url = f"https://{FEED}/api/v4/projects/7/packages/pypi/simple"
    location = {"Location": f"https://{FILES}/simple/contoso-features/"}
    network.serve(FILES, feed(public=True))
    proof = run(lambda _: Reply(302, headers=location), login=Login(url, LOGIN.credentials))
    assert [step.outcome for step in proof.steps if step.is_note][-1] is Outcome.FORWARDED
    assert FILES in text(proof)


class TestHosts:
    def test_a_blocked_index_is_named(self, run: Run) -> None:
        proof = run()
        assert (proof.outcome, type(proof.error())) == (Outcome.BLOCKED, NetworkError)
        assert [(need.host, need.state) for need in proof.hosts] == [(FEED, "blocked")]

    def test_a_blocked_host_of_files_is_named(self, run: Run) -> None:
        proof = run(feed(link=f"https://{FILES}/{WHEEL}"))
        assert (proof.outcome, proof.failed and proof.failed.name) == (Outcome.BLOCKED, "file")
        assert [(need.host, need.state) for need in proof.hosts] == [(FEED, "reached"), (FILES, "blocked")]
        assert f"{FEED} lists files there" in text(proof)

    @pytest.mark.parametrize("at", ["page", "file"])
    def test_a_redirect_to_a_blocked_host_is_named(self, run: Run, at: str) -> None:
        reply = Reply(302, headers={"Location": f"https://{FILES}/x?sig=signed"})
        proof = run(feed(page=reply if at == "page" else None, file=reply if at == "file" else None))
        assert (proof.outcome, proof.failed and proof.failed.name) == (Outcome.BLOCKED, at)
        assert [(need.host, need.state) for need in proof.hosts] == [(FEED, "reached"), (FILES, "blocked")]
        assert f"{FEED} redirects there" in text(proof)
        assert "signed" not in text(proof)

    def test_a_redirect_to_a_good_host_is_part_of_the_list(self, run: Run, network: Network) -> None:
        storage = network.serve(FILES, lambda _: Reply(body=DATA))
        proof = run(feed(file=Reply(303, headers={"Location": f"https://{FILES}/blob?sig=signed"})))
        assert proof.ok
        assert [(need.host, need.state) for need in proof.hosts] == [(FEED, "reached"), (FILES, "reached")]
        assert f"by way of {FILES}" in text(proof)
        assert "authorization" not in storage.requests[0].headers

    def test_a_host_that_wants_the_credential_of_another_is_named(self, run: Run, network: Network) -> None:
        network.serve(FILES, lambda _: Reply(401))
        proof = run(feed(link=f"https://{FILES}/{WHEEL}"))
        assert proof.outcome is Outcome.NOT_SENT

    def test_what_the_rules_do_not_let_through_fails(self, run: Run, network: Network) -> None:
        network.serve(FILES, lambda _: Reply(body=DATA))
        proof = run(feed(link=f"https://{FILES}/{WHEEL}"), allowed_hosts=lambda host: host == FEED)
        assert (proof.outcome, proof.authorised) == (Outcome.BLOCKED, True)
        assert f"{FILES} (files; reached, NOT ALLOWED)" in text(proof)
        assert f"{FEED} (the index; reached, allowed)" in text(proof)

    def test_a_redirect_to_http_is_refused(self, run: Run) -> None:
        proof = run(feed(file=Reply(302, headers={"Location": f"http://{FILES}/x"})))
        assert proof.outcome is Outcome.REDIRECT

    @pytest.mark.parametrize(
        ("options", "word"),
        [({"expired": True}, "expired"), ({"certificate_for": FILES}, "another host")],
    )
    def test_a_wrong_certificate_is_named(
        self, run: Run, network: Network, options: dict[str, object], word: str
    ) -> None:
        network.serve(FEED, feed(), **options)  # type: ignore[arg-type]
        proof = run()
        assert (proof.outcome, type(proof.error())) == (Outcome.TLS, NetworkError)
        assert word in text(proof)

    def test_a_proxy_that_wants_a_password_is_named(self, run: Run, network: Network) -> None:
        network.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        assert run().outcome is Outcome.PROXY


class TestPip:
    """What the same situation looks like in a build log: pip hides the reason, the proof names it."""

    @pytest.mark.parametrize(
        ("answer", "expired", "outcome"),
        [
            (lambda _: Reply(403, NEEDS_ROLE), False, Outcome.NO_ROLE),
            (lambda _: Reply(200, "<title>Azure DevOps | Sign In</title>"), False, Outcome.SIGN_IN),
            (feed(filename="contoso_features-1.0-cp38-cp38-win_amd64.whl"), False, Outcome.OTHER_TARGET),
            (feed(), True, Outcome.TLS),
        ],
        ids=["403", "sign-in page", "other platform", "expired certificate"],
    )
    def test_pip_says_no_matching_distribution_and_the_proof_says_why(
        self,
        run: Run,
        network: Network,
        scrubbed: dict[str, str],
        tmp_path: Path,
        answer: Answer,
        expired: bool,
        outcome: Outcome,
    ) -> None:
        network.serve(AZURE, answer, expired=expired)
        proof = run(login=AZURE_LOGIN, target=TARGET)
        code, said = pip(network.environ(scrubbed), AZURE_LOGIN, tmp_path)
        assert code != 0
        assert "from versions: none" in said
        assert not any(word in said for word in ("403", "ReadPackages", "Sign In", "win_amd64"))
        assert proof.outcome is outcome

    def test_with_an_extra_index_pip_takes_the_public_namesake_and_the_proof_warns(
        self, run: Run, network: Network, scrubbed: dict[str, str], tmp_path: Path
    ) -> None:
        stranger = build_wheel(tmp_path / "built", version="9.0")
        network.serve(FILES, feed(filename=stranger.name, data=stranger.read_bytes(), hashed=False, public=True))
        proof = run(lambda _: Reply(403, NEEDS_ROLE), login=AZURE_LOGIN)
        environ = {**network.environ(scrubbed), "PIP_EXTRA_INDEX_URL": f"https://{FILES}/simple/"}
        code, said = pip(environ, AZURE_LOGIN, tmp_path / "got")
        assert code == 0
        assert stranger.name in said
        assert "403" not in said
        assert proof.outcome is Outcome.NO_ROLE
        with IndexClient(environ) as client:
            found = also_public(
                client, DefaultIndex(f"https://{FILES}/simple", None, "pip's default"), proof.package or ""
            )
        assert found.present


def test_a_package_that_is_none_is_a_usage_error(run: Run) -> None:
    with pytest.raises(UsageError):
        run(None, "not a package")


def test_another_site_by_http_works_too(scrubbed: dict[str, str], serve: Callable[[Answer], Site]) -> None:
    site = serve(feed(public=True))
    with IndexClient(scrubbed) as client:
        proof = prove(Login(f"{site.url}/simple/"), "contoso_features", client=client, version="1.0")
    assert proof.ok
    assert [need.host for need in proof.hosts] == [f"127.0.0.1:{site.port}"]
