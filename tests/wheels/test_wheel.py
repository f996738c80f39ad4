from __future__ import annotations

from collections.abc import Callable
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest

from amlpriv.wheels.wheel import Wheel
from tests.wheelhouse import build_wheel


def test_a_wheel_is_a_frozen_hashable_value(tmp_path: Path, read: Callable[[Path], Wheel]) -> None:
    path = build_wheel(tmp_path, requires_dist=["numpy>=1"], requires_python=">=3.8")
    wheel = read(path)
    assert {wheel, read(path)} == {wheel}
    with pytest.raises(FrozenInstanceError):
        wheel.size = 0  # type: ignore[misc]
