"""The public API, used in every legal way and in some illegal ones. Never executed: mypy reads it.

An unused ``type: ignore`` is an error, so a wrong use that stops being one is noticed as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import amlpriv
from amlpriv.actions.publish import Quiet
from amlpriv.actions.quickstart import Quickstart
from amlpriv.actions.uploading import Progress
from amlpriv.errors import ConflictError, FindingsError, InputError
from amlpriv.facts.routes import Route
from amlpriv.secret import SasUrl, Secret
from amlpriv.target import Target

if TYPE_CHECKING:
    from azure.ai.ml import MLClient
    from azure.ai.ml.entities import Environment
    from typing_extensions import assert_type  # typing's own from Python 3.11 on


class Watching:
    """Progress by shape, without inheriting."""

    def begin(self, name: str, size: int) -> None:
        """A wheel begins."""

    def advance(self, name: str, sent: int) -> None:
        """Bytes sent so far."""

    def say(self, text: str) -> None:
        """A sentence."""


def publishing(client: MLClient, environ: Mapping[str, str]) -> None:
    """Files by path or text; workspaces in all their forms; options by name."""
    published = amlpriv.publish("env.yml")
    assert_type(published, amlpriv.Published)
    amlpriv.publish(Path("env.yml"), workspace=client)
    amlpriv.publish("env.yml", workspace="local", expires=timedelta(days=7), dry_run=True)
    amlpriv.publish("env.yml", workspace=Path("config.json"), name="churn", image="x", version="3")
    amlpriv.publish("env.yml", via="sas", start=False, environ=environ)
    amlpriv.publish("env.yml", via=Route.SAS, now=datetime.now(timezone.utc), progress=Watching())

    assert_type(amlpriv.verify(live=True, workspace=client, only=["V14"])["V14"].words, str)
    assert_type(published.id, str)
    assert_type(published.reference, str)
    assert_type(published.name, str)
    assert_type(published.version, str)
    entity: Environment = published.environment
    assert_type(entity.name, str | None)
    assert_type(published.report, amlpriv.Report)
    assert_type(published.blobs, Mapping[str, str])
    assert_type(published.sha256("contoso-features"), str | None)
    assert_type(published.as_json(), dict[str, object])

    amlpriv.publish()  # type: ignore[call-arg]
    amlpriv.publish(["env.yml"])  # type: ignore[arg-type]
    amlpriv.publish("env.yml", client)  # type: ignore[call-arg]
    amlpriv.publish("env.yml", expires=30)  # type: ignore[arg-type]
    amlpriv.publish("env.yml", workspce="local")  # type: ignore[call-arg]
    amlpriv.publish("env.yml", now="today")  # type: ignore[arg-type]
    amlpriv.publish("env.yml", progress=print)  # type: ignore[arg-type]
    published.blobs["x"] = "y"  # type: ignore[index]
    published.dry_run = True  # type: ignore[misc]


def adding(client: MLClient) -> None:
    """SDK v1's name, and the form that says more."""
    assert_type(amlpriv.add_private_pip_wheel(client, "x.whl"), str)
    assert_type(amlpriv.add_private_pip_wheel(workspace=client, file_path=Path("x.whl"), exist_ok=True), str)
    added = amlpriv.add_wheel("x.whl", workspace=client, exist_ok=False, expires=timedelta(days=1))
    assert_type(added, amlpriv.AddedWheel)
    assert_type(added.url, SasUrl)
    assert_type(added.requirement, str)
    assert_type(added.wheel, amlpriv.Wheel)
    assert_type(added.expires, datetime)

    amlpriv.add_private_pip_wheel("x.whl")  # type: ignore[call-arg]
    amlpriv.add_wheel("x.whl", client)  # type: ignore[call-arg]
    text: str = added.url  # type: ignore[assignment]
    Path("x").write_text(added.url)  # type: ignore[arg-type]
    text.lower()


def building(on_line: Callable[[str], None]) -> None:
    """build and run."""
    assert_type(amlpriv.build("env.yml"), amlpriv.Built)
    built = amlpriv.build(Path("env.yml"), workspace="local", strict_python=True, on_line=on_line, progress=Quiet())
    assert_type(built.published, amlpriv.Published)
    assert_type(built.report, amlpriv.Report)
    again, code = amlpriv.run("env.yml", ["python", "train.py"], folder=Path("src"))
    assert_type(again, amlpriv.Built)
    assert_type(code, int)
    amlpriv.run("env.yml", ("python", "-c", "pass"), on_line=on_line)

    amlpriv.run("env.yml")  # type: ignore[call-arg]
    amlpriv.run("env.yml", ["python", 3])  # type: ignore[list-item]
    amlpriv.build("env.yml", strict_python="yes")  # type: ignore[arg-type]


def looking() -> None:
    """render and inspect_wheel; findings."""
    assert_type(amlpriv.render("env.yml"), str)
    amlpriv.render(Path("env.yml"), form="conda", workspace="local")
    locked = amlpriv.lock("env.yml", upgrade_package=["pandas"], out=Path("env.lock.txt"))
    assert_type(locked, amlpriv.Locked)
    assert_type(locked.fresh, bool)
    captured = amlpriv.capture(only_imported=["train.py", Path("src")], keep=["pyarrow"], python=Path(".venv"))
    assert_type(captured, amlpriv.Captured)
    assert_type(captured.report, amlpriv.Report)
    assert_type(captured.write("env.yml", force=True), Path)
    wheel = amlpriv.inspect_wheel("x.whl")
    assert_type(wheel, amlpriv.Wheel)
    assert_type(Target((3, 12), glibc=(2, 39), arch="aarch64").accepts(wheel.tags), bool)
    report = amlpriv.Report.of([])
    for finding in report:
        assert_type(finding, amlpriv.Finding)
        assert_type(finding.severity, amlpriv.Severity)
        assert_type(finding.line, int | None)
    assert_type(report + report, amlpriv.Report)

    amlpriv.render("env.yml", form="docker")  # type: ignore[arg-type]
    amlpriv.lock("env.yml", check="yes")  # type: ignore[arg-type]
    amlpriv.inspect_wheel(b"x.whl")  # type: ignore[arg-type]
    wheel.sha256 = "0"  # type: ignore[misc]
    Target("3.11")  # type: ignore[arg-type]


def failing() -> str | None:
    """Errors carry what a program needs."""
    try:
        amlpriv.publish("env.yml")
    except FindingsError as error:
        assert_type(error.report, amlpriv.Report)
    except InputError as error:
        assert_type(error.file, str | None)
        assert_type(error.line, int | None)
        return error.where
    except ConflictError as error:
        return error.hint
    except amlpriv.AmlprivError as error:
        assert_type(error.exit_code, int)
        assert_type(error.message, str)
    return None


def connecting() -> None:
    """amlpriv.local(): a function for a type checker, though there is a package of that name."""
    with amlpriv.local(isolated=True) as connected:
        assert_type(connected.config, Path | None)
        assert_type(connected.variables, Mapping[str, str | None])
    amlpriv.local(config=False).undo()
    amlpriv.local(True)  # type: ignore[call-arg]
    amlpriv.local(isolate=True)  # type: ignore[call-arg]


def hiding(secret: Secret) -> str:
    """A secret is no text until it is asked."""
    "".join([secret])  # type: ignore[list-item]
    secret.lower()  # type: ignore[attr-defined]
    assert_type(SasUrl("https://h/x?sig=s").url, str)
    return secret.reveal()


def showing(progress: Progress) -> None:
    """quickstart, and what the package says about itself."""
    assert_type(amlpriv.quickstart(progress=progress), Quickstart)
    assert_type(amlpriv.quickstart(progress=Watching(), step=lambda title, text: None), Quickstart)  # noqa: ARG005
    assert_type(amlpriv.__version__, str)
    amlpriv.quickstar(progress=progress)  # type: ignore[attr-defined]
