"""Runs under ``amlpriv local exec``: the unmodified MLClient submits, follows, cancels and downloads jobs.

It prints what happened as one JSON object. Importing azure.ai.ml takes seconds, so everything is done in one process.
"""

from __future__ import annotations

import io
import json
import logging
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

MAIN = """
import pathlib, sys, time
data, number, out, gate = sys.argv[1:]
print("ready", pathlib.Path(data, "a.txt").read_text().strip(), number, flush=True)
until = time.monotonic() + 30
while not pathlib.Path(gate).exists():
    if time.monotonic() > until:
        sys.exit("nobody reads the log")
    time.sleep(0.05)
pathlib.Path(out, "result.txt").write_text("made with " + number)
pathlib.Path("outputs").mkdir(exist_ok=True)
pathlib.Path("outputs", "kept.txt").write_text("kept")
print("done", flush=True)
"""
STEP = """
import pathlib, sys
data, rate, out = sys.argv[1:]
pathlib.Path(out, "model.txt").write_text(pathlib.Path(data, "a.txt").read_text().strip() + " at " + rate)
"""
COMPONENT = """
type: command
name: session_step
version: "1"
inputs:
  data: {type: uri_folder}
  rate: {type: number, default: 0.5}
outputs:
  model: {type: uri_folder}
code: .
environment: azureml:jobs-session@latest
command: python step.py ${{inputs.data}} ${{inputs.rate}} ${{outputs.model}}
"""
READ = (
    "python -c \"import pathlib, sys; pathlib.Path(sys.argv[2], 'report.txt')"
    ".write_text(pathlib.Path(sys.argv[1], 'model.txt').read_text() + ', read')\" ${{inputs.model}} ${{outputs.report}}"
)


class Gate(io.StringIO):
    """Standard output that lets the job go on as soon as its first line is seen."""

    def __init__(self, file: Path, word: str) -> None:
        super().__init__()
        self._file, self._word = file, word

    def write(self, text: str) -> int:
        if text.startswith(self._word):
            self._file.touch()
        return super().write(text)


def written(folder: Path, files: dict[str, str]) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def files_in(folder: Path) -> dict[str, str]:
    found = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8") for file in found}


def refused(doing: Callable[[], object]) -> dict[str, str]:
    try:
        doing()
    except Exception as error:
        return {"type": type(error).__name__, "message": str(error)}
    return {}


def streamed(ml: Any, name: str, output: io.StringIO | None = None) -> tuple[str, dict[str, str]]:
    """What ``jobs.stream`` printed, and how it ended."""
    kept, sys.stdout = sys.stdout, output or io.StringIO()
    try:
        error = refused(lambda: ml.jobs.stream(name))
        return sys.stdout.getvalue(), error
    finally:
        sys.stdout = kept


class Session:
    """The client, and the folder that the jobs' files are in."""

    def __init__(self, folder: Path) -> None:
        from azure.ai.ml import MLClient
        from azure.ai.ml.entities import Environment
        from azure.identity import DefaultAzureCredential

        self.folder = folder
        self.ml = MLClient.from_config(DefaultAzureCredential(), enable_telemetry=False)
        python = f"python={sys.version_info.major}.{sys.version_info.minor}"
        conda = {"dependencies": [python, "pip"]}
        self.ml.environments.create_or_update(Environment(name="jobs-session", image="ubuntu", conda_file=conda))
        self.data = written(folder / "data", {"a.txt": "seven\n"})

    def command(self, line: str, **fields: Any) -> Any:
        from azure.ai.ml import command

        return command(command=line, **{"environment": "jobs-session@latest", **fields})

    def submit(self, job: Any, **fields: Any) -> Any:
        return self.ml.jobs.create_or_update(job, **fields)

    def complete(self) -> dict[str, Any]:
        """A job with code, an input folder, a literal and an output, from its start to its download."""
        from azure.ai.ml import Input, Output

        gate, code = self.folder / "gate", written(self.folder / "src", {"main.py": MAIN})
        job = self.command(
            "python main.py ${{inputs.data}} ${{inputs.number}} ${{outputs.result}} ${{inputs.gate}}",
            name=f"complete-{time.time_ns()}",
            code=str(code),
            compute="cpu-cluster",
            inputs={"data": Input(type="uri_folder", path=str(self.data)), "number": 3, "gate": gate.as_posix()},
            outputs={"result": Output(type="uri_folder")},
            experiment_name="session",
            display_name="shown",
            tags={"a": "1"},
            environment_variables={"TOKEN": "s3cret-of-the-user"},
        )
        made = self.submit(job)
        early = refused(lambda: self.ml.jobs.download(made.name))
        log, error = streamed(self.ml, made.name, Gate(gate, "ready"))
        found = self.ml.jobs.get(made.name)
        target = self.folder / "downloaded"
        self.ml.jobs.download(made.name, all=True, download_path=target)
        self.ml.jobs.download(made.name, output_name="result", download_path=target / "named")
        return {
            "name": made.name,
            "log": log,
            "error": error,
            "early": early,
            "statuses": [made.status, found.status],
            "seen": [found.display_name, found.experiment_name, found.compute, found.environment, found.studio_url],
            "created": found.creation_context.created_at.isoformat(),
            "files": files_in(target),
            "services": self.ml.jobs.show_services(made.name),
            "again": refused(lambda: self.submit(self.command("echo other", name=made.name))),
        }

    def describe(self, name: str) -> dict[str, Any]:
        """What may be changed of a job that has ended."""
        jobs = self.ml.jobs
        job = jobs.get(name)
        job.tags["b"] = "2"
        tags = self.submit(job).tags
        title = jobs.update(name, display_name="renamed", properties={"p": "q"}).display_name
        jobs.archive(name)
        archived = [name in [one.name for one in jobs.list(list_view_type=view)] for view in ("ActiveOnly", "All")]
        jobs.restore(name)
        listed = {one.name: one.status for one in jobs.list()}
        return {"tags": tags, "title": title, "archived": archived, "restored": listed.get(name)}

    def fail(self) -> dict[str, Any]:
        """A job whose command fails."""
        line = "python -c \"import sys; print('about to fail'); sys.exit(3)\""
        made = self.submit(self.command(line))
        log, error = streamed(self.ml, made.name)
        return {"log": log, "error": error, "status": self.ml.jobs.get(made.name).status}

    def cancel(self) -> dict[str, Any]:
        """A job that would run for long."""
        made = self.submit(self.command('python -c "import time; time.sleep(300)"'))
        until = time.monotonic() + 60
        while (status := self.ml.jobs.get(made.name).status) != "Running" and time.monotonic() < until:
            time.sleep(0.1)
        self.ml.jobs.begin_cancel(made.name).result(60)
        return {"before": status, "after": self.ml.jobs.get(made.name).status}

    def pipeline(self) -> dict[str, Any]:
        """Two steps: a component from YAML with code, and an inline one that reads what the first made."""
        from azure.ai.ml import Input, Output, dsl, load_component

        folder = written(self.folder / "component", {"step.yml": COMPONENT, "step.py": STEP})
        step = load_component(folder / "step.yml")
        inputs, outputs = {"model": Input(type="uri_folder")}, {"report": Output(type="uri_folder")}
        read = self.command(READ, name="read", inputs=inputs, outputs=outputs)

        @dsl.pipeline(None, default_compute="cpu-cluster", description="two steps")
        def both(data, rate):  # type: ignore[no-untyped-def]  # the decorator reads annotations, not their text
            first = step(data=data, rate=rate)
            second = read(model=first.outputs.model)
            return {"report": second.outputs.report}

        made = self.submit(both(data=Input(type="uri_folder", path=str(self.data)), rate=0.25), experiment_name="pipes")
        log, error = streamed(self.ml, made.name)
        found = self.ml.jobs.get(made.name)
        children = list(self.ml.jobs.list(parent_job_name=made.name))
        first = next(child.name for child in children if child.display_name == "first")
        target = self.folder / "pipeline"
        self.ml.jobs.download(made.name, output_name="report", download_path=target)
        self.ml.jobs.download(first, output_name="model", download_path=target / "first")
        return {
            "log": log,
            "error": error,
            "status": found.status,
            "steps": sorted(found.jobs),
            "children": sorted([child.display_name, child.status] for child in children),
            "child": [self.ml.jobs.get(first).type, self.ml.jobs.get(first).status],
            "streamed_child": refused(lambda: self.ml.jobs.stream(first)),
            "listed": [child.name in [one.name for one in self.ml.jobs.list()] for child in children],
            "files": files_in(target),
        }

    def refuse(self) -> dict[str, Any]:
        """What does not work, and how it says so."""
        from azure.ai.ml import Input

        missing = {"data": Input(type="uri_folder", path="azureml:none:1")}
        sweep = self.command("echo ${{inputs.x}}", inputs={"x": 1})
        return {
            "environment": refused(lambda: self.submit(self.command("ls", environment="none:1"))),
            "label": refused(lambda: self.submit(self.command("ls", environment="none@latest"))),
            "data": refused(lambda: self.submit(self.command("ls ${{inputs.data}}", inputs=missing))),
            "job": refused(lambda: self.ml.jobs.get("none")),
            "sweep": refused(lambda: self.submit(_sweep(sweep))),
            "name": refused(lambda: self.submit(self.command("ls", name="a.b"))),
        }


def _sweep(job: Any) -> Any:
    from azure.ai.ml.sweep import Choice

    swept = job(x=Choice([1, 2])).sweep(sampling_algorithm="random", primary_metric="m", goal="maximize")
    swept.set_limits(max_total_trials=1)
    return swept


def main(folder: str) -> None:
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    answers, sys.stdout = sys.stdout, sys.stderr
    session = Session(Path(folder))
    told: dict[str, Any] = {"complete": session.complete()}
    told["describe"] = session.describe(told["complete"]["name"])
    for name in ("fail", "cancel", "pipeline", "refuse"):
        told[name] = getattr(session, name)()
    answers.write(json.dumps(told, default=str))


if __name__ == "__main__":
    main(*sys.argv[1:])
