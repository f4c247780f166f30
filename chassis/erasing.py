"""Take the values of records out of the audit trail: who, when and what kind stays, and the chain holds."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

from sqlalchemy import delete, func, select, text

from chassis.adopting import adopt
from chassis.envelope import decode
from chassis.tables import AUDIT, AUDIT_VALUES
from chassis.trail import ERASED, Subject
from chassis.work import Work

AT_ONCE = 500  # ids in one statement
_A, _V = AUDIT.c, AUDIT_VALUES.c


def erase_values(work: Work, records: Iterable[tuple[str, str]]) -> int:
    """Erase all values that the trail holds of some records, and return of how many rows.

    ``records`` are (kind, id), the kind being the name of the table. What this work itself still writes
    about them keeps no values either, whichever comes first. The erasure is noted for each record that
    the trail knows, by the same actor and channel as any change: without that note, values that are
    missing break the chain.
    """
    ids: dict[str, list[str]] = defaultdict(list)
    for kind, id_ in sorted(set(records)):
        ids[kind].append(id_)
    overwrite(work)
    return sum(
        _erase(work, kind, of_kind[start : start + AT_ONCE])
        for kind, of_kind in ids.items()
        for start in range(0, len(of_kind), AT_ONCE)
    )


def _erase(work: Work, kind: str, ids: list[str]) -> int:
    session = work.session
    theirs = (_A.record_kind == kind, _A.record_id.in_(ids))
    adopt(session, *theirs)
    known = select(_A.record_id, _A.entity_id, func.max(_A.version)).where(*theirs)
    for id_, entity_id, version in session.execute(known.group_by(_A.record_id, _A.entity_id)):
        subject = Subject(kind, id_, version, entity_id)
        work.trail.note(work.origin, work.now, subject, ERASED, {})
        work.trail.erased.add((kind, id_))
    gone = delete(AUDIT_VALUES).where(_V.position.in_(select(_A.position).where(*theirs)))
    done: Any = session.execute(gone)
    return int(done.rowcount)


def erase_said(work: Work, kind: str, id_: str, says: Callable[[object], bool]) -> int:
    """Erase those values of a record that stays which say somebody, and return of how many rows.

    Its other values stay, and so does what is written of it from now on.
    """
    session, theirs = work.session, (_A.record_kind == kind, _A.record_id == id_)
    adopt(session, *theirs)
    query = select(_V.position, _V.changes, _A.version, _A.entity_id)
    query = query.join(AUDIT, _A.position == _V.position).where(*theirs).order_by(_V.position)
    found = [row for row in session.execute(query) if says(decode(row.changes))]
    if found:
        subject = Subject(kind, id_, found[-1].version, found[-1].entity_id)
        work.trail.note(work.origin, work.now, subject, ERASED, {})
        overwrite(work)
    for start in range(0, len(found), AT_ONCE):
        some = [row.position for row in found[start : start + AT_ONCE]]
        session.execute(delete(AUDIT_VALUES).where(_V.position.in_(some)))
    return len(found)


def overwrite(work: Work) -> None:
    """Let SQLite overwrite what is deleted; it would stay readable in the file's free pages."""
    connection = work.session.connection()
    if connection.dialect.name == "sqlite":
        connection.execute(text("PRAGMA secure_delete = ON"))
