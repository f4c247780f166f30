"""Fill a service's tables with rows of many customers, by SQL alone, for questions to be asked of."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Column,
    ColumnElement,
    Engine,
    Enum,
    Select,
    String,
    Table,
    cast,
    insert,
    literal,
    select,
    text,
)

from chassis.ids import ID_LENGTH
from chassis.tables import Base

# Rows of each customer, table by table: what a card reads, more than most customers have.
FILLED: dict[str, dict[str, int]] = {
    "accounts": {
        "contacts": 1, "interactions": 3, "contact_points": 1, "ownerships": 1, "consents": 1,
        "assets": 1,
    },
    "sales": {"customer_refs": 1, "orders": 2, "opportunities": 1, "quotes": 1, "leads": 1},
    "service_desk": {"desk_customer_refs": 1, "cases": 1, "surveys": 1},
    "marketing": {
        "marketing_customer_refs": 1, "profiles": 1, "memberships": 1, "sends": 1, "responses": 1,
    },
    "telephony": {"telephony_customer_refs": 1, "calls": 2, "callbacks": 1},
    "analytics": {"customer_scores": 1, "customer_standings": 1, "lead_ratings": 1},
}  # fmt: skip
# One of each, so that what belongs to it is found.
SINGLE = {"analytics": ("score_runs",), "marketing": ("segments", "campaigns")}
SAME = {"entity_id": "group", "currency": "USD", "run_id": "score_runs", "current": True,
        "segment_id": "segments", "campaign_id": "campaigns", "active": True,
        "reasons": [], "flags": []}  # fmt: skip
VALUES: dict[type, object] = {
    int: 1, bool: False, bytes: b"",
    datetime: datetime(2026, 3, 2, 9, 30, tzinfo=UTC), date: date(2026, 3, 2),
}  # fmt: skip
SHORT = 20  # characters: what is shorter holds the same in every row
FIRST = 10_000_000  # numbers of as many digits all: the ids are in their order


def fill(engine: Engine, service: str, customers: int) -> list[str]:
    """Fill the tables of a service; return the customers' ids in the order of their numbers.

    Those of accounts are there already; the others know a customer only by id.
    """
    if service == "accounts":
        table = Base.metadata.tables["customers"]
        whose: Select[str, str] = select(table.c.id.label("id"), table.c.id.label("row")).order_by(
            table.c.id
        )
    else:
        whose = _numbers(customers)
    with engine.begin() as connection:
        for name in SINGLE.get(service, ()):
            single = Base.metadata.tables[name]
            row = {one.name: _plain(one, name) for one in _needed(single)}
            connection.execute(insert(single).values(row))
        for name, count in FILLED[service].items():
            for number in range(count):
                _multiply(connection, Base.metadata.tables[name], whose, f"{name}-{number}-")
        ids = [str(row.id) for row in connection.execute(whose)]
    if engine.dialect.name == "postgresql":  # as its autovacuum does it; on SQLite nobody does
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return ids


def _numbers(count: int) -> Select[str, str]:
    first = select(literal(FIRST).label("n")).cte("numbers", recursive=True)
    numbers = first.union_all(select(first.c.n + 1).where(first.c.n < FIRST + count - 1))
    row = cast(numbers.c.n, String)
    id_ = literal("customer-", String) + row
    return select(id_.label("id"), row.label("row"))


def _multiply(connection: Any, table: Table, whose: Select[str, str], prefix: str) -> None:
    each = whose.subquery()
    has_own_id = "customer_id" in table.c
    values: dict[str, ColumnElement[Any]] = {}
    for one in _needed(table):
        if one.name == "customer_id" or (one.name == "id" and not has_own_id):
            values[one.name] = each.c.id
        elif one.name in SAME or not _is_word(one) or _length(one) < SHORT:
            values[one.name] = literal(_plain(one, prefix), one.type)
        else:
            key = literal(prefix, String) + each.c.row
            values[one.name] = key if _length(one) >= ID_LENGTH else each.c.row
    connection.execute(insert(table).from_select(list(values), select(*values.values())))


def _needed(table: Table) -> list[Column[Any]]:
    wanted = SAME.keys() | {"customer_id"}
    return [
        one for one in table.columns
        if one.computed is None and (not one.nullable or one.name in wanted)
    ]  # fmt: skip


def _is_word(one: Column[Any]) -> bool:
    return one.type.python_type is str and not isinstance(one.type, Enum)


def _length(one: Column[Any]) -> int:
    return getattr(one.type, "length", None) or ID_LENGTH


def _plain(one: Column[Any], key: str) -> object:
    if one.name in SAME:
        return SAME[one.name]
    if isinstance(one.type, JSON):
        return {}
    if isinstance(one.type, Enum):
        return next(iter(one.type.enum_class or one.type.enums))
    return key[: _length(one)] if _is_word(one) else VALUES[one.type.python_type]
