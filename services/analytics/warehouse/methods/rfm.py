"""Recency, frequency and monetary in SQL; services/analytics/domain/rfm.py is what it must equal."""

from typing import Any

from services.analytics.domain.rfm import BINS
from services.analytics.warehouse.methods.asked import (
    SOLD,
    Con,
    Frame,
    Row,
    currency,
    cursor,
    frame,
    one,
    paged,
    rows,
)
from services.analytics.warehouse.methods.pyramid import METHOD as PYRAMID
from services.analytics.warehouse.methods.pyramid import RANKED
from services.analytics.warehouse.question import MAX_ROWS

METHOD = "rfm.v1"

# Who is strictly worse decides, so equal values get equal scores. An order of a day that is still
# to come is no purchase yet.
_SCORED = f"""
    bought AS (
        SELECT customer_id, $day - max(ordered_on) AS recency_days,
            count(DISTINCT order_id) AS frequency, sum(amount_minor)::BIGINT AS monetary_minor
        FROM sold WHERE ordered_on <= $day GROUP BY customer_id),
    binned AS (
        SELECT *,
            1 + {BINS} * (rank() OVER (ORDER BY recency_days DESC) - 1) // count(*) OVER () AS r,
            1 + {BINS} * (rank() OVER (ORDER BY frequency) - 1) // count(*) OVER () AS f,
            1 + {BINS} * (rank() OVER (ORDER BY monetary_minor) - 1) // count(*) OVER () AS m
        FROM bought),
    scored AS (SELECT *, r::VARCHAR || f::VARCHAR || m::VARCHAR AS rfm FROM binned)"""

_CELLS = f"""
    WITH {SOLD}, {_SCORED}
    SELECT rfm, count(*) AS customers, sum(monetary_minor)::BIGINT AS monetary_minor,
        sum(frequency)::BIGINT AS orders
    FROM scored GROUP BY rfm ORDER BY rfm DESC"""

_PAGE = f"""
    WITH {SOLD}, {_SCORED}
    SELECT customer_id, recency_days, frequency, monetary_minor, rfm
    FROM scored WHERE customer_id > $after_id ORDER BY customer_id LIMIT $rows"""

_SCORES = f"""
    WITH {RANKED}, {_SCORED}
    SELECT customer_id, rank, population, tier, spend_minor, recency_days, coalesce(frequency, 0) AS frequency,
        coalesce(monetary_minor, 0) AS monetary_minor, rfm
    FROM tiered LEFT JOIN scored USING (customer_id)
    WHERE rank > $after_rank ORDER BY rank LIMIT $rows"""

# What was heard until the instant: if it grows between two parts of a run, they do not fit together.
_HEARD = "SELECT count(*) AS heard FROM raw_event WHERE occurred_at <= $as_of"


def rfm(con: Con, parameters: dict[str, Any]) -> Row:
    """Score who bought by recency, frequency and monetary, as it was known at an instant."""
    asked, (customer_id,) = paged(con, parameters, "")
    unit = currency(con, parameters, asked)
    values = asked.values | {"currency": unit, "after_id": customer_id}
    cells = rows(con, _CELLS, values)
    return {
        "method": METHOD,
        **asked.shown,
        "currency": unit,
        "buyers": sum(cell["customers"] for cell in cells),
        "cells": cells,
        **_page(con, asked, parameters["limit"], values),
    }


def scores(con: Con, parameters: dict[str, Any]) -> Row:
    """Rank and score every known customer, a part at a time: what a scoring run stores."""
    asked = frame(con, parameters)
    unit = currency(con, parameters, asked)
    bounds = {"after_rank": parameters["after_rank"], "rows": MAX_ROWS}
    found = rows(con, _SCORES, asked.values | {"currency": unit} | bounds)
    return {
        "method": f"{PYRAMID}+{METHOD}",
        **asked.shown,
        "currency": unit,
        **one(con, _HEARD, asked.values),
        "items": found,
        "next": found[-1]["rank"] if len(found) == MAX_ROWS else None,
    }


def _page(con: Con, asked: Frame, limit: int, values: Row) -> Row:
    if not limit:
        return {"items": [], "next": None}
    found = rows(con, _PAGE, values | {"rows": limit + 1})
    more = cursor(asked, found[limit - 1]["customer_id"]) if len(found) > limit else None
    return {"items": found[:limit], "next": more}
