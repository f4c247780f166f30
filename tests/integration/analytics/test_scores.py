"""Scores of customers: counted by the warehouse, stored, and told where they changed."""

import time
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from chassis.errors import Forbidden, Invalid
from chassis.tables import AUDIT, PROCESSES, TIMERS
from services.analytics.config import Own
from services.analytics.metrics import SCORED
from services.analytics.tables import CustomerScore, CustomerStanding, ScoreRun
from services.analytics.usecases import scores as usecase
from tests.support.analytics import LONG_AGO, a_customer, an_order
from tests.support.leads import make_due

LAST_YEAR = {"period_start": "2017-01-01", "period_end": "2018-01-01"}


@pytest.fixture
def sold(depot):
    """A hundred customers, of whom sixty bought: c001 spent most."""
    customers = [f"c{number:03d}" for number in range(1, 101)]
    depot.warehouse.tell(*map(a_customer, customers), at=LONG_AGO)
    depot.warehouse.tell(
        *(an_order(f"o-{id_}", id_, 100_00 - number) for number, id_ in enumerate(customers[:60]))
    )
    return depot.warehouse


def tiers(room):
    """Count the scores that were told by tier."""
    counted = {}
    for told in room.told("analytics.customer.scored.v1"):
        counted[told["tier"]] = counted.get(told["tier"], 0) + 1
    return counted


class TestScoreCustomers:
    @pytest.mark.spec("ANA-22")
    def test_stores_and_tells_every_customer_the_first_time(self, analytics, analyst, sold):
        answer = analytics.call("score_customers", analyst)

        assert answer["population"] == answer["told"] == 100
        assert answer["tiers"] == {"vip": 1, "major": 4, "ordinary": 15, "small": 80}
        assert tiers(analytics) == answer["tiers"]
        first = analytics.told("analytics.customer.scored.v1")[0]
        assert (first["customer_id"], first["rank"], first["population"]) == ("c001", 1, 100)
        assert (first["spend_minor"], first["currency"], first["rfm"]) == (100_00, "USD", "115")
        assert (first["previous_tier"], first["version"]) == (None, 1)
        assert (first["recency_days"], first["period_end"]) == (214, "2018-01-02")

    def test_tells_only_who_stands_elsewhere_the_next_time(self, analytics, analyst, sold):
        analytics.call("score_customers", analyst)
        before = len(analytics.outbox())
        sold.tell(an_order("late", "c100", 99_999, "2017-12-30"))

        answer = analytics.call("score_customers", analyst)

        again = analytics.told("analytics.customer.scored.v1")[100:]
        by_id = {told["customer_id"]: told for told in again}
        assert answer["told"] == len(again) == len(analytics.outbox()) - before
        assert (by_id["c100"]["tier"], by_id["c100"]["previous_tier"]) == ("vip", "small")
        assert (by_id["c001"]["tier"], by_id["c001"]["previous_tier"]) == ("major", "vip")
        assert by_id["c005"]["tier"] == "ordinary"
        assert {told["version"] for told in again} == {2}
        assert len(analytics.rows(CustomerScore)) == 100 + answer["told"]

    def test_keeps_the_standings_of_the_newest_run_alone(self, analytics, analyst, sold):
        analytics.call("score_customers", analyst)
        newest = analytics.call("score_customers", analyst)

        assert newest["told"] == 0
        assert {row.run_id for row in analytics.rows(CustomerStanding)} == {newest["run_id"]}
        assert len(analytics.rows(CustomerStanding)) == 100
        assert len(analytics.rows(ScoreRun)) == 2

    def test_the_same_run_is_one(self, analytics, analyst, sold):
        asked = {"as_of": "2017-12-31T00:00:00Z"}
        first = analytics.call("score_customers", analyst, **asked)

        assert analytics.call("score_customers", analyst, **asked) == first
        assert len(analytics.rows(ScoreRun)) == 1

    def test_what_was_known_earlier_undoes_nothing(self, analytics, analyst, sold):
        analytics.call("score_customers", analyst)
        count = len(analytics.outbox())

        past = analytics.call("score_customers", analyst, as_of="2016-12-31T00:00:00Z")

        assert (past["population"], past["told"]) == (100, 0)
        assert len(analytics.outbox()) == count
        assert len(analytics.rows(CustomerStanding)) == 100

    @pytest.mark.parametrize(
        "asked",
        [
            LAST_YEAR,
            {"period_end": "2017-06-01"},
            {"period_start": "2010-01-01", "period_end": "2010-02-01"},
            {"currency": "JPY"},
        ],
    )
    def test_a_period_or_a_currency_is_answered_and_moves_nobody(
        self, analytics, analyst, sold, asked
    ):
        standing = analytics.call("score_customers", analyst)
        count = len(analytics.outbox())
        analytics.clock.pass_(days=1)

        answer = analytics.call("score_customers", analyst, **asked)

        assert answer["told"] == 0
        assert sum(answer["tiers"].values()) == answer["population"]
        assert len(analytics.outbox()) == count
        assert {row.run_id for row in analytics.rows(CustomerStanding)} == {standing["run_id"]}
        assert [row.id for row in analytics.rows(ScoreRun) if row.current] == [standing["run_id"]]

    def test_of_what_is_still_to_come_is_refused(self, analytics, analyst, sold):
        with pytest.raises(Invalid, match="Nobody knows yet"):
            analytics.call("score_customers", analyst, as_of="2018-01-01T09:00:01Z")

        assert analytics.rows(ScoreRun) == []

    def test_waits_for_a_warehouse_that_is_away(self, analytics, analyst, sold, depot):
        depot.close()

        waiting = analytics.call("score_customers", analyst)

        assert waiting["status"] == "running"
        assert analytics.rows(ScoreRun) == []
        depot.open()
        assert make_due(analytics) == 1
        assert len(analytics.told("analytics.customer.scored.v1")) == 100

    def test_goes_on_where_a_death_cut_it_off(self, analytics, analyst, sold, monkeypatch):
        monkeypatch.setattr(usecase, "TOLD_AT_ONCE", 30)
        read, parts = usecase.scores.last_told, []

        def dies_in_the_third_part(work, customer_ids):
            parts.append(customer_ids)
            if len(parts) == 3:
                raise OSError("the machine died")
            return read(work, customer_ids)

        monkeypatch.setattr(usecase.scores, "last_told", dies_in_the_third_part)
        analytics.call("score_customers", analyst)
        told = len(analytics.told("analytics.customer.scored.v1"))
        make_due(analytics)

        assert told == 60
        everybody = [t["customer_id"] for t in analytics.told("analytics.customer.scored.v1")]
        assert len(everybody) == len(set(everybody)) == 100

    def test_tells_nothing_personal(self, analytics, analyst, sold):
        analytics.call("score_customers", analyst)

        kinds = {row.record_kind for row in analytics.rows(AUDIT)}
        assert kinds == {"score_runs", "customer_scores"}
        (row,) = analytics.rows(PROCESSES)
        assert "c001" not in row.data

    def test_refuses_what_is_no_period_and_who_may_not(self, analytics, analyst):
        with pytest.raises(Invalid, match="period"):
            analytics.call(
                "score_customers", analyst, period_start="2018-01-01", period_end="2018-01-01"
            )
        with pytest.raises(Forbidden):
            analytics.call("score_customers", analytics.person("r1", "rep"))

        assert analytics.rows(ScoreRun) == []


class TestScoreNightly:
    def test_runs_at_the_first_start_and_every_night(self, analytics, sold):
        assert analytics.fire() == 2  # the monitor's, too
        make_due(analytics)

        assert len(analytics.told("analytics.customer.scored.v1")) == 100
        (timer,) = [row for row in analytics.rows(TIMERS) if row.kind == "scores.nightly"]
        assert timer.due == analytics.clock.instant.replace(hour=2) + timedelta(days=1)

    def test_ranks_by_the_house_s_currency_where_things_are_sold_in_several(
        self, analytics, sold, depot
    ):
        analytics.runtime.own = Own(depot.socket, house_currency="USD")
        sold.tell(an_order("abroad", "c100", 99_999_999, currency="EUR"))

        analytics.fire()
        make_due(analytics)

        assert tiers(analytics) == {"vip": 1, "major": 4, "ordinary": 15, "small": 80}
        (run,) = analytics.rows(ScoreRun)
        assert (run.currency, run.current) == ("USD", True)
        finished = REGISTRY.get_sample_value("crm_scores_finished_timestamp_seconds")
        assert finished == pytest.approx(time.time(), abs=600)

    def test_moves_nobody_and_shows_no_end_where_it_is_refused(self, analytics, sold):
        SCORED.set(0)
        sold.tell(an_order("abroad", "c100", 99_999_999, currency="EUR"))

        analytics.fire()
        make_due(analytics)

        assert analytics.rows(ScoreRun) == []
        assert REGISTRY.get_sample_value("crm_scores_finished_timestamp_seconds") == 0


class TestCustomerCard:
    def test_shows_the_newest_score_with_its_freshness(self, analytics, analyst, sold):
        answer = analytics.call("score_customers", analyst)
        analytics.clock.pass_(days=3)

        card = analytics.call("customer_card", analyst, customer_id="c001")

        assert card["service"] == "analytics"
        assert card["score"]["as_of"] == answer["as_of"] == "2018-01-01T09:00:00.000000Z"
        assert (card["score"]["tier"], card["score"]["rank"]) == ("vip", 1)
        assert [told["tier"] for told in card["history"]["items"]] == ["vip"]
        assert card["leads"]["items"] == []

    def test_says_that_it_knows_nothing(self, analytics, analyst, sold):
        card = analytics.call("customer_card", analyst, customer_id="nobody")
        analytics.call("score_customers", analyst)
        later = analytics.call("customer_card", analyst, customer_id="nobody")

        assert card["score"] == {"as_of": None, "known": False}
        assert later["score"] == {"as_of": "2018-01-01T09:00:00.000000Z", "known": False}


class TestRecords:
    def test_are_found_by_tier_and_customer_and_never_written(self, analytics, analyst, sold):
        analytics.call("score_customers", analyst)

        majors = analytics.call(
            "find_records", analyst, kind="customer_score", filters={"tier": "major"}, sort="rank"
        )
        assert [one["rank"] for one in majors["items"]] == [2, 3, 4, 5]
        (run,) = analytics.call("find_records", analyst, kind="score_run")["items"]
        assert run["tiers"]["vip"] == 1
        with pytest.raises(Invalid):
            analytics.call(
                "find_records", analyst, kind="customer_score", filters={"tier": "golden"}
            )
        with pytest.raises(Forbidden):
            analytics.call("create_record", analyst, kind="customer_score", values={})
