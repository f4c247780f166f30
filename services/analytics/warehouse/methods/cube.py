"""The sales cube: every total counted at its own grain, and every cell down to its rows."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from chassis.errors import Invalid
from services.analytics.warehouse.methods.asked import (
    SOLD,
    Con,
    Row,
    currency,
    cursor,
    frame,
    one,
    paged,
    rows,
)
from services.analytics.warehouse.question import MAX_ROWS

METHOD = "sales_cube.v1"

# What the name of a dimension is in SQL. A day outside the calendar and a product that nobody told
# of stay in the cube, in a cell without a value: what is dropped would not add up.
_COLUMNS = {
    "region": "sold.ship_region",
    "state": "sold.ship_state",
    "category": "product.said.category",
    "sub_category": "product.said.sub_category",
    "segment": "customer.said.segment",
    "year": "dim_date.year",
    "quarter": "dim_date.quarter",
    "month": "dim_date.year_month",
    "week": "dim_date.iso_year::VARCHAR || '-W' || lpad(dim_date.iso_week::VARCHAR, 2, '0')",
}
# A product and a customer are what was told of them last up to the instant; a whole record, for what
# became empty is not what it was before.
_JOINS = {
    "product": """LEFT JOIN (
        SELECT product_id,
            max_by({'category': category, 'sub_category': sub_category}, sequence) AS said
        FROM fact_product_event WHERE occurred_at <= $as_of GROUP BY product_id
        ) AS product ON product.product_id = sold.product_id""",
    "customer": """LEFT JOIN (
        SELECT customer_id, max_by({'segment': segment}, sequence) AS said
        FROM fact_customer_event
        WHERE occurred_at <= $as_of AND split_part(type, '.', 3) IN ('created', 'updated')
        GROUP BY customer_id) AS customer ON customer.customer_id = sold.customer_id""",
    "dim_date": "LEFT JOIN dim_date ON dim_date.day = sold.ordered_on",
}
_MEASURES = """count(*) AS lines, sum(quantity)::BIGINT AS quantity,
    sum(amount_minor)::BIGINT AS amount_minor, count(DISTINCT customer_id) AS customers,
    count(DISTINCT order_id) AS orders"""
_ROWS = """order_id, line_key, ordered_on, customer_id, product_id, sku, quantity,
    discount::VARCHAR AS discount, amount_minor, currency"""


class TooManyCells(Invalid):
    """Refuse a cube that is larger than an answer."""

    code = "analytics.cube.too_many_cells"


def cube(con: Con, parameters: dict[str, Any]) -> Row:
    """Count and sum the lines sold, at every combination of the dimensions asked for."""
    asked = frame(con, parameters)
    unit = currency(con, parameters, asked)
    by, where = parameters["by"], parameters["where"]
    values = asked.values | {"currency": unit, **_values(where)}
    sql = f"""
        WITH {SOLD}, {_cut(by, where)}
        SELECT {_MEASURES}{"".join(f", {name}, grouping({name}) AS all_{name}" for name in by)}
        FROM cut GROUP BY GROUPING SETS ({_grains(by)})
        ORDER BY {"".join(f"all_{name} DESC, {name} NULLS LAST, " for name in by)}lines
        LIMIT {MAX_ROWS + 1}"""
    found = rows(con, sql, values)
    if len(found) > MAX_ROWS:
        raise TooManyCells(f"A cube has at most {MAX_ROWS} cells; ask for fewer dimensions.")
    return {
        "method": METHOD,
        **asked.shown,
        "currency": unit,
        "by": by,
        "where": where,
        "cells": [_cell(row, by) for row in found if row["lines"]],
    }


def cube_rows(con: Con, parameters: dict[str, Any]) -> Row:
    """Return the lines behind one cell, a page at a time, and what all of them add up to."""
    asked, (order_id, line_key) = paged(con, parameters, "", "")
    unit = currency(con, parameters, asked)
    cell, limit = parameters["cell"], parameters["limit"]
    values = asked.values | {"currency": unit, **_values(cell)}
    base = f"WITH {SOLD}, {_cut((), cell)} "
    page = f"""
        {base} SELECT {_ROWS} FROM cut WHERE (order_id, line_key) > ($order_id, $line_key)
        ORDER BY order_id, line_key LIMIT $rows"""
    keys = {"order_id": order_id, "line_key": line_key, "rows": limit + 1}
    found = rows(con, page, values | keys)
    last = found[:limit][-1:]
    more = len(found) > limit
    return {
        "method": METHOD,
        **asked.shown,
        "currency": unit,
        "cell": cell,
        "sums": _measures(one(con, f"{base} SELECT {_MEASURES} FROM cut", values)),
        "items": found[:limit],
        "next": cursor(asked, last[0]["order_id"], last[0]["line_key"]) if more else None,
    }


def _cut(by: Sequence[str], where: dict[str, Any]) -> str:
    """Write the lines sold with their dimensions, of a slice."""
    columns = [_COLUMNS[name] for name in (*by, *where)]
    joins = [
        join
        for table, join in _JOINS.items()
        if any(one.startswith(f"{table}.") for one in columns)
    ]
    named = "".join(f", {_COLUMNS[name]} AS {name}" for name in by)
    # A cell without a value is one too.
    slices = [f"{_COLUMNS[name]} IS NOT DISTINCT FROM $at_{name}" for name in where]
    return (
        f"cut AS (SELECT sold.*{named} FROM sold {' '.join(joins)}"
        f"{' WHERE ' + ' AND '.join(slices) if slices else ''})"
    )


def _values(where: dict[str, Any]) -> dict[str, Any]:
    return {f"at_{name}": value for name, value in where.items()}


def _grains(by: Sequence[str]) -> str:
    """Write every subset of the dimensions, the empty one included."""
    grains: list[tuple[str, ...]] = [()]
    for name in by:
        grains += [(*grain, name) for grain in grains]
    return ", ".join(f"({', '.join(grain)})" for grain in grains)


def _cell(row: Row, by: Sequence[str]) -> Row:
    at = {name: row[name] for name in by if not row[f"all_{name}"]}
    return {"at": at, **_measures(row)}


def _measures(row: Row) -> Row:
    orders, amount = row["orders"], row["amount_minor"] or 0
    average = Decimal(amount) / orders if orders else None
    return {
        "lines": row["lines"],
        "quantity": row["quantity"] or 0,
        "amount_minor": amount,
        "customers": row["customers"],
        "orders": orders,
        # A ratio: of this cell's own sums, never of other cells' ratios.
        "average_order_minor": average and int(average.quantize(Decimal(1), ROUND_HALF_EVEN)),
    }
