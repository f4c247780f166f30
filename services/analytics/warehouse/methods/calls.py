"""A day of calls in quarters of an hour."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from chassis.clock import isoformat
from services.analytics.warehouse.methods.asked import (
    CALLED,
    CUSTOMERS,
    NOW_CALLED,
    Con,
    Row,
    frame,
    rate,
    rows,
)

METHOD = "calls.v1"
BUCKET_SECONDS = 900

# An offered call is one from outside that reached us; each is answered, abandoned or neither. As it
# was told last decides whether it is of this day and queue; only calls once told of it are sorted.
_DAY = f"""
    WITH {CALLED},
    told_last AS (
        SELECT * FROM fact_call
        WHERE occurred_at <= $as_of AND call_id IN (
            SELECT call_id FROM fact_call WHERE started_at >= $begins AND started_at < $ends)
        QUALIFY sequence = max(sequence) OVER (PARTITION BY call_id)),
    offered AS (
        SELECT *, floor((epoch(started_at) - epoch($begins)) / {BUCKET_SECONDS})::BIGINT AS bucket
        FROM told_last {NOW_CALLED}
        WHERE direction = 'inbound' AND started_at >= $begins AND started_at < $ends
            AND ($queue IS NULL OR queue = $queue))
    SELECT bucket, grouping(bucket) AS is_total, count(*) AS offered,
        count(*) FILTER (outcome = 'answered') AS answered,
        count(*) FILTER (outcome = 'abandoned') AS abandoned,
        count(*) FILTER (outcome NOT IN ('answered', 'abandoned')) AS other,
        count(*) FILTER (outcome = 'answered' AND coalesce(wait_seconds, 0) <= $threshold)
            AS in_time,
        sum(wait_seconds) AS wait_seconds, count(wait_seconds) AS waited,
        max(wait_seconds) AS longest_wait_seconds, sum(talk_seconds) AS talk_seconds,
        {CUSTOMERS}, count(*) FILTER (estimated) AS estimated
    FROM offered GROUP BY GROUPING SETS ((), (bucket)) ORDER BY is_total DESC, bucket"""


def calls(con: Con, parameters: dict[str, Any]) -> Row:
    """Count a day's calls from outside by quarter of an hour, with waits and service level."""
    asked, zone = frame(con, parameters), ZoneInfo(parameters["zone"])
    begins = datetime.combine(parameters["day"], time(), zone).astimezone(UTC)
    ends = datetime.combine(parameters["day"] + timedelta(days=1), time(), zone).astimezone(UTC)
    values = {
        "as_of": asked.as_of, "begins": begins, "ends": ends, "queue": parameters["queue"],
        "threshold": parameters["threshold_seconds"],
    }  # fmt: skip
    total, *found = rows(con, _DAY, values)
    counted = {row["bucket"]: row for row in found}
    # Where clocks change, a day has 92 or 100 quarters.
    quarters = int((ends - begins).total_seconds()) // BUCKET_SECONDS
    return {
        "method": METHOD,
        "as_of": isoformat(asked.as_of),
        "day": parameters["day"],
        "zone": parameters["zone"],
        "queue": parameters["queue"],
        "threshold_seconds": parameters["threshold_seconds"],
        "total": _counted(total),
        "buckets": [
            {
                "from": isoformat(begins + timedelta(seconds=number * BUCKET_SECONDS)),
                **_counted(counted.get(number, {})),
            }
            for number in range(quarters)
        ],
    }


def _counted(row: Row) -> Row:
    waited = row.get("waited", 0)
    return {
        "offered": row.get("offered", 0),
        "answered": row.get("answered", 0),
        "abandoned": row.get("abandoned", 0),
        "other": row.get("other", 0),
        "customers": row.get("customers", 0),
        "estimated": row.get("estimated", 0),
        "average_wait_seconds": round(row["wait_seconds"] / waited, 1) if waited else None,
        "longest_wait_seconds": row.get("longest_wait_seconds"),
        "talk_seconds": row.get("talk_seconds"),
        # Of all offered, those answered within the threshold: who gave up counts against it.
        "service_level": rate(row.get("in_time"), row.get("offered")),
    }
