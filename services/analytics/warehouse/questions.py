"""The questions that the file alone can answer; those about the process are in operations.py."""

from typing import Any

import duckdb
from marshmallow import fields
from marshmallow.validate import Length, Range

from chassis.schemas import Accepted, Nothing
from services.analytics.warehouse import methods, star
from services.analytics.warehouse.question import Question, rows_of

MAX_PAGE = 500

# The whole book, whatever its status: what the owner's `totals` counts.
_ORDERS = """
    SELECT currency, external_system, count(*) AS orders, sum(total_minor) AS amount_minor
    FROM order_now WHERE ? IS NULL OR external_system = ? GROUP BY ALL ORDER BY ALL"""
_LINES = """
    SELECT currency, external_system, count(*) AS lines, sum(amount_minor) AS amount_minor
    FROM order_line WHERE ? IS NULL OR external_system = ? GROUP BY ALL ORDER BY ALL"""
_COUNTS = """
    SELECT (SELECT count(DISTINCT lead_id) FROM fact_lead_event) AS leads,
        (SELECT count(*) FROM customer_known WHERE gone_from IS NULL) AS customers,
        (SELECT count(DISTINCT opportunity_id) FROM fact_opportunity_event) AS opportunities,
        (SELECT count(*) FROM product_now) AS products,
        (SELECT count(DISTINCT call_id) FROM fact_call) AS calls,
        (SELECT count(DISTINCT case_id) FROM fact_case_event) AS cases,
        (SELECT count(DISTINCT send_id) FROM fact_campaign_touch) AS touches,
        (SELECT count(DISTINCT survey_id) FROM fact_survey_answer) AS surveys"""


class BooksAsked(Accepted):
    """Ask for the whole book, or for what came from one system."""

    external_system = fields.String(load_default=None, allow_none=True, validate=Length(1, 50))


class PageAsked(Accepted):
    """Ask for a page: behind this place, so many."""

    after = fields.Integer(load_default=-1, strict=True, validate=Range(-1))
    limit = fields.Integer(load_default=100, strict=True, validate=Range(1, MAX_PAGE))


def books(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> object:
    """Count and sum what the owning services count and sum too, in their words."""
    system = [asked["external_system"]] * 2
    orders, lines = rows_of(con, _ORDERS, system), rows_of(con, _LINES, system)
    return {
        "orders": sum(row["orders"] for row in orders),
        "lines": sum(row["lines"] for row in lines),
        "amounts": _by_currency(orders),
        "line_amounts": _by_currency(lines),
        "orders_by_system": orders,
        "lines_by_system": lines,
        **rows_of(con, _COUNTS)[0],
    }


def checksums(con: duckdb.DuckDBPyConnection, _: dict[str, Any]) -> object:
    """Return rows and checksum of each table."""
    return star.checksums(con)


def gaps(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> object:
    """List what the log did not have any more when its turn came."""
    return rows_of(
        con,
        "SELECT rowid AS place, incarnation, expected, found, found - expected AS missing, seen_at "
        "FROM gap WHERE rowid > ? ORDER BY rowid LIMIT ?",
        [asked["after"], asked["limit"]],
    )


def quarantine(con: duckdb.DuckDBPyConnection, asked: dict[str, Any]) -> object:
    """List what was kept apart, with the reason."""
    return rows_of(
        con,
        "SELECT rowid AS place, stream_offset, incarnation, event_id, type, reason, sentence, "
        "seen_at, left(body, 2000) AS body FROM quarantine WHERE rowid > ? ORDER BY rowid LIMIT ?",
        [asked["after"], asked["limit"]],
    )


def _by_currency(rows: list[dict[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        found[row["currency"]] = found.get(row["currency"], 0) + row["amount_minor"]
    return found


QUESTIONS: dict[str, Question] = {
    one.name: one
    for one in (
        Question("books", books, BooksAsked()),
        Question("checksums", checksums, Nothing()),
        Question("gaps", gaps, PageAsked()),
        Question("quarantine", quarantine, PageAsked()),
        *methods.QUESTIONS,
    )
}
