"""References are replaced, everything else stays byte for byte."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from amlpriv.errors import InputError
from amlpriv.specs.documents import KeyPath, read_document
from amlpriv.specs.rewriting import replace_environments

NEW = "azureml:churn:c0123456789ab"
TOP: dict[KeyPath, str] = {("environment",): NEW}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("azureml:a:1", NEW),
        ("azureml:a:1   # why", f"{NEW}   # why"),
        ("'azureml:a:1'", f"'{NEW}'"),
        ('"azureml:a:1"  # x', f'"{NEW}"  # x'),
        ("&unused azureml:a:1", NEW),
        (">-\n  azureml:a:1", NEW),
        ("{image: ubuntu, conda_file: c.yml}  # x", f"{NEW}  # x"),
        ("\n  image: ubuntu\n  # inside\n  conda_file:\n    dependencies:\n    - python=3.11  # x", f"{NEW}  # x"),
        ("\n  image: ubuntu\n  conda_file: |\n    dependencies: [python]\n", f"{NEW}\n"),
    ],
)
def test_only_the_value_changes(before: str, after: str) -> None:
    text = f"# head\ncommand:   python a.py\nenvironment: {before}\n# between\n\ncompute: 'c'   # tail\n".replace(
        ": \n", ":\n"
    )
    expected = f"# head\ncommand:   python a.py\nenvironment: {after}\n# between\n\ncompute: 'c'   # tail\n"
    assert replace_environments(text, TOP) == expected


def test_windows_line_ends_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffcommand: a\r\nenvironment:\r\n  image: ubuntu\r\ncompute: c\r\n"
    assert replace_environments(text, TOP) == f"\ufeffcommand: a\r\nenvironment: {NEW}\r\ncompute: c\r\n"


def test_a_file_without_a_last_line_end_gets_none() -> None:
    assert replace_environments("command: a\nenvironment: azureml:a:1", TOP) == f"command: a\nenvironment: {NEW}"


def test_an_alias_is_replaced_where_it_stands() -> None:
    text = (
        "type: pipeline\nx: &e\n  image: ubuntu\njobs:\n"
        "  a: {command: a, environment: *e}\n  b:\n    command: b\n    environment: *e # b\n"
    )
    new = replace_environments(text, {("jobs", "b", "environment"): NEW})
    assert new == text.replace("environment: *e # b", f"environment: {NEW} # b")


def test_several_are_replaced_at_once() -> None:
    text = "type: pipeline\njobs:\n  a: {command: a, environment: azureml:a:1}\n  b: {environment: azureml:b:1}\n"
    paths: dict[KeyPath, str] = {use.path: NEW for use in read_document(text).environments}
    assert replace_environments(text, paths) == text.replace("azureml:a:1", NEW).replace("azureml:b:1", NEW)


def test_an_anchor_that_others_use_is_not_taken_away() -> None:
    text = "type: pipeline\njobs:\n  a:\n    command: a\n    environment: &e\n      image: x\n  b: {environment: *e}\n"
    with pytest.raises(InputError, match="shares an anchor") as caught:
        replace_environments(text, {("jobs", "a", "environment"): NEW}, "p.yml")
    assert (caught.value.file, caught.value.line) == ("p.yml", 5)


def test_a_merged_environment_is_not_changed_elsewhere() -> None:
    text = "x: &base\n  environment: azureml:a:1\ncommand: a\njobs: {}\n<<: *base\n"
    with pytest.raises(InputError, match="shares an anchor"):
        replace_environments(text, TOP)


def test_a_path_without_an_environment_names_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"No environment stands at jobs\.x") as caught:
        replace_environments("command: a\nenvironment: azureml:a:1\n", {("jobs", "x"): NEW}, "j.yml")
    assert caught.value.hint == "Environments stand at: environment."


@given(
    before=st.sampled_from(
        ["azureml:a:1", "'azureml:a:1'", "{image: u}", "\n      image: u\n      description: 'a # b'", "x.yml"]
    ),
    comment=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=12),
    value=st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=8),
    newline=st.sampled_from(["\n", "\r\n"]),
)
def test_the_rest_means_the_same(before: str, comment: str, value: str, newline: str) -> None:
    """The parsed document differs in nothing but the environment, whatever stands around it."""
    quoted = yaml.safe_dump(value, default_style='"', width=1000, allow_unicode=True).strip()
    node = f"  t: {{n: {quoted}}} # {comment}\n  a:\n    command: x\n    environment: {before}\n  z: {{n: {quoted}}}\n"
    text = f"type: pipeline # {comment}\njobs:\n{node}# {comment}\n".replace(": \n", ":\n").replace("\n", newline)
    expected = yaml.safe_load(text)
    expected["jobs"]["a"]["environment"] = NEW
    new = replace_environments(text, {("jobs", "a", "environment"): NEW})
    assert yaml.safe_load(new) == expected
    start = text.index("environment:") + len("environment:")
    rest = text.index(newline, text.index(before.rpartition("\n")[2], start))
    assert new == f"{text[:start]} {new[start + 1 : len(new) - len(text) + rest]}{text[rest:]}"


def test_of_two_equal_keys_the_last_is_replaced() -> None:
    text = "command: a\nenvironment: azureml:a:1\nenvironment: azureml:b:2\n"
    assert replace_environments(text, TOP) == f"command: a\nenvironment: azureml:a:1\nenvironment: {NEW}\n"
