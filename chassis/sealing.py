"""Seal the audit trail: whoever leads a database chains the rows that were committed since.

Writers are never held up for it. They take their positions before they commit, so that rows appear in
another order than they are numbered: what is missing between two rows is written down as a gap, and what
appears in a gap later is sealed as late.
"""

import time
from collections.abc import Sequence
from typing import Any

import eventlet
from sqlalchemy import Row, insert, or_, select
from sqlalchemy.orm import Session

from chassis import chain
from chassis.adopting import NONE, adopt
from chassis.bulk import insert_many
from chassis.chain import Seal
from chassis.envelope import decode, encode
from chassis.ids import new_id
from chassis.origin import internal
from chassis.runtime import Runtime
from chassis.tables import AUDIT, AUDIT_SEALS, OUTBOX
from chassis.trail import event_row
from contracts.audit import SEALED

SEAL_ROWS = 1_000  # of one seal: some milliseconds
MAX_SEALS = 200  # of one round
# Longer than any transaction: the database ends those that are idle or slow within minutes.
LATE_SECONDS = 3_600
WIDEST_GAP = 100_000  # positions; no work takes so many: somebody moved the sequence
# When the log is told how long the chain is: a seal costs nobody outside anything.
TELL_SECONDS, TELL_ROWS = 3_600, 10_000

_S = AUDIT_SEALS.c
_LAST = select(AUDIT_SEALS).order_by(_S.number.desc()).limit(1)
_LAST_TOLD = select(AUDIT_SEALS).where(_S.told == 1).order_by(_S.number.desc()).limit(1)
_FIRST = select(AUDIT_SEALS).order_by(_S.number).limit(1)


def seal(runtime: Runtime) -> int:
    """Seal what is not sealed yet, and return how many rows that were.

    :raises Conflict: if another replica sealed the same rows, having led before us.
    """
    total = 0
    for _ in range(MAX_SEALS):
        count = seal_some(runtime)
        total += count
        if count < SEAL_ROWS:
            break
        eventlet.sleep(0)
    return total


def seal_some(runtime: Runtime) -> int:
    """Make the next link of the chain, if there is anything to seal; return its rows."""
    now = int(time.time())
    with runtime.database.reading() as session:
        before = session.execute(_LAST).first()
        rows, late = _next_rows(session, before, now)
    if not rows:
        return 0
    strange = [row.position for row in rows if row.commitment == NONE]
    if strange:
        with runtime.database.begin() as session:
            adopt(session, AUDIT.c.position.in_(strange))
        return seal_some(runtime)
    made = _made(before, rows, late, now)
    # The reckoning is done: what is left to do while others wait to write is one row.
    with runtime.database.begin() as session:
        told = _is_to_be_told(session, made)
        session.execute(insert(AUDIT_SEALS), made | {"told": int(told)})
        if told:
            _tell(runtime, session, made)
    return len(rows)


def open_gaps(seals: Sequence[Any]) -> chain.Ranges:
    """Return the positions in gaps of some seals in which no later one of them has found a row."""
    missing: set[int] = set()
    for one in seals:
        missing -= set(chain.spelt(read_ranges(one.late)))
        gaps = read_ranges(one.gaps)
        missing |= set(chain.spelt([gap for gap in gaps if gap[1] - gap[0] < WIDEST_GAP]))
    return chain.ranges(sorted(missing))


def read_ranges(text: str) -> chain.Ranges:
    """Read ranges as a seal keeps them."""
    found: Any = decode(text)
    return [[int(first), int(last)] for first, last in found]


def _next_rows(session: Session, before: Row[Any] | None, now: int) -> tuple[list[Any], list[int]]:
    """Find the next rows to seal in ascending order, and the positions among them that are late."""
    after = before.last if before else 0
    positions = AUDIT.c.position
    fresh = select(AUDIT).where(positions > after).order_by(positions).limit(SEAL_ROWS)
    found = list(session.execute(fresh))
    gaps = _S.gaps != "[]"
    recent = select(_S.gaps, _S.late).where(_S.sealed_at > now - LATE_SECONDS)
    if not session.scalar(recent.where(gaps).with_only_columns(_S.number).limit(1)):
        return found, []
    missing = open_gaps(session.execute(recent.order_by(_S.number)).all())
    there = [positions.between(first, last) for first, last in missing]
    if not there:
        return found, []
    late = list(session.execute(select(AUDIT).where(or_(*there)).order_by(positions)))
    return late + found, [row.position for row in late]


def _made(before: Row[Any] | None, rows: list[Any], late: list[int], now: int) -> dict[str, Any]:
    fresh = [row.position for row in rows[len(late) :]]
    first = before.last + 1 if before else 1
    link = Seal(
        number=before.number + 1 if before else 1,
        first=first,
        last=fresh[-1] if fresh else first - 1,
        gaps=chain.without(first, fresh[-1], chain.ranges(fresh)) if fresh else [],
        late=chain.ranges(late),
        total=len(rows) + (before.total if before else 0),
        sealed_at=now,
    )
    digests = [chain.digest(row) for row in rows]
    return {
        "number": link.number,
        "first": link.first,
        "last": link.last,
        "gaps": encode(link.gaps).decode(),
        "late": encode(link.late).decode(),
        "total": link.total,
        "sealed_at": link.sealed_at,
        "marks": chain.marks(digests),
        "hash": chain.hashed(before.hash if before else chain.NOTHING, link, digests),
    }


def _is_to_be_told(session: Session, made: dict[str, Any]) -> bool:
    told = session.execute(_LAST_TOLD).first()
    since = told or session.execute(_FIRST).first()
    rows = made["total"] - (told.total if told else 0)
    waited = made["sealed_at"] - since.sealed_at if since else 0
    return rows >= TELL_ROWS or waited >= TELL_SECONDS


def _tell(runtime: Runtime, session: Session, made: dict[str, Any]) -> None:
    """Tell how long the chain is: what is in the log cannot be cut off here unnoticed."""
    service = runtime.service
    head = SEALED[service](
        chain=service, number=made["number"], rows=made["total"], hash=made["hash"]
    )
    origin = internal(service, "duty:seal", new_id())
    row = event_row(origin, runtime.clock.now(), head, (service, made["number"]), {})
    insert_many(session, OUTBOX, [row])
