"""A small owned record to try the chassis with."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from marshmallow import fields
from marshmallow.validate import Length
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import Clock
from chassis.database import Database
from chassis.origin import internal
from chassis.records import Resource
from chassis.schemas import Accepted
from chassis.tables import PERSONAL, OwnedRecord
from chassis.work import Work, working
from contracts import sales as _sales  # noqa: F401  # declares sales.record.changed.v1
from contracts.base import event, personal
from tests.support.made import make_tables


class Thing(OwnedRecord):
    """A thing with a public and a personal field."""

    __tablename__ = "test_things"

    name: Mapped[str] = mapped_column(String(40), unique=True)
    mail: Mapped[str | None] = mapped_column(String(80), info=PERSONAL)


@event("sales.test_thing.changed.v1", subject="thing_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ThingChanged:
    """A thing changed (logged)."""

    thing_id: str
    version: int
    name: str


@event("sales.test_thing.bought.v1", subject="order_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class Bought:
    """Somebody bought a thing (logged)."""

    order_id: str
    customer_id: str
    contact_id: str | None = None


@event("sales.test_thing.greeted.v1", subject="contact_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class Greeted:
    """Something became of a contact itself (logged)."""

    contact_id: str
    customer_id: str


@event("sales.test_thing.recorded.v1", subject="thing_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ThingRecorded:
    """A thing as it stands (private)."""

    thing_id: str
    version: int
    name: str
    mail: str | None = personal(None)


class ThingSchema(Accepted):
    """A thing as it is shown and accepted."""

    id = fields.Str(dump_only=True)
    version = fields.Int(dump_only=True)
    name = fields.Str(required=True, validate=Length(1, 40))
    mail = fields.Str(allow_none=True)
    owner_id = fields.Str(allow_none=True)


THINGS = Resource(
    kind="thing",
    record=Thing,
    schema=ThingSchema(),
    reads="lead.read",
    writes="lead.write",
    filters={"name": Thing.name.__eq__},
    sorts={"name": Thing.name},
)


def changed(thing: Thing) -> ThingChanged:
    """Tell the public half."""
    return ThingChanged(thing_id=thing.id, version=thing.version, name=thing.name)


def recorded(thing: Thing) -> ThingRecorded:
    """Tell the whole."""
    return ThingRecorded(thing_id=thing.id, version=thing.version, name=thing.name, mail=thing.mail)


@contextmanager
def opened(url: str) -> Iterator[Database]:
    """Open a database with the chassis' tables and the things."""
    database = Database(url)
    make_tables(database.engine)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def at_work(database: Database) -> Iterator[Work]:
    """Work as the service itself."""
    with working(database, Clock(), internal("sales", "test")) as work:
        yield work


def a_thing(database: Database, **fields: object) -> str:
    """Store a thing and return its id."""
    with at_work(database) as work:
        thing = work.add(Thing(**({"name": "lamp"} | fields)))
        work.tell(changed, thing)
    return thing.id
