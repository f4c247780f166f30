"""Flags of customers, standing and lifted."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, OwnedRecord
from services.accounts.domain.consents import Channel
from services.accounts.domain.flags import MAX_NOTE, FlagKind, FlagReason, LiftReason

ACTOR_LENGTH = ID_LENGTH * 2


class Flag(OwnedRecord):
    """A flag that somebody raised; lifted ones stay. Whose it is follows the customer."""

    __tablename__ = "flags"
    __table_args__ = (
        UniqueConstraint("standing_key"),
        Index("ix_flags_customer", "customer_id", "raised_at", "id"),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[FlagKind]
    channel: Mapped[Channel]  # any, unless contact is stopped on one only
    reason: Mapped[FlagReason]
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE), info=PERSONAL)
    raised_at: Mapped[datetime]
    raised_by: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
    until: Mapped[datetime | None]  # half-open
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    lift_reason: Mapped[LiftReason | None]
    # What two standing flags of the same kind would share; None once it is lifted.
    standing_key: Mapped[str | None] = mapped_column(String(ID_LENGTH))
