"""A plane whose jobs a small stand-in for the runner ends, when a test says so."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from amlpriv.local.plane.app import Plane
from amlpriv.local.plane.context import Context
from amlpriv.local.plane.filenames import file_name
from amlpriv.local.plane.http import Response
from amlpriv.local.plane.names import WORKSPACE_ID
from tests.local_plane.clients import KEY, TENANT, Client, Clock

ENVIRONMENT = f"{WORKSPACE_ID}/environments/env/versions/1"
CODE = f"{WORKSPACE_ID}/codes/code/versions/1"
COMPONENT = f"{WORKSPACE_ID}/components/step/versions/1"
COMMAND = {"jobType": "Command", "command": "python main.py", "environmentId": ENVIRONMENT}
PIPELINE = {"jobType": "Pipeline", "jobs": {"one": {"type": "command", "componentId": COMPONENT}}}


@dataclass
class Hand:
    """Runs jobs by hand."""

    context: Context
    submitted: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)

    def submit(self, name: str) -> None:
        self.submitted.append(name)

    def cancel(self, name: str) -> None:
        self.cancelled.append(name)

    @property
    def is_busy(self) -> bool:
        return len(self.submitted) > len(self.cancelled)

    def move(self, name: str, status: str, **changes: Any) -> None:
        """What the runner does to a record."""
        with self.context.store.lock:
            jobs = self.context.store.assets("jobs")
            known = jobs.get(name)
            properties = dict(known.record.properties) if known else {}
            jobs.put_container(name, {**properties, **changes, "status": status})

    def add_step(self, parent: str, name: str, status: str = "Running", **changes: Any) -> None:
        """A step of a pipeline job."""
        common = {"jobType": "Command", "displayName": "one", "experimentName": "Default", "parentJobName": parent}
        self.move(name, status, **common, **changes)

    def log(self, name: str, path: str, text: str) -> None:
        """A line in a log file of the job."""
        assert self.context.root
        file = self.context.root / "jobs" / file_name(name) / "logs" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as stream:
            stream.write(text)


class JobSite:
    """A plane with an environment, a code version and a component, and the hand that runs its jobs."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._hands: list[Hand] = []
        self.plane = Plane(
            folder / "plane", account="acct", account_key=KEY, tenant=TENANT, now=clock, make_runner=self._make_runner
        )
        self.ask = Client(self.plane)
        self.ask.put("env", "1")
        self.ask("PUT", "/codes/code/versions/1", {"properties": {"codeUri": "https://acct/code"}})
        specification = {"name": "step", "version": "1", "type": "command", "command": "ls"}
        self.ask("PUT", "/components/step/versions/1", {"properties": {"componentSpec": specification}})

    @property
    def hand(self) -> Hand:
        return self._hands[-1]

    def _make_runner(self, context: Context) -> Hand:
        self._hands.append(Hand(context))
        return self.hand

    def put(self, name: str, **properties: Any) -> Response:
        """A command job, unless more is said."""
        return self.ask("PUT", f"/jobs/{name}", {"properties": {**COMMAND, **properties}})

    def put_pipeline(self, name: str, **properties: Any) -> Response:
        return self.ask("PUT", f"/jobs/{name}", {"properties": {**PIPELINE, **properties}})

    def properties(self, name: str) -> Any:
        return self.ask("GET", f"/jobs/{name}").json()["properties"]

    def history(self, method: str, path: str, body: Any = None) -> Response:
        """Run history, which wants no api-version."""
        return self.ask(method, f"//history/v1.0{WORKSPACE_ID}{path}", body, **{"api-version": ""})


def error(response: Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal."""
    found = response.json()["error"]
    return response.status, found["code"], found["message"]
