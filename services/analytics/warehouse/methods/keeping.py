"""What the warehouse keeps of one person: every event that names her, or a record of hers."""

from typing import Any

from chassis.envelope import decode, encode
from chassis.errors import NotFound
from services.analytics.warehouse.methods.asked import Con, Row
from services.analytics.warehouse.question import rows_of

MOST_BYTES = 512 * 1024  # of a page, unless its only event is longer: a body has 1 MiB
TABLE = "warehouse_events"  # the facts of the star are columns of these

# Whose an entity's customer is stands in what is told of it; of who was told of nothing it is nobody's.
_ENTITY = """
    SELECT max_by(entity_id, sequence) AS entity_id FROM fact_customer_event
    WHERE customer_id = $customer_id AND entity_id IS NOT NULL"""
# Events of her, by whatever id she had, and of records of which one event names her.
_EVENTS = """
    SELECT rowid AS place, event_id, type, subject, occurred_at, recorded_at, actor, body
    FROM raw_event
    WHERE rowid > $after AND (
        subject IN (
            SELECT subject FROM raw_event WHERE len(list_filter($named, one -> contains(body, one))) > 0)
        OR list_contains($ids, subject)
        OR len(list_filter($quoted, one -> contains(body, one))) > 0)
    ORDER BY rowid LIMIT $limit"""


def kept(con: Con, asked: dict[str, Any]) -> Row:
    """Page through the events that name a customer by an id, a contact, or one of these records.

    :raises NotFound: if the customer is another entity's than the asker's.
    """
    _demand_ours(con, asked["ids"][0], asked["entity_id"])
    hers = asked["ids"] if asked["of_customer"] else []
    naming: list[Row] = [{"customer_id": id_} for id_ in hers]
    if asked["contact_id"] is not None:  # in the event itself, or in what changed with it
        changed = {"old": None, "new": asked["contact_id"]}
        naming += [{"contact_id": asked["contact_id"]}, {"contact_id": changed}]
    named = [encode(one).decode().strip("{}") for one in naming]
    ids = [*hers, *asked["record_ids"]]
    quoted = [encode(id_).decode() for id_ in ids]  # an id may be the beginning of another
    given = {"ids": ids, "quoted": quoted, "named": named}
    given |= {name: asked[name] for name in ("after", "limit")}
    items: list[Row] = []
    size, last = 0, asked["after"]
    for row in rows_of(con, _EVENTS, given):
        size += len(row["body"])
        if items and size > MOST_BYTES:
            return {"items": items, "next": last}
        last = row.pop("place")
        items.append({"table": TABLE, "row": row | {"body": decode(row["body"])}})
    return {"items": items, "next": last if len(items) == asked["limit"] else None}


def _demand_ours(con: Con, customer_id: str, entity_id: str | None) -> None:
    (found,) = rows_of(con, _ENTITY, {"customer_id": customer_id})
    if entity_id is not None and found["entity_id"] not in {None, entity_id}:
        raise NotFound("There is no customer with this id.", code="analytics.customer.not_found")
