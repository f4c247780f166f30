"""The book of orders."""

from datetime import date

from sqlalchemy import BigInteger, Date, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.ids import ID_LENGTH
from chassis.tables import PERSONAL, OwnedRecord, Record
from services.sales.domain.orders import OrderStatus
from services.sales.domain.standing import Caution


class Order(OwnedRecord):
    """An order in its newest revision."""

    __tablename__ = "orders"
    __table_args__ = (
        UniqueConstraint("entity_id", "external_system", "external_id"),
        Index("ix_orders_customer", "customer_id", "ordered_on"),
        Index("ix_orders_ordered_on", "ordered_on", "id"),
    )

    external_system: Mapped[str] = mapped_column(String(40))  # crm = entered here
    external_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    revision: Mapped[int] = mapped_column(Integer)
    fingerprint: Mapped[str] = mapped_column(String(64))  # of all that this revision says
    customer_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    ordered_on: Mapped[date] = mapped_column(Date)
    currency: Mapped[str] = mapped_column(String(3))
    total_minor: Mapped[int] = mapped_column(BigInteger)
    line_count: Mapped[int] = mapped_column(Integer)
    status: Mapped[OrderStatus]
    caution: Mapped[Caution | None]  # why somebody should look at it
    ship_mode: Mapped[str | None] = mapped_column(String(40))
    ship_city: Mapped[str | None] = mapped_column(String(120), info=PERSONAL)
    ship_state: Mapped[str | None] = mapped_column(String(80))
    ship_postal_code: Mapped[str | None] = mapped_column(String(20), info=PERSONAL)
    ship_country: Mapped[str | None] = mapped_column(String(2))
    ship_region: Mapped[str | None] = mapped_column(String(80))  # as the sender parts the country


class OrderLine(Record):
    """One line of an order; its key is the outside system's, its id follows from both."""

    __tablename__ = "order_lines"
    __table_args__ = (UniqueConstraint("order_id", "line_key"),)

    order_id: Mapped[str] = mapped_column(String(ID_LENGTH))
    line_key: Mapped[str] = mapped_column(String(ID_LENGTH))
    product_id: Mapped[str] = mapped_column(String(ID_LENGTH), index=True)
    sku: Mapped[str] = mapped_column(String(ID_LENGTH))
    quantity: Mapped[int] = mapped_column(Integer)
    discount: Mapped[str] = mapped_column(String(40))  # Decimal, 0 to 1
    amount_minor: Mapped[int] = mapped_column(BigInteger)
