"""Whatever was committed was told, once and in the words it was committed with."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from importlib import import_module

from sqlalchemy import Table, select

from chaos.stage import Stage
from chassis.envelope import Envelope, Undecodable
from chassis.errors import Problem
from chassis.plain.delivery import Delivery
from chassis.tables import Base, Record
from contracts import SERVICES

# How long to wait for the next message, and so how often to look: the last may be on their way.
IDLE_SECONDS = (0.5, 2.0, 5.0)
# What the ledger calls it -> what must have been told about its id, beside that nothing is missing.
TOLD_OF = {
    "lead.captured": "sales.lead.created.v1",
    "lead.converted": "sales.lead.converted.v1",
}
Subject = tuple[str, str]  # the service that tells, and the id of what it tells about


class Told:
    """What was heard: which event of whom there is, and in which words."""

    def __init__(self, passed_over: Iterable[str] = ()) -> None:
        self._passed_over = frozenset(passed_over)  # ids that somebody forged
        self._words: dict[str, tuple[Subject, int, bytes]] = {}  # by the event's id
        # The ids that came under each number of a subject: one, but where two records share an id.
        self._numbers: dict[Subject, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        self.types: dict[str, set[str]] = defaultdict(set)  # by the id of what they are about
        self.wrong: list[str] = []

    def hear(self, delivery: Delivery) -> None:
        """Note an event: what was told twice must be the same, word by word."""
        owner = delivery.exchange.rpartition(".")[0]
        if delivery.message_id in self._passed_over or owner not in SERVICES:
            return  # what is told beside the services has no records
        try:
            envelope = delivery.envelope()
        except Undecodable as strange:
            self.wrong.append(f"{delivery.exchange} carries what is no event: {strange}")
            return
        self._note((owner, envelope.subject), envelope, hashlib.sha256(delivery.body).digest())

    def differences(self, owner: str, records: Iterable[tuple[str, int]]) -> Iterator[str]:
        """Hold what was heard against the records of a service: (id, how many events it told)."""
        committed: dict[str, list[int]] = defaultdict(list)
        for id_, last in records:
            committed[id_].append(last)
        for id_, lasts in sorted(committed.items()):
            yield from self._compare((owner, id_), lasts)

    def _compare(self, subject: Subject, lasts: list[int]) -> Iterator[str]:
        (owner, id_), heard_ = subject, self._numbers.get(subject, {})
        for number in range(1, max(*lasts, *heard_, 0) + 1):
            wanted, found = sum(last >= number for last in lasts), len(heard_.get(number, ()))
            if found < wanted:
                yield f"{owner} never told event {number} of the {max(lasts)} of {id_}"
            elif found > wanted:
                events = f"{found} different events {number} of {id_}"
                yield f"{owner} told {events}, and has committed {wanted}"

    def _note(self, subject: Subject, envelope: Envelope, words: bytes) -> None:
        said = (subject, envelope.sequence, words)
        if self._words.setdefault(envelope.id, said) != said:
            self.wrong.append(f"{envelope.type} {envelope.id} was told again in other words")
        self._numbers[subject][envelope.sequence].add(envelope.id)
        self.types[envelope.subject].add(envelope.type)


def log(stage: Stage) -> Iterator[str]:
    """Hold the log, and what is private beside it, against what the services have committed."""
    found: list[str] = []
    for seconds in IDLE_SECONDS:
        found = list(_once(stage, seconds))
        if not found:
            return
    yield from found


def _once(stage: Stage, idle_seconds: float) -> Iterator[str]:
    told = Told(stage.forged)
    try:
        for delivery in stage.tap.heard(idle_seconds):
            told.hear(delivery)
    except Problem as problem:
        yield f"the log cannot be read from its beginning: {problem}"
        return
    yield from told.wrong
    for service in stage.house.databases:  # read after the log: it may only have gone on since
        yield from told.differences(service, list(_committed(stage, service)))
    for kind, type_ in TOLD_OF.items():
        for entry in stage.ledger.of(kind):
            if type_ not in told.types[entry.id]:
                yield f"{type_} was never told of {entry.id}"


def tables_of(service: str) -> list[Table]:
    """Return the tables of a service whose rows count the events about them."""
    import_module(f"services.{service}.tables")
    found = []
    for mapper in Base.registry.mappers:
        ours = mapper.class_.__module__.startswith(f"services.{service}.")
        if ours and issubclass(mapper.class_, Record) and isinstance(mapper.local_table, Table):
            found.append(mapper.local_table)
    return sorted(found, key=lambda table: table.name)


def _committed(stage: Stage, service: str) -> Iterator[tuple[str, int]]:
    for table in tables_of(service):
        query = select(table.c.id, table.c.event_seq).where(table.c.event_seq > 0)
        yield from ((one["id"], one["event_seq"]) for one in stage.rows(service, query))
