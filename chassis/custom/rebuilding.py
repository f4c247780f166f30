"""Bringing all records into the index of a field, or out of it, a few at a time."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from chassis.audit import CUSTOM
from chassis.bulk import insert_many
from chassis.custom import index
from chassis.custom.defining import INDEX
from chassis.custom.forms import definition, hold, nouns
from chassis.custom.tables import CUSTOM_INDEX, CustomField
from chassis.steps import Process, Step
from chassis.work import Work

CHUNK = 500  # records in one transaction: who writes their values waits meanwhile


@dataclass
class IndexState:
    """How far a round is."""

    field_id: str
    round: str
    after: str = ""


def _begin(_: Work, *, field_id: str, round: str) -> IndexState:  # the state's name
    return IndexState(field_id, round)


def _records(work: Work, state: IndexState) -> bool:
    hold(work, alone=True)  # first: what is read after it nobody else is changing
    field = work.get(CustomField, state.field_id)
    if field.indexing != state.round:
        return False  # a later round takes care of everything
    found = _next(work, field, state.after)
    ids = [id_ for id_, _ in found]
    columns = CUSTOM_INDEX.c
    gone = (columns.field == field.id) & columns.record_id.in_(ids)
    work.session.execute(delete(CUSTOM_INDEX).where(gone))
    mine = {field.key: definition(field)}
    rows = [row for id_, values in found for row in index.rows(mine, id_, values)]
    insert_many(work.session, CUSTOM_INDEX, rows)
    if found:
        state.after = ids[-1]
    return len(found) == CHUNK


def _next(work: Work, field: CustomField, after: str) -> list[tuple[str, dict[str, Any]]]:
    kind: Any = nouns(work.service)[field.kind]
    query = select(kind.id, getattr(kind, CUSTOM)).where(
        kind.entity_id == field.entity_id, kind.id > after
    )
    rows = work.session.execute(query.order_by(kind.id).limit(CHUNK))
    return [(row[0], row[1]) for row in rows]


def _end(work: Work, state: IndexState) -> None:
    hold(work, alone=True)
    field = work.get(CustomField, state.field_id)
    if field.indexing == state.round:
        field.indexing = None


INDEX_FIELD = Process(
    kind=INDEX,
    state=IndexState,
    begin=_begin,
    key=lambda state: state.round,
    steps=(Step("records", _records), Step("end", _end)),
    answer=lambda state: {"field_id": state.field_id},
    is_passing=True,
)
