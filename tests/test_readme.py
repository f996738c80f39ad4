"""The README's generated blocks say what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import click
from click.testing import CliRunner

from amlpriv.cli.main import COMMANDS, cli
from amlpriv.credentials.order import credential_table, wish_table
from amlpriv.errors import CRASH_EXIT_CODE, INTERRUPTED_EXIT_CODE, UNANSWERED_EXIT_CODE, AmlprivError
from amlpriv.preflight.engine import rules
from amlpriv.probes.catalog import PROBES
from tests.contract.operations import imitated_table

README = Path(__file__).parents[1] / "README.md"


def block(name: str) -> str:
    text = README.read_text(encoding="utf-8")
    match = re.search(rf"<!-- {name}:begin -->\n(.*?)<!-- {name}:end -->", text, re.DOTALL)
    assert match is not None, f"the README has no block {name!r}"
    return match[1]


def command_table() -> str:
    rows = ["| command | what it does |", "|---|---|"]
    context = click.Context(cli, info_name="amlpriv")
    for name in sorted(COMMANDS):
        command = cli.get_command(context, name)
        assert command is not None
        inner = sorted(command.commands) if isinstance(command, click.Group) else [""]
        usage = "\\|".join(inner) if inner != [""] else ""
        rows.append(f"| `amlpriv {name}{' ' + usage if usage else ''}` | {command.get_short_help_str(limit=200)} |")
    return "\n".join(rows) + "\n"


def rule_table() -> str:
    rows = ["| code | finds | why |", "|---|---|---|"]
    rows += [f"| {rule.code} | {rule.name} | {' '.join(rule.why.split(chr(10) * 2)[0].split())} |" for rule in rules()]
    return "\n".join(rows) + "\n"


def probe_table() -> str:
    rows = ["| id | question | creates | costs |", "|---|---|---|---|"]
    rows += [f"| {probe.id} | {probe.question} | {probe.creates} | {probe.cost.value} |" for probe in PROBES]
    return "\n".join(rows) + "\n"


def test_the_table_of_questions_is_the_programs() -> None:
    assert block("probes") == probe_table()


def test_the_table_of_what_is_imitated_is_the_contract_suites() -> None:
    assert block("imitated") == imitated_table()


def test_the_command_table_is_the_programs() -> None:
    assert block("help") == command_table()


def test_the_rule_table_is_the_engines() -> None:
    assert block("rules") == rule_table()


def test_the_tables_of_credentials_are_the_searchs() -> None:
    assert block("credentials").strip() == credential_table().strip()
    assert block("wishes").strip() == wish_table().strip()


def test_every_exit_code_is_in_the_table() -> None:
    text = README.read_text(encoding="utf-8")
    table = text[text.index("| exit code | meaning |") :].partition("\n\n")[0]
    documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)}
    raised = {error.exit_code for error in _all(AmlprivError)}
    assert documented == raised | {0, UNANSWERED_EXIT_CODE, CRASH_EXIT_CODE, INTERRUPTED_EXIT_CODE}


def _all(error: type[AmlprivError]) -> list[type[AmlprivError]]:
    return [error, *(deeper for below in error.__subclasses__() for deeper in _all(below))]


def test_help_shows_every_command() -> None:
    shown = CliRunner().invoke(cli, ["--help"]).output
    assert all(re.search(rf"^  {name} ", shown, re.MULTILINE) for name in COMMANDS)
