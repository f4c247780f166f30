"""Public pools, what was claimed from them, and how much anybody may have."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, Record
from services.accounts.domain.pools import MAX_NAME, MAX_ZONE, CapKind


class Pool(Record):
    """A public pool: who may list, claim and distribute which customers that nobody owns."""

    __tablename__ = "pools"

    name: Mapped[str] = mapped_column(String(MAX_NAME))
    active: Mapped[bool]
    zone: Mapped[str] = mapped_column(String(MAX_ZONE))
    member_ids: Mapped[list[str]] = mapped_column(JSON)
    team_ids: Mapped[list[str]] = mapped_column(JSON)
    admin_ids: Mapped[list[str]] = mapped_column(JSON)
    rights: Mapped[dict[str, str]] = mapped_column(JSON)
    shown_fields: Mapped[list[str]] = mapped_column(JSON)
    daily_claims: Mapped[int | None] = mapped_column(Integer)
    cooling_days: Mapped[int] = mapped_column(Integer)
    is_explicit: Mapped[bool]
    territory_ids: Mapped[list[str]] = mapped_column(JSON)
    segments: Mapped[list[str]] = mapped_column(JSON)
    lifecycles: Mapped[list[str]] = mapped_column(JSON)


class Claim(Base):
    """One claim that was won; of one state of a customer there is one."""

    __tablename__ = "claims"
    __table_args__ = (
        UniqueConstraint("customer_id", "customer_version"),
        Index("ix_claims_pool", "pool_id", "customer_id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    pool_id: Mapped[str] = mapped_column(ForeignKey("pools.id"))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    customer_version: Mapped[int] = mapped_column(Integer)  # that the claim made
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    at: Mapped[datetime]


class ClaimCount(Base):
    """How many customers a member claimed from a pool on one business day."""

    __tablename__ = "claim_counts"

    pool_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    staff_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)  # ISO date
    claimed: Mapped[int] = mapped_column(Integer)


class OwnershipCap(Record):
    """How many customers somebody may own or keep locked; who has bought does not count."""

    __tablename__ = "ownership_caps"

    name: Mapped[str] = mapped_column(String(MAX_NAME))
    kind: Mapped[CapKind]
    most: Mapped[int] = mapped_column(Integer)
    staff_ids: Mapped[list[str]] = mapped_column(JSON)
    team_ids: Mapped[list[str]] = mapped_column(JSON)


class Dealings(Base):
    """What business sales has with a customer, as far as it decides whose the customer stays."""

    __tablename__ = "dealings"

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), primary_key=True)
    open_opportunities: Mapped[int] = mapped_column(Integer)  # below 0 while news overtake news
    last_opportunity_at: Mapped[datetime | None]
    last_deal_at: Mapped[datetime | None]  # the customer has bought
    drop_warned_at: Mapped[datetime | None]
    drop_warned_by: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # the rule
