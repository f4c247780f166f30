"""Who is to be called back, until when."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, OwnedRecord
from services.telephony.domain.callbacks import CallbackOutcome, CallbackReason, CallbackState


class Callback(OwnedRecord):
    """A promise to call somebody back; there is at most one open for a number or a customer."""

    __tablename__ = "callbacks"
    __table_args__ = (
        Index("ix_callbacks_due", "state", "due", "id"),
        Index("ix_callbacks_customer", "customer_id", "state"),
    )

    state: Mapped[CallbackState]
    reason: Mapped[CallbackReason]
    number: Mapped[str] = mapped_column(String(40), info=PERSONAL)
    customer_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    call_id: Mapped[str | None] = mapped_column(String(ID_LENGTH), index=True)  # that it is owed to
    queue: Mapped[str | None] = mapped_column(String(80))
    note: Mapped[str | None] = mapped_column(Text, info=PERSONAL)
    requested_at: Mapped[datetime]
    due: Mapped[datetime]
    moved_from: Mapped[datetime | None]  # when it was wished for, out of the time that is liked
    agreed: Mapped[bool]  # the customer has named the moment: it stays
    reminders: Mapped[int] = mapped_column(Integer)  # since it was due
    attempts: Mapped[int] = mapped_column(Integer)  # calls of the same customer that were lost
    outcome: Mapped[CallbackOutcome | None]
    closed_at: Mapped[datetime | None]
    settled_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the call that settled it
    # While it is open, else None: two open ones for the same person cannot be stored.
    open_number: Mapped[str | None] = mapped_column(String(ID_LENGTH), unique=True)
    open_customer: Mapped[str | None] = mapped_column(String(ID_LENGTH), unique=True)
