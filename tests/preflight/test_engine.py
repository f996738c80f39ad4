"""The engine finds the rules by itself, and every rule keeps to the form."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

import amlpriv.preflight.rules
from amlpriv.connections.kinds import StoredConnection
from amlpriv.findings import Finding, Severity
from amlpriv.preflight.engine import Rule, check, rules
from amlpriv.preflight.subject import PackagedWheel, Subject
from amlpriv.specs.lock_text import LockUse

RULES = sorted(path.stem for path in Path(amlpriv.preflight.rules.__path__[0]).glob("ap*.py"))

MESSY = """\
name: a
conda_file:
  dependencies:
    - python
    - defaults::azureml-core
    - pip:
      - --extra-index-url https://me:hunter2@pkgs.example.com/${FEED}/simple/
      - --find-links ./wheels
      - contoso-features[gpu]==2 --hash=sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
      - contoso-plots
      - azureml-samples==0+unknown
      - -e ../core
      - numpy @ file:///croot/numpy
      - git-nlp @ git+ssh://git@github.com/contoso/nlp
    - pip:
      - pandas
sources:
  contoso-features: {path: features}
"""

INDEXED = """\
name: a
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20250407.v1
conda_file:
  channels: [conda-forge]
  dependencies:
    - python=3.11
    - pip=25
    - pip:
      - --index-url https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/
      - --extra-index-url https://pkgs.dev.azure.com/fabrikam/_packaging/f/pypi/simple/
      - --extra-index-url https://pkgs.dev.azure.com/other/_packaging/f/pypi/simple/
      - --extra-index-url https://pkgs.dev.azure.com/nobody/_packaging/f/pypi/simple/
      - contoso-core
      - contoso-direct
sources:
  contoso-direct:
    url: https://data.blob.core.windows.net/wheels/contoso_direct-1.0-py3-none-any.whl
    sha256: ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff
    via: direct
indexes:
  contoso:
    url: https://contoso.pkgs.visualstudio.com/ml/_packaging/contoso/pypi/simple/
    connection: contoso-feed
"""
CONNECTIONS = (
    StoredConnection("one-feed", "PythonFeed", "https://pkgs.dev.azure.com/fabrikam", "PAT"),
    StoredConnection("two-feed", "PythonFeed", "https://pkgs.dev.azure.com/fabrikam", "PAT"),
    StoredConnection("sas-feed", "PythonFeed", "https://pkgs.dev.azure.com/other", "SAS"),
)

OTHER = """\
name: a
image: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04
conda_file:
  channels: [defaults]
  dependencies: [pip, 'numpy=>1.8']
"""


def messy(subject: Callable[..., Subject], packaged: Callable[..., PackagedWheel]) -> Subject:
    """A file with nearly everything wrong."""
    wheels = [
        packaged(
            "contoso_features-1.2.0-cp312-cp312-win_amd64.whl",
            required_as=["contoso-features[gpu]==2", "contoso"],
            requires_python=">=3.12",
            requires=["contoso-core>=4"],
        ),
        packaged("contoso_core-3.0-cp311-cp311-linux_x86_64.whl", required_as=["contoso-core"]),
    ]
    return subject(MESSY, wheels=wheels, connections=[])


def test_every_file_of_rules_is_found() -> None:
    """Adding a rule edits no list."""
    assert len(rules()) == len(RULES)


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule.code)
def test_a_rule_has_code_name_reason_and_tests(rule: Rule) -> None:
    """The file is named after the code, and so is its test."""
    (name,) = [stem for stem in RULES if stem.startswith(rule.code.lower() + "_")]
    assert re.fullmatch(r"AP[12356]\d\d", rule.code)
    assert rule.name
    assert len(rule.why) > 40
    assert (Path(__file__).parent / "rules" / f"test_{name}.py").is_file()


def test_codes_are_unique() -> None:
    """A code stands for one thing for ever."""
    codes = [rule.code for rule in rules()]
    assert codes == sorted(set(codes))


def test_no_test_is_left_of_a_rule_that_is_gone() -> None:
    """Tests and rules are the same set."""
    tests = {path.stem.removeprefix("test_") for path in (Path(__file__).parent / "rules").glob("test_ap*.py")}
    assert tests == set(RULES)


def test_a_good_file_has_no_findings(subject: Callable[..., Subject], packaged: Callable[..., PackagedWheel]) -> None:
    """What the tests start from is clean, so that each finding has one cause."""
    assert not list(check(subject(wheels=[packaged()])))


def test_every_finding_says_what_where_and_what_to_do(
    subject: Callable[..., Subject], packaged: Callable[..., PackagedWheel]
) -> None:
    """Sentences, a fix, the file; never a secret. Between them the files set off all rules but one."""
    report = check(messy(subject, packaged)) + check(subject(OTHER))
    report += check(subject(INDEXED, connections=CONNECTIONS, absent=("pandas",)))
    report += check(replace(subject(OTHER), lock=LockUse("a.lock.txt", "environment.yml", ("six is required now",))))
    report += check(subject(wheels=[replace(packaged(), guessed="features, a project beside app, which needs it")]))
    every = {rule.code for rule in rules()}
    assert every - {finding.code for finding in report} == {"AP210"}  # refused by the file's reader already
    for finding in report:
        # Behind an address there is no full stop: people copy it.
        assert finding.fix.strip().endswith(".") or "://" in finding.fix.split()[-1], finding.code
        assert finding.message.endswith("."), finding.code
        assert finding.subject, finding.code
        assert finding.file == "environment.yml", finding.code
        assert "hunter2" not in repr(finding)


def test_a_rule_yields_its_own_code_only(
    subject: Callable[..., Subject], packaged: Callable[..., PackagedWheel]
) -> None:
    """So that ``ignore`` means what it says."""
    looked_at = messy(subject, packaged)
    for rule in rules():
        assert {finding.code for finding in rule.find(looked_at)} <= {rule.code}


def test_a_code_can_be_ignored(subject: Callable[..., Subject], packaged: Callable[..., PackagedWheel]) -> None:
    """That one, and no other."""
    looked_at = messy(subject, packaged)
    left = check(looked_at, ignore={"AP101"})
    assert {finding.code for finding in check(looked_at)} - {finding.code for finding in left} == {"AP101"}


def test_findings_come_in_the_order_of_the_file(
    subject: Callable[..., Subject], packaged: Callable[..., PackagedWheel]
) -> None:
    """Lines rise."""
    lines = [finding.line or 0 for finding in check(messy(subject, packaged))]
    assert lines == sorted(lines)


def test_an_empty_environment_is_looked_at_without_a_crash(subject: Callable[..., Subject]) -> None:
    """No conda, no sources, no wheels: the missing image is all there is to say."""
    findings: list[Finding] = list(check(subject("name: a\n")))
    assert [(finding.code, finding.severity) for finding in findings] == [("AP206", Severity.ERROR)]
