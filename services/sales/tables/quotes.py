"""The catalogue, and what is offered out of it."""

from datetime import datetime

from sqlalchemy import BigInteger, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import OwnedRecord, Record
from services.sales.domain.quotes import QuoteStatus


class Product(Record):
    """Something we sell; a product of the ERP has its key as sku and its revision."""

    __tablename__ = "products"
    __table_args__ = (UniqueConstraint("entity_id", "sku"),)

    sku: Mapped[str] = mapped_column(String(ID_LENGTH))
    name: Mapped[str] = mapped_column(String(250), index=True)
    category: Mapped[str | None] = mapped_column(String(80))
    sub_category: Mapped[str | None] = mapped_column(String(80))
    active: Mapped[bool] = mapped_column(default=True)
    revision: Mapped[int] = mapped_column(Integer, default=0)  # the outside system's; 0 = ours


class Quote(OwnedRecord):
    """An offer to a customer, in one version."""

    __tablename__ = "quotes"

    opportunity_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    status: Mapped[QuoteStatus]
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    line_count: Mapped[int] = mapped_column(Integer)
    valid_until: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    order_id: Mapped[str | None] = mapped_column(String(ID_LENGTH))


class QuoteLine(Record):
    """One line of a quote."""

    __tablename__ = "quote_lines"
    __table_args__ = (UniqueConstraint("quote_id", "place"),)

    quote_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    place: Mapped[int] = mapped_column(Integer)  # 1, 2, …
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price: Mapped[str] = mapped_column(String(40))  # Decimal, in the quote's currency
    discount: Mapped[str] = mapped_column(String(40))  # Decimal, 0 to 1
    amount_minor: Mapped[int] = mapped_column(BigInteger)
