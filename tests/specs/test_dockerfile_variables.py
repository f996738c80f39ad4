"""Variables of a Dockerfile, and the image that it ends on."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.specs.dockerfile import (
    Substituted,
    final_base_image,
    from_variables,
    parse_dockerfile,
    stage_variables,
    substitute,
)

VALUES = {"X": "x", "EMPTY": "", "DECLARED": None}


@pytest.mark.parametrize(
    ("text", "result", "unknown"),
    [
        ("a$X.b", "ax.b", ()),
        ("a${X}b", "axb", ()),
        ("${X:-d}${EMPTY:-d}${EMPTY-d}${DECLARED:-d}${DECLARED-d}", "xddd", ()),
        ("${X:+o}${EMPTY:+o}${EMPTY+o}${DECLARED+o}", "oo", ()),
        ("${X:?error}", "x", ()),
        ("${EMPTY:-${X}-$X}", "x-x", ()),
        ("${NOBODY}/$NOBODY", "${NOBODY}/$NOBODY", ("NOBODY",)),
        ("${NOBODY:-d}", "${NOBODY:-d}", ("NOBODY",)),
        ("$DECLARED", "$DECLARED", ("DECLARED",)),
        ("${EMPTY:-$NOBODY}${X:-$NOBODY}", "$NOBODYx", ("NOBODY",)),
        ("${X#a*}", "${X#a*}", ("X",)),
        ("${EMPTY:?error}", "${EMPTY:?error}", ("EMPTY",)),
        (r"\$X \\ '$X' \"", '$X \\ $X "', ()),
        ("\"$X '$X' \\n\"", "x 'x' \\n", ()),
        ("$ $( ${", "$ $( ${", ()),
    ],
)
def test_each_form(text: str, result: str, unknown: tuple[str, ...]) -> None:
    assert substitute(text, VALUES) == Substituted(result, unknown)
    assert substitute(text, VALUES).known == (None if unknown else result)


def test_a_name_that_is_not_declared_can_be_empty() -> None:
    assert substitute("a$Nobody${N:-d}", {}, unset=True) == Substituted("ad")
    assert substitute(r"C:\$X", {"X": "x"}, escape="`") == Substituted(r"C:\x")


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aX$${}:-+'\"\\", max_size=20))
def test_any_text_can_be_filled_in(text: str) -> None:
    result = substitute(text, VALUES)
    assert result.known is None or isinstance(result.known, str)


STAGES = """\
ARG REGISTRY=registry.example.org
ARG TAG
ARG IMAGE=${REGISTRY}/python:${TAG:-3.11}
FROM --platform=linux/amd64 ${IMAGE} AS Build
ARG TAG=inner
ENV A=1 B=$A-$TAG
ARG A=2
ENV C=${PATH}
FROM build AS final
ARG REGISTRY
ARG NEW
ENV D=$B
"""


def test_the_base_image_is_found_through_stages() -> None:
    found = final_base_image(parse_dockerfile(STAGES))
    assert (found.written, found.image) == ("${IMAGE}", "registry.example.org/python:3.11")
    assert (found.platform, found.stage.name, found.position.line) == ("linux/amd64", "build", 4)
    with_tag = final_base_image(parse_dockerfile(STAGES), {"TAG": "3.12"})
    assert with_tag.image == "registry.example.org/python:3.12"


def test_what_is_not_known_is_named() -> None:
    found = final_base_image(parse_dockerfile("ARG BASE\nFROM ${BASE}\n"))
    assert (found.image, found.unknown) == (None, ("BASE",))
    found = final_base_image(parse_dockerfile("FROM base-$TARGETARCH\n"))
    assert (found.image, found.unknown) == (None, ("TARGETARCH",))


def test_a_stage_below_is_not_an_image_of_that_name() -> None:
    """Only earlier stages count: FROM python AS python is the image."""
    dockerfile = parse_dockerfile("FROM python AS python\nFROM python\n")
    assert final_base_image(dockerfile).stage.index == 0
    assert final_base_image(dockerfile, stage=dockerfile.stages[0]).image == "python"


def test_stages_see_their_own_variables_and_those_below() -> None:
    dockerfile = parse_dockerfile(STAGES)
    assert from_variables(dockerfile) == {
        "REGISTRY": "registry.example.org",
        "TAG": None,
        "IMAGE": "registry.example.org/python:3.11",
    }
    build, final = dockerfile.stages
    assert stage_variables(dockerfile, build) == {"TAG": "inner", "A": "1", "B": None, "C": None}
    assert stage_variables(dockerfile, build, build.instructions[1]) == {"TAG": "inner"}
    values = stage_variables(dockerfile, final, build_args={"TAG": "outer", "NEW": "n"})
    assert (values["REGISTRY"], values["TAG"], values["NEW"]) == ("registry.example.org", "outer", "n")


def test_an_argument_of_a_stage_below_can_be_given_again_and_env_wins() -> None:
    dockerfile = parse_dockerfile("FROM a AS b\nARG X=1\nENV Y=1\nFROM b\nARG X=2 Y=2\n")
    assert stage_variables(dockerfile, dockerfile.stages[1]) == {"X": "2", "Y": "1"}


def test_a_long_chain_of_stages_is_followed() -> None:
    text = "FROM base AS s0\n" + "".join(f"FROM s{n} AS s{n + 1}\nENV X{n}=1\n" for n in range(2000))
    dockerfile = parse_dockerfile(text)
    assert final_base_image(dockerfile).image == "base"
