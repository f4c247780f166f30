"""The trading history: customers, orders and lines as data/superstore.csv.xz tells them."""

import csv
import datetime as dt
import io
import lzma
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final

from chassis import money
from demo import derived

FILE: Final = Path(__file__).resolve().parent.parent / "data" / "superstore.csv.xz"
CURRENCY: Final = "USD"
COUNTRY: Final = "US"
_COUNTRIES: Final = {"United States": COUNTRY}
_POSTAL_CODE_DIGITS: Final = 5
_SHARED: Final = (
    "Order Date", "Ship Date", "Ship Mode", "Customer ID", "Customer Name", "Segment",
    "Country", "City", "State", "Postal Code", "Region",
)  # fmt: skip
_COLUMNS: Final = frozenset(_SHARED) | {
    "Row ID", "Order ID", "Product ID", "Product Name", "Category", "Sub-Category",
    "Quantity", "Discount", "Sales",
}  # fmt: skip
_shared = itemgetter(*_SHARED)


class Inconsistent(ValueError):
    """Say that the file contradicts itself or what this reader relies on."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where something is sent."""

    country: str  # ISO 3166-1 alpha-2
    state: str
    city: str
    postal_code: str
    region: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of an order; its key is the row id, never order and product."""

    row_id: int
    product_id: str
    product_name: str
    category: str
    sub_category: str
    quantity: int
    discount: Decimal  # 0 to 1, already taken off the amount
    amount_minor: int  # USD cents


@dataclass(frozen=True, slots=True)
class Order:
    """One order with its lines, by row id."""

    id: str
    customer_id: str
    date: dt.date
    ship_date: dt.date
    ship_mode: str
    ship_to: Address
    lines: tuple[Line, ...]

    @property
    def total_minor(self) -> int:
        """Sum the lines."""
        return sum(line.amount_minor for line in self.lines)


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer; mail, phone, language and address are derived (data/README.md)."""

    id: str
    name: str
    segment: str
    first_order: dt.date
    first_order_id: str
    address: Address
    email: str
    phone: str
    language: str
    derived: bool = True


@dataclass(frozen=True)
class History:
    """Four years of trade: customers by id, orders by date and then id."""

    customers: tuple[Customer, ...]
    orders: tuple[Order, ...]

    @cached_property
    def by_id(self) -> Mapping[str, Customer]:
        """Find a customer by id."""
        return {customer.id: customer for customer in self.customers}

    @property
    def lines(self) -> int:
        """Count the lines of all orders."""
        return sum(len(order.lines) for order in self.orders)

    @property
    def total_minor(self) -> int:
        """Sum all orders."""
        return sum(order.total_minor for order in self.orders)

    def known_before(self, day: dt.date) -> tuple[Customer, ...]:
        """List the customers whose first order is before a day."""
        return tuple(one for one in self.customers if one.first_order < day)

    def new_since(self, day: dt.date) -> tuple[Customer, ...]:
        """List the customers whose first order is on or after a day, oldest first."""
        late = (one for one in self.customers if one.first_order >= day)
        return tuple(sorted(late, key=lambda one: (one.first_order, one.id)))

    def between(self, start: dt.date, end: dt.date) -> "History":
        """Return the orders of start <= date < end with the customers who placed them."""
        orders = tuple(order for order in self.orders if start <= order.date < end)
        placed = {order.customer_id for order in orders}
        return History(tuple(one for one in self.customers if one.id in placed), orders)


@cache
def read(file: Path = FILE) -> History:
    """Read the whole history.

    :raises Inconsistent: if the lines of an order or a customer contradict each other.
    """
    with lzma.open(file, "rt", encoding="utf-8", newline="") as stream:
        return parse(stream.read())


def parse(text: str) -> History:
    """Build the history from the text of the file.

    :raises Inconsistent: if the lines of an order or a customer contradict each other.
    """
    reader = csv.DictReader(io.StringIO(text, newline=""))
    if missing := sorted(_COLUMNS - set(reader.fieldnames or ())):
        raise Inconsistent(f"The file lacks the columns {', '.join(missing)}.")
    rows = sorted(reader, key=itemgetter("Order ID"))
    grouped = ((id_, list(group)) for id_, group in groupby(rows, itemgetter("Order ID")))
    orders = sorted((_order(id_, group) for id_, group in grouped), key=lambda o: (o.date, o.id))
    return History(_customers(orders, _people(rows)), tuple(orders))


def _order(id_: str, rows: Sequence[Mapping[str, str]]) -> Order:
    first = rows[0]
    if len({_shared(row) for row in rows}) != 1:
        raise Inconsistent(f"The lines of order {id_} do not agree about what they share.")
    return Order(
        id=id_,
        customer_id=first["Customer ID"],
        date=dt.date.fromisoformat(first["Order Date"]),
        ship_date=dt.date.fromisoformat(first["Ship Date"]),
        ship_mode=first["Ship Mode"],
        ship_to=_address(first),
        lines=tuple(sorted((_line(row) for row in rows), key=lambda line: line.row_id)),
    )


def _line(row: Mapping[str, str]) -> Line:
    return Line(
        row_id=int(row["Row ID"]),
        product_id=row["Product ID"],
        product_name=row["Product Name"],
        category=row["Category"],
        sub_category=row["Sub-Category"],
        quantity=int(row["Quantity"]),
        discount=Decimal(row["Discount"]),
        amount_minor=money.to_minor(Decimal(row["Sales"]), CURRENCY),
    )


def _address(row: Mapping[str, str]) -> Address:
    return Address(
        country=_COUNTRIES[row["Country"]],
        state=row["State"],
        city=row["City"],
        # A spreadsheet once read these as numbers: 02908 arrives as 2908.
        postal_code=row["Postal Code"].zfill(_POSTAL_CODE_DIGITS),
        region=row["Region"],
    )


def _people(rows: Iterable[Mapping[str, str]]) -> Mapping[str, tuple[str, str]]:
    people: dict[str, tuple[str, str]] = {}
    for row in rows:
        person = (row["Customer Name"], row["Segment"])
        if people.setdefault(row["Customer ID"], person) != person:
            raise Inconsistent(f"Customer {row['Customer ID']} has two names or segments.")
    return people


def _customers(
    orders: Iterable[Order], people: Mapping[str, tuple[str, str]]
) -> tuple[Customer, ...]:
    first: dict[str, Order] = {}
    for order in orders:
        first.setdefault(order.customer_id, order)
    phones = derived.phones((id_, order.ship_to.state) for id_, order in first.items())
    return tuple(
        Customer(
            id=id_,
            name=people[id_][0],
            segment=people[id_][1],
            first_order=first[id_].date,
            first_order_id=first[id_].id,
            address=first[id_].ship_to,
            email=derived.email(people[id_][0]),
            phone=phones[id_],
            language=derived.language(id_),
        )
        for id_ in sorted(first)
    )
