"""What data subjects asked of us, and what became of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, Record
from services.accounts.domain.customers import LIMITS
from services.accounts.domain.privacy import RefusalReason, RequestKind, RequestStatus

ACTOR_LENGTH = ID_LENGTH * 2


class PrivacyRequest(Record):
    """A request of a data subject; it holds ids and outlives the customer."""

    __tablename__ = "privacy_requests"
    __table_args__ = (
        Index("ix_privacy_requests_customer", "customer_id", "kind"),
        Index("ix_privacy_requests_deadline", "entity_id", "deadline", "id"),
    )

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    contact_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # who it is about, alone
    kind: Mapped[RequestKind]
    status: Mapped[RequestStatus]
    received_at: Mapped[datetime]
    deadline: Mapped[datetime]
    handler_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # of the staff
    verified_at: Mapped[datetime | None]
    reason: Mapped[RefusalReason | None]
    started_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))
    finished_at: Mapped[datetime | None]
    old_ids: Mapped[list[str]] = mapped_column(JSON)  # of who is being erased
    # A copy that the release before collected here; it goes with who is erased.
    file_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    certificate: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class ErasedIdentity(Base):
    """A way in which somebody was known who is being erased; it goes when every service has answered."""

    __tablename__ = "erased_identities"

    request_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)  # 1, 2, …
    kind: Mapped[str] = mapped_column(String(10))  # mail, phone, key, name
    system: Mapped[str | None] = mapped_column(String(LIMITS["system"]))  # whose key it is
    value: Mapped[str] = mapped_column(String(LIMITS["email"]), info=PERSONAL)
