"""Facts that arrive together: one commit, each exactly once, the one that fails alone."""

import eventlet
import pytest
from sqlalchemy import func, select

from chassis import aliases, erased
from chassis.envelope import Envelope, encode
from chassis.errors import Invalid, Unavailable
from chassis.handling import handler
from chassis.rows import on
from chassis.subscribe import Delivery
from chassis.tables import INBOX, OUTBOX
from tests.support.journeys import names, runtime_of
from tests.support.things import Bought, Greeted, Thing, ThingChanged, changed


def note(work, event):
    """Store a thing for each event; some are not wanted, and some have to wait."""
    if event.name == "refused":
        raise Invalid("Not this one.", code="test.refused")
    thing = work.add(Thing(name=event.name, mail=None))
    work.tell(changed, thing)


def note_customer(work, event):
    """Store whom an event is about."""
    work.add(Thing(name=f"{event.order_id} of {event.customer_id}", mail=None))


def note_contact(work, event):
    """Store which contact of whom an event is about."""
    what = "bought" if isinstance(event, Bought) else "greeted"
    work.add(Thing(name=f"{what} {event.contact_id} at {event.customer_id}", mail=None))


def a_delivery(name, event_id):
    data = {"thing_id": event_id, "version": 1, "name": name}
    return delivered("sales.test_thing.changed.v1", event_id, data)


def about(customer_id, event_id):
    data = {"order_id": event_id, "customer_id": customer_id}
    return delivered("sales.test_thing.bought.v1", event_id, data)


def at_house(contact_id, event_id, type_="bought"):
    data = {"order_id": event_id, "customer_id": "house", "contact_id": contact_id}
    return delivered(f"sales.test_thing.{type_}.v1", event_id, data)


def delivered(type_, event_id, data):
    envelope = Envelope(
        id=event_id,
        source="/crm/sales",
        type=type_,
        time="2099-01-01T00:00:00.000000Z",
        subject=event_id,
        dataschema="/schemas/x.json",
        correlation_id=f"conversation of {event_id}",
        causation_id="c",
        sequence=1,
    )
    return Delivery(
        body=encode(data),
        headers=envelope.headers(),
        properties={"message_id": event_id},
        envelope=envelope,
        exchange="sales.events",
        routing_key=envelope.type,
        queue="sales.notes.q1",
        redelivered=False,
        attempt=1,
    )


NOTES = on(ThingChanged, note).named("notes")
CUSTOMERS = on(Bought, note_customer).named("customers")
CONTACTS = on((Bought, Greeted), note_contact).named("contacts")


@pytest.fixture
def runtime(database_url, tmp_path):
    runtime = runtime_of(database_url, tmp_path)
    yield runtime
    runtime.database.close()


def handled(runtime, *deliveries, row=NOTES):
    handle = handler(runtime, row)

    def one(delivery):
        try:
            handle(delivery)
        except (Invalid, Unavailable) as problem:
            return problem.code
        return "ok"

    threads = [eventlet.spawn(one, delivery) for delivery in deliveries]
    return [thread.wait() for thread in threads]


def count(runtime, table):
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


class TestFactsTogether:
    def test_are_each_applied_once_with_their_own_conversation(self, runtime):
        ended = handled(runtime, a_delivery("a", "e1"), a_delivery("b", "e2"))

        assert ended == ["ok", "ok"]
        assert names(runtime) == ["a", "b"]
        with runtime.database.reading() as session:
            headers = session.scalars(select(OUTBOX.c.headers).order_by(OUTBOX.c.position)).all()
        assert ["conversation of e1" in text for text in headers] == [True, False]

    def test_absorb_a_duplicate_beside_the_original(self, runtime):
        ended = handled(runtime, a_delivery("a", "e1"), a_delivery("a", "e1"))

        assert ended == ["ok", "ok"]
        assert names(runtime) == ["a"]
        assert count(runtime, INBOX) == 1

    def test_fail_alone_and_leave_nothing_behind(self, runtime):
        ended = handled(
            runtime, a_delivery("a", "e1"), a_delivery("refused", "e2"), a_delivery("c", "e3")
        )

        assert ended == ["ok", "test.refused", "ok"]
        assert names(runtime) == ["a", "c"]
        assert count(runtime, INBOX) == 2
        assert count(runtime, OUTBOX) == 2

    def test_have_the_one_retried_that_lost_a_race_for_a_key(self, runtime):
        ended = handled(runtime, a_delivery("same", "e1"), a_delivery("same", "e2"))

        assert ended == ["ok", "event.raced"]
        assert names(runtime) == ["same"]
        assert count(runtime, INBOX) == 1

    def test_are_about_the_customer_of_today_unless_that_one_was_erased(self, runtime):
        with runtime.database.begin() as session:
            aliases.point(session.connection(), "old", "new")
            aliases.point(session.connection(), "gone by", "gone")
            erased.note(session, ["gone", "lost"], "t1")
        ids = ("other", "old", "lost", "gone by", "new")

        ended = handled(runtime, *(about(id_, f"e-{id_}") for id_ in ids), row=CUSTOMERS)

        assert ended == ["ok"] * 5
        assert names(runtime) == ["e-new of new", "e-old of new", "e-other of other"]
        assert count(runtime, INBOX) == 5

    def test_about_a_contact_who_was_erased_are_of_its_customer_or_of_nobody(self, runtime):
        with runtime.database.begin() as session:
            erased.note(session, ["gone"], "t1")
        told = (
            at_house("gone", "e1"),
            at_house("there", "e2"),
            at_house("gone", "e3", "greeted"),
            at_house("there", "e4", "greeted"),
        )

        ended = handled(runtime, *told, row=CONTACTS)

        assert ended == ["ok"] * 4
        assert names(runtime) == [
            "bought None at house",
            "bought there at house",
            "greeted there at house",
        ]
        assert count(runtime, INBOX) == 4
