"""Serving ends with the workspace, and notices that a deployment is another one."""

from __future__ import annotations

import pytest

from amlpriv.errors import LocalWorkspaceError
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import start, stop
from amlpriv.local.watching import Watch

pytestmark = pytest.mark.local


def test_it_ends_with_a_change_of_a_deployment_and_with_the_workspace(home: Home, environ: dict[str, str]) -> None:
    start(home, say=lambda _: None, environ=environ)
    watch = Watch(home, "churn", {}, seconds=0.02)
    assert not any(watch.has_ended() for _ in range(1000))
    gone = Watch(home, "churn", {"blue": "v7"})
    assert (gone.has_ended(), gone.changed) == (True, ["blue"])
    stop(home)
    assert (gone.has_ended(), gone.changed) == (True, ["blue"])
    with pytest.raises(LocalWorkspaceError, match="churn is not served"):
        any(watch.has_ended() for _ in iter(int, 1))
