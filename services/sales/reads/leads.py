"""Whose turn it is, and whose a lead was."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Text, cast, select

from chassis.filters import unfit
from chassis.work import Work
from services.sales.domain.rotation import Turn
from services.sales.tables import Lead, LeadAssignment, LeadScore, LeadTurn


def turns(work: Work, territory_id: str, staff_ids: Sequence[str]) -> list[LeadTurn]:
    """Return the counters of these reps in a territory, locked until this work is done."""
    query = select(LeadTurn).where(
        LeadTurn.territory_id == territory_id, LeadTurn.staff_id.in_(staff_ids)
    )
    locked = query.order_by(LeadTurn.staff_id).with_for_update()
    found = list(work.session.scalars(locked))
    missing = set(staff_ids) - {row.staff_id for row in found}
    if not missing:
        return found
    for staff_id in sorted(missing):
        # Whoever comes second waits here for the first, and reads what that one has dealt.
        row = {"territory_id": territory_id, "staff_id": staff_id, "given": 0, "last_turn": 0}
        work.insert_once(LeadTurn.__table__, row)
    return list(work.session.scalars(locked.execution_options(populate_existing=True)))


def as_turns(rows: Sequence[LeadTurn]) -> list[Turn]:
    """Return stored counters as the rule takes them."""
    return [Turn(row.staff_id, row.given, row.last_turn) for row in rows]


def tagged(value: object) -> ColumnElement[bool]:
    """Take the word that a lead has on it (a filter of plain records)."""
    if not isinstance(value, str) or not value:
        raise unfit("This filter takes a word.")
    # Words are keys, so that one between quotes is a whole one.
    return cast(Lead.tags, Text).contains(f'"{value}"', autoescape=True)


def score(work: Work, lead_id: str) -> LeadScore:
    """Return a lead's score, locked until this work is done."""
    query = select(LeadScore).where(LeadScore.lead_id == lead_id).with_for_update()
    return work.session.scalars(query.execution_options(populate_existing=True)).one()


def history(work: Work, *, lead_id: str) -> dict[str, object]:
    """Return whom a lead was given to, in order."""
    work.get(Lead, lead_id)
    query = select(LeadAssignment).where(LeadAssignment.lead_id == lead_id)
    ordered = query.order_by(LeadAssignment.at, LeadAssignment.id)
    return {"assignments": list(work.session.scalars(ordered))}
