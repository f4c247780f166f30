"""The funnel, a day of calls, satisfaction and campaigns, counted from events."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from chassis.errors import Invalid
from contracts import marketing, sales
from tests.support.analytics import NOW
from tests.support.reports import JUNE, MORNING, a_call, answered, responded, settled


def a_lead(lead_id: str, source: str = "web") -> sales.LeadCreated:
    return sales.LeadCreated(lead_id=lead_id, version=1, source=source, status="new")


def qualified(lead_id: str) -> sales.LeadQualified:
    return sales.LeadQualified(lead_id=lead_id, version=2, owner_id="r1")


def converted(lead_id: str, seconds: int = 60) -> sales.LeadConverted:
    return sales.LeadConverted(
        lead_id=lead_id, version=3, customer_id=f"c-{lead_id}", contact_id=None,
        opportunity_id=f"o-{lead_id}", customer_created=True, seconds_to_convert=seconds,
    )  # fmt: skip


def won(lead_id: str) -> sales.OpportunityWon:
    return sales.OpportunityWon(
        opportunity_id=f"o-{lead_id}", version=2, customer_id=f"c-{lead_id}", amount_minor=100,
        currency="USD", seconds_open=10,
    )  # fmt: skip


class TestFunnel:
    def test_counts_how_far_the_leads_of_a_period_came(self, warehouse):
        warehouse.tell(
            *map(a_lead, "abcd"), a_lead("e", "fair"), *map(qualified, "abce"),
            converted("a", 100), converted("b", 300), converted("e", 200), won("a"),
            sales.LeadDisqualified(lead_id="d", version=2, reason="no_budget"),
            at=MORNING,
        )  # fmt: skip
        warehouse.tell(won("zzz"), won("a"), at=MORNING)
        warehouse.tell(a_lead("later"), at=NOW)

        answer = warehouse.ask("funnel", as_of=NOW, **JUNE)

        assert [(one["step"], one["leads"], one["rate"]) for one in answer["steps"]] == [
            ("created", 5, "1.0000"),
            ("qualified", 4, "0.8000"),
            ("converted", 3, "0.7500"),
            ("won", 1, "0.3333"),
        ]
        assert answer["steps"][3]["rate_of_all"] == "0.2000"
        assert (answer["disqualified"], answer["seconds_to_convert"]) == (1, 200)
        assert [(one["source"], one["steps"][0]["leads"]) for one in answer["by_source"]] == [
            ("web", 4), ("fair", 1),
        ]  # fmt: skip

    def test_knows_only_what_was_told_by_then(self, warehouse):
        warehouse.tell(a_lead("a"), at=MORNING)
        warehouse.tell(converted("a"), won("a"), at=MORNING + timedelta(days=2))

        answer = warehouse.ask("funnel", as_of=MORNING + timedelta(days=1), **JUNE)

        assert [one["leads"] for one in answer["steps"]] == [1, 0, 0, 0]

    def test_of_one_source(self, warehouse):
        warehouse.tell(a_lead("a"), a_lead("b", "fair"), at=MORNING)

        answer = warehouse.ask("funnel", as_of=NOW, source="fair", **JUNE)

        assert answer["steps"][0]["leads"] == 1


class TestCalls:
    def test_counts_a_day_in_quarters_of_an_hour(self, warehouse):
        quarter = timedelta(minutes=15)
        warehouse.tell(
            a_call("1", MORNING, wait_seconds=10.0, talk_seconds=60.0, customer_id="c1"),
            a_call("2", MORNING + quarter - timedelta(seconds=1), wait_seconds=40.0),
            a_call("3", MORNING + quarter, "abandoned", wait_seconds=31.0, customer_id="c1"),
            a_call("4", MORNING + quarter, "busy"),
            a_call("5", MORNING, direction="outbound"),
            a_call("6", MORNING + timedelta(days=1)),
            a_call("7", MORNING - timedelta(hours=9, seconds=1)),
        )

        answer = warehouse.ask("calls", as_of=NOW, day="2017-06-01")

        assert len(answer["buckets"]) == 96
        busy = [bucket for bucket in answer["buckets"] if bucket["offered"]]
        assert [bucket["from"][11:16] for bucket in busy] == ["09:00", "09:15"]
        shown = ("offered", "answered", "abandoned", "other", "service_level")
        assert [[bucket[name] for name in shown] for bucket in busy] == [
            [2, 2, 0, 0, "0.5000"], [2, 0, 1, 1, "0.0000"],
        ]  # fmt: skip
        total = answer["total"]
        assert [total[name] for name in shown] == [4, 2, 1, 1, "0.2500"]
        assert (total["average_wait_seconds"], total["longest_wait_seconds"]) == (27.0, 40.0)
        assert (total["customers"], total["talk_seconds"]) == (1, 60.0)

    def test_a_day_is_one_of_its_zone_even_where_clocks_change(self, warehouse):
        warehouse.tell(a_call("1", datetime(2017, 3, 26, 21, 59, tzinfo=UTC)))

        answer = warehouse.ask("calls", as_of=NOW, day="2017-03-26", zone="Europe/Berlin")

        assert len(answer["buckets"]) == 92
        assert answer["buckets"][-1]["offered"] == 1
        assert answer["buckets"][0]["from"] == "2017-03-25T23:00:00.000000Z"

    def test_of_one_queue(self, warehouse):
        warehouse.tell(a_call("1", MORNING), a_call("2", MORNING, queue="sales"))

        answer = warehouse.ask("calls", as_of=NOW, day="2017-06-01", queue="sales")

        assert answer["total"]["offered"] == 1
        with pytest.raises(Invalid, match="zone"):
            warehouse.ask("calls", day="2017-06-01", zone="Atlantis/Centre")

    def test_counts_a_call_where_it_was_told_last(self, warehouse):
        warehouse.tell(
            a_call("1", MORNING), a_call("1", MORNING, queue="sales"),
            a_call("2", MORNING), a_call("2", MORNING - timedelta(days=1)),
        )  # fmt: skip

        asked = (
            {"day": "2017-06-01", "queue": "service"},
            {"day": "2017-06-01"},
            {"day": "2017-05-31"},
        )
        offered = [warehouse.ask("calls", as_of=NOW, **one)["total"]["offered"] for one in asked]

        assert offered == [0, 1, 1]


class TestSatisfaction:
    def test_averages_expected_perceived_and_the_gap_by_driver(self, warehouse):
        warehouse.tell(
            answered("1", {"speed": 8, "price": 5}, {"speed": 6, "price": 5}),
            answered("2", {"speed": 9}, {"speed": 10}, satisfaction="highly_satisfied"),
            answered("3", {"speed": 1}, {"speed": 1}, moment="pre_sale"),
        )

        answer = warehouse.ask("satisfaction", as_of=NOW, moment="post_sale", **JUNE)

        assert [(one["driver"], one["expected"], one["perceived"], one["gap"]) for one in answer["drivers"]] == [
            ("price", "5.00", "5.00", "0.00"), ("speed", "8.50", "8.00", "-0.50"),
        ]  # fmt: skip
        assert (answer["surveys"], answer["total"]["answers"]) == (2, 2)
        assert {one["satisfaction"]: one["share"] for one in answer["verdicts"]} == {
            "satisfied": "0.5000", "highly_satisfied": "0.5000",
        }  # fmt: skip


def launched(campaign_id: str, days: int) -> Any:
    return marketing.CampaignLaunched(
        campaign_id=campaign_id, version=1, key=campaign_id, segment_id="s", channel="mail",
        members=1, at=MORNING + timedelta(days=days),
    )  # fmt: skip


class TestCampaigns:
    def test_counts_messages_by_fate_and_responses_by_class(self, warehouse):
        warehouse.tell(
            marketing.CampaignLaunched(
                campaign_id="k1", version=1, key="spring", segment_id="s", channel="mail",
                members=4, at=MORNING,
            ),
            settled("1", "unknown"), settled("1", "sent", version=2), settled("2", "sent"),
            settled("3", "suppressed", "no_consent"), settled("x", "sent", campaign_id=None),
            responded("r1", "c-1", "asked"), responded("r2", "c-1", "ordered"),
        )  # fmt: skip

        (campaign,) = warehouse.ask("campaigns", as_of=NOW, **JUNE)["campaigns"]

        assert (campaign["key"], campaign["members"], campaign["messages"]) == ("spring", 4, 3)
        assert (campaign["sent"], campaign["responders"], campaign["response_rate"]) == (
            2, 1, "0.5000",
        )  # fmt: skip
        assert {(one["fate"], one["reason"]): one["messages"] for one in campaign["fates"]} == {
            ("sent", None): 2, ("suppressed", "no_consent"): 1,
        }  # fmt: skip
        assert [one["response"] for one in campaign["responses"]] == ["asked", "ordered"]
        assert campaign["launched_at"] == "2017-06-01T09:00:00.000000Z"

    def test_are_listed_by_pages_those_launched_last_first(self, warehouse):
        warehouse.tell(*(launched(f"k{number}", number) for number in range(3)))
        warehouse.tell(
            *(settled(f"m{key}", "sent", campaign_id=key) for key in ("k0", "k1", "k2", "y", "x"))
        )

        pages, after = [], None
        while not pages or after:
            page = warehouse.ask("campaigns", as_of=NOW, limit=2, after=after, **JUNE)
            pages.append([(one["campaign_id"], one["messages"]) for one in page["campaigns"]])
            after = page["next"]

        assert pages == [[("k2", 1), ("k1", 1)], [("k0", 1), ("x", 1)], [("y", 1)]]

    def test_counts_what_was_told_again_in_the_period_of_its_last_time_alone(self, warehouse):
        july = MORNING + timedelta(days=30)
        warehouse.tell(
            settled("1", "unknown"), settled("1", "sent", version=2, at=july), settled("2", "sent"),
            responded("r1", "c-2", "asked"), responded("r1", "c-2", "ordered", july),
        )  # fmt: skip

        periods = (JUNE, {"period_start": "2017-07-01", "period_end": "2017-08-01"})
        (in_june,), (in_july,) = (
            warehouse.ask("campaigns", as_of=NOW, **one)["campaigns"] for one in periods
        )

        assert (in_june["messages"], in_june["sent"], in_june["responders"]) == (1, 1, 0)
        assert (in_july["messages"], in_july["sent"], in_july["responders"]) == (1, 1, 1)

    def test_does_not_count_a_response_that_was_withdrawn(self, warehouse):
        withdrawn = marketing.ResponseWithdrawn(
            response_id="r2", version=2, campaign_id="k1", customer_id="c-2", response="ordered",
            at=MORNING,
        )  # fmt: skip
        warehouse.tell(
            settled("1", "sent"), settled("2", "sent"), responded("r1", "c-1", "ordered"),
            responded("r2", "c-2", "ordered"), withdrawn,
        )  # fmt: skip

        (campaign,) = warehouse.ask("campaigns", as_of=NOW, **JUNE)["campaigns"]

        assert campaign["responders"] == 1
        assert [(one["response"], one["responses"]) for one in campaign["responses"]] == [
            ("ordered", 1)
        ]
