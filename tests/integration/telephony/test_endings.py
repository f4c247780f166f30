"""The end of a call: told once, with its customer; told again when that was somebody else."""

import pytest

from chassis.errors import Forbidden, NotFound, Unavailable
from contracts.accounts import CustomerOwnerChanged
from contracts.telephony import CallCorrected, CallEnded
from services.telephony.domain.calls import Identity
from services.telephony.tables import Call
from tests.support.telephony import (
    ADA,
    ACall,
    answered_call,
    go_on,
    go_on_anyway,
    hear,
    know_customer,
)

ENDED, CORRECTED = "telephony.call.ended.v1", "telephony.call.corrected.v1"
AWAY = Unavailable("accounts does not answer.")


def link(room, token, customer_id, call_id="k1"):
    """Say whose call it is."""
    version = room.call("get_record", token, kind="call", id=call_id)["version"]
    return room.call(
        "link_call_customer", token, call_id=call_id, version=version, customer_id=customer_id
    )


class TestTheEnd:
    def test_waits_for_accounts_and_is_told_with_the_customer(self, telephony, neighbours, ada):
        neighbours.away["accounts"] = AWAY
        hear(telephony, *answered_call())
        go_on(telephony)
        telephony.clock.pass_(minutes=4)
        telephony.fire()
        assert telephony.told(ENDED) == []

        neighbours.away.clear()
        go_on_anyway(telephony)
        telephony.clock.pass_(minutes=10)
        telephony.fire()

        assert [told["customer_id"] for told in telephony.told(ENDED)] == [ada]
        assert telephony.told(CORRECTED) == []

    def test_waits_no_longer_than_five_minutes_and_is_corrected_after(
        self, telephony, neighbours, ada, accounts
    ):
        neighbours.away["accounts"] = AWAY
        hear(telephony, *answered_call())
        go_on(telephony)

        telephony.clock.pass_(minutes=5, seconds=1)
        telephony.fire()

        (ended,) = telephony.told(ENDED)
        assert ended["customer_id"] is None
        assert telephony.rows(Call)[0].identity is Identity.UNAVAILABLE
        neighbours.away.clear()
        go_on_anyway(telephony)
        assert len(telephony.told(ENDED)) == 1
        (corrected,) = telephony.told(CORRECTED)
        assert (corrected["customer_id"], corrected["previous_customer_id"]) == (ada, None)
        assert corrected["version"] > ended["version"]
        assert corrected["owner_id"] == accounts.owner
        outcomes = [told["outcome"] for told in telephony.told("telephony.call.identified.v1")]
        assert outcomes == ["unavailable", "one"]

    def test_of_a_stranger_is_told_at_once(self, telephony):
        hear(telephony, *ACall(ani=None).offered().queued().rings().answered().cleared().told)

        (ended,) = telephony.told(ENDED)
        assert ended["customer_id"] is None

    def test_a_correction_says_all_that_the_end_said(self):
        names = CallCorrected.__dataclass_fields__

        assert set(names) == {*CallEnded.__dataclass_fields__, "previous_customer_id"}


class TestLinkCallCustomer:
    def test_before_the_end_it_is_that_customers_call_whatever_accounts_says(
        self, telephony, agent, accounts
    ):
        bo = accounts.customers["bo"]
        hear(telephony, *answered_call()[:4])
        linked = link(telephony, agent, bo)
        go_on(telephony)

        hear(telephony, answered_call()[4])

        assert (linked["customer_id"], linked["identity"], linked["is_linked"]) == (bo, "one", True)
        assert [told["customer_id"] for told in telephony.told(ENDED)] == [bo]
        assert telephony.told(CORRECTED) == []

    def test_after_the_end_it_is_told_again(self, telephony, agent, ada, accounts):
        bo = accounts.customers["bo"]
        hear(telephony, *answered_call())
        go_on(telephony)

        link(telephony, agent, bo)

        (ended,) = telephony.told(ENDED)
        (corrected,) = telephony.told(CORRECTED)
        assert (ended["customer_id"], corrected["customer_id"]) == (ada, bo)
        assert corrected["previous_customer_id"] == ada
        assert (corrected["talk_seconds"], corrected["outcome"]) == (60.0, "answered")

    def test_of_the_same_customer_tells_nothing_new(self, telephony, agent, ada):
        hear(telephony, *answered_call())
        go_on(telephony)

        link(telephony, agent, ada)

        assert telephony.told(CORRECTED) == []
        assert len(telephony.told("telephony.call.identified.v1")) == 1

    def test_is_refused_for_a_customer_nobody_knows_and_for_somebody_elses(
        self, telephony, agent, accounts
    ):
        hear(telephony, *answered_call(ani=None))
        know_customer(telephony, "c9", owner_id="r9", team_id="t9", territory_id="east")
        before = telephony.rows(Call)

        with pytest.raises(NotFound) as unknown:
            link(telephony, agent, "nobody")
        hear(telephony, *answered_call("k2"))
        go_on(telephony)
        supervisor = telephony.person(accounts.owner, "supervisor")
        with pytest.raises(Forbidden) as foreign:
            link(telephony, supervisor, "c9", "k2")

        assert unknown.value.code == "telephony.customer.not_found"
        assert foreign.value.code == "telephony.customer.not_yours"
        assert [row for row in telephony.rows(Call) if row.id == "k1"] == before
        assert telephony.told(CORRECTED) == []


class TestFollowOwner:
    def test_calls_and_callbacks_go_with_their_customer(self, telephony, ada):
        hear(telephony, *ACall().offered().queued().cleared("abandoned").told)
        go_on(telephony)
        changed = CustomerOwnerChanged(
            customer_id=ada, version=7, previous_owner_id=None, owner_id="r7", team_id="t7",
            territory_id="east", reason="manual",
        )  # fmt: skip

        with pytest.raises(Unavailable):
            telephony.hear("owner_changes", changed)
        know_customer(
            telephony, ada, sequence=7, version=7, owner_id="r7", team_id="t7", territory_id="east"
        )
        telephony.hear("owner_changes", changed)

        rep = telephony.person("r7", "rep", team="t7", territories=("east",))
        for kind in ("call", "callback"):
            (mine,) = telephony.call("find_records", rep, kind=kind)["items"]
            assert (mine["owner_id"], mine["number"]) == ("r7", ADA)
