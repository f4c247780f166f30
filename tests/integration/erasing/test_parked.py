"""Parked messages that name who was erased are dropped, and the certificate says how many (pain point 24)."""

import contextlib
import dataclasses
import json
from collections.abc import Iterator

import pika
import pytest

from chassis.following import DROPPED
from chassis.sweeping import sweep_parked
from chassis.tables import TIMERS
from chassis.topology import names
from services.sales.tables import Lead
from tests.support.bus import Bus, whole_bus
from tests.support.erasures import a_lead_of_nobody, a_person, erased, told, told_since
from tests.support.fuzz_rooms import Rooms
from tests.support.persons import MAIL, NAME
from tests.support.waiting import eventually

__all__ = ["whole_bus"]
SERVICES = ("accounts", "sales")


@pytest.fixture
def swept(rooms: Rooms, whole_bus: Bus) -> Iterator[Rooms]:
    """The rooms, two of which have a parked queue."""
    before = {name: rooms.all[name].runtime.settings for name in SERVICES}
    for name, settings in before.items():
        uri = whole_bus.uri_of(name)
        rooms.all[name].runtime.settings = dataclasses.replace(settings, amqp_uri=uri)
    yield rooms
    for name, settings in before.items():
        rooms.all[name].runtime.settings = settings
    with contextlib.closing(whole_bus.connect()) as connection:
        for name in SERVICES:
            connection.channel().queue_purge(names.parked_queue(name))


def _park(bus: Bus, service: str, *bodies: dict[str, str]) -> None:
    """Park messages, as if no handler could take them."""
    with contextlib.closing(bus.connect(service)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        for number, body in enumerate(bodies):
            properties = pika.BasicProperties(delivery_mode=2, message_id=f"m{number}")
            sent = json.dumps(body).encode()
            channel.basic_publish(names.park_exchange(service), "", sent, properties)


def _depth(bus: Bus, service: str, wanted: int) -> None:
    queue = names.parked_queue(service)
    eventually(lambda: bus.depth(queue) == wanted, seconds=60, because=f"{queue} has {wanted}")


def _counted(rooms: Rooms, request_id: str) -> dict[str, int]:
    """Return what the certificate says was dropped, once everybody has heard of it."""
    for name in SERVICES:
        rooms.all[name].fire()
    rooms.settle()
    found = rooms.call("accounts.erasure_certificate", request_id=request_id)
    assert found["status"] == "done"
    return {service: one["messages"] for service, one in (found.get("parked") or {}).items()}


class TestWhatIsParkedAfterTheCertificate:
    """Personal data stays in corners nobody thinks of (pain point 24)."""

    def test_is_dropped_and_counted_and_others_stay(self, swept: Rooms, whole_bus: Bus) -> None:
        lead_id = a_lead_of_nobody(swept, name=NAME, email=MAIL)
        id_ = a_person(swept)
        certificate = erased(swept, id_)
        before = told(swept)
        about = {"customer_id": id_, "name": NAME}
        _park(whole_bus, "sales", about, {"lead_id": lead_id, "x": NAME}, {"customer_id": "other"})
        _park(whole_bus, "accounts", about)
        _depth(whole_bus, "sales", 3)
        _depth(whole_bus, "accounts", 1)

        dropped = [sweep_parked(swept.all[name].runtime) for name in SERVICES]

        assert dropped == [1, 2]
        _depth(whole_bus, "sales", 1)
        assert "parked" not in certificate or certificate["parked"] is None
        assert _counted(swept, certificate["request_id"]) == {"accounts": 1, "sales": 2}
        assert told_since(swept, before) == []

    def test_is_added_to_what_was_counted_before(self, swept: Rooms, whole_bus: Bus) -> None:
        id_ = a_person(swept)
        request_id = erased(swept, id_)["request_id"]
        for number in ("1", "2"):
            _park(whole_bus, "sales", {"customer_id": id_, "n": number})
            _depth(whole_bus, "sales", 1)
            sweep_parked(swept.sales.runtime)

        assert _counted(swept, request_id) == {"sales": 2}

    def test_that_comes_again_after_a_death_is_counted_once(
        self, swept: Rooms, whole_bus: Bus
    ) -> None:
        id_ = a_person(swept)
        request_id = erased(swept, id_)["request_id"]
        for _ in range(2):  # whoever dies between counting and acknowledging finds it again
            _park(whole_bus, "sales", {"customer_id": id_})
            _depth(whole_bus, "sales", 1)
            sweep_parked(swept.sales.runtime)

        assert _counted(swept, request_id) == {"sales": 1}

    def test_what_names_nobody_is_looked_at_and_left(self, swept: Rooms, whole_bus: Bus) -> None:
        erased(swept, a_person(swept))
        a_lead_of_nobody(swept, name="Other")
        (other,) = (one.id for one in swept.sales.rows(Lead))
        _park(whole_bus, "sales", {"lead_id": other})
        _depth(whole_bus, "sales", 1)

        assert sweep_parked(swept.sales.runtime) == 0

        _depth(whole_bus, "sales", 1)
        assert [row for row in swept.sales.rows(TIMERS) if row.kind == DROPPED] == []
