"""Batches of customers that were dealt out, the verdict on each, and whose turn it is next."""

from datetime import datetime

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, OwnedRecord
from services.accounts.domain.allocation import MAX_ROTATION, Method, Verdict, WhenAbsent
from services.accounts.domain.imports import Status
from services.accounts.domain.pools import OverCap


class Allocation(OwnedRecord):
    """One batch; its owner is whoever ordered it."""

    __tablename__ = "allocations"

    method: Mapped[Method]
    rotation: Mapped[str] = mapped_column(String(MAX_ROTATION))
    absent: Mapped[WhenAbsent]
    recipients: Mapped[list[dict[str, object]]] = mapped_column(JSON)  # staff_id, weight
    pool_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    from_staff_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # who hands over
    over_cap: Mapped[OverCap | None]  # why people get more than they may own
    people_over_cap: Mapped[list[dict[str, object]]] = mapped_column(JSON)  # staff_id, owned, most
    status: Mapped[Status]
    total: Mapped[int] = mapped_column(Integer)
    given: Mapped[int] = mapped_column(Integer)
    refused: Mapped[int] = mapped_column(Integer)
    finished_at: Mapped[datetime | None]
    kept: Mapped[int | None] = mapped_column(Integer)  # customers that a hand-over gave to nobody
    completed_at: Mapped[datetime | None]  # when the last service had followed a hand-over


class AllocationItem(Base):
    """What became of one customer of a batch."""

    __tablename__ = "allocation_items"
    __table_args__ = (
        Index("ix_allocation_items_pending", "allocation_id", "verdict", "number"),
        Index("ix_allocation_items_customer", "allocation_id", "customer_id"),
    )

    allocation_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    previous_owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # when it was chosen
    verdict: Mapped[Verdict]
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # whom it was given to
    code: Mapped[str | None] = mapped_column(String(80))  # why it was refused


class AllocationTurn(Base):
    """What somebody is owed in a rotation; it outlives the batches."""

    __tablename__ = "allocation_turns"

    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    rotation: Mapped[str] = mapped_column(String(MAX_ROTATION + ID_LENGTH + 1), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    credit: Mapped[int] = mapped_column(Integer)  # in parts of ``of``
    of: Mapped[int] = mapped_column(Integer)
