"""Find every rule and run it over one subject. A new rule is a new file in ``rules/``; no list is edited."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from functools import cache
from importlib import import_module
from types import ModuleType

import amlpriv.preflight.rules as rules_package
from amlpriv.findings import Finding, Report
from amlpriv.preflight.subject import PackagedWheel, Subject
from amlpriv.secret import redact

__all__ = ["PackagedWheel", "Rule", "Subject", "check", "rules"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that is looked for."""

    code: str
    """Permanent, ``AP`` and three digits."""
    name: str
    """A few words, for lists."""
    why: str
    """What happens when it is not heeded, and where that is written."""
    find: Callable[[Subject], Iterator[Finding]]


@cache
def rules() -> tuple[Rule, ...]:
    """All rules in the order of their codes."""
    names = [module.name for module in pkgutil.iter_modules(rules_package.__path__)]
    found = [_rule(import_module(f"{rules_package.__name__}.{name}")) for name in names]
    return tuple(sorted(found, key=lambda rule: rule.code))


def _rule(module: ModuleType) -> Rule:
    return Rule(code=module.CODE, name=module.NAME, why=(module.__doc__ or "").strip(), find=module.find)


def check(subject: Subject, *, ignore: Collection[str] = ()) -> Report:
    """What all rules find, without those whose code is in ``ignore``. Raises nothing about the input.

    No rule puts a secret into its words; redacting them once more here costs nothing.
    """
    wanted = (rule for rule in rules() if rule.code not in ignore)
    return Report.of(_redacted(finding) for rule in wanted for finding in rule.find(subject))


def _redacted(finding: Finding) -> Finding:
    return replace(finding, subject=redact(finding.subject), message=redact(finding.message), fix=redact(finding.fix))
