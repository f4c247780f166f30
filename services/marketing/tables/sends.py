"""The ledger of messages, and who gets none."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Record
from services.marketing.domain.sends import Reason, SendStatus
from services.marketing.domain.templates import Purpose


class Send(Record):
    """One message to one customer; its row is there before anything leaves the house."""

    __tablename__ = "sends"
    __table_args__ = (
        UniqueConstraint("campaign_id", "step", "customer_id"),
        Index("ix_sends_campaign", "campaign_id", "status"),
        Index("ix_sends_status", "status", "id"),
        Index("ix_sends_customer", "customer_id", "created_at"),
    )

    campaign_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # None: one of the house
    step: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    channel: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[Purpose]
    template_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    message_id: Mapped[str] = mapped_column(String(120), unique=True)
    status: Mapped[SendStatus]
    reason: Mapped[Reason | None]
    attempts: Mapped[int] = mapped_column(Integer)
    language: Mapped[str | None] = mapped_column(String(35))
    # SHA-256 of the token in its link to unsubscribe; a new one with every attempt.
    token_hash: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None]
    waits_until: Mapped[datetime | None]  # when its customer likes to be written to
    first_tried_at: Mapped[datetime | None]
    tried_at: Mapped[datetime | None]  # the last time
    settled_at: Mapped[datetime | None]


class Suppression(Record):
    """Why a customer gets no mail, or none of some kind; its id is the customer's."""

    __tablename__ = "suppressions"

    unsubscribed_at: Mapped[datetime | None]
    stopped_at: Mapped[datetime | None]  # by a person: no message of any kind
    refused_address: Mapped[str | None] = mapped_column(String(64))  # SHA-256; another one is tried
    refused_at: Mapped[datetime | None]
