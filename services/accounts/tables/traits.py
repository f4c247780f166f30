"""What is known of customers as people, and what they did."""

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, Record
from services.accounts.domain.traits import (
    MAX_KIND,
    MAX_SOURCE,
    MAX_UNIT,
    MAX_VALUE,
    TraitKind,
)


class Trait(Record):
    """One attribute of a customer; of a sensitive one the value stands elsewhere."""

    __tablename__ = "traits"
    __table_args__ = (Index("ix_traits_customer", "customer_id", "kind"),)

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[TraitKind]
    sensitive: Mapped[bool]
    value: Mapped[str | None] = mapped_column(String(MAX_VALUE), info=PERSONAL)
    told_at: Mapped[datetime]


class SensitiveValue(Base):
    """The value of a sensitive attribute: no record, so that the audit trail never holds it."""

    __tablename__ = "sensitive_values"

    trait_id: Mapped[str] = mapped_column(ForeignKey("traits.id"), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    value: Mapped[str] = mapped_column(String(MAX_VALUE), info=PERSONAL)


class BehaviourFact(Record):
    """What a customer did or owed in a stretch of time, as a system told it last."""

    __tablename__ = "behaviour_facts"
    __table_args__ = (Index("ix_behaviour_facts_customer", "customer_id", "period_start", "id"),)

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    kind: Mapped[str] = mapped_column(String(MAX_KIND))
    period_start: Mapped[str] = mapped_column(String(10))  # ISO date
    period_end: Mapped[str] = mapped_column(String(10))  # ISO date, half-open
    source: Mapped[str] = mapped_column(String(MAX_SOURCE))
    value: Mapped[str | None] = mapped_column(String(MAX_VALUE), info=PERSONAL)
    unit: Mapped[str | None] = mapped_column(String(MAX_UNIT))
    amount_minor: Mapped[int | None] = mapped_column(BigInteger, info=PERSONAL)
    currency: Mapped[str | None] = mapped_column(String(3))
