"""What is purged, what is kept, and what the gauges say."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, insert, select

from chassis import housekeeping, processes
from chassis.origin import internal
from chassis.tables import IDEMPOTENCY, INBOX, PROCESSES
from tests.support.journeys import journey, leg, runtime_of
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

    def test_keeps_what_a_process_has_asked_for_while_it_may_ask_again(self, runtime):
        now = time.time()
        rows = [
            {
                "caller": caller, "method": "assign_owner", "key": f"p:{days}",
                "body_hash": "", "answer": "null", "created_at": now - days * DAY,
            }
            for caller in ("service:sales", "service:gateway", "person:ann")
            for days in (2, 4, 29, 31)
        ]  # fmt: skip
        with runtime.database.begin() as session:
            session.execute(insert(IDEMPOTENCY), rows)

        purged = housekeeping.purge(runtime)

        with runtime.database.reading() as session:
            left = session.execute(select(IDEMPOTENCY.c.caller, IDEMPOTENCY.c.key)).all()
        assert purged == 7
        assert sorted(tuple(one) for one in left) == [
            ("person:ann", "p:2"), ("service:gateway", "p:2"),
            ("service:sales", "p:2"), ("service:sales", "p:29"), ("service:sales", "p:4"),
        ]  # fmt: skip

    def test_forgets_a_process_only_if_nobody_can_ask_for_it(self, runtime):
        for kind, is_passing in (("passing", True), ("asked for", False)):
            runtime.processes[kind] = replace(journey(leg("one")), kind=kind, is_passing=is_passing)
        now, long_ago = time.time(), datetime(2014, 1, 1, tzinfo=UTC)
        rows = [
            {
                "kind": kind,
                "status": status,
                "next_try": now - days * DAY,
                "id": f"{n}",
                "key": f"{n}",
            }
            for n, (kind, status, days) in enumerate(
                [("passing", "done", 31)] * (housekeeping.BATCH + 1)
                + [("passing", "refused", 31), ("asked for", "refused", 31)]
                + [("passing", "done", 29), ("passing", "refused", 29), ("asked for", "done", 31)]
                + [("passing", status, 31) for status in ("running", "undoing", "stuck")]
            )
        ]
        common = {
            "step": 0, "data": "{}", "actor": "a", "correlation_id": "c", "attempts": 0,
            "started_at": long_ago, "finished_at": long_ago,
        }  # fmt: skip
        with runtime.database.begin() as session:
            session.execute(insert(PROCESSES), [common | row for row in rows])

        purged = housekeeping.purge(runtime)

        with runtime.database.reading() as session:
            left = session.execute(select(PROCESSES.c.kind, PROCESSES.c.status)).all()
        assert purged == housekeeping.BATCH + 3
        assert sorted(tuple(one) for one in left) == [
            ("asked for", "done"), ("passing", "done"), ("passing", "refused"),
            ("passing", "running"), ("passing", "stuck"), ("passing", "undoing"),
        ]  # fmt: skip

    def test_a_process_that_ends_is_as_old_as_its_end(self, runtime):
        runtime.processes["test.journey"] = replace(journey(leg("one")), is_passing=True)
        with runtime.working(internal("sales", "test")) as work:
            work.start("test.journey", "j", {"name": "j"})

        processes.resume_due(runtime)

        with runtime.database.reading() as session:
            (row,) = session.execute(select(PROCESSES)).all()
        assert (row.status, row.next_try > time.time()) == ("done", True)
        assert housekeeping.purge(runtime) == 0


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
