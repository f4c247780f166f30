"""The outbox: what is committed is told, however the relay, its connection and the broker behave."""

import json
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import select

from chassis import relay as relays
from chassis.frames import BODY, METHOD
from chassis.ids import new_id
from chassis.origin import internal
from chassis.relay import Relay
from chassis.service import Service
from chassis.tables import OUTBOX
from tests.support.model import DEATHS, NEVER, Story, check, finds
from tests.support.things import Thing, changed
from tests.unit.chassis.test_outgoing import frames

FRAME_MAX = 4096
FEW = st.integers(1, 4)
ROUNDS = 4  # until the outbox is empty, on a healthy wire


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no turn of the relay be put off by the clock."""
    monkeypatch.setattr(relays, "LINGER_SECONDS", 0.0)
    monkeypatch.setattr(relays, "NACKED_SECONDS", 0.0)


class Teller(Service):
    """Tells, and does nothing else."""

    name = "sales"


class Outbox(Story):
    """A relay over a wire that ends anywhere; the broker has what it has taken, confirmed or not."""

    frame_max = FRAME_MAX

    def __init__(self) -> None:
        super().__init__()
        self.teller = self.place(Teller)
        self.committed: set[str] = set()  # things whose commit was acknowledged
        self.perhaps: set[str] = set()  # things whose commit ended in a death
        self.received: dict[str, bytes] = {}  # event -> body
        self.teller.on_open = self._begin
        self._begin()

    def _begin(self) -> None:
        """A process begins without a connection, and with an empty memory."""
        self.relay = Relay(self.teller.runtime.database, "sales")
        self.written: list[bytes] = []  # bodies on this channel, in the order of their tags
        self.taken = self.settled = 0

    @initialize(count=FEW)
    def begin_with_something(self, count: int) -> None:
        self.commit(count, NEVER)
        self.connect()
        self.turn(NEVER, woken=True, times=1)  # on its way, and nobody knows how far

    @rule(count=FEW, death=st.sampled_from(DEATHS))
    def commit(self, count: int, death: str) -> None:
        ids = {new_id() for _ in range(count)}
        self.perhaps |= ids

        def tell() -> bool:
            with self.teller.runtime.working(internal("sales", "test")) as work:
                for id_ in sorted(ids):
                    work.tell(changed, work.add(Thing(id=id_, name=id_)))
            return True

        if self.teller.attempt(tell, death) is True:
            self.committed |= ids

    @rule()
    @precondition(lambda self: not self.relay.connected)
    def connect(self) -> None:
        self.written, self.taken, self.settled = [], 0, 0
        self.relay._channel_id, self.relay._connection = 1, self
        self.relay._writer = self
        self.relay._mark(up=True)

    @rule(death=st.sampled_from(DEATHS), woken=st.booleans(), times=st.integers(1, 3))
    def turn(self, death: str, woken: bool, times: int) -> None:
        for _ in range(times):
            if woken:
                self.relay.wake()
            self.teller.attempt(self.relay._turn, death)

    @rule(count=FEW)
    def take(self, count: int) -> None:
        """The broker has some more of what was written."""
        self.taken = min(self.taken + count, len(self.written))
        for body in self.written[: self.taken]:
            self.received[json.loads(body)["thing_id"]] = body

    @rule(ahead=FEW, multiple=st.booleans(), good=st.booleans())
    @precondition(lambda self: self.relay.connected and self.settled < self.taken)
    def answer(self, ahead: int, multiple: bool, good: bool) -> None:
        """The broker confirms what it has, or says that it has not kept it."""
        tag = min(self.settled + ahead, self.taken)
        if good:
            self.relay._hear_ack(tag, multiple)
        else:
            self.relay._hear_nack(tag, multiple)
        if multiple:
            self.settled = tag

    @rule(how=st.sampled_from(["cut", "cut", "cut and mended", "dead"]))
    def disturb(self, how: str) -> None:
        if how == "dead":
            self.teller.die()
        elif self.relay.connected:
            self.relay._mark(up=False)
            self.relay._lost()
            if how == "cut and mended":
                self.connect()

    @invariant()
    def nothing_is_lost_or_made_up(self) -> None:
        with self.teller.runtime.database.reading() as session:
            waiting = {
                json.loads(body)["thing_id"] for body in session.scalars(select(OUTBOX.c.body))
            }
        assert self.committed <= waiting | self.received.keys(), "an event is nowhere"
        assert self.received.keys() <= self.perhaps, "an event of nobody"

    def end(self) -> None:
        for _ in range(ROUNDS):
            if not self.relay.connected:
                self.connect()
            self.relay.wake()
            self.teller.attempt(self.relay._turn)
            self.take(len(self.written))
            if self.settled < self.taken:
                self.answer(self.taken, multiple=True, good=True)
        with self.teller.runtime.database.reading() as session:
            assert session.scalars(select(OUTBOX.c.id)).all() == [], "the outbox does not drain"
            told = set(session.scalars(select(Thing.id)))
        assert told == self.received.keys(), "committed and told are not the same"

    # -- what the relay asks of its connection -------------------------------------------------------

    def write(self, data: bytes) -> None:
        for kind, _, payload in frames(data):
            if kind == METHOD:
                self.written.append(b"")
            elif kind == BODY:
                self.written[-1] += payload

    def sever(self) -> None:
        raise AssertionError("the relay gave a healthy connection up")


def test_what_is_committed_is_told(length: dict[str, int]) -> None:
    check(Outbox, **length)


class TestAPlantedFault:
    def test_a_row_that_is_deleted_before_its_confirm(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        write = Relay._write

        def hasty(self: Relay, rows: Any) -> None:
            write(self, rows)
            self._confirmed += [row.position for row in rows]

        monkeypatch.setattr(Relay, "_write", hasty)

        assert finds(Outbox, **short)

    def test_a_window_that_outlives_its_connection(
        self, short: dict[str, int], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forgetful(self: Relay) -> None:
            self._connection = self._writer = None

        monkeypatch.setattr(Relay, "_lost", forgetful)

        assert finds(Outbox, **short)
