"""Runs over all customers, what they told, and where everybody stands by now."""

from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, OwnedRecord, Record
from services.analytics.domain.pyramid import Tier


class ScoreRun(Record):
    """One run over all customers known at the end of a period."""

    __tablename__ = "score_runs"
    __table_args__ = (Index("ix_score_runs_as_of", "as_of", "id"),)

    period_start: Mapped[date | None] = mapped_column(Date)  # None: from the first order
    period_end: Mapped[date] = mapped_column(Date)  # not included
    as_of: Mapped[datetime]  # what was known then
    currency: Mapped[str] = mapped_column(String(3))
    method: Mapped[str] = mapped_column(String(80))
    population: Mapped[int] = mapped_column(Integer)
    tiers: Mapped[dict[str, int]] = mapped_column(JSON)  # tier -> customers
    told: Mapped[int] = mapped_column(Integer)  # customers whose score is another than before
    finished_at: Mapped[datetime | None]
    current: Mapped[
        bool
    ]  # of those over the whole history, the one that knew most: its standings are kept


class CustomerScore(OwnedRecord):
    """A customer's score as it was told; only ever added to, so they are the history.

    It is the customer's owner's, whoever that was when it was told.
    """

    __tablename__ = "customer_scores"
    __table_args__ = (
        UniqueConstraint("customer_id", "number"),
        Index("ix_customer_scores_scored_at", "scored_at", "id"),
    )

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    number: Mapped[int] = mapped_column(Integer)  # of this customer's scores, from 1
    run_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    scored_at: Mapped[datetime]  # the instant of the run's knowledge
    tier: Mapped[Tier]
    previous_tier: Mapped[Tier | None]
    rank: Mapped[int] = mapped_column(Integer)
    population: Mapped[int] = mapped_column(Integer)
    spend_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(String(3))
    recency_days: Mapped[int | None] = mapped_column(Integer)
    frequency: Mapped[int] = mapped_column(Integer)
    monetary_minor: Mapped[int] = mapped_column(BigInteger)
    rfm: Mapped[str | None] = mapped_column(String(3))


class CustomerStanding(Base):
    """Where a customer stands in a run; those of the current one are kept."""

    __tablename__ = "customer_standings"
    __table_args__ = (Index("ix_customer_standings_rank", "run_id", "rank"),)

    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    run_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    rank: Mapped[int] = mapped_column(Integer)
    tier: Mapped[Tier]
    spend_minor: Mapped[int] = mapped_column(BigInteger)
    recency_days: Mapped[int | None] = mapped_column(Integer)
    frequency: Mapped[int] = mapped_column(Integer)
    monetary_minor: Mapped[int] = mapped_column(BigInteger)
    rfm: Mapped[str | None] = mapped_column(String(3))
