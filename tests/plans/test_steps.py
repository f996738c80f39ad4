"""The words of a plan: each step is one line that says what it does to which thing."""

from __future__ import annotations

import pytest

from amlpriv.plans.steps import Action, Describe, Keep, PublishPlan, Register, Restore, Step, Wanted

WANTED = Wanted("churn", None, "d" * 64, "ubuntu", ())


@pytest.mark.parametrize(
    ("step", "text", "writes", "creates"),
    [
        (Register("churn", "c1"), "register environment churn:c1", True, True),
        (Restore("churn", "c1"), "restore the archived environment churn:c1", True, False),
        (Describe("churn", "c1"), "update the description and tags of environment churn:c1", True, False),
        (Keep("churn", "c1"), "keep environment churn:c1", False, False),
    ],
)
def test_a_step_is_a_line(step: Step, text: str, writes: bool, creates: bool) -> None:
    assert str(step) == text
    plan = PublishPlan(WANTED, Action.UNCHANGED, "c1", (step,))
    assert (plan.writes, plan.created) == (writes, creates)
