"""Copies of accounts' records, as much of them as sending needs; only the chassis writes them."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, CopyRecord


class CustomerRef(CopyRecord):
    """A customer: how to address it, and in which language."""

    __tablename__ = "marketing_customer_refs"

    version: Mapped[int] = mapped_column(Integer, default=0)  # of the record in accounts
    name: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    email: Mapped[str | None] = mapped_column(String(254), info=PERSONAL)
    language: Mapped[str | None] = mapped_column(String(35))
    segment: Mapped[str | None] = mapped_column(String(80))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(80))
    lifecycle: Mapped[str | None] = mapped_column(String(40))
    tier: Mapped[str | None] = mapped_column(String(40))
    tags: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))
    credit_rating: Mapped[str | None] = mapped_column(String(40))
    flags: Mapped[list[str] | None] = mapped_column(JSON)  # codes, see contracts/flags.py
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    custom: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=PERSONAL)
    # How and when it likes to be turned to, see contracts/preferences.py.
    preferred_channel: Mapped[str | None] = mapped_column(String(40))
    preferred_from: Mapped[str | None] = mapped_column(String(5))
    preferred_until: Mapped[str | None] = mapped_column(String(5))
    preferred_zone: Mapped[str | None] = mapped_column(String(64))


class FieldRef(CopyRecord):
    """A custom field of accounts: what a condition may ask for."""

    __tablename__ = "marketing_field_refs"

    version: Mapped[int] = mapped_column(Integer, default=0)
    kind: Mapped[str | None] = mapped_column(String(40))
    key: Mapped[str | None] = mapped_column(String(40), index=True)
    type: Mapped[str | None] = mapped_column(String(40))
    options: Mapped[list[str] | None] = mapped_column(JSON)  # keys; of a tree the paths
    active: Mapped[bool] = mapped_column(default=False)
    entity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class ConsentRef(CopyRecord):
    """What a customer allows for one purpose on one channel."""

    __tablename__ = "marketing_consent_refs"
    __table_args__ = (
        Index("ix_marketing_consent_refs_customer", "customer_id", "purpose", "channel"),
    )

    version: Mapped[int] = mapped_column(Integer, default=0)
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    purpose: Mapped[str | None] = mapped_column(String(40))
    channel: Mapped[str | None] = mapped_column(String(40))
    granted: Mapped[bool] = mapped_column(default=False)
    at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]  # a no from then on, whether accounts has told or not
