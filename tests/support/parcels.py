"""A copied noun with every kind of column, and its owner's snapshot."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, Numeric, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.envelope import Envelope
from chassis.errors import Conflict, Unavailable
from chassis.tables import CopyRecord, CopyRow
from contracts.base import Copied, event, personal

PLACED = "2024-05-01T10:00:00.000000Z"


class ParcelRef(CopyRecord):
    """A copy of another service's parcel; ``shelf`` is our own."""

    __tablename__ = "test_parcel_refs"

    name: Mapped[str] = mapped_column(String(80))
    weight: Mapped[Decimal | None] = mapped_column(Numeric(12, 3))
    placed_at: Mapped[datetime | None]
    tags: Mapped[Any | None] = mapped_column(JSON)
    shelf: Mapped[str | None] = mapped_column(String(10))


@event("accounts.test_parcel.recorded.v1", subject="parcel_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelRecorded:
    """A parcel as it stands."""

    parcel_id: str
    version: int
    name: str = personal()
    weight: str | None = None
    placed_at: datetime | None = None
    tags: tuple[str, ...] = ()
    colour: str | None = None  # not copied


@event("accounts.test_parcel.erased.v1", subject="parcel_id", exchange="accounts.private")
@dataclass(frozen=True, slots=True, kw_only=True)
class ParcelErased:
    """A parcel was erased."""

    parcel_id: str
    version: int


PARCELS = CopyRow(
    name="parcels",
    table=ParcelRef,
    of=Copied(
        service="accounts",
        noun="test_parcel",
        recorded=ParcelRecorded,
        snapshot="parcels_changed_since",
        erased=ParcelErased,
    ),
)


def an_envelope(type_: str = "recorded", subject: str = "p1", sequence: int = 1) -> Envelope:
    """Make the envelope of an event about a parcel."""
    return Envelope(
        id=f"{subject}-{sequence}", source="/crm/accounts", type=f"accounts.test_parcel.{type_}.v1",
        time=PLACED, subject=subject, dataschema="", correlation_id="c", causation_id="c",
        sequence=sequence,
    )  # fmt: skip


def a_parcel(id_: str = "p1", **fields: Any) -> dict[str, Any]:
    """Make the data of a recorded parcel."""
    return {"parcel_id": id_, "version": 1, "name": "lamp"} | fields


@dataclass
class Snapshots:
    """An owner that pages through its parcels; cursors count, and can be made to expire or fail."""

    items: list[dict[str, Any]]
    page: int = 2
    expired: set[str] = field(default_factory=set)
    fails_at: str | None = None
    asked: list[str | None] = field(default_factory=list)

    def call(self, service: str, method: str, payload: dict[str, Any], **_: Any) -> object:
        """Answer ``changed_since``."""
        assert (service, method) == ("accounts", "parcels_changed_since")
        cursor = payload["cursor"]
        self.asked.append(cursor)
        if cursor in self.expired:
            raise Conflict("This cursor is too old.", code="copy.cursor_expired")
        if cursor is not None and cursor == self.fails_at:
            raise Unavailable("accounts does not answer.")
        start = int(cursor or 0)
        items = self.items[start : start + self.page]
        end = start + len(items)
        return {"items": items, "next": str(end), "more": end < len(self.items)}
