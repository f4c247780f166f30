"""The book of orders as the warehouse counts it: what sales.totals says of the same book."""

from typing import Any

from services.analytics.warehouse.methods.asked import Con, Row, rows

_ORDERS = """
    SELECT currency, count(*) AS records, sum(total_minor)::BIGINT AS amount_minor
    FROM order_now GROUP BY currency ORDER BY currency"""
_LINES = """
    SELECT currency, count(*) AS records, sum(amount_minor)::BIGINT AS amount_minor
    FROM order_line GROUP BY currency ORDER BY currency"""


def totals(con: Con, _: dict[str, Any]) -> Row:
    """Count and sum the whole book: every order in its newest revision, whatever its status."""
    orders, lines = rows(con, _ORDERS, {}), rows(con, _LINES, {})
    return {
        "orders": sum(row["records"] for row in orders),
        "lines": sum(row["records"] for row in lines),
        "amounts": {row["currency"]: row["amount_minor"] for row in orders},
        "line_amounts": {row["currency"]: row["amount_minor"] for row in lines},
    }
