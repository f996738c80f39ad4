"""Public files, by the proxy's rules and through it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from amlpriv.errors import NetworkError, UnsupportedError
from amlpriv.local.jobs.downloads import download
from amlpriv.local.proxy import Proxy, Routes


@contextmanager
def serving(answer: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class Redirect(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "https://other.blob.core.windows.net/c/x.csv?sig=SECRET")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


class Telling(BaseHTTPRequestHandler):
    """A proxy that tells what it was asked for."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(f"{self.path} {self.headers['Proxy-Authorization']}".encode())

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.mark.parametrize(
    "uri",
    [
        "https://other.blob.core.windows.net/c/x.csv?sv=1&sig=SECRET",
        "http://acct.blob.core.windows.net/c/x.csv?sig=SECRET",
        "https://lake.dfs.core.windows.net/x",
    ],
)
def test_another_account_of_azure_is_refused_as_the_proxy_does(tmp_path: Path, uri: str) -> None:
    with pytest.raises(UnsupportedError, match="belongs to Azure and has no part in") as caught:
        download(uri, tmp_path, "acct", {})
    assert "SECRET" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_redirect_to_azure_is_refused_too(tmp_path: Path) -> None:
    with serving(Redirect) as url, pytest.raises(UnsupportedError, match=r"other\.blob") as caught:
        download(f"{url}/x.csv", tmp_path, "acct", {})
    assert "SECRET" not in str(caught.value)


def test_https_goes_through_the_proxy_of_the_job_and_an_isolated_one_says_why_not(tmp_path: Path) -> None:
    proxy = Proxy(Routes("acct", 9, 9), isolated=True)
    try:
        names = {"https_proxy": f"http://127.0.0.1:{proxy.port}", "http_proxy": f"http://127.0.0.1:{proxy.port}"}
        with pytest.raises(NetworkError, match=r"403 amlpriv --isolated: no connection to files\.example"):
            download("https://files.example/x.csv", tmp_path, "acct", names)
        with pytest.raises(NetworkError, match=r"amlpriv --isolated: no connection to files\.example"):
            download("http://files.example/x.csv", tmp_path, "acct", names)
    finally:
        proxy.close()


def test_plain_http_goes_through_the_users_own_proxy_except_where_no_proxy_says_otherwise(tmp_path: Path) -> None:
    with serving(Telling) as url:
        names = {"http_proxy": url.replace("://", "://me:pw@"), "no_proxy": "127.0.0.1"}
        file = download("http://files.example/x.csv", tmp_path, "acct", names)
        assert file.read_text() == "http://files.example/x.csv Basic bWU6cHc="
        assert download(f"{url}/y.csv", tmp_path, "acct", names).read_text() == "/y.csv None"


def test_a_proxy_that_does_not_answer_is_an_error_of_the_network(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        names = {"https_proxy": f"http://127.0.0.1:{taken.getsockname()[1]}"}
        with pytest.raises(NetworkError, match="does not answer"):
            download("https://files.example/x.csv", tmp_path, "acct", names)
