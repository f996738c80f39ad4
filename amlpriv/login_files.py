"""The credentials of a build in private files of its own, for pip and git: the image build knows no user's ones.

The user's and the machine's git configuration are left out, with their credential helpers, ``insteadOf`` and headers.
Proxy and certificates come from the environment (``https_proxy``, ``GIT_SSL_CAINFO``). git 2.32 and later.
Of the user's netrc file, what is for the hosts of the build's own index lines is left out.
"""

from __future__ import annotations

import netrc
import os
import shlex
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from amlpriv.connections.addresses import Credentials
from amlpriv.connections.netrc import netrc_text
from amlpriv.files import write_text
from amlpriv.secret import Secret

__all__ = ["forget_logins", "git_settings", "netrc_settings"]

_NETRC, _GIT = "netrc", "git-credentials"
_ALONE = {
    "GIT_ASKPASS": "",
    "GIT_CONFIG_COUNT": "0",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_PARAMETERS": "",
    "GIT_TERMINAL_PROMPT": "0",
    "SSH_ASKPASS": "",
}


def git_settings(work: Path, addresses: Sequence[Secret]) -> dict[str, str]:
    """The variables for git, and two private files in ``work``: a credential is sent to its one repository only, which
    leaves out submodules.

    ``addresses`` are ``https://user:password@host/path`` (git-credential-store, "Storage format").
    """
    if not addresses:
        return {**_ALONE, "GIT_CONFIG_GLOBAL": os.devnull}
    known, config = work / _GIT, work / "gitconfig"
    write_text(known, "".join(f"{address.reveal()}\n" for address in addresses), private=True)
    helper = f"store --file={shlex.quote(known.as_posix())}"  # git gives it to a shell, on Windows to its own
    quoted = helper.replace("\\", "\\\\").replace('"', '\\"')
    write_text(config, f'[credential]\n\thelper = "{quoted}"\n\tuseHttpPath = true\n', private=True)
    return {**_ALONE, "GIT_CONFIG_GLOBAL": str(config)}


def netrc_settings(
    work: Path, logins: Mapping[str, Credentials], hosts: Collection[str], environ: Mapping[str, str]
) -> dict[str, str]:
    """The variable for pip, and a private netrc file in ``work``: the ``logins``, and the user's own for all other
    hosts than ``hosts``, since the default index may need them."""
    own = {host: login for host, login in _users(environ).items() if host not in hosts}
    file = work / _NETRC
    write_text(file, netrc_text({**own, **logins}).reveal(), private=True)
    return {"NETRC": str(file)}


def forget_logins(work: Path) -> None:
    """Remove the credentials: what is imported after the installation has no use for them."""
    for name in (_NETRC, _GIT):
        (work / name).unlink(missing_ok=True)


def _users(environ: Mapping[str, str]) -> dict[str, Credentials]:
    """The user's netrc file, at the places where pip looks; one that cannot be read is none to pip either."""
    home = Path(environ.get("HOME") or environ.get("USERPROFILE") or Path.home())
    places = [Path(environ["NETRC"])] if environ.get("NETRC") else [home / ".netrc", home / "_netrc"]
    try:
        found = netrc.netrc(next(str(path) for path in places if path.is_file())).hosts
    except (StopIteration, OSError, UnicodeError, netrc.NetrcParseError):
        return {}
    named = {host: entry for host, entry in found.items() if host != "default"}
    return {
        host: Credentials(Secret(entry[0] or entry[1] or ""), Secret(entry[2] or "")) for host, entry in named.items()
    }
