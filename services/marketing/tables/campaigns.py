"""Templates, campaigns, whom they address and what comes back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, Record
from services.marketing.domain.campaigns import CampaignStatus
from services.marketing.domain.templates import Purpose


class Template(Record):
    """What a mail says, by language."""

    __tablename__ = "templates"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[Purpose]
    variants: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON)  # language -> Variant


class Campaign(Record):
    """A message to the members of a segment, and the answers it asks for."""

    __tablename__ = "campaigns"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80), info=PERSONAL)  # free text
    segment_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    template_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    responses: Mapped[list[str]] = mapped_column(JSON)  # classes that people record
    window_days: Mapped[int] = mapped_column(Integer)  # an order so long after the mail answers it
    honours_preference: Mapped[bool]  # leaves out who likes another channel better
    status: Mapped[CampaignStatus]
    # As launched; free text, as the label is.
    variants: Mapped[dict[str, dict[str, Any]] | None] = mapped_column(JSON, info=PERSONAL)
    members: Mapped[int] = mapped_column(Integer)
    is_planned: Mapped[bool]  # every member has its message
    launched_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]


class CampaignMember(Base):
    """Whom a campaign addressed, and why: as the segment was when it was launched."""

    __tablename__ = "campaign_members"

    campaign_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    reasons: Mapped[list[str]] = mapped_column(JSON)


class Response(Record):
    """How a customer reacted to a campaign; one of each class at most."""

    __tablename__ = "responses"
    __table_args__ = (
        UniqueConstraint("campaign_id", "customer_id", "response"),
        Index("ix_responses_customer", "customer_id"),
    )

    campaign_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    response: Mapped[str] = mapped_column(String(40))
    evidence: Mapped[str | None] = mapped_column(String(120))
    at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]  # what it was concluded from does not stand any more
