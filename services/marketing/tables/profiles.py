"""What is known of each customer that a segment may ask for, kept from what others tell."""

from datetime import date
from typing import Any

from sqlalchemy import JSON, BigInteger, Date, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base


class Profile(Base):
    """One customer without its name and addresses; its row is the lock under which memberships change."""

    __tablename__ = "profiles"

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    customer_version: Mapped[int] = mapped_column(Integer)  # 0 = accounts has not told of it yet
    tier: Mapped[str | None] = mapped_column(String(40))
    segment: Mapped[str | None] = mapped_column(String(80))
    lifecycle: Mapped[str | None] = mapped_column(String(40))
    credit_rating: Mapped[str | None] = mapped_column(String(40))
    language: Mapped[str | None] = mapped_column(String(35))
    country: Mapped[str | None] = mapped_column(String(2))
    region: Mapped[str | None] = mapped_column(String(80))
    told_tags: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True))  # by accounts
    custom: Mapped[dict[str, Any] | None] = mapped_column(JSON, info=PERSONAL)
    last_order_on: Mapped[date | None] = mapped_column(Date)
    order_count: Mapped[int] = mapped_column(Integer)
    turns_on: Mapped[date | None] = mapped_column(Date)  # when a recency may change by itself


class OrderSeen(Base):
    """An order in the newest revision that was told: facts come in any order."""

    __tablename__ = "orders_seen"
    __table_args__ = (Index("ix_orders_seen_customer", "customer_id", "ordered_on"),)

    order_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)  # of the record in sales
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordered_on: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    cancelled: Mapped[bool]


class ProfileTag(Base):
    """A word that somebody put on a customer."""

    __tablename__ = "profile_tags"

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    actor: Mapped[str] = mapped_column(String(ID_LENGTH * 2))
