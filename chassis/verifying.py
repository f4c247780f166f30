"""Reckon the audit chain again, beside the service, and say in sentences where it breaks."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from chassis import chain
from chassis.adopting import NONE
from chassis.chain import Ranges, Seal
from chassis.sealing import LATE_SECONDS, read_ranges
from chassis.tables import AUDIT, AUDIT_SEALS, AUDIT_VALUES
from chassis.trail import ERASED

MAX_FAULTS = 50  # sentences; what is beyond is counted
TAIL = 1_000  # rows that are not sealed yet, in one look
SEALS = 100  # in one look

_A, _V = AUDIT.c, AUDIT_VALUES.c
_ROWS = select(AUDIT, _V.salt, _V.changes.label("said")).outerjoin(
    AUDIT_VALUES, _V.position == _A.position
)


@dataclass(slots=True)
class Verdict:
    """What the chain of one database proves, and where it breaks."""

    rows: int = 0
    sealed: int = 0
    seals: int = 0
    erased: int = 0  # rows whose values are gone, as an erasure says that they are
    head: str = chain.NOTHING
    faults: list[str] = field(default_factory=list)
    more_faults: int = 0

    def complain(self, sentence: str) -> None:
        """Note where it breaks."""
        if len(self.faults) < MAX_FAULTS:
            self.faults.append(sentence)
        else:
            self.more_faults += 1


@dataclass(slots=True)
class _Walk:
    session: Session
    verdict: Verdict
    erasures: Mapping[tuple[str, str], int]  # record -> the last row that says it was erased
    after: int = 0
    appeared: dict[int, int] = field(default_factory=dict)  # in a gap -> when that was sealed


def verify(session: Session, heads: Mapping[int, str] | None = None) -> Verdict:
    """Reckon a database's chain; ``heads`` are the seals (number -> hash) that the log tells of."""
    erasures = select(_A.record_kind, _A.record_id, func.max(_A.position))
    erasures = erasures.where(_A.verb == ERASED).group_by(_A.record_kind, _A.record_id)
    found = {(kind, id_): position for kind, id_, position in session.execute(erasures)}
    verdict = Verdict()
    walk = _Walk(session, verdict, found)
    _before_the_first(walk)
    told, last = dict(heads or {}), None
    for row in _seals(session):
        _link(walk, row)
        if told.pop(row.number, row.hash) != row.hash:
            verdict.complain(f"Seal {row.number} is not the one that the log tells of.")
        last = row
    if told:
        verdict.complain(
            f"The log tells of seal {max(told)}, but the chain ends at seal {verdict.seals}: "
            "its last rows were removed."
        )
    _appeared(walk, last)
    _tail(walk)
    return verdict


def _seals(session: Session) -> Iterator[Row[Any]]:
    """Yield the seals in order; each holds marks of a thousand rows, and a cursor would hold them all."""
    query = select(AUDIT_SEALS).order_by(AUDIT_SEALS.c.number).limit(SEALS)
    found = session.execute(query).all()
    while found:
        yield from found
        found = session.execute(query.where(AUDIT_SEALS.c.number > found[-1].number)).all()


def _before_the_first(walk: _Walk) -> None:
    """Complain of rows that no seal can hold: positions begin at 1."""
    for position in walk.session.scalars(select(_A.position).where(_A.position < 1)):
        walk.verdict.rows += 1
        walk.verdict.complain(f"Row {position} of the trail was put in before the first.")


def _link(walk: _Walk, row: Row[Any]) -> None:
    """Compare one seal with the rows it was made of."""
    verdict = walk.verdict
    if row.number != verdict.seals + 1:
        verdict.complain(f"Before seal {row.number} there is one missing.")
    if row.first != walk.after + 1:
        verdict.complain(f"Seal {row.number} begins at row {row.first}, not at {walk.after + 1}.")
    gaps, late = read_ranges(row.gaps), read_ranges(row.late)
    wanted = [*chain.spelt([*late, *chain.without(row.first, row.last, gaps)])]
    there = {one.position: one for one in _rows(walk.session, [*late, [row.first, row.last]])}
    walk.appeared |= dict.fromkeys(there.keys() - set(wanted), row.sealed_at)
    for position in chain.spelt(late):
        walk.appeared.pop(position, None)
    if _are_as_sealed(walk, row, wanted, there):
        digests = [chain.digest(there[position]) for position in wanted]
        seal = Seal(row.number, row.first, row.last, gaps, late, row.total, row.sealed_at)
        if chain.hashed(verdict.head, seal, digests) != row.hash:
            verdict.complain(f"Seal {row.number} was changed, or does not follow from the last.")
    verdict.seals, verdict.head, walk.after = row.number, row.hash, row.last
    verdict.sealed += len(wanted)


def _are_as_sealed(
    walk: _Walk, seal: Row[Any], wanted: list[int], there: Mapping[int, Row[Any]]
) -> bool:
    """Say whether all rows of a seal are there and unchanged; complain of each that is not."""
    verdict = walk.verdict
    gone = chain.ranges(position for position in wanted if position not in there)
    for first, last in gone:
        verdict.complain(f"{_removed(first, last)} removed, which seal {seal.number} holds.")
    whole = not gone
    for index, position in enumerate(wanted):
        row = there.get(position)
        if row is None:
            continue
        mark = seal.marks[index * chain.MARK : (index + 1) * chain.MARK]
        if chain.digest(row).hex()[: chain.MARK] != mark:
            whole = False
            verdict.complain(f"Row {position} of the trail was changed: {_about(row)}.")
        _values(walk, row)
    return whole


def _values(walk: _Walk, row: Row[Any]) -> None:
    """Compare the values of a row with what it commits to."""
    verdict = walk.verdict
    verdict.rows += 1
    if row.commitment == NONE:
        return  # it waits for being taken over; a sealed row is compared with its mark too
    if row.salt is None:
        if walk.erasures.get((row.record_kind, row.record_id), 0) >= row.position:
            verdict.erased += 1
        else:
            verdict.complain(
                f"The values of row {row.position} are gone, and nobody erased them: {_about(row)}."
            )
    elif chain.commitment(row.salt, row.said) != row.commitment:
        verdict.complain(f"The values of row {row.position} were changed: {_about(row)}.")


def _appeared(walk: _Walk, last: Row[Any] | None) -> None:
    """Complain of rows in gaps that are closed: no transaction takes so long."""
    for position, sealed_at in sorted(walk.appeared.items()):
        if last is not None and last.sealed_at - sealed_at > LATE_SECONDS:
            walk.verdict.complain(f"Row {position} of the trail was put in afterwards.")
        else:
            walk.verdict.rows += 1


def _tail(walk: _Walk) -> None:
    """Look at the rows that wait for a seal: their values have to fit all the same."""
    after = walk.after
    while True:
        query = _ROWS.where(_A.position > after).order_by(_A.position).limit(TAIL)
        rows = walk.session.execute(query).all()
        for row in rows:
            _values(walk, row)
        if len(rows) < TAIL:
            return
        after = rows[-1].position


def _rows(session: Session, wanted: Ranges) -> Iterator[Row[Any]]:
    for some in _batched([one for one in wanted if one[0] <= one[1]]):
        there = or_(*(and_(_A.position >= first, _A.position <= last) for first, last in some))
        query: Select[Any] = _ROWS.where(there).order_by(_A.position)
        yield from session.execute(query)


def _batched(wanted: Ranges, size: int = 100) -> Iterable[Ranges]:
    return (wanted[start : start + size] for start in range(0, len(wanted), size))


def _removed(first: int, last: int) -> str:
    one = f"Row {first} of the trail was"
    return one if first == last else f"Rows {first} to {last} of the trail were"


def _about(row: Row[Any]) -> str:
    return f"{row.record_kind} {row.record_id}, {row.verb} by {row.actor}"
