"""What every method needs: the instant and period it is asked for, and rows as dictionaries."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeAlias

import duckdb

from chassis.clock import isoformat
from chassis.cursors import read_cursor, write_cursor
from chassis.errors import Invalid

Con: TypeAlias = duckdb.DuckDBPyConnection
Row: TypeAlias = dict[str, Any]

NO_CURRENCY = "XXX"  # ISO 4217: nothing was sold
_NAMED = re.compile(r"\$([a-z_]+)")
_RATE = Decimal("0.0001")
_FIRST, _EPOCH = date(1, 1, 1), datetime(1970, 1, 1, tzinfo=UTC)

# The lines that stood in the books at an instant: of each order the newest revision told until
# then. Most orders are told once; only those told again are sorted.
_TOLD_AGAIN = """
    told_again AS (
        SELECT event_id FROM fact_order
        WHERE occurred_at <= $as_of AND order_id IN (
            SELECT order_id FROM fact_order WHERE revision > 1 OR version > 1)
        QUALIFY row_number() OVER (
            PARTITION BY order_id ORDER BY revision DESC, sequence DESC, event_id DESC) > 1)"""
# Facts keep the id that they were told with; whom it means follows from the merges that were told
# until then and not undone. A winner may have been merged further.
CALLED = """
    merged AS (
        SELECT loser_id, winner_id FROM fact_merge_event
        WHERE occurred_at <= $as_of AND type LIKE '%.merged.%' AND merge_id NOT IN (
            SELECT merge_id FROM fact_merge_event
            WHERE occurred_at <= $as_of AND type LIKE '%.unmerged.%')),
    called AS (
        WITH RECURSIVE step AS (
            SELECT loser_id AS old_id, winner_id AS now_id, 1 AS hops FROM merged
            UNION ALL
            SELECT old_id, winner_id, hops + 1 FROM step JOIN merged ON loser_id = now_id
            WHERE hops < 100)
        SELECT old_id, max_by(now_id, hops) AS now_id FROM step GROUP BY old_id)"""
# Put behind the name of a table: its customer is who it is now (now_id), and nobody stays nobody.
NOW_CALLED = "LEFT JOIN called ON old_id = customer_id"
CUSTOMERS = "count(DISTINCT coalesce(now_id, customer_id)) AS customers"
SOLD = f"""
    {_TOLD_AGAIN},
    {CALLED},
    sold AS (
        SELECT one.* REPLACE (coalesce(now_id, one.customer_id) AS customer_id)
        FROM fact_order_line AS one ANTI JOIN told_again USING (event_id)
        LEFT JOIN called ON old_id = one.customer_id
        WHERE occurred_at <= $as_of AND status <> 'cancelled' AND currency = $currency
            AND ordered_on >= $since AND ordered_on < $until)"""
# Of the orders that are sold: what was revised to another currency or cancelled has none.
_CURRENCIES = f"""
    WITH {_TOLD_AGAIN}
    SELECT DISTINCT currency FROM fact_order ANTI JOIN told_again USING (event_id)
    WHERE occurred_at <= $as_of AND status <> 'cancelled'
        AND ordered_on >= $since AND ordered_on < $until
    ORDER BY currency"""


class SeveralCurrencies(Invalid):
    """Refuse to add up what has no common unit."""

    code = "analytics.report.several_currencies"


class OtherInstant(Invalid):
    """Refuse to go on with a list as of another instant."""

    code = "analytics.report.other_instant"


@dataclass(frozen=True, slots=True)
class Frame:
    """What a method is asked about: what was known when, of which days."""

    as_of: datetime
    since: date
    until: date  # not included

    @property
    def day(self) -> date:
        """Return the day of the instant."""
        return self.as_of.astimezone(UTC).date()

    @property
    def values(self) -> dict[str, object]:
        """Return the frame as parameters of SQL."""
        return {
            "as_of": self.as_of,
            "day": self.day,
            "since": self.since,
            "until": self.until,
            "since_instant": _midnight(self.since),
            "until_instant": _midnight(self.until),
        }

    @property
    def shown(self) -> dict[str, object]:
        """Return the frame as an answer says it; a period without a start begins with the first."""
        return {
            "as_of": isoformat(self.as_of),
            "period_start": None if self.since == _FIRST else self.since,
            "period_end": self.until,
        }


def frame(con: Con, parameters: Mapping[str, Any]) -> Frame:
    """Read what is asked about; by default all that the warehouse knows."""
    as_of = parameters.get("as_of") or _newest(con)
    until = parameters.get("period_end") or as_of.astimezone(UTC).date() + timedelta(days=1)
    return Frame(as_of, parameters.get("period_start") or _FIRST, until)


def currency(con: Con, parameters: Mapping[str, Any], asked: Frame) -> str:
    """Return the currency that is asked for, or the only one there is.

    :raises SeveralCurrencies: if there are several to choose from.
    """
    given = parameters.get("currency")
    if given is not None:
        return str(given)
    found = rows(con, _CURRENCIES, asked.values)
    if len(found) > 1:
        raise SeveralCurrencies(
            "Say in which currency: sums of several are none.",
            detail={"currencies": [row["currency"] for row in found]},
        )
    return str(found[0]["currency"]) if found else NO_CURRENCY


def rows(con: Con, sql: str, values: Mapping[str, object]) -> list[Row]:
    """Run a query with those of the values that it names."""
    used = set(_NAMED.findall(sql))
    done = con.execute(sql, {name: values[name] for name in used})
    names = [column[0] for column in done.description or ()]
    return [dict(zip(names, row, strict=True)) for row in done.fetchall()]


def one(con: Con, sql: str, values: Mapping[str, object]) -> Row:
    """Run a query that answers one row."""
    (row,) = rows(con, sql, values)
    return row


def paged(con: Con, parameters: Mapping[str, Any], *first: object) -> tuple[Frame, list[Any]]:
    """Return what is asked about and the keys that a page begins behind; ``first`` is before all.

    Every page is of the instant that the first was of: lists of two instants do not fit together.

    :raises Invalid: if the cursor was not made by this list.
    :raises OtherInstant: if another instant is asked for than the one it was made at.
    """
    given = parameters["after"]
    if given is None:
        return frame(con, parameters), list(first)
    as_of, *keys = read_cursor(given, [datetime, *(type(key) for key in first)])
    if parameters.get("as_of") not in {None, as_of}:
        raise OtherInstant("A list goes on as of the instant at which it began.")
    return frame(con, {**parameters, "as_of": as_of}), keys


def cursor(asked: Frame, *keys: object) -> str:
    """Write where a list goes on, and as of which instant."""
    return write_cursor([isoformat(asked.as_of), *keys])


def rate(part: float | None, whole: float | None) -> str | None:
    """Return a part of a whole as decimal text, or nothing of nothing."""
    if not whole or part is None:
        return None
    return str((Decimal(part) / Decimal(whole)).quantize(_RATE))


def iso(column: str) -> str:
    """Write the SQL that shows an instant as the house writes it."""
    return f"strftime({column} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _newest(con: Con) -> datetime:
    row = one(con, "SELECT epoch_us(max(occurred_at)) AS micros FROM raw_event", {})
    return _EPOCH + timedelta(microseconds=row["micros"] or 0)
