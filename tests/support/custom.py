"""Custom fields of accounts, as an admin defines them."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import event

from chassis.custom.defining import define_field
from chassis.custom.kinds import Definition, FieldType, Option
from chassis.custom.values import form_for, write
from services.accounts.domain.customers import CustomerKind, Lifecycle
from services.accounts.tables import Customer
from tests.support.accounts import Desk

REGIONS = [
    {"key": "asia", "label": "Asia"},
    {"key": "japan", "label": "Japan", "parent": "asia"},
    {"key": "tokyo", "label": "Tokyo", "parent": "japan"},
    {"key": "europe", "label": "Europe"},
]
COLOURS = [{"key": "red", "label": "Red"}, {"key": "blue", "label": "Blue"}]


def a_field(desk: Desk, key: str, type: str = "text", **details: Any) -> dict[str, Any]:
    """Define a field of customers."""
    given = {"kind": "customer", "label": f"The {key}", "key": key, "type": type} | details
    return dict(desk.put("define_field", given))


def found(desk: Desk, **asked: Any) -> list[str]:
    """Return the names of the customers that a list shows."""
    shown = desk.ask("find_records", kind="customer", **asked)
    return [one["name"] for one in shown["items"]]


def named(desk: Desk, name: str, **custom: Any) -> dict[str, Any]:
    """Register a customer with custom values."""
    return dict(desk.ask("register_customer", name=name, custom=custom))


TYPES = (FieldType.TEXT, FieldType.NUMBER, FieldType.DATE, FieldType.ENUM, FieldType.BOOLEAN)
FILLED, CHUNK = 20, 5_000


def many_fields(desk: Desk, count: int) -> None:
    """Define f0, f1 …: every tenth can be searched."""
    with desk.work() as work:
        for number in range(count):
            type_ = TYPES[number // 10 % 5]
            options = tuple(Option(**one) for one in COLOURS) if type_ is FieldType.ENUM else ()
            field = Definition(
                key=f"f{number}", type=type_, options=options, searchable=number % 10 == 0
            )
            define_field(work, kind="customer", label=f"Field {number}", field=field)
            work.flush()


def a_value(number: int, customer: int) -> object:
    """Return what a customer has in a field."""
    match TYPES[number // 10 % 5]:
        case FieldType.TEXT:
            return f"Word {customer % 997}"
        case FieldType.NUMBER:
            return str(customer)
        case FieldType.DATE:
            return (date(1950, 1, 1) + timedelta(days=customer % 20_000)).isoformat()
        case FieldType.ENUM:
            return COLOURS[customer % 2]["key"]
    return customer % 2 == 0


def many_customers(desk: Desk, count: int, fields: int) -> None:
    """Enter customers with twenty values each, at once."""
    for start in range(0, count, CHUNK):
        with desk.work() as work:
            form = form_for(work, Customer, alone=True)
            rows = [
                _row(number, {f"f{(number * 7 + at * 25) % fields}" for at in range(FILLED)})
                for number in range(start, min(start + CHUNK, count))
            ]
            work.write_many(Customer, rows)
            of = {row["id"]: row["custom"] for row in rows}
            write(work, form, of, new=frozenset(of))


def _row(number: int, keys: set[str]) -> dict[str, Any]:
    nothing = dict.fromkeys(column.key for column in Customer.__table__.columns if column.nullable)
    return nothing | {
        "id": f"c{number:07}", "number": str(number), "kind": CustomerKind.PERSON, "name": f"N{number}",
        "name_key": f"n{number}", "lifecycle": Lifecycle.POTENTIAL, "external_ids": {},
        "derived": [], "event_seq": 0,
        "custom": {key: a_value(int(key[1:]), number) for key in sorted(keys)},
    }  # fmt: skip


def plan_of(desk: Desk, **asked: Any) -> tuple[list[str], dict[str, Any]]:
    """Ask for a list; return how the database went about it, step by step, and the answer."""
    engine = desk.runtime.database.engine
    asked_of: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        if "FROM customers" in statement:
            asked_of.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        shown = desk.ask("find_records", kind="customer", **asked)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN" if desk.runtime.database.sqlite else "EXPLAIN"
    with engine.connect() as connection:
        steps = [
            str(row[-1])
            for statement, parameters in asked_of
            for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
        ]
    return steps, shown
