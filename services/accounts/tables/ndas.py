"""Agreements to keep what concerns a customer confidential."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PERSONAL, Record
from services.accounts.domain.ndas import MAX_NOTE, MAX_PARTY


class Nda(Record):
    """Terms of confidentiality, for as long as they run."""

    __tablename__ = "ndas"
    __table_args__ = (Index("ix_ndas_customer", "customer_id", "id"),)

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    party: Mapped[str] = mapped_column(String(MAX_PARTY), info=PERSONAL)
    valid_from: Mapped[datetime]
    valid_until: Mapped[datetime | None]  # half-open
    permitted: Mapped[list[str]] = mapped_column(
        JSON, info=PERSONAL
    )  # who may be told all the same
    note: Mapped[str | None] = mapped_column(String(MAX_NOTE), info=PERSONAL)
