"""Tokens by the user's own sign-in: Azure DevOps, and Key Vault over its wire."""

from __future__ import annotations

import http.server
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import ClientAuthenticationError, ServiceRequestError

from amlpriv.connections.tokens import AZURE_DEVOPS_APP, TokenKind, token_complaints, token_shape
from amlpriv.errors import (
    AmlprivError,
    AuthenticationError,
    NetworkError,
    NotFoundError,
    PermissionDeniedError,
    ServiceError,
    UsageError,
)
from amlpriv.local.certificates import ensure_certificates
from amlpriv.local.credential import LocalCredential
from amlpriv.local.environment import environment_variables
from amlpriv.local.home import Home
from amlpriv.local.state import State
from amlpriv.secret import Secret
from amlpriv.workspace.azure.tokens import VAULTS, VaultCloud, devops_token, key_vault_secret
from amlpriv.workspace.azure.transport import Connection

VALUE = "s3cr3t-in-the-vault"
VERSION = "0123456789abcdef" * 2
CREDENTIAL: Any = LocalCredential("11111111-2222-3333-4444-555555555555")


class Broken:
    """A sign-in that fails in the way that it is told."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_token(self, *_scopes: str, **_options: Any) -> Any:
        raise self._error


def is_for_devops(token: Secret) -> bool:
    """Whether Azure DevOps would take it."""
    shape = token_shape(token)
    return shape.kind is TokenKind.ENTRA and shape.audience == AZURE_DEVOPS_APP


def test_a_given_credential_gives_a_token_for_azure_devops() -> None:
    token = devops_token(credential=CREDENTIAL)
    assert is_for_devops(token)
    assert token.reveal() not in repr(token)


def test_such_a_token_is_too_short_lived_for_a_connection() -> None:
    complaints = token_complaints(devops_token(credential=CREDENTIAL), now=datetime.now(timezone.utc))
    assert [complaint.code for complaint in complaints] == ["short-lived-token"]


CHILD = """
from amlpriv.workspace.azure.tokens import devops_token
from amlpriv.connections.tokens import token_shape
shape = token_shape(devops_token())
print(shape.kind.name, shape.audience)
"""


@pytest.mark.local
def test_default_azure_credential_signs_in_to_the_local_workspace(
    local_state: State, local_environ: dict[str, str], tmp_path: Path
) -> None:
    """A process with the variables of `amlpriv local exec`: azure-identity over the real wire of a token request."""
    environ = environment_variables(local_state, local_environ)
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "-c", CHILD],
        env=environ,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout == f"ENTRA {AZURE_DEVOPS_APP}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="a script with #!")
@pytest.mark.parametrize("signed_in", [True, False])
def test_the_azure_cli_is_asked_when_it_is_named(tmp_path: Path, scrubbed: dict[str, str], signed_in: bool) -> None:
    tool = tmp_path / "bin" / "az"
    tool.parent.mkdir()
    answer = {"accessToken": VALUE, "expires_on": 4102444800, "tokenType": "Bearer"}
    says = f"print({json.dumps(json.dumps(answer))})" if signed_in else "sys.exit('ERROR: Please run az login')"
    tool.write_text(
        f"#!{sys.executable}\nimport sys\nassert '{AZURE_DEVOPS_APP}' in ' '.join(sys.argv)\n{says}\n", encoding="utf-8"
    )
    tool.chmod(0o755)
    child = (
        "from amlpriv.workspace.azure.tokens import devops_token\nfrom amlpriv.errors import AuthenticationError\n"
        "try: print(len(devops_token('azure-cli').reveal()))\n"
        "except AuthenticationError as error: print(error.message)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", child],
        env={**scrubbed, "PATH": f"{tool.parent}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.startswith(f"{len(VALUE)}\n" if signed_in else "signing in to Azure DevOps: sign-in failed: ")


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (ClientAuthenticationError("AADSTS7000215: Invalid client secret provided."), AuthenticationError),
        (ServiceRequestError("Failed to resolve 'login.microsoftonline.com'"), NetworkError),
    ],
)
def test_a_sign_in_that_fails_is_an_error_of_ours(error: Exception, ours: type[AmlprivError]) -> None:
    broken: Any = Broken(error)
    with pytest.raises(ours, match="signing in to Azure DevOps") as caught:
        devops_token(credential=broken)
    assert caught.value.hint


@dataclass
class Vault:
    """A stand-in for Key Vault's wire."""

    port: int
    ca: Path
    seen: list[tuple[str, str | None]] = field(default_factory=list)
    """Path with query, and the Authorization header."""

    def read(self, path: str, credential: Any = CREDENTIAL) -> Secret:
        cloud = VaultCloud("localhost", "https://vault.azure.net/.default", "login.example.org", self.port)
        connection = Connection(ca_bundle=str(self.ca), retry={"total": 1, "backoff": 0.01})
        reference = f"https://localhost:{self.port}/secrets/{path}"
        return key_vault_secret(reference, credential=credential, connection=connection, vaults=(cloud,))


ANSWERS: dict[str, tuple[int, object]] = {
    "/secrets/pat": (200, {"value": VALUE, "id": "https://localhost/secrets/pat/1", "attributes": {"enabled": True}}),
    f"/secrets/pat/{VERSION}": (200, {"value": f"{VALUE}-of-that-version"}),
    "/secrets/empty": (200, {"value": ""}),
    "/secrets/list": (200, [VALUE]),
    "/secrets/text": (200, b"<html>a gateway</html>"),
    "/secrets/stranger": (401, {"error": {"code": "Unauthorized", "message": "AKV10032: Invalid issuer."}}),
    "/secrets/role": (403, {"error": {"code": "Forbidden", "message": "Caller is not authorized to perform action."}}),
    "/secrets/gone": (404, {"error": {"code": "SecretNotFound", "message": "A secret with that name was not found."}}),
    "/secrets/moved": (302, b""),
    "/secrets/busy": (503, {"error": {"code": "ServiceUnavailable", "message": "Try later."}}),
}


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    """A server at a free port of the loopback."""
    home = Home(root=tmp_path / "certified", cache=tmp_path)
    home.prepare()
    made = ensure_certificates(home, datetime.now(timezone.utc))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            there.seen.append((self.path, self.headers.get("Authorization")))
            status, answer = ANSWERS[self.path.partition("?")[0]]
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status == 302:
                self.send_header("Location", f"https://localhost:{there.port}/secrets/pat")
            if status == 401:
                self.send_header("WWW-Authenticate", 'Bearer authorization="https://login.example.org/x", resource="x"')
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made.certificate, made.key)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        there = Vault(server.server_address[1], made.ca)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield there
        server.shutdown()
        thread.join(5)


def test_a_secret_is_read_with_the_users_own_token(vault: Vault) -> None:
    assert vault.read("pat").reveal() == VALUE
    assert vault.read(f"pat/{VERSION}").reveal() == f"{VALUE}-of-that-version"
    paths = [path for path, _ in vault.seen]
    assert paths == ["/secrets/pat?api-version=7.4", f"/secrets/pat/{VERSION}?api-version=7.4"]
    authorization = vault.seen[0][1] or ""
    assert token_shape(Secret(authorization.removeprefix("Bearer "))).audience == "https://vault.azure.net"


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("stranger", AuthenticationError, "another tenant"),
        ("role", PermissionDeniedError, "Key Vault Secrets User"),
        ("gone", NotFoundError, "Check the names"),
        ("busy", ServiceError, "Try again later"),
        ("empty", ServiceError, "no value"),
        ("list", ServiceError, "no value"),
        ("text", ServiceError, "reading the Key Vault secret text"),
        ("moved", ServiceError, "302"),
    ],
)
def test_each_refusal_has_its_error_and_next_step(
    vault: Vault, name: str, error: type[AmlprivError], words: str
) -> None:
    with pytest.raises(error) as caught:
        vault.read(name)
    assert words in str(caught.value)
    assert f"reading the Key Vault secret {name}" in caught.value.message
    assert VALUE not in str(caught.value)
    assert "/secrets/pat" not in "".join(path for path, _ in vault.seen), "a token must not follow a redirect"


def test_a_vault_that_is_not_there_is_a_network_error(vault: Vault) -> None:
    cloud = VaultCloud("localhost", "https://vault.azure.net/.default", "login.example.org", 1)
    with pytest.raises(NetworkError):
        key_vault_secret(
            "https://localhost:1/secrets/pat",
            credential=CREDENTIAL,
            connection=Connection(ca_bundle=str(vault.ca), retry={"total": 0}),
            vaults=(cloud,),
        )


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "team-vault",
        "http://team.vault.azure.net/secrets/pat",
        "https://vault.azure.net/secrets/pat",
        "https://a.b.vault.azure.net/secrets/pat",
        "https://team.vault.azure.net.example.org/secrets/pat",
        "https://teamvault.azure.net/secrets/pat",
        "https://team.vault.azure.net:8443/secrets/pat",
        "https://team.vault.azure.net@example.org/secrets/pat",
        "https://example.org#.vault.azure.net/secrets/pat",
        "https://example.org/.vault.azure.net/secrets/pat",
        "https://me:word@team.vault.azure.net/secrets/pat",
        "https://team.vault.azure.net/keys/pat",
        "https://team.vault.azure.net/secrets/",
        "https://team.vault.azure.net/secrets/a/b/c",
        "https://team.vault.azure.net/secrets/../keys/pat",
        "https://team.vault.azure.net/secrets/pat?api-version=1",
        "https://te--am.vault.azure.net/secrets/pat",
        "https://[::1/secrets/pat",
        VALUE,
    ],
)
def test_a_token_is_sent_to_known_vaults_only(reference: str) -> None:
    never: Any = Broken(AssertionError("it must not be asked for a token"))
    with pytest.raises(UsageError) as caught:
        key_vault_secret(reference, credential=never)
    assert VALUE not in str(caught.value)
    assert "word" not in str(caught.value)


@pytest.mark.parametrize("cloud", VAULTS, ids=lambda cloud: cloud.suffix)
def test_the_vaults_of_each_cloud_are_known(cloud: VaultCloud) -> None:
    """The token is asked for with the cloud's own scope; here that is where it ends."""

    class Asked:
        scopes: tuple[str, ...] = ()

        def get_token(self, *scopes: str, **_options: Any) -> Any:
            Asked.scopes = scopes
            raise ClientAuthenticationError("enough")

    credential: Any = Asked()
    with pytest.raises(AuthenticationError):
        key_vault_secret(f"https://team-1{cloud.suffix}/secrets/pat", credential=credential)
    assert Asked.scopes == (cloud.scope,)
    assert cloud.scope == f"https://{cloud.suffix.removeprefix('.')}/.default"
