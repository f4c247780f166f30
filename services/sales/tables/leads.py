"""Leads, what their statuses mean, whose they were, and whose turn it is."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import JSON, Index, Integer, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, column_property, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord, Record
from services.sales.domain.leads import AssignmentReason, DisqualifyReason, StatusType


class LeadStatus(Record):
    """A status as the users call it, with the type that tells the machine what it means."""

    __tablename__ = "lead_statuses"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    type: Mapped[StatusType]
    place: Mapped[int] = mapped_column(Integer)  # in lists; the first of a type is its default
    active: Mapped[bool] = mapped_column(default=True)


class Lead(OwnedRecord):
    """Somebody who might buy."""

    __tablename__ = "leads"
    __table_args__ = (Index("ix_leads_due", "status_type", "next_action_due"),)

    source: Mapped[str] = mapped_column(String(40))
    status: Mapped[str] = mapped_column(String(40))  # LeadStatus.key
    status_type: Mapped[StatusType]
    name: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    company: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    email: Mapped[str | None] = mapped_column(String(254), info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(String(40), info=PERSONAL)
    message: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    country: Mapped[str | None] = mapped_column(String(2))
    state: Mapped[str | None] = mapped_column(String(80))
    external_ids: Mapped[dict[str, str]] = mapped_column(JSON)  # system -> the key it has there
    campaign_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    # Whom it was found to be, at capture or in its conversion.
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    contact_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    opportunity_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    assignment: Mapped[AssignmentReason | None]  # None until somebody has looked
    next_action: Mapped[str | None] = mapped_column(String(200), info=PERSONAL)
    next_action_due: Mapped[datetime | None]  # never None while it is open
    reminders: Mapped[int] = mapped_column(Integer)  # since the next action was due
    captured_at: Mapped[datetime]
    qualified_at: Mapped[datetime | None]
    converted_at: Mapped[datetime | None]
    is_converting: Mapped[bool]
    lost_reason: Mapped[DisqualifyReason | None]
    lost_note: Mapped[str | None] = mapped_column(String(500), info=PERSONAL)
    tags: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True), info=PERSONAL)

    if TYPE_CHECKING:  # read from LeadScore, see below
        score: Mapped[int]
        score_reasons: Mapped[list[dict[str, object]] | None]
        scored_at: Mapped[datetime | None]


class LeadScore(Base):
    """How promising a lead is, as analytics concluded last.

    A table of its own: a score that comes between somebody's reading and writing of the lead is
    no reason to refuse the writing.
    """

    __tablename__ = "lead_scores"

    lead_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    score: Mapped[int] = mapped_column(Integer)  # 0 to 100
    reasons: Mapped[list[dict[str, object]]] = mapped_column(JSON)  # feature, value, points
    as_of: Mapped[datetime]
    score_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    version: Mapped[int] = mapped_column(Integer)  # of this lead's scores; the highest one stands


_of_lead = LeadScore.lead_id == Lead.id
# Leads are sorted by their score, so one that has none yet has 0.
Lead.score = column_property(
    func.coalesce(select(LeadScore.score).where(_of_lead).scalar_subquery(), 0),
    expire_on_flush=False,
)
Lead.score_reasons = column_property(
    select(LeadScore.reasons).where(_of_lead).scalar_subquery(), expire_on_flush=False
)
Lead.scored_at = column_property(
    select(LeadScore.as_of).where(_of_lead).scalar_subquery(), expire_on_flush=False
)


class LeadAssignment(Base):
    """Whom a lead was given to, when, by whom and why; only ever added to."""

    __tablename__ = "lead_assignments"
    __table_args__ = (Index("ix_lead_assignments_lead", "lead_id", "at", "id"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    lead_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime]
    previous_owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    reason: Mapped[AssignmentReason]
    actor: Mapped[str] = mapped_column(String(ID_LENGTH * 2))


class LeadTurn(Base):
    """How many leads a rep was dealt in a territory; read only under its lock."""

    __tablename__ = "lead_turns"

    territory_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    given: Mapped[int] = mapped_column(Integer)
    last_turn: Mapped[int] = mapped_column(Integer)
