"""Segments, and who belongs to them why."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Record


class Segment(Record):
    """Customers who meet all conditions, as they do so."""

    __tablename__ = "segments"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80), info=PERSONAL)  # free text
    all_of: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # domain.segments.Condition
    active: Mapped[bool]
    # The round in which every customer is being held against it; None when that is done.
    filling: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class Membership(Record):
    """One customer's stay in a segment, the present one or the last."""

    __tablename__ = "memberships"
    __table_args__ = (
        UniqueConstraint("segment_id", "customer_id"),
        Index("ix_memberships_customer", "customer_id"),
        Index("ix_memberships_active", "segment_id", "active", "customer_id"),
    )

    segment_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    active: Mapped[bool]
    reasons: Mapped[list[str]] = mapped_column(JSON)  # why it belongs, or why not any more
    joined_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
