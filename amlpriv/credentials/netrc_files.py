"""netrc: a user and a password by host, as curl, git, pip and uv read it.

The file is the one that ``NETRC`` names, else ``~/.netrc``, else ``~/_netrc`` (requests, "netrc authentication").
An entry ``default`` is meant for any host, and so never taken here.
"""

from __future__ import annotations

import netrc
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.complaints import Complaint, note
from amlpriv.credentials.found import Sources, Subject
from amlpriv.credentials.given import readable_by_others
from amlpriv.secret import Secret

__all__ = ["netrc_file", "netrc_login", "netrc_note"]


def netrc_file(sources: Sources) -> Path | None:
    """The file to look at, if there is one."""
    if named := sources.environ.get("NETRC"):
        path = Path(named)
        return sources.home / named[2:] if named.startswith("~/") and sources.home is not None else path
    if sources.home is None:
        return None
    return next((path for name in (".netrc", "_netrc") if (path := sources.home / name).is_file()), None)


def netrc_login(subject: Subject, sources: Sources) -> tuple[Credentials | None, str]:
    """The credential for the address's host, and where it is or why there is none."""
    path, host = netrc_file(sources), subject.address.host
    if path is None:
        return None, "there is no netrc file"
    try:
        entries = netrc.netrc(str(path)).hosts
    except netrc.NetrcParseError as error:
        return None, f"{path} cannot be understood (line {error.lineno})"  # its message holds what stands there
    except (OSError, UnicodeDecodeError):
        return None, f"{path} cannot be read"
    port = subject.address.port
    name = next((name for name in (f"{host}:{port}", host) if name in entries and name != "default"), None)
    if name is None:
        more = "; its entry 'default' is for any host, so it is not taken" if "default" in entries else ""
        return None, f"{path} has no entry for {host}{more}"
    login, _, password = entries[name]
    if not password:
        return None, f"{path} has no password for {name}"
    return Credentials(Secret(login) if login else None, Secret(password)), f"the entry {name} of {path}"


def netrc_note(sources: Sources) -> Complaint | None:
    """That others may read the file (POSIX). It is taken all the same, as pip and git take it."""
    path = netrc_file(sources)
    opened = readable_by_others(path) if path is not None else None
    if opened is None:
        return None
    message = f"others on this machine may read {path} (mode {opened.mode:04o}), and the tokens in it."
    return note("netrc-mode", message, f"Run 'chmod 600 {path}'." if opened.ours else "Ask its owner to close it.")
