"""The whole way with feeds that are not Azure's: push, mirror, connect, try, publish, build, import."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

import amlpriv
from amlpriv.actions.feed_mirror import MirrorOptions
from tests.package_servers import PASSWORD, USER, Server, devpi_server, pypi_server
from tests.source_index import source_index
from tests.wheelhouse import build_wheel

pytestmark = [pytest.mark.local, pytest.mark.slow, pytest.mark.xdist_group("build")]

FILE = """\
name: {name}
image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:20260101.v1
conda_file:
  channels: [conda-forge]
  dependencies: [python={python}, pip=25.3, {{pip: [contoso-core, contoso-base]}}]
sources:
  contoso-core: {{index: team}}
indexes:
  team: {{url: "{url}", connection: {name}-feed}}
"""

REFUSED = (10, 11)
"""pypiserver answers a wrong password with 403."""


@pytest.mark.parametrize("serve", [pypi_server, devpi_server], ids=["pypiserver", "devpi"])
def test_from_a_push_to_an_import(
    serve: Callable[[Path], AbstractContextManager[Server]], tmp_path: Path, local_environ: dict[str, str]
) -> None:
    """With a user and a password, as such servers want it."""
    name = f"other-{serve.__name__.partition('_')[0]}"
    kept = {key: value for key, value in local_environ.items() if key not in ("MAMBA_EXE", "CONDA_EXE")}
    here = {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}", "AMLPRIV_PYTHONS": sys.executable}
    environ = {**kept, **here, "FEED_PASSWORD": PASSWORD}
    core = build_wheel(tmp_path / "dist", name="contoso-core", version="4.1", requires_dist=["contoso-base"])
    build_wheel(tmp_path / "public", name="contoso-base", version="3.0")
    where: dict[str, Any] = {"workspace": "local", "environ": environ}
    mirroring = {**environ, "AMLPRIV_CACHE": str(tmp_path / "cache")}
    with serve(tmp_path / "server") as server, source_index(tmp_path / "public") as public:
        how: dict[str, Any] = {"to": server.simple, "token_from": "env:FEED_PASSWORD", "user": USER}
        upload = f"{server.origin}/{USER}/kept/" if "devpi" in name else None
        pushed = amlpriv.feed_push(core, **how, upload_url=upload, environ=environ)
        assert pushed.requirements == ("contoso-core==4.1",)
        options = MirrorOptions(**how, source=public.simple, pythons=["3.11"], upload_url=upload)
        amlpriv.feed_mirror(["contoso-base"], options, environ=mirroring)

        login: dict[str, Any] = {"auth": "basic", "user": USER}
        amlpriv.connect.feed(f"{name}-feed", server.simple, secret=PASSWORD, **login, **where)
        assert amlpriv.connect.test(f"{name}-feed", "contoso-core", **where).ok
        file = tmp_path / "environment.yml"
        python = "{}.{}".format(*sys.version_info)
        file.write_text(FILE.format(name=name, python=python, url=server.simple), encoding="utf-8")
        built = amlpriv.build(file, **where)
        assert built.environment.imported == {"contoso-core": "4.1"}

        amlpriv.connect.rotate(f"{name}-feed", secret="wrong-password", **where)
        tried = amlpriv.connect.test(f"{name}-feed", "contoso-core", **where)
        if serve is devpi_server:  # it lets anybody read: then it is said that this proves nothing
            assert "Anybody may read this index" in json.dumps(tried.as_json())
        else:
            assert tried.exit_code in REFUSED
        amlpriv.connect.remove(f"{name}-feed", **where)
