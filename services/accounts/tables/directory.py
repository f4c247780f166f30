"""Who we are: staff, teams, absences, territories."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Record
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.staff import AbsenceReason


class Team(Record):
    """People who work on the same customers."""

    __tablename__ = "teams"

    name: Mapped[str] = mapped_column(String(120))


class Territory(Record):
    """A part of the map: the states it covers, and the territory that it is part of."""

    __tablename__ = "territories"

    name: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("territories.id"))
    states: Mapped[list[str]] = mapped_column(JSON)


class Staff(Record):
    """A member of the staff; the audit trail is the history of roles and memberships."""

    __tablename__ = "staff"

    name: Mapped[str] = mapped_column(String(LIMITS["name"]), info=PERSONAL)
    email: Mapped[str | None] = mapped_column(String(LIMITS["email"]), info=PERSONAL)
    active: Mapped[bool] = mapped_column(default=True)
    roles: Mapped[list[str]] = mapped_column(JSON)
    team_id: Mapped[str | None] = mapped_column(ForeignKey("teams.id"))
    territory_ids: Mapped[list[str]] = mapped_column(JSON)
    # When somebody is away from now on, and who stands in: told to whoever deals out work.
    away: Mapped[list[dict[str, str]]] = mapped_column(JSON)


class Absence(Record):
    """A time when somebody is away, and who stands in."""

    __tablename__ = "absences"
    __table_args__ = (Index("ix_absences_staff", "staff_id", "starts_at"),)

    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]  # half-open
    reason: Mapped[AbsenceReason] = mapped_column(info=PERSONAL)
    substitute_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
