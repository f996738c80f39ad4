"""Git's credential helper: answers from the environment of the git process; a program, run by its path.

Helpers beat ``GIT_ASKPASS`` here: git runs them through the shell it brings (on Windows too), so that no launcher file,
no executable bit and no ``.cmd`` is needed; they are told protocol and host, so that no other host gets the credential;
and a user's own helper, which git would ask before any askpass, can be switched off (gitcredentials(7)).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping

__all__ = ["HOST", "PASSWORD", "USER", "answer", "origin"]

HOST = "AMLPRIV_GIT_HOST"
USER = "AMLPRIV_GIT_USER"
PASSWORD = "AMLPRIV_GIT_PASSWORD"  # noqa: S105  the variable's name

_PORTS = {"https": ":443", "http": ":80"}


def origin(protocol: str, host: str) -> str:
    """``protocol://host[:port]`` in one spelling: lower case, without the protocol's own port."""
    protocol = protocol.lower()
    return f"{protocol}://{host.lower().removesuffix(_PORTS.get(protocol, ':'))}"


def answer(request: Iterable[str], environ: Mapping[str, str]) -> str:
    """What to say to git's ``get`` (git-credential(1)): user and password, or nothing for any other host."""
    asked = dict(line.rstrip("\r\n").partition("=")[::2] for line in request)
    wanted = environ.get(HOST)
    if not wanted or origin(asked.get("protocol", ""), asked.get("host", "")) != wanted:
        return ""
    return f"username={environ.get(USER, '')}\npassword={environ.get(PASSWORD, '')}\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["get"]:
        sys.stdin.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        # As bytes: on Windows text would get \r\n, and git would take the \r for a part of the password.
        sys.stdout.buffer.write(answer(sys.stdin, os.environ).encode("utf-8"))
