"""A process that a use case starts begins with the commit, and asks around without waiting long."""

import contextlib

import eventlet
import pytest
from sqlalchemy import event, select

from chassis import leader as leading
from chassis.errors import Conflict, Unavailable
from chassis.leader import Leader
from chassis.origin import internal
from chassis.processes import resume_due
from chassis.steps import AskAround, Question
from chassis.tables import PROCESSES
from tests.support.journeys import Neighbour, journey, leg, names, runtime_of

ME = internal("sales", "test")
NOWHERE = "amqp://nobody:nothing@127.0.0.1:1/"


@pytest.fixture
def runtime(sqlite_url, tmp_path):
    runtime = runtime_of(sqlite_url, tmp_path, NOWHERE)
    runtime.link = Neighbour()
    yield runtime
    runtime.database.close()


@pytest.fixture
def started(runtime, monkeypatch):
    """A leader whose duties rest: what begins was begun by its commit."""
    monkeypatch.setattr(leading, "DUTIES", ())
    leader = Leader(runtime)
    leader.start()
    yield leader
    leader.stop(drain_seconds=0)


def begin(runtime, process, name="j"):
    runtime.processes[process.kind] = process
    with runtime.working(ME) as work:
        work.start(process.kind, name, {"name": name})


def statuses(runtime):
    with runtime.database.reading() as session:
        return list(session.scalars(select(PROCESSES.c.status).order_by(PROCESSES.c.id)))


class TestStart:
    def test_begins_with_the_commit(self, runtime, started):
        begin(runtime, journey(leg("one"), leg("two")))
        eventlet.sleep(0.01)

        assert names(runtime) == ["j one", "j two"]
        assert statuses(runtime) == ["done"]

    def test_begins_nothing_that_was_rolled_back(self, runtime, started):
        runtime.processes["test.journey"] = journey(leg("one"))
        with contextlib.suppress(Conflict), runtime.working(ME) as work:
            work.start("test.journey", "j", {"name": "j"})
            raise Conflict("Not today.")
        eventlet.sleep(0.01)

        assert statuses(runtime) == []

    def test_costs_other_commits_nothing(self, runtime, started):
        asked = []
        event.listen(
            runtime.database.engine, "before_cursor_execute", lambda *told: asked.append(told[2])
        )

        with runtime.working(ME) as work:
            work.cancel("test.ring", "nobody")
        eventlet.sleep(0.01)

        assert len(asked) == 1

    def test_leaves_to_the_duty_what_nobody_has_a_hand_free_for(self, runtime, started):
        started._started.resize(0)

        begin(runtime, journey(leg("one")))
        eventlet.sleep(0.01)

        assert statuses(runtime) == ["running"]
        assert resume_due(runtime) == 1
        assert statuses(runtime) == ["done"]

    def test_the_same_key_begins_once(self, runtime, started):
        process = journey(leg("one"))
        begin(runtime, process)
        begin(runtime, process)
        eventlet.sleep(0.01)

        assert names(runtime) == ["j one"]


class Town:
    """Neighbours who answer, refuse, or take their time."""

    def __init__(self, **answers):
        self.answers, self.budgets, self.keys = answers, [], []

    def call(self, service, method, payload, **options):
        self.budgets.append(options["budget_seconds"])
        self.keys.append(options["idempotency_key"])
        answer = self.answers[service]
        if isinstance(answer, Exception):
            raise answer
        eventlet.sleep(answer)
        return f"{service}.{method} {payload['name']}"


def round_(*services):
    """Make a step that asks these services."""

    def questions(state):
        return [Question(service, "card", {"name": state.name}) for service in services]

    def note(_, state, answers):
        state.legs.append(dict(answers))

    return AskAround("round", questions, note, 0.5)


class TestStop:
    def test_is_not_kept_by_a_process_whose_neighbour_hangs(self, runtime, monkeypatch):
        monkeypatch.setattr(leading, "DUTIES", ())
        monkeypatch.setattr(leading, "STOP_SECONDS", 0.05)
        runtime.link = Town(accounts=60.0)
        leader = Leader(runtime)
        leader.start()
        begin(runtime, journey(round_("accounts")))
        eventlet.sleep(0.01)
        assert leader._started.running() == 1

        leader.stop(drain_seconds=0)

        assert leader._started.running() == 0
        assert statuses(runtime) == ["running"]  # whoever leads next goes on


class TestAskAround:
    def ask(self, runtime, town, *services):
        runtime.link = town
        kept = []
        process = journey(round_(*services), leg("after"))
        object.__setattr__(process, "answer", lambda state: kept.append(state.legs))
        runtime.processes[process.kind] = process
        with runtime.working(ME) as work:
            work.start(process.kind, "j", {"name": "j"})
        resume_due(runtime)
        with runtime.database.reading() as session:
            return session.execute(select(PROCESSES)).one()

    def test_asks_all_at_once_and_notes_who_answered(self, runtime):
        town = Town(accounts=0.05, sales=0.05, marketing=Unavailable("Away."), desk=Conflict("No."))

        row = self.ask(runtime, town, "accounts", "sales", "marketing", "desk")

        assert row.status == "done"
        assert '{"accounts":"accounts.card j","sales":"sales.card j"}' in row.data
        assert town.budgets == [0.5] * 4
        assert town.keys == [
            f"{row.id}:round:{s}" for s in ("accounts", "sales", "marketing", "desk")
        ]

    def test_takes_as_long_as_the_slowest(self, runtime):
        town = Town(**{f"s{number}": 0.4 for number in range(5)})
        with eventlet.Timeout(1.8):  # one after the other takes two seconds
            row = self.ask(runtime, town, *town.answers)

        assert row.status == "done"

    def test_with_nobody_to_ask_goes_on(self, runtime):
        row = self.ask(runtime, Town())

        assert row.status == "done"
        assert '"legs":[{}' in row.data
        assert names(runtime) == ["j after"]
