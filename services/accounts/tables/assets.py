"""What customers have of our products."""

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, Base, Record
from services.accounts.domain.assets import (
    MAX_LINE_KEY,
    MAX_SERIAL,
    MAX_SKU,
    AssetSource,
)


class Asset(Record):
    """A product that a customer has or had; one from an order is one line of it."""

    __tablename__ = "assets"
    __table_args__ = (
        Index("ix_assets_customer", "customer_id", "id"),
        Index("ix_assets_sku", "sku", "customer_id"),
        Index("ix_assets_order", "order_id", "line_key", unique=True),
    )

    customer_id: Mapped[str] = mapped_column(ForeignKey("customers.id"))
    sku: Mapped[str] = mapped_column(String(MAX_SKU))
    serial: Mapped[str | None] = mapped_column(String(MAX_SERIAL), info=PERSONAL)
    quantity: Mapped[int] = mapped_column(BigInteger)
    since: Mapped[str | None] = mapped_column(String(10))  # ISO date
    until: Mapped[str | None] = mapped_column(String(10))  # ISO date, half-open
    source: Mapped[AssetSource]
    order_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))
    line_key: Mapped[str | None] = mapped_column(String(MAX_LINE_KEY))


class AssetOrder(Base):
    """The newest version of an order that assets follow: an older one that comes late is passed."""

    __tablename__ = "asset_orders"

    order_id: Mapped[str] = mapped_column(String(ID_LENGTH), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)  # of the order in sales; 0 before the first
