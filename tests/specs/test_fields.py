"""The plain keys at the top of an environment file: empty values, characters that are no text, versions."""

from __future__ import annotations

import pytest

from amlpriv.errors import InputError
from amlpriv.specs.environment import EnvironmentFile, read_specification
from amlpriv.specs.fields import version_complaint


def read(text: str) -> EnvironmentFile:
    """The file, which refers to no other."""

    def load(path: str) -> str:
        raise AssertionError(path)

    return read_specification(text, "env.yml", load=load)


def test_an_empty_description_is_none() -> None:
    assert read('name: x\ndescription: ""\n').description is None
    assert read("name: x\ndescription: '  '\n").description is None


@pytest.mark.parametrize(
    "lines", ['image: ""', 'version: ""', 'sources:\n  a: {path: ""}', 'conda_file: ""', 'datastore: " "']
)
def test_an_empty_value_is_called_empty(lines: str) -> None:
    with pytest.raises(InputError, match="is empty") as caught:
        read(f"name: x\n{lines}\n")
    assert caught.value.line == 2 + lines.count("\n")


@pytest.mark.parametrize("code", ["0000", "001B", "007F", "0085", "D800", "DC80"])
@pytest.mark.parametrize(
    ("lines", "key"),
    [
        ('description: "a{}b"', "description"),
        ('datastore: "a{}b"', "datastore"),
        ('conda_file: "a{}b"', "conda_file"),
        ('tags: {{t: "a{}b"}}', "tags"),
        ('tags: {{"a{}b": t}}', "tags"),
        ('sources: {{a: {{path: "a{}b"}}}}', "path"),
        ('conda_file: {{channels: ["a{}b"]}}', "channel"),
        ('conda_file: {{variables: {{V: "a{}b"}}}}', "variable"),
        ('conda_file: {{dependencies: [{{pip: ["a{}b"]}}]}}', "pip line"),
    ],
)
def test_what_is_no_text_is_refused_with_its_key(lines: str, key: str, code: str) -> None:
    """And never echoed: it could be an escape sequence of the terminal, or end a file name."""
    with pytest.raises(InputError) as caught:
        read("name: x\n" + lines.format(f"\\u{code}") + "\n")
    said = str(caught.value)
    assert caught.value.line == 2
    assert key in said
    assert said.replace("\n", "").isprintable()


def test_a_path_has_no_line_break() -> None:
    with pytest.raises(InputError, match="'path' holds a tab or a line break"):
        read('name: x\nsources: {a: {path: "a\\nb"}}\n')


def test_a_description_may_have_lines_and_tabs() -> None:
    assert read('name: x\ndescription: "one\\n\\ttwo"\n').description == "one\n\ttwo"


@pytest.mark.parametrize("version", ["1", "1.10", "c0123456789ab-2", "2026.1+x", "latest", "..1"])
def test_a_good_version(version: str) -> None:
    assert version_complaint(version) is None


@pytest.mark.parametrize("version", ["", " ", "my version", "1/2", "../x", "..", ".", "a" * 256, "ünï", "1\n"])
def test_a_bad_version(version: str) -> None:
    assert version_complaint(version)
