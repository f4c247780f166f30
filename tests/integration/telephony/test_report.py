"""A day of calls and a customer's card: what people read."""

from datetime import UTC, datetime, timedelta

import pytest

from chassis.errors import Forbidden, Invalid
from contracts.cti import LinkLost, LinkRestored
from services.telephony.tables import PbxLink
from tests.support.telephony import ACall, abandoned_call, answered_call, go_on, hear

NINE = datetime(2017, 3, 1, 9, 2, tzinfo=UTC)
PARTS = ("answered", "abandoned", "timed_out", "refused", "otherwise", "waiting")


@pytest.fixture
def day(telephony):
    """Telephony after a day of nine calls, of which seven joined a queue."""
    quarter = timedelta(minutes=15)
    slow = ACall("slow", at=NINE + quarter).offered().queued().rings().answered(seconds=30)
    calls = [
        answered_call("quick"),
        slow.cleared().told,
        abandoned_call("at_once", seconds=3, ani="+12025550101"),
        abandoned_call("soon", seconds=12, ani="+12025550102"),
        abandoned_call("late", seconds=90, ani="+12025550103", at=NINE + quarter),
        ACall("vain", ani=None).offered().queued().rings().cleared("timed_out").told,
        ACall("now", ani=None).offered().queued().told,
        ACall("direct", ani=None).offered().rings().answered().cleared().told,
        answered_call("tomorrow", at=NINE + timedelta(days=1)),
        ACall("out", direction="outbound").offered().rings().answered().cleared().told,
    ]
    for call in calls:
        hear(telephony, *call)
    go_on(telephony)
    return telephony


class TestDayReport:
    @pytest.mark.spec("TEL-44")
    def test_adds_up_by_quarter_of_an_hour(self, day, agent):
        found = day.call("day_report", agent, day="2017-03-01")

        first, second = found["quarters"]
        assert (first["quarter"], second["quarter"]) == (
            "2017-03-01T09:00:00.000000Z", "2017-03-01T09:15:00.000000Z",
        )  # fmt: skip
        assert (first["arrived"], first["direct"], first["offered"]) == (6, 1, 5)
        assert (first["answered"], first["abandoned"], first["abandoned_short"]) == (1, 2, 1)
        assert (first["timed_out"], first["waiting"]) == (1, 1)
        assert (second["offered"], second["answered"], second["answered_in_time"]) == (2, 1, 0)
        for sums in (first, second, found["totals"]):
            assert sums["arrived"] == sums["direct"] + sums["offered"]
            assert sums["offered"] == sum(sums[part] for part in PARTS)

    def test_says_the_service_level_and_of_what(self, day, agent):
        totals = day.call("day_report", agent, day="2017-03-01")["totals"]

        assert (totals["offered"], totals["answered"], totals["answered_in_time"]) == (7, 2, 1)
        assert totals["service_level"] == 16.7  # 1 of 7 less the one who hung up at once
        assert totals["service_level_of_answered"] == 50.0
        assert totals["service_level_of_offered"] == 14.3
        assert totals["service_level_with_abandoned"] == 42.9  # 1 + 2 of 7
        assert totals["abandoned_percent"] == 33.3  # 2 of 6
        assert totals["average_speed_of_answer"] == 17.5  # 4.5 and 30.5 seconds
        assert totals["longest_wait"] == 90.0
        assert (totals["answered_wait_ms"], totals["talk_ms"]) == (35_000, 120_000)

    def test_counts_who_was_sent_to_a_queue_and_gave_up_there_as_abandoned(self, telephony, agent):
        call = ACall().offered().rings().answered().queued(seconds=8)
        hear(telephony, *call.cleared("abandoned", seconds=60).told)
        go_on(telephony)

        totals = telephony.call("day_report", agent, day="2017-03-01")["totals"]

        assert (totals["offered"], totals["answered"], totals["abandoned"]) == (1, 0, 1)

    def test_a_day_is_where_the_asker_says(self, day, agent):
        pacific = day.call("day_report", agent, day="2017-02-28", zone="America/Los_Angeles")
        chinese = day.call("day_report", agent, day="2017-03-02", zone="Asia/Shanghai")

        assert pacific["totals"]["arrived"] == 0
        assert (
            day.call("day_report", agent, day="2017-03-01", zone="America/Los_Angeles")["totals"][
                "arrived"
            ]
            == 8
        )
        assert chinese["totals"]["arrived"] == 1

    def test_of_one_queue_or_of_an_empty_day(self, day, agent):
        none = day.call("day_report", agent, day="2017-03-01", queue="service")["totals"]
        empty = day.call("day_report", agent, day="2016-03-01")

        assert (none["offered"], none["service_level"]) == (0, None)
        assert empty["quarters"] == []
        assert set(empty["totals"].values()) == {0, None}

    def test_shows_everybody_only_what_they_see(self, day, accounts):
        rep = day.person(accounts.owner, "rep")

        totals = day.call("day_report", rep, day="2017-03-01")["totals"]

        assert (totals["offered"], totals["answered"]) == (2, 2)

    def test_refuses_no_day_and_no_place(self, day, agent):
        for wrong in ({}, {"day": "today"}, {"day": "2017-03-01", "zone": "Mars/Olympus"}):
            with pytest.raises(Invalid):
                day.call("day_report", agent, **wrong)
        with pytest.raises(Forbidden):
            day.call("day_report", day.person("x", "marketer"), day="2017-03-01")


class TestCustomerCard:
    def test_shows_calls_and_open_callbacks_with_their_instant(self, telephony, agent, ada):
        later = NINE + timedelta(hours=1)
        hear(telephony, *answered_call("k1"), *abandoned_call("k2", at=later))
        go_on(telephony)

        card = telephony.call("customer_card", agent, customer_id=ada)

        assert (card["customer_id"], card["service"]) == (ada, "telephony")
        assert [one["id"] for one in card["calls"]["items"]] == ["k2", "k1"]
        assert [one["call_id"] for one in card["callbacks"]["items"]] == ["k2"]
        assert card["calls"]["as_of"] == card["callbacks"]["as_of"] == "2017-03-01T09:00:00.000000Z"

    def test_shows_callbacks_that_came_to_an_end_apart(self, telephony, agent, ada):
        hear(telephony, *abandoned_call("k1"))
        go_on(telephony)
        hear(telephony, *answered_call("k2", at=NINE + timedelta(hours=1)))
        go_on(telephony)

        callbacks = telephony.call("customer_card", agent, customer_id=ada)["callbacks"]

        assert callbacks["items"] == []
        assert [(one["call_id"], one["outcome"]) for one in callbacks["closed"]] == [
            ("k1", "called_again")
        ]

    def test_says_which_sections_are_not_for_the_caller(self, telephony, ada):
        card = telephony.call("customer_card", telephony.person("m", "marketer"), customer_id=ada)

        assert (card["calls"]["permitted"], card["calls"]["items"]) == (False, [])


class TestLinks:
    def test_stand_as_the_bridge_told_last_whatever_came_first(self, telephony, agent):
        lost = LinkLost(pbx="pbx1", boot_id="b1", at=NINE, open_calls=3)
        back = LinkRestored(
            pbx="pbx1", boot_id="b2", at=NINE + timedelta(seconds=9), gap_from=NINE,
            gap_to=NINE + timedelta(seconds=9), restarted=True, closed_calls=3,
        )  # fmt: skip

        telephony.hear("links_told", back)
        telephony.hear("links_told", lost)

        (link,) = telephony.call("find_records", agent, kind="pbx_link")["items"]
        assert (link["is_up"], link["restarted"], link["closed_calls"]) == (True, True, 3)
        again = LinkLost(pbx="pbx1", boot_id="b2", at=NINE + timedelta(minutes=1), open_calls=1)
        telephony.hear("links_told", again)
        assert [(row.is_up, row.open_calls) for row in telephony.rows(PbxLink)] == [(False, 1)]


class TestWords:
    def test_the_house_begins_with_dispositions_and_may_add_its_own(self, telephony):
        admin = telephony.person("admin", "admin")
        fields = {"key": "lunch", "label": "Was at lunch", "place": 200}

        telephony.call("create_record", admin, kind="disposition", values=fields)

        found = telephony.call("find_records", admin, kind="disposition")["items"]
        assert [one["key"] for one in found][:2] == ["resolved", "order"]
        assert found[-1]["key"] == "lunch"
        (told,) = telephony.told("telephony.record.changed.v1")[2:]
        assert (told["kind"], told["fields"]["key"]) == ("disposition", '"lunch"')

    def test_a_number_of_ours_names_the_queue_that_a_lost_call_was_for(self, telephony):
        admin = telephony.person("admin", "admin")
        values = {"dnis": "8009", "purpose": "Complaints", "queue": "complaints"}
        telephony.call("create_record", admin, kind="dialled_number", values=values)

        hear(telephony, *ACall(dnis="8009").offered().cleared("abandoned").told)
        go_on(telephony)

        (told,) = telephony.told("telephony.callback.requested.v1")
        assert told["queue"] == "complaints"
