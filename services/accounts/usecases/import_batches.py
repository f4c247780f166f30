"""The rows of one chunk of an import: what is known of them, and writing what they come to."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

from chassis.bulk import insert_many
from chassis.custom.values import Values
from chassis.ids import new_id
from chassis.tables import Base
from chassis.work import Work
from services.accounts.domain import customers as rules
from services.accounts.domain.imports import Entry, Fault, MatchBy
from services.accounts.domain.ownership import TERRITORY_RULE, OwnershipReason
from services.accounts.reads import directory, telling
from services.accounts.reads.search import Named
from services.accounts.tables import (
    Customer,
    ExternalId,
    Import,
    ImportImage,
    ImportKey,
    ImportRefusal,
    ImportRow,
    Ownership,
    SearchTerm,
)
from services.accounts.usecases import import_custom as extra
from services.accounts.usecases import search
from services.accounts.usecases.drop_timers import arm_new
from services.accounts.usecases.import_custom import Custom
from services.accounts.usecases.import_matching import People
from services.accounts.usecases.numbering import take_numbers

NOT_IN_A_FILE = (
    "tier", "tags", "preferred_channel", "preferred_from", "preferred_until", "preferred_zone",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the file; the header is number 1."""

    number: int
    raw: bytes
    read: Entry | Fault
    stored: dict[str, object] = field(default_factory=dict)  # the columns of its customer
    key: str = ""  # whom it is about; empty: somebody new
    keys: tuple[tuple[str, str], ...] = ()  # what would make it certainly the same as another
    custom: Values = field(default_factory=dict)


@dataclass(slots=True)
class Batch:
    """The rows of one chunk against everything that is known of them, and what they come to."""

    work: Work
    job: Import
    column: MatchBy  # that says whom a row is about
    places: directory.Places
    by_id: Mapping[str, list[Customer]]  # whom a row is about -> those who are known by that
    people: People  # who may be one of the rows
    seen: set[str]  # keys of rows that were accepted before
    custom: Custom
    new: list[dict[str, Any]] = field(default_factory=list)  # rows of customers
    rows: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[dict[str, Any]] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    images: list[dict[str, Any]] = field(default_factory=list)


def note_image(batch: Batch, line: Line, known: Customer, different: Mapping[str, object]) -> None:
    """Keep what a customer is before it is changed, and what it will be."""
    before, after = extra.images(known, different)
    batch.images.append(
        {
            "import_id": batch.job.id,
            "number": line.number,
            "customer_id": known.id,
            "before": before,
            "after": after,
        }
    )


def write(batch: Batch) -> None:
    """Write what the rows of a chunk came to."""
    work = batch.work
    if batch.new and not batch.job.dry_run:
        _write_customers(batch)
    if not batch.job.dry_run:
        extra.write(work, batch.custom)
    _insert(work, ImportRow, batch.rows)
    _insert(work, ImportRefusal, batch.refusals)
    _insert(work, ImportKey, batch.keys)
    _insert(work, ImportImage, batch.images)


def _insert(work: Work, kind: type[Base], rows: list[dict[str, Any]]) -> None:
    table: Any = kind.__table__
    insert_many(work.session, table, rows)


def _write_customers(batch: Batch) -> None:
    work, job = batch.work, batch.job
    numbers = take_numbers(work, len(batch.new))
    owned: list[dict[str, Any]] = []
    for row, number in zip(batch.new, numbers, strict=True):
        place = batch.places.of(row["state"])
        row |= {
            **rules.newcomer(),
            **dict.fromkeys(NOT_IN_A_FILE),
            "lifecycle": row["lifecycle"],
            "number": number,
            "event_seq": 2,  # the two events below
            "owner_id": place.owner.staff_id if place.owner else None,
            "team_id": place.owner.team_id if place.owner else None,
            "territory_id": place.territory_id,
        }
        if place.owner is not None:
            owned.append(_owned(work, row))
    work.write_many(Customer, batch.new, _events(batch.new))
    keys = [
        {
            "entity_id": job.entity_id,
            "system": job.system,
            "key": row["external_ids"][job.system],
            "customer_id": row["id"],
        }
        for row in batch.new
        if job.system in row["external_ids"]
    ]
    _insert(work, ExternalId, keys)
    _insert(work, SearchTerm, [term for row in batch.new for term in search.rows(_named(row))])
    _insert(work, Ownership, owned)
    arm_new(work, job.entity_id, [row["customer_id"] for row in owned])


def _named(row: Mapping[str, Any]) -> Named:
    return Named(row["id"], row["id"], row["entity_id"], row["name"], row["email"])


def _events(rows: list[dict[str, Any]]) -> Iterator[tuple[object, str, int]]:
    for row in rows:
        # A row of a bulk insert has the attributes of the record that it becomes.
        customer = cast(Customer, SimpleNamespace(**row))
        yield telling.customer_created(customer, "import"), row["id"], 1
        yield telling.customer_recorded(customer), row["id"], 2


def _owned(work: Work, row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id(),
        "entity_id": row["entity_id"],
        "customer_id": row["id"],
        "at": work.now,
        "previous_owner_id": None,
        "owner_id": row["owner_id"],
        "team_id": row["team_id"],
        "territory_id": row["territory_id"],
        "reason": OwnershipReason.TERRITORY,
        "rule": TERRITORY_RULE,
        "actor": work.actor,
    }
