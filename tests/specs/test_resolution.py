"""Pins, and the lock that they make."""

from __future__ import annotations

import pytest
from packaging.utils import canonicalize_name
from packaging.version import Version

from amlpriv.errors import ConflictError
from amlpriv.specs.resolution import Pin, PinnedFile, Resolution, lock_text
from amlpriv.target import Target

A, B = "aa" * 32, "bb" * 32
LINUX, ARM, OLD = Target((3, 11), (2, 28)), Target((3, 11), (2, 28), "aarch64"), Target((3, 11), (2, 17))


def pin(name: str, version: str, sha256: str = A, *hashes: str) -> Pin:
    file = PinnedFile(f"{name}-{version}-py3-none-any.whl", f"https://files.example.org/{name}", sha256)
    return Pin(canonicalize_name(name), Version(version), (file,), hashes, "https://index.example.org/simple")


def test_a_lock_has_pins_with_hashes_and_no_address() -> None:
    text = lock_text(Resolution(LINUX, (pin("numpy", "2.0", A), pin("pandas", "2.2", A, f"sha256:{B}", f"sha256:{A}"))))
    assert text == (
        "# For CPython 3.11 on linux x86_64 with glibc 2.28.\n"
        f"numpy==2.0 \\\n    --hash=sha256:{A}\n"
        f"pandas==2.2 \\\n    --hash=sha256:{B} \\\n    --hash=sha256:{A}\n"
    )


def test_of_several_targets_a_line_has_a_marker_only_where_it_is_not_for_all() -> None:
    text = lock_text(
        Resolution(LINUX, (pin("both", "1", A), pin("other", "1"), pin("some", "1"))),
        Resolution(ARM, (pin("both", "1", B), pin("other", "2"))),
    )
    assert f"both==1 \\\n    --hash=sha256:{A} \\\n    --hash=sha256:{B}\n" in text
    assert 'other==1 ; python_version == "3.11" and platform_machine == "x86_64" \\' in text
    assert 'other==2 ; python_version == "3.11" and platform_machine == "aarch64" \\' in text
    assert 'some==1 ; python_version == "3.11" and platform_machine == "x86_64" \\' in text


def test_targets_that_no_marker_can_tell_apart_are_refused_where_they_differ() -> None:
    assert "same==1 " in lock_text(Resolution(LINUX, (pin("same", "1"),)), Resolution(OLD, (pin("same", "1"),)))
    with pytest.raises(ConflictError, match="other is locked as 1 and 2"):
        lock_text(Resolution(LINUX, (pin("other", "1"),)), Resolution(OLD, (pin("other", "2"),)))


def test_a_lock_of_nothing_says_for_what() -> None:
    assert lock_text(Resolution(LINUX, ())) == "# For CPython 3.11 on linux x86_64 with glibc 2.28.\n"
