"""--token-from is read, and never repeated."""

from __future__ import annotations

import pytest

from amlpriv.credentials.wishes import FORMS, Origin, parse_wish, variable_name
from amlpriv.errors import UsageError

PAT = "a" * 76 + "AZDO" + "1234"


@pytest.mark.parametrize(
    ("text", "origin", "argument"),
    [
        ("env:MY_TOKEN", Origin.ENV, "MY_TOKEN"),
        ("ENV:MY_TOKEN", Origin.ENV, "MY_TOKEN"),
        (" stdin ", Origin.STDIN, ""),
        ("prompt", Origin.PROMPT, ""),
        ("keyring", Origin.KEYRING, ""),
        ("keyring:https://example.org:8443/simple/:me", Origin.KEYRING, "https://example.org:8443/simple/:me"),
        ("azure-cli", Origin.AZURE_CLI, ""),
        ("entra", Origin.ENTRA, ""),
        ("key-vault:https://v.vault.azure.net/secrets/pat", Origin.KEY_VAULT, "https://v.vault.azure.net/secrets/pat"),
        ("netrc", Origin.NETRC, ""),
        ("file:C:\\tokens\\pat", Origin.FILE, "C:\\tokens\\pat"),
    ],
)
def test_every_form_is_read(text: str, origin: Origin, argument: str) -> None:
    wish = parse_wish(text)
    assert (wish.origin, wish.argument.reveal()) == (origin, argument)


@pytest.mark.parametrize(
    "text", ["", "env", "env:", "file:", "key-vault", "keyring:", "stdin:x", "prompt:x", "netrc:x"]
)
def test_a_form_that_is_not_complete_or_says_too_much_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_wish(text)
    assert caught.value.hint


@pytest.mark.parametrize("text", [PAT, f"pat:{PAT}", f"stdin:{PAT}", f"prompt:{PAT}"])
def test_a_token_in_its_place_is_not_repeated(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_wish(text)
    assert PAT not in str(caught.value)


def test_a_wish_does_not_print_what_it_is_about() -> None:
    wish = parse_wish(f"env:{PAT}")
    assert PAT not in f"{wish!r} {wish}"


@pytest.mark.parametrize("name", ["MY_TOKEN", "PAT2", "_X", "my_feed_token"])
def test_a_conventional_name_of_a_variable_is_shown(name: str) -> None:
    assert variable_name(name) == name


@pytest.mark.parametrize(
    "name", [PAT, "a" * 52, "hunter2", "secret", "ghp_" + "a" * 36, "A" * 65, "Tr0ub4dor", "a b", ""]
)
def test_what_may_be_a_token_is_no_name(name: str) -> None:
    assert variable_name(name) is None


def test_every_origin_has_its_form() -> None:
    assert set(FORMS) == set(Origin)
    assert all(FORMS[origin].startswith(origin.value) for origin in Origin)
