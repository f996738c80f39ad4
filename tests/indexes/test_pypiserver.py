"""The client and the proof against pypiserver with a password."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.errors import AuthenticationError, NotFoundError, PermissionDeniedError
from amlpriv.indexes.client import IndexClient, Login
from amlpriv.indexes.judging import Outcome
from amlpriv.indexes.proof import prove
from amlpriv.secret import Secret
from amlpriv.target import Target
from tests.package_servers import PASSWORD, USER, pypi_server
from tests.wheelhouse import build_wheel


@pytest.fixture(scope="module")
def login(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Login]:
    """An index with two versions of one package, and one of another for Windows."""
    folder = tmp_path_factory.mktemp("pypiserver") / "server"
    with pypi_server(folder) as server:
        build_wheel(folder / "packages", version="1.1.0")
        build_wheel(folder / "packages", version="1.2.0")
        build_wheel(folder / "packages", name="contoso-native", tag="cp311-cp311-win_amd64")
        yield Login(server.simple, Credentials(Secret(USER), Secret(PASSWORD)))


def test_pages_and_files_are_read(login: Login, scrubbed: dict[str, str], tmp_path: Path) -> None:
    with IndexClient(scrubbed) as client:
        page = client.project(login, "Contoso_Features")
        path = client.download(login, page.files[0], tmp_path)
        names = client.names(login)
    assert sorted(file.filename for file in page.files) == [
        "contoso_features-1.1.0-py3-none-any.whl",
        "contoso_features-1.2.0-py3-none-any.whl",
    ]
    assert page.files[0].best_hash is not None
    assert path.name == page.files[0].filename
    assert sorted(names) == ["contoso-features", "contoso-native"]


def test_the_proof_says_what_pip_would_take(login: Login, scrubbed: dict[str, str]) -> None:
    with IndexClient(scrubbed) as client:
        newest = prove(login, "contoso-features", client=client, target=Target())
        pinned = prove(login, "contoso-features", client=client, version="1.1.0")
        around = prove(login, client=client)
        windows = prove(login, "contoso-native", client=client, target=Target())
        missing = prove(login, "contoso-nothing", client=client)
    assert (newest.ok, newest.version, newest.hash_checked) == (True, "1.2.0", True)
    assert (pinned.ok, pinned.version) == (True, "1.1.0")
    assert (around.ok, around.authorised) == (True, True)
    assert (windows.outcome, windows.authorised) == (Outcome.OTHER_TARGET, True)
    assert missing.outcome is Outcome.PACKAGE_MISSING


def test_a_wrong_password_is_told_from_none(login: Login, scrubbed: dict[str, str]) -> None:
    wrong = Login(login.url, Credentials(Secret(USER), Secret("not-the-password")))
    with IndexClient(scrubbed) as client:
        # pypiserver says 403 to a wrong password, and 401 where there is none
        with pytest.raises(PermissionDeniedError, match="wrong one with 403"):
            client.project(wrong, "contoso-features")
        with pytest.raises(AuthenticationError, match="none was given"):
            client.project(Login(login.url), "contoso-features")
        with pytest.raises(NotFoundError):
            client.project(login, "contoso-nothing")
        assert prove(wrong, "contoso-features", client=client).outcome is Outcome.FORBIDDEN
        assert prove(Login(login.url), "contoso-features", client=client).outcome is Outcome.NO_CREDENTIAL
