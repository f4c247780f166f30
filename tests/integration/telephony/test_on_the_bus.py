"""Calls through the running house: told by the bridge's user, popped, ended, on the timeline."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, text

from deploy.local.house import Kind
from tests.support.doors import Door
from tests.support.places import opened_house
from tests.support.telephony import ADA, DEVICE, ACall, Bridge, Ear, abandoned_call, answered_call
from tests.support.waiting import eventually, stays

PLACES = ("accounts", "sales", "telephony")
# The journey of a call walks the same way on SQLite.
KINDS = (pytest.param(Kind.SQLITE, marks=pytest.mark.long), Kind.POSTGRESQL)
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module", params=KINDS, ids=str)
def house(request, tmp_path_factory, session_broker):
    """A house in which accounts, sales and telephony run; the service desk is closed."""
    kind = Kind(request.param)
    server = request.getfixturevalue("session_postgres") if kind is Kind.POSTGRESQL else None
    folder = tmp_path_factory.mktemp("house")
    with opened_house(folder, kind, session_broker, server, PLACES) as opened:
        opened.up()
        yield opened


@pytest.fixture(scope="module")
def door(house):
    """The way in, when telephony knows the customers and whose the phones are."""
    opened = Door(house)
    opened.customers = {
        name: opened.call("accounts.register_customer", {"name": name, "phone": phone})[
            "customer_id"
        ]
        for name, phone in (("Ada", ADA), ("Bo", "+12025550170"))
    }
    opened.agent = opened.call("accounts.register_staff", {"name": "Sam", "roles": ["agent"]})["id"]
    values = {"device": DEVICE, "staff_id": opened.agent}
    opened.call("telephony.create_record", {"kind": "agent_device", "values": values})
    eventually(lambda: _count(house, "telephony_customer_refs") == 2)
    for service in ("accounts", "sales"):  # whoever answers for the first time has to warm up
        opened.call(f"{service}.customer_card", {"customer_id": opened.customers["Ada"]})
    yield opened
    opened.client.close()


@pytest.fixture(scope="module")
def bridge(door, house):
    told = Bridge(house)
    yield told
    told.close()


@pytest.fixture(scope="module")
def ear(door, house):
    listening = Ear(house)
    yield listening
    listening.close()


def _count(house, table):
    engine = create_engine(house.places["telephony"].database_url)
    try:
        with engine.connect() as connection:
            return connection.execute(text(f"select count(*) from {table}")).scalar_one()
    finally:
        engine.dispose()


def at(number):
    """Return when a call begins: each at another minute."""
    return datetime(2024, 5, 6, 8, tzinfo=UTC) + timedelta(minutes=number)


def whole_pop(bridge, ear):
    """Ring until the pop has the cards of both: it leaves out who is late, and machines may be busy."""
    for number in range(20):
        call = ACall(f"one-{number}", at=at(0)).offered().queued().rings()
        bridge.tell(*call.told)
        (pop,) = eventually(lambda call=call: ear.heard("screen.popped", call.call_id))
        if len(pop["card"]) == 2:
            return call, pop
        bridge.tell(*call.answered().cleared().told[3:])
    raise AssertionError(pop)


class TestACall:
    @pytest.mark.spec("TEL-21")
    def test_pops_while_it_rings_and_stands_on_the_timeline_when_it_is_over(
        self, door, bridge, ear
    ):
        ada = door.customers["Ada"]

        call, pop = whole_pop(bridge, ear)

        assert (pop["agent_id"], pop["outcome"], pop["number"]) == (door.agent, "one", ADA)
        assert [one["id"] for one in pop["matches"]] == [ada]
        assert set(pop["card"]) == {"accounts", "sales"}
        assert pop["missing"] == ["service_desk"]
        assert ear.heard("call.ended", call.call_id) == []

        bridge.tell(*call.answered().cleared().told[3:])

        (ended,) = eventually(lambda: ear.heard("call.ended", call.call_id))
        assert (ended["customer_id"], ended["talk_seconds"]) == (ada, 60.0)
        touches = eventually(lambda: _calls_on_the_timeline(door, ada))
        assert touches[0]["subject"] == "Call to 8001, queue sales"

    @pytest.mark.spec("TEL-29")
    def test_that_was_somebody_elses_moves_to_the_other_timeline(self, door, bridge, ear):
        bo, nobody = door.customers["Bo"], "+12025550555"
        bridge.tell(*answered_call("two", ani=nobody, at=at(1)))
        eventually(lambda: ear.heard("call.ended", "two"))
        assert _calls_on_the_timeline(door, bo) == []
        shown = door.call("telephony.get_record", {"kind": "call", "id": "two"})

        named = {"call_id": "two", "version": shown["version"], "customer_id": bo}
        door.call("telephony.link_call_customer", named)

        (corrected,) = eventually(lambda: ear.heard("call.corrected", "two"))
        assert corrected["customer_id"] == bo
        assert len(eventually(lambda: _calls_on_the_timeline(door, bo))) == 1
        assert len(ear.heard("call.ended", "two")) == 1

    def test_that_is_lost_is_owed_a_call_back(self, door, bridge, ear):
        bridge.tell(*abandoned_call("three", ani="+12025550170", at=at(2)))

        (asked,) = eventually(lambda: ear.heard("callback.requested", "three"))
        assert (asked["customer_id"], asked["reason"]) == (door.customers["Bo"], "abandoned")
        bridge.tell(*answered_call("four", ani="+12025550170", at=at(3)))
        (closed,) = eventually(lambda: ear.heard("callback.closed", "four"))
        assert closed["outcome"] == "called_again"


class TestEveryOrder:
    def test_a_hundred_shuffled_calls_told_twice_are_told_on_once(self, door, bridge, ear, house):
        calls = [f"s{number}" for number in range(100)]
        events = [e for n, c in enumerate(calls) for e in answered_call(c, at=at(10 + n))] * 2
        random.Random(7).shuffle(events)  # noqa: S311 - guards no secret

        bridge.tell(*events)

        eventually(lambda: _all_once(ear, "call.ended", calls))
        eventually(lambda: _all_once(ear, "screen.popped", calls))
        stays(lambda: len(_of(ear, "call.ended", calls)) == len(calls), seconds=0.5)
        for type_ in ("call.started", "call.identified", "call.delivered", "screen.popped"):
            assert _all_once(ear, type_, calls), type_
        assert {told["customer_id"] for told in _of(ear, "call.ended", calls)} == {
            door.customers["Ada"]
        }

    def test_what_dies_in_the_middle_goes_on_without_a_loss_or_a_double(
        self, door, bridge, ear, house
    ):
        calls = [f"d{number}" for number in range(60)]
        told = [answered_call(c, at=at(200 + n)) for n, c in enumerate(calls)]
        before, after = [e for call in told for e in call[:3]], [e for c in told for e in c[3:]]

        bridge.tell(*before)
        eventually(lambda: len(_of(ear, "call.started", calls)) > 5)
        house.kill("telephony")
        bridge.tell(*after, *before)
        house.restart("telephony")

        eventually(lambda: _all_once(ear, "call.ended", calls), seconds=90)
        eventually(lambda: _all_once(ear, "screen.popped", calls))
        assert _all_once(ear, "call.delivered", calls)
        assert {told["customer_id"] for told in _of(ear, "call.ended", calls)} == {
            door.customers["Ada"]
        }

    def test_accounts_away_while_it_rings_is_no_reason_to_be_late(self, door, bridge, ear, house):
        house.stop("accounts")
        bridge.tell(*ACall("away", at=at(300)).offered().queued().rings().told)
        (pop,) = eventually(lambda: ear.heard("screen.popped", "away"))
        house.restart("accounts")
        bridge.tell(*answered_call("away", at=at(300))[3:])

        assert pop["outcome"] == "unavailable"
        (ended,) = eventually(lambda: ear.heard("call.ended", "away"))
        assert ended["customer_id"] == door.customers["Ada"]
        assert len(ear.heard("screen.popped", "away")) == 1


class TestDurable:
    def test_another_run_of_the_bridge_under_its_own_ids_changes_nothing(self, door, bridge, ear):
        told = answered_call("again", at=at(400))
        bridge.tell(*told)
        eventually(lambda: ear.heard("call.ended", "again"))

        bridge.tell(*(replace(event, boot_id="b2") for event in told))

        bridge.tell(*answered_call("after", at=at(401)))
        eventually(lambda: ear.heard("call.ended", "after"))
        assert len(ear.heard("call.ended", "again")) == 1
        assert len(ear.heard("call.delivered", "again")) == 1


def _calls_on_the_timeline(door, customer_id):
    card = door.call("accounts.customer_card", {"customer_id": customer_id})
    return [one for one in card["interactions"]["items"] if one["kind"] == "call"]


def _of(ear, type_, calls):
    return [told for told in ear.heard(type_) if told["call_id"] in set(calls)]


def _all_once(ear, type_, calls):
    return sorted(told["call_id"] for told in _of(ear, type_, calls)) == sorted(calls)
