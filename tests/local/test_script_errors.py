"""What is said about a scoring script that fails."""

from __future__ import annotations

from pathlib import Path

from amlpriv.local.script_errors import reason

CODE = Path("/serving/churn/blue/code")
START = ["Server Settings", "---------------", "Worker Count: 1", ""]
OWN = f"""\
2026-11-20 16:59:06,211 E [10537] azmlinfsrv - User's init function failed
2026-11-20 16:59:06,211 E [10537] azmlinfsrv - Encountered Exception Traceback (most recent call last):
  File "/env/azureml_inference_server_http/server/user_script.py", line 119, in invoke_init
    self._user_init()
  File "{CODE}/bad.py", line 2, in init
    raise ValueError('boom in init')
ValueError: boom in init

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "/env/azureml_inference_server_http/server/aml_blueprint.py", line 109, in setup
    self.user_script.invoke_init()
azureml_inference_server_http.server.user_script.UserScriptException: Caught an unhandled exception

2026-11-20 16:59:06,215 I [10537] azmlinfsrv - Model Directory Contents:
""".splitlines()
END = [f"2026-11-20 16:59:06,{at} I [10537] azmlinfsrv -     file-{at}" for at in range(300, 340)]


def test_the_users_own_exception_is_told_without_the_servers_frames() -> None:
    assert reason([*START, *OWN, *END], CODE).splitlines() == [
        f'  File "{CODE}/bad.py", line 2, in init',
        "    raise ValueError('boom in init')",
        "ValueError: boom in init",
    ]


def test_without_a_frame_of_the_script_the_last_traceback_is_told() -> None:
    found = reason([*OWN, *END], Path("/elsewhere")).splitlines()
    assert found[0] == "Traceback (most recent call last):"
    assert found[-1].endswith("UserScriptException: Caught an unhandled exception")


def test_without_a_traceback_the_end_is_told() -> None:
    assert reason([*START, *END], CODE).splitlines() == END[-15:]
    assert reason([], CODE) == ""


def test_a_long_traceback_is_cut_in_its_middle() -> None:
    frames = [line for at in range(100) for line in (f'  File "{CODE}/deep.py", line {at}, in f', "    f()")]
    found = reason(["Traceback (most recent call last):", *frames, "RecursionError: too deep"], CODE).splitlines()
    assert (len(found), found[5], found[-1]) == (21, "  ...", "RecursionError: too deep")
    assert found[0] == frames[0]
