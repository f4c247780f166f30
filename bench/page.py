"""Two small services made of real rows: one keeps notes and tells of them, the other hears it."""

from dataclasses import dataclass
from typing import Any

from marshmallow import fields
from marshmallow.validate import Length, OneOf, Range
from sqlalchemy import BigInteger, Column, String, Table, insert
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.rows import command, on, query
from chassis.schemas import Accepted, Shown
from chassis.service import Service
from chassis.tables import Base, OwnedRecord
from chassis.work import Work
from contracts.base import event

WORKERS = 10  # as many as nameko's default
STAGES = ("open", "won", "lost")


class Note(OwnedRecord):
    """A record with the usual few columns of its own."""

    __tablename__ = "bench_notes"

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    title: Mapped[str] = mapped_column(String(200))
    text: Mapped[str] = mapped_column(String(4000))
    stage: Mapped[str] = mapped_column(String(20))
    amount_minor: Mapped[int] = mapped_column(BigInteger)


EFFECTS = Table(
    "bench_effects",
    Base.metadata,
    Column("note_id", String(ID_LENGTH), primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
)
ADD_EFFECT = insert(EFFECTS)


@event("bench.note.created.v1", subject="note_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class NoteCreated:
    """A note was entered."""

    note_id: str
    version: int
    customer_id: str
    title: str
    stage: str
    amount_minor: int
    owner_id: str | None = None


class AddNote(Accepted):
    """Enter a note."""

    customer_id = fields.String(required=True, validate=Length(1, ID_LENGTH))
    title = fields.String(required=True, validate=Length(1, 200))
    text = fields.String(load_default="", validate=Length(max=4000))
    stage = fields.String(load_default="open", validate=OneOf(STAGES))
    amount_minor = fields.Integer(required=True, strict=True, validate=Range(0))


class NoteShown(Shown):
    """Show a note."""

    id = fields.String()
    version = fields.Integer()
    customer_id = fields.String()
    title = fields.String()
    stage = fields.String()
    amount_minor = fields.Integer()


class Words(Accepted):
    """What is sent back as it came."""

    text = fields.String(required=True, validate=Length(max=200))
    number = fields.Integer(required=True, strict=True)


def add_note(work: Work, **given: Any) -> Note:
    """Enter a note and tell of it."""
    note = work.add(Note(**given, owner_id=work.caller.staff_id))
    work.tell(created, note)
    return note


def created(note: Note) -> NoteCreated:
    """Tell of a note as it is."""
    return NoteCreated(
        note_id=note.id,
        version=note.version,
        customer_id=note.customer_id,
        title=note.title,
        stage=note.stage,
        amount_minor=note.amount_minor,
        owner_id=note.owner_id,
    )


def echo(_: Work, *, text: str, number: int) -> dict[str, object]:
    """Send back what came."""
    return {"text": text, "number": number}


def note_effect(work: Work, told: NoteCreated) -> None:
    """Have a small effect: one row."""
    row = {"note_id": told.note_id, "amount_minor": told.amount_minor}
    work.session.execute(ADD_EFFECT, row)
    work.session.info.setdefault("heard", []).append(told.note_id)


class Bench(Service):
    """Keep notes."""

    name = "bench"

    echo = query(echo, accepts=Words(), needs="lead.read")
    add_note = command(add_note, accepts=AddNote(), shows=NoteShown(), needs="lead.write")


class Hearer(Service):
    """Hear of notes."""

    name = "hearer"

    notes = on(NoteCreated, note_effect, concurrency=WORKERS)


PAGES: dict[str, type[Service]] = {page.name: page for page in (Bench, Hearer)}
NOTE = {
    "customer_id": "customer-4711",
    "title": "Asks for an offer for twelve tables and forty chairs",
    "text": "Delivery in May. Called twice; prefers to be written to.",
    "stage": "open",
    "amount_minor": 1_249_900,
}
