"""The search: what the user says, else the places in their order; the first that has something ends it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from amlpriv.connections.addresses import LOOPBACK, Credentials
from amlpriv.connections.feeds import FeedUrl
from amlpriv.connections.git_urls import GitUrl
from amlpriv.credentials.asking import within
from amlpriv.credentials.found import Attempt, Found, Sources, Subject, read_subject
from amlpriv.credentials.keyrings import keyring_login
from amlpriv.credentials.netrc_files import netrc_login
from amlpriv.credentials.order import ORDER
from amlpriv.credentials.variables import azure_token, feed_endpoints, index_urls, named_index, pipeline_token
from amlpriv.credentials.wished import take
from amlpriv.credentials.wishes import Wish, parse_wish
from amlpriv.errors import AmlprivError
from amlpriv.secret import Secret, redact

__all__ = ["find_credential"]

_Answer = tuple[Credentials | None, str]
_Ask = Callable[[Subject, Sources], _Answer]


def find_credential(address: str | FeedUrl | GitUrl, wish: str | Wish | None, sources: Sources) -> Found:
    """The user's credential for an index or a repository.

    ``wish`` is a ``--token-from``: then nothing else is asked, and what is wrong there is raised (UsageError,
    InputError, AuthenticationError, NetworkError, ...). Without one, the places of `amlpriv.credentials.order.ORDER`
    are asked one after another, nothing is raised, and `Found.credentials` may be None. Whether a server accepts what
    was found is not tried. A public index needs none of it: do not ask for its address.
    """
    subject = read_subject(address)
    if wish is not None:
        wished = parse_wish(wish) if isinstance(wish, str) else wish
        credentials, origin = take(wished, subject, sources)
        return Found(_with_user(credentials, sources), origin, (Attempt(str(wished), "taken"),))
    attempts: list[Attempt] = []
    for name, ask in _places(subject):
        try:
            found, said = ask(subject, sources)
        except AmlprivError as error:
            found, said = None, redact(error.message.partition("\n")[0])
        attempts.append(Attempt(name, f"taken from {said}" if found is not None else said))
        if found is not None:
            return Found(_with_user(found, sources), said, tuple(attempts))
    return Found(None, "", tuple(attempts))


def _places(subject: Subject) -> Iterator[tuple[str, _Ask]]:
    """Which places are asked for this address, in their order."""
    here = subject.address
    for place in ORDER:
        yield place.origin, _ASK[place.origin]
        if not here.host:
            yield "all others", lambda *_: (None, "this is no address to which a credential is sent by https")
            return
        if here.scheme == "http" and here.host not in LOOPBACK:
            yield "all others", lambda *_: (None, "http: would send a credential readable for everybody on the way")
            return


def _in_address(subject: Subject, sources: Sources) -> _Answer:  # noqa: ARG001  one of the places
    if subject.login is not None:
        return subject.login, "the address itself"
    return None, "it names a user and no password" if subject.user else "there is none in it"


def _of_local(subject: Subject, sources: Sources) -> _Answer:
    found = sources.of_local(subject)
    return found, "the local workspace" if found is not None else "the address is no feed of the local workspace"


def _of_keyring(subject: Subject, sources: Sources) -> _Answer:
    return keyring_login(subject, sources)


def _of_entra(subject: Subject, sources: Sources) -> _Answer:
    entra = sources.entra
    if subject.azure is None:
        return None, "Entra tokens are for Azure DevOps only, and this is another host"
    if entra is None:
        return None, "it is not asked here"
    token = within(sources.entra_seconds, lambda: entra("default"))
    if token is None:
        return None, f"the sign-in took longer than {sources.entra_seconds:g} s"
    return Credentials(None, token), "Microsoft Entra (DefaultAzureCredential)"


_ASK: Mapping[str, _Ask] = {
    "address": _in_address,
    "local workspace": _of_local,
    "named index": named_index,
    "SYSTEM_ACCESSTOKEN": pipeline_token,
    "AZURE_DEVOPS_EXT_PAT": azure_token,
    "feed endpoints": feed_endpoints,
    "index variables": index_urls,
    "netrc": netrc_login,
    "keyring": _of_keyring,
    "entra": _of_entra,
}


def _with_user(credentials: Credentials, sources: Sources) -> Credentials:
    """The user that was said goes before what a place has."""
    if not sources.user or credentials.token is None:
        return credentials
    return Credentials(Secret(sources.user), credentials.token)
