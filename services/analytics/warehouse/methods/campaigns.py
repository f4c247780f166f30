"""Campaigns: what became of their messages, and what came back."""

from typing import Any

from services.analytics.warehouse.methods.asked import (
    CALLED,
    CUSTOMERS,
    NOW_CALLED,
    Con,
    Row,
    cursor,
    iso,
    paged,
    rate,
    rows,
)

METHOD = "campaigns.v1"
_FIRST, _LAST = 2**62, -(2**62)  # before and behind every launch, in microseconds

# What stood at the instant is found first and cut to the period then: what was told again with
# another time is of one period, not of two.
_TOUCHES = f"""
    touches AS (
        SELECT * FROM (
            SELECT * FROM fact_campaign_touch
            WHERE occurred_at <= $as_of AND campaign_id IS NOT NULL
                AND ($campaign_id IS NULL OR campaign_id = $campaign_id)
            QUALIFY sequence = max(sequence) OVER (PARTITION BY send_id)) {NOW_CALLED}
        WHERE "at" >= $since_instant AND "at" < $until_instant)"""
_RESPONSES = f"""
    responses AS (
        SELECT * FROM (
            SELECT * FROM fact_response
            WHERE occurred_at <= $as_of AND ($campaign_id IS NULL OR campaign_id = $campaign_id)
            QUALIFY sequence = max(sequence) OVER (PARTITION BY response_id)) {NOW_CALLED}
        WHERE "at" >= $since_instant AND "at" < $until_instant
            AND type NOT LIKE '%.withdrawn.%')"""
_FATES = f"""
    WITH {CALLED}, {_TOUCHES}
    SELECT campaign_id, fate, reason, count(*) AS messages, {CUSTOMERS}
    FROM touches GROUP BY campaign_id, fate, reason ORDER BY campaign_id, fate, reason"""
_CLASSES = f"""
    WITH {CALLED}, {_RESPONSES}
    SELECT campaign_id, response, count(*) AS responses, {CUSTOMERS}
    FROM responses GROUP BY campaign_id, response ORDER BY campaign_id, response"""
_CAMPAIGNS = f"""
    WITH {CALLED}, {_TOUCHES}, {_RESPONSES},
    launched AS (
        SELECT campaign_id, any_value(key) AS key, max(members) AS members,
            min("at") AS launched_at
        FROM fact_campaign_event WHERE occurred_at <= $as_of AND type LIKE '%.launched.%'
        GROUP BY campaign_id),
    named AS (SELECT campaign_id FROM touches UNION SELECT campaign_id FROM responses),
    placed AS (
        SELECT *, coalesce(epoch_us(launched_at), {_LAST}) AS place
        FROM named LEFT JOIN launched USING (campaign_id))
    SELECT placed.campaign_id, key, members, {iso("launched_at")} AS launched_at,
        (SELECT count(*) FROM touches WHERE campaign_id = placed.campaign_id) AS messages,
        (SELECT count(*) FROM touches
            WHERE campaign_id = placed.campaign_id AND fate = 'sent') AS sent,
        (SELECT count(DISTINCT coalesce(now_id, customer_id)) FROM responses
            WHERE campaign_id = placed.campaign_id) AS responders, place
    FROM placed WHERE place < $place OR (place = $place AND campaign_id > $after_id)
    ORDER BY place DESC, campaign_id LIMIT $rows"""


def campaigns(con: Con, parameters: dict[str, Any]) -> Row:
    """Count the messages of each campaign by their fate, and the responses by their class."""
    asked, (place, after_id) = paged(con, parameters, _FIRST, "")
    limit: int = parameters["limit"]
    values = asked.values | {
        "campaign_id": parameters["campaign_id"], "place": place, "after_id": after_id,
        "rows": limit + 1,
    }  # fmt: skip
    found = rows(con, _CAMPAIGNS, values)
    places = [(campaign.pop("place"), campaign["campaign_id"]) for campaign in found]
    fates, classes = rows(con, _FATES, values), rows(con, _CLASSES, values)
    return {
        "method": METHOD,
        **asked.shown,
        "campaigns": [
            campaign
            | {
                "response_rate": rate(campaign["responders"], campaign["sent"]),
                "fates": _of(campaign, fates),
                "responses": _of(campaign, classes),
            }
            for campaign in found[:limit]
        ],
        "next": cursor(asked, *places[limit - 1]) if len(found) > limit else None,
    }


def _of(campaign: Row, found: list[Row]) -> list[Row]:
    """Return the rows of one campaign, without its name."""
    return [
        {name: value for name, value in row.items() if name != "campaign_id"}
        for row in found
        if row["campaign_id"] == campaign["campaign_id"]
    ]
