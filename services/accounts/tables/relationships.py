"""What customers are to each other."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Record
from services.accounts.domain.relationships import (
    MAX_TEXT,
    Degree,
    OperatingState,
    PartnerTier,
    Relation,
    Size,
)


class Relationship(Record):
    """The other one is this to the customer: its parent, its partner; seen from both ends."""

    __tablename__ = "relationships"
    __table_args__ = (
        Index("ix_relationships_customer", "customer_id", "relation", "other_id"),
        Index("ix_relationships_other", "other_id", "relation", "customer_id"),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    other_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    relation: Mapped[Relation]
    size: Mapped[Size | None]
    strength: Mapped[Degree | None]
    industry_rank: Mapped[int | None] = mapped_column(Integer)  # 1 leads its industry
    share_bp: Mapped[int | None] = mapped_column(Integer)  # basis points, 1 to 10,000
    tier: Mapped[PartnerTier | None]
    manager_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    joint_plan: Mapped[str | None] = mapped_column(String(MAX_TEXT), info=PERSONAL)
    background: Mapped[str | None] = mapped_column(String(MAX_TEXT), info=PERSONAL)
    potential: Mapped[Degree | None]
    operating_state: Mapped[OperatingState | None]
    valid_from: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]  # half-open
