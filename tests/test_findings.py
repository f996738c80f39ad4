"""Findings and reports: order, text and JSON."""

from __future__ import annotations

import json
from itertools import permutations

import pytest

from amlpriv.errors import FindingsError
from amlpriv.findings import Finding, Report, Severity


def finding(
    code: str = "AP101",
    severity: Severity = Severity.ERROR,
    subject: str = "x",
    *,
    file: str | None = "env.yml",
    line: int | None = 3,
) -> Finding:
    """A finding with the usual text."""
    return Finding(code, severity, subject, "It is so.", "Change it.", file, line)


def test_a_report_is_in_the_order_of_the_file() -> None:
    """File, line, code, subject; what has no place comes first. Never the order in which it was found."""
    ordered = [
        finding("AP501", file=None, line=None),
        finding("AP101", file="a.yml", line=10),
        finding("AP102", file="b.yml", line=None),
        finding("AP102", file="b.yml", line=2),
        finding("AP101", file="b.yml", line=10, subject="a"),
        finding("AP101", file="b.yml", line=10, subject="b"),
        finding("AP102", file="b.yml", line=10),
    ]
    for found in permutations(ordered):
        assert Report.of(found).findings == tuple(ordered)


def test_a_report_says_everything_once() -> None:
    """Two rules may see the same thing in two passes."""
    assert len(Report.of([finding(), finding(), finding(line=4)])) == 2


def test_reports_add_up() -> None:
    """In order again, and once."""
    both = Report.of([finding(line=5)]) + Report.of([finding(line=4), finding(line=5)])
    assert [item.line for item in both] == [4, 5]
    assert list(Report() + Report()) == []


def test_only_errors_stop() -> None:
    """Warnings and notes are for reading."""
    warning, note = finding(severity=Severity.WARNING), finding(severity=Severity.NOTE)
    Report.of([warning, note]).raise_if_errors()
    Report().raise_if_errors()
    report = Report.of([warning, finding(), note])
    assert report.errors == (finding(),)
    with pytest.raises(FindingsError) as caught:
        report.raise_if_errors()
    assert caught.value.report is report
    assert caught.value.exit_code == 1


@pytest.mark.parametrize(
    ("item", "text"),
    [
        (finding(), "env.yml:3: error AP101: It is so. Change it."),
        (finding(line=None), "env.yml: error AP101: It is so. Change it."),
        (finding(file=None, line=None), "error AP101: It is so. Change it."),
        (finding(severity=Severity.NOTE), "env.yml:3: note AP101: It is so. Change it."),
        (Finding("AP101", Severity.WARNING, "x", "It is so.", ""), "warning AP101: It is so."),
    ],
)
def test_a_finding_reads_like_a_compilers(item: Finding, text: str) -> None:
    """``file:line:`` is what editors and CI make a link of."""
    assert str(item) == text


def test_the_json_of_a_finding_has_always_the_same_keys() -> None:
    """Null where there is no place, so that scripts need not ask."""
    full = {
        "code": "AP101",
        "severity": "error",
        "subject": "x",
        "file": "env.yml",
        "line": 3,
        "message": "It is so.",
        "fix": "Change it.",
    }
    assert finding().as_json() == full
    assert json.loads(json.dumps(finding(file=None, line=None).as_json())) == {**full, "file": None, "line": None}


def test_findings_are_values() -> None:
    """Equal when they say the same, and fit for sets."""
    assert finding() == finding()
    assert len({finding(), finding(), finding(line=4)}) == 2
    assert {item.value for item in Severity} == {"error", "warning", "note"}
