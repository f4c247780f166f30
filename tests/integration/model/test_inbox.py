"""The inbox and the retries: an event is applied once, refused once, or waits; it is never gone."""

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule
from sqlalchemy import select

from chassis import handling
from chassis.envelope import Envelope
from chassis.errors import Invalid, Unavailable
from chassis.ids import new_id
from chassis.plain import parked as header
from chassis.rows import on
from chassis.service import Service
from chassis.subscribe import Handler
from chassis.work import Work
from tests.support.model import DEATHS, Story, check, finds
from tests.support.model_queue import Post, Queue, a_post
from tests.support.things import Thing, ThingChanged, changed

TYPE = "sales.test_thing.changed.v1"
REFUSED = "refused"


def note(work: Work, event: ThingChanged) -> None:
    """Store one thing each time; some refuse, and some have to wait for another."""
    if event.name == REFUSED:
        raise Invalid("Not this one.", code="test.refused")
    waits_for = event.name.partition(" ")[2]
    stored = set(work.session.scalars(select(Thing.mail)))
    if waits_for and waits_for not in stored:
        raise Unavailable("What it needs is not there yet.")
    work.tell(changed, work.add(Thing(name=new_id(), mail=event.thing_id)))


class Listener(Service):
    """One handler."""

    name = "marketing"
    notes = on(ThingChanged, note)


class Inbox(Story):
    """A queue that delivers in any order and again, to a process that dies where it likes."""

    def __init__(self) -> None:
        super().__init__()
        self.queue = Queue(self.place(Listener), "notes")
        self.told: dict[str, str] = {}  # event -> what it says

    @rule(after=st.integers(0, 3), refused=st.integers(0, 5))
    def tell(self, after: int, refused: int) -> None:
        """Tell an event that needs nothing, an earlier one, a later one, or is not wanted."""
        number = len(self.told)
        said = f"after e{number - 2 + after}" if after else "plain"
        self.told[f"e{number}"] = REFUSED if refused == 0 else said
        self._arrive(f"e{number}")

    @rule(number=st.integers(0, 20))
    @precondition(lambda self: self.told)
    def tell_again(self, number: int) -> None:
        """The teller's relay did not hear the confirm."""
        self._arrive(sorted(self.told)[number % len(self.told)])

    @rule(
        number=st.integers(0, 20), death=st.sampled_from(DEATHS),
        ack=st.sampled_from(["sent", "sent", "lost"]),
        keeps=st.sampled_from(["kept", "kept", "kept unheard", "lost"]),
    )  # fmt: skip
    @precondition(lambda self: self.queue.ready)
    def deliver(self, number: int, death: str, ack: str, keeps: str) -> None:
        self.queue.keeps = keeps
        self.queue.deliver(number, death, ack=ack)

    @rule(number=st.integers(0, 20))
    @precondition(lambda self: self.queue.parked)
    def replay(self, number: int) -> None:
        """An operator lets a parked message try again."""
        post = self.queue.parked.pop(number % len(self.queue.parked))
        post.properties["application_headers"][header.ATTEMPT] = 0
        self.queue.ready.append(post)

    @invariant()
    def each_event_is_applied_once_or_is_still_somewhere(self) -> None:
        applied = self._applied()
        assert len(applied) == len(set(applied)), "an event was applied twice"
        assert not {id_ for id_ in applied if self.told[id_] == REFUSED}
        kept = {_id(post) for post in (*self.queue.ready, *self.queue.parked)}
        assert self.told.keys() <= set(applied) | kept, "an event is nowhere"

    def end(self) -> None:
        self.queue.keeps = "kept"
        for _ in range(12):
            while any(self._may_go_on(post) for post in self.queue.parked):
                at = next(i for i, one in enumerate(self.queue.parked) if self._may_go_on(one))
                self.replay(at)
            for _ in self.queue.ready[:]:
                self.queue.deliver(0)
        applied = self._applied()
        assert set(applied) == {id_ for id_ in self.told if self._possible(id_)}
        self.each_event_is_applied_once_or_is_still_somewhere()

    def _may_go_on(self, post: Post) -> bool:
        id_ = _id(post)
        return self._possible(id_) and id_ not in self._applied()

    def _possible(self, id_: str) -> bool:
        """Whether what an event needs will ever be there."""
        seen: set[str] = set()
        while id_ in self.told and id_ not in seen and self.told[id_] != REFUSED:
            seen.add(id_)
            needed = self.told[id_].partition(" ")[2]
            if not needed:
                return True
            id_ = needed
        return False

    def _applied(self) -> list[str]:
        with self.queue.place.runtime.database.reading() as session:
            return [str(id_) for id_ in session.scalars(select(Thing.mail))]

    def _arrive(self, id_: str) -> None:
        known = Envelope(
            id=id_, source="/crm/sales", type=TYPE, time="2099-01-01T00:00:00.000000Z", subject=id_,
            dataschema="", correlation_id="c", causation_id="c", sequence=1,
        )  # fmt: skip
        said = {"thing_id": id_, "version": 1, "name": self.told[id_]}
        self.queue.ready.append(a_post(id_, "sales.events", known, said))


def _id(post: Post) -> str:
    return str(post.properties["message_id"])


def test_an_event_is_applied_once(length: dict[str, int]) -> None:
    check(Inbox, **length)


class TestAPlantedFault:
    def test_an_inbox_that_remembers_nothing(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(handling, "_first_time", lambda *_: True)

        assert finds(Inbox, **short)

    def test_an_original_that_goes_without_a_copy(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settle = Handler._settle

        def careless(self: Any, message: Any, *rest: Any) -> None:
            settle(self, message, *rest)
            self.queue_consumer.ack_message(message)

        monkeypatch.setattr(Handler, "_settle", careless)

        assert finds(Inbox, **short)

    def test_an_acknowledgement_before_the_commit(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        handle = Handler.handle_message

        def hasty(self: Any, message: Any) -> None:
            self.queue_consumer.ack_message(message)
            handle(self, message)

        monkeypatch.setattr(Handler, "handle_message", hasty)

        assert finds(Inbox, **short)
