"""Dockerfiles: read as the reference says, given back character by character, asked what checks ask."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.errors import InputError
from amlpriv.specs.dockerfile import Dockerfile, Instruction, copied_paths, needs_buildkit, parse_dockerfile
from amlpriv.specs.dockerfile.grammar import NAMES
from amlpriv.specs.positions import Position

GOLDEN = Path(__file__).parents[1] / "golden" / "dockerfile"


def golden(*, refused: bool) -> list[str]:
    found = (path.name.removesuffix(".Dockerfile") for path in GOLDEN.glob("*.Dockerfile"))
    return sorted(name for name in found if name.startswith("refused-") == refused)


def text_of(name: str) -> str:
    return (GOLDEN / f"{name}.Dockerfile").read_text(encoding="utf-8")


def expected_of(name: str) -> Any:
    return json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))


def shown(dockerfile: Dockerfile) -> dict[str, Any]:
    """What the golden files hold."""
    return {
        "directives": [[_at(each.position), each.name, each.value] for each in dockerfile.directives],
        "escape": dockerfile.escape,
        "instructions": [_shown(each) for each in dockerfile.instructions],
        "stages": [[each.index, each.base, each.name, len(each.instructions)] for each in dockerfile.stages],
        "notes": [[_at(each.position), each.message] for each in dockerfile.notes],
        "buildkit": [[_at(place), reason] for place, reason in needs_buildkit(dockerfile)],
        "copied": [
            [_at(each.position), each.source, each.resolved, each.destination, each.origin, each.origin_name]
            for each in copied_paths(dockerfile)
        ],
    }


def _at(place: Position) -> str:
    return f"{place.line}:{place.column}"


def _shown(instruction: Instruction) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "at": f"{_at(instruction.position)}-{instruction.end_line}",
        "name": instruction.name,
        "flags": [[_at(each.position), each.name, each.value] for each in instruction.flags],
        "words": [[_at(each.position), each.text] for each in instruction.words],
        "json": instruction.json,
        "pairs": [[_at(each.position), each.name, each.value] for each in instruction.pairs],
        "heredocs": [{**dataclasses.asdict(each), "position": _at(each.position)} for each in instruction.heredocs],
        "trigger": _shown(instruction.trigger) if instruction.trigger else None,
    }
    return {key: value for key, value in fields.items() if value}


@pytest.mark.parametrize("name", golden(refused=False))
def test_each_construct_is_read_and_given_back(name: str) -> None:
    dockerfile = parse_dockerfile(text_of(name), f"{name}.Dockerfile")
    assert shown(dockerfile) == expected_of(name)
    assert dockerfile.text == text_of(name)


@pytest.mark.parametrize("name", golden(refused=True))
def test_what_docker_refuses_is_refused_with_its_place(name: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_dockerfile(text_of(name), f"{name}.Dockerfile")
    error = caught.value
    assert {"where": error.where, "message": error.message, "hint": error.hint} == expected_of(name)


def test_windows_lines_and_a_mark_are_no_part_of_the_words() -> None:
    text = "\ufeff# escape=`\r\nFROM a `\r\n  AS b\r\n\r\nRUN <<X\r\ny\r\nX\r\nCMD c"
    dockerfile = parse_dockerfile(text)
    assert dockerfile.text == text
    assert dockerfile.escape == "`"
    assert [word.text for word in dockerfile.instructions[0].words] == ["a", "AS", "b"]
    assert dockerfile.instructions[0].words[2].position == Position(None, 3, 6)
    assert dockerfile.instructions[1].heredocs[0].content == "y\r\n"
    assert dockerfile.instructions[2].raw == "CMD c"


def test_a_marked_first_line_has_its_column() -> None:
    assert parse_dockerfile("  FROM a").instructions[0].position == Position(None, 1, 3)


def test_mistakes_are_counted() -> None:
    with pytest.raises(InputError, match="1 more problem") as caught:
        parse_dockerfile("FROM a\nRUM x\nCOPY y\n", "Dockerfile")
    assert caught.value.where == "Dockerfile:2:1"


def test_a_heredoc_of_an_unknown_flag_hides_no_mistake() -> None:
    """Its lines are not taken for instructions."""
    with pytest.raises(InputError) as caught:
        parse_dockerfile("FROM a\nRUN --nonsense=1 <<EOF\nnothing\nEOF\n")
    assert "more problem" not in (caught.value.hint or "")


def test_a_blank_that_is_none_is_told() -> None:
    """Real files have them, copied from web pages."""
    with pytest.raises(InputError, match="no-break space"):
        parse_dockerfile("FROM a\nENV\xa0A=1\n")
    with pytest.raises(InputError, match="no-break space"):
        parse_dockerfile("FROM a\nRUN a \\\n  b \\\xa0\n  c\xa0\\\n  d\n")


def test_values_are_not_shown() -> None:
    """People put tokens into ENV and ARG."""
    text = "FROM a\nARG T=s3cr3t\nENV T s3cr3t\nRUN <<E\ns3cr3t\nE\n"
    shown_text = repr(parse_dockerfile(text).instructions[:3])
    assert "s3cr3t" not in shown_text


def test_a_file_without_a_need_for_buildkit_has_no_reason() -> None:
    assert needs_buildkit(parse_dockerfile("FROM --platform=linux/amd64 a\nCOPY --from=b --chown=c . .\n")) == []


def test_automatic_arguments_need_buildkit() -> None:
    reasons = needs_buildkit(parse_dockerfile("FROM a\nARG TARGETARCH\nARG TARGETOS=linux\n"))
    assert [reason for _, reason in reasons] == ["ARG TARGETARCH, which only BuildKit fills in"]


LINES = st.sampled_from(
    [
        *("FROM a", "from b as c", "RUN x \\", "  y", "# z", "# escape=`", "#syntax=d", "RUN <<E", "E", "\tE", "`"),
        *("COPY <<E <<'F' /", "F", "ENV A=1 B='", 'LABEL "x"=y', 'CMD ["a"]', 'CMD ["a', "ONBUILD RUN <<-E", "", " "),
        *("\\", "USER $X", "COPY --link --from=0 a b", "ARG", "HEALTHCHECK NONE", "\ufeff", "nonsense", "EXPOSE 1"),
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.lists(LINES, max_size=10), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_any_lines_are_given_back_or_refused(lines: list[str], end: str, ended: bool) -> None:
    text = end.join(["FROM a", *lines]) + (end if ended else "")
    try:
        dockerfile = parse_dockerfile(text)
    except InputError as error:
        refused_in_a_line(error)
        return
    assert dockerfile.text == text
    assert {each.name for each in dockerfile.instructions} <= NAMES
    needs_buildkit(dockerfile)
    copied_paths(dockerfile)


def refused_in_a_line(error: InputError) -> None:
    assert error.line is not None


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        dockerfile = parse_dockerfile(f"FROM a\n{text}")
    except InputError as error:
        refused_in_a_line(error)
        return
    assert dockerfile.text == f"FROM a\n{text}"
