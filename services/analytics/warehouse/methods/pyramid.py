"""The customer pyramid in SQL; services/analytics/domain/pyramid.py is what it must equal."""

from typing import Any

from services.analytics.domain.pyramid import CUTS, Tier
from services.analytics.warehouse.methods.asked import (
    SOLD,
    Con,
    Frame,
    Row,
    currency,
    cursor,
    paged,
    rate,
    rows,
)

METHOD = "pyramid.v1"

_TIER = " ".join(
    f"WHEN rank <= (population * {percent} + 99) // 100 THEN '{tier}'" for tier, percent in CUTS
)
# Everybody known at the end of the period, also who bought nothing in it. An order makes known too:
# history that was told late is older than the record of its customer.
RANKED = f"""
    {SOLD},
    spend AS (
        SELECT customer_id, sum(amount_minor)::BIGINT AS spend_minor, max(ordered_on) AS last_on,
            count(DISTINCT order_id) AS orders
        FROM sold GROUP BY customer_id),
    known AS (
        SELECT coalesce(now_id, customer_id) AS customer_id
        FROM customer_known LEFT JOIN called ON old_id = customer_id
        WHERE known_from <= $as_of AND known_from < $until_instant
            AND (gone_from IS NULL OR gone_from > $as_of)
        UNION
        SELECT coalesce(now_id, customer_id) FROM fact_order
        LEFT JOIN called ON old_id = customer_id
        WHERE occurred_at <= $as_of AND ordered_on < $until),
    ranked AS (
        SELECT customer_id, coalesce(spend_minor, 0) AS spend_minor, last_on,
            coalesce(orders, 0) AS orders, count(*) OVER () AS population,
            row_number() OVER (ORDER BY coalesce(spend_minor, 0) DESC, last_on DESC NULLS LAST,
                customer_id) AS rank
        FROM known LEFT JOIN spend USING (customer_id)),
    tiered AS (
        SELECT *, CASE WHEN spend_minor <= 0 THEN '{Tier.SMALL}' {_TIER} ELSE '{Tier.SMALL}' END
            AS tier
        FROM ranked)"""

_TIERS = f"""
    WITH {RANKED}
    SELECT tier, count(*) AS customers, sum(spend_minor)::BIGINT AS spend_minor,
        sum(orders)::BIGINT AS orders, min(spend_minor) AS least_minor,
        max(spend_minor) AS most_minor, max(rank) AS last_rank,
        count(*) FILTER (spend_minor > 0) AS buyers
    FROM tiered GROUP BY tier"""

_PAGE = f"""
    WITH {RANKED}
    SELECT rank, customer_id, tier, spend_minor, orders, last_on
    FROM tiered WHERE rank > $after_rank ORDER BY rank LIMIT $rows"""


def pyramid(con: Con, parameters: dict[str, Any]) -> Row:
    """Cut all customers known at the end of a period by what they spent in it."""
    asked, (rank,) = paged(con, parameters, 0)
    unit = currency(con, parameters, asked)
    values = asked.values | {"currency": unit, "after_rank": rank}
    found = {row["tier"]: row for row in rows(con, _TIERS, values)}
    population = sum(row["customers"] for row in found.values())
    spend = sum(row["spend_minor"] for row in found.values())
    tiers = [
        _tier(tier, found[tier], population, spend) if tier in found else _nobody(tier)
        for tier in Tier
    ]
    return {
        **_head(asked, unit),
        "population": population,
        "buyers": sum(row["buyers"] for row in found.values()),
        "spend_minor": spend,
        "tiers": tiers,
        **_page(con, asked, parameters["limit"], values),
    }


def _head(asked: Frame, unit: str) -> Row:
    return {"method": METHOD, **asked.shown, "currency": unit}


def _tier(tier: Tier, row: Row, population: int, spend: int) -> Row:
    return {
        "tier": tier.value,
        "customers": row["customers"],
        "share_of_customers": rate(row["customers"], population),
        "spend_minor": row["spend_minor"],
        "share_of_spend": rate(row["spend_minor"], spend),
        "orders": row["orders"],
        "least_minor": row["least_minor"],
        "most_minor": row["most_minor"],
        "last_rank": row["last_rank"],
    }


def _nobody(tier: Tier) -> Row:
    return {
        "tier": tier.value, "customers": 0, "share_of_customers": rate(0, 1), "spend_minor": 0,
        "share_of_spend": rate(0, 1), "orders": 0, "least_minor": None, "most_minor": None,
        "last_rank": None,
    }  # fmt: skip


def _page(con: Con, asked: Frame, limit: int, values: Row) -> Row:
    if not limit:
        return {"items": [], "next": None}
    found = rows(con, _PAGE, values | {"rows": limit + 1})
    more = cursor(asked, found[limit - 1]["rank"]) if len(found) > limit else None
    return {"items": found[:limit], "next": more}
