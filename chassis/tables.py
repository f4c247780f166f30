"""What every service database stores beside its own nouns."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum as PyEnum
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Enum,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from chassis.caller import GROUP_ENTITY
from chassis.ids import ID_LENGTH
from contracts.base import Copied

PERSONAL = {"personal": True}  # mapped_column(info=PERSONAL): tells something about a person


class Instant(TypeDecorator[datetime]):
    """Aware UTC in, aware UTC out, on databases that forget the zone too."""

    impl = DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        """Say what comes out (a cursor is read back by this)."""
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive instant."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant without a zone is not stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(
        self,
        value: datetime | None,
        dialect: Dialect,  # noqa: ARG002  # SQLAlchemy's
    ) -> datetime | None:
        """Give the zone back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """The root of all mapped classes of a process."""

    type_annotation_map = {  # noqa: RUF012  # SQLAlchemy reads it as a plain class attribute
        datetime: Instant(),
        PyEnum: Enum(
            PyEnum,
            native_enum=False,
            length=32,
            create_constraint=False,
            values_callable=lambda kind: [member.value for member in kind],
        ),
    }


class Record(Base):
    """A thing with an identity, a version and the entity of the group that it belongs to.

    No index has the entity alone: SQLite, which knows no statistics, would take it for as narrow as
    one with a customer, and read the whole entity.
    """

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, sort_order=-10)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH), default=GROUP_ENTITY, sort_order=-9)
    version: Mapped[int] = mapped_column(Integer, sort_order=-8)
    event_seq: Mapped[int] = mapped_column(Integer, default=0, sort_order=-7)
    created_at: Mapped[datetime] = mapped_column(sort_order=-6)
    updated_at: Mapped[datetime] = mapped_column(sort_order=-5)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805  # declared on the class
        """Let every UPDATE and DELETE check the version that was read."""
        return {"version_id_col": cls.version}


class OwnedRecord(Record):
    """A record that is somebody's: visibility is decided by these columns alone."""

    __abstract__ = True

    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True, sort_order=-4)
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True, sort_order=-3)
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True, sort_order=-2)


class CopyRecord(Base):
    """Another service's record as last told; only the chassis writes it."""

    __abstract__ = True

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, sort_order=-10)
    sequence: Mapped[int] = mapped_column(BigInteger, default=0, sort_order=-9)
    erased: Mapped[bool] = mapped_column(default=False, sort_order=-8)


@dataclass(frozen=True, slots=True)
class CopyRow:
    """Which table keeps a copy of what."""

    name: str
    table: type[CopyRecord]
    of: Copied


# SQLite numbers rows by itself only in an INTEGER primary key.
_POSITION = BigInteger().with_variant(Integer, "sqlite")

OUTBOX = Table(
    "outbox",
    Base.metadata,
    Column("position", _POSITION, primary_key=True, autoincrement=True),
    Column("id", String(ID_LENGTH), nullable=False),
    Column("exchange", String(80), nullable=False),
    Column("routing_key", String(120), nullable=False),
    Column("headers", Text, nullable=False),  # JSON object of text
    Column("body", Text, nullable=False),  # JSON
    Column("recorded_at", Float, nullable=False),  # real clock, seconds since the epoch
    sqlite_autoincrement=True,  # a position is never used twice
)
INBOX = Table(
    "inbox",
    Base.metadata,
    Column("handler", String(80), primary_key=True),
    Column("event_id", String(ID_LENGTH * 2), primary_key=True),
    Column("applied_at", Float, nullable=False, index=True),  # real clock
)
IDEMPOTENCY = Table(
    "idempotency",
    Base.metadata,
    Column("caller", String(ID_LENGTH * 2), primary_key=True),
    Column("method", String(80), primary_key=True),
    Column("key", String(ID_LENGTH * 2), primary_key=True),
    Column("body_hash", String(64), nullable=False),
    Column("answer", Text, nullable=False),  # JSON, as replied
    Column("created_at", Float, nullable=False, index=True),  # real clock
)
TIMERS = Table(
    "timers",
    Base.metadata,
    Column("id", String(ID_LENGTH), primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("key", String(ID_LENGTH * 2), nullable=False),
    Column("due", Instant(), nullable=False),  # business clock
    Column("data", Text, nullable=False),  # JSON
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_try", Float, nullable=False, default=0.0),  # real clock
    Column("reason", Text),  # why the last attempt failed
    UniqueConstraint("kind", "key"),
    Index("ix_timers_due", "due", "id"),
)
IS_ERASED = text("verb = 'erased'")
AUDIT = Table(
    "audit",
    Base.metadata,
    Column("position", _POSITION, primary_key=True, autoincrement=True),
    Column("record_kind", String(80), nullable=False),
    Column("record_id", String(ID_LENGTH), nullable=False),
    Column("entity_id", String(ID_LENGTH), nullable=False, server_default=GROUP_ENTITY),
    Column("version", Integer, nullable=False),
    Column("verb", String(10), nullable=False),  # created, updated, deleted, erased
    Column("at", Instant(), nullable=False),  # business clock
    Column("actor", String(ID_LENGTH * 2), nullable=False),
    Column("channel", String(80), nullable=False),
    Column("correlation_id", String(ID_LENGTH * 2), nullable=False),
    # SHA-256 of the salt and the changes. The release before writes none, but the changes here: they
    # are taken over before they are sealed (chassis/adopting.py).
    Column("commitment", String(64), nullable=False, server_default=""),
    Column("changes", Text),
    Index("ix_audit_record", "record_kind", "record_id", "position"),
    Index("ix_audit_actor", "actor", "position"),
    Index("ix_audit_at", "at", "position"),
    # Few rows: which records were erased is asked by their ids alone, for every word of a message.
    Index("ix_audit_erased", "record_id", sqlite_where=IS_ERASED, postgresql_where=IS_ERASED),
    sqlite_autoincrement=True,  # a position is never used twice
)
# What can be erased: the row of the trail that commits to it stays. See docs/adr/0016.
AUDIT_VALUES = Table(
    "audit_values",
    Base.metadata,
    Column("position", _POSITION, primary_key=True, autoincrement=False),
    Column("salt", String(32), nullable=False),
    Column("changes", Text, nullable=False),  # JSON: field -> [old, new]
)
# The links of the chain over the trail, each over the rows that were committed since the last.
AUDIT_SEALS = Table(
    "audit_seals",
    Base.metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),  # from 1
    Column("first", _POSITION, nullable=False),
    Column("last", _POSITION, nullable=False),
    Column("gaps", Text, nullable=False),  # JSON [[from, to]]: positions that were not there
    Column("late", Text, nullable=False),  # JSON [[from, to]]: of earlier gaps, and now there
    Column("total", BigInteger, nullable=False),  # rows up to here
    Column("sealed_at", BigInteger, nullable=False),  # real clock, seconds since the epoch
    Column("marks", Text, nullable=False),  # 16 hex digits for each row: which one was changed
    Column("hash", String(64), nullable=False),
    Column("told", Integer, nullable=False),  # 1 where an event told of it
)
PROCESSES = Table(
    "processes",
    Base.metadata,
    Column("id", String(ID_LENGTH), primary_key=True),
    Column("kind", String(80), nullable=False),
    Column("key", String(ID_LENGTH * 2), nullable=False),
    # running, acting (an effect outside is under way), undoing, done, refused, stuck
    Column("status", String(16), nullable=False),
    Column("step", Integer, nullable=False),
    Column("data", Text, nullable=False),  # JSON object, what the steps have learnt
    Column("actor", String(ID_LENGTH * 2), nullable=False),  # on whose behalf
    Column("correlation_id", String(ID_LENGTH * 2), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_try", Float, nullable=False),  # real clock; also the lease of who runs it now
    Column("error", Text),  # JSON wire error of the refusal or of the last failure
    Column("started_at", Instant(), nullable=False),
    Column("finished_at", Instant()),
    UniqueConstraint("kind", "key"),
    Index("ix_processes_open", "status", "next_try"),
)
COPY_STATES = Table(
    "copy_states",
    Base.metadata,
    Column("name", String(80), primary_key=True),
    Column("cursor", Text),
    Column("complete", Integer, nullable=False),  # 1 when the snapshot has been read to its end
    Column("refreshed_at", Float, nullable=False),  # real clock
)
# Old ids of customers that were merged into others; accounts decides it, copies bring it.
ALIASES = Table(
    "aliases",
    Base.metadata,
    Column("old_id", String(ID_LENGTH), primary_key=True),
    Column("new_id", String(ID_LENGTH), nullable=False, index=True),
)
# Customers that were erased, by every id they had, and contacts that were erased alone: nothing is
# written about them any more.
ERASED_CUSTOMERS = Table(
    "erased_customers",
    Base.metadata,
    Column("id", String(ID_LENGTH), primary_key=True),
    Column("task_id", String(ID_LENGTH), nullable=False),
)
# Which records a merge re-pointed: exactly these go back when it is undone.
MOVED = Table(
    "moved",
    Base.metadata,
    Column("task_id", String(ID_LENGTH), primary_key=True),
    Column("kind", String(40), primary_key=True),
    Column("from_id", String(ID_LENGTH), primary_key=True),  # whose it was
    Column("record_key", String(400), primary_key=True),  # JSON: its key without the customer
    # JSON of a record that gave way to one of the same key; None where it was re-pointed.
    Column("image", Text, info=PERSONAL),
)


class Following(Record):
    """What a service has done for a task of accounts; its id is the task's."""

    __tablename__ = "followings"

    task: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    counts: Mapped[dict[str, int]] = mapped_column(JSON)  # kind -> records


FOLLOWINGS = Following.__table__  # a table of every service, as those above
