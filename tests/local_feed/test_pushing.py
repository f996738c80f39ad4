"""Uploads by the real twine and uv, and what comes back."""

from __future__ import annotations

import hashlib
import tarfile
import threading
from http.client import HTTPSConnection
from pathlib import Path

import pytest

from tests.local_feed.clients import Answer, Feed, Tools
from tests.wheelhouse import build_wheel


def sdist(folder: Path, name: str, version: str) -> Path:
    """A source distribution with its metadata."""
    root = folder / f"{name}-{version}"
    root.mkdir(parents=True)
    (root / "PKG-INFO").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (root / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    with tarfile.open(folder / f"{root.name}.tar.gz", "w:gz") as archive:
        archive.add(root, arcname=root.name)
    return folder / f"{root.name}.tar.gz"


def test_what_twine_pushes_pip_and_uv_install(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="pushed-by-twine")
    pushed = tools.twine(feed, wheel)
    assert pushed.code == 0, pushed.text
    assert tools.pip_download(feed, "pushed.by_twine").code == 0
    assert (tmp_path / "downloaded" / wheel.name).read_bytes() == wheel.read_bytes()
    assert tools.uv_install(feed, "Pushed-By-Twine==1.2.0").code == 0
    assert (tmp_path / "installed" / "pushed_by_twine" / "__init__.py").is_file()


def test_uv_pushes_a_wheel_and_a_source_distribution(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    files = [build_wheel(tmp_path, name="pushed-by-uv"), sdist(tmp_path, "pushed_by_uv", "1.2.0")]
    ended = tools.uv_publish(feed, *files)
    assert ended.code == 0, ended.text
    links = feed.ask("simple/pushed-by-uv/").links
    assert set(links) == {file.name for file in files}
    assert all(links[file.name].endswith(f"#sha256={_sha256(file)}") for file in files)


def test_a_file_can_be_pushed_once(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="once-only")
    words = f"The feed 'private' already contains file '{wheel.name}' in package 'once-only 1.2.0'."
    assert feed.push(wheel).status == 202
    by_twine, by_uv = tools.twine(feed, wheel), tools.uv_publish(feed, wheel)
    assert (by_twine.code, by_uv.code) == (1, 2)
    assert f"409 Conflict from {feed.url('upload')} Conflict - {words}" in by_twine.flat
    assert words in by_uv.flat
    other = build_wheel(tmp_path / "other", name="once-only", modules={"once_only/__init__.py": "changed = 1\n"})
    assert feed.push(other).status == 409
    assert feed.ask(feed.ask("simple/once-only/").links[wheel.name]).body == wheel.read_bytes()


def test_another_file_of_the_same_version_can_be_pushed(feed: Feed, tmp_path: Path) -> None:
    assert feed.push(build_wheel(tmp_path, name="two-files")).status == 202
    assert feed.push(build_wheel(tmp_path, name="two-files", tag="cp311-cp311-manylinux_2_28_x86_64")).status == 202


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("read", 403, "403 Forbidden"),
        ("norole", 403, "You need to have 'AddPackage'."),
        ("expired", 401, "The Personal Access Token used has expired."),
        ("listonly", 403, "You need to have 'AddPackage'."),
    ],
)
def test_a_token_must_be_one_that_may_write(feed: Feed, tmp_path: Path, kind: str, status: int, words: str) -> None:
    answer = feed.push(build_wheel(tmp_path, name="not-allowed"), password=feed.token(kind))
    assert answer.status == status
    assert words in f"{answer.status} {answer.reason}"
    assert feed.ask("simple/not-allowed/").status == 404


def test_twine_and_uv_say_that_a_token_may_only_read(feed: Feed, tools: Tools, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="read-only")
    by_twine = tools.twine(feed, wheel, token=feed.token("read"))
    assert by_twine.code == 1
    assert "lacks permission to complete this action. You need to have 'AddPackage'." in by_twine.flat
    by_uv = tools.uv_publish(feed, wheel, token=feed.token("read"))
    assert by_uv.code == 2
    assert "403 Forbidden" in by_uv.flat
    assert feed.token("read") not in by_twine.text + by_uv.text


def _refused(answer: Answer, words: str) -> None:
    assert answer.status == 400
    assert words in answer.message


def test_what_is_no_distribution_is_refused(feed: Feed, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="well-made")
    content = wheel.read_bytes()
    for name in ("notes.txt", "well_made-1.2.0.whl", "well_made-one-py3-none-any.whl", "../up-1.0.tar.gz", ".tar.gz"):
        _refused(feed.push_bytes(name, content), "is not the name of")
    _refused(feed.push_bytes(wheel.name, b"PK nothing"), "cannot be read as a distribution")
    _refused(feed.push_bytes("well_made-1.2.0.tar.gz", content), "cannot be read as a distribution")
    _refused(feed.push_bytes("well_made-1.3.0-py3-none-any.whl", content), "metadata of another package or version")
    _refused(feed.push_bytes("other-1.2.0-py3-none-any.whl", content), "metadata of another package or version")
    assert feed.ask("simple/well-made/").status == 404


def test_the_form_must_be_about_the_file(feed: Feed, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="well-formed")
    _refused(feed.push(wheel, sha256_digest="0" * 64), "is not the one that sha256_digest is about")
    _refused(feed.push(wheel, md5_digest="0" * 32), "is not the one that md5_digest is about")
    _refused(feed.push(wheel, name="ill-formed"), "The form's name 'ill-formed'")
    _refused(feed.push(wheel, version="1.3"), "The form's version '1.3'")
    _refused(feed.push(wheel, version="?"), "The form's version '?'")
    _refused(feed.ask("upload/", method="POST", body=b"x", headers={"Content-Type": "text/plain"}), "no multipart")
    _refused(feed.ask("upload/", method="POST", body=b"x" * 99, headers={"Content-Type": _FORM}), "ends too early")
    empty = b'--b\r\nContent-Disposition: form-data; name=":action"\r\n\r\nfile_upload\r\n--b--\r\n'
    _refused(feed.ask("upload/", method="POST", body=empty, headers={"Content-Type": _FORM}), "has no file")
    assert feed.push(wheel, name="Well.Formed", version="1.2", sha256_digest=_sha256(wheel)).status == 202


_FORM = "multipart/form-data; boundary=b"


def test_an_upload_address_is_good_with_and_without_a_slash(feed: Feed, tmp_path: Path) -> None:
    assert feed.push(build_wheel(tmp_path, name="slashless"), path="upload").status == 202


def test_a_large_file_goes_both_ways(feed: Feed, tmp_path: Path) -> None:
    blob = bytes(range(256)) * (30 << 12)
    wheel = build_wheel(tmp_path, name="large", files={"blob.bin": blob}, compression=0)
    assert wheel.stat().st_size > 30 << 20
    assert feed.push(wheel).status == 202
    body = feed.ask(feed.ask("simple/large/").links[wheel.name]).body
    assert hashlib.sha256(body).hexdigest() == _sha256(wheel)


def test_more_than_a_feed_takes_is_refused_before_it_is_sent(feed: Feed) -> None:
    connection = HTTPSConnection("localhost", feed.port, timeout=10, context=feed.context)
    try:
        connection.putrequest("POST", "/local/ml/_packaging/private/pypi/upload/")
        connection.putheader("Content-Length", str(2 << 30))
        connection.endheaders()
        assert connection.getresponse().status == 413
    finally:
        connection.close()


def test_of_many_that_push_the_same_at_once_one_wins(feed: Feed, tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path, name="contested")
    answers: list[int] = []
    threads = [threading.Thread(target=lambda: answers.append(feed.push(wheel).status)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [202, *[409] * 7]
    assert list((feed.service.feeds.folder / feed.service.feeds.all[0].id / "incoming").iterdir()) == []


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
