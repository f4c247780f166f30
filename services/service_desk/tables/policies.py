"""What the users decide about time: calendars, promises, and the way up."""

from datetime import date

from sqlalchemy import JSON, Date, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Record
from services.service_desk.domain.cases import CaseType, Severity


class Calendar(Record):
    """When service is given."""

    __tablename__ = "service_calendars"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    zone: Mapped[str] = mapped_column(String(64))  # IANA
    week: Mapped[dict[str, list[list[str]]]] = mapped_column(JSON)  # day -> [[opens, closes], …]


class Holiday(Record):
    """A day on which a calendar gives no service."""

    __tablename__ = "service_holidays"
    __table_args__ = (UniqueConstraint("calendar_id", "day"),)

    calendar_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    day: Mapped[date] = mapped_column(Date)  # in the calendar's zone
    label: Mapped[str] = mapped_column(String(80))


class Policy(Record):
    """What is promised on which cases; what applies to any case is None."""

    __tablename__ = "sla_policies"
    __table_args__ = (UniqueConstraint("entity_id", "key"),)

    key: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80))
    type: Mapped[CaseType | None]
    severity: Mapped[Severity | None]
    tier: Mapped[str | None] = mapped_column(String(20))
    calendar_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    # Seconds of service time; None = not promised.
    acknowledge_seconds: Mapped[int | None] = mapped_column(Integer)
    first_response_seconds: Mapped[int | None] = mapped_column(Integer)
    solution_seconds: Mapped[int | None] = mapped_column(Integer)
    feedback_seconds: Mapped[int | None] = mapped_column(Integer)
    warn_percent: Mapped[int] = mapped_column(Integer)  # of a target, 1 to 100
    active: Mapped[bool] = mapped_column(default=True)


class EscalationStep(Record):
    """One level of the way up: a person, or whoever has the role."""

    __tablename__ = "escalation_steps"

    level: Mapped[int] = mapped_column(Integer)  # from 1
    role: Mapped[str] = mapped_column(String(40))
    staff_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
