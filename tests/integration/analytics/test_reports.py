"""Reports through the service's page: checked, permitted, and never inside a transaction."""

import pytest

from chassis.errors import Forbidden, Invalid, Unavailable
from chassis.sight import Sight
from services.analytics.config import Own
from services.analytics.reads import reports
from tests.support.analytics import NOW, a_depot, an_analytics, an_order

FRAME = ("as_of", "period_start", "period_end")
REPORTS = {
    "pyramid": {"limit": 5},
    "rfm": {},
    "cube": {"by": ["region", "year"]},
    "cube_rows": {"cell": {"region": "West"}},
    "funnel_report": {},
    "call_report": {"day": "2017-06-01"},
    "case_report": {},
    "satisfaction_report": {},
    "campaign_report": {},
    "warehouse_status": {},
}


@pytest.fixture(scope="module")
def depot(tmp_path_factory):
    """A warehouse with two orders; reports write nothing, so one serves all tests."""
    with a_depot(tmp_path_factory.mktemp("depot")) as opened:
        opened.warehouse.tell(an_order("o1", "a", 100), an_order("o2", "b", 300))
        yield opened


@pytest.fixture(scope="module")
def analytics(tmp_path_factory, depot):
    """Analytics beside it; no report looks into a database of either kind."""
    folder = tmp_path_factory.mktemp("analytics")
    with an_analytics(f"sqlite:///{folder / 'analytics.db'}", folder, depot) as room:
        yield room


class TestReports:
    @pytest.mark.parametrize("report", REPORTS)
    def test_answer_from_the_warehouse(self, analytics, analyst, report):
        answer = analytics.call(report, analyst, **REPORTS[report])

        assert answer["heard_until"] == "2018-01-01T09:00:00.000000Z"

    def test_are_of_now_unless_another_instant_is_asked_for(self, analytics, analyst):
        now = analytics.call("pyramid", analyst)
        before = analytics.call("pyramid", analyst, as_of="2017-06-01T00:00:00Z")

        assert now["as_of"] == "2018-01-01T09:00:00.000000Z"
        assert (now["spend_minor"], before["spend_minor"]) == (400, 0)

    def test_drill_down_by_pages(self, analytics, analyst):
        cell = {"cell": {"region": "West"}, "limit": 1}
        first = analytics.call("cube_rows", analyst, **cell)
        second = analytics.call("cube_rows", analyst, after=first["next"], **cell)

        assert [row["order_id"] for row in first["items"] + second["items"]] == ["o1", "o2"]
        assert second["next"] is None

    @pytest.mark.parametrize(
        ("report", "asked", "key"),
        [
            ("pyramid", {"limit": 1}, "customer_id"),
            ("rfm", {"limit": 1}, "customer_id"),
            ("cube_rows", {"cell": {}, "limit": 1}, "order_id"),
        ],
    )
    def test_go_on_as_of_the_instant_of_the_first_page(
        self, analytics, analyst, report, asked, key
    ):
        try:
            first = analytics.call(report, analyst, **asked)
            analytics.clock.pass_(days=400)
            second = analytics.call(report, analyst, after=first["next"], **asked)
        finally:
            analytics.clock.instant = NOW

        assert [second[name] for name in FRAME] == [first[name] for name in FRAME]
        assert len({one[key] for one in first["items"] + second["items"]}) == 2

    def test_refuse_to_go_on_as_of_another_instant(self, analytics, analyst):
        first = analytics.call("pyramid", analyst, limit=1)

        with pytest.raises(Invalid, match="as of the instant"):
            analytics.call(
                "pyramid", analyst, limit=1, after=first["next"], as_of="2018-01-02T00:00:00Z"
            )

    @pytest.mark.parametrize(
        ("report", "wrong"),
        [
            ("pyramid", {"limit": 1000}),
            ("pyramid", {"limits": 1}),
            ("pyramid", {"period_start": "2018-01-01", "period_end": "2017-01-01"}),
            ("pyramid", {"after": "rubbish", "limit": 1}),
            ("rfm", {"as_of": "2018-01-01T00:00:00"}),
            ("rfm", {"currency": "usd"}),
            ("cube", {"by": ["colour"]}),
            ("cube_rows", {"cell": {"year": "2017"}}),
            ("call_report", {}),
            ("call_report", {"day": "2017-06-01", "threshold_seconds": -1}),
            ("call_report", {"day": "2017-06-01", "zone": "America"}),
            ("warehouse_status", {"now": True}),
        ],
    )
    def test_refuse_what_cannot_be_asked(self, analytics, analyst, report, wrong):
        with pytest.raises(Invalid):
            analytics.call(report, analyst, **wrong)

    def test_need_a_permission_that_reaches_everything(self, analytics):
        with pytest.raises(Forbidden):
            analytics.call("pyramid", analytics.person("r1", "rep"))

    def test_ask_for_no_longer_than_the_warehouse_answers(self, depot):
        patient = Sight(Own(depot.socket), NOW, seconds=3600)

        answer = reports.warehouse_status(patient)

        assert answer["lag_events"] == 0

    def test_say_that_the_warehouse_is_away(self, analytics, analyst, depot):
        depot.close()

        with pytest.raises(Unavailable) as away:
            analytics.call("pyramid", analyst)

        depot.open()
        assert away.value.code == "warehouse.absent"

    def test_hold_no_connection_while_they_ask(self, analytics, analyst, monkeypatch):
        busy = []
        pool = analytics.runtime.database.engine.pool

        def asking(*given):
            busy.append(pool.checkedout())
            raise Unavailable("enough was seen")

        monkeypatch.setattr("services.analytics.reads.reports.ask_as_of", asking)
        with pytest.raises(Unavailable, match="enough"):
            analytics.call("pyramid", analyst)

        assert busy == [0]
