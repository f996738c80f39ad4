"""Where submodules are, by git's own output."""

from __future__ import annotations

import pytest

from amlpriv.repositories.submodules import Submodule, find_submodules, resolve_address

A = "a" * 40
PARENT = "https://git.example.org/team/outer.git"


def test_each_gets_its_address_and_commit() -> None:
    tree = [f"100644 blob {A}\tREADME", f"160000 commit {A}\tlibs/a b", f"160000 commit {A}\tlost"]
    settings = [
        "submodule.libs/a b.path libs/a b",
        "submodule.libs/a b.url ../inner.git",
        "submodule.other.path nowhere",
        "submodule.other.url https://git.example.org/x",
        "submodule.half.url https://git.example.org/x",
    ]
    assert find_submodules(tree, settings, PARENT) == (
        Submodule("libs/a b", A, "https://git.example.org/team/inner.git"),
        Submodule("lost", A, None),
    )


@pytest.mark.parametrize(
    ("url", "parent", "expected"),
    [
        ("../inner.git", PARENT, "https://git.example.org/team/inner.git"),
        ("../../other/inner.git", PARENT, "https://git.example.org/other/inner.git"),
        ("../../../../inner", PARENT, "https://git.example.org/inner"),
        ("./inner", PARENT, "https://git.example.org/team/outer.git/inner"),
        ("../b", "ssh://git@git.example.org:2222/team/a", "ssh://git@git.example.org:2222/team/b"),
        ("../b", "https://dev.azure.com/contoso/ml/_git/a", "https://dev.azure.com/contoso/ml/_git/b"),
        ("../b", "file:///srv/git/a", "file:///srv/git/b"),
        ("git@github.com:x/y.git", PARENT, "git@github.com:x/y.git"),
        ("https://git.example.com/x", PARENT, "https://git.example.com/x"),
    ],
)
def test_relative_addresses_go_from_the_parents(url: str, parent: str, expected: str) -> None:
    assert resolve_address(url, parent) == expected
