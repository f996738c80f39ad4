"""Bodies that are read once, from the front."""

from __future__ import annotations

import io

from amlpriv.local.feed.bodies import Body


def test_no_more_is_read_than_belongs_to_it() -> None:
    stream = io.BytesIO(b"0123456789")
    body = Body(stream, 6)
    assert (body.read(4), body.read(4), body.read(4)) == (b"0123", b"45", b"")
    assert stream.read() == b"6789"


def test_what_nobody_read_can_be_taken_away() -> None:
    stream = io.BytesIO(b"0123456789")
    body = Body(stream, 6)
    assert body.drain()
    assert (body.left, stream.read()) == (0, b"6789")
    assert not Body(io.BytesIO(b"01"), 2).drain(seconds=0.0)


def test_a_client_that_goes_away_ends_it() -> None:
    body = Body(io.BytesIO(b"01"), 6)
    assert (body.read(6), body.read(6), body.left) == (b"01", b"", 0)
