"""Who is promised a call-back and calls again before: what closes the promise, and what does not."""

import itertools
from datetime import timedelta

from chassis.errors import Unavailable
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

DUE, CLOSED = "telephony.callback.due.v1", "telephony.callback.closed.v1"
LATER = NINE + timedelta(minutes=7)


def lost(room, *calls):
    """Let callers give up waiting, and find out who they are."""
    for call in calls or [abandoned_call()]:
        hear(room, *call)
    go_on(room)


class TestCallingAgain:
    def test_and_being_answered_closes_it(self, telephony):
        lost(telephony)

        hear(telephony, *answered_call("k2", at=LATER)[:4])

        (closed,) = telephony.told(CLOSED)
        assert (closed["outcome"], closed["call_id"]) == ("called_again", "k2")
        telephony.clock.pass_(hours=5)
        telephony.fire()
        assert telephony.told(DUE) == []

    def test_from_another_number_of_the_same_customer_closes_it(self, telephony, accounts, ada):
        admin = accounts.person("admin", "admin")
        accounts.call(
            "register_contact", admin, customer_id=ada, name="Ada at home", phone="+12025550177"
        )
        lost(telephony)

        hear(telephony, *answered_call("k2", at=LATER, ani="+12025550177")[:4])
        assert telephony.told(CLOSED) == []
        go_on(telephony)

        assert [told["outcome"] for told in telephony.told(CLOSED)] == ["called_again"]

    def test_without_being_answered_leaves_it(self, telephony):
        lost(telephony)
        lost(telephony, ACall("k2", at=LATER).offered().queued().rings().cleared("timed_out").told)

        assert telephony.told(CLOSED) == []

    def test_comes_to_the_same_in_whatever_order_the_two_calls_are_heard(self, telephony):
        for number, first in enumerate(itertools.product((0, 1), repeat=2)):
            ani = f"+120255501{number:02d}"
            one = abandoned_call(f"a{number}", ani=ani)
            two = answered_call(f"b{number}", ani=ani, at=LATER)
            pair = [two, one] if first[0] else [one, two]
            for call in pair:
                hear(telephony, *(reversed(call) if first[1] else call))
            go_on(telephony)

        states = {row.state.value for row in telephony.rows(Callback)}
        assert "open" not in states

    def test_a_call_that_was_answered_before_does_not_count(self, telephony):
        hear(telephony, *answered_call("k0", at=NINE - timedelta(hours=1)))
        lost(telephony)

        (one,) = telephony.rows(Callback)
        assert one.state.value == "open"

    def test_one_of_yesterday_that_turns_out_to_be_the_customers_does_not_count(
        self, telephony, agent, ada
    ):
        hear(telephony, *answered_call("k0", at=NINE - timedelta(days=1), ani="+12025550999"))
        lost(telephony)
        version = telephony.call("get_record", agent, kind="call", id="k0")["version"]

        telephony.call("link_call_customer", agent, call_id="k0", version=version, customer_id=ada)

        (one,) = telephony.rows(Callback)
        assert (one.customer_id, one.state.value) == (ada, "open")

    def test_one_of_before_that_is_heard_late_does_not_count(self, telephony):
        lost(telephony, abandoned_call(at=LATER))

        hear(telephony, *answered_call("k0", at=NINE))

        (one,) = telephony.rows(Callback)
        assert one.state.value == "open"

    def test_one_between_two_lost_ones_does_not_count(self, telephony):
        lost(telephony, abandoned_call("k1"), abandoned_call("k3", at=LATER))

        hear(telephony, *answered_call("k2", at=NINE + timedelta(minutes=3)))

        (one,) = telephony.rows(Callback)
        assert (one.attempts, one.state.value) == (2, "open")

    def test_the_one_in_which_it_was_asked_for_does_not_count(
        self, telephony, agent, neighbours, ada
    ):
        neighbours.away["accounts"] = Unavailable("accounts does not answer.")
        hear(telephony, *answered_call()[:4])
        go_on(telephony)
        telephony.clock.pass_(seconds=5)
        telephony.call("request_callback", agent, number=ADA, customer_id=ada)

        neighbours.away.clear()
        go_on_anyway(telephony)

        (one,) = telephony.rows(Callback)
        assert one.state.value == "open"

    def test_after_it_was_asked_for_closes_it(self, telephony, agent):
        telephony.call("request_callback", agent, number=ADA)
        telephony.clock.pass_(minutes=5)

        hear(telephony, *answered_call()[:4])

        assert [told["outcome"] for told in telephony.told(CLOSED)] == ["called_again"]
