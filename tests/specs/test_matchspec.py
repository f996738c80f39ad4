"""Lines of the conda layer, read as conda reads them. The table was compared with conda's own MatchSpec."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from amlpriv.errors import InputError
from amlpriv.specs.matchspec import parse_match
from amlpriv.specs.positions import Position


@pytest.mark.parametrize(
    ("line", "name", "version", "build"),
    [
        ("python", "python", None, None),
        ("NumPy", "numpy", None, None),
        ("python=3.11", "python", "3.11.*", None),
        ("python =3.11", "python", "3.11.*", None),
        ("python = 3.11", "python", "3.11.*", None),
        ("python=3.11.*", "python", "3.11.*", None),
        ("python=3.11*", "python", "3.11.*", None),
        ("python==3.11.*", "python", "3.11.*", None),
        ("python=3.", "python", "3.*", None),
        ("python==3.11", "python", "3.11", None),
        ("python == 3.11", "python", "3.11", None),
        ("python 3.11", "python", "3.11", None),
        ("python[version=3.11]", "python", "3.11", None),
        ("python[version='=3.11']", "python", "3.11.*", None),
        ("python>=3.9,<3.12", "python", "<3.12,>=3.9", None),
        ("python >= 3.9 , < 3.12", "python", "<3.12,>=3.9", None),
        ("python[version='>=3.9, <3.12']", "python", "<3.12,>=3.9", None),
        ("foo >=1.2.*", "foo", ">=1.2", None),
        ("foo !=1.*", "foo", "!=1.*", None),
        ("foo~=1.26.1", "foo", "~=1.26.1", None),
        ("foo 1.2.*|>=2", "foo", "1.2.*|>=2", None),
        ("foo <2 | >3", "foo", "<2|>3", None),
        ("foo=3.9|3.10", "foo", "3.10|3.9.*", None),
        ("foo=1.2,>=1", "foo", "1.2.*,>=1", None),
        ("numpy=1.26=py311h_0", "numpy", "1.26", "py311h_0"),
        ("numpy==1.26=py311h_0", "numpy", "1.26", "py311h_0"),
        ("numpy 1.26 py311*", "numpy", "1.26", "py311*"),
        ("numpy=1.26 py311*", "numpy", "1.26", "py311*"),
        ("foo>=1.0 py_0", "foo", ">=1.0", "py_0"),
        ("foo>=1,<2=py_0", "foo", "<2,>=1", "py_0"),
        ("foo=1.2=*", "foo", "1.2", None),
        ("foo[version='>=1,<2', build='py*']", "foo", "<2,>=1", "py*"),
        ("_libgcc_mutex=0.1=main", "_libgcc_mutex", "0.1", "main"),
        ("foo=1!2.0+l", "foo", "1!2.0+l.*", None),
        ("foo=1!2.0 py_0", "foo", "1!2.0", "py_0"),
        ("foo=1.0.post1", "foo", "1.0.post1.*", None),
        ("foo=2024a", "foo", "2024a.*", None),
        ("foo=*", "foo", None, None),
        ("foo *", "foo", None, None),
        ("foo >=1,*", "foo", ">=1", None),
        ("foo >=1|*", "foo", None, None),
        ("pip=", "pip", None, None),
        ("a.b_c=1", "a.b_c", "1.*", None),
        (r"foo ^1\.2$", "foo", r"^1\.2$", None),
        ("foo=1.2.*.4", "foo", "1.2.*.4.*", None),
    ],
)
def test_a_line_means(line: str, name: str, version: str | None, build: str | None) -> None:
    match = parse_match(line)
    assert (match.name, match.version, match.build) == (name, version, build)
    assert match.remark is None
    assert not match.template


@pytest.mark.parametrize(
    ("line", "channel", "subdir"),
    [
        ("conda-forge::lightgbm=3.3", "conda-forge", None),
        ("pkgs/main::x", "pkgs/main", None),
        ("conda-forge/linux-64::x", "conda-forge", "linux-64"),
        ("conda-forge/noarch::x", "conda-forge", "noarch"),
        ("https://example.org/t/abc/ch::x", "https://example.org/t/abc/ch", None),
        ("x[channel=conda-forge, subdir=linux-64]", "conda-forge", "linux-64"),
        ("https://example.org/ch/linux-64/x-1.0-0.conda", "https://example.org/ch", "linux-64"),
    ],
)
def test_a_channel_and_its_platform_are_told_apart(line: str, channel: str, subdir: str | None) -> None:
    match = parse_match(line)
    assert (match.channel, match.subdir) == (channel, subdir)


def test_an_archive_is_one_version_and_build() -> None:
    match = parse_match("https://example.org/ch/linux-64/scikit-learn-1.5.0-py311_0.tar.bz2#abc")
    assert (match.name, match.version, match.build) == ("scikit-learn", "1.5.0", "py311_0")


def test_what_else_stands_in_brackets_is_kept() -> None:
    assert parse_match('x[build_number=">=2", license=MIT]').others == {"build_number": ">=2", "license": "MIT"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("foo >=1.0,", "nothing is not a version"),
        ("foo==", "'==' is not a version"),
        ("foo<=>2", "'<=>2' is not a version"),
        ("foo=1..2", "is not a version"),
        ("foo=1.2=py_0=x", "is not a version"),
        ("foo >1 <2", "is not a version"),
        ("foo~=1.2.*", "is not a version"),
        ("foo@1.0", "Not a conda dependency"),
        ("@/foo", "Not a conda dependency"),
        ("git+https://example.org/x.git", "Not a conda dependency"),
        ("foo[bar=1]", "conda knows no 'bar'"),
        ("foo[verison='1']", "conda knows no 'verison'"),
        ("foo[version='>=1'", "brackets"),
        ("foo[version]", "not of the form key=value"),
        ("foo (>=1,<2)|>5", "no parentheses"),
        ("foo bar baz qux", "more than a version and a build"),
    ],
)
def test_what_conda_refuses_is_refused_with_its_place(line: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        parse_match(line, Position("conda.yml", 7, 5))
    assert (caught.value.file, caught.value.line, caught.value.column) == ("conda.yml", 7, 5)


def test_a_slip_in_brackets_gets_a_suggestion() -> None:
    with pytest.raises(InputError) as caught:
        parse_match("foo[verison='1']")
    assert caught.value.hint == "Did you mean 'version'?"


@pytest.mark.parametrize(
    ("line", "version", "remark"),
    [
        ("foo=>1.2", ">1.2", "conda reads 'foo=>1.2' as '>1.2'."),
        ("foo (>=1)", None, "any version will do"),
        ("foo(>=1)", None, "any version will do"),
    ],
)
def test_what_conda_misreads_is_said(line: str, version: str | None, remark: str) -> None:
    match = parse_match(line)
    assert match.version == version
    assert match.remark is not None
    assert remark in match.remark


@pytest.mark.parametrize(
    "line", ["numpy={{ version }}", "{{ name }}=1", "conda-forge::numpy={{ v }}", "numpy ${{ v }}"]
)
def test_a_template_is_kept_for_what_it_is(line: str) -> None:
    assert parse_match(line).template


def test_a_password_in_a_channel_is_not_shown() -> None:
    with pytest.raises(InputError) as caught:
        parse_match("https://user:s3cret@example.org/ch::x=1..2")
    assert "s3cret" not in str(caught.value)


_VERSIONS = st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,3}(a1|rc2|\.post1)?", fullmatch=True)


@given(st.sampled_from(["=", "==", ">=", "<", "!=", "~=", " "]), _VERSIONS, st.sampled_from(["", " ", "  "]))
def test_blanks_around_an_operator_mean_nothing(operator: str, version: str, blank: str) -> None:
    spaced = f"foo{blank}{operator}{blank[:1]}{version}"  # conda takes one blank behind an operator
    assert parse_match(spaced).version == parse_match(f"foo{operator}{version}").version


@given(st.lists(st.tuples(st.sampled_from([">=", "<", "!=", "~="]), _VERSIONS), min_size=1, max_size=4))
def test_the_order_of_constraints_means_nothing(constraints: list[tuple[str, str]]) -> None:
    texts = ["".join(one) for one in constraints]
    shuffled = list(reversed(texts))
    assert parse_match(f"foo {','.join(texts)}").version == parse_match(f"foo {','.join(shuffled)}").version


@given(st.lists(st.tuples(st.sampled_from([">=", "<", "!=", "~=", ""]), _VERSIONS), min_size=1, max_size=4))
def test_the_normal_form_is_normal(constraints: list[tuple[str, str]]) -> None:
    first = parse_match("foo " + ",".join("".join(one) for one in constraints)).version
    assert parse_match(f"foo[version='{first}']").version == first


@pytest.mark.parametrize(
    ("line", "name", "version"),
    [
        ("conda-forge:r-base=4.3.2", "r-base", "4.3.2.*"),
        ("bioconda:bcftools", "bcftools", None),
        ("conda-forge/linux-64:numpy >=1,<2", "numpy", "<2,>=1"),
    ],
)
def test_what_stands_before_a_single_colon_is_nothing_to_conda_and_said(
    line: str, name: str, version: str | None
) -> None:
    match = parse_match(line)
    assert (match.name, match.version, match.channel) == (name, version, None)
    assert match.remark is not None
    assert "'::'" in match.remark


@pytest.mark.parametrize("line", ["pathlib\u200a", "\u00a0pathlib", "pathlib\u00a01.2"])
def test_a_blank_that_conda_does_not_know_is_refused(line: str) -> None:
    with pytest.raises(InputError, match="Not a conda dependency"):
        parse_match(line)


@pytest.mark.parametrize(
    "line",
    [
        "{{" * 500_000,
        "numpy" + " " * 1_000_000 + "!",
        "numpy " + "1 " * 500_000 + "-",
        "a://" * 250_000,
        "a" * 1_000_000 + "!",
    ],
)
def test_a_line_without_end_is_refused_at_once_and_not_repeated(line: str) -> None:
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        parse_match(line)
    assert time.monotonic() - started < 1
    assert len(str(caught.value)) < 1000
