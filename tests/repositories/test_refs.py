"""Which commit a name means, as pip and uv read it."""

from __future__ import annotations

from amlpriv.repositories.refs import RefKind, Refs, is_commit, may_be_commit, nearest, read_refs, resolve

A, B, C, D = ("a" * 40, "b" * 40, "c" * 40, "d" * 40)

LISTED = [
    "warning: redirecting to https://git.example.org/team/x.git/",
    "ref: refs/heads/main\tHEAD",
    f"{A}\tHEAD",
    f"{A}\trefs/heads/main",
    f"{B}\trefs/heads/feature/x",
    f"{C}\trefs/tags/v1.0",
    f"{D}\trefs/tags/v1.0^{{}}",
    f"{B}\trefs/tags/light",
    f"{C}\trefs/pull/7/head",
]


def test_tags_are_peeled_and_other_lines_left_out() -> None:
    refs = read_refs(LISTED)
    expected = Refs("main", A, {"main": A, "feature/x": B}, {"v1.0": D, "light": B}, {"refs/pull/7/head": C})
    assert refs == expected


def test_names_are_found_by_their_short_and_whole_form() -> None:
    refs = read_refs(LISTED)
    for ref, kind, commit in (
        (None, RefKind.DEFAULT, A),
        ("HEAD", RefKind.DEFAULT, A),
        ("feature/x", RefKind.BRANCH, B),
        ("refs/heads/main", RefKind.BRANCH, A),
        ("v1.0", RefKind.TAG, D),
        ("refs/tags/v1.0", RefKind.TAG, D),
        ("refs/pull/7/head", RefKind.OTHER, C),
        ("bbbbbbb", RefKind.COMMIT, B),
    ):
        found = resolve(refs, ref)
        assert found is not None
        assert (found.kind, found.commit) == (kind, commit)
    assert resolve(refs, "x") is None
    assert resolve(refs, "refs/tags/main") is None
    assert resolve(refs, C) is None, "the tag's own object is no commit"


def test_a_kind_keeps_to_that_kind() -> None:
    refs = read_refs(LISTED)
    assert resolve(refs, "main", kind=RefKind.TAG) is None
    assert resolve(refs, "v1.0", kind=RefKind.BRANCH) is None


def test_a_branch_comes_before_a_tag_and_a_commit() -> None:
    refs = Refs("main", A, {"same": A, "abcdef0": B}, {"same": C})
    both = resolve(refs, "same")
    assert both is not None
    assert (both.kind, both.commit, both.tag_too) == (RefKind.BRANCH, A, C)
    like_a_commit = resolve(refs, "abcdef0")
    assert like_a_commit is not None
    assert (like_a_commit.kind, like_a_commit.commit) == (RefKind.BRANCH, B)


def test_a_tag_of_the_same_commit_is_no_other_meaning() -> None:
    both = resolve(Refs("main", A, {"same": A}, {"same": A}), "same")
    assert both is not None
    assert both.tag_too is None


def test_an_empty_repository_has_nothing() -> None:
    assert resolve(Refs(), None) is None


def test_near_names_are_offered() -> None:
    refs = Refs("main", A, {"main": A, "develop": A}, {"v1.0": A, "v1.1": A, "mypackage1/1.2": A})
    assert nearest(refs, "1.0")[0] == "v1.0"
    assert nearest(refs, "v1.2")[0] == "mypackage1/1.2"
    assert nearest(refs, "develp") == ("develop",)
    assert nearest(refs, "zzz") == ()


def test_what_may_be_a_commit() -> None:
    assert is_commit(A)
    assert is_commit("0" * 64)
    assert not is_commit("0" * 41)
    assert not is_commit("G" * 40)
    assert may_be_commit("abcdef0")
    assert not may_be_commit("abc")
    assert not may_be_commit("main")
