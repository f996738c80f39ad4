"""Instructions are added at the end of a Dockerfile, and nothing before them is touched."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from amlpriv.errors import InputError
from amlpriv.specs.dockerfile import append, parse_dockerfile


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("FROM a\n", "FROM a\nUSER b\nRUN c \\\n  d\n"),
        ("FROM a", "FROM a\nUSER b\nRUN c \\\n  d\n"),
        ("FROM a\r\n", "FROM a\r\nUSER b\r\nRUN c \\\r\n  d\r\n"),
        ("FROM a\r\nRUN x\r\nUSER y", "FROM a\r\nRUN x\r\nUSER y\r\nUSER b\r\nRUN c \\\r\n  d\r\n"),
        ("# escape=`\nFROM a\n", "# escape=`\nFROM a\nUSER b\nRUN c `\n  d\n"),
        ("FROM a\nFROM b\n# end", "FROM a\nFROM b\n# end\nUSER b\nRUN c \\\n  d\n"),
    ],
)
def test_lines_are_added_in_the_files_own_way(text: str, result: str) -> None:
    assert append(text, ["USER b", "RUN c \\\n  d"]) == result
    assert append(text, []) == text


def test_they_belong_to_the_final_stage() -> None:
    dockerfile = parse_dockerfile(append("FROM a AS x\nRUN y\nFROM x\n", ["COPY wheels/ /w/", "RUN <<E\nz\nE"]))
    assert [len(stage.instructions) for stage in dockerfile.stages] == [1, 2]


@pytest.mark.parametrize(
    ("text", "lines", "message"),
    [
        ("FROM a\nRUN x \\\n", ["USER b"], "ends inside an instruction"),
        ("FROM a\nENV x=y \\", ["USER b"], "ends inside an instruction"),
        ("FROM a\nRUN x \\\n# comment\n\n", ["USER b"], "ends inside an instruction"),
        ("FROM a\n", ["USR b"], "no instruction 'USR'"),
        ("FROM a\n", ["USER b\nUSER c"], "must be one instruction"),
        ("FROM a\n", ["# nothing"], "must be one instruction"),
        ("FROM a\n", ["FROM b"], "none a FROM"),
        ("FROM a\n", ["RUN x \\", "USER b"], "must be one instruction"),
        ("RUN x\n", ["USER b"], "before the first FROM"),
    ],
)
def test_what_cannot_be_added_is_refused_with_its_line(text: str, lines: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        append(text, lines, "Dockerfile")
    assert caught.value.file == "Dockerfile"
    assert caught.value.line


PARTS = st.sampled_from(["RUN a", "# b", "", "USER c \\", "RUN <<E", "E", "FROM d", "RUN e `", "CMD f\\\\"])


@settings(max_examples=150, deadline=None)
@given(st.lists(PARTS, max_size=8), st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_what_was_there_stays_the_same(parts: list[str], end: str, ended: bool, backtick: bool) -> None:
    text = end.join([*(["# escape=`"] if backtick else []), "FROM a", *parts]) + (end if ended else "")
    try:
        result = append(text, ["USER z", "RUN x \\\n y"])
    except InputError:
        return
    before, after = parse_dockerfile(text), parse_dockerfile(result)
    assert result.startswith(text)
    assert [each.value for each in after.instructions] == [*(each.value for each in before.instructions), "z", "x  y"]
    assert len(after.stages) == len(before.stages)
