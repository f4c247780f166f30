"""Customers who want no calls are promised none, and what warns of a caller pops with him."""

import json

import pytest

from chassis.errors import Conflict, Unavailable
from contracts.standing import CustomerFlagged
from services.telephony.tables import Callback
from tests.support.telephony import ADA, abandoned_call, answered_call, go_on, hear, pops

STOP = {"kind": "do_not_contact", "reason": "customer_asked"}


def flag(accounts, telephony, customer_id, **fields):
    """Raise a flag in accounts, and let telephony hear of it."""
    admin = accounts.person("admin", "admin")
    shown = accounts.call("raise_flag", admin, customer_id=customer_id, **STOP | fields)
    accounts.carry_to(telephony)
    return shown


def outcomes(telephony):
    """Return how the call-backs stand."""
    return [
        (one.state.value, one.outcome and one.outcome.value) for one in telephony.rows(Callback)
    ]


def lost(telephony):
    """Let Ada give up waiting, and find out that it was her."""
    hear(telephony, *abandoned_call())
    go_on(telephony)


class TestDoNotContact:
    @pytest.mark.spec("ACC-36")
    @pytest.mark.parametrize("channel", ["any", "phone"])
    def test_whoever_wants_no_calls_is_promised_none(
        self, telephony, accounts, ada, agent, channel
    ):
        flag(accounts, telephony, ada, channel=channel)

        lost(telephony)
        with pytest.raises(Conflict) as refused:
            telephony.call("request_callback", agent, number=ADA, customer_id=ada)

        assert refused.value.code == "telephony.callback.do_not_contact"
        assert ("open", None) not in outcomes(telephony)
        telephony.clock.pass_(days=1)
        assert telephony.call("callbacks_due", agent)["items"] == []

    def test_what_was_promised_before_is_not_offered_any_more(
        self, telephony, accounts, ada, agent
    ):
        lost(telephony)
        before = outcomes(telephony)

        flag(accounts, telephony, ada)

        assert (before, outcomes(telephony)) == (
            [("open", None)],
            [("closed", "do_not_contact")],
        )
        telephony.clock.pass_(days=1)
        telephony.fire()
        assert telephony.call("callbacks_due", agent)["items"] == []
        assert telephony.told("telephony.callback.due.v1") == []

    def test_nor_once_it_turns_out_whose_call_it_was(self, telephony, accounts, ada, agent):
        flag(accounts, telephony, ada)
        hear(telephony, *abandoned_call("k2", ani="+12025550999"))
        go_on(telephony)
        before = outcomes(telephony)
        version = telephony.call("get_record", agent, kind="call", id="k2")["version"]

        telephony.call("link_call_customer", agent, call_id="k2", version=version, customer_id=ada)

        assert (before, outcomes(telephony)) == (
            [("open", None)],
            [("closed", "do_not_contact")],
        )

    def test_a_stop_of_mail_stops_no_calls(self, telephony, accounts, ada):
        flag(accounts, telephony, ada, channel="mail")

        lost(telephony)

        assert outcomes(telephony) == [("open", None)]

    def test_a_blacklist_alone_stops_no_calls(self, telephony, accounts, ada):
        flag(accounts, telephony, ada, kind="blacklist", reason="abuse")

        lost(telephony)

        assert outcomes(telephony) == [("open", None)]

    def test_a_flag_that_the_copy_has_not_heard_of_waits_for_it(self, telephony, ada):
        told = CustomerFlagged(
            customer_id=ada, version=99, flag_id="f1", kind="do_not_contact", channel="phone",
            reason="customer_asked", effects=("callbacks_stopped",),
        )  # fmt: skip

        with pytest.raises(Unavailable):
            telephony.hear("flags_raised", told)

    def test_once_lifted_he_is_called_back_again(self, telephony, accounts, ada):
        shown = flag(accounts, telephony, ada)
        accounts.call(
            "lift_flag", accounts.person("admin", "admin"), flag_id=shown["id"], version=1,
            reason="customer_asked",
        )  # fmt: skip
        accounts.carry_to(telephony)

        lost(telephony)

        assert outcomes(telephony) == [("open", None)]


class TestPop:
    @pytest.mark.spec("ACC-36")
    def test_shows_what_warns_of_the_caller(self, telephony, accounts, ada):
        flag(accounts, telephony, ada, kind="blacklist", reason="abuse")

        hear(telephony, *answered_call())
        go_on(telephony)

        (pop,) = pops(telephony)
        flags = json.loads(pop["card"]["accounts"]["flags"])
        assert flags["codes"] == ["blacklist"]
        assert [one["reason"] for one in flags["items"]] == ["abuse"]
