"""What a service keeps beside its records: answers, processes, what gave way, the trail of rows gone."""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any

from sqlalchemy import Select, delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from chassis import erased
from chassis.erasing import AT_ONCE, erase_values
from chassis.errors import Unavailable
from chassis.moving import CHUNK, Key
from chassis.tables import (
    AUDIT,
    AUDIT_VALUES,
    ERASED_CUSTOMERS,
    IDEMPOTENCY,
    IS_ERASED,
    MOVED,
    PROCESSES,
    TIMERS,
)
from chassis.trail import ERASED
from chassis.turn import OPEN
from chassis.work import Work

NOTHING = "null"  # what a command answers that is asked again with the key of an erased answer
# Of who is gone the ids stand in ERASED_CUSTOMERS: one who stays may have lost some values alone.
_GONE = AUDIT.c.record_kind != "customers"
_WORD = re.compile(r"[\w.:-]+")
_A, _V, _I, _P = AUDIT.c, AUDIT_VALUES.c, IDEMPOTENCY.c, PROCESSES.c


def forget_answers(work: Work, ids: Collection[str], after: Key | None) -> tuple[int, Key | None]:
    """Empty the next answers that name who was erased, or a record that was wiped.

    The keys stay: whoever asks again changes nothing.
    """
    keys = [_I.caller, _I.method, _I.key]
    query = select(*keys, _I.answer).where(_I.answer != NOTHING).order_by(*keys).limit(CHUNK)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    found = [list(row) for row in work.session.execute(query)]
    named = _named(work.session, ids, [row[3] for row in found])
    _empty(work, [row[:3] for row, is_named in zip(found, named, strict=True) if is_named])
    return sum(named), found[-1][:3] if len(found) == CHUNK else None


def forget_answers_saying(
    work: Work, says: Callable[[str], bool], after: Key | None
) -> tuple[int, Key | None]:
    """Empty the next answers that say somebody, whatever they are about."""
    keys = [_I.caller, _I.method, _I.key]
    query = select(*keys, _I.answer).where(_I.answer != NOTHING).order_by(*keys).limit(CHUNK)
    if after is not None:
        query = query.where(tuple_(*keys) > tuple_(*after))
    found = [list(row) for row in work.session.execute(query)]
    theirs = [row[:3] for row in found if says(row[3])]
    _empty(work, theirs)
    return len(theirs), found[-1][:3] if len(found) == CHUNK else None


def _empty(work: Work, keys: Iterable[Key]) -> None:
    for caller, method, key in keys:
        same = (_I.caller == caller, _I.method == method, _I.key == key)
        work.session.execute(update(IDEMPOTENCY).where(*same).values(answer=NOTHING))


def forget_answers_naming(work: Work, records: Collection[str]) -> None:
    """Empty the answers that name records of which the trail knows nothing."""
    if records:
        named = [_I.answer.contains(id_, autoescape=True) for id_ in records]
        work.session.execute(update(IDEMPOTENCY).where(or_(*named)).values(answer=NOTHING))


def forget_processes(
    work: Work, ids: Collection[str], after: Key | None, besides: Collection[str]
) -> tuple[int, Key | None]:
    """Delete the next finished processes that name who was erased, or a record that was wiped.

    :raises Unavailable: if one is not at its end.
    """
    query = select(_P.id, _P.kind, _P.status, _P.data).where(_P.kind.not_in(besides))
    if after is not None:
        query = query.where(_P.id > after[0])
    found = list(work.session.execute(query.order_by(_P.id).limit(CHUNK)))
    named = _named(work.session, ids, [row.data for row in found])
    theirs = [row for row, is_named in zip(found, named, strict=True) if is_named]
    if any(row.status in OPEN for row in theirs):
        raise Unavailable(
            "Something is still under way for who is erased.", code="erasure.under_way"
        )
    gone = [row.id for row in theirs]
    work.session.execute(delete(PROCESSES).where(_P.id.in_(gone)))
    return len(gone), [found[-1].id] if len(found) == CHUNK else None


def forget_timers(work: Work, ids: Collection[str]) -> int:
    """Delete the timers that are of a customer or name one; those of wiped records went with them."""
    named = [TIMERS.c.data.contains(id_, autoescape=True) for id_ in ids]
    done: Any = work.session.execute(delete(TIMERS).where(or_(TIMERS.c.key.in_(ids), *named)))
    return int(done.rowcount)


def forget_moved(work: Work, ids: Collection[str]) -> int:
    """Delete what merges noted of records that gave way."""
    done: Any = work.session.execute(delete(MOVED).where(MOVED.c.from_id.in_(ids)))
    return int(done.rowcount)


def forget_trail(
    work: Work, ids: Collection[str], besides: Collection[str]
) -> tuple[int, Key | None]:
    """Erase from the trail what is left of records that name a customer; rows that went long ago too."""
    said = [_V.changes.contains(id_, autoescape=True) for id_ in ids]
    query = select(_A.record_kind, _A.record_id).join(AUDIT_VALUES, _V.position == _A.position)
    found = _first(work, query.where(_A.record_id.in_(ids)), besides)
    for condition in said:
        found = found or _first(work, query.where(condition), besides)
    return erase_values(work, found), [0] if found else None


def _first(
    work: Work, query: Select[tuple[str, str]], besides: Collection[str]
) -> list[tuple[str, str]]:
    some = query.where(_A.record_kind.not_in(besides)).distinct().limit(CHUNK)
    return [(row.record_kind, row.record_id) for row in work.session.execute(some)]


def name_the_erased(session: Session, texts: Collection[str]) -> list[bool]:
    """Say of each text whether it names a customer, or a record, that was erased; all in a few questions."""
    words = sorted(set().union(*(_WORD.findall(text) for text in texts)))
    customers: set[str] = set()
    for start in range(0, len(words), AT_ONCE):
        customers |= erased.among(session, words[start : start + AT_ONCE])
    return _named(session, customers, texts)


def erasures_in(session: Session, text: str) -> set[str]:
    """Return by which tasks those were erased whom a text names, or a record of theirs.

    Of a record that was erased too long ago nobody knows any more by which task.
    """
    words = sorted(set(_WORD.findall(text)))
    tasks: set[str] = set()
    for start in range(0, len(words), AT_ONCE):
        tasks |= erased.tasks_of(session, words[start : start + AT_ONCE])
    return tasks | _tasks_of(session, sorted(_erased(session, words)))


def _tasks_of(session: Session, records: list[str]) -> set[str]:
    """Return the tasks in whose course the values of these records were erased."""
    found: set[str] = set()
    for start in range(0, len(records), AT_ONCE):
        some = _A.record_id.in_(records[start : start + AT_ONCE])
        conversations = select(_A.correlation_id).where(_A.verb == ERASED, some)
        tasks = select(ERASED_CUSTOMERS.c.task_id)
        query = select(_P.key).where(_P.correlation_id.in_(conversations), _P.key.in_(tasks))
        found.update(session.scalars(query))
    return found


def _named(session: Session, ids: Collection[str], texts: Iterable[str]) -> list[bool]:
    """Say of each text whether it names one of these, or a record whose values were erased."""
    words = [set(_WORD.findall(text)) for text in texts]
    gone = set(ids) | _erased(session, sorted(set().union(*words)))
    return [not gone.isdisjoint(one) for one in words]


def _erased(session: Session, words: list[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(words), AT_ONCE):
        some = words[start : start + AT_ONCE]
        theirs = (IS_ERASED, _GONE, _A.record_id.in_(some))
        found.update(session.scalars(select(_A.record_id).where(*theirs)))
    return found
