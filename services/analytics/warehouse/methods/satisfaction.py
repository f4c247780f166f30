"""Satisfaction by driver: what was expected, what was perceived, and the gap between them."""

from decimal import Decimal
from typing import Any

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

METHOD = "satisfaction.v1"
_MEAN = Decimal("0.01")

# The newest answer of a survey counts; a driver is compared only where both sides were said.
_ANSWERS = f"""
    {CALLED},
    answers AS (
        SELECT * FROM fact_survey_answer {NOW_CALLED}
        WHERE occurred_at <= $as_of AND answered_at >= $since_instant
            AND answered_at < $until_instant AND ($moment IS NULL OR moment = $moment)
        QUALIFY sequence = max(sequence) OVER (PARTITION BY survey_id))"""
_DRIVERS = f"""
    WITH {_ANSWERS}
    SELECT driver, grouping(driver) AS is_total, count(DISTINCT survey_id) AS answers,
        {CUSTOMERS}, count(*) AS compared,
        sum(expected)::BIGINT AS expected, sum(perceived)::BIGINT AS perceived
    FROM answers WHERE expected IS NOT NULL AND perceived IS NOT NULL
    GROUP BY GROUPING SETS ((), (driver)) ORDER BY is_total DESC, driver"""
_VERDICTS = f"""
    WITH {_ANSWERS},
    surveys AS (SELECT DISTINCT survey_id, satisfaction, moment FROM answers)
    SELECT satisfaction, moment, count(*) AS surveys
    FROM surveys GROUP BY satisfaction, moment ORDER BY moment, satisfaction"""


def satisfaction(con: Con, parameters: dict[str, Any]) -> Row:
    """Average what those who answered in a period expected and perceived, driver by driver."""
    asked = frame(con, parameters)
    values = asked.values | {"moment": parameters["moment"]}
    total, *drivers = rows(con, _DRIVERS, values)
    verdicts = rows(con, _VERDICTS, values)
    surveys = sum(row["surveys"] for row in verdicts)
    return {
        "method": METHOD,
        **asked.shown,
        "moment": parameters["moment"],
        "surveys": surveys,
        "total": _means(total),
        "drivers": [{"driver": row["driver"], **_means(row)} for row in drivers],
        "verdicts": [row | {"share": rate(row["surveys"], surveys)} for row in verdicts],
    }


def _means(row: Row) -> Row:
    compared = row["compared"]
    expected, perceived = row["expected"] or 0, row["perceived"] or 0
    return {
        "answers": row["answers"],
        "customers": row["customers"],
        "expected": _mean(expected, compared),
        "perceived": _mean(perceived, compared),
        # Below nothing: less than was expected.
        "gap": _mean(perceived - expected, compared),
    }


def _mean(total: int, count: int) -> str | None:
    return str((Decimal(total) / count).quantize(_MEAN)) if count else None
