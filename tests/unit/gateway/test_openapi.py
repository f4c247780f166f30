"""The OpenAPI document is valid, describes every door, and the doors do as it says."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from services.gateway.doors.rows import rows
from services.gateway.openapi import document
from services.gateway.service import Gateway
from tests.support.gateway import LEAD, ONE_CLICK, TOKEN

# The official schema of OpenAPI 3.1, as published under the $id that it names.
OFFICIAL = json.loads((Path(__file__).parent / "openapi-3.1.schema.json").read_text())
DOORS = rows(Gateway)


def operations():
    for path, methods in document()["paths"].items():
        for method, described in methods.items():
            yield path, method.upper(), described


def schemas(node):
    """Find every JSON Schema in the document."""
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict):
            yield node["schema"]
        for value in node.values():
            yield from schemas(value)
    elif isinstance(node, list):
        for value in node:
            yield from schemas(value)


def test_is_valid_openapi():
    Draft202012Validator(OFFICIAL).validate(document())


@pytest.mark.parametrize("gone", ["info", "openapi", "paths"])
def test_a_fault_in_it_would_be_found(gone):
    broken = document()
    del broken[gone]
    if gone == "paths":
        del broken["components"]

    with pytest.raises(ValidationError):
        Draft202012Validator(OFFICIAL).validate(broken)


def test_its_schemas_are_valid():
    found = list(schemas(document()))

    assert len(found) > 20
    for schema in found:
        Draft202012Validator.check_schema(schema)


def test_describes_every_door_and_no_other():
    assert {(path, method) for path, method, _ in operations()} == {
        (door.path, door.method) for door in DOORS.values()
    }


def test_is_what_the_gateway_tells(front):
    assert front.get("/openapi.json").json() == document()


SCORES = {"expected": {"price": 5}, "perceived": {"price": 10}}
SCORES_AS_FORM = {"expected.price": 5, "perceived.price": 10}
FORM = "application/x-www-form-urlencoded"
PARTS = "multipart/form-data"


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        ("capture_lead", "application/json", LEAD),
        ("capture_lead", FORM, LEAD),
        ("capture_lead", PARTS, LEAD),
        ("unsubscribe", "application/json", ONE_CLICK),
        ("unsubscribe", FORM, ONE_CLICK),
        ("unsubscribe", PARTS, ONE_CLICK),
        ("answer_survey", "application/json", SCORES),
        ("answer_survey", FORM, SCORES_AS_FORM),
        ("answer_survey", PARTS, SCORES_AS_FORM),
    ],
)
def test_a_body_that_it_allows_is_taken(front, name, kind, body):
    door = DOORS[name]
    described = document()["paths"][door.path]["post"]
    Draft202012Validator(described["requestBody"]["content"][kind]["schema"]).validate(body)

    answer = front.post(door.path.replace("{token}", TOKEN), **sent(kind, body))

    assert str(answer.status_code) in described["responses"]
    assert answer.status_code == door.status


def sent(kind, body):
    """Write a body as its kind is written."""
    if kind == PARTS:
        return {"files": {name: (None, str(value)) for name, value in body.items()}}
    return {"data" if kind == FORM else "json": body}


@pytest.mark.parametrize("kind", [FORM, PARTS])
@pytest.mark.parametrize("body", [SCORES, {"expected.price": 11}, {"expectedprice": 5}], ids=str)
def test_a_form_that_is_refused_is_not_allowed(front, kind, body):
    described = document()["paths"]["/s/{token}"]["post"]["requestBody"]["content"]

    answer = front.post(f"/s/{TOKEN}", **sent(kind, body))

    assert answer.status_code == 422
    assert not Draft202012Validator(described[kind]["schema"]).is_valid(body)


@pytest.mark.parametrize("status", [404, 405, 413, 415, 422, 429])
def test_no_answer_of_a_door_is_left_out(status):
    """405 belongs to no door: it is what a path says that has none for the method."""
    told = {int(code) for _, _, described in operations() for code in described["responses"]}

    assert (status in told) is (status != 405)
