"""Calls as they are followed: in any order, each event once, the newest word stands."""

import itertools
import random
from datetime import UTC, datetime

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from chassis.tables import INBOX, OUTBOX, PROCESSES, TIMERS
from contracts import base as contracts
from contracts import cti
from services.telephony.tables import Call, CallDelivery, CallEvent, CallScreen
from tests.support.telephony import (
    ADA,
    SECOND_DEVICE,
    ACall,
    abandoned_call,
    answered_call,
    go_on,
    hear,
    pops,
    types,
)

ONCE = {"call.started", "call.identified", "call.delivered", "screen.popped", "call.ended"}


def in_the_end(room):
    """Return what is left when everything was heard, without instants and counters of ours."""
    ours = {"version", "event_seq", "created_at", "updated_at", "told_end_at"}
    (call,) = room.rows(Call)
    record = {name: value for name, value in call._mapping.items() if name not in ours}
    history = sorted(tuple(row)[:2] for row in room.rows(CallEvent))
    rung = sorted((row.device, row.agent_id, row.popped) for row in room.rows(CallDelivery))
    return record, history, rung, sorted(types(room.outbox()[room.quiet :]))


class TestFollow:
    @pytest.mark.spec("TEL-19")
    def test_keeps_the_call_with_both_numbers_and_what_happened(self, telephony, agent, ada):
        hear(telephony, *answered_call())
        go_on(telephony)

        call = telephony.call("get_record", agent, kind="call", id="k1")
        assert (call["number"], call["dnis"], call["customer_id"]) == (ADA, "8001", ada)
        assert (call["state"], call["outcome"], call["agent_id"]) == ("cleared", "answered", "s1")
        assert (call["wait_ms"], call["talk_ms"], call["estimated"]) == (4500, 60_000, False)
        history = telephony.call("call_history", agent, call_id="k1")["items"]
        assert [(one["seq"], one["type"]) for one in history] == [
            (1, "offered"), (2, "queued"), (3, "delivered"), (4, "established"), (5, "cleared"),
        ]  # fmt: skip

    def test_tells_each_thing_once_and_the_end_with_its_customer(self, telephony, ada, accounts):
        hear(telephony, *answered_call())
        go_on(telephony)

        told = types(telephony.outbox()[telephony.quiet :])
        assert sorted(told) == sorted(ONCE)
        (ended,) = telephony.told("telephony.call.ended.v1")
        assert (ended["customer_id"], ended["agent_id"], ended["outcome"]) == (
            ada, "s1", "answered",
        )  # fmt: skip
        assert (ended["wait_seconds"], ended["talk_seconds"]) == (4.5, 60.0)
        assert ended["owner_id"] == accounts.owner

    def test_any_order_and_any_repetition_come_to_the_same(self, database_kind, telephony):
        events = answered_call()
        hear(telephony, *events)
        go_on(telephony)
        expected = in_the_end(telephony)
        orders = list(itertools.permutations(range(len(events))))
        some = random.Random(3).sample(orders, 8)  # noqa: S311 - guards no secret
        for number, order in enumerate(some):
            room_events = [events[place] for place in order]
            _forget(telephony)
            between = number % (len(events) + 1)
            for step, event in enumerate([*room_events, *room_events[:2]]):
                hear(telephony, event, id_=f"run{number}")
                if step >= between:
                    go_on(telephony)
            go_on(telephony)

            assert in_the_end(telephony) == expected, order

    def test_an_event_that_comes_twice_is_applied_once(self, telephony):
        (offered, *_) = answered_call()

        hear(telephony, offered, offered, id_="same")

        assert len(telephony.rows(CallEvent)) == 1
        assert len(telephony.told("telephony.call.started.v1")) == 1

    def test_an_older_event_adds_its_line_and_changes_nothing(self, telephony):
        events = answered_call()
        hear(telephony, events[-1])
        before = telephony.rows(Call)

        hear(telephony, events[1])

        assert telephony.rows(Call) == before
        assert sorted(row.seq for row in telephony.rows(CallEvent)) == [2, 5]

    def test_what_is_skipped_is_made_up_for_by_the_next(self, telephony):
        events = answered_call()

        hear(telephony, events[0], events[4])
        go_on(telephony)

        (call,) = telephony.rows(Call)
        assert (call.queue, call.delivered_at) == ("sales", events[2].at)
        assert [told["device"] for told in telephony.told("telephony.call.delivered.v1")] == [
            "PJSIP/1001"
        ]

    def test_says_that_times_are_estimated_where_the_bridge_was_deaf(self, telephony):
        call = ACall().offered().queued().rings()
        call.basis = "resync"

        hear(telephony, *call.answered().cleared().told)
        go_on(telephony)

        (ended,) = telephony.told("telephony.call.ended.v1")
        assert ended["estimated"] is True

    def test_refuses_a_word_that_nobody_knows(self, telephony):
        wrong = ACall(direction="sideways").offered().told

        with pytest.raises(Invalid) as refused:
            hear(telephony, *wrong)

        assert refused.value.code == "telephony.call.word"
        assert telephony.rows(Call) == []

    def test_the_number_of_whom_we_call_stays_here(self, telephony, ada):
        call = ACall(direction="outbound", ani="8001", dnis=ADA).offered().rings().answered()

        hear(telephony, *call.cleared().told)
        go_on(telephony)

        (ended,) = telephony.told("telephony.call.ended.v1")
        assert (ended["customer_id"], ended["dnis"]) == (ada, None)
        logged = [row for row in telephony.outbox() if row.exchange == "telephony.events"]
        assert all("5550143" not in row.body for row in logged)

    @pytest.mark.parametrize("order", [1, -1])
    def test_a_call_that_turns_out_to_go_outside_is_the_customers(self, telephony, ada, order):
        inside = ACall(direction="internal", ani="1001", dnis="1003").offered().told
        outside = ACall(direction="outbound", ani="1001", dnis=ADA).offered().rings().cleared()

        hear(telephony, *[*inside, *outside.told[1:]][::order])
        go_on(telephony)

        (known,) = telephony.rows(Call)
        assert (known.direction.value, known.number, known.customer_id) == ("outbound", ADA, ada)

    def test_nothing_personal_is_logged(self, telephony):
        events = ACall(data={"customer_code": "C-77"}).offered().queued().cleared("abandoned").told
        phone = {"device": "PJSIP/13900139000@trunk", "staff_id": "s3"}
        admin = telephony.person("admin", "admin")
        telephony.call("create_record", admin, kind="agent_device", values=phone)

        hear(telephony, *events)
        hear(telephony, *ACall("k2").offered().rings(phone["device"]).answered().cleared().told)
        go_on(telephony)

        logged = [row for row in telephony.outbox() if row.exchange == "telephony.events"]
        assert logged
        secrets = ("5550143", "Ada", "C-77", "13900139000")
        assert [row for row in logged if any(one in row.body for one in secrets)] == []
        (delivered,) = telephony.told("telephony.call.delivered.v1")
        assert (delivered["agent_id"], delivered["device"]) == ("s3", None)

    def test_forgets_the_card_when_the_call_was_told(self, telephony):
        hear(telephony, *answered_call())
        go_on(telephony)

        assert telephony.rows(CallScreen) == []

    def test_every_event_of_the_bridge_has_its_line(self, telephony):
        handler = telephony.page.rows["calls_told"]

        assert set(handler.keys) == {contracts.describe(cls).name for cls in cti.CALL_EVENTS}


def _forget(room):
    """Empty the tables of one call, so that it can be told again."""
    with room.runtime.database.begin() as session:
        for table in (Call, CallEvent, CallDelivery, CallScreen):
            session.execute(table.__table__.delete())
        for table in (INBOX, PROCESSES, TIMERS, OUTBOX):
            session.execute(table.delete())
    room.quiet = 0


class TestDisposeCall:
    def test_says_what_came_of_a_call(self, telephony, agent, ada):
        hear(telephony, *answered_call())
        go_on(telephony)
        call = telephony.call("get_record", agent, kind="call", id="k1")

        done = telephony.call(
            "dispose_call", agent, call_id="k1", version=call["version"], disposition="order",
            note="Two desks, blue",
        )  # fmt: skip

        assert (done["disposition"], done["note"]) == ("order", "Two desks, blue")
        (told,) = telephony.told("telephony.call.disposed.v1")
        assert (told["disposition"], told["customer_id"], told["agent_id"]) == ("order", ada, "s1")
        assert "blue" not in telephony.outbox()[-1].body

    def test_is_refused_while_it_goes_on_for_an_unknown_word_and_to_strangers(
        self, telephony, agent
    ):
        hear(telephony, *answered_call()[:4])
        version = telephony.call("get_record", agent, kind="call", id="k1")["version"]
        asked = {"call_id": "k1", "version": version, "disposition": "order"}

        with pytest.raises(Conflict) as early:
            telephony.call("dispose_call", agent, **asked)
        hear(telephony, answered_call()[4])
        go_on(telephony)
        asked["version"] = telephony.call("get_record", agent, kind="call", id="k1")["version"]
        with pytest.raises(NotFound) as unknown:
            telephony.call("dispose_call", agent, **asked | {"disposition": "lottery"})
        with pytest.raises(Forbidden):
            telephony.call("dispose_call", telephony.person("x", "marketer"), **asked)

        assert early.value.code == "telephony.call.not_over"
        assert unknown.value.code == "telephony.call.unknown_disposition"
        assert telephony.told("telephony.call.disposed.v1") == []


class TestFind:
    @pytest.fixture
    def some(self, telephony):
        hear(telephony, *answered_call("k1"))
        hear(telephony, *abandoned_call("k2", ani="+12025550199"))
        late = datetime(2017, 3, 2, 9, tzinfo=UTC)
        second = ACall("k3", at=late, ani=None).offered().queued("service").rings(SECOND_DEVICE)
        hear(telephony, *second.answered().cleared().told)
        go_on(telephony)
        return telephony

    @pytest.mark.parametrize(
        ("filters", "found"),
        [
            ({"day": "2017-03-01"}, ["k1", "k2"]),
            ({"day": "2017-03-02"}, ["k3"]),
            ({"outcome": "abandoned"}, ["k2"]),
            ({"agent_id": "s2"}, ["k3"]),
            ({"queue": "sales"}, ["k1", "k2"]),
            ({"identity": "one"}, ["k1"]),
            ({"state": "connected"}, []),
        ],
    )
    def test_by_what_people_ask_for(self, some, agent, filters, found):
        page = some.call("find_records", agent, kind="call", filters=filters)

        assert [one["id"] for one in page["items"]] == found

    def test_by_customer_page_by_page(self, some, agent, ada):
        page = some.call("find_records", agent, kind="call", filters={"customer_id": ada})
        first = some.call("find_records", agent, kind="call", limit=2, descending=True)
        second = some.call(
            "find_records", agent, kind="call", limit=2, descending=True, after=first["next"]
        )

        assert [one["id"] for one in page["items"]] == ["k1"]
        days = [one["started_at"][:10] for one in [*first["items"], *second["items"]]]
        assert days == ["2017-03-02", "2017-03-01", "2017-03-01"]
        assert second["next"] is None

    def test_a_rep_sees_the_calls_of_own_customers(self, some, accounts):
        rep = some.person(accounts.owner, "rep")
        stranger = some.person("r9", "rep")

        assert [one["id"] for one in some.call("find_records", rep, kind="call")["items"]] == ["k1"]
        assert some.call("find_records", stranger, kind="call")["items"] == []
        with pytest.raises(NotFound):
            some.call("call_history", stranger, call_id="k1")

    def test_refuses_a_filter_that_makes_no_sense(self, some, agent):
        for filters in ({"day": "yesterday"}, {"direction": "up"}, {"agent_id": 1}, {"x": "y"}):
            with pytest.raises(Invalid):
                some.call("find_records", agent, kind="call", filters=filters)


class TestPopsAreOnlyForAgents:
    def test_colleagues_who_call_each_other_see_nothing(self, telephony):
        call = ACall(direction="internal", ani="1002", dnis="1001").offered().rings()

        hear(telephony, *call.answered().cleared().told)
        go_on(telephony)
        telephony.clock.pass_(seconds=2)
        telephony.fire()

        assert pops(telephony) == []
        assert len(telephony.told("telephony.call.delivered.v1")) == 1
        assert len(telephony.told("telephony.call.ended.v1")) == 1
