"""The generated pages are what the code says, and a stale one is noticed."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from marshmallow import Schema, fields, validate

from chassis.json_schema import json_schema
from chassis.rows import HandlerRow, Inbound, RpcRow
from contracts import SERVICES
from rapport_cli import docs, golden, services
from rapport_cli.fields import flat

EVENTS = golden.events()


class LineSchema(Schema):
    quantity = fields.Int(required=True, validate=validate.Range(min=1))
    discount = fields.Decimal(as_string=True, validate=validate.Range(Decimal(0), Decimal(1)))


class OrderSchema(Schema):
    currency = fields.Str(required=True, validate=validate.Length(equal=3))
    status = fields.Str(validate=validate.OneOf(["open", "done"]), load_default="open")
    note = fields.Str(allow_none=True, validate=validate.Length(max=200))
    lines = fields.List(fields.Nested(LineSchema), required=True)


def asyncapi() -> dict[str, Any]:
    """Read the AsyncAPI document as it is stored."""
    found: dict[str, Any] = yaml.safe_load((docs.DOCS / "asyncapi.yaml").read_text())
    return found


def references(part: object) -> Iterator[str]:
    """Find every $ref of a document."""
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the generator write into a folder of its own."""
    monkeypatch.setattr(docs, "PROJECT", tmp_path)
    monkeypatch.setattr(docs, "DOCS", tmp_path / "docs")
    monkeypatch.setattr(golden, "GOLDEN", tmp_path / "golden")
    return tmp_path


class TestGeneratedPages:
    def test_are_up_to_date(self) -> None:
        assert docs.stale(docs.generated()) == [], "run make docs"

    def test_keep_every_promise(self) -> None:
        assert list(docs.broken_promises()) == []

    def test_are_the_same_twice(self) -> None:
        assert docs.generated() == docs.generated()

    def test_name_every_method_and_every_event(self) -> None:
        events, methods = ((docs.DOCS / page).read_text() for page in ("events.md", "rpc.md"))

        rows = [
            f"### {name}.{row.name}\n"
            for name in SERVICES
            for row in services.rows(name).values()
            if isinstance(row, RpcRow) and row.needs
        ]
        assert len(rows) > 20
        assert [heading for heading in rows if heading not in methods] == []
        assert [name for name in EVENTS if f"### {name}\n" not in events] == []


class TestCheck:
    def test_is_content_with_what_was_just_written(self, elsewhere: Path) -> None:
        written = CliRunner().invoke(docs.main, [])

        checked = CliRunner().invoke(docs.main, ["--check"])

        assert written.exit_code == 0
        assert f"wrote {Path('docs/events.md')}" in written.output
        assert (checked.exit_code, checked.output) == (0, "")

    def test_names_the_stale_file_and_writes_nothing(self, elsewhere: Path) -> None:
        CliRunner().invoke(docs.main, [])
        page = elsewhere / "docs" / "events.md"
        page.write_text("old")

        checked = CliRunner().invoke(docs.main, ["--check"])

        assert checked.exit_code == 1
        assert "docs/events.md is stale" in checked.stderr
        assert "rpc.md" not in checked.stderr
        assert page.read_text() == "old"

    @pytest.mark.parametrize("flags", [[], ["--check"]])
    def test_refuses_a_broken_promise_with_one_sentence(
        self, elsewhere: Path, flags: list[str]
    ) -> None:
        CliRunner().invoke(docs.main, [])
        file = golden.file_of("sales.lead.created.v1")
        promised = json.loads(file.read_text())
        promised["properties"]["shoe_size"] = {"type": "integer"}
        file.write_text(json.dumps(promised))

        refused = CliRunner().invoke(docs.main, flags)

        assert refused.exit_code == 1
        assert "sales.lead.created.v1: shoe_size was removed" in refused.stderr
        assert "shoe_size" in file.read_text()

    def test_refuses_an_event_that_is_gone(self, elsewhere: Path) -> None:
        golden.GOLDEN.mkdir()
        golden.file_of("sales.lead.eaten.v1").write_text("{}")

        refused = CliRunner().invoke(docs.main, ["--check"])

        assert refused.exit_code == 1
        assert "sales.lead.eaten.v1: the event is gone" in refused.stderr


class TestAsyncApi:
    def test_leads_every_reference_somewhere(self) -> None:
        document = asyncapi()

        for reference in references(document):
            part: Any = document
            for step in reference.removeprefix("#/").split("/"):
                part = part[step]
            assert isinstance(part, dict), reference

    def test_has_every_event_with_an_example_that_its_payload_accepts(self) -> None:
        document = asyncapi()

        for name, event in EVENTS.items():
            message = document["components"]["messages"][name]
            payload = document["components"]["schemas"][name]
            Draft202012Validator(payload).validate(message["examples"][0]["payload"])
            channel = document["channels"][name]
            assert channel["address"] == name
            assert channel["bindings"]["amqp"]["exchange"]["name"] == event.exchange

    def test_describes_what_partners_send(self) -> None:
        document = asyncapi()

        keys = {
            key
            for name in SERVICES
            for row in services.rows(name).values()
            if isinstance(row, Inbound)
            for key in row.keys
        }
        received = {
            operation["channel"]["$ref"].removeprefix("#/channels/")
            for operation in document["operations"].values()
            if operation["action"] == "receive"
        }
        assert keys == received != set()
        for key in keys:
            Draft202012Validator.check_schema(document["components"]["messages"][key]["payload"])

    def test_knows_the_exchange_of_every_handler(self) -> None:
        topology = services.topology()

        bound = {
            (binding.source, binding.key)
            for binding in topology.bindings
            if not binding.to_exchange
        }
        wanted = {
            (row.exchange, key)
            for name in SERVICES
            for row in services.rows(name).values()
            if isinstance(row, HandlerRow)
            for key in row.keys
        }
        assert wanted <= bound


class TestFields:
    def test_are_told_with_their_bounds(self) -> None:
        told = {field.name: (field.type, field.constraints) for field in flat(OrderSchema())}

        assert told == {
            "currency": ("string", "exactly 3 characters"),
            "status": ("string", "one of open, done; default open"),
            "note": ("string or null", "at most 200 characters"),
            "lines": ("list of object", ""),
            "lines[].quantity": ("integer", "at least 1"),
            "lines[].discount": ("decimal", "0 to 1"),
        }

    def test_become_a_schema_that_refuses_what_the_service_would(self) -> None:
        validator = Draft202012Validator(json_schema(OrderSchema()))

        good = {"currency": "USD", "lines": [{"quantity": 1}], "note": None}

        assert validator.is_valid(good)
        assert not validator.is_valid(good | {"currency": "DOLLAR"})
        assert not validator.is_valid(good | {"unknown": 1})
        assert not validator.is_valid(good | {"lines": [{"quantity": 0}]})
        assert not validator.is_valid({"lines": []})
