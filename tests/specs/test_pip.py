"""Pip lines: read as pip reads them, and rendered on one physical line."""

from __future__ import annotations

import time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from packaging.markers import InvalidMarker, Marker
from packaging.requirements import Requirement

from amlpriv.errors import InputError
from amlpriv.specs.pip import (
    PipLine,
    PipOption,
    PipPath,
    PipRequirement,
    PipVcs,
    parse_pip_line,
    render_pip_requirement,
)
from amlpriv.specs.positions import Position

SHA = "0123456789abcdef" * 4
GIT = "git+https://host/r.git@v1"
SAS = (
    "https://account.blob.core.windows.net/c/amlpriv/contoso_features-1%212.0%2Bcu118-py3-none-any.whl"
    f"?sv=2023-11-03&si=amlpriv-1&sr=b&sig=a%2Fb/c%2Bd%3D#sha256={SHA}"
)


def requirement(text: str) -> PipRequirement:
    line = parse_pip_line(text)
    assert isinstance(line, PipRequirement)
    return line


def refused(text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        parse_pip_line(text, Position("e.yml", 7, 9))
    assert (caught.value.file, caught.value.line, caught.value.column) == ("e.yml", 7, 9)
    return caught.value


@pytest.mark.parametrize("text", ["", "   ", "# comment", "  # comment", "#comment"])
def test_blank_lines_and_comments_say_nothing(text: str) -> None:
    assert parse_pip_line(text) is None


def test_a_requirement_keeps_text_and_position_and_loses_its_comment() -> None:
    place = Position("e.yml", 3, 5)
    line = parse_pip_line("  Contoso_Features[b,a] >=1 ; python_version<'3.12'  # why", place)
    assert isinstance(line, PipRequirement)
    assert line.text == "Contoso_Features[b,a] >=1 ; python_version<'3.12'"
    assert line.name == "contoso-features"
    assert line.requirement.extras == {"a", "b"}
    assert line.position == place


@pytest.mark.parametrize("fragment", [f"#sha256={SHA}", f"#egg=contoso-features&sha256={SHA}", "#egg=contoso-features"])
def test_a_fragment_is_not_a_comment(fragment: str) -> None:
    url = f"https://host/contoso_features-1.0-py3-none-any.whl{fragment}"
    assert requirement(f"contoso-features @ {url}  # comment").requirement.url == url
    assert requirement(url).requirement.url == url


def test_a_bare_wheel_url_has_the_name_of_its_file() -> None:
    line = requirement(f"{SAS} ; python_version < '3.12'")
    assert line.name == "contoso-features"
    assert line.requirement.url == SAS
    assert str(line.requirement.marker) == 'python_version < "3.12"'


@pytest.mark.parametrize("separator", [" ; ", "; ", ";", " ;"])
def test_a_marker_behind_a_url_needs_no_blank(separator: str) -> None:
    """pip takes the first semicolon as the marker's, whatever stands around it."""
    line = requirement(f"name @ https://host/x.whl{separator}python_version<'3.12'")
    assert render_pip_requirement(line) == 'name @ https://host/x.whl ; python_version < "3.12"'


def test_an_archive_url_that_tells_no_name_is_not_a_requirement() -> None:
    line = parse_pip_line("https://host/o/r/archive/main.zip")
    assert line == PipVcs("https://host/o/r/archive/main.zip", "https://host/o/r/archive/main.zip")


@pytest.mark.parametrize(
    ("text", "path", "extras", "editable"),
    [
        ("./dist/x-1.0-py3-none-any.whl", "./dist/x-1.0-py3-none-any.whl", (), False),
        ("x-1.0-py3-none-any.whl", "x-1.0-py3-none-any.whl", (), False),
        ("../pkg", "../pkg", (), False),
        ("./pkg[extra, other]", "./pkg", ("extra", "other"), False),
        (".", ".", (), False),
        ("-e .", ".", (), True),
        ("-e ../pkg[dev]", "../pkg", ("dev",), True),
        ("--editable=../pkg", "../pkg", (), True),
        ("-e pkg", "pkg", (), True),
        ("packages/pkg", "packages/pkg", (), False),
        ("C:\\wheels\\x-1.0-py3-none-any.whl", "C:\\wheels\\x-1.0-py3-none-any.whl", (), False),
        (".\\pkg", ".\\pkg", (), False),
        ("file:../pkg#egg=x[y]", "../pkg", ("y",), False),
        ("file:///opt/a%20b/pkg", "/opt/a b/pkg", (), False),
        ("file:///C:/pkg", "C:/pkg", (), False),
        ("file://server/share/pkg", "//server/share/pkg", (), False),
        ("pkg @ file:///opt/pkg", "/opt/pkg", (), False),
        ("pkg[a] @ file:../pkg", "../pkg", ("a",), False),
    ],
)
def test_paths(text: str, path: str, extras: tuple[str, ...], editable: bool) -> None:
    line = parse_pip_line(text)
    assert isinstance(line, PipPath)
    assert (line.path, line.extras, line.editable) == (path, frozenset(extras), editable)


def test_a_path_with_its_name_known_keeps_extras_marker_and_hashes() -> None:
    line = parse_pip_line(f"./pkg[b,a] ; python_version<'3.12' --hash=sha256:{SHA}")
    assert isinstance(line, PipPath)
    named = line.named("contoso-features")
    assert named.name == "contoso-features"
    assert render_pip_requirement(named, url="https://host/x.whl") == (
        f'contoso-features[a,b] @ https://host/x.whl ; python_version < "3.12" --hash=sha256:{SHA}'
    )


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("--index-url https://host/simple/", "--index-url", "https://host/simple/"),
        ("--index-url=https://host/simple/", "--index-url", "https://host/simple/"),
        ("-i https://host/simple/", "--index-url", "https://host/simple/"),
        ("-ihttps://host/simple/", "--index-url", "https://host/simple/"),
        ("--pypi-url https://host/simple/", "--index-url", "https://host/simple/"),
        ("--extra-index-url https://host/simple/ # why", "--extra-index-url", "https://host/simple/"),
        ("-f https://host/links", "--find-links", "https://host/links"),
        ('--find-links "my wheels"', "--find-links", "my wheels"),
        ("-r other.txt", "--requirement", "other.txt"),
        ("-c limits.txt", "--constraint", "limits.txt"),
        ("--no-binary :all:", "--no-binary", ":all:"),
        ("--trusted-host host", "--trusted-host", "host"),
        ("--pre", "--pre", None),
        ("--no-index", "--no-index", None),
    ],
)
def test_options_have_their_long_name(text: str, name: str, value: str | None) -> None:
    line = parse_pip_line(text)
    assert isinstance(line, PipOption)
    assert (line.name, line.value) == (name, value)


@pytest.mark.parametrize(
    ("text", "url", "name", "extras"),
    [
        ("git+https://host/r.git@v1", "git+https://host/r.git@v1", None, ()),
        (f"{GIT}#egg=A_b[x]&subdirectory=p", f"{GIT}#egg=A_b[x]&subdirectory=p", "a-b", ("x",)),
        ("-e git+ssh://git@host/r.git#egg=n", "git+ssh://git@host/r.git#egg=n", "n", ()),
        ("N.n[x] @ git+https://host/r.git@v1 ; python_version<'4'", "git+https://host/r.git@v1", "n-n", ("x",)),
        ("git+https://host/r.git ; python_version<'4'", "git+https://host/r.git", None, ()),
    ],
)
def test_version_control(text: str, url: str, name: str | None, extras: tuple[str, ...]) -> None:
    line = parse_pip_line(text)
    assert isinstance(line, PipVcs)
    assert (line.url, line.name, line.extras) == (url, name, frozenset(extras))
    assert line.editable == text.startswith("-e")
    assert line.marker == ('python_version < "4"' if ";" in text else None)


def test_hashes_are_read() -> None:
    line = requirement(f"pandas==2.0 --hash=sha256:{SHA} --hash sha512:{SHA * 2}")
    assert line.hashes == (f"sha256:{SHA}", f"sha512:{SHA * 2}")
    assert render_pip_requirement(line) == f"pandas==2.0 --hash=sha256:{SHA} --hash=sha512:{SHA * 2}"


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("pandas=2.0", "Not a requirement", "'=='"),
        ("two words", "Not a requirement", None),
        ("name ; nonsense", "Not a requirement", None),
        ("./pkg ; nonsense", "Not a requirement", None),
        ("-x", "no option '-x'", "Known are"),
        ("--indx-url https://host", "no option '--indx-url'", "'--index-url'"),
        ("-i https://a --extra-index-url https://b", "Several options in one line", "One option"),
        ("-i", "needs a value", None),
        ("--pre yes", "takes no value", None),
        ("name @ ../pkg", "not a URL", "the path alone"),
        ("git@host:o/r.git", "git@host:path", "git+ssh"),
        ("-e https://host/x-1.0-py3-none-any.whl", "cannot be installed with -e", "git+https"),
        ("https://host/a b.whl", "contains a space", "%20"),
        ("https://host/x-1.0-py3-none-any.whl[extra]", "Extras stand behind a URL", "name[extra] @ URL"),
        ("https://[host/x.whl", "Not a URL", "%5B"),
        ("a\nb", "line break", "own item"),
        ("a\x0cb", "line break", "own item"),
        ("a\u2028b", "line break", "own item"),
        ("a==1 \\", "backslash", "one line"),
        ("a==1 --hash=sha256:12", "not a hash", "64"),
        ("a==1 --hash=md5:00", "not a hash", "64"),
        ("a==1 --global-option=x", "'--global-option' behind a requirement", "--hash"),
    ],
)
def test_nonsense_is_refused_with_its_place(text: str, message: str, hint: str | None) -> None:
    error = refused(text)
    assert message in error.message
    if hint is not None:
        assert hint in (error.hint or "")


@pytest.mark.parametrize(
    "text",
    [
        "name @ https://host/x.whl?sig=s3cr3t",
        "https://user:s3cr3t@host/x-1.0-py3-none-any.whl",
        "-i https://user:s3cr3t@host/simple/",
        "git+https://s3cr3t@host/r.git",
    ],
)
def test_a_line_prints_without_its_secrets(text: str) -> None:
    assert "s3cr3t" not in repr(parse_pip_line(text))


def test_an_error_names_no_secret() -> None:
    assert "s3cr3t" not in str(refused("name @ https://user:s3cr3t@host/x.whl?sig=s3cr3t; nonsense"))


def test_a_requirement_is_rendered_as_written_but_normalised() -> None:
    assert render_pip_requirement(requirement("Pandas >= 2 ; python_version<'3.12'")) == (
        'Pandas>=2 ; python_version < "3.12"'
    )
    assert render_pip_requirement(requirement("torch==2.1+cu118")) == "torch==2.1+cu118"
    assert render_pip_requirement(requirement("contoso==1!2.0")) == "contoso==1!2.0"


def test_a_signed_url_survives_rendering_and_yaml() -> None:
    """Encoded plus, ampersands, fragment and marker are all there, on one physical line, after a second dump too."""
    line = requirement("Contoso.Features[x]==1!2.0+cu118 ; python_version<'3.12'")
    rendered = render_pip_requirement(line, url=SAS)
    assert rendered == f'contoso-features[x] @ {SAS} ; python_version < "3.12"'
    assert len(rendered.splitlines()) == 1
    again = yaml.safe_load(yaml.safe_dump({"pip": yaml.safe_load(yaml.safe_dump([rendered], width=60))}))["pip"][0]
    assert again == rendered
    assert Requirement(again).url == SAS


@pytest.mark.parametrize(
    "url",
    ["../x.whl", "https://host/a b.whl", "https://host/x.whl\n--pre", "https://host/a;b.whl", "https://h/${TOKEN}.whl"],
)
def test_a_url_that_would_break_the_line_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="cannot stand in a requirements line"):
        render_pip_requirement(requirement("contoso"), url=url)


NAMES = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,10}[A-Za-z0-9])?", fullmatch=True)
VERSIONS = st.from_regex(
    r"(?:[1-9]!)?[0-9]{1,3}(?:\.[0-9]{1,3}){0,3}(?:rc[0-9]|\.post[0-9]|\.dev[0-9])?", fullmatch=True
)
OPERATORS = st.sampled_from(["==", ">=", "<=", "!=", "<", ">"])
SPECIFIERS = st.builds(",".join, st.lists(st.builds("{}{}".format, OPERATORS, VERSIONS), max_size=3))
MARKERS = st.sampled_from(["", " ; python_version < '3.12'", " ; sys_platform == 'linux' and extra == 'x'"])
EXTRAS = st.builds(lambda names: f"[{','.join(names)}]" if names else "", st.lists(NAMES, max_size=3))
URLS = st.sampled_from(["", f" @ {SAS}", " @ https://host/x.whl", " @ git+https://host/r.git@v1"])


@given(name=NAMES, extras=EXTRAS, specifier=SPECIFIERS, url=URLS, marker=MARKERS)
def test_what_is_rendered_is_read_as_the_same(name: str, extras: str, specifier: str, url: str, marker: str) -> None:
    line = parse_pip_line(f"{name}{extras}{url or specifier}{marker}")
    if not isinstance(line, PipRequirement):
        assert isinstance(line, PipVcs)
        assert parse_pip_line(line.text) == line
        return
    rendered = render_pip_requirement(line)
    again = requirement(rendered)
    assert again.requirement == line.requirement
    assert render_pip_requirement(again) == rendered
    assert requirement(render_pip_requirement(line, url=SAS)).requirement.url == SAS


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    """Never an exception of another kind, and never more than one line."""
    try:
        line: PipLine | None = parse_pip_line(text)
    except InputError:
        return
    assert line is None or len(line.text.splitlines()) == 1


@pytest.mark.parametrize(
    "marker", ["os_name ~= 'x'", "python_version ~= 'abc'", "'x' in extras", "extra == 'x' or os_name ~= 'x'"]
)
def test_a_marker_that_pip_cannot_evaluate_is_refused(marker: str) -> None:
    """With its line; pip would fail in the image build."""
    words = "pip cannot evaluate the marker"
    try:
        Marker(marker)
    except InvalidMarker:
        words = "Not a requirement that pip accepts"  # packaging 23.2 does not even read one about extras
    for line in (f"a ; {marker}", f"./a.whl ; {marker}", f"a @ https://h.example/a.zip ; {marker}"):
        with pytest.raises(InputError, match=words) as caught:
            parse_pip_line(line, Position("c.yml", 3, 1))
        assert caught.value.line == 3


def test_the_hash_of_an_address_takes_the_place_of_the_lines_own() -> None:
    line = requirement(f"a --hash=sha256:{SHA}")
    assert render_pip_requirement(line, url=f"https://h.example/a.whl#sha256={SHA}") == (
        f"a @ https://h.example/a.whl#sha256={SHA}"
    )


def test_a_template_is_kept_as_it_is() -> None:
    line = parse_pip_line("azureml-core[all]=={{latest-pypi-version}}")
    assert isinstance(line, PipRequirement)
    assert line.template
    assert line.name == "azureml-core"
    assert render_pip_requirement(line) == "azureml-core[all]=={{latest-pypi-version}}"
    assert render_pip_requirement(line, url="https://h/x.whl") == "azureml-core[all] @ https://h/x.whl"


def test_a_template_without_a_name_is_refused_with_what_to_do() -> None:
    with pytest.raises(InputError) as caught:
        parse_pip_line("{% if azure %}")
    assert "Fill in the template" in (caught.value.hint or "")


@pytest.mark.parametrize("line", ["numpy" + " " * 1_000_000 + "x", "./x" + "\t" * 1_000_000 + "x", "numpy " * 160_000])
def test_a_line_without_end_is_refused_at_once(line: str) -> None:
    started = time.monotonic()
    with pytest.raises(InputError) as caught:
        parse_pip_line(line)
    assert time.monotonic() - started < 1
    assert len(str(caught.value)) < 1000
