"""Campaigns: what became of their messages, and what came back."""

from typing import Any

from services.analytics.warehouse.methods.asked import Con, Row, frame, iso, rate, rows

METHOD = "campaigns.v1"
MAX_CAMPAIGNS = 200

# What stood at the instant is found first and cut to the period then: what was told again with
# another time is of one period, not of two.
_TOUCHES = """
    touches AS (
        SELECT * FROM (
            SELECT * FROM fact_campaign_touch
            WHERE occurred_at <= $as_of AND campaign_id IS NOT NULL
                AND ($campaign_id IS NULL OR campaign_id = $campaign_id)
            QUALIFY sequence = max(sequence) OVER (PARTITION BY send_id))
        WHERE "at" >= $since_instant AND "at" < $until_instant)"""
_RESPONSES = """
    responses AS (
        SELECT * FROM (
            SELECT * FROM fact_response
            WHERE occurred_at <= $as_of AND ($campaign_id IS NULL OR campaign_id = $campaign_id)
            QUALIFY sequence = max(sequence) OVER (PARTITION BY response_id))
        WHERE "at" >= $since_instant AND "at" < $until_instant)"""
_FATES = f"""
    WITH {_TOUCHES}
    SELECT campaign_id, fate, reason, count(*) AS messages,
        count(DISTINCT customer_id) AS customers
    FROM touches GROUP BY campaign_id, fate, reason ORDER BY campaign_id, fate, reason"""
_CLASSES = f"""
    WITH {_RESPONSES}
    SELECT campaign_id, response, count(*) AS responses, count(DISTINCT customer_id) AS customers
    FROM responses GROUP BY campaign_id, response ORDER BY campaign_id, response"""
_CAMPAIGNS = f"""
    WITH {_TOUCHES}, {_RESPONSES},
    launched AS (
        SELECT campaign_id, any_value(key) AS key, max(members) AS members,
            min("at") AS launched_at
        FROM fact_campaign_event WHERE occurred_at <= $as_of AND type LIKE '%.launched.%'
        GROUP BY campaign_id),
    named AS (SELECT campaign_id FROM touches UNION SELECT campaign_id FROM responses)
    SELECT named.campaign_id, key, members, {iso("launched_at")} AS launched_at,
        (SELECT count(*) FROM touches WHERE campaign_id = named.campaign_id) AS messages,
        (SELECT count(*) FROM touches
            WHERE campaign_id = named.campaign_id AND fate = 'sent') AS sent,
        (SELECT count(DISTINCT customer_id) FROM responses
            WHERE campaign_id = named.campaign_id) AS responders
    FROM named LEFT JOIN launched USING (campaign_id)
    ORDER BY launched_at DESC NULLS LAST, campaign_id LIMIT {MAX_CAMPAIGNS}"""


def campaigns(con: Con, parameters: dict[str, Any]) -> Row:
    """Count the messages of each campaign by their fate, and the responses by their class."""
    asked = frame(con, parameters)
    values = asked.values | {"campaign_id": parameters["campaign_id"]}
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
            for campaign in rows(con, _CAMPAIGNS, values)
        ],
    }


def _of(campaign: Row, found: list[Row]) -> list[Row]:
    """Return the rows of one campaign, without its name."""
    return [
        {name: value for name, value in row.items() if name != "campaign_id"}
        for row in found
        if row["campaign_id"] == campaign["campaign_id"]
    ]
