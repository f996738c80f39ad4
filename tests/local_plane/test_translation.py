"""Ids and names are translated, there and back; what users wrote stays as it is."""

from __future__ import annotations

from amlpriv.local.plane.http import Request, Response, json_response
from amlpriv.local.plane.names import PROVIDER, WORKSPACE_ID
from amlpriv.local.plane.translation import Names, Rewriting

PROD = Names("1234abcd-0000-4000-8000-00000000beef", "Prod.RG", "prod-ws")
PROD_ID = f"/subscriptions/{PROD.subscription}/resourceGroups/Prod.RG/providers/{PROVIDER}/workspaces/prod-ws"
REWRITING = Rewriting(PROD)


def test_a_request_is_translated_in_path_query_and_body() -> None:
    body = json_response({"id": f"azureml:{PROD_ID}/codes/c", "resourceGroup": "Prod.RG", "n": [1, None, True]}).body
    path = f"/history/v1.0{PROD_ID}/experiments/a%2Fb%20c"
    sent = Request("PUT", path, {"scope": PROD_ID, "x": "prod-ws"}, {}, body or b"")
    inside = REWRITING.request(sent)
    assert inside.path == f"/history/v1.0{WORKSPACE_ID}/experiments/a%2Fb%20c"
    assert inside.query == {"scope": WORKSPACE_ID, "x": "prod-ws"}
    assert b'"azureml:' + WORKSPACE_ID.encode() + b'/codes/c", "resourceGroup": "amlpriv"' in inside.body
    back = REWRITING.response(json_response({"id": f"{WORKSPACE_ID}/x"}, 202, {"Location": f"https://h{WORKSPACE_ID}"}))
    assert back.json() == {"id": f"{PROD_ID}/x"}
    assert back.headers["Location"] == f"https://h{PROD_ID}"


def test_datastore_uris_without_a_provider_are_translated() -> None:
    uri = f"azureml://subscriptions/{PROD.subscription}/resourcegroups/Prod.RG/workspaces/prod-ws/datastores/d"
    inside = REWRITING.request(Request("PUT", PROD_ID, {}, {}, json_response({"uri": uri}).body or b""))
    assert b"/workspaces/local/datastores/d" in inside.body
    assert REWRITING.response(Response(200, inside.body)).json() == {"uri": uri}


def test_what_a_user_wrote_stays_as_it_is_and_ids_do_not() -> None:
    """Between the names that a client uses and the local ones, only ids change."""
    text = f"python train.py --workspace {PROD_ID} && echo resourceGroup"
    kept = {
        "command": text,
        "description": PROD_ID,
        "tags": {"workspaceName": "prod-ws", "from": PROD_ID},
        "environmentVariables": {"RESOURCE_GROUP": "Prod.RG", "resourceGroup": "Prod.RG", "ID": PROD_ID},
        "condaFile": f"# for {PROD_ID}\nname: x",
        "note": f"see {PROD_ID}",
        "literal": {"jobInputType": "literal", "value": PROD_ID},
    }
    uri = f"azureml:/{PROD_ID}/data/d/versions/1"
    ids = {
        "environmentId": f"{PROD_ID}/environments/e/versions/1",
        "inputs": {"command": {"jobInputType": "uri_file", "uri": uri}, "tags": {"uri": uri}},
        "studio": f"https://ml.example.org/runs/j?wsid={PROD_ID}",
        "values": {uri: 1},
    }
    body = json_response({"properties": {**kept, **ids}}).body or b""
    inside = REWRITING.request(Request("PUT", PROD_ID, {}, {}, body)).body
    properties = Response(200, inside).json()["properties"]
    assert {key: properties[key] for key in kept} == kept
    assert PROD_ID not in str({key: properties[key] for key in ids})
    assert REWRITING.response(Response(200, inside)).json() == {"properties": {**kept, **ids}}


def test_a_body_that_is_no_json_stays_as_it_is() -> None:
    assert REWRITING.request(Request("PUT", PROD_ID, {}, {}, b"\x00prod-ws")).body == b"\x00prod-ws"
