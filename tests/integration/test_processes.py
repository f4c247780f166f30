"""Processes on both databases: stored steps, exactly once, whoever dies between them."""

import time

import pytest
from sqlalchemy import select, update

from chassis import processes
from chassis.caller import Caller
from chassis.errors import Conflict, Invalid, Unavailable
from chassis.origin import Origin, internal
from chassis.processes import begin, resume_due, retry, run_inline
from chassis.steps import MAX_ATTEMPTS, Step
from chassis.tables import PROCESSES
from tests.support.journeys import Neighbour, asking, journey, leg, names, runtime_of
from tests.support.things import Thing

ME = internal("sales", "test")


@pytest.fixture
def runtime(database_url, tmp_path):
    runtime = runtime_of(database_url, tmp_path)
    runtime.link = Neighbour()
    yield runtime
    runtime.database.close()


def stored(runtime):
    with runtime.database.reading() as session:
        return session.execute(select(PROCESSES).order_by(PROCESSES.c.started_at)).all()


def make_due(runtime):
    with runtime.database.begin() as session:
        session.execute(update(PROCESSES).values(next_try=0.0))


def run(runtime, process, name="j", *, seconds=10.0, origin=ME):
    runtime.processes[process.kind] = process
    begun = begin(runtime, process, origin, {"name": name})
    return run_inline(runtime, process, begun, time.monotonic() + seconds)


def refusing(_):
    raise Conflict("The customer is blocked.", code="accounts.customer.blocked")


def racing(runtime, losses):
    """Make a step that loses so many races for a unique key before the key is free."""
    wanted = [*["j one"] * losses, "free"]

    def take(work, _):
        work.add(Thing(name=wanted.pop(0)))

    return Step("race", take)


class TestRunInline:
    def test_takes_every_step_and_answers(self, runtime):
        runtime.link.answers["match"] = lambda payload: f"found {payload['name']}"

        answer = run(runtime, journey(leg("one"), asking("match"), leg("two")))

        assert answer == {"legs": ["one", "found j", "two"]}
        assert names(runtime) == ["j one", "j two"]
        (row,) = stored(runtime)
        assert (row.status, row.step, row.attempts, row.error) == ("done", 3, 0, None)
        assert row.finished_at is not None
        assert runtime.link.asked == [("match", f"{row.id}:match")]

    def test_answers_the_same_key_again_without_doing_it_again(self, runtime):
        process = journey(leg("one"))
        first = run(runtime, process)

        second = run(runtime, process)

        assert second == first
        assert names(runtime) == ["j one"]

    def test_stores_nothing_when_it_may_not_begin(self, runtime):
        def refuses(work, name):
            raise Invalid("A journey needs a destination.")

        process = journey(leg("one"))
        object.__setattr__(process, "begin", refuses)

        with pytest.raises(Invalid):
            run(runtime, process)

        assert stored(runtime) == []

    def test_undoes_what_was_done_and_answers_the_refusal(self, runtime):
        runtime.link.answers["match"] = refusing

        with pytest.raises(Conflict) as refused:
            run(runtime, journey(leg("one"), leg("two"), asking("match")))

        assert refused.value.code == "accounts.customer.blocked"
        assert names(runtime) == []
        (row,) = stored(runtime)
        assert (row.status, row.step) == ("refused", 0)

    def test_goes_on_after_somebody_was_faster_to_take_a_key(self, runtime):
        process = journey(leg("one"), racing(runtime, losses=1))

        run(runtime, process)
        make_due(runtime)
        resume_due(runtime)

        (row,) = stored(runtime)
        assert (row.status, names(runtime)) == ("done", ["free", "j one"])

    def test_refuses_at_last_for_a_key_that_stays_taken(self, runtime):
        process = journey(leg("one"), racing(runtime, losses=9))

        run(runtime, process)
        for _ in range(9):
            make_due(runtime)
            resume_due(runtime)

        (row,) = stored(runtime)
        assert (row.status, names(runtime)) == ("refused", [])

    def test_may_be_begun_anew_after_a_refusal(self, runtime):
        process = journey(leg("one"), asking("match"))
        runtime.link.answers["match"] = refusing
        with pytest.raises(Conflict):
            run(runtime, process)

        runtime.link.answers["match"] = lambda _: "found"
        answer = run(runtime, process)

        assert answer == {"legs": ["one", "found"]}
        assert len({key for _, key in runtime.link.asked}) == 2, "a new run asks under a new key"

    def test_goes_on_without_its_caller_when_a_neighbour_is_away(self, runtime):
        def away(_):
            raise Unavailable("accounts does not answer.")

        runtime.link.answers["match"] = away
        process = journey(leg("one"), asking("match"), leg("two"))

        answer = run(runtime, process)

        (row,) = stored(runtime)
        assert answer == {"process": row.id, "status": "running"}
        assert (row.step, row.attempts) == (1, 1)
        runtime.link.answers["match"] = lambda _: "found"
        make_due(runtime)
        assert resume_due(runtime) == 1
        assert run(runtime, process) == {"legs": ["one", "found", "two"]}
        assert {key for _, key in runtime.link.asked} == {f"{row.id}:match"}

    def test_answers_in_time_and_gives_the_lease_back(self, runtime):
        process = journey(leg("one"), leg("two"))

        answer = run(runtime, process, seconds=processes.MARGIN_SECONDS)

        (row,) = stored(runtime)
        assert answer == {"process": row.id, "status": "running"}
        assert row.next_try <= runtime.database.now()  # whoever comes may take it
        assert resume_due(runtime) == 1
        assert names(runtime) == ["j one", "j two"]

    def test_acts_as_the_service_on_behalf_of_the_person(self, runtime):
        seen = []

        def look(work, state):
            seen.append((work.caller.subject, work.actor, work.correlation_id, work.origin.channel))

        person = Origin("sales", Caller("person:s1"), "rpc:travel", "conversation", "c")

        run(runtime, journey(Step("look", look)), origin=person)

        assert seen == [("service:sales", "person:s1", "conversation", "process:test.journey")]


class TestResumeDue:
    def test_runs_what_a_use_case_has_started(self, runtime):
        runtime.processes["test.journey"] = journey(leg("one"))
        with runtime.working(ME) as work:
            assert work.start("test.journey", "j", {"name": "j"})
            assert not work.start("test.journey", "j", {"name": "j"})

        assert resume_due(runtime) == 1

        assert [row.status for row in stored(runtime)] == ["done"]

    def test_leaves_what_somebody_runs_now(self, runtime):
        process = journey(leg("one"))
        runtime.processes[process.kind] = process
        begin(runtime, process, ME, {"name": "j"})

        assert resume_due(runtime) == 0

    def test_sticks_after_the_last_attempt_and_goes_on_when_told_to(self, runtime):
        def broken(work, state):
            raise KeyError("a.person@example.com")

        process = journey(leg("one"), Step("two", broken))
        run(runtime, process)
        for _ in range(MAX_ATTEMPTS + 3):
            make_due(runtime)
            resume_due(runtime)
        (row,) = stored(runtime)
        assert (row.status, row.step, row.attempts) == ("stuck", 1, MAX_ATTEMPTS)
        assert "person" not in row.error

        runtime.processes[process.kind] = journey(leg("one"), leg("two"))
        assert retry(runtime, row.id)
        resume_due(runtime)

        assert names(runtime) == ["j one", "j two"]

    def test_keeps_the_refusal_while_undoing_fails(self, runtime):
        failing = [True]

        def undo(work, state):
            if failing:
                raise Unavailable("The ledger is closed.")

        first = Step("first", lambda work, state: None, undo)
        runtime.link.answers["match"] = refusing
        process = journey(first, asking("match"))
        answer = run(runtime, process)
        (row,) = stored(runtime)
        assert answer == {"process": row.id, "status": "undoing"}
        for _ in range(MAX_ATTEMPTS):
            make_due(runtime)
            resume_due(runtime)
        assert [row.status for row in stored(runtime)] == ["stuck"]

        failing.clear()
        retry(runtime, row.id)
        resume_due(runtime)

        (row,) = stored(runtime)
        assert (row.status, "accounts.customer.blocked" in row.error) == ("refused", True)


class TestLease:
    def test_what_runs_without_the_lease_changes_nothing(self, runtime):
        def too_long(work, state):
            work.add(Thing(name="by the slow one"))
            if runtime.database.sqlite:
                # Another connection could not write now: SQLite has one writer.
                work.session.execute(update(PROCESSES).values(next_try=time.time() + 99))
            else:
                with runtime.database.begin() as other:
                    other.execute(update(PROCESSES).values(next_try=time.time() + 99))

        process = journey(Step("slow", too_long))

        answer = run(runtime, process, seconds=1.0)

        assert answer["status"] == "running"
        assert names(runtime) == []
        assert [row.step for row in stored(runtime)] == [0]


class TestTurns:
    def test_a_long_process_lets_those_have_their_turn_who_wait_longer(self, runtime, monkeypatch):
        monkeypatch.setattr(processes, "ROUND_SECONDS", 0.02)
        taken = []

        def step(_, state):
            taken.append(state.name)
            return state.name == "long" and "short" not in taken and len(taken) < 500

        process = journey(Step("step", step))
        runtime.processes[process.kind] = process
        for name, since in (("long", 0.0), ("short", 1.0)):
            begun = begin(runtime, process, ME, {"name": name})
            with runtime.database.begin() as session:
                due = update(PROCESSES).where(PROCESSES.c.id == begun.id)
                session.execute(due.values(next_try=since))

        resume_due(runtime)

        assert taken[0] == "long"
        assert len(taken) < 500
        assert [row.status for row in stored(runtime)] == ["done", "done"]
