"""What is purged, what is kept, and what the gauges say."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, insert, select

from chassis import housekeeping
from chassis.origin import internal
from chassis.tables import IDEMPOTENCY, INBOX
from tests.support.journeys import runtime_of
from tests.support.outboxes import commit_events

DAY = 86_400


@pytest.fixture
def runtime(database_url, tmp_path):
    runtime = runtime_of(database_url, tmp_path)
    yield runtime
    runtime.database.close()


def count(runtime, table):
    with runtime.database.reading() as session:
        return session.scalar(select(func.count()).select_from(table))


def gauge(name):
    return REGISTRY.get_sample_value(f"crm_{name}", {"service": "sales"})


class TestPurge:
    def test_deletes_only_what_nobody_will_ask_for(self, runtime):
        now = time.time()
        with runtime.database.begin() as session:
            ages = [31] * (2 * housekeeping.BATCH + 3) + [29, 0]
            session.execute(
                insert(INBOX),
                [
                    {"handler": "h", "event_id": str(n), "applied_at": now - age * DAY}
                    for n, age in enumerate(ages)
                ],
            )
            answers = [
                {"method": "m", "key": str(n), "created_at": now - hours * 3600}
                for n, hours in enumerate([73, 71])
            ]
            common = {"caller": "c", "body_hash": "", "answer": "null"}
            session.execute(insert(IDEMPOTENCY), [common | answer for answer in answers])

        purged = housekeeping.purge(runtime)

        assert purged == 2 * housekeeping.BATCH + 4
        assert (count(runtime, INBOX), count(runtime, IDEMPOTENCY)) == (2, 1)


class TestRefreshGauges:
    def test_tells_what_waits_and_for_how_long(self, runtime):
        commit_events(runtime.database, 0, 3)
        with runtime.working(internal("sales", "test")) as work:
            work.at(datetime.now(UTC) - timedelta(hours=1), "test.ring", "k", {})  # noqa: TID251 - the real one
            work.start("test.journey", "j", {})

        housekeeping.refresh_gauges(runtime)

        assert (gauge("outbox_pending"), gauge("timers_pending")) == (3, 1)
        assert gauge("processes_open") == 1
        assert 0 <= gauge("outbox_oldest_pending_age_seconds") < 60
        assert 3590 < gauge("timers_overdue_seconds") < 3700

    def test_says_nothing_waits(self, runtime):
        housekeeping.refresh_gauges(runtime)

        assert (gauge("outbox_pending"), gauge("outbox_oldest_pending_age_seconds")) == (0, 0)
        assert (gauge("timers_pending"), gauge("timers_overdue_seconds")) == (0, 0)
