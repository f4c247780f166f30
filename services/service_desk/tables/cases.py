"""Cases, what happened to them, and the clocks that run on them."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord
from services.service_desk.domain.cases import (
    CaseState,
    CaseType,
    Change,
    Channel,
    CustomerView,
    Resolution,
    Severity,
)
from services.service_desk.domain.clock import Tick
from services.service_desk.domain.milestones import Milestone

KEY_LENGTH = 40
ACTOR_LENGTH = ID_LENGTH * 2


class Case(OwnedRecord):
    """Something that somebody wants of us; it is its customer's owner's to see."""

    __tablename__ = "cases"
    __table_args__ = (
        UniqueConstraint("entity_id", "number"),
        Index("ix_cases_customer", "customer_id", "opened_at"),
        Index("ix_cases_assignee", "assignee_id", "state"),
        Index("ix_cases_calendar", "calendar_id", "state", "id"),
        Index("ix_cases_opened", "opened_at", "id"),
    )

    number: Mapped[str] = mapped_column(String(20))  # what people call it by
    type: Mapped[CaseType]
    severity: Mapped[Severity]
    channel: Mapped[Channel]
    subject: Mapped[str] = mapped_column(String(200), info=PERSONAL)
    description: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    call_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    order_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)
    # Whom a complaint is about: they do not handle it.
    accused_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    accused_team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    assignee_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    state: Mapped[CaseState]
    policy_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    policy: Mapped[str] = mapped_column(String(KEY_LENGTH))  # Policy.key when it was chosen
    policy_reason: Mapped[str] = mapped_column(String(120))
    calendar_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    opened_at: Mapped[datetime]
    planned_at: Mapped[datetime]  # when the deadlines were worked out last
    acknowledged_at: Mapped[datetime | None]
    responded_at: Mapped[datetime | None]  # the first time
    resolved_at: Mapped[datetime | None]
    resolution: Mapped[Resolution | None]
    resolution_note: Mapped[str | None] = mapped_column(String(500), info=PERSONAL)
    outcome_told_at: Mapped[datetime | None]
    customer_view: Mapped[CustomerView | None]
    closed_at: Mapped[datetime | None]
    seconds_open: Mapped[int | None] = mapped_column(BigInteger)  # service time, when closed
    escalation_level: Mapped[int] = mapped_column(
        Integer
    )  # how high it is; 0 = nobody above has it
    escalations: Mapped[int] = mapped_column(Integer)
    reopened: Mapped[int] = mapped_column(Integer)  # how often
    changes: Mapped[int] = mapped_column(Integer)  # lines of its history


class CaseChange(Base):
    """One line of a case's history; only ever added to, in the order in which things were true."""

    __tablename__ = "case_changes"

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)  # 1, 2, …
    change: Mapped[Change]
    at: Mapped[datetime]  # when it was true: a breach is, at its due instant
    noted_at: Mapped[datetime]  # when it was written down
    state: Mapped[CaseState]
    assignee_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    level: Mapped[int] = mapped_column(Integer)  # of escalation
    reason: Mapped[str | None] = mapped_column(String(KEY_LENGTH))  # a code
    actor: Mapped[str] = mapped_column(String(ACTOR_LENGTH))


class CaseNote(Base):
    """What somebody wrote down about a case; only ever added to."""

    __tablename__ = "case_notes"
    __table_args__ = (Index("ix_case_notes_case", "case_id", "at", "id"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(Text, info=PERSONAL)
    actor: Mapped[str] = mapped_column(String(ACTOR_LENGTH))


class ClockEntry(Base):
    """One line of the log that the SLA clock is worked out from; only ever added to."""

    __tablename__ = "case_clock_entries"

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)  # 1, 2, …
    at: Mapped[datetime]
    tick: Mapped[Tick]


class CaseCalendar(Base):
    """By which calendar a case runs, from when on; only ever added to."""

    __tablename__ = "case_calendars"

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)  # 1, 2, …
    since: Mapped[datetime]
    calendar_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # None = round the clock


class CaseMilestone(Base):
    """A promised step: what was promised when, and what became of it."""

    __tablename__ = "case_milestones"

    case_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    milestone: Mapped[Milestone] = mapped_column(primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)  # promised anew: 1, 2, …
    since: Mapped[datetime]  # when it was promised: nothing before counts
    target_seconds: Mapped[int] = mapped_column(Integer)  # of service time
    warn_percent: Mapped[int] = mapped_column(Integer)  # of the target, 1 to 100
    warn_at: Mapped[datetime | None]  # None while the clock stands
    due: Mapped[datetime | None]
    warned_at: Mapped[datetime | None]
    breached_at: Mapped[datetime | None]  # the due instant; kept although it is met later
    met_at: Mapped[datetime | None]
    seconds_used: Mapped[int | None] = mapped_column(BigInteger)  # of service time, when met
    ended_at: Mapped[datetime | None]  # met, promised anew or no longer owed


class CaseNumber(Base):
    """The last number that an entity gave to a case."""

    __tablename__ = "case_numbers"

    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)
