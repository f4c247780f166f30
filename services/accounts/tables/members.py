"""Members of the customer club."""

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.tables import PERSONAL, Record
from services.accounts.domain.members import MAX_LEVEL, MAX_NUMBER


class Member(Record):
    """A customer's membership; whoever leaves and joins again has a second one."""

    __tablename__ = "members"
    __table_args__ = (UniqueConstraint("entity_id", "number"),)

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    number: Mapped[str] = mapped_column(String(MAX_NUMBER), info=PERSONAL)
    level: Mapped[str] = mapped_column(String(MAX_LEVEL))
    joined_on: Mapped[str] = mapped_column(String(10))  # ISO date
    left_on: Mapped[str | None] = mapped_column(String(10))  # ISO date
