"""What was told of leads, and of what belongs to them."""

from sqlalchemy import select

from chassis.identities import Identities
from chassis.leaves import Leaf, leaf, trail
from chassis.wiping import plain_table
from chassis.work import Work
from services.analytics.domain.leads import Sign, Signal
from services.analytics.tables import LeadLink, LeadScore, LeadSignal


def locked_signal(work: Work, subject_id: str, sign: Sign) -> LeadSignal:
    """Return a signal for changing; one that was not told yet is of version -1."""
    blank = {"subject_id": subject_id, "sign": sign, "subject_version": -1, "value": ""}
    work.insert_once(LeadSignal.__table__, blank)
    query = select(LeadSignal).where(LeadSignal.subject_id == subject_id, LeadSignal.sign == sign)
    return work.session.scalars(query.with_for_update()).one()


def link(work: Work, lead_id: str, subject_id: str) -> None:
    """Note that something belongs to a lead."""
    row = {"lead_id": lead_id, "subject_id": subject_id}
    work.insert_once(LeadLink.__table__, row)


def lock_lead(work: Work, lead_id: str) -> None:
    """Keep others from scoring a lead until this work is done; what they heard is seen then."""
    link(work, lead_id, lead_id)
    itself = (LeadLink.lead_id == lead_id, LeadLink.subject_id == lead_id)
    work.session.execute(select(LeadLink.lead_id).where(*itself).with_for_update())


def leads_of(work: Work, *subject_ids: str) -> list[str]:
    """Return the leads that any of these belongs to, in the order in which they are locked."""
    query = select(LeadLink.lead_id).where(LeadLink.subject_id.in_(subject_ids)).distinct()
    return list(work.session.scalars(query.order_by(LeadLink.lead_id)))


def signals(work: Work, lead_id: str) -> list[Signal]:
    """Return all that was told of a lead and of what belongs to it; of its calls, one."""
    subjects = select(LeadLink.subject_id).where(LeadLink.lead_id == lead_id)
    told = select(LeadSignal).where(
        LeadSignal.subject_id.in_(subjects), LeadSignal.subject_version >= 0
    )
    # A call belongs to its customer, and may turn out to be another's.
    calls = LeadSignal.sign == Sign.CALLED, LeadSignal.value.in_(subjects)
    found = [
        signal
        for query in (told, select(LeadSignal).where(*calls).limit(1))
        for signal in work.session.scalars(query.execution_options(populate_existing=True))
    ]
    return [Signal(one.sign, one.subject_version, one.value) for one in found]


def score(work: Work, lead_id: str) -> LeadScore | None:
    """Return what a lead was worth so far."""
    return work.session.get(LeadScore, lead_id)


def scores_of_customer(work: Work, customer_id: str, limit: int) -> list[LeadScore]:
    """Return what the leads of a customer are worth that the caller may see, the newest first."""
    mine = select(LeadLink.lead_id).where(LeadLink.subject_id == customer_id)
    query = select(LeadScore).where(LeadScore.id.in_(mine), *work.visible(LeadScore))
    newest = query.order_by(LeadScore.scored_at.desc(), LeadScore.id).limit(limit)
    return list(work.session.scalars(newest))


def of_nobody(work: Work, who: Identities, _: str) -> tuple[list[Leaf], str]:
    """Find what was concluded of records that others have found to be of somebody.

    Whose they are nobody has told; the leads of another entity are none of the asker's.
    """
    ours = select(LeadScore.id).where(LeadScore.id.in_(who.records), *work.visible(LeadScore))
    apart = LeadSignal.subject_id.not_in(  # what belongs to a lead is found with it
        select(LeadLink.subject_id).where(LeadLink.lead_id != LeadLink.subject_id)
    )
    ratings = plain_table(LeadScore)
    return [
        leaf(ratings, ratings.c.id.in_(ours)),
        *trail([(ratings, ratings.c.id.in_(ours))]),
        leaf(plain_table(LeadLink), LeadLink.lead_id.in_(ours)),
        leaf(plain_table(LeadSignal), LeadSignal.subject_id.in_(who.records) & apart),
    ], ""
