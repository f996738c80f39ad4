from __future__ import annotations

import pytest
from packaging.version import Version

from amlpriv.wheels.errors import InvalidWheelName
from amlpriv.wheels.filename import parse_filename


@pytest.mark.parametrize(
    ("filename", "name", "version", "build", "tags"),
    [
        ("Contoso.Features-1.2.0-py3-none-any.whl", "contoso-features", "1.2.0", (), {"py3-none-any"}),
        ("a_b-1-py2.py3-none-any.whl", "a-b", "1", (), {"py2-none-any", "py3-none-any"}),
        ("a-1.0-2local-cp311-abi3-win_amd64.whl", "a", "1.0", (2, "local"), {"cp311-abi3-win_amd64"}),
        ("torch-1!2.0+cu118-cp311-cp311-linux_x86_64.whl", "torch", "1!2.0+cu118", (), {"cp311-cp311-linux_x86_64"}),
        ("a-1.0.POST1-py3-none-any.whl", "a", "1.0.post1", (), {"py3-none-any"}),
    ],
)
def test_the_parts_of_a_name(filename: str, name: str, version: str, build: tuple[object, ...], tags: set[str]) -> None:
    parsed = parse_filename(filename)
    assert (parsed.name, parsed.version, parsed.build) == (name, Version(version), build)
    assert {str(tag) for tag in parsed.tags} == tags


@pytest.mark.parametrize(
    ("filename", "words"),
    [
        ("my-custom.whl", "too few parts (2)"),
        ("a-1.0-1-x-py3-none-any.whl", "too many parts (7)"),
        ("a-1.0.tar.gz", "source archive"),
        ("a-1.0.zip", "source archive"),
        ("a-1.0-py3-none-any.whl.crdownload", "does not end in '.whl'"),
        ("a-1.0-py3-none-any.WHL", "Rename it to 'a-1.0-py3-none-any.whl'"),
        ("a-1.0%2Bcpu-py3-none-any.whl", "Rename it to 'a-1.0+cpu-py3-none-any.whl'"),
        ("a-1.0-py3-none-any (1).whl", "Rename it to 'a-1.0-py3-none-any.whl'"),
        ("a-1.0-py3-none-any(12).whl", "Rename it to 'a-1.0-py3-none-any.whl'"),
        ("a-1.0-py3-none-any - Copy.whl", "Rename it to 'a-1.0-py3-none-any.whl'"),
        ("a-1.0-py3-none-any copy 2.whl", "Rename it to 'a-1.0-py3-none-any.whl'"),
        ("a-one-py3-none-any.whl", "not a version by PEP 440"),
        ("a- 1.0-py3-none-any.whl", "not a version by PEP 440"),
        (f"a-{'9' * 5000}.0-py3-none-any.whl", "not a version by PEP 440"),
        ("a-1.0_cu118-py3-none-any.whl", "not a version by PEP 440"),
        ("a__b-1.0-py3-none-any.whl", "two underscores"),
        ("-1.0-py3-none-any.whl", "where its name should be"),
        ("größe-1.0-py3-none-any.whl", "where its name should be"),
        ("dist/a-1.0-py3-none-any.whl", "where its name should be"),
        ("a-1.0-x1-py3-none-any.whl", "where its build number should be"),
        ("a-1.0-py3.-none-any.whl", "where its python tag should be"),
        ("a-1.0-3-none-any.whl", "where its python tag should be"),
        ("a-1.0-py3--any.whl", "where its abi tag should be"),
        ("a-1.0-py3-none-any\n.whl", "where its platform tag should be"),
        ("", "does not end in '.whl'"),
        (".whl", "too few parts (1)"),
    ],
)
def test_a_wrong_name_is_refused_with_its_reason(filename: str, words: str) -> None:
    with pytest.raises(InvalidWheelName) as caught:
        parse_filename(filename)
    assert words in str(caught.value)
    assert caught.value.hint
    assert caught.value.wheel == filename
