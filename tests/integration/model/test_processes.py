"""A process: it ends done or refused, each step's effect once, here and next door."""

import time
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from marshmallow import fields
from sqlalchemy import select, update

from chassis import processes
from chassis.context import Request
from chassis.envelope import decode, encode
from chassis.errors import Invalid, Problem, Unavailable, from_wire, to_wire
from chassis.ids import new_id
from chassis.leader import take_over
from chassis.origin import internal
from chassis.rows import command, runs
from chassis.runtime import Runtime
from chassis.schemas import Accepted
from chassis.service import Service
from chassis.steps import Ask, Process, Step
from chassis.tables import PROCESSES
from chassis.turn import OPEN
from chassis.work import Work
from tests.support.journeys import Journey
from tests.support.model import DEATHS, NEVER, Death, Place, Story, check, finds
from tests.support.things import Thing, changed

NAMES = ("one", "two", "three", "four", "unwanted")
FINE, AWAY, UNHEARD = "fine", "away", "unheard"
WEATHER = st.lists(st.sampled_from([FINE, AWAY, UNHEARD]), max_size=2)  # the last comes first
SECONDS = 60.0


def leave(work: Work, mark: str) -> None:
    """Leave a mark that can be counted."""
    work.tell(changed, work.add(Thing(name=new_id(), mail=mark)))


def leg(name: str) -> Step[Journey]:
    """Make a step with an effect here, which can be undone."""

    def undo(work: Work, state: Journey) -> None:
        for thing in work.session.scalars(
            select(Thing).where(Thing.mail == f"{state.name} {name}")
        ):
            work.remove(thing)

    return Step(name, lambda work, state: leave(work, f"{state.name} {name}"), undo)


def ask(method: str) -> Ask[Journey]:
    """Make a step with an effect next door."""
    return Ask(method, "accounts", method, lambda state: {"name": state.name}, lambda *_: None)


TRIP: Process[Journey] = Process(
    kind="test.trip", state=Journey, steps=(leg("out"), ask("approve"), ask("book"), leg("back")),
    key=lambda state: state.name, answer=lambda state: {"name": state.name},
    begin=lambda _work, name: Journey(name), attempts=3,
)  # fmt: skip
EFFECTS = ("out", "book", "back")


class Named(Accepted):
    """Accept a name."""

    name = fields.Str(required=True)


def approve(_work: Work, *, name: str) -> None:
    """Refuse what is not wanted."""
    if name == "unwanted":
        raise Invalid("Not this one.", code="test.unwanted")


def book(work: Work, *, name: str) -> None:
    """Leave a mark."""
    leave(work, f"{name} book")


class Trips(Service):
    """Where the process runs."""

    name = "sales"
    trip = runs(TRIP)


class NextDoor(Service):
    """Where it asks."""

    name = "accounts"
    approve = command(approve, accepts=Named(), needs="lead.write")
    book = command(book, accepts=Named(), needs="lead.write")


class Processes(Story):
    """Whoever runs it dies at any commit; whoever is asked is away, dies, or is not heard."""

    def __init__(self) -> None:
        super().__init__()
        self.next_door = self.place(NextDoor)
        self.home = self.place(Trips)
        self.death, self.begun = NEVER, set[str]()
        self.weather: list[str] = []
        self.home.on_open = self._take_over
        self._take_over()

    def _take_over(self) -> None:
        """What a service does when it starts on SQLite."""
        self.home.runtime.link = self
        take_over(self.home.runtime)

    @rule(
        name=st.sampled_from(NAMES), death=st.sampled_from(DEATHS), commits=st.integers(1, 5),
        weather=WEATHER, next_door=st.sampled_from(DEATHS),
    )  # fmt: skip
    def start(
        self, name: str, death: str, commits: int, weather: list[str], next_door: str
    ) -> None:
        self.weather, self.death = weather[:], next_door
        try:
            answer = self.home.attempt(lambda: self._run(name), death, commits)
        except Invalid as refused:
            wanted = (name, refused.code) != ("unwanted", "test.unwanted")
            assert not wanted, "refused what was wanted"
            return
        if answer == {"name": name}:
            assert self._counted(name) == dict.fromkeys(EFFECTS, 1), "answered, but not done"

    @rule(
        death=st.sampled_from(DEATHS), commits=st.integers(1, 5), weather=WEATHER,
        next_door=st.sampled_from(DEATHS),
    )  # fmt: skip
    def go_on(self, death: str, commits: int, weather: list[str], next_door: str) -> None:
        self.weather, self.death = weather[:], next_door
        self._let_time_pass()
        self.home.attempt(lambda: processes.resume_due(self.home.runtime), death, commits)

    @invariant()
    def no_effect_comes_twice(self) -> None:
        for name in NAMES:
            assert set(self._counted(name).values()) <= {0, 1}, "an effect came twice"

    def end(self) -> None:
        for _ in range(4):
            self.go_on(NEVER, 1, [], NEVER)
        for kind, status in self._ended():
            assert status in {"done", "refused"}, f"{kind} is {status} for ever"
        done = {name for name, status in self._ended() if status == "done"}
        for name in NAMES:
            expected = dict.fromkeys(EFFECTS, int(name in done))
            assert self._counted(name) == expected, "not all of it, or some of what was refused"
        assert self.begun <= done | {"unwanted"}, "begun and gone"

    def _run(self, name: str) -> object:
        runtime = self.home.runtime
        begun = processes.begin(runtime, TRIP, internal("sales", "test"), {"name": name})
        self.begun.add(name)
        return processes.run_inline(runtime, TRIP, begun, time.monotonic() + SECONDS)

    def _let_time_pass(self) -> None:
        with self.home.runtime.database.begin() as session:
            stuck = list(
                session.scalars(select(PROCESSES.c.id).where(PROCESSES.c.status == "stuck"))
            )
            due = PROCESSES.c.status.in_(OPEN)
            session.execute(update(PROCESSES).where(due).values(next_try=0.0))
        for id_ in stuck:
            processes.retry(self.home.runtime, id_)

    def _ended(self) -> list[tuple[str, str]]:
        with self.home.runtime.database.reading() as session:
            found = session.execute(select(PROCESSES.c.key, PROCESSES.c.status))
            return [(row.key.partition("~")[0], row.status) for row in found]

    def _counted(self, name: str) -> dict[str, int]:
        marks = [mark for place in (self.home, self.next_door) for mark in _marks(place)]
        return {effect: marks.count(f"{name} {effect}") for effect in EFFECTS}

    def call(self, service: str, method: str, payload: dict[str, Any], **options: Any) -> object:
        """Carry a question next door, as the wire would: it may not arrive, or not come back."""
        weather = self.weather.pop() if self.weather else FINE
        if weather == AWAY:
            raise Unavailable("Nobody is there.")
        death, self.death = self.death, NEVER
        try:
            answer = _asked(self.next_door, method, payload, options, death)
        except Problem as problem:
            raise from_wire(to_wire(problem)) from None
        if weather == UNHEARD or answer is Death:
            raise Unavailable("No answer came.")
        return answer


def _asked(
    place: Place, method: str, payload: dict[str, Any], options: dict[str, Any], death: str
) -> Any:
    request = Request(
        method=method, message_id=new_id(), correlation_id="c", causation_id="c",
        token=place.runtime.signer.for_service("accounts"),
        idempotency_key=options["idempotency_key"], deadline=time.monotonic() + SECONDS,
    )  # fmt: skip
    sent: Any = decode(encode(payload))
    return place.attempt(lambda: decode(place.bound.answers[method](sent, request)), death)


def _marks(place: Place) -> list[str]:
    with place.runtime.database.reading() as session:
        return [str(mark) for mark in session.scalars(select(Thing.mail))]


def test_a_process_ends_with_each_effect_once(length: dict[str, int]) -> None:
    check(Processes, **length)


class TestAPlantedFault:
    def test_a_step_without_its_key(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        whole = Runtime.call

        def keyless(self: Runtime, *asked: Any, **options: Any) -> object:
            return whole(self, *asked, **options | {"idempotency_key": new_id()})

        monkeypatch.setattr(Runtime, "call", keyless)

        assert finds(Processes, **short)

    def test_a_step_whose_advance_is_not_in_its_transaction(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        advance = processes.Turn.advance

        def torn(self: Any, work: Work, state: object, **options: Any) -> None:
            work._finish()
            work.session.commit()
            advance(self, work, state, **options)

        monkeypatch.setattr(processes.Turn, "advance", torn)

        assert finds(Processes, **short)

    def test_a_process_that_is_started_by_its_name_twice(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        begin = processes.begin

        def careless(runtime: Runtime, process: Any, origin: Any, given: Any) -> Any:
            with runtime.database.begin() as session:
                known = PROCESSES.c.status == "done"
                session.execute(update(PROCESSES).where(known).values(key=PROCESSES.c.id))
            return begin(runtime, process, origin, given)

        monkeypatch.setattr(processes, "begin", careless)

        assert finds(Processes, **short)
