"""The monitor: the warehouse compared with the books of sales."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from prometheus_client import REGISTRY

from chassis.errors import Unavailable
from chassis.tables import PROCESSES, TIMERS
from services.analytics.tables import WarehouseCheck
from services.analytics.usecases import monitor
from services.sales.service import Sales
from tests.support.erp import an_order, post, post_product
from tests.support.leads import make_due
from tests.support.sales import NextDoor, a_room, know_customer

MEASURES = ["orders", "lines", "amount.USD", "line_amount.USD"]


@pytest.fixture
def sales(analytics, tmp_path):
    """Sales next door, with two orders in its books."""
    with a_room(Sales, f"sqlite:///{tmp_path / 'sales.db'}", tmp_path) as room:
        analytics.runtime.link = NextDoor(room)
        know_customer(room)
        post_product(room)
        for number in (1, 2):
            post(room, an_order(order_id=f"A-{number}"))
        yield room


def metric(name, **labels):
    """Return a metric's value."""
    return REGISTRY.get_sample_value(name, labels)


class TestReconcile:
    @pytest.mark.spec("ANA-04")
    def test_finds_both_sides_equal(self, analytics, analyst, sales, depot):
        depot.warehouse.read_log(sales)

        answer = analytics.call("reconcile", analyst)

        assert (answer["verdict"], answer["equal"]) == ("equal", True)
        assert [one["measure"] for one in answer["measures"]] == MEASURES
        assert answer["measures"][0] == {"measure": "orders", "source": 2, "warehouse": 2}
        assert all(one["source"] == one["warehouse"] > 0 for one in answer["measures"])
        (told,) = analytics.told("analytics.warehouse.reconciled.v1")
        assert (told["equal"], told["verdict"], told["lag_events"]) == (True, "equal", 0)
        assert metric("crm_warehouse_reconciled", measure="orders") == 1
        assert metric("crm_warehouse_alarm") == 0

    @pytest.mark.spec("ANA-04")
    def test_a_difference_with_nothing_to_read_is_an_alarm_the_second_time(
        self, analytics, analyst, sales, depot
    ):
        depot.warehouse.read_log(sales)
        depot.warehouse.con.execute("DELETE FROM fact_order_line WHERE order_id = "
            "(SELECT min(order_id) FROM fact_order)")  # fmt: skip

        verdicts = [analytics.call("reconcile", analyst)["verdict"] for _ in range(3)]

        assert verdicts == ["differs", "alarm", "alarm"]
        assert [
            told["verdict"] for told in analytics.told("analytics.warehouse.reconciled.v1")
        ] == (verdicts)
        assert metric("crm_warehouse_reconciled", measure="orders") == 1
        assert metric("crm_warehouse_reconciled", measure="lines") == 0
        assert metric("crm_warehouse_difference", measure="lines") > 0
        assert metric("crm_warehouse_alarm") == 1

    def test_a_difference_while_it_reads_is_catching_up(
        self, analytics, analyst, sales, depot, monkeypatch
    ):
        monkeypatch.setattr("services.analytics.processes.reconciliation.PATIENCE_SECONDS", 0.0)
        depot.standing.lag_events, depot.standing.lag_seconds = 7, 1.5

        verdicts = [analytics.call("reconcile", analyst) for _ in range(3)]

        assert [one["verdict"] for one in verdicts] == ["catching_up"] * 3
        assert (verdicts[0]["lag_events"], verdicts[0]["lag_seconds"]) == (7, 1.5)
        assert metric("crm_warehouse_alarm") == 0

    def test_a_difference_is_an_alarm_in_a_house_that_works_too(
        self, analytics, analyst, sales, depot
    ):
        depot.standing.lag_events, depot.standing.grows_by = 3, 10  # there is always more to read

        verdicts = [analytics.call("reconcile", analyst) for _ in range(2)]

        assert [one["verdict"] for one in verdicts] == ["differs", "alarm"]
        assert [one["lag_events"] for one in verdicts] == [3, 3]
        assert metric("crm_warehouse_alarm") == 1

    def test_a_difference_and_an_alarm_outlive_a_comparison_that_says_nothing(
        self, analytics, analyst, sales, depot, monkeypatch
    ):
        monkeypatch.setattr("services.analytics.processes.reconciliation.PATIENCE_SECONDS", 0.0)
        verdicts, alarms = [], []
        for lag in (0, 7, 0, 7):
            depot.standing.lag_events = lag
            verdicts.append(analytics.call("reconcile", analyst)["verdict"])
            alarms.append(metric("crm_warehouse_alarm"))

        assert verdicts == ["differs", "catching_up", "alarm", "catching_up"]
        assert alarms == [0, 0, 1, 1]

    def test_recovers(self, analytics, analyst, sales, depot):
        first = analytics.call("reconcile", analyst)["verdict"]
        depot.warehouse.read_log(sales)

        assert (first, analytics.call("reconcile", analyst)["verdict"]) == ("differs", "equal")

    def test_waits_for_whoever_is_away(self, analytics, analyst, sales, depot):
        depot.warehouse.read_log(sales)
        analytics.runtime.link.closed = Unavailable("sales does not answer.")
        waiting = analytics.call("reconcile", analyst)
        analytics.runtime.link.closed = None
        depot.close()
        make_due(analytics)
        assert (waiting["status"], analytics.rows(WarehouseCheck)) == ("running", [])

        depot.open()
        make_due(analytics)

        assert [row.verdict for row in analytics.rows(WarehouseCheck)] == ["equal"]


class TestEveryMinute:
    def test_compares_again_and_again(self, analytics, sales, depot, monkeypatch):
        depot.warehouse.read_log(sales)
        for minute in range(3):
            real = SimpleNamespace(time=lambda at=minute: at * 60.0)
            monkeypatch.setattr("services.analytics.usecases.schedule.time", real)
            analytics.fire()
            make_due(analytics)
            analytics.clock.pass_(seconds=61)

        assert len(analytics.rows(WarehouseCheck)) == 3

    def test_a_clock_that_leaps_does_not_pile_checks_up(self, analytics, sales, depot):
        for _ in range(20):
            analytics.fire()
            analytics.clock.pass_(days=30)

        checks = [row for row in analytics.rows(PROCESSES) if row.kind == "reconcile"]
        assert len(checks) == 1

    def test_a_clock_that_is_set_back_wakes_with_the_next_check(self, analytics, analyst, sales):
        analytics.fire()
        analytics.clock.pass_(days=-2000)

        analytics.call("reconcile", analyst)

        due = {row.kind: row.due for row in analytics.rows(TIMERS)}
        assert due["warehouse.check"] == analytics.clock.instant + timedelta(minutes=1)
        assert due["scores.nightly"] - analytics.clock.instant < timedelta(days=1)

    def test_forgets_what_is_old(self, analytics, analyst, sales):
        analytics.call("reconcile", analyst)
        analytics.clock.pass_(days=monitor.CHECKS_KEPT.days + 1)

        analytics.call("reconcile", analyst)

        assert len(analytics.rows(WarehouseCheck)) == 1
