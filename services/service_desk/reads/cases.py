"""One case with all that belongs to it, and what belongs together."""

from sqlalchemy import or_, select

from chassis.pages import Page, page
from chassis.work import Work
from services.service_desk.tables import Case, CaseChange, CaseMilestone, CaseNote

LATEST_NOTES = 200


def case_file(work: Work, *, case_id: str) -> dict[str, object]:
    """Report on one case: what was promised, what happened, what was written down."""
    case = work.get(Case, case_id)
    milestones = select(CaseMilestone).where(CaseMilestone.case_id == case_id)
    changes = select(CaseChange).where(CaseChange.case_id == case_id)
    notes = select(CaseNote).where(CaseNote.case_id == case_id)
    latest = notes.order_by(CaseNote.at.desc(), CaseNote.id.desc()).limit(LATEST_NOTES)
    return {
        "case": case,
        "milestones": list(
            work.session.scalars(
                milestones.order_by(CaseMilestone.round, CaseMilestone.target_seconds)
            )
        ),
        "history": list(work.session.scalars(changes.order_by(CaseChange.place))),
        "notes": list(work.session.scalars(latest))[::-1],
    }


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
