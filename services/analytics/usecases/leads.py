"""Leads: what is told of them, and what they are worth after it."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from chassis.ownership import hand_over
from chassis.work import Work
from contracts import marketing, sales, telephony
from contracts.base import describe
from contracts.tagging import LeadTagged
from services.analytics.domain import scorecard
from services.analytics.domain.leads import Sign, features, owner, telling_tag
from services.analytics.reads import leads, telling
from services.analytics.tables import LeadScore
from services.analytics.usecases import schedule

# Responses that show no interest.
_AVERSE = frozenset({"unsubscribed", "refused", "bounced", "complained"})


@dataclass(frozen=True, slots=True)
class Heard:
    """What an event says: a sign about a subject, and what belongs to which lead."""

    subject_id: str
    sign: Sign
    version: int
    value: str = ""
    lead_id: str | None = None  # the subject belongs to it
    also: tuple[str, ...] = ()  # belongs to that lead too


Reader: TypeAlias = Callable[[Any], tuple[Heard, ...]]


def note_lead(work: Work, event: object) -> None:
    """Keep what sales told, and score the leads that it is about."""
    _note(work, _READ[type(event)](event), event)


def note_response(work: Work, event: marketing.ResponseRecorded) -> None:
    """Keep that a customer reacted to a campaign, and score their leads."""
    if event.response not in _AVERSE:
        _note(work, (Heard(event.customer_id, Sign.RESPONDED, event.version),), event)


def note_call(work: Work, event: telephony.CallEnded | telephony.CallCorrected) -> None:
    """Keep whose call was answered, and score the leads of who has it and of who had it."""
    corrected = isinstance(event, telephony.CallCorrected)
    if event.outcome != "answered" or (event.customer_id is None and not corrected):
        return
    now = event.customer_id or ""
    before = _keep(work, Heard(event.call_id, Sign.CALLED, event.version, now))
    _score_leads(work, event, before, now)


def _note(work: Work, told: Sequence[Heard], event: object) -> None:
    for heard in told:
        _keep(work, heard)
        if heard.lead_id is not None:
            for subject_id in (heard.lead_id, heard.subject_id, *heard.also):
                leads.link(work, heard.lead_id, subject_id)
    _score_leads(work, event, told[0].subject_id)


def _keep(work: Work, heard: Heard) -> str:
    """Keep what an event says unless more is known; return the value that stood before."""
    signal = leads.locked_signal(work, heard.subject_id, heard.sign)
    before = signal.value
    # The newest counts, whichever comes last; of one version the same one, whoever sees them.
    signal.subject_version, signal.value = max(
        (signal.subject_version, before), (heard.version, heard.value)
    )
    return before


def _score_leads(work: Work, event: object, *subject_ids: str) -> None:
    work.flush()
    for lead_id in leads.leads_of(work, *subject_ids):
        leads.lock_lead(work, lead_id)
        _score(work, lead_id, describe(type(event)).name)
    schedule.wake(work)


def _score(work: Work, lead_id: str, trigger_type: str) -> None:
    """Score a lead anew from all that is kept of it, and tell it if that changed anything."""
    signals = leads.signals(work, lead_id)
    if all(one.sign is not Sign.CREATED for one in signals):
        return  # its capture is still on its way, and brings all of this up again
    scored = scorecard.score(features(signals))
    reasons: list[dict[str, str | int]] = [asdict(one) for one in scored.reasons]
    known, whose = leads.score(work, lead_id), owner(signals)
    if known is not None:
        hand_over(known, whose)
        if (known.score, known.reasons) == (scored.score, reasons):
            return
    else:
        known = work.add(LeadScore(id=lead_id, entity_id=whose.entity_id))
        hand_over(known, whose)
    known.score, known.reasons = scored.score, reasons
    known.method, known.scored_at = scorecard.METHOD, work.now
    known.trigger_id, known.trigger_type = work.origin.causation_id, trigger_type
    work.tell(telling.lead_scored, known)
    work.flush()


def _of_lead(sign: Sign, value: Callable[[Any], str] = lambda _: "") -> Reader:
    return lambda event: (Heard(event.lead_id, sign, event.version, value(event), event.lead_id),)


def _created(event: sales.LeadCreated) -> tuple[Heard, ...]:
    lead_id, version = event.lead_id, event.version
    created = (
        Heard(lead_id, Sign.CREATED, version, event.source, lead_id),
        Heard(lead_id, Sign.ENTITY, version, event.entity_id),
    )
    if event.matched_customer_id is None:
        return created
    belongs = (event.matched_customer_id,)
    return (*created, Heard(lead_id, Sign.MATCHED, version, "", lead_id, belongs))


def _assigned(event: sales.LeadAssigned) -> tuple[Heard, ...]:
    lead_id, version = event.lead_id, event.version
    return (
        Heard(lead_id, Sign.ASSIGNED, version, event.reason, lead_id),
        Heard(lead_id, Sign.OWNER, version, event.owner_id),
        Heard(lead_id, Sign.TEAM, version, event.team_id or ""),
        Heard(lead_id, Sign.TERRITORY, version, event.territory_id or ""),
    )


def _matched(event: sales.LeadMatched) -> tuple[Heard, ...]:
    lead_id = event.lead_id
    return (Heard(lead_id, Sign.MATCHED, event.version, "", lead_id, (event.customer_id,)),)


def _converted(event: sales.LeadConverted) -> tuple[Heard, ...]:
    belongs = (event.opportunity_id, event.customer_id)
    return (Heard(event.lead_id, Sign.CONVERTED, event.version, "", event.lead_id, belongs),)


def _opened(event: sales.OpportunityOpened) -> tuple[Heard, ...]:
    chance = str(event.win_chance)
    return (Heard(event.opportunity_id, Sign.CHANCE, event.version, chance, event.lead_id),)


def _chance(event: sales.OpportunityStageChanged | sales.OpportunityRevised) -> tuple[Heard, ...]:
    return (Heard(event.opportunity_id, Sign.CHANCE, event.version, str(event.win_chance)),)


def _of_opportunity(sign: Sign) -> Reader:
    return lambda event: (Heard(event.opportunity_id, sign, event.version),)


_READ: dict[type, Reader] = {
    sales.LeadCreated: _created,
    sales.LeadMatched: _matched,
    sales.LeadAssigned: _assigned,
    sales.LeadActionPlanned: _of_lead(Sign.PLANNED),
    sales.LeadActionOverdue: _of_lead(Sign.OVERDUE, lambda event: str(event.reminders)),
    LeadTagged: _of_lead(Sign.TAGGED, lambda event: telling_tag(event.tags)),
    sales.LeadQualified: _of_lead(Sign.QUALIFIED),
    sales.LeadDisqualified: _of_lead(Sign.DISQUALIFIED, lambda event: event.reason),
    sales.LeadConverted: _converted,
    sales.OpportunityOpened: _opened,
    sales.OpportunityStageChanged: _chance,
    sales.OpportunityRevised: _chance,
    sales.OpportunityWon: _of_opportunity(Sign.WON),
    sales.OpportunityLost: _of_opportunity(Sign.LOST),
    sales.QuoteSent: _of_opportunity(Sign.QUOTED),
}
# What is told of a lead, or of an opportunity that came of one; words on leads in private.
OF_LEADS = tuple(event for event in _READ if event is not LeadTagged)
