"""What the warehouse keeps of one person: every event that names her, or a record of hers."""

from typing import Any

from chassis.envelope import decode, encode
from chassis.errors import NotFound
from services.analytics.warehouse.methods.asked import Con, Row
from services.analytics.warehouse.question import rows_of

MOST_BYTES = 512 * 1024  # of a page, unless its only event is longer: a body has 1 MiB
TABLE = "warehouse_events"  # the facts of the star are columns of these

# Whose an entity's customer is stands in what is told of it; of who was told of nothing it is nobody's.
_OF_OTHERS = """
    SELECT customer_id FROM fact_customer_event WHERE entity_id IS NOT NULL
    GROUP BY customer_id HAVING max_by(entity_id, sequence) <> $entity_id"""
_FOREIGN = f"SELECT count(*) AS count FROM ({_OF_OTHERS}) WHERE list_contains($ids, customer_id)"
# Events of her, by whatever id she had, and of records of which one event names her.
_EVENTS = f"""
    SELECT rowid AS place, event_id, type, subject, occurred_at, recorded_at, actor, body
    FROM raw_event
    WHERE rowid > $after AND (
        subject IN (
            SELECT subject FROM raw_event WHERE len(list_filter($named, one -> contains(body, one))) > 0)
        OR list_contains($ids, subject)
        OR len(list_filter($quoted, one -> contains(body, one))) > 0)
    AND ($entity_id IS NULL OR coalesce(json_extract_string(body, '$.customer_id'), '') NOT IN ({_OF_OTHERS}))
    ORDER BY rowid LIMIT $limit"""


def kept(con: Con, asked: dict[str, Any]) -> Row:
    """Page through the events that name a customer by an id, a contact, or one of these records.

    :raises NotFound: if one of the customers is another entity's than the asker's.
    """
    _demand_ours(con, asked["ids"], asked["entity_id"])
    hers = asked["ids"] if asked["of_customer"] else []
    naming: list[Row] = [{"customer_id": id_} for id_ in hers]
    if asked["contact_id"] is not None:  # in the event itself, or in what changed with it
        changed = {"old": None, "new": asked["contact_id"]}
        naming += [{"contact_id": asked["contact_id"]}, {"contact_id": changed}]
    named = [encode(one).decode().strip("{}") for one in naming]
    ids = [*hers, *asked["record_ids"]]
    quoted = [encode(id_).decode() for id_ in ids]  # an id may be the beginning of another
    given = {"ids": ids, "quoted": quoted, "named": named}
    given |= {name: asked[name] for name in ("after", "limit", "entity_id")}
    items: list[Row] = []
    size, last = 0, asked["after"]
    for row in rows_of(con, _EVENTS, given):
        size += len(row["body"])
        if items and size > MOST_BYTES:
            return {"items": items, "next": last}
        last = row.pop("place")
        items.append({"table": TABLE, "row": row | {"body": decode(row["body"])}})
    return {"items": items, "next": last if len(items) == asked["limit"] else None}


def _demand_ours(con: Con, customer_ids: list[str], entity_id: str | None) -> None:
    if entity_id is None:
        return
    (found,) = rows_of(con, _FOREIGN, {"ids": customer_ids, "entity_id": entity_id})
    if found["count"]:
        raise NotFound("There is no customer with this id.", code="analytics.customer.not_found")
