"""amlpriv's own questions to the control plane, from another process."""

from __future__ import annotations

from dataclasses import replace

import pytest

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.asking import ask
from amlpriv.local.state import State
from amlpriv.secret import Secret


def test_it_answers(running: State) -> None:
    assert ask(running, "GET", "unknown") == {"value": []}
    assert ask(running, "PUT", "aliases/x", {"value": []}) == {"x": []}
    assert ask(running, "DELETE", "aliases/x") == {}


def test_a_refusal_is_told_without_the_start_id(running: State) -> None:
    stranger = replace(running, start_id=Secret("somebody-else"))
    with pytest.raises(LocalWorkspaceError, match="refused GET unknown: The header") as caught:
        ask(stranger, "GET", "unknown")
    assert "somebody-else" not in str(caught.value)


def test_no_answer_is_told_with_the_next_step(running: State) -> None:
    gone = replace(running, ports=replace(running.ports, plane=9))
    with pytest.raises(LocalWorkspaceError, match="control plane does not answer") as caught:
        ask(gone, "GET", "unknown")
    assert "amlpriv local stop" in str(caught.value)
