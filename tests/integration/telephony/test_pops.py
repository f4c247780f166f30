"""Who calls is known when the phone rings: told once for each ringing, and never late."""

import itertools
import json
import threading

import pytest

from chassis.errors import Unavailable
from chassis.tables import PROCESSES, TIMERS
from services.telephony.domain.calls import Identity
from services.telephony.tables import Call, CallScreen
from services.telephony.usecases import identification
from services.telephony.usecases.identification import Matched
from tests.support.telephony import (
    ADA,
    DEVICE,
    SECOND_DEVICE,
    ACall,
    answered_call,
    go_on,
    go_on_anyway,
    hear,
    pops,
)

AWAY = Unavailable("Nobody answers.")


def patience_ends(room):
    """Let the second pass after which a pop is told as it is."""
    room.clock.pass_(seconds=1.1)
    room.fire()


class TestScreenPop:
    @pytest.mark.spec("TEL-21")
    def test_shows_the_customer_with_the_card_the_moment_the_phone_rings(
        self, telephony, ada, database_kind
    ):
        call = ACall(data={"customer_code": "C-77"}).offered().queued()
        hear(telephony, *call.told)
        go_on(telephony)
        assert pops(telephony) == []

        hear(telephony, call.rings().last)

        (pop,) = pops(telephony)
        assert (pop["agent_id"], pop["device"], pop["outcome"]) == ("s1", DEVICE, "one")
        assert (pop["number"], pop["data"]) == (ADA, {"customer_code": "C-77"})
        assert [one["id"] for one in pop["matches"]] == [ada]
        assert pop["missing"] == ["service_desk"]
        assert set(pop["card"]) == {"accounts", "sales"}
        profile = json.loads(pop["card"]["accounts"]["profile"])
        assert profile["customer"]["name"] == "Ada"
        row = telephony.outbox()[-1]
        assert row.exchange == "telephony.private"

    def test_several_customers_of_one_number_are_all_shown(self, telephony, accounts):
        call = ACall(ani="+12025550170").offered().rings()

        hear(telephony, *call.told)
        go_on(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["card"], pop["missing"]) == ("several", None, [])
        assert {one["id"] for one in pop["matches"]} == {
            accounts.customers["bo"], accounts.customers["cy"],
        }  # fmt: skip
        assert telephony.rows(Call)[0].customer_id is None

    def test_an_unknown_number_is_said_to_be_unknown(self, telephony):
        hear(telephony, *ACall(ani="+12025550999").offered().rings().told)
        go_on(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["matches"], pop["missing"]) == ("none", [], [])

    @pytest.mark.parametrize("ani", [None, "1001", "95588", "anonymous"])
    def test_who_cannot_be_told_by_a_number_is_not_looked_for(self, telephony, neighbours, ani):
        hear(telephony, *ACall(ani=ani).offered().rings().told)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["number"]) == ("none", None)
        assert neighbours.asked == []
        assert telephony.rows(PROCESSES) == []

    def test_a_second_phone_that_rings_pops_again(self, telephony):
        call = ACall().offered().queued().rings().in_vain().rings(SECOND_DEVICE)

        hear(telephony, *call.told)
        go_on(telephony)
        hear(telephony, *call.answered().cleared().told)

        assert [(pop["agent_id"], pop["device"]) for pop in pops(telephony)] == [
            ("s1", DEVICE), ("s2", SECOND_DEVICE),
        ]  # fmt: skip
        assert len(telephony.told("telephony.call.delivered.v1")) == 2

    def test_the_same_phone_that_rings_again_pops_again(self, telephony):
        call = ACall().offered().queued().rings().in_vain().rings()

        hear(telephony, *call.told)
        go_on(telephony)

        assert [pop["device"] for pop in pops(telephony)] == [DEVICE, DEVICE]


class TestRaces:
    def test_the_ringing_is_heard_before_the_call(self, telephony, ada):
        events = ACall().offered().queued().rings().told

        hear(telephony, events[2])
        assert pops(telephony) == []
        go_on(telephony)
        hear(telephony, events[0], events[1])
        go_on(telephony)
        patience_ends(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["matches"][0]["id"]) == ("one", ada)

    @pytest.mark.parametrize("steps", range(4))
    def test_the_answer_comes_between_any_two_events_in_any_order(self, telephony, steps, ada):
        events = ACall().offered().queued().rings().told
        for number, order in enumerate(itertools.permutations(range(3))):
            id_ = f"k{number}"
            told = [answered_call(id_)[place] for place in order]

            hear(telephony, *told[:steps])
            go_on(telephony)
            hear(telephony, *told[steps:])
            go_on(telephony)
            patience_ends(telephony)

            mine = [pop for pop in pops(telephony) if pop["call_id"] == id_]
            assert [(pop["outcome"], pop["missing"]) for pop in mine] == [("one", ["service_desk"])]
        assert len(events) == 3

    def test_rings_while_accounts_is_away_and_is_told_unknown_in_time(
        self, telephony, neighbours, ada
    ):
        neighbours.away["accounts"] = AWAY
        hear(telephony, *ACall().offered().rings().told)
        go_on(telephony)
        telephony.clock.pass_(seconds=0.9)
        telephony.fire()
        assert pops(telephony) == []

        patience_ends(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["matches"], pop["card"]) == ("unavailable", [], None)
        neighbours.away.clear()
        go_on_anyway(telephony)
        assert len(pops(telephony)) == 1, "an answer that comes late pops nothing"
        assert telephony.rows(Call)[0].customer_id == ada, "but the call knows its customer"

    def test_a_card_that_takes_too_long_is_not_waited_for(self, telephony, ada, neighbours):
        hear(telephony, *ACall().offered().rings().told)
        with telephony.work() as work:
            match = [{"id": ada, "number": "C-1", "name": "Ada"}]
            identification.note_match(work, "k1", Matched(Identity.ONE, match))
        assert pops(telephony) == [], "the card is still on its way"

        patience_ends(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["card"]) == ("one", None)
        assert pop["missing"] == ["accounts", "sales", "service_desk"]
        go_on(telephony)
        assert len(pops(telephony)) == 1

    def test_each_department_that_is_away_costs_only_its_own_section(self, telephony, neighbours):
        neighbours.away["sales"] = AWAY

        hear(telephony, *ACall().offered().rings().told)
        go_on(telephony)

        (pop,) = pops(telephony)
        assert (set(pop["card"]), pop["missing"]) == ({"accounts"}, ["sales", "service_desk"])

    def test_the_timer_and_the_answer_at_once_tell_one_pop(self, telephony, ada):
        hear(telephony, *ACall().offered().rings().told)
        telephony.clock.pass_(seconds=1.1)
        both = threading.Barrier(2)

        def late():
            both.wait()
            telephony.fire()

        racing = threading.Thread(target=late)
        racing.start()
        both.wait()
        go_on(telephony)
        racing.join()
        telephony.fire()

        assert len(pops(telephony)) == 1
        assert telephony.rows(Call)[0].customer_id == ada

    def test_a_call_that_is_over_before_anybody_knew_who_it_was_still_pops_once(self, telephony):
        hear(telephony, *answered_call())
        go_on(telephony)
        patience_ends(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["missing"]) == ("one", ["service_desk"])

    def test_whom_we_call_may_be_told_after_our_own_phone_rings(self, telephony, ada):
        first = ACall(direction="outbound", ani="8001", dnis=None).offered().rings()
        hear(telephony, *first.told)
        assert pops(telephony) == []

        first.dnis = ADA
        first._tell(type(first.told[0]), state="alerting", dnis=ADA)
        hear(telephony, first.last)
        go_on(telephony)

        (pop,) = pops(telephony)
        assert (pop["outcome"], pop["matches"][0]["id"]) == ("one", ada)

    def test_leaves_no_timer_and_no_card_behind(self, telephony):
        hear(telephony, *answered_call())
        go_on(telephony)

        assert telephony.rows(TIMERS) == []
        assert telephony.rows(CallScreen) == []
        (process,) = telephony.rows(PROCESSES)
        assert process.status == "done"
        assert "5550143" not in process.data
