"""Sending distributions: real uv and twine, against pypiserver, devpi and an index that misbehaves as it is told."""

from __future__ import annotations

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.feeds import FeedUrl, parse_feed_url
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    ConflictError,
    InputError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UnsupportedError,
    UsageError,
)
from amlpriv.indexes.distributions import Distribution, read_distribution
from amlpriv.indexes.upload_tools import Tool
from amlpriv.indexes.uploading import Outcome, Uploaded, upload
from amlpriv.secret import Secret
from tests.package_servers import PASSWORD, USER, Server, ToldIndex, devpi_server, pypi_server, told_index
from tests.wheelhouse import build_sdist, build_wheel

TOOLS = pytest.mark.parametrize("tool", [Tool.UV, Tool.TWINE])
LOGIN = Credentials(Secret(USER), Secret(PASSWORD))


@pytest.fixture(scope="module")
def pypi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One pypiserver for all; each test has packages of its own."""
    with pypi_server(tmp_path_factory.mktemp("pypiserver")) as server:
        yield server


@pytest.fixture(scope="module")
def devpi(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One devpi-server for all."""
    with devpi_server(tmp_path_factory.mktemp("devpi")) as server:
        yield server


@pytest.fixture
def told() -> Iterator[ToldIndex]:
    """An index of this process."""
    with told_index() as index:
        yield index


def made(folder: Path, name: str, version: str = "1.0", text: str = "x = 1\n") -> Distribution:
    """A wheel of its own."""
    return read_distribution(build_wheel(folder, name=name, version=version, modules={f"{name}.py": text}))


def push(
    item: Distribution,
    simple: str | FeedUrl,
    environ: Mapping[str, str],
    tool: Tool | None = None,
    login: Credentials | None = LOGIN,
    upload_url: str | None = None,
) -> Uploaded:
    """One distribution."""
    feed = parse_feed_url(simple) if isinstance(simple, str) else simple
    return upload([item], feed, login, environ=environ, tool=tool, upload_url=upload_url)[0]


def refused(
    kind: type[AmlprivError], item: Distribution, simple: str, environ: Mapping[str, str], **how: object
) -> str:
    """The words of the error; there is no secret in them."""
    with pytest.raises(kind) as caught:
        push(item, simple, environ, **how)  # type: ignore[arg-type]
    assert PASSWORD not in str(caught.value)
    return str(caught.value)


@TOOLS
def test_what_was_sent_is_there_the_next_time(
    pypi: Server, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    item = made(tmp_path, f"first{tool.value}")
    assert push(item, pypi.simple, scrubbed, tool).outcome is Outcome.SENT
    assert push(item, pypi.simple, scrubbed, tool) == Uploaded(item, Outcome.THERE)


@TOOLS
def test_a_source_archive_is_sent_as_well(pypi: Server, scrubbed: dict[str, str], tmp_path: Path, tool: Tool) -> None:
    item = read_distribution(build_sdist(tmp_path, name=f"archived-{tool.value}", version="2.0"))
    assert push(item, pypi.simple, scrubbed, tool).outcome is Outcome.SENT
    assert push(item, pypi.simple, scrubbed, tool).outcome is Outcome.THERE


def test_other_bytes_are_refused_with_both_hashes_and_nothing_is_sent(
    pypi: Server, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    feed = parse_feed_url(pypi.simple)
    old, new = made(tmp_path / "old", "changed"), made(tmp_path / "new", "changed", text="x = 2\n")
    fresh = made(tmp_path / "new", "fresh")
    push(old, pypi.simple, scrubbed)
    with pytest.raises(ConflictError) as caught:
        upload([fresh, new], feed, LOGIN, environ=scrubbed)
    assert old.sha256 in str(caught.value)
    assert new.sha256 in str(caught.value)
    assert "raise it" in str(caught.value)
    looked = upload([fresh], feed, LOGIN, environ=scrubbed, dry_run=True)
    assert [item.outcome for item in looked] == [Outcome.WOULD_SEND]


@TOOLS
def test_a_wrong_password_that_reading_does_not_need_is_named_when_sending(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    told.answer = (401, b"<h1>Who are you?</h1>")
    words = refused(AuthenticationError, made(tmp_path, "nobody"), told.simple, scrubbed, tool=tool)
    assert "does not accept the credential (401)" in words
    assert "Who are you?" in words
    assert "<h1>" not in words


def test_a_wrong_password_is_named_when_reading(pypi: Server, scrubbed: dict[str, str], tmp_path: Path) -> None:
    wrong = Credentials(Secret(USER), Secret("not-the-password"))
    words = refused(PermissionDeniedError, made(tmp_path, "wrong"), pypi.simple, scrubbed, login=wrong)
    assert "password" in words


def test_no_credential_is_named_with_the_way_to_give_one(
    pypi: Server, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    words = refused(AuthenticationError, made(tmp_path, "anonymous"), pypi.simple, scrubbed, login=None)
    assert "--token-from" in words


@pytest.mark.parametrize(
    ("tool", "status", "body", "kind", "expected"),
    [
        (Tool.UV, 403, b"Forbidden for you", PermissionDeniedError, "may read only"),
        (Tool.UV, 403, b"The feed 'x' already contains file 'y'", ConflictError, "had before"),
        (
            Tool.UV,
            404,
            b'{"message": "The feed with ID \'nofeed\' doesn\'t exist."}',
            NotFoundError,
            "'nofeed' doesn't exist.",
        ),
        (Tool.UV, 409, b"was deleted", ConflictError, "deleted"),
        (Tool.UV, 400, b"File already exists", ConflictError, "had before"),
        (Tool.UV, 400, b"Bad metadata", ServiceError, "Bad metadata"),
        (Tool.UV, 413, b"too large", InputError, "too large"),
        (Tool.TWINE, 403, b"Forbidden for you", PermissionDeniedError, "may read only"),
        (Tool.TWINE, 413, b"too large", InputError, "too large"),
    ],
)
def test_each_refusal_is_its_own_error(
    told: ToldIndex,
    scrubbed: dict[str, str],
    tmp_path: Path,
    tool: Tool,
    status: int,
    body: bytes,
    kind: type[AmlprivError],
    expected: str,
) -> None:
    told.answer = (status, body)
    assert expected in refused(kind, made(tmp_path, "refused"), told.simple, scrubbed, tool=tool)


@TOOLS
def test_an_answer_that_was_lost_counts_when_the_index_has_the_file(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    told.lost = 1
    result = push(made(tmp_path, "lost"), told.simple, {**scrubbed, "UV_HTTP_RETRIES": "1"}, tool)
    assert result.outcome is Outcome.THERE
    assert "the index has these bytes" in result.note


def test_a_page_without_hashes_is_judged_by_the_file_itself(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    told.with_hashes = False
    item, other = made(tmp_path / "a", "hashless"), made(tmp_path / "b", "hashless", text="x = 2\n")
    push(item, told.simple, scrubbed)
    assert push(item, told.simple, scrubbed).outcome is Outcome.THERE
    assert item.sha256 in refused(ConflictError, other, told.simple, scrubbed)


@TOOLS
def test_nothing_of_the_users_publishing_settings_interferes(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    home = Path(scrubbed["HOME"])
    closed = "http://127.0.0.1:9/"
    (home / ".pypirc").write_text(f"[pypi]\nrepository = {closed}\nusername = bad\npassword = bad\n", encoding="utf-8")
    (home / ".netrc").write_text("machine 127.0.0.1\nlogin bad\npassword bad\n", encoding="utf-8")
    (home / ".netrc").chmod(0o600)
    config = home / "uv.toml"
    config.write_text(f'publish-url = "{closed}"\nkeyring-provider = "subprocess"\n', encoding="utf-8")
    publishing = {"UV_PUBLISH_URL": closed, "UV_PUBLISH_TOKEN": "bad", "UV_PUBLISH_CHECK_URL": closed}
    publishing |= {"TWINE_USERNAME": "bad", "TWINE_REPOSITORY_URL": closed, "UV_CONFIG_FILE": str(config)}
    environ = {**scrubbed, **publishing, "UV_INDEX": f"http://bad:bad@{told.origin[7:]}/simple/"}
    environ.pop("UV_NO_CONFIG")

    assert push(made(tmp_path, "mine"), told.simple, environ, tool).outcome is Outcome.SENT
    expected = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert set(told.authorizations) == {f"Basic {expected}"}


@TOOLS
def test_without_a_credential_none_of_the_users_is_sent(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    netrc = Path(scrubbed["HOME"], ".netrc")
    netrc.write_text("machine 127.0.0.1\nlogin bad\npassword bad\n", encoding="utf-8")
    netrc.chmod(0o600)
    assert push(made(tmp_path, "open"), told.simple, scrubbed, tool, login=None).outcome is Outcome.SENT
    bad = base64.b64encode(b"bad:bad").decode()
    assert not any(bad in header for header in told.authorizations)


@TOOLS
def test_a_token_alone_gets_a_user(told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool) -> None:
    for login in (Credentials(Secret("token-alone"), None), Credentials(None, Secret("token-alone"))):
        told.files.clear()
        push(made(tmp_path, "alone"), told.simple, scrubbed, tool, login=login)
    expected = base64.b64encode(b"__token__:token-alone").decode()
    assert set(told.authorizations) == {f"Basic {expected}"}


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="needs /proc")
@TOOLS
def test_the_token_is_in_no_argument_of_any_process(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    seen: list[bytes] = []

    def look() -> None:
        for process in Path("/proc").iterdir():
            if process.name.isdigit():
                try:
                    seen.append((process / "cmdline").read_bytes())
                except OSError:
                    continue

    told.on_upload = look
    push(made(tmp_path, "silent"), told.simple, scrubbed, tool)
    assert any(told.origin.encode() in line for line in seen), "the tool itself was not seen"
    assert not any(PASSWORD.encode() in line for line in seen)


@TOOLS
def test_the_token_is_in_no_file_afterwards(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool
) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary))
    push(made(tmp_path / "dist", "forgotten"), told.simple, {**scrubbed, **places}, tool)
    told.answer = (403, b"no")
    refused(PermissionDeniedError, made(tmp_path / "dist", "kept"), told.simple, {**scrubbed, **places}, tool=tool)
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode())
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert PASSWORD.encode() not in path.read_bytes(), path
            assert basic not in path.read_bytes(), path


def test_an_old_name_is_sent_as_uv_takes_it(told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path) -> None:
    """uv 0.13 leaves out what is not named in the normal form, and ends with 0."""
    plain = build_wheel(tmp_path, name="old_style", version="1.0", modules={"old_style.py": ""})
    old = read_distribution(plain.rename(plain.with_name("Old_Style-1.0-py3-none-any.whl")))
    assert push(old, told.simple, scrubbed, Tool.UV).outcome is Outcome.SENT
    assert list(told.files) == ["old_style-1.0-py3-none-any.whl"]
    assert push(old, told.simple, scrubbed, Tool.UV).outcome is Outcome.THERE


def test_a_folder_with_the_signs_of_a_pattern_is_no_pattern(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    item = made(tmp_path / "a[b] *c" if os.name != "nt" else tmp_path / "a[b] c", "odd")
    assert push(item, told.simple, scrubbed, Tool.UV).outcome is Outcome.SENT


def test_an_error_says_how_many_files_went_before_it(told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path) -> None:
    items = [made(tmp_path, "several", version) for version in ("1.0", "2.0", "3.0")]
    done: list[Uploaded] = []

    def fail_later() -> None:
        told.answer = (403, b"no") if len(told.files) > 1 else None

    told.on_upload = fail_later
    with pytest.raises(PermissionDeniedError, match="2 files were sent before"):
        upload(items, parse_feed_url(told.simple), LOGIN, environ=scrubbed, done=done.append)
    assert [one.distribution for one in done] == items[:2]
    told.on_upload, told.answer = lambda: None, None
    again = upload(items, parse_feed_url(told.simple), LOGIN, environ=scrubbed)
    assert [one.outcome for one in again] == [Outcome.THERE, Outcome.THERE, Outcome.SENT]


def test_a_view_is_refused_with_the_reason(scrubbed: dict[str, str], tmp_path: Path) -> None:
    view = "https://pkgs.dev.azure.com/contoso/ml/_packaging/private@Release/pypi/simple/"
    words = refused(UnsupportedError, made(tmp_path, "viewed"), view, scrubbed)
    assert "promotion" in words


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://pypi.fury.io/contoso/", "fury push"),
        ("https://gitlab.example.org/api/v4/groups/7/-/packages/pypi/simple/", "projects/ID"),
        ("https://feeds.example.org/team/simple/", "--upload-url"),
    ],
)
def test_an_index_that_takes_no_uploads_is_named(
    scrubbed: dict[str, str], tmp_path: Path, address: str, expected: str
) -> None:
    assert expected in refused(UnsupportedError, made(tmp_path, "homeless"), address, scrubbed)


def test_the_address_for_uploads_may_have_no_credential_in_it(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    address = f"http://{USER}:{PASSWORD}@{told.origin[7:]}/"
    words = refused(UsageError, made(tmp_path, "leaky"), told.simple, scrubbed, upload_url=address)
    assert "credential" in words


def test_a_file_that_azure_artifacts_does_not_take_is_not_even_read_for(
    scrubbed: dict[str, str], tmp_path: Path
) -> None:
    large = replace(made(tmp_path, "large"), size=500 * 1024 * 1024 + 1)
    feed = "https://pkgs.dev.azure.com/contoso/_packaging/private/pypi/simple/"
    assert "500" in refused(InputError, large, feed, scrubbed)


@TOOLS
def test_no_answer_is_no_refusal(told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path, tool: Tool) -> None:
    environ = {**scrubbed, "UV_HTTP_RETRIES": "0"}
    words = refused(
        NetworkError, made(tmp_path, "far"), told.simple, environ, tool=tool, upload_url="http://127.0.0.1:9/"
    )
    assert "does not answer" in words


def test_devpi_takes_a_file_once_and_other_bytes_never(devpi: Server, scrubbed: dict[str, str], tmp_path: Path) -> None:
    """devpi accepts the same bytes again; and a volatile index other ones as well, which we do not let happen."""
    old, new = made(tmp_path / "old", "devpi-one"), made(tmp_path / "new", "devpi-one", text="x = 2\n")
    for index in (devpi.simple, devpi.simple.replace("/kept/", "/volatile/")):
        assert push(old, index, scrubbed).outcome is Outcome.SENT
        assert push(old, index, scrubbed, Tool.TWINE).outcome is Outcome.THERE
        assert new.sha256 in refused(ConflictError, new, index, scrubbed)


def test_devpi_names_an_unknown_index_and_a_wrong_password(
    devpi: Server, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    item = made(tmp_path, "devpi-two")
    refused(NotFoundError, item, devpi.simple.replace("/kept/", "/nowhere/"), scrubbed)
    wrong = Credentials(Secret(USER), Secret("not-the-password"))
    refused((AuthenticationError, PermissionDeniedError), item, devpi.simple, scrubbed, login=wrong)  # type: ignore[arg-type]


def test_uv_is_found_without_a_path_since_it_is_installed_with_us(
    told: ToldIndex, scrubbed: dict[str, str], tmp_path: Path
) -> None:
    assert push(made(tmp_path, "pathless"), told.simple, {**scrubbed, "PATH": ""}).outcome is Outcome.SENT
