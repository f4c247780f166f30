"""One case with all that belongs to it, and what belongs together."""

from sqlalchemy import or_, select

from chassis.pages import Page, page
from chassis.work import Work
from services.service_desk.tables import Case, CaseChange, CaseMilestone, CaseNote

# What a file shows has to fit into one answer (1 MiB), whatever was written: 24 kB a note at most.
LATEST_NOTES = 20
LATEST_CHANGES = 100
LATEST_MILESTONES = 100


def case_file(work: Work, *, case_id: str) -> dict[str, object]:
    """Report on one case: what was promised, what happened last, what was written down last."""
    case = work.get(Case, case_id)
    return {
        "case": case,
        "milestones": _milestones(work, case_id),
        "history": case_history(work, case_id=case_id, limit=LATEST_CHANGES, after=None).items[
            ::-1
        ],
        "notes": case_notes(work, case_id=case_id, limit=LATEST_NOTES, after=None).items[::-1],
    }


def case_history(work: Work, *, case_id: str, limit: int, after: str | None) -> Page[CaseChange]:
    """Return what happened to a case, the last first."""
    case = work.get(Case, case_id)
    query = select(CaseChange).where(CaseChange.case_id == case.id)
    return page(work, query, [CaseChange.place], limit=limit, after=after, descending=True)


def case_notes(work: Work, *, case_id: str, limit: int, after: str | None) -> Page[CaseNote]:
    """Return what was written down about a case, the newest first."""
    case = work.get(Case, case_id)
    query = select(CaseNote).where(CaseNote.case_id == case.id)
    keys = [CaseNote.at, CaseNote.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def related_cases(work: Work, *, case_id: str, limit: int, after: str | None) -> Page[Case]:
    """Return the other cases of the same customer, order or call, the newest first."""
    case = work.get(Case, case_id)
    shared = [
        column == value
        for column, value in (
            (Case.customer_id, case.customer_id),
            (Case.order_id, case.order_id),
            (Case.call_id, case.call_id),
        )
        if value is not None
    ]
    if not shared:
        return Page([])
    query = select(Case).where(or_(*shared), Case.id != case_id, *work.visible(Case))
    keys = [Case.opened_at, Case.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)


def _milestones(work: Work, case_id: str) -> list[CaseMilestone]:
    """Return what was promised, oldest round first; of very many rounds what is owed, then the newest."""
    query = select(CaseMilestone).where(CaseMilestone.case_id == case_id)
    latest = query.order_by(CaseMilestone.ended_at.is_not(None), CaseMilestone.since.desc())
    found = work.session.scalars(latest.limit(LATEST_MILESTONES))
    return sorted(found, key=lambda one: (one.round, one.target_seconds))
