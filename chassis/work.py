"""What a use case works with: one transaction and all that is written with it."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import delete, event, select
from sqlalchemy.orm import Session

from chassis import aliases, audit, merging
from chassis.bulk import insert_many, insert_unless_there, set_timer
from chassis.caller import Caller, Scope
from chassis.clock import Clock
from chassis.database import Database
from chassis.drafts import Draft, Told
from chassis.envelope import encode
from chassis.errors import Invalid, NotFound
from chassis.ids import new_id
from chassis.origin import Origin
from chassis.tables import OUTBOX, PROCESSES, TIMERS, Record
from chassis.trail import ShownChanges, Subject, Trail, event_row
from chassis.visibility import scope_of, visible

R = TypeVar("R", bound=Record)


@dataclass(eq=False)
class Work:
    """One transaction of one service, done for one caller."""

    session: Session
    now: datetime  # business instant
    origin: Origin
    scope: Scope = Scope.ALL
    trail: Trail = field(default_factory=Trail)
    own: Any = None  # the settings that only this service has
    # Custom fields that are declared not personal: events tell how they changed.
    revealed: dict[type[Record], set[str]] = field(default_factory=dict)
    _told: list[Told] = field(default_factory=list)
    _drafts: dict[int, Draft] = field(default_factory=dict)
    _events: list[dict[str, Any]] = field(default_factory=list)

    @property
    def service(self) -> str:
        """Return the service that does it."""
        return self.origin.service

    @property
    def caller(self) -> Caller:
        """Return who asked for this."""
        return self.origin.caller

    @property
    def actor(self) -> str:
        """Return who is answerable for this: the person behind a service, or the service."""
        return self.origin.actor

    @property
    def correlation_id(self) -> str:
        """Return the id that all work for one outside request shares."""
        return self.origin.correlation_id

    @property
    def lag_ms(self) -> int | None:
        """Return how long ago, in real time, the source committed the event this is about."""
        told_at = self.origin.told_at
        return None if told_at is None else max(0, round((time.time() - told_at) * 1000))

    def require(self, permission: str) -> None:
        """Demand a permission; from here on records are seen as far as it reaches.

        :raises Forbidden: if the caller does not have it.
        """
        self.scope = scope_of(self.caller, permission, self.service, self.origin.method)

    def visible(self, kind: type[Record]) -> tuple[Any, ...]:
        """Return the conditions under which this caller sees a record."""
        return visible(self.caller, self.scope, kind)

    def get(self, kind: type[R], id_: str, *, version: int | None = None) -> R:
        """Load a record that the caller may see; with ``version`` it is about to be changed.

        The id of a record that was merged into another leads to that one.

        :raises NotFound: if there is none that the caller may see.
        :raises StaleVersion: if it has another version by now.
        """
        record = self._seen(kind, id_)
        if record is None and (now := aliases.now_called(self.session, id_)) != id_:
            record = self._seen(kind, now)
        if record is None:
            noun = kind.__name__.lower()
            raise NotFound(
                f"There is no {noun} with this id.",
                code=f"{self.service}.{noun}.not_found",
                detail={"id": id_},
            )
        if version is not None and record.version != version:
            changed = merging.changed_since(self.session, record, version)
            raise merging.stale(record, version, changed or {})
        return record

    def add(self, record: R) -> R:
        """Put a new record in; its id is made here unless it has a natural one."""
        if not record.id:
            record.id = new_id()
        if not record.entity_id:
            record.entity_id = self.caller.entity_id
        record.event_seq = record.event_seq or 0
        self.session.add(record)
        return record

    def remove(self, record: Record) -> None:
        """Delete a record that was loaded in this work."""
        self.session.delete(record)

    def tell(self, make: Callable[[R], object], about: R) -> None:
        """Tell an event about a record, made from the state it has when the work is done."""
        about.event_seq = (about.event_seq or 0) + 1
        self._told.append(Told(make, about, about.event_seq))

    def at(self, due: datetime, kind: str, key: str, data: Mapping[str, object]) -> None:
        """Set a durable timer; a timer of the same kind and key is replaced."""
        if due.tzinfo is None:
            raise Invalid("A due instant needs a zone.", code="timer.naive")
        row = {"id": new_id(), "kind": kind, "key": key, "due": due, "reason": None}
        row |= {"data": encode(data).decode(), "attempts": 0, "next_try": 0.0}
        # In one statement: between a delete and an insert another may set the same timer, and one
        # of the two would be refused for nothing either has done wrong.
        statement = set_timer(self.session.get_bind().dialect.name)
        self.session.connection().execute(statement, row)

    def cancel(self, kind: str, key: str) -> None:
        """Forget a timer, if there is one."""
        self.session.execute(delete(TIMERS).where(TIMERS.c.kind == kind, TIMERS.c.key == key))

    def start(self, kind: str, key: str, data: Mapping[str, object]) -> bool:
        """Start a process; say whether it is new. The same key never starts twice."""
        row: dict[str, object] = {
            "id": new_id(),
            "kind": kind,
            "key": key,
            "status": "running",
            "step": 0,
            "data": encode(data).decode(),
            "actor": self.actor,
            "correlation_id": self.correlation_id,
            "attempts": 0,
            "next_try": 0.0,
            "started_at": self.now,
        }
        is_new = self.insert_once(PROCESSES, row)
        if is_new:  # whoever leads looks here when this is committed, and takes it up at once
            self.session.info.setdefault("started", []).append((kind, row["id"]))
        return is_new

    def insert_once(self, table: Any, row: Mapping[str, object]) -> bool:
        """Insert a row unless its key is there already; say whether it was inserted."""
        statement = insert_unless_there(table, self.session.get_bind().dialect.name)
        done: Any = self.session.connection().execute(statement, row)
        return bool(done.rowcount)

    def write_many(
        self,
        kind: type[R],
        rows: list[dict[str, Any]],
        events: Iterable[tuple[object, str, int]] = (),
    ) -> None:
        """Insert many new records at once, with the audit entries and events they owe.

        ``events`` are (event, subject id, sequence); each row must carry its id and event_seq.
        """
        for row in rows:
            row |= {"version": 1, "created_at": self.now, "updated_at": self.now}
            row.setdefault("entity_id", self.caller.entity_id)
            changes = audit.entries({}, row)
            created = Subject(kind.__tablename__, row["id"], 1, row["entity_id"])
            self.trail.note(self.origin, self.now, created, "created", changes)
        table: Any = kind.__table__
        insert_many(self.session, table, rows)
        for told, subject, sequence in events:
            self._queue_event(told, (subject, sequence), {})

    def flush(self) -> None:
        """Write pending records now (when a generated value or a constraint is needed)."""
        self.session.flush()

    # -- written by the chassis when the use case has returned ------------------------------

    def _finish(self) -> None:
        """Write audit rows and events; called once, before the commit."""
        self.session.flush()
        changed: dict[int, audit.Changes] = {}
        for draft in self._drafts.values():
            record = draft.record
            changed.setdefault(id(record), {}).update(draft.changes)
            if draft.changes or draft.verb != "updated":
                about = Subject(record.__tablename__, record.id, record.version, record.entity_id)
                self.trail.note(self.origin, self.now, about, draft.verb, draft.changes)
        for told in self._told:
            changes = changed.get(id(told.about), {})
            kind = type(told.about)
            hidden = audit.hidden(kind, changes, self.revealed.get(kind, set()))
            shown = {n: None if n in hidden else c for n, c in changes.items()}
            self._queue_event(told.make(told.about), (told.about.id, told.sequence), shown)
        self.trail.write(self.session)
        insert_many(self.session, OUTBOX, self._events)
        self._events = []

    def _queue_event(self, told: object, aggregate: tuple[str, int], changes: ShownChanges) -> None:
        self._events.append(event_row(self.origin, self.now, told, aggregate, changes))

    def _seen(self, kind: type[R], id_: str) -> R | None:
        return self.session.scalar(select(kind).where(kind.id == id_, *self.visible(kind)))

    def _stamp(self) -> None:
        session = self.session
        for record in session.new:
            if isinstance(record, Record):
                record.created_at = record.updated_at = self.now
                self._draft(record, "created", audit.entries(*audit.images(record)))
        for record in session.dirty:
            if isinstance(record, Record) and session.is_modified(record):
                record.updated_at = self.now
                self._draft(record, "updated", audit.entries(*audit.images(record)))
        for record in session.deleted:
            if isinstance(record, Record):
                self._draft(record, "deleted", audit.entries(audit.last_image(record), {}))

    def _draft(self, record: Record, verb: str, changes: audit.Changes) -> None:
        """Note a change; several flushes of one record in one work are one change."""
        earlier = self._drafts.get(id(record))
        if earlier is None or verb == "deleted":
            self._drafts[id(record)] = Draft(record, verb, changes)
            return
        for name, (old, new) in changes.items():
            first = earlier.changes[name][0] if name in earlier.changes else old
            earlier.changes[name] = (first, new)


@event.listens_for(Session, "before_flush")
def _before_flush(session: Session, _: object, __: object) -> None:
    work = session.info.get("work")
    if work is not None:
        work._stamp()  # noqa: SLF001  # the session's hook is part of the work


@contextmanager
def working(database: Database, clock: Clock, origin: Origin, own: object = None) -> Iterator[Work]:
    """Do one piece of work: a transaction that commits with its audit rows and events.

    :raises Problem: whatever the use case refuses; then nothing is written.
    """
    scope = _scope(origin)
    with database.begin() as session, joined(session, clock, origin, scope, own) as work:
        yield work


@contextmanager
def joined(
    session: Session,
    clock: Clock,
    origin: Origin,
    scope: Scope = Scope.ALL,
    own: object = None,
) -> Iterator[Work]:
    """Do one piece of work among others in a transaction that somebody else commits."""
    work = Work(session, clock.now(), origin, scope, own=own)
    session.info["work"] = work
    yield work
    work._finish()  # noqa: SLF001  # nobody but this context may end the work


@contextmanager
def looking(database: Database, clock: Clock, origin: Origin, own: object = None) -> Iterator[Work]:
    """Read: the same surroundings, in a transaction that writes nothing."""
    scope = _scope(origin)
    with database.reading() as session:
        yield Work(session, clock.now(), origin, scope, own=own)


def _scope(origin: Origin) -> Scope:
    """Decide before a connection is taken, so that a refusal costs nothing."""
    if origin.permission is None:
        return Scope.ALL
    return scope_of(origin.caller, origin.permission, origin.service, origin.method)
