"""A control plane whose disk is full says so, loses nothing that it has confirmed, and goes on when there is room."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = """
import json, subprocess, sys
from datetime import datetime, timezone
from pathlib import Path
from amlpriv.local.plane.app import Plane
from tests.local_plane.clients import KEY, TENANT, Client

folder = Path(sys.argv[1])
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "none", str(folder)], check=True)
filler = folder / "filler"
filler.write_bytes(b"x" * 100_000)

def plane():
    now = lambda: datetime.now(timezone.utc)
    return Client(Plane(folder / "plane", account="a", account_key=KEY, tenant=TENANT, now=now))

ask = plane()
confirmed, refused = [], None
while refused is None:
    version = str(len(confirmed))
    answer = ask.put("churn", version, description="d" * 3000)
    if answer.status == 201:
        confirmed.append(version)
    else:
        refused = answer
new = ask.put("other", "1")
lines = {
    "status": refused.status,
    "code": refused.json()["error"]["code"],
    "new environment": new.status,
    "confirmed": len(confirmed) > 10,
    "refused is not there": ask("GET", f"/environments/churn/versions/{version}").status,
    "reading": ask("GET", "/environments/churn/versions/0").status,
}
filler.unlink()
lines["with room"] = ask.put("churn", version).status
again = plane()
found = [again("GET", f"/environments/churn/versions/{one}").status for one in [*confirmed, version]]
lines["after a restart"] = found.count(200) - len(confirmed)
lines["left over"] = [path.name for path in folder.rglob(".*")]
print(json.dumps(lines))
"""


def test_a_full_disk_is_507_and_loses_nothing(tmp_path: Path) -> None:
    """On a real file system of 400 kB."""
    if shutil.which("unshare") is None or not hasattr(os, "geteuid") or os.geteuid() != 0:
        pytest.skip("mounting a small file system needs Linux and root")
    command = ["unshare", "--mount", sys.executable, "-c", PROGRAM, str(tmp_path)]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    if "mount:" in done.stderr or "unshare:" in done.stderr:
        pytest.skip(f"no mount here: {done.stderr.splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        "status": 507,
        "code": "LocalWorkspaceStorageFull",
        "new environment": 507,
        "confirmed": True,
        "refused is not there": 404,
        "reading": 200,
        "with room": 201,
        "after a restart": 1,
        "left over": [],
    }
