from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from amlpriv.containers.script import Said, build_script
from amlpriv.target import Target


def test_the_script_is_one_that_a_posix_shell_understands() -> None:
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("NOT PROVEN on this machine: the script of container builds (there is no sh)")
    script = build_script(Target((3, 12)), "it's; a $(project)", {"PIP_INDEX_URL": "https://u:p'w@example.org/"})

    subprocess.run([shell, "-n"], input=script, check=True)


def test_what_the_user_gives_stays_a_word_of_the_shell() -> None:
    script = build_script(Target((3, 12)), "it's; a $(project)", {"SETTING": "$(touch x) 'y'"}).decode()

    assert """'./it'"'"'s; a $(project)'""" in script
    assert """export SETTING='$(touch x) '"'"'y'"'"''""" in script
    assert "/opt/python/cp312-cp312/bin/python python3.12 python3 python" in script


def test_settings_reach_the_build_and_the_end_of_the_script_is_not_its_input() -> None:
    shell = shutil.which("sh")
    if shell is None or os.name == "nt":
        pytest.skip("NOT PROVEN on this machine: the script of container builds (there is no sh)")
    script = build_script(Target((3, 12)), "x", {"SETTING": "a value"})
    script = script.replace(b"build() {", b'build() { cat; echo "$SETTING"; return 7; }; unused() {')

    done = subprocess.run([shell, "-s"], input=script, capture_output=True, text=False)

    assert (done.returncode, done.stdout) == (7, b"a value\n")


def test_the_scripts_own_lines_are_told_from_those_of_the_tools() -> None:
    said = Said()

    taken = [said.take(line) for line in ("AMLPRIV-SAYS libc glibc 2.28", "AMLPRIV-SAYS norepair", "Processing ./x")]

    assert taken == [True, True, False]
    assert (said.libc, said.no_repair, said.pythons) == ("glibc 2.28", True, None)
