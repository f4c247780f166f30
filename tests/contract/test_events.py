"""Every event keeps what its version promised, and nothing personal reaches the log."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from chassis.envelope import decode, encode
from contracts import base, cti
from contracts.base import EventType
from rapport_cli.examples import example
from rapport_cli.golden import broken, events, file_of, golden

EVENTS = events()
every_event = pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)

# Free text tells about people unless somebody has looked: these hold a word of a closed list, the
# name of a thing, or a date.
HARMLESS = {
    "marketing.touch.settled.v1": {"reason"},
    "service_desk.case.assigned.v1": {"reason"},
    "service_desk.case.escalated.v1": {"reason"},
    "service_desk.case.replanned.v1": {"reason"},
    "service_desk.case.state_changed.v1": {"reason"},
    "telephony.callback.requested.v1": {"reason"},
    "accounts.customer.credit_changed.v1": {"reason"},
    "accounts.customer.flagged.v1": {"reason"},
    "accounts.customer.owner_changed.v1": {"reason"},
    "accounts.customer.stage_changed.v1": {"reason"},
    "accounts.customer.unflagged.v1": {"reason"},
    "accounts.territory.recorded.v1": {"name"},
    "accounts.entity.recorded.v1": {"name"},
    "sales.lead.assigned.v1": {"reason"},
    "sales.lead.disqualified.v1": {"reason"},
    "sales.opportunity.lost.v1": {"reason"},
}
SUSPICIOUS = {
    "address", "birthday", "comment", "description", "email", "first_name", "last_name", "mail",
    "message", "mobile", "name", "note", "notes", "phone", "postcode", "reason", "subject", "text",
    "title",
}  # fmt: skip


def a_schema(**changes: Any) -> dict[str, Any]:
    """Return a small golden schema."""
    properties = {
        "lead_id": {"type": "string"},
        "stage": {"type": "string", "enum": ["new", "won"]},
        "owner_id": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "lines": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"quantity": {"type": "integer"}},
                "required": ["quantity"],
            },
        },
    }
    return {
        "properties": properties,
        "required": ["lead_id", "stage", "lines"],
        "x-exchange": "sales.events",
        "x-subject": "lead_id",
    } | changes


class TestEveryEvent:
    @every_event
    def test_is_what_its_golden_schema_says(self, event: EventType) -> None:
        stored = json.loads(file_of(event.name).read_text(encoding="utf-8"))

        assert stored == golden(event), "run make docs"

    @every_event
    def test_has_an_example_that_its_schema_accepts_and_its_class_reads(
        self, event: EventType
    ) -> None:
        schema = golden(event)

        built = example(schema)

        Draft202012Validator.check_schema(schema)
        told = base.read(event.cls, built)
        assert {name: built[name] for name in event.fields} == decode(encode(base.body(told)))

    @every_event
    def test_refuses_an_example_without_its_subject(self, event: EventType) -> None:
        built = example(golden(event))

        del built[event.subject]

        with pytest.raises(ValidationError, match=event.subject):
            Draft202012Validator(golden(event)).validate(built)

    @every_event
    def test_is_named_after_the_service_that_owns_its_exchange(self, event: EventType) -> None:
        owner = event.exchange.rpartition(".")[0]

        assert owner in {event.service, "crm"}
        assert event.exchange != "crm.events"


def leaks(event: EventType) -> frozenset[str]:
    """Return the personal fields that an event would write into the log."""
    return event.personal if event.exchange.endswith(".events") else frozenset()


def unseen(event: EventType) -> set[str]:
    """Return the fields of a logged event that could tell about people and nobody looked at."""
    if not event.exchange.endswith(".events"):
        return set()
    return set(event.fields) & SUSPICIOUS - event.personal - HARMLESS.get(event.name, set())


class TestWhatIsReceived:
    """What another service sends is read by type, or refused with the field's name alone."""

    def test_comes_as_what_its_class_says(self) -> None:
        built = example(golden(EVENTS["cti.call.cleared.v1"]))

        told = base.read(cti.CallCleared, built)

        assert told.at == datetime(2017, 11, 8, 9, 30, tzinfo=UTC)
        assert isinstance(told.legs[0], cti.Leg)
        assert told.legs[0].started_at == told.at
        assert isinstance(told.wait_seconds, float)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("seq", "7"),
            ("seq", True),
            ("seq", None),
            ("at", "yesterday"),
            ("at", 5),
            ("ani", 5),
            ("wait_seconds", "3"),
            ("wait_seconds", True),
            ("data", ["a"]),
            ("data", {"digit": 1}),
            ("legs", {"role": "caller"}),
            ("legs", ["caller"]),
            ("legs", [{"role": "caller"}]),
        ],
    )
    def test_is_refused_where_a_value_has_another_type(self, field: str, value: object) -> None:
        built = example(golden(EVENTS["cti.call.cleared.v1"])) | {field: value}

        with pytest.raises(ValueError, match=rf"^cti.call.cleared.v1: {field} is not") as refused:
            base.read(cti.CallCleared, built)

        assert str(value) not in str(refused.value)

    def test_may_hold_what_nobody_knows_yet(self) -> None:
        built = example(golden(EVENTS["cti.link.lost.v1"])) | {"mood": "grey"}

        assert base.read(cti.LinkLost, built).open_calls == 1


class TestWhatIsPersonal:
    @every_event
    def test_stays_out_of_the_log(self, event: EventType) -> None:
        assert leaks(event) == frozenset()

    @every_event
    def test_is_looked_for_in_every_field_that_could_hold_it(self, event: EventType) -> None:
        assert unseen(event) == set(), "mark it personal, or declare in HARMLESS why not"

    def test_is_noticed_where_somebody_forgot(self) -> None:
        planted = EventType(
            "sales.lead.eaten.v1", dict, "lead_id", ("lead_id", "name", "note"),
            frozenset({"name"}), "sales.events",
        )  # fmt: skip

        assert leaks(planted) == {"name"}
        assert unseen(planted) == {"note"}

    def test_would_be_told_in_private_by_itself(self) -> None:
        private = {event.exchange for event in EVENTS.values() if event.personal}

        assert private
        assert all(exchange.endswith(".private") for exchange in private)

    @every_event
    def test_is_named_without_values_among_the_changes(self, event: EventType) -> None:
        built = example(golden(event))

        named = {field: built["changed"].get(field) for field in event.personal}

        assert set(named.values()) <= {None}


class TestCompatibility:
    def test_lets_a_field_with_a_default_come(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["campaign_id"] = {"type": "string"}

        assert broken("sales.lead.created.v1", a_schema(), after) == []

    def test_lets_a_closed_set_grow(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["stage"]["enum"].append("lost")

        assert broken("sales.lead.created.v1", a_schema(), after) == []

    def test_refuses_a_removed_field_with_one_sentence(self) -> None:
        after = copy.deepcopy(a_schema())

        del after["properties"]["owner_id"]

        assert broken("sales.lead.created.v1", a_schema(), after) == [
            "sales.lead.created.v1: owner_id was removed; declare the next version beside it."
        ]

    def test_refuses_another_type(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["lead_id"] = {"type": "integer"}

        (said,) = broken("sales.lead.created.v1", a_schema(), after)
        assert "lead_id was string and became integer" in said

    def test_refuses_a_field_that_may_be_null_from_now_on(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["lead_id"] = {"anyOf": [{"type": "string"}, {"type": "null"}]}

        (said,) = broken("sales.lead.created.v1", a_schema(), after)
        assert "lead_id was string and became string or null" in said

    def test_refuses_a_new_field_without_a_default(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["campaign_id"] = {"type": "string"}
        after["required"].append("campaign_id")

        (said,) = broken("sales.lead.created.v1", a_schema(), after)
        assert "campaign_id is new and required" in said

    def test_refuses_a_promised_field_that_gets_a_default(self) -> None:
        after = a_schema(required=["lead_id", "lines"])

        (said,) = broken("sales.lead.created.v1", a_schema(), after)

        assert "stage is no longer promised" in said

    def test_refuses_a_smaller_closed_set(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["stage"]["enum"].remove("won")

        (said,) = broken("sales.lead.created.v1", a_schema(), after)
        assert "stage lost the values won" in said

    def test_looks_into_lists_and_structures(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["lines"]["items"]["properties"]["quantity"] = {"type": "string"}

        (said,) = broken("sales.lead.created.v1", a_schema(), after)
        assert "lines[].quantity was integer and became string" in said

    @pytest.mark.parametrize(
        ("what", "now"), [("x-exchange", "sales.private"), ("x-subject", "owner_id")]
    )
    def test_refuses_another_exchange_or_subject(self, what: str, now: str) -> None:
        after = a_schema(**{what: now})

        (said,) = broken("sales.lead.created.v1", a_schema(), after)

        assert f"{what[2:]} changed from" in said

    def test_refuses_a_field_that_becomes_personal(self) -> None:
        after = copy.deepcopy(a_schema())

        after["properties"]["lead_id"]["x-personal"] = True

        (said,) = broken("sales.lead.created.v1", a_schema(), after)
        assert "lead_id changed whether it is personal" in said
