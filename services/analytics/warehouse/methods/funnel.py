"""The funnel: what became of the leads that came in a period."""

from typing import Any

from services.analytics.warehouse.methods.asked import Con, Row, frame, rate, rows

METHOD = "funnel.v1"
STEPS = ("created", "qualified", "converted", "won")

# One lead is one row: however often a step was told, it was taken once. An opportunity belongs to a
# lead by its own word or by that of the conversion, whichever was heard.
_FUNNEL = """
    WITH told AS (
        SELECT *, split_part(type, '.', 3) AS verb FROM fact_lead_event
        WHERE occurred_at <= $as_of),
    lead AS (
        SELECT lead_id, min(source) FILTER (verb = 'created') AS source,
            min(occurred_at) FILTER (verb = 'created') AS created_at,
            bool_or(verb = 'qualified') AS is_qualified,
            bool_or(verb = 'converted') AS is_converted,
            bool_or(verb = 'disqualified') AS is_disqualified,
            min(seconds_to_convert) AS seconds_to_convert
        FROM told GROUP BY lead_id),
    of_lead AS (
        SELECT lead_id, opportunity_id FROM told WHERE opportunity_id IS NOT NULL
        UNION
        SELECT lead_id, opportunity_id FROM fact_opportunity_event
        WHERE lead_id IS NOT NULL AND occurred_at <= $as_of),
    won AS (
        SELECT DISTINCT of_lead.lead_id FROM of_lead JOIN fact_opportunity_event AS event
        USING (opportunity_id) WHERE event.stage = 'won' AND event.occurred_at <= $as_of)
    SELECT source, grouping(source) AS is_total, count(*) AS created,
        count(*) FILTER (is_qualified OR is_converted) AS qualified,
        count(*) FILTER (is_converted) AS converted,
        count(won.lead_id) AS won,
        count(*) FILTER (is_disqualified) AS disqualified,
        CAST(median(seconds_to_convert) FILTER (is_converted) AS BIGINT) AS seconds_to_convert
    FROM lead LEFT JOIN won ON won.lead_id = lead.lead_id AND lead.is_converted
    WHERE created_at >= $since_instant AND created_at < $until_instant
        AND ($source IS NULL OR source = $source)
    GROUP BY GROUPING SETS ((), (source))
    ORDER BY is_total DESC, created DESC, source"""


def funnel(con: Con, parameters: dict[str, Any]) -> Row:
    """Count how far the leads of a period came, in all and by source."""
    asked = frame(con, parameters)
    values = asked.values | {"source": parameters["source"]}
    total, *by_source = rows(con, _FUNNEL, values)
    return {
        "method": METHOD,
        **asked.shown,
        "source": parameters["source"],
        **_counted(total),
        "by_source": [{"source": row["source"], **_counted(row)} for row in by_source],
    }


def _counted(row: Row) -> Row:
    before = (STEPS[0], *STEPS)
    return {
        "steps": [
            {
                "step": step,
                "leads": row[step],
                "rate": rate(row[step], row[earlier]),  # of those who took the step before
                "rate_of_all": rate(row[step], row[STEPS[0]]),
            }
            for step, earlier in zip(STEPS, before, strict=False)
        ],
        "disqualified": row["disqualified"],
        "seconds_to_convert": row["seconds_to_convert"],  # median
    }
