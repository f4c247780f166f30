"""Parked messages and the log, by command, with no more than the operator's rights."""

import json
import re
import uuid

import pika
import pytest
from click.testing import CliRunner

from chassis.envelope import Envelope
from chassis.plain import parked as header
from rapport_cli import events
from rapport_cli.main import main
from tests.support.bus import Bus, bus, fresh_bus, fresh_whole_bus
from tests.support.cli import operator
from tests.support.waiting import eventually

__all__ = ["bus", "fresh_bus", "fresh_whole_bus"]
SECRET = "Claire Gute"


def park(bus: Bus, *, handler: str = "sales.customers.q1", code: str = "invalid.fields") -> str:
    """Park a message as a handler of sales would, and return its id."""
    message_id = str(uuid.uuid4())
    headers = {
        "ce-id": message_id,
        "ce-type": "accounts.customer.recorded.v1",
        header.HANDLER: handler,
        header.REASON_CODE: code,
        header.REASON: "The input is not valid.",
        header.ATTEMPT: 1,
        header.FIRST_EXCHANGE: "accounts.private",
        header.FIRST_ROUTING_KEY: "accounts.customer.recorded.v1",
        header.PARKED_AT: "2017-11-08T09:30:00.000000Z",
    }
    body = json.dumps({"name": SECRET}).encode()
    connection = bus.connect("sales")
    properties = pika.BasicProperties(headers=headers, message_id=message_id, delivery_mode=2)
    connection.channel().basic_publish("sales.park", handler, body, properties)
    connection.close()
    return message_id


def tell(bus: Bus, subject: str, type_: str = "accounts.customer.created.v1") -> None:
    """Tell an event as accounts would."""
    envelope = Envelope(
        str(uuid.uuid4()), "/rapport/accounts", type_, "2017-11-08T09:30:00.000000Z", subject,
        f"/schemas/{type_}.json", "c1", "c1", 1,
    )  # fmt: skip
    body = json.dumps({"customer_id": subject, "actor": "person:ann"}).encode()
    connection = bus.connect("accounts")
    properties = pika.BasicProperties(headers=envelope.headers(), delivery_mode=2)
    connection.channel().basic_publish("accounts.events", type_, body, properties)
    connection.close()


class TestParked:
    def test_lists_everything_but_the_content(self, fresh_whole_bus: Bus) -> None:
        message_id = park(fresh_whole_bus)
        eventually(lambda: fresh_whole_bus.depth("sales.parked"))

        listed = operator(fresh_whole_bus, "parked", "list")
        facts = json.loads(operator(fresh_whole_bus, "parked", "list", "sales", "--json").stdout)

        assert "accounts.customer.recorded.v1" in listed.stdout
        assert "invalid.fields" in listed.stdout
        assert SECRET not in listed.stdout + json.dumps(facts)
        assert [fact["message_id"] for fact in facts] == [message_id]
        assert fresh_whole_bus.depth("sales.parked") == 1

    def test_is_empty_in_a_sentence(self, fresh_whole_bus: Bus) -> None:
        assert operator(fresh_whole_bus, "parked", "list").stdout == "Nothing is parked.\n"

    def test_shows_one_whole(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked"))

        shown = operator(fresh_bus, "parked", "show", "sales", message_id, "--json")

        assert json.loads(shown.stdout)["body"] == {"name": SECRET}
        assert operator(fresh_bus, "parked", "show", "sales", "other").exit_code == 1

    def test_replays_a_named_one_to_its_handler(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        park(fresh_bus, code="unavailable")
        eventually(lambda: fresh_bus.depth("sales.parked") == 2)

        done = operator(fresh_bus, "parked", "replay", "sales", message_id)

        assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "1 of 1 sent.")
        assert eventually(lambda: fresh_bus.depth("sales.customers.q1")) == 1
        assert eventually(lambda: fresh_bus.depth("sales.parked")) == 1

    def test_replays_by_reason_and_says_what_it_could_not(self, fresh_bus: Bus) -> None:
        park(fresh_bus, handler="sales.gone.q1", code="unavailable")
        park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked") == 2)

        done = operator(
            fresh_bus, "parked", "replay", "sales", "--all", "--reason-code", "unavailable"
        )

        assert done.exit_code == 1
        assert "There is no queue sales.gone.q1." in done.stdout
        assert eventually(lambda: fresh_bus.depth("sales.parked") == 2)

    def test_drops_only_after_a_yes_and_prints_what_goes(self, fresh_bus: Bus) -> None:
        message_id = park(fresh_bus)
        eventually(lambda: fresh_bus.depth("sales.parked"))

        asked = operator(fresh_bus, "parked", "drop", "sales", message_id)
        kept = eventually(lambda: fresh_bus.depth("sales.parked"))
        done = operator(fresh_bus, "parked", "drop", "sales", message_id, "--yes")

        assert (asked.exit_code, kept) == (1, 1)
        assert json.loads(done.stdout)["body"] == {"name": SECRET}
        assert (done.exit_code, done.stderr) == (0, "1 dropped.\n")
        assert eventually(lambda: not fresh_bus.depth("sales.parked"))

    @pytest.mark.parametrize("words", [[], ["ref", "--all"]])
    def test_wants_names_or_all(self, fresh_bus: Bus, words: list[str]) -> None:
        assert operator(fresh_bus, "parked", "replay", "sales", *words).exit_code == 2
        assert operator(fresh_bus, "parked", "drop", "sales", "--yes", *words).exit_code == 2

    def test_names_what_is_not_parked(self, fresh_bus: Bus) -> None:
        done = operator(fresh_bus, "parked", "replay", "sales", "other")

        assert done.exit_code == 1
        assert "Not parked: other." in done.stderr


class TestEvents:
    def test_replays_the_log_from_the_first(self, fresh_bus: Bus) -> None:
        tell(fresh_bus, "c1")
        tell(fresh_bus, "c2", "accounts.customer.updated.v1")

        done = operator(fresh_bus, "events", "replay", "--from", "first", "--json")

        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.exit_code == 0
        assert [(one["offset"], one["subject"]) for one in told] == [(0, "c1"), (1, "c2")]
        assert told[0]["data"] == {"customer_id": "c1", "actor": "person:ann"}

    def test_replays_from_an_offset_chosen_types(self, fresh_bus: Bus) -> None:
        for number in range(4):
            tell(fresh_bus, f"c{number}", f"accounts.customer.{'ab'[number % 2]}.v1")

        done = operator(fresh_bus, "events", "replay", "--from", "1", "--type", "*.b.v1")

        assert re.findall(r"  (c\d)  person:ann", done.stdout) == ["c1", "c3"]

    def test_follows_what_is_told(self, fresh_bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
        tell(fresh_bus, "old")
        read = events.StreamReader.read

        def telling(reader: events.StreamReader, idle: float | None = None) -> object:
            reader._receive(0.5)  # begins to read at the end
            tell(fresh_bus, "new")
            return read(reader, idle)

        monkeypatch.setattr(events.StreamReader, "read", telling)
        done = operator(fresh_bus, "events", "tail", "--limit", "1", "--json")

        assert json.loads(done.stdout)["subject"] == "new"

    @pytest.mark.parametrize("place", ["yesterday", "-1", "2017-99-01"])
    def test_wants_a_place_in_the_log(self, fresh_bus: Bus, place: str) -> None:
        done = operator(fresh_bus, "events", "replay", f"--from={place}")

        assert done.exit_code == 2
        assert "is not first, last, an offset or an ISO 8601 instant" in done.stderr

    def test_are_closed_to_a_service(self, fresh_bus: Bus) -> None:
        done = CliRunner().invoke(
            main,
            ["events", "replay", "--from", "first", "--amqp-uri", fresh_bus.uri_of("sales")],
        )

        assert done.exit_code == 1
        assert "ACCESS_REFUSED" in done.stderr
