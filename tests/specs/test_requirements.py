"""Requirements files: read exactly as pip reads them, with pip itself as the judge, and written as the same."""

from __future__ import annotations

import codecs
import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pip
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from amlpriv.errors import InputError, NotFoundError
from amlpriv.specs.pip import PipPath, PipRequirement, PipVcs
from amlpriv.specs.positions import Position
from amlpriv.specs.requirements import (
    RequirementLine,
    RequirementsFile,
    RequirementsTree,
    decode_requirements,
    flatten,
    index_settings,
    parse_requirements,
    read_requirements,
    render_line,
    render_requirements,
)
from amlpriv.specs.requirements.joining import logical_lines
from amlpriv.specs.requirements.options import split_line
from tests.pip_judge import complaint, our_form, pip_decodes, pip_form, pip_refuses, pip_tree

GOLDEN = Path(__file__).parents[1] / "golden" / "requirements"
SHA = "0123456789abcdef" * 4
PIP_CANNOT = {"global-option"}  # known to pip before 25.3 only


needs_pip = pytest.mark.skipif(Version(pip.__version__) < Version("26.2"), reason="the judge is pip 26.2 or later")


def golden(*, refused: bool) -> list[str]:
    return sorted(path.stem for path in GOLDEN.glob("*.txt") if path.stem.startswith("refused-") == refused)


def text_of(name: str) -> str:
    return (GOLDEN / f"{name}.txt").read_text(encoding="utf-8")


def shown(file: RequirementsFile) -> dict[str, Any]:
    """What the golden files hold: kinds, values and places of all lines, and the notes."""
    return {
        "lines": [_shown(line) for line in file.lines],
        "notes": [f"{note.position.line}:{note.position.column}: {note.message}" for note in file.notes],
    }


def _shown(line: Any) -> dict[str, Any]:
    place = f"{line.position.line}:{line.position.column}"
    if not isinstance(line, RequirementLine):
        options = [line.option] if hasattr(line, "option") else line.options
        values: list[Any] = [[f"{o.position.line}:{o.position.column}", o.name, o.value] for o in options]
        return _full(at=place, kind=type(line).__name__, options=values, variables=line.variables)
    item = line.item
    extras = item.requirement.extras if isinstance(item, PipRequirement) else item.extras
    return _full(
        at=place,
        kind=type(item).__name__,
        name=None if isinstance(item, PipPath) else item.name,
        specifier=str(item.requirement.specifier) if isinstance(item, PipRequirement) else None,
        extras=sorted(extras),
        url=item.requirement.url if isinstance(item, PipRequirement) else getattr(item, "url", None),
        path=item.path if isinstance(item, PipPath) else None,
        marker=str(marker) if (marker := _marker(item)) else None,
        editable=line.editable,
        hashes=line.hashes,
        config_settings=line.config_settings,
        global_options=line.global_options,
        variables=line.variables,
    )


def _marker(item: PipRequirement | PipPath | PipVcs) -> object:
    return item.requirement.marker if isinstance(item, PipRequirement) else item.marker


def _full(**fields: Any) -> dict[str, Any]:
    plain = json.loads(json.dumps(fields))
    return {key: value for key, value in plain.items() if value}


@pytest.mark.parametrize("name", golden(refused=False))
def test_each_construct_is_read(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert shown(parse_requirements(text_of(name), f"{name}.txt")) == expected


@needs_pip
@pytest.mark.parametrize("name", sorted({*golden(refused=False)} - PIP_CANNOT))
def test_pip_reads_the_same(name: str) -> None:
    file = parse_requirements(text_of(name), f"{name}.txt")
    assert our_form(file) == pip_form(text_of(name))
    assert list(complaint(file)) == []


@pytest.mark.parametrize("name", golden(refused=True))
def test_what_pip_refuses_is_refused_with_its_place(name: str) -> None:
    expected = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    with pytest.raises(InputError) as caught:
        parse_requirements(text_of(name), f"{name}.txt")
    error = caught.value
    assert {"where": error.where, "message": without_reason(error.message), "hint": error.hint} == expected


def without_reason(message: str) -> str:
    """The words of ``packaging`` change with its versions."""
    return re.sub(r" \([^()]*(?:\([^()]*\)[^()]*)*\)\.$", ".", message)


@needs_pip
@pytest.mark.parametrize("name", golden(refused=True))
def test_pip_refuses_it_as_well(name: str) -> None:
    assert pip_refuses(text_of(name))


@pytest.mark.parametrize("name", golden(refused=False))
def test_what_is_rendered_means_the_same(name: str) -> None:
    file = parse_requirements(text_of(name))
    if any(line.variables for line in file.lines):
        with pytest.raises(InputError, match=r"The line holds \$\{") as caught:
            render_requirements(file.lines)
        assert caught.value.line == next(line.position.line for line in file.lines if line.variables)
        return
    text = render_requirements(file.lines)
    again = parse_requirements(text)
    assert meaning(again) == meaning(file)
    assert render_requirements(again.lines) == text


def meaning(file: RequirementsFile) -> list[Any]:
    """The form without line numbers, and with names as ``packaging`` writes them."""
    found: list[Any] = []
    for line, form in zip(file.lines, our_form(file), strict=True):
        item = line.item if isinstance(line, RequirementLine) else None
        if isinstance(item, PipRequirement) and item.requirement.url is None:
            found.append((str(item.requirement), *form[3:]))
        elif form[1] != "options" or render_line(line):
            found.append(tuple(part.strip() if isinstance(part, str) else part for part in form[1:]))
    return found


def test_an_unknown_variable_is_flagged_and_a_known_one_filled_in() -> None:
    text = "a==${VERSION_A}\n-i https://${TOKEN}@pkgs.example.org/${lower}\n"
    file = parse_requirements(text, variables={"VERSION_A": "1.0", "TOKEN": ""})
    assert file.requirements[0].body == "a==1.0"
    assert [line.variables for line in file.lines] == [(), ("TOKEN",)]


def test_a_secret_is_not_shown() -> None:
    text = "-r https://user:s3cr3t@h.example/r.txt\na @ https://u:s3cr3t@h.example/a.whl\nb -C token=s3cr3t\n"
    assert "s3cr3t" not in repr(parse_requirements(text))


def test_every_option_of_a_continued_line_has_its_own_place() -> None:
    file = parse_requirements(f"# first\n  a==1 \\\n  --hash=sha256:{SHA} \\\n  --hash=sha256:12\n", "r.txt")
    assert file.lines[0].position == Position("r.txt", 2, 3)
    assert file.notes[0].position == Position("r.txt", 4, 3)


def test_mistakes_are_counted() -> None:
    with pytest.raises(InputError, match=r"1 more problem") as caught:
        parse_requirements("a b\n\n--nonsense\n", "r.txt")
    assert caught.value.where == "r.txt:1:1"


@pytest.mark.parametrize("line", ["-e .", "a[x]==1", "git+https://h.example/r.git", "./a[x]"])
def test_a_constraints_file_has_names_without_extras_only(line: str) -> None:
    with pytest.raises(InputError, match="constraints file") as caught:
        parse_requirements(f"a==1\n{line}\n", "c.txt", constraint=True)
    assert caught.value.line == 2
    assert parse_requirements("a==1\na @ https://h.example/a.zip\n", constraint=True).requirements


@pytest.mark.parametrize("text", ["pan\u200bdas", "pandas\xa0>1=", "p\0a\0"])
def test_a_character_that_cannot_be_seen_is_told(text: str) -> None:
    with pytest.raises(InputError, match="cannot be seen"):
        parse_requirements(text)


def test_file_parts_are_found() -> None:
    file = parse_requirements("-i https://h.example/\n-r a.txt\n-c b.txt\nc\n--pre\n")
    assert [line.target for line in file.includes] == ["a.txt"]
    assert [line.target for line in file.constraints] == ["b.txt"]
    assert [option.name for option in file.indexes] == ["--index-url"]
    assert [option.name for option in file.options] == ["--index-url", "--pre"]
    assert [line.body for line in file.requirements] == ["c"]


ENCODINGS = [
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (b"", "utf-8"),
]


@needs_pip
@pytest.mark.parametrize(("mark", "encoding"), ENCODINGS)
def test_marks_tell_the_encoding(mark: bytes, encoding: str) -> None:
    data = mark + "contoso  # für\n".encode(encoding)
    decoded = decode_requirements(data)
    assert (decoded.text, decoded.encoding, decoded.note) == ("contoso  # für\n", encoding, None)
    assert decoded.text == pip_decodes(data)


@needs_pip
@pytest.mark.parametrize("head", ["# -*- coding: latin-1 -*-\n", "#!/x\n# vim: set fileencoding=cp1252 :\n"])
def test_a_comment_tells_the_encoding(head: str) -> None:
    data = f"{head}a  # für\n".encode("latin-1")
    assert decode_requirements(data).text == pip_decodes(data) == f"{head}a  # für\n"


def test_other_bytes_are_latin1_everywhere_and_a_note_says_so() -> None:
    decoded = decode_requirements("a\nb  # für\n".encode("latin-1"))
    assert decoded.text == "a\nb  # für\n"
    assert "Line 2 is not UTF-8" in (decoded.note or "")
    assert "UTF-16" in (decode_requirements("a\n".encode("utf-16-le")).note or "")


@pytest.mark.parametrize(
    ("data", "line", "words"),
    [
        (b"# coding: klingon\na\n", 1, "not known"),
        (b"a\n# coding: rot13\na\n", 2, "not known"),
        (b"# coding: ascii\na\n\n# \xff\n", 4, "not ascii"),
        (codecs.BOM_UTF8 + b"a\n\xff", 2, "not utf-8"),
    ],
)
def test_bytes_that_do_not_fit_are_refused_with_their_line(data: bytes, line: int, words: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        decode_requirements(data, "r.txt")
    assert (caught.value.file, caught.value.line) == ("r.txt", line)


def tree_of(files: Mapping[str, str], root: str = "r.txt") -> RequirementsTree:
    """Like a disk; paths with the separator of this machine."""
    return read_requirements(root, lambda path: files[path.replace("\\", "/")].encode())


FILES = {
    "r.txt": "first\n-r parts/a.txt\n-c limits/c.txt\nlast\n",
    "parts/a.txt": "a\n-r b.txt\n-r ../shared.txt\n",
    "parts/b.txt": "b\n-i https://one.example.org/\n",
    "shared.txt": "shared\n--extra-index-url https://two.example.org/\n",
    "limits/c.txt": "c<2\n-r ../shared.txt\n",
}


@needs_pip
def test_a_tree_is_read_in_the_order_of_pip(tmp_path: Path) -> None:
    """Paths count from the including file; what is behind -r in a constraints file is a requirement again."""
    placed = [each for each in flatten(tree_of(FILES)) if isinstance(each.line, RequirementLine)]
    ours = [(each.line.body, each.constraint) for each in placed if isinstance(each.line, RequirementLine)]
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert ours == [(body, constraint) for _, body, constraint in pip_tree(tmp_path / "r.txt")]
    assert [body for body, _ in ours] == ["first", "a", "b", "shared", "c<2", "shared", "last"]
    assert [place.line for place in placed[3].via] == [2, 3]


def test_what_the_index_options_of_a_tree_come_to() -> None:
    found = index_settings(flatten(tree_of(FILES)))
    assert found.index is not None
    assert found.index.value == "https://one.example.org/"
    assert [option.value for option in found.extra] == ["https://two.example.org/"] * 2
    none = index_settings(flatten(tree_of({"r.txt": "-i https://a.example\n--no-index\n-i https://b.example\n-f x\n"})))
    assert (none.index, none.extra, none.no_index, len(none.find_links)) == (None, (), True, 1)


def test_a_file_that_leads_back_to_itself_is_refused_with_the_chain() -> None:
    files = {"r.txt": "a\n-r d/x.txt\n", "d/x.txt": "\n\n-c ../r.txt\n"}
    with pytest.raises(InputError, match=r"'r.txt' includes itself: r.txt line 2 -> d.x.txt line 3 -> r.txt") as caught:
        tree_of(files)
    assert (Path(caught.value.file or "").as_posix(), caught.value.line) == ("d/x.txt", 3)
    with pytest.raises(InputError, match=r"r.txt line 1 -> r.txt"):
        tree_of({"r.txt": "-r ./r.txt\n"})


def test_a_file_that_is_not_there_is_refused_at_the_line_that_names_it() -> None:
    with pytest.raises(InputError, match=r"'x.txt' cannot be read") as caught:
        tree_of({"r.txt": "a\n-r x.txt\n"})
    assert caught.value.where == "r.txt:2:1"

    def load(path: str) -> bytes:
        if path == "r.txt":
            return b"-c https://u:s3cr3t@h.example/c.txt\n"
        raise NotFoundError("Nothing there.")

    with pytest.raises(InputError, match=r"Nothing there") as caught:
        read_requirements("r.txt", load)
    assert "s3cr3t" not in str(caught.value)


def test_a_url_includes_beside_itself() -> None:
    pages = {
        "https://h.example/a/r.txt": "-r b.txt\n-r /c.txt\n",
        "https://h.example/a/b.txt": "b",
        "https://h.example/c.txt": "c",
    }
    tree = read_requirements("https://h.example/a/r.txt", lambda url: pages[url])
    assert [each.line.body for each in flatten(tree) if isinstance(each.line, RequirementLine)] == ["b", "c"]


def test_files_that_double_each_time_come_to_an_end() -> None:
    files = {f"{n}.txt": f"-r {n + 1}.txt\n-r {n + 1}.txt\n" for n in range(30)} | {"30.txt": "a\n"}
    with pytest.raises(InputError, match="More than 1000 files"):
        tree_of(files, "0.txt")


def test_a_constraint_is_not_rendered_as_a_requirement() -> None:
    with pytest.raises(InputError, match="constraints file"):
        render_requirements(flatten(tree_of(FILES)))


def refused_in_a_line(error: InputError) -> None:
    assert error.line is not None


WORDS = st.sampled_from(
    [
        *("a", "b==1", "c[x]>=2 ", "; python_version<'3'", "./p", "-e", "-e .", "git+https://h.example/r.git#egg=n"),
        *("-r", "-c x.txt", "-i", "https://h.example/s", "--pre", "--pre=1", "--hash", f"--hash=sha256:{SHA}", "--ha"),
        *("-C", "k=v", "--no-binary", ":all:", ":none:,a", "--re", "--x", "--", "-", "'", '"q q"', "\\", "\\\n", "\n"),
        *("#c", " # c", "\t", "  ", "\r\n", "\x0c", "\u2028", "${A}", "=", "--use-feature=truststore", "-f x", "-fy"),
    ]
)
TEXTS = st.lists(WORDS, max_size=8).map(" ".join) | st.lists(WORDS, max_size=8).map("".join)


@needs_pip
@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_is_read_as_pip_reads_it(text: str) -> None:
    theirs = pip_form(text)
    try:
        file = parse_requirements(text, "r.txt")
    except InputError as error:
        refused_in_a_line(error)
        assert pip_refuses(text)
        return
    assert our_form(file) == theirs
    assert list(complaint(file)) == []
    try:
        rendered = render_requirements(file.lines)
    except InputError as error:
        refused_in_a_line(error)
        return
    assert meaning(parse_requirements(rendered)) == meaning(file)


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="ab ='\"\\\t", max_size=20))
def test_options_are_split_as_a_shell_splits_them(text: str) -> None:
    (line,) = logical_lines(f"-i {text}x")
    try:
        words = shlex.split(line.text)
    except ValueError:
        with pytest.raises(InputError):
            split_line(line, None)
        return
    assert split_line(line, None).options[0].value == words[1]


@needs_pip
@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=40))
def test_any_bytes_are_decoded_or_refused(data: bytes) -> None:
    try:
        decoded = decode_requirements(data, "r.txt")
    except InputError as error:
        refused_in_a_line(error)
        return
    if decoded.encoding != "latin-1":
        assert decoded.text == pip_decodes(data)
