"""The cases of a period, counted from events."""

from datetime import UTC, datetime, timedelta
from typing import Any

from contracts import service_desk
from tests.support.analytics import NOW

MORNING = datetime(2017, 6, 1, 9, tzinfo=UTC)
JUNE = {"period_start": "2017-06-01", "period_end": "2017-07-01"}


def opened(case_id: str, kind: str = "complaint", at: datetime = MORNING) -> Any:
    return service_desk.CaseOpened(
        case_id=case_id, version=1, number=case_id, type=kind, severity="high", channel="phone",
        customer_id="c1", opened_at=at, policy="p", deadlines={},
    )  # fmt: skip


def closed(case_id: str, seconds: int, kind: str = "complaint", **fields: Any) -> Any:
    given: dict[str, Any] = {
        "case_id": case_id, "version": 9, "number": case_id, "type": kind, "severity": "high",
        "channel": "phone", "customer_id": "c1", "opened_at": MORNING,
        "closed_at": MORNING + timedelta(days=1), "resolution": "solved", "customer_view": "satisfied",
        "breached": (), "escalations": 0, "reopened": 0, "seconds_open": seconds,
    }  # fmt: skip
    return service_desk.CaseClosed(**given | fields)


def breached(case_id: str) -> Any:
    return service_desk.CaseBreached(
        case_id=case_id, version=3, customer_id="c1", milestone="solution", due=MORNING,
        assignee_id=None,
    )  # fmt: skip


def met(case_id: str, late: timedelta) -> Any:
    return service_desk.MilestoneMet(
        case_id=case_id, version=4, customer_id="c1", milestone="solution", due=MORNING,
        met_at=MORNING + late, in_time=not late, seconds_used=60,
    )  # fmt: skip


class TestCases:
    def test_counts_what_was_opened_closed_and_missed(self, warehouse):
        warehouse.tell(
            opened("1"), opened("2"), opened("3", "question"),
            opened("old", at=MORNING - timedelta(days=90)),
            closed("1", 100, escalations=1), closed("2", 300, customer_view="dissatisfied"),
            closed("2", 500, version=12, reopened=1, customer_view="dissatisfied"),
            breached("1"), met("1", timedelta(hours=2)), met("2", timedelta()),
        )  # fmt: skip

        answer = warehouse.ask("cases", as_of=NOW, **JUNE)

        assert answer["total"] == {
            "opened": 3, "closed": 2, "reopened": 1, "escalated": 1, "satisfied": 1,
            "dissatisfied": 1, "average_seconds_open": 300, "median_seconds_open": 300,
            "longest_seconds_open": 500,
        }  # fmt: skip
        assert [(one["type"], one["opened"], one["closed"]) for one in answer["by_type"]] == [
            ("complaint", 2, 2), ("question", 1, 0),
        ]  # fmt: skip
        (solution,) = answer["milestones"]
        assert (solution["met"], solution["met_in_time"], solution["breached"]) == (2, 1, 1)
        assert solution["breach_rate"] == "0.5000"

    def test_counts_a_case_as_bad_as_was_told_by_then(self, warehouse):
        noon = MORNING + timedelta(hours=3)
        warehouse.tell(opened("1"), at=MORNING)
        warehouse.tell(
            service_desk.CaseReplanned(
                case_id="1", version=2, customer_id="c1", reason="reclassified",
                severity="critical", policy="p", deadlines={},
            ),
            at=noon,
        )  # fmt: skip

        told = [warehouse.ask("cases", as_of=at, **JUNE)["by_severity"] for at in (MORNING, noon)]

        assert [[(one["severity"], one["opened"]) for one in each] for each in told] == [
            [("high", 1)], [("critical", 1)],
        ]  # fmt: skip

    def test_the_breach_rate_is_of_all_cases_that_were_met_or_breached(self, warehouse):
        warehouse.tell(
            *map(breached, "ab"), met("b", timedelta(hours=1)), met("c", timedelta()),
            met("d", timedelta()),
        )  # fmt: skip

        (solution,) = warehouse.ask("cases", as_of=NOW, **JUNE)["milestones"]

        assert (solution["due"], solution["met"], solution["breached"]) == (4, 3, 2)
        assert solution["breach_rate"] == "0.5000"
