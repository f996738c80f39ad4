"""A keyring that is a JSON file, for the real command keyring."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

BACKEND = """
import json, os, time
from keyring.backend import KeyringBackend
from keyring.credentials import SimpleCredential

class Ring(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        found = self.get_credential(service, username)
        return found.password if found else None
    def get_credential(self, service, username):
        with open(os.environ["RING"], encoding="utf-8") as stream:
            ring = json.load(stream)
        with open(os.environ["RING"] + ".log", "a", encoding="utf-8") as log:
            log.write(f"{service} {username} {os.environ.get('ARTIFACTS_KEYRING_NONINTERACTIVE_MODE')}\\n")
        time.sleep(ring.get("sleep", 0))
        if "ask" in ring:
            input("Password: ")
        for user, password in ring.get(service, {}).items():
            if username in (None, user):
                return SimpleCredential(user, password)
        return None
    def set_password(self, service, username, password):
        raise NotImplementedError
    def delete_password(self, service, username):
        raise NotImplementedError
"""

Ring = Callable[[Mapping[str, object]], dict[str, str]]


@pytest.fixture
def ring(tmp_path: Path, scrubbed: dict[str, str]) -> Ring:
    """``ring({service: {user: password}})``: an environment in which the command keyring has that, and nothing else."""

    def make(content: Mapping[str, object]) -> dict[str, str]:
        folder = tmp_path / "ring"
        folder.mkdir()
        (folder / "jsonring.py").write_text(BACKEND, encoding="utf-8")
        (folder / "ring.json").write_text(json.dumps(content), encoding="utf-8")
        own = {"PYTHONPATH": str(folder), "PYTHON_KEYRING_BACKEND": "jsonring.Ring", "RING": str(folder / "ring.json")}
        return {**scrubbed, **own, "PATH": str(Path(sys.executable).parent)}

    return make


@pytest.fixture
def asked(tmp_path: Path) -> Callable[[], list[str]]:
    """What the keyring was asked for: service, user, and whether it was told not to ask back."""

    def read() -> list[str]:
        log = tmp_path / "ring" / "ring.json.log"
        return log.read_text(encoding="utf-8").splitlines() if log.exists() else []

    return read
