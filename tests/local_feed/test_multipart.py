"""Forms read as they come, in pieces of any size."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from amlpriv.local.feed.multipart import BadForm, Form, TooLarge, boundary_of, read_form


class Slow:
    """A stream that gives at most ``step`` bytes at once."""

    def __init__(self, data: bytes, step: int) -> None:
        self._stream, self._step = io.BytesIO(data), step

    def read(self, size: int, /) -> bytes:
        return self._stream.read(min(size, self._step))


def form(content: bytes, *, boundary: bytes = b"b", end: bytes = b"--\r\n", name: bytes = b"x.whl") -> bytes:
    """A form with two fields, a file and a field."""
    parts = [
        b'Content-Disposition: form-data; name="name"\r\n\r\nfirst',
        b'content-disposition: form-data; name="name"\r\n\r\nsecond',
        b'Content-Disposition: form-data; name="content"; filename="'
        + name
        + b'"\r\nContent-Type: a/b\r\n\r\n'
        + content,
        b'Content-Disposition: form-data; name="version"\r\n\r\n1',
    ]
    return b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + boundary + end


def read(data: bytes, target: Path, *, step: int = 1 << 20, most: int = 1 << 20) -> Form:
    return read_form(Slow(data, step), b"b", target, most=most)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(
    st.lists(st.sampled_from([b"\r\n", b"--b", b"\r\n--", b"-", b"x", b"\r", b"\n", b"b"])).map(b"".join),
    st.integers(1, 9),
)
def test_any_content_comes_through_in_pieces_of_any_size(tmp_path: Path, content: bytes, step: int) -> None:
    if b"\r\n--b" in b"\r\n" + content:
        return  # that would be the boundary, which a client chooses so that it is not in the content
    found = read(form(content), tmp_path / "file", step=step)
    assert (tmp_path / "file").read_bytes() == content
    assert found == Form(
        {"name": "first", "version": "1"},
        "x.whl",
        len(content),
        hashlib.sha256(content).hexdigest(),
        hashlib.md5(content, usedforsecurity=False).hexdigest(),
    )


def test_a_name_may_have_any_letters(tmp_path: Path) -> None:
    assert read(form(b"x", name="bücher.whl".encode()), tmp_path / "file").filename == "bücher.whl"


@pytest.mark.parametrize(
    "data",
    [b"", b"--b", b"--b\r\n", form(b"x")[:-4], form(b"x", end=b"xx"), b"--b\r\n\r\nx\r\n--b--", b"--c\r\n\r\n--c--"],
)
def test_what_is_no_form_is_refused(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(BadForm):
        read(data, tmp_path / "file")


def test_too_much_is_refused(tmp_path: Path) -> None:
    for data in (form(b"x" * 101), form(b"x" * 1000)):
        with pytest.raises(TooLarge):
            read(data, tmp_path / "file", most=100, step=7)
    assert read(form(b"x" * 100), tmp_path / "file", most=100).size == 100
    head = b"--b\r\nContent-Disposition: form-data; name=" + b"x" * 20_000
    with pytest.raises(TooLarge):
        read(head, tmp_path / "file")
    text = b'--b\r\nContent-Disposition: form-data; name="description"\r\n\r\n' + b"x" * (9 << 20)
    with pytest.raises(TooLarge):
        read(text, tmp_path / "file")


def test_the_boundary_stands_in_the_content_type() -> None:
    assert boundary_of("multipart/form-data; boundary=abc") == b"abc"
    assert boundary_of('Multipart/Form-Data; charset=x; boundary="a b"') == b"a b"
    for other in (
        "",
        "text/plain",
        "multipart/form-data",
        "multipart/mixed; boundary=x",
        "multipart/form-data; boundary=",
    ):
        with pytest.raises(BadForm):
            boundary_of(other)
