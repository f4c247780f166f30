"""What a customer's class is decided from, and the history of the stage."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, Record
from services.accounts.domain.classes import Satisfaction
from services.accounts.domain.stages import Stage, StageReason

ACTOR_LENGTH = ID_LENGTH * 2


class BoughtOrder(Base):
    """An order in the newest version that sales told: facts come in any order."""

    __tablename__ = "bought_orders"
    __table_args__ = (Index("ix_bought_orders_customer", "customer_id", "ordered_on"),)

    order_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)  # of the record in sales
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordered_on: Mapped[date] = mapped_column(Date)
    cancelled: Mapped[bool]


class SurveyAnswer(Base):
    """How satisfied a customer was when he was asked last."""

    __tablename__ = "survey_answers"

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    survey_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    satisfaction: Mapped[Satisfaction]
    answered_at: Mapped[datetime]


class ClassPolicy(Record):
    """Where one class of customers ends and the next begins, for one entity of the group."""

    __tablename__ = "class_policies"
    __table_args__ = (UniqueConstraint("entity_id"),)

    new_days: Mapped[int] = mapped_column(Integer)
    churn_days: Mapped[int] = mapped_column(Integer)
    loyal_orders: Mapped[int] = mapped_column(Integer)
    loyal_satisfaction: Mapped[Satisfaction]
    satisfaction_days: Mapped[int] = mapped_column(Integer)


class StageChange(Base):
    """One step in the dealings with a customer; never changed afterwards."""

    __tablename__ = "stage_changes"
    __table_args__ = (Index("ix_stage_changes_customer", "customer_id", "at", "id"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    at: Mapped[datetime]
    previous_stage: Mapped[Stage]
    stage: Mapped[Stage]
    reason: Mapped[StageReason]
    actor: Mapped[str] = mapped_column(String(ACTOR_LENGTH))
