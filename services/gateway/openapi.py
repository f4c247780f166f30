"""The doors as an OpenAPI 3.1 document, made from the rows."""

from collections.abc import Mapping
from typing import Any

from marshmallow import Schema

from chassis import VERSION
from chassis.json_schema import json_schema
from services.gateway.doors.rows import Door, rows
from services.gateway.service import Gateway

JSON, *FORMS = ("application/json", "application/x-www-form-urlencoded", "multipart/form-data")
_TOKEN = {
    "name": "token",
    "in": "path",
    "required": True,
    "description": "The random part of a link that was sent by mail.",
    "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{16,128}$"},
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key with the same content is done once, whenever it comes; without "
    "one, the same content is done once a day (UTC).",
    "schema": {"type": "string", "pattern": "^[!-~]{1,128}$"},
}
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string", "description": "What to name when asking us about it."},
        "code": {"type": "string", "description": "Stable; what a program decides by."},
        "fields": {"type": "object", "description": "field -> what is wrong with it"},
        "retry_after": {"type": "integer", "description": "seconds"},
    },
    "required": ["type", "title", "status", "detail", "instance", "code"],
}
_Problems = dict[str, tuple[str, Mapping[str, Any]]]
_LATER = {
    "Retry-After": {"description": "seconds", "schema": {"type": "integer"}, "required": True}
}
_ALWAYS: _Problems = {
    "429": ("Asked too often.", _LATER),
    "500": ("We failed.", {}),
}
_CALLING: _Problems = {
    "502": ("A service failed.", {}),
    "503": ("Not at present.", _LATER),
    "504": ("No answer in time; it may have been done.", _LATER),
}
_LINKED: _Problems = {"404": ("The link leads nowhere, or not any more.", {})}
_READING: _Problems = {
    "400": ("Not readable.", {}),
    "408": ("Too slow.", {}),
    "409": ("It was answered before, or cannot be any more.", {}),
    "413": ("Larger than 64 KiB.", {}),
    "415": ("Of another media type.", {}),
    "422": ("Not valid.", {}),
}


def document() -> dict[str, Any]:
    """Describe every door of the gateway."""
    paths: dict[str, dict[str, Any]] = {}
    for door in rows(Gateway).values():
        paths.setdefault(door.path, {})[door.method.lower()] = _operation(door)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Rapport, from outside",
            "version": VERSION,
            "description": "The only door from outside. Whatever is not described here is 404.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {"schemas": {"Problem": _PROBLEM}},
    }


def _operation(door: Door) -> dict[str, Any]:
    problems = _ALWAYS | (_CALLING if door.calls else {})
    problems |= (_LINKED if door.has_token else {}) | (_READING if door.accepts else {})
    answers = {str(door.status): _answer(door)}
    answers |= {status: _problem(*problems[status]) for status in sorted(problems)}
    described: dict[str, Any] = {
        "operationId": door.name,
        "summary": door.summary,
        "security": [],
        "responses": answers,
    }
    parameters = [_TOKEN] if door.has_token else [_KEY] if door.accepts else []
    if parameters:
        described["parameters"] = parameters
    if door.accepts is not None:
        described["requestBody"] = _body(door.accepts)
    return described


def _body(accepts: Schema) -> dict[str, Any]:
    schema = json_schema(accepts)
    kinds = {JSON: schema} | dict.fromkeys(FORMS, _flat(schema))
    return {"required": True, "content": {kind: {"schema": kinds[kind]} for kind in kinds}}


def _flat(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe what a form holds, in which the field b of a is written a.b."""
    fields = schema["properties"]
    nested = [name for name, shape in fields.items() if shape.get("type") == "object"]
    if not nested:
        return schema
    return schema | {
        "properties": {name: fields[name] for name in fields if name not in nested},
        "patternProperties": {
            rf"^{name}\.": fields[name]["additionalProperties"] for name in nested
        },
        "required": [name for name in schema["required"] if name not in nested],
    }


def _answer(door: Door) -> dict[str, Any]:
    shown = {"type": "object"} if door.calls is None else json_schema(door.shows)
    content: dict[str, Any] = {"application/json": {"schema": shown}}
    if door.page is not None:
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": "Done." if door.accepts else "As asked.", "content": content}


def _problem(description: str, headers: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": description,
        "content": {
            "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
            "text/html": {"schema": {"type": "string"}},
        },
    }
    return found | ({"headers": dict(headers)} if headers else {})
