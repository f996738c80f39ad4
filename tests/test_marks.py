"""Processes known by a variable in their environment."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from amlpriv.marks import end_marked

pytestmark = pytest.mark.skipif(os.name != "posix", reason="Windows does not show environments")


def test_marked_processes_end_wherever_they_are_and_others_do_not() -> None:
    sleep = [sys.executable, "-c", "import time; print('on', flush=True); time.sleep(60)"]
    environments = [{**os.environ, "MARK_OF_TEST": value} for value in ("one", "one", "other")]
    started = [
        subprocess.Popen(sleep, env=environment, start_new_session=True, stdout=subprocess.PIPE)
        for environment in environments
    ]
    try:
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()
        assert end_marked("MARK_OF_TEST", "one") == 2
        assert [process.wait(5) for process in started[:2]] == [-9, -9]
        assert started[2].poll() is None
        assert end_marked("MARK_OF_TEST", "one") == 0
    finally:
        for process in started:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()
