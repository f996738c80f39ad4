"""A pipeline job: its steps run one after the other, each as a job of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from amlpriv.errors import AmlprivError, InputError, JobError
from amlpriv.local.jobs.execution import Workshop, conclude, execute
from amlpriv.local.jobs.files import output_uri
from amlpriv.local.jobs.nodes import bind_inputs, bind_outputs, child_properties, field_of, needs, ordered, refuse_kind
from amlpriv.local.jobs.records import CANCELED, COMPLETED, FAILED
from amlpriv.local.jobs.registering import register_outputs
from amlpriv.local.jobs.uris import version_of
from amlpriv.local.plane.http import Json
from amlpriv.processes import ToolCancelledError

__all__ = ["child_name", "execute_pipeline"]

_LONGEST = 200


def child_name(pipeline: str, step: str) -> str:
    """The name of a step's job."""
    return f"{pipeline[:_LONGEST]}_{step}"


def execute_pipeline(workshop: Workshop, name: str, stopped: Callable[[str], bool]) -> str:
    """Run the pipeline job ``name`` to its end; its final status. ``stopped`` says whether a job is to be cancelled.

    After a step that fails the others are cancelled; with ``continue_on_step_failure`` only those that need it.
    """
    return conclude(workshop, name, lambda: _Pipeline(workshop, name, stopped).run())


class _Pipeline:
    """One run of one pipeline."""

    def __init__(self, workshop: Workshop, name: str, stopped: Callable[[str], bool]) -> None:
        self._workshop = workshop
        self._records = workshop.records
        self._name = name
        self._stopped = stopped
        self._properties = workshop.records.get(name)
        self._steps: dict[str, Json] = self._properties.get("jobs") or {}
        self._children = {step: child_name(name, step) for step in self._steps}
        self._outputs: dict[str, Mapping[str, Json]] = {}

    def run(self) -> None:
        """Raises JobError when a step failed, and what made it impossible to begin."""
        self._records.move(self._name, "Preparing", startTimeUtc=self._records.now())
        if not self._steps:
            raise InputError(f"The pipeline {self._name} has no steps.")
        for step, given in self._steps.items():
            refuse_kind(step, given)
        order = ordered(self._steps)
        specs = {step: self._component(step) for step in order}
        for step in order:
            self._create(step, specs[step])
        self._records.move(self._name, "Running")
        try:
            ended = self._run_all(order, specs)
        finally:
            for child in self._children.values():  # whatever happened: none waits for ever
                self._records.end(child, CANCELED)
        if self._stopped(self._name):
            raise ToolCancelledError("The pipeline was cancelled.")
        bad = [step for step in order if ended.get(step) != COMPLETED]
        if bad:
            raise JobError(self._reason(bad, ended))
        outputs = self._properties.get("outputs") or {}
        written = {key: {**value, "uri": output_uri(self._name, key, value)} for key, value in outputs.items()}
        registered = register_outputs(self._workshop.context, self._name, written)
        self._records.move(self._name, "Finalizing", outputs=registered)

    def _run_all(self, order: list[str], specs: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
        ended: dict[str, str] = {}
        settings = self._properties.get("settings") or {}
        goes_on = bool(field_of(settings, "continue_on_step_failure"))
        for step in order:
            if self._stopped(self._name) or (not goes_on and set(ended.values()) - {COMPLETED}):
                break
            if all(ended.get(other) == COMPLETED for other in needs(self._steps[step])):
                ended[step] = self._run_step(step, specs[step])
        return ended

    def _run_step(self, step: str, spec: Mapping[str, Any]) -> str:
        child = self._children[step]

        def cancelled() -> bool:
            return self._stopped(self._name) or self._stopped(child)

        if self._stopped(child):
            self._records.end(child, CANCELED)
            return CANCELED
        try:
            inputs = bind_inputs(step, self._steps[step], spec, self._properties, self._outputs)
        except AmlprivError as error:
            self._records.end(child, FAILED, str(error))
            return FAILED
        self._records.move(child, "Queued", inputs={key: value for key, value in inputs.items() if value is not None})
        return execute(self._workshop, child, cancelled)

    def _component(self, step: str) -> Mapping[str, Any]:
        reference = field_of(self._steps[step], "component_id")
        if not reference:
            raise InputError(f"The step {step} has no component.", hint="Give its componentId.")
        _, record = version_of(self._workshop.context, str(reference), "components")
        spec = record.properties.get("componentSpec")
        if not isinstance(spec, Mapping):
            raise InputError(f"The component of step {step} has no specification.")
        refuse_kind(step, spec)
        return spec

    def _create(self, step: str, spec: Mapping[str, Any]) -> None:
        child = self._children[step]
        properties = child_properties(step, self._steps[step], spec, self._name, self._properties)
        properties["outputs"] = bind_outputs(child, self._steps[step], spec, self._name, self._properties)
        self._outputs[step] = properties["outputs"]
        self._records.create(child, {key: value for key, value in properties.items() if value is not None})

    def _reason(self, bad: list[str], ended: Mapping[str, str]) -> str:
        failed = [step for step in bad if step in ended]
        text = f"The step {failed[0]} ended as {ended[failed[0]]}." if failed else "Some steps did not run."
        with suppress(AmlprivError, KeyError, TypeError):
            text += f" {self._records.get(self._children[failed[0]])['error']['message']}"
        left = [step for step in bad if step not in ended]
        return f"{text}\nNot run: {', '.join(left)}." if left else text
