"""Keep how promising each lead is, as analytics concluded last."""

from dataclasses import asdict

from chassis.errors import Unavailable
from chassis.work import Work
from contracts.analytics import LeadScored
from services.sales.reads import leads as reads
from services.sales.tables import Lead, LeadScore


def note_score(work: Work, told: LeadScored) -> None:
    """Store a lead's score with its reasons, unless a later one stands.

    :raises Unavailable: if the lead is not known yet.
    """
    if work.session.get(Lead, told.lead_id) is None:
        raise Unavailable("This lead is not known yet.", code="sales.lead.not_known_yet")
    row = {
        "lead_id": told.lead_id,
        "score": told.score,
        "reasons": [asdict(reason) for reason in told.reasons],
        "as_of": told.as_of,
        "score_id": told.score_id,
        "version": told.version,
    }
    if work.insert_once(LeadScore.__table__, row):
        return
    standing = reads.score(work, told.lead_id)
    if told.version > standing.version:  # scores overtake each other on the way
        for name, value in row.items():
            setattr(standing, name, value)
