from __future__ import annotations

import pytest

from amlpriv.wheels.imports import import_names


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["pkg/__init__.py", "pkg/a.py", "pkg/sub/b.py"], ("pkg",)),
        (["module.py", "other.py"], ("module", "other")),
        (["pkg/__init__.py", "tests/__init__.py"], ("pkg", "tests")),
        (["fast.cpython-311-x86_64-linux-gnu.so"], ("fast",)),
        (
            ["fast.abi3.so", "slow.cp311-win_amd64.pyd", "plain.so", "pp.pypy39-pp73-darwin.so"],
            ("fast", "plain", "pp", "slow"),
        ),
        (["pkg/__init__.cpython-311-x86_64-linux-gnu.so", "pkg/a.py"], ("pkg",)),
        (["google/cloud/storage/__init__.py", "google/cloud/storage/a.py"], ("google.cloud.storage",)),
        (["ns/one/__init__.py", "ns/two.py", "ns/deep/er/three.py"], ("ns.deep.er.three", "ns.one", "ns.two")),
        (["a-1.data/purelib/pkg/__init__.py", "a-1.data/platlib/fast.so"], ("fast", "pkg")),
        (["shadow.py", "shadow/extra.py"], ("shadow",)),
        (["compiled.pyc", "pkg/__pycache__/x.cpython-311.pyc"], ("compiled",)),
    ],
)
def test_names_that_can_be_imported(paths: list[str], names: tuple[str, ...]) -> None:
    assert import_names(paths) == names


@pytest.mark.parametrize(
    "path",
    [
        "a-1.dist-info/METADATA",
        "a-1.dist-info/hook.py",
        "a-1.data/scripts/run.py",
        "a-1.data/data/share/x.py",
        "a-1.data/x.py",
        "a.libs/libgomp-a34b3233.so.1.0.0",
        "a.libs/liba.so",
        "pkg/__init__.pyi",
        "README.md",
        "a.pth",
        "not-a-name.py",
        "__main__.py",
        "__init__.py",
    ],
)
def test_files_that_cannot_be_imported(path: str) -> None:
    assert import_names([path]) == ()
