"""Processes of several replicas, on both databases: each step once, whoever dies between them."""

import signal
import threading
import time

from sqlalchemy import select

from chassis import processes
from chassis.origin import internal
from chassis.processes import begin, resume_due, run_inline
from chassis.tables import PROCESSES
from tests.conftest import ONE_KIND
from tests.support.journeys import journey, leg, names, runtime_of
from tests.support.machines import Machine
from tests.support.waiting import eventually, linger

ME = internal("sales", "test")


def stored(runtime):
    with runtime.database.reading() as session:
        return session.execute(select(PROCESSES).order_by(PROCESSES.c.started_at)).all()


def test_two_replicas_take_each_step_once(postgresql_url, tmp_path):
    process = journey(leg("one"), leg("two"), leg("three"))
    replicas = [runtime_of(postgresql_url, tmp_path) for _ in range(2)]
    for runtime in replicas:
        runtime.processes[process.kind] = process
    with replicas[0].working(ME) as work:
        for number in range(20):
            work.start(process.kind, f"j{number:02}", {"name": f"j{number:02}"})

    threads = [threading.Thread(target=resume_due, args=(runtime,)) for runtime in replicas]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {row.status for row in stored(replicas[0])} == {"done"}
    assert len(names(replicas[0])) == 60
    for runtime in replicas:
        runtime.database.close()


def test_a_caller_joins_what_another_replica_runs(postgresql_url, tmp_path):
    process = journey(leg("one"))
    replicas = [runtime_of(postgresql_url, tmp_path) for _ in range(2)]
    begun = begin(replicas[0], process, ME, {"name": "j"})
    answers = []

    def join():
        same = begin(replicas[1], process, ME, {"name": "j"})
        answers.append(run_inline(replicas[1], process, same, time.monotonic() + 10))

    joining = threading.Thread(target=join)
    joining.start()
    run_inline(replicas[0], process, begun, time.monotonic() + 10)
    joining.join()

    assert answers == [{"legs": ["one"]}]
    assert names(replicas[0]) == ["j one"]
    for runtime in replicas:
        runtime.database.close()


def test_a_clock_that_jumps_ends_no_lease(database_url, tmp_path, monkeypatch):
    process = journey(leg("one"))
    runtime = runtime_of(database_url, tmp_path)
    runtime.processes[process.kind] = process
    begin(runtime, process, ME, {"name": "j"})

    jump(monkeypatch, 300)

    assert resume_due(runtime) == 0
    assert [(row.status, row.step) for row in stored(runtime)] == [("running", 0)]
    runtime.database.close()


def test_a_replica_whose_clock_is_ahead_takes_nothing_from_another(
    postgresql_url, tmp_path, monkeypatch
):
    process = journey(leg("one"))
    holder = runtime_of(postgresql_url, tmp_path)
    begin(holder, process, ME, {"name": "j"})

    jump(monkeypatch, 300)
    ahead = runtime_of(postgresql_url, tmp_path)
    ahead.processes[process.kind] = process

    assert resume_due(ahead) == 0
    assert abs(ahead.database.now() - holder.database.now()) < 5
    for runtime in (holder, ahead):
        runtime.database.close()


@ONE_KIND
def test_killed_at_any_point_it_takes_each_step_once(database_url, tmp_path, broker):
    runtime = runtime_of(database_url, tmp_path)
    with runtime.working(ME) as work:
        for name in ("a", "b", "c"):
            state = {"name": name, "slow_seconds": 0.25}  # several lives must end before it does
            work.start("test.journey", name, state)

    def finished():
        return all(row.status == "done" for row in stored(runtime))

    deaths = 0
    while not finished():
        # On SQLite nobody else can hold a lease, so that a start need not wait for one to end.
        lease = processes.LEASE_SECONDS if runtime.database.sqlite else 0.5
        machine = Machine(database_url, broker.amqp_uri, tmp_path, lease=lease)
        machine.wait_leads()
        linger(0.1 + 0.09 * (deaths % 4))
        machine.kill(
            signal.SIGKILL if deaths < 3 else signal.SIGTERM,
            after=finished if deaths >= 3 else None,
        )
        deaths += 1

    assert deaths > 3
    assert names(runtime) == [f"{name} {number}" for name in "abc" for number in range(1, 9)]
    eventually(finished)
    runtime.database.close()


def jump(monkeypatch, seconds):
    """Let this process's clock jump."""
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + seconds)
