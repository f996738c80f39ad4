"""Which instructions there are, and what each of them takes (Dockerfile reference)."""

from __future__ import annotations

__all__ = ["FLAGS", "LISTED", "MANY", "NAMES", "ONE", "PAIRS", "SHELL_OR_JSON", "SWITCHES", "WITH_HEREDOCS"]

PAIRS = frozenset({"ARG", "ENV", "LABEL"})
ONE = frozenset({"MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"})
"""All that follows is one argument, and it must be there."""
SHELL_OR_JSON = frozenset({"CMD", "ENTRYPOINT", "RUN", "SHELL"})
MANY = frozenset({"ADD", "COPY", "EXPOSE", "FROM", "VOLUME"})
NAMES = PAIRS | ONE | SHELL_OR_JSON | MANY | {"HEALTHCHECK", "ONBUILD"}
WITH_HEREDOCS = frozenset({"ADD", "COPY", "RUN"})

FLAGS: dict[str, frozenset[str]] = {
    "ADD": frozenset({"checksum", "chmod", "chown", "exclude", "keep-git-dir", "link", "unpack"}),
    "COPY": frozenset({"chmod", "chown", "exclude", "from", "link", "parents"}),
    "FROM": frozenset({"platform"}),
    "HEALTHCHECK": frozenset({"interval", "retries", "start-interval", "start-period", "timeout"}),
    "RUN": frozenset({"device", "mount", "network", "security"}),
}
SWITCHES = frozenset({"keep-git-dir", "link", "parents", "unpack"})
"""These need no value."""
LISTED = frozenset({"device", "exclude", "mount"})
"""These may be given several times."""
