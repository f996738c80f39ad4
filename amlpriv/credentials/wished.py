"""The credential from where ``--token-from`` says."""

from __future__ import annotations

from pathlib import Path

from amlpriv.connections.addresses import Credentials, take_credentials
from amlpriv.credentials.found import Sources, Subject
from amlpriv.credentials.given import from_file, from_prompt, from_stdin, from_variable
from amlpriv.credentials.keyrings import keyring_login
from amlpriv.credentials.netrc_files import netrc_login
from amlpriv.credentials.wishes import Origin, Wish
from amlpriv.errors import AuthenticationError, UnsupportedError, UsageError

__all__ = ["take"]


def take(wish: Wish, subject: Subject, sources: Sources) -> tuple[Credentials, str]:
    """The credential and, for people, where it is from. Raises what is wrong, without ever repeating a secret."""
    argument = wish.argument.reveal()
    match wish.origin:
        case Origin.ENV:
            return Credentials(None, from_variable(argument, sources.environ)), f"the variable {argument}"
        case Origin.STDIN:
            return Credentials(None, from_stdin(sources.stdin)), "standard input"
        case Origin.PROMPT:
            return Credentials(None, from_prompt(sources.prompt, subject.address.host)), "the prompt"
        case Origin.FILE:
            path = _path(argument, sources)
            return Credentials(None, from_file(path)), f"the file {path}"
        case Origin.NETRC:
            found, said = netrc_login(subject, sources)
            return _or_raise(found, said, "netrc", "Add 'machine HOST login USER password TOKEN' to it.")
        case Origin.KEYRING:
            if take_credentials(argument)[1] is not None and "://" in argument:
                raise UsageError("The keyring's service has a credential in it.", hint="Leave it out, and revoke it.")
            found, said = keyring_login(subject, sources, argument, wished=True)
            return _or_raise(found, said, "the keyring", "Store it: keyring set ADDRESS USER.")
        case Origin.KEY_VAULT:
            if sources.vault is None:
                raise UnsupportedError("Key Vault cannot be asked here.", hint="Use --token-from env:VARIABLE.")
            return Credentials(None, sources.vault(argument)), f"the Key Vault secret {argument}"
        case Origin.ENTRA | Origin.AZURE_CLI:
            return _entra(wish, subject, sources)


def _entra(wish: Wish, subject: Subject, sources: Sources) -> tuple[Credentials, str]:
    is_local = sources.of_local(subject) is not None
    if subject.azure is None and not is_local:
        raise UsageError(
            f"{wish} gives a token for Azure DevOps, and {subject.address.host or 'this'} is another host.",
            hint="It is sent to *.dev.azure.com and *.visualstudio.com by https, and to feeds of the local workspace.",
        )
    if sources.entra is None:
        raise UnsupportedError("Microsoft Entra cannot be asked here.", hint="Use --token-from env:VARIABLE.")
    if is_local:
        return Credentials(None, sources.entra("local")), "the local workspace's sign-in"
    way, words = (
        ("azure-cli", "Azure CLI") if wish.origin is Origin.AZURE_CLI else ("default", "DefaultAzureCredential")
    )
    return Credentials(None, sources.entra(way)), f"Microsoft Entra ({words})"


def _or_raise(found: Credentials | None, said: str, place: str, hint: str) -> tuple[Credentials, str]:
    if found is None:
        raise AuthenticationError(f"There is no credential in {place}: {said}.", hint=hint)
    return found, said


def _path(text: str, sources: Sources) -> Path:
    """``~`` stands for the home of the environment that was given: a shell leaves it there behind ``file:``."""
    if text.startswith(("~/", "~\\")) and sources.home is not None:
        return sources.home / text[2:]
    return Path(text)
