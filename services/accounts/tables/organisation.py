"""How customers are organised inside, and the meetings that come again."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Record
from services.accounts.domain.interactions import MAX_SUBJECT
from services.accounts.domain.organisation import MAX_NAME, Cadence, Level


class Department(Record):
    """A part of a customer's house, and the part above it."""

    __tablename__ = "departments"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"))
    name: Mapped[str] = mapped_column(String(MAX_NAME), info=PERSONAL)


class MeetingSeries(Record):
    """Meetings with a customer that come again; the next one is a durable timer."""

    __tablename__ = "meeting_series"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contacts.id"))
    host_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # who of us
    subject: Mapped[str] = mapped_column(String(MAX_SUBJECT), info=PERSONAL)
    level: Mapped[Level]
    cadence: Mapped[Cadence]
    starts_at: Mapped[datetime]
    next_at: Mapped[datetime]
    met: Mapped[int] = mapped_column(Integer)  # how often one has met
    active: Mapped[bool]
