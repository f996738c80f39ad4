"""Redacted lines out of bytes, however they come."""

from __future__ import annotations

import pytest

from amlpriv.tool_output import LONGEST, Lines


def lines(*parts: bytes, secrets: tuple[str, ...] = ()) -> list[str]:
    made = Lines(secrets)
    return [line for part in parts for line in made.feed(part)] + made.finish()


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((b"a\nb\n",), ["a", "b"]),
        ((b"a", b"b\r", b"\nc"), ["ab", "c"]),
        ((b"10%\r20%\r\nend",), ["10%", "20%", "end"]),
        ((b"\n\n",), ["", ""]),
        (("ä".encode()[:1], "ä\n".encode()[1:]), ["ä"]),
        ((b"bad \xff\n",), ["bad \ufffd"]),
        ((), []),
    ],
)
def test_lines_are_whole(parts: tuple[bytes, ...], expected: list[str]) -> None:
    assert lines(*parts) == expected


def test_a_secret_that_comes_in_two_parts_is_seen() -> None:
    assert lines(b"x hun", b"ter2hunter2 y\n", secrets=("hunter2hunter2",)) == ["x *** y"]
    assert lines(b"https://h/x?si", b"g=abc", b"def\nplain\n") == ["https://h/x?sig=***", "plain"]


@pytest.mark.parametrize(
    "secret", ["correct horse battery", "https://h/x?sig=abcdef", "Authorization: Bearer t0ps3cret"]
)
@pytest.mark.parametrize("before", range(LONGEST // 2 - 30, LONGEST // 2 + 1, 7))
def test_a_long_line_is_never_cut_within_a_secret(secret: str, before: int) -> None:
    text = "x" * (before - 1) + " " + secret + " " + "y" * LONGEST
    found = lines(text.encode(), b"\n", secrets=("correct horse battery",))
    assert len(found) > 1
    whole = "".join(found)
    assert "horse" not in whole
    assert "abcdef" not in whole
    assert "t0ps3cret" not in whole
    assert len(whole) > LONGEST
