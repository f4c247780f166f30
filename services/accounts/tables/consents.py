"""What customers allow us."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Record
from services.accounts.domain.consents import MAX_EVIDENCE, Basis, Channel, Purpose


class Consent(Record):
    """What a customer said last of one purpose on one channel; its id follows from the three."""

    __tablename__ = "consents"
    __table_args__ = (UniqueConstraint("customer_id", "purpose", "channel"),)

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), ForeignKey("customers.id"))
    purpose: Mapped[Purpose]
    channel: Mapped[Channel]
    granted: Mapped[bool]
    basis: Mapped[Basis]
    at: Mapped[datetime]  # when it was said
    evidence: Mapped[str | None] = mapped_column(String(MAX_EVIDENCE))
    valid_until: Mapped[datetime | None]  # half-open
    confirmed_at: Mapped[datetime | None]  # when the customer followed the link


class ConsentRequest(Record):
    """A consent that waits for the customer to follow a link; until then it is none.

    Its id follows from customer, purpose and channel: of several links the last one counts.
    """

    __tablename__ = "consent_requests"
    __table_args__ = (UniqueConstraint("token_hash"),)

    customer_id: Mapped[str] = mapped_column(
        String(ID_LENGTH), ForeignKey("customers.id"), index=True
    )
    purpose: Mapped[Purpose]
    channel: Mapped[Channel]
    evidence: Mapped[str | None] = mapped_column(String(MAX_EVIDENCE))
    valid_until: Mapped[datetime | None]
    asked_at: Mapped[datetime]
    confirm_by: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    token_hash: Mapped[str] = mapped_column(String(64), info=PERSONAL)
