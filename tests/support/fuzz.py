"""Asking every row of every page, over and over, with what it takes and with what it does not."""

from collections import Counter as Tally
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from chassis.rows import Command, RpcRow
from contracts.roles import ROLES
from tests.support.fuzz_calls import Answer, Counter, wrong
from tests.support.fuzz_rooms import EAST, WEST, Rooms
from tests.support.fuzz_stock import Stock
from tests.support.fuzz_values import Drawing, written

LOOK_EVERY = 40  # calls after which the ids in use are looked up again
SECRETS = (WEST, EAST)


@dataclass
class Complaint:
    """One call whose answer broke a rule; enough to do it again."""

    way: str
    sentence: str
    body: bytes

    def __str__(self) -> str:
        return f"{self.way}: {self.sentence}\n    asked: {self.body[:400]!r}"


@dataclass
class Findings:
    """What a run came to."""

    calls: int = 0
    outcomes: Tally[str] = field(default_factory=Tally)
    methods: dict[str, Tally[str]] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)

    def note(self, way: str, answer: Answer) -> None:
        """Count an answer."""
        self.calls += 1
        self.outcomes[answer.category] += 1
        self.methods.setdefault(way, Tally())[answer.category] += 1

    def report(self) -> str:
        """Say what was found, each kind once."""
        seen = {(one.way, one.sentence): str(one) for one in reversed(self.complaints)}
        told = "\n".join(seen.values())
        return f"{self.calls} calls, {dict(self.outcomes)}\n{told}"


class Fuzz:
    """One seeded run over the six rooms."""

    def __init__(self, rooms: Rooms, counters: dict[str, Counter], seed: int) -> None:
        self.dice, self.rooms, self.counters = Random(seed), rooms, counters  # noqa: S311  # dice that repeat
        self.found = Findings()
        self._stock = {name: Stock(room) for name, room in rooms.all.items()}
        self._drawing = {
            name: Drawing(self.dice, stock) for name, stock in self._stock.items()
        }  # fmt: skip
        self._numbers = 0

    def run(self, calls: int) -> Findings:
        """Ask so many times, every row in turn."""
        while self.found.calls < calls:
            for name, row in self._round():
                if self.found.calls >= calls:
                    break
                if self.found.calls % LOOK_EVERY == 0:
                    self._look()
                self.once(name, row)
        return self.found

    def once(self, name: str, row: RpcRow) -> Answer:
        """Ask one row once: half of the time with something wrong."""
        counter = self.counters[name]
        payload = self._drawing[name].payload(row, counter.plain)
        if self.dice.random() < 0.6:
            payload = self._drawing[name].spoilt(payload)
        return self.ask(name, row, payload)

    def ask(self, name: str, row: RpcRow, payload: dict[str, Any]) -> Answer:
        """Ask, and hold the answer against the rules; commands now and then twice."""
        body, token = written(payload), self._token(name)
        self._numbers += 1
        id_ = f"fuzz-{self._numbers}"
        answer = self.counters[name].ask(row.name, body, token, message_id=id_)
        way = f"{name}.{row.name}"
        self.found.note(way, answer)
        bugs, self.counters[name].bugs = self.counters[name].bugs, []
        for sentence in (*wrong(row, answer, body, SECRETS), *bugs):
            self.found.complaints.append(Complaint(way, sentence, body))
        if isinstance(row, Command) and answer.error is None and self.dice.random() < 0.3:
            again = self.counters[name].ask(row.name, body, token, message_id=id_)
            if (again.result, again.wrote) != (answer.result, False):
                said = "the same request was not given the same answer"
                self.found.complaints.append(Complaint(way, said, body))
        return answer

    def _round(self) -> Iterator[tuple[str, RpcRow]]:
        every = [
            (name, row)
            for name, counter in self.counters.items()
            for row in counter.rpcs().values()
        ]
        self.dice.shuffle(every)
        yield from every

    def _token(self, name: str) -> str:
        if self.dice.random() < 0.8:
            return self.rooms.admin(name)
        person = self.rooms.people[self.dice.choice((WEST, EAST))]
        return person.token(self.rooms.all[name], self.dice.choice(list(ROLES)))

    def _look(self) -> None:
        for stock in self._stock.values():
            stock.look()
