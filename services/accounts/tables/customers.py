"""Customers, the people to talk to there, what was said, and whose they are."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.custom.tables import values
from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, OwnedRecord
from services.accounts.domain.customers import LIMITS, CustomerKind, Lifecycle
from services.accounts.domain.flags import MAX_NOTE, CreditReason, Rating
from services.accounts.domain.interactions import (
    MAX_SOURCE,
    MAX_SOURCE_KEY,
    MAX_SUBJECT,
    Direction,
    InteractionKind,
)
from services.accounts.domain.names import MAX_NAME_KEY
from services.accounts.domain.organisation import BuyingRole, Level
from services.accounts.domain.ownership import OwnershipReason
from services.accounts.domain.policies import Importance, Scale
from services.accounts.domain.preferences import MAX_ZONE, PreferredChannel
from services.accounts.domain.stages import Stage, StageReason
from services.accounts.domain.tiers import Tier

ACTOR_LENGTH = ID_LENGTH * 2


class Customer(OwnedRecord):
    """A person or an organisation that we deal with or would like to."""

    __tablename__ = "customers"
    # Each lookup begins with the entity: alone it would lead SQLite, which knows no statistics,
    # to read all customers of the entity for one mail address.
    __table_args__ = (
        UniqueConstraint("entity_id", "number"),
        Index("ix_customers_name", "entity_id", "name_key"),
        Index("ix_customers_email", "entity_id", "email"),
        Index("ix_customers_phone", "entity_id", "phone_e164"),
        Index("ix_customers_phone_end", "entity_id", "phone_reversed"),
        # A list is read in the order it is shown in, whatever it is narrowed by, until the page is
        # full; by number there is the constraint's own index.
        Index("ix_customers_by_created_at", "entity_id", "created_at", "id"),
        Index("ix_customers_by_updated_at", "entity_id", "updated_at", "id"),
        Index("ix_customers_by_name", "entity_id", "name", "id"),
        # One of ten thousand is somebody's, or nobody's: those are not looked for among all.
        Index("ix_customers_by_owner", "entity_id", "owner_id", "created_at", "id"),
        # Some customers by their ids, or all of them in this order: SQLite takes the entity alone
        # for the narrower condition, and would read everybody.
        Index("ix_customers_ids", "entity_id", "id"),
        # Few are nobody's: the list of a pool is read in order without looking at the others.
        Index(
            "ix_customers_free",
            "entity_id",
            "id",
            postgresql_where=text("owner_id IS NULL"),
            sqlite_where=text("owner_id IS NULL"),
        ),
    )

    number: Mapped[str] = mapped_column(String(20))  # what people call it by
    kind: Mapped[CustomerKind]
    name: Mapped[str] = mapped_column(String(LIMITS["name"]), info=PERSONAL)
    name_key: Mapped[str] = mapped_column(String(MAX_NAME_KEY), info=PERSONAL)
    email: Mapped[str | None] = mapped_column(String(LIMITS["email"]), info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(String(LIMITS["phone"]), info=PERSONAL)
    phone_e164: Mapped[str | None] = mapped_column(String(16), info=PERSONAL)
    phone_reversed: Mapped[str | None] = mapped_column(String(LIMITS["phone"]), info=PERSONAL)
    language: Mapped[str | None] = mapped_column(String(LIMITS["language"]))
    segment: Mapped[str | None] = mapped_column(String(LIMITS["segment"]))
    country: Mapped[str | None] = mapped_column(String(LIMITS["country"]))
    state: Mapped[str | None] = mapped_column(String(LIMITS["state"]))
    city: Mapped[str | None] = mapped_column(String(LIMITS["city"]), info=PERSONAL)
    postal_code: Mapped[str | None] = mapped_column(String(LIMITS["postal_code"]), info=PERSONAL)
    region: Mapped[str | None] = mapped_column(String(LIMITS["region"]))
    lifecycle: Mapped[Lifecycle] = mapped_column(default=Lifecycle.POTENTIAL)
    customer_since: Mapped[str | None] = mapped_column(String(10))  # ISO date
    external_ids: Mapped[dict[str, str]] = mapped_column(JSON, info=PERSONAL)  # system -> key
    # Further keys: system -> keys. None where there is none, so that an import need not say so.
    further_ids: Mapped[dict[str, list[str]] | None] = mapped_column(
        JSON(none_as_null=True), info=PERSONAL
    )
    # One of them may be somebody's name.
    tags: Mapped[list[str] | None] = mapped_column(JSON(none_as_null=True), info=PERSONAL)
    preferred_channel: Mapped[PreferredChannel | None]
    preferred_from: Mapped[str | None] = mapped_column(String(5))  # HH:MM in its zone
    preferred_until: Mapped[str | None] = mapped_column(String(5))
    preferred_zone: Mapped[str | None] = mapped_column(String(MAX_ZONE))
    derived: Mapped[list[str]] = mapped_column(JSON)  # fields that were worked out, not told
    # Where it stands in the pyramid of a period, and the score of analytics that says so.
    tier: Mapped[Tier | None]
    tier_rank: Mapped[int | None] = mapped_column(Integer)  # 1 is the highest spend
    tier_of: Mapped[int | None] = mapped_column(Integer)  # customers that were ranked
    tier_period_start: Mapped[str | None] = mapped_column(String(10))  # ISO date
    tier_period_end: Mapped[str | None] = mapped_column(String(10))  # ISO date, half-open
    tier_as_of: Mapped[datetime | None]
    tier_score_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    tier_version: Mapped[int | None] = mapped_column(Integer)  # of its scores; the highest stands
    # Whose it may become, and whether it stays its owner's whatever the rules say.
    pool_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # that it was put into
    locked_at: Mapped[datetime | None]
    custom: Mapped[dict[str, Any]] = values()
    stage: Mapped[Stage] = mapped_column(server_default=Stage.SUSPECT)
    stage_at: Mapped[datetime | None]  # since when; None: since it was entered
    stage_reason: Mapped[StageReason | None]
    importance: Mapped[Importance | None]  # as somebody said; None: as the rules say
    scale: Mapped[Scale | None]
    # What its standing flags come to, in the codes of contracts/flags.py; and its credit.
    flags: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    credit_rating: Mapped[Rating | None]
    credit_limit_minor: Mapped[int | None] = mapped_column(BigInteger)
    credit_currency: Mapped[str | None] = mapped_column(String(3))
    credit_reason: Mapped[CreditReason | None]
    credit_note: Mapped[str | None] = mapped_column(String(MAX_NOTE), info=PERSONAL)
    credit_at: Mapped[datetime | None]
    credit_by: Mapped[str | None] = mapped_column(String(ACTOR_LENGTH))


class ExternalId(Base):
    """The way from another system's key to its customer; a customer may have several in one."""

    __tablename__ = "external_ids"
    __table_args__ = (Index("ix_external_ids_customer", "customer_id", "system"),)

    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    system: Mapped[str] = mapped_column(String(LIMITS["system"]), primary_key=True)
    key: Mapped[str] = mapped_column(String(LIMITS["external_id"]), primary_key=True)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    # The other system's own count of its changes; None: it has told nothing by message.
    revision: Mapped[int | None] = mapped_column(BigInteger)


class CustomerTag(Base):
    """The way from a word to the customers that have it on them."""

    __tablename__ = "customer_tags"
    __table_args__ = (
        Index("ix_customer_tags_tag", "tag", "customer_id"),
        Index("ix_customer_tags_customer", "customer_id"),
    )

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    tag: Mapped[str] = mapped_column(String(40), info=PERSONAL)
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))


class Series(Base):
    """The last number that was given out of a series."""

    __tablename__ = "series"

    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Ownership(Base):
    """One change of a customer's owner; never changed afterwards."""

    __tablename__ = "ownerships"
    __table_args__ = (Index("ix_ownerships_customer", "customer_id", "at", "id"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    entity_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    at: Mapped[datetime]
    previous_owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    owner_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    team_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    territory_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    reason: Mapped[OwnershipReason]
    rule: Mapped[str | None] = mapped_column(String(80))
    cause: Mapped[str | None] = mapped_column(String(40))  # a code; why somebody decided so
    pool_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))  # it came from or went to
    batch_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    actor: Mapped[str] = mapped_column(String(ACTOR_LENGTH))


class Contact(OwnedRecord):
    """A person to talk to at a customer; whose it is follows the customer."""

    __tablename__ = "contacts"
    __table_args__ = (
        Index("ix_contacts_email", "entity_id", "email"),
        Index("ix_contacts_phone", "entity_id", "phone_e164"),
        Index("ix_contacts_phone_end", "entity_id", "phone_reversed"),
        Index("ix_contacts_ids", "entity_id", "id"),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"), index=True)
    name: Mapped[str] = mapped_column(String(LIMITS["name"]), info=PERSONAL)
    name_key: Mapped[str] = mapped_column(String(MAX_NAME_KEY), info=PERSONAL)
    email: Mapped[str | None] = mapped_column(String(LIMITS["email"]), info=PERSONAL)
    phone: Mapped[str | None] = mapped_column(String(LIMITS["phone"]), info=PERSONAL)
    phone_e164: Mapped[str | None] = mapped_column(String(16), info=PERSONAL)
    phone_reversed: Mapped[str | None] = mapped_column(String(LIMITS["phone"]), info=PERSONAL)
    language: Mapped[str | None] = mapped_column(String(LIMITS["language"]))
    role: Mapped[str | None] = mapped_column(String(80))
    department_id: Mapped[str | None] = mapped_column(ForeignKey("departments.id"), index=True)
    reports_to_id: Mapped[str | None] = mapped_column(ForeignKey("contacts.id"))
    buying_role: Mapped[BuyingRole | None]
    level: Mapped[Level | None]
    preferred_channel: Mapped[PreferredChannel | None]
    preferred_from: Mapped[str | None] = mapped_column(String(5))  # HH:MM in its zone
    preferred_until: Mapped[str | None] = mapped_column(String(5))
    preferred_zone: Mapped[str | None] = mapped_column(String(MAX_ZONE))
    custom: Mapped[dict[str, Any]] = values()


class Interaction(OwnedRecord):
    """One touch between a customer and us, with its result; whose it is follows the customer."""

    __tablename__ = "interactions"
    __table_args__ = (
        UniqueConstraint("entity_id", "source", "source_key"),
        Index("ix_interactions_timeline", "customer_id", "at", "id"),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    contact_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    at: Mapped[datetime]
    kind: Mapped[InteractionKind]
    direction: Mapped[Direction]
    level: Mapped[Level | None]
    subject: Mapped[str] = mapped_column(String(MAX_SUBJECT), info=PERSONAL)
    result: Mapped[str | None] = mapped_column(String(MAX_SUBJECT), info=PERSONAL)
    source: Mapped[str] = mapped_column(String(MAX_SOURCE))  # the system it was noted in
    source_key: Mapped[str] = mapped_column(String(MAX_SOURCE_KEY))  # what it is called there
    source_version: Mapped[int | None] = mapped_column(Integer)  # None: told once and for all
    lag_ms: Mapped[int | None] = mapped_column(Integer)  # behind its source, by the real clock
