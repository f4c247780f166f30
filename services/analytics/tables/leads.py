"""What was told of leads, and what they are worth."""

from datetime import datetime

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, OwnedRecord
from services.analytics.domain.leads import Sign


class LeadScore(OwnedRecord):
    """What a lead is worth; its id and its owner are the lead's."""

    __tablename__ = "lead_ratings"
    __table_args__ = (Index("ix_lead_ratings_score", "score", "id"),)

    score: Mapped[int] = mapped_column(Integer)  # 0 to 100
    reasons: Mapped[list[dict[str, str | int]]] = mapped_column(JSON)  # the strongest first
    method: Mapped[str] = mapped_column(String(80))
    trigger_id: Mapped[str] = mapped_column(String(2 * ID_LENGTH))  # the event that moved it
    trigger_type: Mapped[str] = mapped_column(String(120))
    scored_at: Mapped[datetime]


class LeadSignal(Base):
    """The newest of one sign about a subject: a lead, an opportunity, a customer or a call."""

    __tablename__ = "lead_signals"
    __table_args__ = (Index("ix_lead_signals_sign", "sign", "value"),)

    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    sign: Mapped[Sign] = mapped_column(primary_key=True)
    subject_version: Mapped[int] = mapped_column(Integer)
    value: Mapped[str] = mapped_column(String(80))


class LeadLink(Base):
    """What belongs to a lead: itself, its opportunities, its customer.

    The link of a lead to itself is what those lock who score it.
    """

    __tablename__ = "lead_links"

    lead_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    subject_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True, index=True)
