"""quickstart: the whole story on the embedded workspace, with the example that comes along."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from amlpriv.actions.build import Built, build
from amlpriv.actions.opening import open_local
from amlpriv.actions.publish import Published, publish
from amlpriv.actions.render import render
from amlpriv.actions.uploading import Progress
from amlpriv.errors import InputError, JobError
from amlpriv.prefixes import activated
from amlpriv.processes import run

__all__ = ["JOB", "Quickstart", "example_file", "quickstart"]

JOB = (
    "from datetime import date; import contoso_features as cf; "
    "months = cf.tenure_months(date(2024, 1, 15), date(2026, 3, 20)); "
    "print(f'contoso_features {cf.__version__} is here and says: a customer for {months} months')"
)
"""What a training script would begin with: an import of the private package."""

JOB_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Quickstart:
    """What the quickstart did."""

    first: Published
    built: Built
    again: Published
    file: Path

    def as_json(self) -> dict[str, object]:
        """The object that ``quickstart --json`` prints."""
        return {
            "file": str(self.file),
            "publish": self.first.as_json(),
            "build": self.built.as_json(),
            "publish_again": self.again.as_json(),
        }


def example_file() -> Path:
    """The example environment file: inside an installed amlpriv, or in the checkout."""
    inside = Path(str(files("amlpriv"))) / "example" / "churn-train.yml"
    beside = Path(str(files("amlpriv"))).parent / "environments" / "churn-train.yml"
    found = next((path for path in (inside, beside) if path.is_file()), None)
    if found is None:
        raise InputError("The example is not there.", file=beside, hint="Install amlpriv again.")
    return found


def quickstart(
    *,
    environ: Mapping[str, str] | None = None,
    progress: Progress,
    step: Callable[[str, str], None] = lambda _title, _text: None,
    on_line: Callable[[str], None] | None = None,
) -> Quickstart:
    """Start the local workspace, publish the example, build it, run a job that imports the private package, and
    publish again to show that nothing happens. ``step`` hears a title and a text for each part."""
    surroundings, file = os.environ if environ is None else environ, example_file()
    workspace = open_local(environ=surroundings, start=True, say=progress.say)

    plan = publish(file, workspace=workspace, environ=surroundings, progress=progress, dry_run=True)
    step("The plan", "\n".join(f"- {line}" for line in plan.plan.steps))

    first = publish(file, workspace=workspace, environ=surroundings, progress=progress)
    step("The environment", f"{first.reference} ({first.plan.action.value})\n{first.id}")
    step("What is registered, its signature hidden", render(file, workspace=workspace, environ=surroundings))

    built = build(file, environ=surroundings, progress=progress, on_line=on_line)
    step("A job that imports the private package", f"amlpriv run {file} -- python -c ...\n{_job(built)}")

    before = workspace.requests.total
    again = publish(file, workspace=workspace, environ=surroundings, progress=progress)
    asked = workspace.requests.total - before
    unchanged = "nothing was uploaded, nothing would be rebuilt" if not again.plan.writes else "that is not as it was"
    step("Publishing again", f"{again.reference} ({again.plan.action.value}, {asked} requests): {unchanged}")
    return Quickstart(first, built, again, file)


def _job(built: Built) -> str:
    """What the job says. As ``amlpriv run`` does it, but its output is ours to place."""
    made = built.environment
    inside = activated(made.folder, made.tool, built.environ, made.variables)
    done = run(["python", "-c", JOB], env=inside, timeout=JOB_SECONDS)
    said = "\n".join(done.tail)
    if not done.succeeded:
        raise JobError(f"The job ended with exit code {done.returncode}.", hint=said)
    return said
