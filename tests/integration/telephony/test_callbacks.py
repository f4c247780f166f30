"""Who gave up waiting is called back: promised once, said again, closed when it is done."""

from datetime import timedelta

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable
from services.telephony.domain.callbacks import MAX_REMINDERS
from services.telephony.tables import Callback
from tests.support.telephony import (
    ADA,
    NINE,
    ACall,
    abandoned_call,
    answered_call,
    go_on,
    go_on_anyway,
    hear,
)

REQUESTED, DUE = "telephony.callback.requested.v1", "telephony.callback.due.v1"
CLOSED = "telephony.callback.closed.v1"
LATER = NINE + timedelta(minutes=7)


def lost(room, *calls):
    """Let callers give up waiting, and find out who they are."""
    for call in calls or [abandoned_call()]:
        hear(room, *call)
    go_on(room)


class TestAnAbandonedCall:
    @pytest.mark.spec("TEL-43")
    def test_becomes_a_call_back_within_a_quarter_of_an_hour(self, telephony, agent, ada):
        lost(telephony)

        (told,) = telephony.told(REQUESTED)
        due = telephony.clock.instant + timedelta(minutes=15)
        assert (told["customer_id"], told["call_id"], told["reason"]) == (ada, "k1", "abandoned")
        assert told["due"] == due.isoformat().replace("+00:00", ".000000Z")
        assert told["queue"] == "sales"
        assert telephony.call("callbacks_due", agent)["items"] == []
        telephony.clock.pass_(minutes=16)
        (one,) = telephony.call("callbacks_due", agent)["items"]
        assert (one["number"], one["state"], one["attempts"]) == (ADA, "open", 1)

    def test_is_said_again_ever_more_rarely_until_it_is_given_up(self, telephony):
        lost(telephony)
        pauses = []
        before = telephony.clock.instant
        while not telephony.told(CLOSED):
            count = len(telephony.told(DUE))
            telephony.clock.pass_(minutes=5)
            telephony.fire()
            if len(telephony.told(DUE)) > count:
                pauses.append((telephony.clock.instant - before) / timedelta(minutes=1))
                before = telephony.clock.instant

        assert pauses == [15, 15, 30, 60, 120, 240, 240, 240]
        assert [told["reminders"] for told in telephony.told(DUE)] == list(
            range(1, MAX_REMINDERS + 1)
        )
        assert [told["outcome"] for told in telephony.told(CLOSED)] == ["given_up"]
        telephony.clock.pass_(days=3)
        telephony.fire()
        assert len(telephony.told(DUE)) == MAX_REMINDERS

    def test_a_second_one_of_the_same_number_adds_to_the_first(self, telephony):
        lost(telephony)
        lost(telephony, abandoned_call("k2", at=LATER))

        (one,) = telephony.rows(Callback)
        assert (one.call_id, one.attempts) == ("k1", 2)
        assert len(telephony.told(REQUESTED)) == 1

    def test_of_one_who_had_talked_and_was_sent_to_a_queue_is_owed_too(self, telephony):
        call = ACall().offered().rings().answered().queued(seconds=8)

        lost(telephony, call.cleared("abandoned", seconds=60).told)

        (one,) = telephony.rows(Callback)
        assert (one.call_id, one.state.value) == ("k1", "open")

    def test_a_number_that_cannot_be_called_is_owed_nothing(self, telephony):
        lost(telephony, abandoned_call(ani=None), abandoned_call("k2", ani="1001"))

        assert telephony.rows(Callback) == []

    @pytest.mark.parametrize("outcome", ["timed_out", "answered", "cancelled", "busy"])
    def test_other_ends_are_owed_nothing(self, telephony, outcome):
        lost(telephony, ACall().offered().queued().cleared(outcome).told)

        assert telephony.rows(Callback) == []

    def test_is_promised_although_accounts_is_away(self, telephony, neighbours, ada):
        neighbours.away["accounts"] = Unavailable("accounts does not answer.")
        lost(telephony)
        telephony.clock.pass_(minutes=6)
        telephony.fire()
        (one,) = telephony.rows(Callback)
        assert (one.customer_id, one.number) == (None, ADA)

        neighbours.away.clear()
        go_on_anyway(telephony)

        (one,) = telephony.rows(Callback)
        assert one.customer_id == ada


class TestCommands:
    def test_somebody_asks_to_be_called_back(self, telephony, agent, ada):
        hear(telephony, *answered_call())
        go_on(telephony)
        due = telephony.clock.instant + timedelta(hours=2)

        asked = telephony.call(
            "request_callback", agent, call_id="k1", due=due.isoformat(), note="after lunch"
        )

        assert (asked["reason"], asked["number"], asked["customer_id"]) == ("asked", ADA, ada)
        (told,) = telephony.told(REQUESTED)
        assert told["reason"] == "asked"
        assert all("lunch" not in row.body for row in telephony.outbox())
        telephony.clock.pass_(hours=2, minutes=1)
        telephony.fire()
        assert len(telephony.told(DUE)) == 1

    def test_is_put_off_and_done(self, telephony, agent):
        lost(telephony)
        telephony.clock.pass_(minutes=16)
        telephony.fire()
        (one,) = telephony.call("callbacks_due", agent)["items"]
        named = {"callback_id": one["id"], "version": one["version"]}
        due = (telephony.clock.instant + timedelta(days=1)).isoformat()

        put_off = telephony.call("reschedule_callback", agent, **named, due=due)
        assert telephony.call("callbacks_due", agent)["items"] == []
        telephony.clock.pass_(days=1, minutes=1)
        telephony.fire()
        (again,) = telephony.call("callbacks_due", agent)["items"]
        done = telephony.call(
            "close_callback", agent, callback_id=one["id"], version=again["version"], note="reached"
        )

        assert (put_off["reminders"], again["reminders"]) == (0, 1)
        assert (done["state"], done["outcome"], done["note"]) == ("closed", "done", "reached")
        assert [told["outcome"] for told in telephony.told(CLOSED)] == ["done"]
        with pytest.raises(Conflict) as over:
            telephony.call("close_callback", agent, callback_id=one["id"], version=done["version"])
        assert over.value.code == "telephony.callback.closed"

    def test_what_was_closed_may_be_promised_anew(self, telephony, agent):
        first = telephony.call("request_callback", agent, number=ADA)
        telephony.call(
            "close_callback", agent, callback_id=first["id"], version=first["version"],
            outcome="given_up",
        )  # fmt: skip

        second = telephony.call("request_callback", agent, number=ADA)

        assert second["id"] != first["id"]

    @pytest.mark.parametrize(
        ("asked", "error", "code"),
        [
            ({}, Invalid, "telephony.callback.no_number"),
            ({"number": "12345"}, Invalid, "invalid.fields"),
            ({"number": ADA, "due": "2017-02-01T00:00:00Z"}, Invalid, "telephony.callback.due"),
            ({"number": ADA, "due": "2099-02-01T00:00:00Z"}, Invalid, "telephony.callback.due"),
            ({"number": ADA, "customer_id": "x"}, NotFound, "telephony.customer.not_found"),
            ({"call_id": "x"}, NotFound, "telephony.call.not_found"),
            ({"number": ADA, "mood": "bad"}, Invalid, "invalid.fields"),
        ],
    )
    def test_refuses_what_cannot_be_promised(self, telephony, agent, asked, error, code):
        with pytest.raises(error) as refused:
            telephony.call("request_callback", agent, **asked)

        assert refused.value.code == code
        assert telephony.rows(Callback) == []

    def test_refuses_a_second_one_for_the_same_and_names_the_first(self, telephony, agent, ada):
        first = telephony.call("request_callback", agent, number=ADA, customer_id=ada)

        for again in ({"number": ADA}, {"number": "+12025550188", "customer_id": ada}):
            with pytest.raises(Conflict) as taken:
                telephony.call("request_callback", agent, **again)
            assert taken.value.detail["callback_id"] == first["id"]
        assert len(telephony.rows(Callback)) == 1

    def test_is_not_for_everybody(self, telephony):
        with pytest.raises(Forbidden):
            telephony.call("request_callback", telephony.person("x", "rep"), number=ADA)
        with pytest.raises(Forbidden):
            telephony.call("callbacks_due", telephony.person("x", "marketer"))
        with pytest.raises(Invalid):
            telephony.call("callbacks_due", telephony.person("x", "agent"), limit=0)

    def test_two_promises_of_one_customer_become_one_when_that_is_known(
        self, telephony, agent, ada, accounts
    ):
        lost(telephony, abandoned_call("k1"), abandoned_call("k2", ani="+12025550999"))
        assert len(telephony.told(REQUESTED)) == 2
        version = telephony.call("get_record", agent, kind="call", id="k2")["version"]

        telephony.call("link_call_customer", agent, call_id="k2", version=version, customer_id=ada)

        assert [told["outcome"] for told in telephony.told(CLOSED)] == ["merged"]
        (still_open,) = [row for row in telephony.rows(Callback) if row.state.value == "open"]
        assert (still_open.call_id, still_open.attempts) == ("k1", 2)
