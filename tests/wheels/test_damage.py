"""Whatever happens to the bytes of a wheel: an error of ours, or the same wheel. Never another exception."""

from __future__ import annotations

import io
import tempfile
import zipfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.wheels.errors import WheelFault
from amlpriv.wheels.read import read_wheel
from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import build_wheel

NAME = "contoso_features-1.2.0-py3-none-any.whl"
METHODS = st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
PLACES = st.floats(0, 1, exclude_max=True)


@cache
def sound(method: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return build_wheel(
            Path(folder),
            modules={"contoso_features/__init__.py": "x = 1\n" * 20, "contoso_features/größe.py": ""},
            requires_dist=["numpy>=1"],
            compression=method,
        ).read_bytes()


def outcome(data: bytes) -> Wheel | None:
    """The wheel that is read, or None for an error of ours; anything else fails the test."""
    try:
        return read_wheel(NAME, io.BytesIO(data))
    except WheelFault:
        return None


def assert_refused_or_the_same(data: bytes, method: int) -> None:
    wheel, original = outcome(data), outcome(sound(method))
    assert original is not None
    if wheel is not None:
        # The bytes may differ where nothing is installed from (times, comments). The executable bit stands in the
        # archive alone: no checksum covers it, which is why the content hash has it.
        assert replace(wheel, sha256="", content_hash="", size=0) == replace(
            original, sha256="", content_hash="", size=0
        )


@given(METHODS, st.lists(st.tuples(PLACES, st.integers(0, 7)), min_size=1, max_size=4))
@settings(max_examples=400, deadline=None)
def test_flipped_bits(method: int, flips: list[tuple[float, int]]) -> None:
    data = bytearray(sound(method))
    for place, bit in flips:
        data[int(place * len(data))] ^= 1 << bit
    assert_refused_or_the_same(bytes(data), method)


@given(METHODS, PLACES)
@settings(max_examples=150, deadline=None)
def test_a_cut_end_is_always_refused(method: int, place: float) -> None:
    data = sound(method)
    assert outcome(data[: int(place * len(data))]) is None


@given(METHODS, PLACES, PLACES, st.binary(max_size=40))
@settings(max_examples=150, deadline=None)
def test_replaced_bytes(method: int, start: float, end: float, new: bytes) -> None:
    data = sound(method)
    first, last = sorted((int(start * len(data)), int(end * len(data))))
    assert_refused_or_the_same(data[:first] + new + data[last:], method)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_arbitrary_bytes_are_refused(data: bytes) -> None:
    assert outcome(data) is None
    assert outcome(b"PK\x03\x04" + data) is None


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_every_single_byte_of_the_list_of_members(method: int) -> None:
    data = sound(method)
    for place in range(data.index(b"PK\x01\x02"), len(data)):
        for value in (0x00, 0x80, 0xFF):
            assert_refused_or_the_same(data[:place] + bytes([value]) + data[place + 1 :], method)
