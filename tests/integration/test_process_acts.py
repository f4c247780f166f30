"""Effects outside, on both databases: tried again, done once, or of unknown fate; never twice."""

import signal
import time
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select, update

from chassis import acting, processes, taking
from chassis.errors import DUPLICATE_KEY, Conflict, StaleVersion, Unavailable
from chassis.origin import internal
from chassis.processes import begin, resume_due, retry, run_inline
from chassis.steps import MAX_ATTEMPTS, Act
from chassis.tables import PROCESSES
from tests.conftest import ONE_KIND
from tests.support.journeys import journey, leg, names, postcard, runtime_of, sending
from tests.support.machines import Machine
from tests.support.waiting import PATIENCE_SECONDS, eventually, linger

ME = internal("sales", "test")


@pytest.fixture
def runtime(database_url, tmp_path):
    runtime = runtime_of(database_url, tmp_path)
    runtime.own = str(tmp_path / "postbox")
    yield runtime
    runtime.database.close()


def posted(runtime):
    postbox = Path(runtime.own)
    return postbox.read_text().split() if postbox.exists() else []


def stored(runtime):
    with runtime.database.reading() as session:
        return session.execute(select(PROCESSES).order_by(PROCESSES.c.id)).all()


def make_due(runtime, **values):
    with runtime.database.begin() as session:
        session.execute(update(PROCESSES).values(next_try=0.0, **values))


def run(runtime, *steps):
    process = journey(*steps)
    runtime.processes[process.kind] = process
    begun = begin(runtime, process, ME, {"name": "j"})
    return run_inline(runtime, process, begun, time.monotonic() + 10)


def failing(*failures):
    """Fail as told before anything is handed over, and then send."""
    left = list(failures)

    def attempt(state, own):
        if left:
            raise left.pop(0)
        sending(own, state.name)

    return attempt


def away():
    return Unavailable("The post office is closed.")


def never(*_):
    raise away()


class TestOnce:
    def test_marks_acts_and_notes(self, runtime):
        seen = []

        def look(state, own):
            seen.extend(row.status for row in stored(runtime))
            sending(own, state.name)

        answer = run(runtime, leg("there"), postcard(run=look), leg("back"))

        assert answer == {"legs": ["there", "sent", "back"]}
        assert seen == ["acting"], "the mark is committed before anything is sent"
        assert posted(runtime) == ["j"]

    def test_is_of_unknown_fate_where_the_mark_is_found(self, runtime):
        run(runtime, leg("there"), postcard(run=failing(away())))
        make_due(runtime, status="acting", attempts=0)

        assert resume_due(runtime) == 1

        (row,) = stored(runtime)
        assert (row.status, posted(runtime)) == ("done", [])
        assert "perhaps sent" in row.data

    def test_is_of_unknown_fate_where_it_failed_in_a_way_nobody_foresaw(self, runtime):
        def broken(state, own):
            sending(own, state.name)
            raise OSError("the line is dead")

        answer = run(runtime, postcard(run=broken), leg("back"))

        assert answer == {"legs": ["perhaps sent", "back"]}
        assert posted(runtime) == ["j"]

    def test_is_tried_again_where_nothing_was_handed_over(self, runtime):
        answer = run(runtime, postcard(run=failing(away())), leg("back"))
        (row,) = stored(runtime)
        assert (answer["status"], row.status, row.attempts) == ("running", "running", 1)
        make_due(runtime)

        assert resume_due(runtime) == 1

        assert posted(runtime) == ["j"]
        assert names(runtime) == ["j back"]

    def test_is_no_bug_where_nothing_was_handed_over(self, runtime, capsys):
        run(runtime, postcard(run=failing(away())), leg("back"))

        said = capsys.readouterr().out
        assert "unavailable" in said
        assert "bug" not in said

    def test_marks_anew_at_each_attempt_and_may_find_that_nothing_is_to_be_done(self, runtime):
        marks = []

        def mark(work, state, own):
            marks.append((work.origin.channel, own))
            return len(marks) < 2

        answer = run(runtime, postcard(run=failing(away()), mark=mark), leg("back"))
        assert answer["status"] == "running"
        make_due(runtime)
        resume_due(runtime)

        assert marks == [("process:test.journey", runtime.own)] * 2
        assert posted(runtime) == []
        assert names(runtime) == ["j back"]

    def test_undoes_what_was_done_where_it_is_refused(self, runtime):
        refused = Conflict("Nobody lives there.", code="post.nobody")

        with pytest.raises(Conflict, match="Nobody"):
            run(runtime, leg("there"), postcard(run=failing(refused)))

        assert names(runtime) == []
        assert [row.status for row in stored(runtime)] == ["refused"]

    def test_is_not_done_again_where_noting_it_failed(self, runtime):
        def refuses(*_):
            raise Conflict("The ledger is closed.")

        answer = run(runtime, postcard(note=refuses), leg("back"))
        assert answer["status"] == "acting"
        make_due(runtime)
        resume_due(runtime)

        assert posted(runtime) == ["j"]
        assert names(runtime) == ["j back"]
        assert "perhaps sent" in stored(runtime)[0].data

    @pytest.mark.parametrize(
        "passing", [Unavailable("x"), StaleVersion("x"), Conflict("x", code=DUPLICATE_KEY)], ids=str
    )
    def test_is_noted_again_where_that_may_work_by_now(self, runtime, passing):
        left = [passing, passing]

        def note(_, state, __):
            state.legs.append("sent")
            if left:
                raise left.pop()

        answer = run(runtime, postcard(note=note), leg("back"))

        assert (answer, posted(runtime)) == ({"legs": ["sent", "back"]}, ["j"])

    def test_is_not_noted_again_once_the_lease_is_over(self, runtime, monkeypatch):
        monkeypatch.setattr(processes, "LEASE_SECONDS", 0.3)

        answer = run(runtime, postcard(note=never))

        assert (answer["status"], posted(runtime)) == ("acting", ["j"])

    def test_stays_marked_while_it_is_stuck(self, runtime, monkeypatch):
        monkeypatch.setattr(processes, "LEASE_SECONDS", 0.1)

        run(runtime, postcard(note=never, unknown=never))
        for _ in range(MAX_ATTEMPTS):
            make_due(runtime)
            resume_due(runtime)
        (row,) = stored(runtime)
        assert (row.status, row.attempts) == ("stuck", MAX_ATTEMPTS)
        runtime.processes["test.journey"] = journey(postcard())

        assert retry(runtime, row.id)
        resume_due(runtime)

        (row,) = stored(runtime)
        assert row.status == "done"
        assert "perhaps sent" in row.data
        assert posted(runtime) == ["j"]

    def test_what_acts_without_the_lease_notes_nothing(self, runtime, monkeypatch):
        monkeypatch.setattr(processes, "LEASE_SECONDS", 0.05)

        def slow(state, own):
            sending(own, state.name, 0.1)
            assert resume_due(runtime) == 1, "somebody else takes the process over"

        answer = run(runtime, postcard(run=slow), leg("back"))

        assert answer == {"legs": ["perhaps sent", "back"]}
        assert posted(runtime) == ["j"]
        assert names(runtime) == ["j back"]

    def test_goes_on_where_time_was_up_just_after_the_mark(self, runtime, monkeypatch):
        real = time.monotonic

        def mark(*_):
            monkeypatch.setattr(time, "monotonic", lambda: real() + PATIENCE_SECONDS)
            return True

        process = journey(postcard(mark=mark))
        runtime.processes[process.kind] = process
        begun = begin(runtime, process, ME, {"name": "j"})

        answer = run_inline(runtime, process, begun, time.monotonic() + PATIENCE_SECONDS)

        assert answer == {"legs": ["sent"]}


class TestAgain:
    def test_is_done_again_until_it_is_noted(self, runtime):
        answer = run(
            runtime,
            leg("there"),
            Act("call", run=failing(OSError("dead")), note=lambda _, s, __: s.legs.append("rang")),
        )
        assert answer["status"] == "running"
        make_due(runtime)
        resume_due(runtime)

        assert posted(runtime) == ["j"]
        (row,) = stored(runtime)
        assert (row.status, row.step) == ("done", 2)


@pytest.mark.parametrize("wrong", [{"unknown": None}, {"once": False}])
def test_an_effect_that_may_happen_only_once_says_what_else_there_is(wrong):
    with pytest.raises(ValueError, match="belong together"):
        postcard(**wrong)


@ONE_KIND
def test_killed_at_any_point_nothing_is_sent_twice(database_url, tmp_path, broker):
    runtime = runtime_of(database_url, tmp_path)
    runtime.own = str(tmp_path / "postbox")
    all_names = [f"c{number}" for number in range(12)]
    with runtime.working(ME) as work:
        for name in all_names:
            work.start("test.outing", name, {"name": name, "slow_seconds": 0.25})

    def finished():
        return all(row.status == "done" for row in stored(runtime))

    def more_than(before):
        return len(posted(runtime)) > before

    deaths = 0
    while not finished():
        lease = processes.LEASE_SECONDS if runtime.database.sqlite else 0.5
        machine = Machine(database_url, broker.amqp_uri, tmp_path, lease=lease, own=runtime.own)
        machine.wait_leads()
        if deaths < 4:
            # The postcard is in the box and nobody has noted it yet.
            eventually(partial(more_than, len(posted(runtime))))
            linger(0.01 + 0.03 * deaths)
        machine.kill(
            signal.SIGKILL if deaths < 4 else signal.SIGTERM,
            after=finished if deaths >= 4 else None,
        )
        deaths += 1

    sent = {row.key for row in stored(runtime) if '"sent"' in row.data}
    perhaps = {row.key for row in stored(runtime) if "perhaps sent" in row.data}
    boxed = posted(runtime)
    assert deaths > 4
    assert len(boxed) == len(set(boxed)), "nobody gets two"
    assert sent <= set(boxed) <= sent | perhaps, "none that nobody knows of"
    assert sent | perhaps == set(all_names)
    assert perhaps, "the kill hit what it was meant to hit"
    assert names(runtime) == sorted(f"{n} {leg}" for n in all_names for leg in ("back", "there"))
    runtime.database.close()


def test_what_takes_too_long_is_shorter_than_a_lease():
    assert taking.ASK_SECONDS < acting.ACT_SECONDS < processes.LEASE_SECONDS
