"""Pages and files as pip would read them, from real servers."""

from __future__ import annotations

import base64
import hashlib
import os
import pickle
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.pages import JSON, File, NotAPageError, Page, write_html, write_json
from amlpriv.errors import (
    AuthenticationError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UsageError,
)
from amlpriv.indexes.client import IndexClient, Limits, Login
from amlpriv.indexes.downloads import HashMismatchError, fetch_file
from amlpriv.indexes.transport import Transport
from amlpriv.indexes.troubles import Trouble, UnreachableError
from amlpriv.secret import Secret
from tests.indexes.servers import Answer, Network, Reply, Request, Site

Serve = Callable[[Answer], Site]
QUICK = Limits(connect=2, read=1, waits=(0.0, 0.0))
CREDENTIALS = Credentials(Secret("me"), Secret("t0p-secret"))
BASIC = "Basic " + base64.b64encode(b"me:t0p-secret").decode()
DATA = b"0123456789" * 1000
SHA = hashlib.sha256(DATA).hexdigest()
FEED, FILES = "feed.example.org", "files.example.org"
LOGIN = Login(f"https://{FEED}/simple", CREDENTIALS)


def listing(*files: File) -> Reply:
    return Reply(body=write_html(Page("a", files)))


def always(reply: Reply) -> Answer:
    return lambda _: reply


def test_a_page_is_asked_for_as_pip_asks(serve: Serve, scrubbed: dict[str, str]) -> None:
    site = serve(always(Reply(body=write_json(Page("a-b")), headers={"Content-Type": JSON})))
    with IndexClient(scrubbed) as client:
        page = client.project(Login(f"{site.url}/simple", CREDENTIALS), "A_b")
    request = site.requests[0]
    assert (page.name, request.path, request.headers["authorization"]) == ("a-b", "/simple/a-b/", BASIC)
    assert request.headers["accept"].startswith(JSON)
    assert "cookie" not in request.headers


def test_a_netrc_of_the_user_is_not_read(serve: Serve, scrubbed: dict[str, str]) -> None:
    Path(scrubbed["NETRC"]).write_text("default login x password y\n", "utf-8")
    site = serve(always(listing()))
    with IndexClient(scrubbed) as client:
        client.project(Login(site.url), "a")
    assert "authorization" not in site.requests[0].headers


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (401, AuthenticationError, "does not accept"),
        (403, PermissionDeniedError, "403"),
        (404, NotFoundError, "nothing"),
        (410, NotFoundError, "nothing"),
        (203, AuthenticationError, "sign in"),
        (407, NetworkError, "proxy"),
        (500, ServiceError, "500"),
        (418, ServiceError, "418"),
    ],
)
def test_a_refusal_has_its_own_error(
    serve: Serve, scrubbed: dict[str, str], status: int, error: type[Exception], word: str
) -> None:
    site = serve(always(Reply(status, f"no: t0p-secret, {BASIC}")))
    with IndexClient(scrubbed, limits=QUICK) as client, pytest.raises(error, match=word) as caught:
        client.project(Login(site.url, CREDENTIALS), "a")
    assert "t0p-secret" not in str(caught.value)
    assert BASIC not in str(caught.value)
    assert "/a/" in str(caught.value)


def test_what_is_no_page_is_no_page(serve: Serve, scrubbed: dict[str, str]) -> None:
    site = serve(always(Reply(body="<title>Please sign in</title>")))
    with IndexClient(scrubbed) as client, pytest.raises(NotAPageError, match="sign in"):
        client.project(Login(site.url), "a")


def test_the_root_page_gives_names(serve: Serve, scrubbed: dict[str, str]) -> None:
    site = serve(always(Reply(body='<a href="/simple/b/">b</a>')))
    with IndexClient(scrubbed) as client:
        assert client.names(Login(f"{site.url}/simple/")) == ("b",)
    assert site.requests[0].path == "/simple/"


def test_a_busy_server_is_asked_again_after_the_time_that_it_wants(serve: Serve, scrubbed: dict[str, str]) -> None:
    replies = [Reply(503), Reply(429, headers={"Retry-After": "7"}), listing()]
    site, pauses = serve(lambda _: replies.pop(0)), list[float]()
    with IndexClient(scrubbed, limits=Limits(waits=(0.5, 1.0)), pause=pauses.append) as client:
        client.project(Login(site.url), "a")
    assert pauses == [0.5, 7.0]


@pytest.mark.parametrize("after", ["86400", "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_a_server_that_wants_too_much_time_is_not_waited_for(
    serve: Serve, scrubbed: dict[str, str], after: str
) -> None:
    site = serve(always(Reply(429, headers={"Retry-After": after})))
    with IndexClient(scrubbed) as client, pytest.raises(ServiceError, match="too many"):
        client.project(Login(site.url), "a")
    assert len(site.requests) == 1


def test_a_reset_is_tried_again_and_then_named(serve: Serve, scrubbed: dict[str, str]) -> None:
    site = serve(always(Reply(body="x" * 100, cut_at=3)))
    with IndexClient(scrubbed, limits=QUICK) as client, pytest.raises(UnreachableError) as caught:
        client.project(Login(site.url), "a")
    assert caught.value.trouble is Trouble.RESET


def test_a_slow_server_is_named(serve: Serve, scrubbed: dict[str, str]) -> None:
    site = serve(always(Reply(delay=1.5)))
    limits = Limits(connect=1, read=0.3, waits=())
    with IndexClient(scrubbed, limits=limits) as client, pytest.raises(UnreachableError, match="in time") as caught:
        client.project(Login(site.url), "a")
    assert caught.value.trouble is Trouble.TIMEOUT


def test_a_closed_port_and_an_unknown_name_are_told_apart(scrubbed: dict[str, str]) -> None:
    with IndexClient(scrubbed, limits=QUICK) as client:
        for url, trouble in (
            ("http://127.0.0.1:1/simple", Trouble.REFUSED),
            ("http://no-such-host.invalid/simple", Trouble.DNS),
        ):
            with pytest.raises(UnreachableError) as caught:
                client.project(Login(url, CREDENTIALS), "a")
            assert caught.value.trouble is trouble
            assert caught.value.exit_code == 14
            assert pickle.loads(pickle.dumps(caught.value)).trouble is trouble  # noqa: S301  our own


@pytest.mark.parametrize(
    "url", ["ftp://x.example.org/simple", "http://[x/simple", "https:///simple", "https://x:y/z", "/opt"]
)
def test_what_is_no_address_is_a_usage_error(scrubbed: dict[str, str], url: str) -> None:
    with IndexClient(scrubbed, limits=QUICK) as client, pytest.raises(UsageError):
        client.project(Login(url), "a")


class TestRedirects:
    def test_the_credential_stays_with_its_origin(self, network: Network, scrubbed: dict[str, str]) -> None:
        def lead(request: Request) -> Reply:
            if request.path == "/simple/a/":
                return Reply(301, headers={"Location": "/other/a/"})
            return Reply(302, headers={"Location": f"https://{FILES}/a/?sig=signed"})

        feed, files = network.serve(FEED, lead), network.serve(FILES, always(listing()))
        with IndexClient(network.environ(scrubbed)) as client:
            answer = client.get(LOGIN, f"{LOGIN.root}a/")
        assert [request.headers.get("authorization") for request in feed.requests] == [BASIC, BASIC]
        assert "authorization" not in files.requests[0].headers
        assert [(hop.host, hop.status, hop.authorised) for hop in answer.hops] == [
            (FEED, 301, True),
            (FEED, 302, True),
            (FILES, 200, False),
        ]
        assert "signed" not in f"{answer!r}{answer.shown}"

    def test_another_port_is_another_origin(self, serve: Serve, scrubbed: dict[str, str]) -> None:
        other = serve(always(listing()))
        site = serve(always(Reply(302, headers={"Location": other.url})))
        with IndexClient(scrubbed) as client:
            client.get(Login(site.url, CREDENTIALS), site.url)
        assert "authorization" in site.requests[0].headers
        assert "authorization" not in other.requests[0].headers

    def test_what_leads_to_http_is_refused(self, network: Network, scrubbed: dict[str, str]) -> None:
        network.serve(FEED, always(Reply(302, headers={"Location": f"http://{FEED}/simple/a/"})))
        with IndexClient(network.environ(scrubbed)) as client, pytest.raises(UnreachableError) as caught:
            client.project(LOGIN, "a")
        assert caught.value.trouble is Trouble.DOWNGRADE
        assert [hop.status for hop in caught.value.hops] == [302]

    @pytest.mark.parametrize("target", ["/simple/a/", "/x/{}"])
    def test_a_loop_ends(self, serve: Serve, scrubbed: dict[str, str], target: str) -> None:
        count = iter(range(1000))
        site = serve(lambda _: Reply(302, headers={"Location": target.format(next(count))}))
        with IndexClient(scrubbed) as client, pytest.raises(UnreachableError) as caught:
            client.project(Login(f"{site.url}/simple"), "a")
        assert caught.value.trouble is Trouble.LOOP
        assert len(site.requests) <= 20

    @pytest.mark.parametrize("location", ["ftp://x.example.org/", "https://[x/", "https:///x"])
    def test_a_broken_one_is_named(self, serve: Serve, scrubbed: dict[str, str], location: str) -> None:
        site = serve(always(Reply(302, headers={"Location": location})))
        with IndexClient(scrubbed) as client, pytest.raises(UnreachableError) as caught:
            client.project(Login(site.url), "a")
        assert caught.value.trouble is Trouble.BAD_REDIRECT

    def test_a_page_to_sign_in_at_is_not_opened(self, serve: Serve, scrubbed: dict[str, str]) -> None:
        location = "https://app.vssps.visualstudio.com/_signin?realm=x"
        site = serve(always(Reply(302, headers={"Location": location})))
        with IndexClient(scrubbed) as client, pytest.raises(AuthenticationError, match="sign in"):
            client.project(Login(site.url, CREDENTIALS), "a")


class TestTls:
    @pytest.mark.parametrize(
        ("options", "trusted", "trouble"),
        [
            ({}, False, Trouble.UNKNOWN_CA),
            ({"expired": True}, True, Trouble.CERTIFICATE_EXPIRED),
            ({"certificate_for": "other.example.org"}, True, Trouble.HOST_MISMATCH),
        ],
    )
    def test_each_fault_of_a_certificate_is_named(
        self,
        network: Network,
        scrubbed: dict[str, str],
        options: dict[str, object],
        trusted: bool,
        trouble: Trouble,
    ) -> None:
        site = network.serve(FEED, always(listing()), **options)  # type: ignore[arg-type]
        environ = network.environ(scrubbed, trusted=trusted)
        with IndexClient(environ, limits=QUICK) as client, pytest.raises(UnreachableError) as caught:
            client.project(LOGIN, "a")
        assert caught.value.trouble is trouble
        assert site.requests == []

    def test_https_on_a_plain_port_is_named(self, serve: Serve, scrubbed: dict[str, str]) -> None:
        site = serve(always(listing()))
        with IndexClient(scrubbed, limits=QUICK) as client, pytest.raises(UnreachableError) as caught:
            client.project(Login(f"https://127.0.0.1:{site.port}/simple"), "a")
        assert caught.value.trouble in (Trouble.TLS, Trouble.RESET)

    def test_certificates_that_do_not_exist_are_named(self, scrubbed: dict[str, str], tmp_path: Path) -> None:
        with pytest.raises(InputError, match="PIP_CERT"):
            IndexClient({**scrubbed, "PIP_CERT": str(tmp_path / "none.pem")})
        bad = tmp_path / "bad.pem"
        bad.write_text("no certificate", "utf-8")
        with IndexClient({**scrubbed, "SSL_CERT_FILE": str(bad)}) as client, pytest.raises(InputError, match="PEM"):
            client.project(Login("http://127.0.0.1:1/simple"), "a")


class TestProxies:
    def test_a_refusal_of_the_proxy_names_the_host(self, network: Network, scrubbed: dict[str, str]) -> None:
        with IndexClient(network.environ(scrubbed)) as client, pytest.raises(UnreachableError, match=FEED) as caught:
            client.project(LOGIN, "a")
        assert caught.value.trouble is Trouble.PROXY_REFUSED
        assert network.connects == [FEED]

    def test_a_proxy_that_wants_a_password_is_named(self, network: Network, scrubbed: dict[str, str]) -> None:
        network.refusal = b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
        with IndexClient(network.environ(scrubbed)) as client, pytest.raises(UnreachableError) as caught:
            client.project(LOGIN, "a")
        assert caught.value.trouble is Trouble.PROXY_SIGN_IN

    def test_a_proxy_that_is_not_there_is_named_without_its_password(self, scrubbed: dict[str, str]) -> None:
        environ = {**scrubbed, "PIP_PROXY": "http://me:pr0xy-secret@127.0.0.1:1"}
        with IndexClient(environ, limits=QUICK) as client, pytest.raises(UnreachableError) as caught:
            client.project(LOGIN, "a")
        assert caught.value.trouble is Trouble.PROXY_UNREACHABLE
        assert "pr0xy" not in str(caught.value)

    def test_pips_proxy_goes_before_the_variables(
        self, network: Network, scrubbed: dict[str, str], tmp_path: Path
    ) -> None:
        network.serve(FEED, always(listing()))
        environ = network.environ(scrubbed)
        config = tmp_path / "pip.conf"
        config.write_text(f"[global]\nproxy = {environ['HTTPS_PROXY']}\n", "utf-8")
        environ |= {"HTTPS_PROXY": "http://127.0.0.1:1", "PIP_CONFIG_FILE": str(config)}
        with IndexClient(environ) as client:
            assert client.project(LOGIN, "a").files == ()

    def test_the_proxys_password_goes_to_the_proxy_alone(self, network: Network, scrubbed: dict[str, str]) -> None:
        site = network.serve(FEED, always(listing()))
        environ = network.environ(scrubbed)
        environ["HTTPS_PROXY"] = environ["HTTPS_PROXY"].replace("//", "//me:pr0xy@")
        with IndexClient(environ) as client:
            client.project(LOGIN, "a")
        assert "Proxy-Authorization: Basic bWU6cHIweHk=" in network.heads[0]
        assert "proxy-authorization" not in site.requests[0].headers

    def test_a_proxy_that_is_no_address_is_a_usage_error(self, scrubbed: dict[str, str]) -> None:
        environ = {**scrubbed, "HTTPS_PROXY": "nonsense://me:pr0xy-secret@x"}
        with IndexClient(environ, limits=QUICK) as client, pytest.raises((UsageError, UnreachableError)) as caught:
            client.project(LOGIN, "a")
        assert "pr0xy" not in str(caught.value)


class TestDownloads:
    def test_a_file_is_there_when_its_hash_is_right(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path
    ) -> None:
        site = serve(always(Reply(body=DATA)))
        file, seen = File("a-1.zip", f"{site.url}/a-1.zip", {"sha256": SHA}), list[tuple[int, int | None]]()
        with IndexClient(scrubbed) as client:
            path = client.download(
                Login(site.url, CREDENTIALS), file, tmp_path / "new", progress=lambda *at: seen.append(at)
            )
            again = client.download(Login(site.url), file, tmp_path / "new")
        assert path == again == tmp_path / "new" / "a-1.zip"
        assert path.read_bytes() == DATA
        assert seen[-1] == (len(DATA), len(DATA))
        assert len(site.requests) == 1
        assert site.requests[0].headers["accept-encoding"] == "identity"

    def test_another_file_is_refused_and_does_not_stay(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path
    ) -> None:
        site = serve(always(Reply(body=b"evil")))
        file = File("a-1.zip", f"{site.url}/a-1.zip", {"sha256": SHA})
        with IndexClient(scrubbed) as client, pytest.raises(HashMismatchError, match=SHA):
            client.download(Login(site.url), file, tmp_path)
        assert list(tmp_path.glob("a-1*")) == []

    @pytest.mark.parametrize("name", ["md5", "blake2b_256", "sha512"])
    def test_other_hashes_are_checked_as_well(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path, name: str
    ) -> None:
        digest = hashlib.blake2b(DATA, digest_size=32) if name == "blake2b_256" else hashlib.new(name, DATA)
        site = serve(always(Reply(body=DATA)))
        with IndexClient(scrubbed) as client:
            file = File("a-1.zip", f"{site.url}/a-1.zip", {name: digest.hexdigest()})
            client.download(Login(site.url), file, tmp_path)
            with pytest.raises(HashMismatchError):
                client.download(Login(site.url), File("b-1.zip", file.url, {name: "00"}), tmp_path)

    def test_a_download_that_was_cut_goes_on_where_it_stopped(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path
    ) -> None:
        def answer(request: Request) -> Reply:
            begun = request.headers.get("range", "bytes=0-").removeprefix("bytes=").rstrip("-")
            if begun == "0":
                return Reply(body=DATA, cut_at=4000)
            headers = {"Content-Range": f"bytes {begun}-{len(DATA) - 1}/{len(DATA)}"}
            return Reply(206, DATA[int(begun) :], headers)

        site = serve(answer)
        file = File("a-1.zip", f"{site.url}/a-1.zip", {"sha256": SHA})
        with IndexClient(scrubbed) as client:
            with pytest.raises(UnreachableError) as caught:
                client.download(Login(site.url), file, tmp_path)
            assert caught.value.trouble is Trouble.RESET
            (tmp_path / "a-1.zip.part").write_bytes(DATA[:4000])
            assert client.download(Login(site.url), file, tmp_path).read_bytes() == DATA
        assert site.requests[-1].headers["range"] == "bytes=4000-"

    @pytest.mark.parametrize("status", [200, 206, 416])
    def test_a_wrong_beginning_is_thrown_away(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path, status: int
    ) -> None:
        def answer(request: Request) -> Reply:
            if status == 200 or "range" not in request.headers:
                return Reply(body=DATA)
            return Reply(status, DATA[5:], {"Content-Range": f"bytes 5-{len(DATA) - 1}/{len(DATA)}"})

        site = serve(answer)
        (tmp_path / "a-1.zip.part").write_bytes(b"wrong")
        with IndexClient(scrubbed) as client:
            file = File("a-1.zip", f"{site.url}/a-1.zip", {"sha256": SHA})
            assert client.download(Login(site.url), file, tmp_path).read_bytes() == DATA
        assert not (tmp_path / "a-1.zip.part").exists()

    @pytest.mark.parametrize("told", [True, False], ids=["told", "not told"])
    def test_an_answer_that_is_too_large_is_not_stored(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path, told: bool
    ) -> None:
        """Without a length it is only seen on the way."""
        length = str(len(DATA)) if told else "unknown"
        site = serve(always(Reply(body=DATA, headers={"Content-Length": length, "Connection": "close"})))
        transport = Transport(scrubbed, QUICK, time.sleep)
        with closing(transport), pytest.raises(ServiceError, match="larger than the 9,999 bytes"):
            fetch_file(transport, Login(site.url), File("a-1.zip", site.url), tmp_path, None, most_bytes=9999)
        assert list(tmp_path.glob("a-1.zip*")) == []

    def test_what_was_begun_long_ago_is_removed(self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path) -> None:
        site = serve(always(Reply(body=DATA)))
        old = tmp_path / "b-1.zip.part"
        old.write_bytes(b"x")
        os.utime(old, (1, 1))
        with IndexClient(scrubbed) as client:
            client.download(Login(site.url), File("a-1.zip", site.url, {"sha256": SHA}), tmp_path)
        assert [path.name for path in tmp_path.glob("?-1.zip*")] == ["a-1.zip"]

    def test_a_refused_file_is_named(self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path) -> None:
        site = serve(always(Reply(403, '{"message": "You need to have \'ReadPackages\'."}')))
        file = File("a-1.zip", f"{site.url}/a-1.zip")
        with IndexClient(scrubbed) as client, pytest.raises(PermissionDeniedError, match=r"a-1\.zip .*Feed Reader"):
            client.download(Login(site.url, CREDENTIALS), file, tmp_path)

    def test_a_folder_that_is_a_file_is_an_input_error(
        self, serve: Serve, scrubbed: dict[str, str], tmp_path: Path
    ) -> None:
        site = serve(always(Reply(body=DATA)))
        (tmp_path / "file").write_text("", "utf-8")
        with IndexClient(scrubbed) as client, pytest.raises(InputError):
            client.download(Login(site.url), File("a-1.zip", f"{site.url}/a-1.zip"), tmp_path / "file")
