"""The shell script that builds a wheel inside of a container. It comes by standard input, for it holds the secrets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from shlex import quote

from amlpriv.containers.commands import INSIDE
from amlpriv.target import Target

__all__ = ["FAILED_BUILD", "FAILED_REPAIR", "Said", "build_script"]

FAILED_BUILD = 91
FAILED_REPAIR = 92
_MARK = "AMLPRIV-SAYS"
_SAID = re.compile(rf"{_MARK} (\w+) ?(.*)")

# The function reads nothing: what follows on standard input is the script itself.
_SCRIPT = r"""
say() { echo "@MARK@ $*"; }
build() {
    cd @INSIDE@/source || return 1
    mkdir -p @INSIDE@/out @INSIDE@/raw @INSIDE@/tmp @INSIDE@/home || return 1
    python=
    wanted='import sys; sys.exit(sys.version_info[:2] != @PAIR@ or sys.implementation.name != "cpython")'
    for candidate in /opt/python/cp@XY@-cp@XY@/bin/python python@VERSION@ python3 python; do
        if "$candidate" -c "$wanted" >/dev/null 2>&1; then python=$candidate; break; fi
    done
    if [ -z "$python" ]; then
        say nopython "$(ls /opt/python 2>/dev/null | tr '\n' ' ')" "$(python3 --version 2>&1)"; return 1
    fi
    say machine "$("$python" -c 'import platform; print(platform.machine())')"
    say libc "$("$python" -c 'import platform; print(*platform.libc_ver())')"
    if ! "$python" -m pip --version >/dev/null 2>&1 && ! "$python" -m ensurepip >/dev/null 2>&1; then
        say nopip "$python"; return 1
    fi
    "$python" -m pip wheel --no-deps --no-cache-dir --wheel-dir @INSIDE@/raw ./@PROJECT@ || return @FAILED_BUILD@
    for wheel in @INSIDE@/raw/*.whl; do
        case $wheel in
        *-any.whl) cp "$wheel" @INSIDE@/out/ || return 1; continue ;;
        esac
        if command -v auditwheel >/dev/null 2>&1; then
            auditwheel repair --wheel-dir @INSIDE@/out "$wheel" || return @FAILED_REPAIR@
        else
            say norepair; cp "$wheel" @INSIDE@/out/ || return 1
        fi
    done
    chmod -R a+rX @INSIDE@/out
}
build </dev/null
exit $?
"""
_ALWAYS = {
    "HOME": f"{INSIDE}/home",
    "TMPDIR": f"{INSIDE}/tmp",  # noqa: S108  in the container, which is ours alone
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_PROGRESS_BAR": "off",
    "PIP_ROOT_USER_ACTION": "ignore",
    "PYTHONHASHSEED": "0",
    # The copy may belong to another account than the one that builds; git would not answer then.
    "GIT_CONFIG_COUNT": "1",
    "GIT_CONFIG_KEY_0": "safe.directory",
    "GIT_CONFIG_VALUE_0": "*",
    "PYTHONUNBUFFERED": "1",
}


def build_script(target: Target, project: str, settings: Mapping[str, str]) -> bytes:
    """The script for the project at ``project``, a path below the source folder; ``settings`` are its variables."""
    values = {
        "MARK": _MARK,
        "INSIDE": INSIDE,
        "XY": f"{target.python[0]}{target.python[1]}",
        "VERSION": target.python_text,
        "PAIR": str(target.python),
        "FAILED_BUILD": str(FAILED_BUILD),
        "FAILED_REPAIR": str(FAILED_REPAIR),
    }
    script = re.sub(r"@(\w+)@", lambda match: values.get(match[1], match[0]), _SCRIPT)
    script = script.replace("./@PROJECT@", quote(f"./{project}"))
    exports = [f"export {name}={quote(value)}" for name, value in (_ALWAYS | dict(settings)).items()]
    return ("\n".join(exports) + script).encode("utf-8", "surrogateescape")


@dataclass(slots=True)
class Said:
    """What the script says about the container, apart from what the tools in it say."""

    machine: str = ""
    libc: str = ""
    """For instance ``glibc 2.28``; nothing for musl."""
    pythons: str | None = None
    """What there is, when the target's Python is not among it."""
    no_pip: bool = False
    no_repair: bool = False

    def take(self, line: str) -> bool:
        """Whether the line was the script's own."""
        match = _SAID.fullmatch(line.rstrip())
        if match is None:
            return False
        what, rest = match[1], match[2].strip()
        if what == "machine":
            self.machine = rest
        elif what == "libc":
            self.libc = rest
        elif what == "nopython":
            self.pythons = rest
        self.no_pip = self.no_pip or what == "nopip"
        self.no_repair = self.no_repair or what == "norepair"
        return True
