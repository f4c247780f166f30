"""What the monitor saw of the warehouse."""

from datetime import datetime

from sqlalchemy import JSON, Float, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import Base, Record
from services.analytics.domain.reconciliation import Verdict


class WarehouseWatch(Record):
    """What the last comparison of a warehouse with the books said."""

    __tablename__ = "warehouse_watches"

    verdict: Mapped[Verdict | None]  # None: never compared


class WarehouseCheck(Base):
    """One comparison; kept for some days."""

    __tablename__ = "warehouse_checks"
    __table_args__ = (Index("ix_warehouse_checks_as_of", "as_of", "id"),)

    id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    as_of: Mapped[datetime]
    verdict: Mapped[Verdict]
    measures: Mapped[list[dict[str, str | int]]] = mapped_column(JSON)
    lag_events: Mapped[int] = mapped_column(Integer)
    lag_seconds: Mapped[float] = mapped_column(Float)
