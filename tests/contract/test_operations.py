"""Every route is described, and answers have the fields of the REST reference's examples: see ``operations.toml``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pytest

from amlpriv.local.plane.app import ROUTES
from amlpriv.local.plane.routing import WORKSPACE_PATH, Access
from tests.contract.operations import Operation, Shape, fields_of, has_type, operations, route_key, shapes
from tests.contract.scenario import Answer, Scenario, new_plane

SHOWN = [row for row in operations() if row.shape]
USED = sorted({row.shape for row in SHOWN if row.shape})
_LOCATION = "/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}"
_ADDRESS = "an address that another answer gave: Azure Resource Manager, 'Track asynchronous Azure operations'"
_SHARED = "SDK v2 has one class for online and batch endpoints"
_UPLOAD = "an operation of registries there; the client asks a workspace for code only"
NOT_IN_THE_REFERENCE = {
    "POST {ws}/environments/{name}/versions/{version}/startPendingUpload": _UPLOAD,
    "POST {ws}/models/{name}/versions/{version}/startPendingUpload": _UPLOAD,
    "POST {ws}/data/{name}/versions/{version}/startPendingUpload": _UPLOAD,
    "POST {ws}/batchEndpoints/{name}/regenerateKeys": _SHARED,
    "POST {ws}/batchEndpoints/{name}/token": _SHARED,
    f"GET {_LOCATION}/mfeOperationsStatus/{{operation}}": _ADDRESS,
    f"GET {_LOCATION}/mfeOperationResults/{{operation}}": _ADDRESS,
    f"GET {_LOCATION}/mfeOperationResults/jc:{{operation}}": _ADDRESS,
}


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> list[Answer]:
    """What a plane answered to all requests of the scenario."""
    plane = new_plane(tmp_path_factory.mktemp("plane"))
    scenario = Scenario(plane)
    scenario.play()
    assert plane.unknown == []
    return scenario.answers


def bodies(answers: list[Answer], shape: str) -> list[dict[str, Any]]:
    """Everything that has the shape."""
    return [
        item
        for answer in answers
        if answer.operation.shape == shape
        for item in answer.operation.items(answer.response.json())
    ]


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    routes = {route_key(route.method, route.pattern) for route in ROUTES if route.access is not Access.CONTROL}
    routes.discard(route_key("GET", "/_amlpriv/ping"))  # amlpriv's own
    assert {row.key for row in operations()} == routes


def test_what_azure_resource_manager_answers_is_in_the_reference() -> None:
    """But for a few, for which there is a reason."""
    of_arm = [row for row in operations() if row.pattern.startswith("/subscriptions")]
    without = {f"{row.method} {row.pattern.replace(WORKSPACE_PATH, '{ws}')}" for row in of_arm if row.id is None}
    assert without == set(NOT_IN_THE_REFERENCE)
    assert all(row.id is None for row in operations() if row not in of_arm)


def test_no_row_is_there_twice() -> None:
    keys = [row.key for row in operations()]
    assert len(keys) == len(set(keys))


def test_every_shape_is_used() -> None:
    """Or is what others extend."""
    assert set(shapes()) - set(USED) == {"resource", "proxy", "tracked", "container", "version"}


def test_the_scenario_asks_for_every_operation_of_azure_resource_manager(answers: list[Answer]) -> None:
    of_arm = {route_key(route.method, route.pattern) for route in ROUTES if route.access is Access.ARM}
    assert {answer.operation.key for answer in answers} == of_arm


def test_status_codes_are_those_of_the_reference(answers: list[Answer]) -> None:
    seen: dict[Operation, set[int]] = defaultdict(set)
    for answer in answers:
        seen[answer.operation].add(answer.response.status)
    assert {row.key: codes for row, codes in seen.items() if not (row.refused or codes <= set(row.status))} == {}


def test_every_answer_has_a_request_id(answers: list[Answer]) -> None:
    assert all(answer.response.headers["x-ms-request-id"] for answer in answers)


@pytest.mark.parametrize("name", USED)
def test_answers_have_the_fields_of_the_reference_and_their_types(answers: list[Answer], name: str) -> None:
    """Or the table says why not, and what is there in addition."""
    shape = shapes()[name]
    found = [dict_of(body, shape) for body in bodies(answers, name)]
    assert found
    wrong = {
        (path, type(value).__name__)
        for fields in found
        for path, value in fields.items()
        if path in shape.types and not has_type(value, shape.types[path])
    }
    assert wrong == set()

    seen = {path for fields in found for path in fields}
    missing = set(shape.types) - seen
    assert sorted(path for path in missing if shape.is_excused(path) is None) == []
    assert {shape.is_excused(path) for path in missing} == set(shape.absent), "the table excuses what is there"
    assert sorted(seen - set(shape.types)) == sorted(shape.extra)


def dict_of(body: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """The fields of one answer; null is as good as missing for those of the reference."""
    found = dict(fields_of(dict(body), shape))
    known = tuple(shape.types)
    return {
        path: value
        for path, value in found.items()
        if value is not None or not any(name == path or name.startswith(f"{path}.") for name in known)
    }


@pytest.mark.parametrize("row", SHOWN, ids=lambda row: row.key.replace("/", " "))
def test_every_answer_says_what_it_is(answers: list[Answer], row: Operation) -> None:
    """An operation that answers with a resource gives its id, name and type, the same wherever it is shown."""
    assert row.shape
    mine = [answer for answer in answers if answer.operation == row]
    named = {"id", "name", "type"} & set(shapes()[row.shape].types)
    for answer in mine:
        for body in row.items(answer.response.json()):
            assert named <= set(body)
            assert all(body[name] for name in named)
    assert any(row.items(answer.response.json()) for answer in mine)
