"""Canary: every command runs with known secrets, which then must be nowhere but where they belong (design section 7).

The tests share a workspace and what is built in it; each of them also runs alone.
"""

from __future__ import annotations

import signal
import stat
import sys
from urllib.parse import quote

import pytest

from tests.canary.conftest import ALLOWED, PASSWORD, Canary, as_object, forms, released, signed_in, wait_for, waiting

pytestmark = [
    pytest.mark.local,
    pytest.mark.slow,
    pytest.mark.xdist_group("canary"),
    pytest.mark.skipif(sys.platform != "linux", reason="reads the arguments of all processes in /proc"),
]

JOB = "import contoso_features, sys; print(contoso_features.__version__); sys.exit(7)"

REVOKED = """
import os, sys
from pathlib import Path
from amlpriv.actions.build import _request, _surroundings
from amlpriv.actions.publish import publish
from amlpriv.cli import show
from amlpriv.errors import BuildError
from amlpriv.images import build_environment
published = publish(sys.argv[1], workspace="local")
store = published.workspace.open_blobs
datastore = published.workspace.datastores.default()
blobs = store(datastore, published.workspace.datastores.secret(datastore.name).account_key)
from dataclasses import replace
blobs.set_policies(replace(blobs.policies(), policies={}))
_, root, inside = _surroundings(os.environ)
try:
    build_environment(_request(published, root, False, lambda url: url), environ=inside, on_line=show.say)
except BuildError as error:
    import traceback
    traceback.print_exc()
    show.error(error)
    sys.exit(4)
"""


def test_the_canary_itself_is_heard() -> None:
    """Each form of a secret is found in what a tool would write."""
    import base64
    import json
    from urllib.parse import quote

    secret = "c2ln+bmF0/dXJl=="
    looked_for = forms(secret)
    for text in (
        f"x?sig={quote(secret, safe='')}&y",
        json.dumps({"key": secret}),
        base64.b64encode(f"user:{secret}".encode()).decode(),
        base64.urlsafe_b64encode(f"ab{secret}, and more".encode()).decode(),
    ):
        assert any(form in text.encode() for form in looked_for), text


def test_after_success(canary: Canary) -> None:
    file = canary.file("ships")
    revealed = canary.root / "revealed"
    for words in (
        ["local", "start", "--json"],
        ["wheel", "inspect", "wheels/contoso_features-1.2.0-py3-none-any.whl"],
        ["plan", file],
        ["render", file],
        ["publish", file, "--debug"],
        ["publish", file, "--expires", "60d", "--json"],
        ["render", file, "--workspace", "local"],
        ["render", file, "--workspace", "local", "--as", "conda", "--json"],
        ["render", file, "--workspace", "local", "--reveal", "--out", str(revealed / "environment.yml")],
        ["add-wheel", "wheels/contoso_features-1.2.0-py3-none-any.whl", "--json"],
        ["add-wheel", "wheels/contoso_features-1.2.0-py3-none-any.whl", "--reveal", str(revealed / "line.txt")],
        ["build", file, "--verbose"],
        ["build", file, "--json"],
        ["local", "status", "--json"],
    ):
        canary.command(*words)
    assert "1.2.0" in canary.command("run", file, "--", "python", "-c", JOB, code=7)
    assert canary.finds() == []

    secrets = {form for what, value in canary.secrets.items() if "signature" in what for form in forms(value)}
    for path in revealed.iterdir():
        assert any(secret in path.read_bytes() for secret in secrets), "--reveal reveals"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for place in (place for place, reason in ALLOWED.items() if "mode 0600" in reason and place.startswith("home/")):
        assert stat.S_IMODE((canary.root / place).stat().st_mode) == 0o600
    assert stat.S_IMODE((canary.root / "home").stat().st_mode) == 0o700


def test_after_the_local_workspace_was_used_by_other_programs(canary: Canary) -> None:
    """Jobs among them: V14 runs one whose environment installs a signed URL; V05 asks for the account key."""
    file = canary.file("shared")
    canary.command("publish", file)
    for words in (
        ["local", "env", "--shell", "bash"],
        ["local", "env", "--json"],
        ["local", "exec", "--isolated", "--", sys.executable, "-c", "print('inside')"],
        ["diff", file, file, "--json"],
        ["environments", file, "--json"],
        ["verify"],
        ["verify", "--live", "--yes", "--workspace", "local", "--only", "V05,V14", "--json"],
        ["local", "log", "--all", "--json"],
        ["local", "status"],
    ):
        canary.command(*words)
    assert canary.finds() == []


def test_after_feeds_and_connections(canary: Canary) -> None:
    """Push, connect, try, build, rotate, mirror, remove, with tokens that work and with one that does not."""
    wheel = "wheels/contoso_features-1.2.0-py3-none-any.whl"
    url = as_object(canary.command("local", "feed", "create", "canary", "--no-upstream", "--json"))["url"]
    assert isinstance(url, str)
    canary.learn()
    for kind in ("read", "expired", "write"):
        canary.environ[f"CANARY_{kind.upper()}"] = canary.secrets[f"the {kind} token of the local feed"]
    file = canary.from_feed("served", url, "canary-feed")
    local, basic = ("--workspace", "local"), ("--auth", "basic", "--user", "me", "--token-from", "env:CANARY_READ")
    for words in (
        ["feed", "push", wheel, "--to", url],
        ["feed", "push", wheel, "--to", url, "--with", "twine", "--token-from", "env:CANARY_WRITE", "--json"],
        ["connect", "feed", "canary-feed", "--url", url, "--token-from", "env:CANARY_READ", *local],
        ["connect", "git", "canary-git", "--url", "https://git.example.org/a/b", *basic, *local, "--json"],
        ["connect", "list", *local, "--for", file],
        ["connect", "show", "canary-feed", *local, "--json"],
        ["connect", "test", "canary-feed", "contoso-features", *local, "-v"],
        ["connect", "test", "canary-feed", "contoso-features", *local, "--json"],
        ["check", file, *local, "--json"],
        ["plan", file, *local, "--debug"],
        ["build", file, "--verbose"],
        ["feed", "pip-config", url, "--for", "docker"],
        ["feed", "mirror", "contoso-features", "--from", url, "--to", "local", "--python", "3.11", "--dry-run"],
        ["feed", "mirror", "contoso-features", "--from", url, "--to", "local", "--python", "3.11", "--json"],
        ["connect", "rotate", "canary-feed", "--token-from", "env:CANARY_EXPIRED", *local],
        ["local", "feed", "list", "--json"],
    ):
        canary.command(*words)
    canary.command("connect", "test", "canary-feed", "contoso-features", *local, "-v", "--debug", code=10)
    canary.command("feed", "push", wheel, "--to", url, "--token-from", "env:CANARY_EXPIRED", "--debug", code=10)
    canary.command("build", canary.from_feed("served-again", url + "?", "canary-feed"), "--verbose", code=4)
    canary.command("connect", "remove", "canary-git", "--yes", *local)
    assert canary.finds() == []
    assert list((canary.root / "tmp").iterdir()) == []


def test_nothing_remains_in_the_temporary_folder(canary: Canary) -> None:
    assert list((canary.root / "tmp").iterdir()) == []


def test_after_failure(canary: Canary) -> None:
    missing = canary.file("lacks", "contoso-nowhere==1")
    said = canary.command("build", missing, "--verbose", "--debug", "--json", code=4)
    assert "contoso-nowhere" in said
    assert "/simple/contoso-nowhere/" in signed_in  # so the password was used

    revoked = canary.file("revokes", version="3.11" if sys.version_info[:2] != (3, 11) else "3.12")
    said = canary.python("-c", REVOKED, revoked, code=4)
    assert "403" in said
    assert "Traceback" in said

    canary.command(
        "publish", canary.file("broken", "--extra-index-url https://me:" + quote(PASSWORD, safe="") + "@x.org/"), code=1
    )
    (canary.project / "broken.yml").unlink()  # the user's own mistake, refused by the line before
    assert canary.finds() == []
    assert list((canary.root / "tmp").iterdir()) == []


def test_after_ctrl_c_while_pip_works(canary: Canary) -> None:
    file = canary.file("waits", "contoso-slow==1")
    builds = canary.root / "home" / "builds"
    before = {path for path in builds.glob("*") if path.is_dir()}
    waiting.clear()
    with canary.watching(), canary.start("-m", "amlpriv", "build", file, "--verbose") as process:
        wait_for(waiting, process, 60)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
    released.set()
    canary.shown.append(out.decode())
    assert process.returncode == 130, out.decode()
    assert out.decode().splitlines()[-1] == "Interrupted."
    assert "Collecting contoso-features" in out.decode().replace("_", "-")
    assert canary.finds() == []
    assert list((canary.root / "tmp").iterdir()) == []
    assert {path for path in builds.iterdir() if path.is_dir()} == before


LOUD = """
import logging, sys
logging.basicConfig(level=1, stream=sys.stderr)
import amlpriv
first = amlpriv.publish(sys.argv[1], workspace="local", name="loud")
again = amlpriv.publish(sys.argv[1], workspace="local", name="loud")
added = amlpriv.add_wheel(sys.argv[2], workspace="local")
print(first, again, added, first.plan, first.registered, first.workspace, first.as_json(), first.environment)
"""


def test_logging_everything(canary: Canary) -> None:
    """urllib3 and azure-core log the whole request line; what they log while amlpriv is loaded has no signature."""
    said = canary.python("-c", LOUD, canary.file("loud"), "wheels/contoso_features-1.2.0-py3-none-any.whl")
    assert "urllib3.connectionpool" in said, "this test hears nothing"
    assert "si=amlpriv-" in said, "this test hears no signed URL"
    assert "sig=***" in said
    assert canary.finds() == []


SHOWN = """
import os, sys, traceback
import certifi
import amlpriv
from amlpriv.actions.asking import Store, ask
from amlpriv.actions.signed import signed_urls
from amlpriv.local.home import Home
from amlpriv.local.lifecycle import status
from amlpriv.local.state import load_identity
from amlpriv.remote import BlobUpload
from amlpriv.secret import SasUrl, Secret
from amlpriv.workspace.azure.blobs import AzureBlobs
from amlpriv.workspace.azure.transport import Connection
from amlpriv.workspace.ports import RequestCounter
from amlpriv.workspace.sas import PolicySigner

def show(*values):
    for value in values:
        print(repr(value), str(value), f"{value}", "%s" % (value,))

home = Home.find(os.environ)
state = status(home)
built = amlpriv.build(sys.argv[1])
published = built.published
added = amlpriv.add_wheel(sys.argv[2], workspace="local")
show(published, added, built, built.environment, built.report, published.plan, published.registered, published.blobs)
show(published.workspace, state, load_identity(home), *signed_urls(published.registered).values(), added.url)
store = Store(published.workspace)
datastore = store.find()
secret = store.ask_secret()
blobs = store.open()
show(store, datastore, secret, blobs, store.ask_policies(), secret.account_key, Secret("x"))
show(PolicySigner(datastore, secret.account_key, "amlpriv-1", None))
connection = Connection(proxy=state.proxy_url, ca_bundle=str(state.ca_bundle))
counter = RequestCounter()
once = {"total": 1, "backoff": 0.01}
nowhere = Connection(proxy=state.proxy_url, ca_bundle=certifi.where(), retry=once)
ended = Connection(proxy="http://127.0.0.1:9", ca_bundle=str(state.ca_bundle), retry=once)
other = Secret("A" * 86 + "==")
url = next(iter(signed_urls(published.registered).values()))
for what, call in {
    "403": lambda: AzureBlobs(datastore, other, counter, connection).stored("amlpriv/"),
    "403 to a listing of policies": lambda: AzureBlobs(datastore, other, counter, connection).policies(),
    "no answer": lambda: AzureBlobs(datastore, secret.account_key, counter, nowhere).stored("amlpriv/"),
    "gone": lambda: AzureBlobs(datastore, secret.account_key, counter, ended).stored("amlpriv/"),
    "no answer to HEAD": lambda: AzureBlobs(datastore, secret.account_key, counter, nowhere).head(url),
}.items():
    try:
        call()
    except amlpriv.AmlprivError as error:
        show(error, error.message, error.hint)
        traceback.print_exc()  # as a notebook shows it, causes and all
    else:
        sys.exit(what + " raised nothing")
assert blobs.head(SasUrl(url.reveal()[:-3] + "abc")) == 403
"""


def test_showing_everything(canary: Canary) -> None:
    """What a notebook would display, and what it would show of an exception."""
    said = canary.python("-c", SHOWN, canary.file("ships"), "wheels/contoso_features-1.2.0-py3-none-any.whl")
    assert "PermissionDeniedError" in said
    assert "NetworkError" in said
    assert "LocalWorkspaceError" in said
    assert canary.finds() == []
