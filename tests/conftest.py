"""What all tests share: a clean surrounding, and one local workspace for those that ask for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from amlpriv.local.home import Home
from amlpriv.local.lifecycle import LocalSession
from amlpriv.local.state import State

# Settings of the machine that would change what tests see. The package index itself stays the user's.
SCRUBBED = (
    "AMLPRIV_BUILD_IMAGE",
    "AMLPRIV_BUILD_IN",
    "AMLPRIV_HOME",
    "AMLPRIV_ISOLATED",
    "AMLPRIV_PROXY",
    "AMLPRIV_PYTHONS",
    "AMLPRIV_WORKSPACE",
    "AZURE_CLIENT_ID",
    "AZURE_CLIENT_SECRET",
    "AZURE_CLOUD",
    "AZURE_TENANT_ID",
    "NO_COLOR",
    "PIP_FIND_LINKS",
    "PYTHONPATH",
    "SOURCE_DATE_EPOCH",
    "VIRTUAL_ENV",
)


def pytest_configure() -> None:
    for name in SCRUBBED:
        os.environ.pop(name, None)
    # What one test has built is not for the next; those that want it set 0, and AMLPRIV_CACHE to a folder of theirs.
    os.environ["AMLPRIV_NO_BUILD_CACHE"] = "1"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What could not be tried on this machine stands at the end, where it is seen."""
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", [])}
    for reason in sorted(reason for reason in reasons if "NOT PROVEN" in reason):
        terminalreporter.write_line(reason.removeprefix("Skipped: "), yellow=True, bold=True)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """A copy of the environment with a home of its own, which holds no local workspace. Everything is built anew."""
    return {**os.environ, "AMLPRIV_HOME": str(tmp_path / "home"), "AMLPRIV_NO_BUILD_CACHE": "1"}


@pytest.fixture(scope="session")
def local_environ(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which the shared local workspace runs; it ends with the tests, whatever happens to them."""
    surroundings = {**os.environ, "AMLPRIV_HOME": str(tmp_path_factory.mktemp("local") / "home")}
    with LocalSession(Home.find(surroundings), say=lambda _: None, environ=surroundings):
        yield surroundings


@pytest.fixture(scope="session")
def local_state(local_environ: dict[str, str]) -> State:
    """The state of the shared local workspace."""
    from amlpriv.local.lifecycle import status

    state = status(Home.find(local_environ))
    assert state is not None
    return state


@pytest.fixture
def scrubbed(tmp_path: Path) -> dict[str, str]:
    """An environment in which nothing of the user's leads a tool anywhere: no setting of pip, uv, twine, keyring, a
    proxy or a certificate, no pip.conf, no netrc, a home of its own. What fails here, fails for its own reason.

    There is no index in it but the public default ones: give ``PIP_INDEX_URL`` and ``UV_DEFAULT_INDEX`` yourself.
    """
    home = tmp_path / "scrubbed-home"
    home.mkdir()
    kept = {name: value for name, value in os.environ.items() if not _leads(name.upper())}
    places = dict.fromkeys(("HOME", "USERPROFILE"), str(home))
    folders = {name: str(home / name.lower()) for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "APPDATA")}
    files = {"PIP_CONFIG_FILE": os.devnull, "UV_NO_CONFIG": "1", "NETRC": str(home / ".netrc")}
    own = {"AMLPRIV_HOME": str(home / "amlpriv"), "UV_CACHE_DIR": str(home / "uv"), "XDG_CONFIG_DIRS": str(home)}
    return {**kept, **places, **folders, **files, **own, "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring"}


def _leads(name: str) -> bool:
    prefixes = ("PIP_", "UV_", "TWINE_", "AMLPRIV_", "AZURE_", "ARM_", "SYSTEM_", "IDENTITY_", "MSI_")
    return name.startswith(prefixes) or name.endswith("_PROXY") or name in _CERTIFICATES


_CERTIFICATES = ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "SSL_CERT_DIR", "SSL_CERT_FILE", "NETRC")
