"""Surveys and what was answered."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord
from services.service_desk.domain.surveys import Driver, Satisfaction, SurveyMoment


class Survey(OwnedRecord):
    """A customer who was asked, and what the answer came to."""

    __tablename__ = "surveys"
    __table_args__ = (
        Index("ix_surveys_customer", "customer_id", "invited_at"),
        Index("ix_surveys_answered", "answered_at", "id"),
    )

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    case_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    moment: Mapped[SurveyMoment]
    # Of the token only this is kept; it stays out of every event.
    token_hash: Mapped[str] = mapped_column(String(64), unique=True, info=PERSONAL)
    invited_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    satisfaction: Mapped[Satisfaction | None]
    gap: Mapped[str | None] = mapped_column(String(10))  # Decimal: mean perceived minus expected
    comment: Mapped[str | None] = mapped_column(Text, info=PERSONAL)


class SurveyScore(Base):
    """What was expected of one driver and what was found."""

    __tablename__ = "survey_scores"

    survey_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    driver: Mapped[Driver] = mapped_column(primary_key=True)
    expected: Mapped[int] = mapped_column(Integer)  # 1 to 10
    perceived: Mapped[int] = mapped_column(Integer)
