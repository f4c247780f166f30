"""Opportunities, their stages, and how long each stay in one was."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord, Record
from services.sales.domain.opportunities import LostReason, StageType


class Stage(Record):
    """A stage as the users call it, with the type that tells the machine what it means."""

    __tablename__ = "stages"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    type: Mapped[StageType]
    place: Mapped[int] = mapped_column(Integer)  # the order of the stages
    win_chance: Mapped[int] = mapped_column(Integer)  # percent, 0 to 100
    active: Mapped[bool] = mapped_column(default=True)


class Opportunity(OwnedRecord):
    """A sale that may come about."""

    __tablename__ = "opportunities"

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    contact_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    lead_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), unique=True)
    title: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    stage: Mapped[str] = mapped_column(String(40), index=True)  # Stage.key
    stage_type: Mapped[StageType]
    last_open_stage: Mapped[str] = mapped_column(String(40))  # kept when it is closed
    stage_since: Mapped[datetime]
    win_chance: Mapped[int] = mapped_column(Integer)  # percent, 0 to 100
    is_chance_by_hand: Mapped[bool]  # a person said so; the stage no longer decides
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    expected_close_on: Mapped[date | None] = mapped_column(Date)
    opened_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]
    lost_reason: Mapped[LostReason | None]
    lost_note: Mapped[str | None] = mapped_column(String(500), info=PERSONAL)


class StageStay(Base):
    """A finished stay in a stage and where it led; only ever added to."""

    __tablename__ = "stage_stays"
    __table_args__ = (Index("ix_stage_stays_opportunity", "opportunity_id", "to_at", "id"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    opportunity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    from_stage: Mapped[str] = mapped_column(String(40), index=True)
    to_stage: Mapped[str] = mapped_column(String(40))
    to_type: Mapped[StageType]
    from_at: Mapped[datetime]
    to_at: Mapped[datetime]
    seconds: Mapped[int] = mapped_column(BigInteger)  # business time
    actor: Mapped[str] = mapped_column(String(ID_LENGTH * 2))
