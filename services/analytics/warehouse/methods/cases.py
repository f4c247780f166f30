"""Cases of a period: opened, closed, breached by milestone, and how long they took."""

from typing import Any

from services.analytics.warehouse.methods.asked import Con, Row, frame, rate, rows

METHOD = "cases.v1"

# A case counts as opened in the period it was opened in and as closed in the one it was closed in;
# how bad it is was perhaps only told later.
_CASES = """
    WITH told AS (
        SELECT *, split_part(type, '.', 3) AS verb FROM fact_case_event
        WHERE occurred_at <= $as_of),
    opened AS (
        SELECT case_id, any_value(case_type) AS case_type,
            arg_max(severity, sequence) AS severity,
            any_value(opened_at) FILTER (verb = 'opened') AS began
        FROM told GROUP BY case_id
        HAVING began >= $since_instant AND began < $until_instant),
    closed AS (
        SELECT * FROM told
        WHERE verb = 'closed' AND closed_at >= $since_instant AND closed_at < $until_instant
        QUALIFY sequence = max(sequence) OVER (PARTITION BY case_id)),
    counted AS (
        SELECT 'opened' AS what, case_type, severity, NULL AS seconds_open, 0 AS reopened,
            0 AS escalations, NULL AS customer_view FROM opened
        UNION ALL
        SELECT 'closed', case_type, severity, seconds_open, reopened, escalations, customer_view
        FROM closed)
    SELECT case_type, severity, grouping(case_type, severity) AS grain,
        count(*) FILTER (what = 'opened') AS opened,
        count(*) FILTER (what = 'closed') AS closed,
        count(*) FILTER (reopened > 0) AS reopened,
        count(*) FILTER (escalations > 0) AS escalated,
        count(*) FILTER (customer_view = 'satisfied') AS satisfied,
        count(*) FILTER (customer_view = 'dissatisfied') AS dissatisfied,
        sum(seconds_open)::BIGINT AS seconds_open,
        CAST(median(seconds_open) AS BIGINT) AS median_seconds_open,
        max(seconds_open) AS longest_seconds_open
    FROM counted GROUP BY GROUPING SETS ((), (case_type), (severity))
    ORDER BY grain DESC, case_type, severity"""

_MILESTONES = """
    SELECT milestone,
        count(DISTINCT case_id) FILTER (type LIKE '%.milestone_met.%') AS met,
        count(DISTINCT case_id) FILTER (type LIKE '%.milestone_met.%' AND in_time) AS met_in_time,
        count(DISTINCT case_id) FILTER (type LIKE '%.breached.%') AS breached,
        count(DISTINCT case_id) FILTER (type LIKE '%.warned.%') AS warned,
        count(DISTINCT case_id) FILTER (
            type LIKE '%.milestone_met.%' OR type LIKE '%.breached.%') AS due,
        CAST(median(seconds_used) AS BIGINT) AS median_seconds_used
    FROM fact_case_event
    WHERE milestone IS NOT NULL AND occurred_at <= $as_of
        AND coalesce(due, met_at) >= $since_instant AND coalesce(due, met_at) < $until_instant
    GROUP BY milestone ORDER BY milestone"""

_OF_TYPE, _OF_SEVERITY, _TOTAL = (
    1,
    2,
    3,
)  # grouping(): a bit for each of the two that is summed over


def cases(con: Con, parameters: dict[str, Any]) -> Row:
    """Count the cases of a period by type and severity, and what became of their milestones."""
    asked = frame(con, parameters)
    found = rows(con, _CASES, asked.values)
    (total,) = (row for row in found if row["grain"] == _TOTAL)
    return {
        "method": METHOD,
        **asked.shown,
        "total": _counted(total),
        "by_type": [
            {"type": row["case_type"], **_counted(row)} for row in found if row["grain"] == _OF_TYPE
        ],
        "by_severity": [
            {"severity": row["severity"], **_counted(row)}
            for row in found
            if row["grain"] == _OF_SEVERITY
        ],
        "milestones": [
            row | {"breach_rate": rate(row["breached"], row["due"])}
            for row in rows(con, _MILESTONES, asked.values)
        ],
    }


def _counted(row: Row) -> Row:
    closed = row["closed"]
    return {
        "opened": row["opened"],
        "closed": closed,
        "reopened": row["reopened"],
        "escalated": row["escalated"],
        "satisfied": row["satisfied"],
        "dissatisfied": row["dissatisfied"],
        "average_seconds_open": row["seconds_open"] // closed
        if closed and row["seconds_open"] is not None
        else None,
        "median_seconds_open": row["median_seconds_open"],
        "longest_seconds_open": row["longest_seconds_open"],
    }
