"""The ways to reach customers and their people."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PERSONAL, Record
from services.accounts.domain.contact_points import (
    MAX_LABEL,
    MAX_NORMAL,
    MAX_RAW,
    Medium,
    PointKind,
)


class ContactPoint(Record):
    """A phone, mail or postal address of a customer, or of somebody to talk to there.

    Which one comes first is what the record itself says (ADR 0017): ``is_primary`` tells only
    which of several that say the same was put first.
    """

    __tablename__ = "contact_points"
    __table_args__ = (
        Index("ix_contact_points_normal", "entity_id", "medium", "normal"),
        Index("ix_contact_points_reversed", "entity_id", "medium", "reversed"),
        Index("ix_contact_points_customer", "customer_id", "medium", "id"),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    medium: Mapped[Medium]
    kind: Mapped[PointKind]
    raw: Mapped[str] = mapped_column(String(MAX_RAW), info=PERSONAL)
    normal: Mapped[str] = mapped_column(String(MAX_NORMAL), info=PERSONAL)  # as it is compared
    reversed: Mapped[str | None] = mapped_column(String(MAX_NORMAL), info=PERSONAL)
    address: Mapped[dict[str, str | None] | None] = mapped_column(
        JSON(none_as_null=True), info=PERSONAL
    )
    label: Mapped[str | None] = mapped_column(String(MAX_LABEL), info=PERSONAL)
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]  # half-open
    is_primary: Mapped[bool] = mapped_column(default=False)
