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


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("capture_lead", LEAD),
        ("unsubscribe", ONE_CLICK),
        ("answer_survey", {"expected": {"price": 5}, "perceived": {"price": 10}}),
    ],
)
def test_a_body_that_it_allows_is_taken(front, name, body):
    door = DOORS[name]
    described = document()["paths"][door.path]["post"]
    for content in described["requestBody"]["content"].values():
        Draft202012Validator(content["schema"]).validate(body)

    answer = front.post(door.path.replace("{token}", TOKEN), json=body)

    assert str(answer.status_code) in described["responses"]
    assert answer.status_code == door.status


@pytest.mark.parametrize("status", [404, 405, 413, 415, 422, 429])
def test_no_answer_of_a_door_is_left_out(status):
    """405 belongs to no door: it is what a path says that has none for the method."""
    told = {int(code) for _, _, described in operations() for code in described["responses"]}

    assert (status in told) is (status != 405)
