"""Old ids: whoever names a customer that was merged into another means the other."""

import zlib
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Integer, cast, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from chassis.tables import ALIASES

CUSTOMER = "customer_id"  # what every payload, event and table calls it
CONTACT = "contact_id"  # the same of a person at a customer
MAX_HOPS = 10  # accounts tells each old id anew; more than one hop is news under way
_LOCK_CLASS = zlib.crc32(b"chassis.aliases") - 2**31  # PostgreSQL's lock keys are signed


def renamed(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return, for those of these ids that are old, the id of the record as it is now."""
    found: dict[str, str] = {}
    asked = set(ids)
    for _ in range(MAX_HOPS):
        if not asked:
            break
        query = select(ALIASES.c.old_id, ALIASES.c.new_id).where(ALIASES.c.old_id.in_(asked))
        step = {row.old_id: row.new_id for row in session.execute(query)}
        found = {old: step.get(new, new) for old, new in found.items()} | {
            old: new for old, new in step.items() if old in ids
        }
        asked = set(step.values())
    return found


def now_called(session: Session, id_: str) -> str:
    """Return the id under which a record is found now: mostly the one that is given."""
    return renamed(session, [id_]).get(id_, id_)


def is_old(session: Session, id_: str) -> bool:
    """Say whether a record is found under another id now."""
    return now_called(session, id_) != id_


def use(session: Session, ids: Collection[str]) -> dict[str, str]:
    """Return what is old of the ids that this work writes for.

    Whoever follows a merge waits until this work is done (``wait_for_users``), so that nothing is
    written for an id after its records were looked through.
    """
    _lock(session, ids, func.pg_advisory_xact_lock_shared)
    return renamed(session, ids)


def in_use(session: Session, id_: str) -> str:
    """Return the id that this work writes for: what a process remembers may be old by now."""
    return use(session, [id_]).get(id_, id_)


def wait_for_users(session: Session, ids: Collection[str]) -> None:
    """Wait for the works that read these ids before they were old, and keep new ones waiting.

    SQLite has one writer anyway.
    """
    _lock(session, ids, func.pg_advisory_xact_lock)


def point(connection: Connection, old_id: str, new_id: str | None) -> None:
    """Let an old id mean another record, or itself again."""
    if new_id is None:
        connection.execute(delete(ALIASES).where(ALIASES.c.old_id == old_id))
        return
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"old_id": old_id, "new_id": new_id}
    connection.execute(
        make(ALIASES)
        .values(row)
        .on_conflict_do_update(index_elements=["old_id"], set_={"new_id": new_id})
    )


def old_ids(session: Session, id_: str) -> list[str]:
    """Return the ids that a record was known by before."""
    return list(session.scalars(select(ALIASES.c.old_id).where(ALIASES.c.new_id == id_)))


def named(payload: object, as_: str = CUSTOMER) -> set[str]:
    """Return the ids of customers (or contacts) that a payload names, however deep."""
    return set(_named(payload, as_))


def reworded(payload: Any, names: Mapping[str, str]) -> Any:
    """Return a payload with its old ids of customers replaced."""
    if isinstance(payload, Mapping):
        return {
            name: names.get(value, value)
            if name == CUSTOMER and isinstance(value, str)
            else reworded(value, names)
            for name, value in payload.items()
        }
    if isinstance(payload, list):
        return [reworded(one, names) for one in payload]
    return payload


def _named(payload: object, as_: str) -> Iterator[str]:
    if isinstance(payload, Mapping):
        for name, value in payload.items():
            if name == as_ and isinstance(value, str):
                yield value
            else:
                yield from _named(value, as_)
    elif isinstance(payload, list):
        for one in payload:
            yield from _named(one, as_)


def _lock(session: Session, ids: Collection[str], lock: Any) -> None:
    if session.get_bind().dialect.name != "postgresql":
        return
    keys = sorted({zlib.crc32(id_.encode()) - 2**31 for id_ in ids})  # in one order
    key: Any = func.unnest(cast(keys, postgresql.ARRAY(Integer))).column_valued("key")
    session.execute(select(lock(_LOCK_CLASS, key)))
