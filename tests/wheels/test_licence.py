"""Licences, as packages say them."""

from __future__ import annotations

from pathlib import Path

import pytest

from amlpriv.wheels.licence import licence_of, read_licence
from tests.wheelhouse import build_wheel

HEAD = "Metadata-Version: 2.4\nName: a\nVersion: 1\n"
MIT = "Classifier: License :: OSI Approved :: MIT License\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("License-Expression: BSD-3-Clause AND MIT\nLicense: other\n" + MIT, "BSD-3-Clause AND MIT"),
        ("License: Apache-2.0\n" + MIT, "Apache-2.0"),
        ("License: UNKNOWN\n" + MIT, "MIT License"),
        (MIT + MIT, "MIT License"),
        ("License: MIT License\n        \n        Copyright (c) somebody\n        All of it.\n" + MIT, "MIT License"),
        ("License: A licence of our own\n        with a second line\n", "A licence of our own"),
        (f"License: {'x' * 300}\n", "x" * 97 + "..."),
        ("Classifier: Programming Language :: Python\n", ""),
        ("\nLicense: in the description\n", ""),
    ],
)
def test_the_licence_is_what_the_metadata_says(lines: str, expected: str) -> None:
    assert licence_of(HEAD + lines) == expected


def test_a_wheels_own_metadata_is_read(tmp_path: Path) -> None:
    wheel = build_wheel(tmp_path)
    with wheel.open("rb") as stream:
        assert read_licence(wheel.name, stream) == ""
