"""Leads: taking them in, giving them to somebody, and deciding what they are worth."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.errors import Invalid
from chassis.work import Work
from services.sales.domain import leads as rules
from services.sales.domain.leads import AssignmentReason, DisqualifyReason, NewLead, StatusType
from services.sales.reads import customers, records, telling
from services.sales.tables import Lead, LeadStatus
from services.sales.usecases.ownership import note_assignment

NEXT_ACTION_DUE = "lead.next_action_due"  # the kind of the timer


class NotAnActiveRep(Invalid):
    """Refuse to give a lead to somebody who does not work here."""

    code = "sales.lead.not_an_active_rep"


def store(work: Work, lead_id: str, entity_id: str, new: NewLead) -> Lead:
    """Take a lead in; nobody has it yet, but its next action is due."""
    status = records.status(work, entity_id, type_=StatusType.OPEN)
    lead = Lead(
        id=lead_id,
        entity_id=entity_id,
        status=status.key,
        status_type=status.type,
        source=new.source,
        name=new.name,
        company=new.company,
        email=new.email,
        phone=new.phone,
        message=new.message,
        country=new.country,
        state=new.state,
        external_ids=dict(new.external_ids),
        campaign_id=new.campaign_id,
        captured_at=work.now,
        is_converting=False,
        reminders=0,
    )
    work.add(lead)
    work.tell(telling.lead_created, lead)
    if new.next_action_due is not None:
        _decide(work, lead, new.next_action_due)
    else:
        _plan(work, lead, work.now + rules.FIRST_RESPONSE)
    return lead


def assign_lead(work: Work, *, lead_id: str, version: int, owner_id: str) -> Lead:
    """Give a lead to somebody by hand.

    :raises NotAnActiveRep: if that is nobody who works here.
    """
    lead = _open(work, lead_id, version)
    rep = customers.staff(work, owner_id)
    if rep is None or not rep.active or rep.entity_id != lead.entity_id:
        raise NotAnActiveRep("A lead is given to an active member of the staff.")
    previous = lead.owner_id
    lead.owner_id, lead.team_id = rep.id, rep.team_id
    if lead.territory_id is None:
        lead.territory_id = next(iter(rep.territory_ids or ()), None)
    note_assignment(work, lead, previous, AssignmentReason.MANUAL)
    return lead


def plan_lead_action(
    work: Work, *, lead_id: str, version: int, due: datetime, action: str | None
) -> Lead:
    """Say what is to be done next with a lead, and until when."""
    lead = _open(work, lead_id, version)
    lead.next_action = action
    _decide(work, lead, due)
    return lead


def move_lead(
    work: Work, *, lead_id: str, version: int, status: str, next_action_due: datetime | None
) -> Lead:
    """Give a lead another status that keeps it open; closing it has its own rules."""
    lead = _open(work, lead_id, version)
    wanted = records.status(work, lead.entity_id, key=status)
    if wanted.type in rules.CLOSED:
        raise Invalid(
            "Convert or disqualify a lead; it is not moved to its end.",
            code="sales.lead.status_not_open",
        )
    _move(lead, wanted)
    _go_on(work, lead, next_action_due)
    return lead


def tag_lead(
    work: Work, *, lead_id: str, version: int, add: Sequence[str], remove: Sequence[str]
) -> Lead:
    """Put words on a lead and take others off; what is so already tells nothing.

    :raises TooManyTags: if there would be more than anybody reads.
    """
    lead = _open(work, lead_id, version)
    tags = rules.tagged(lead.tags or (), add, remove)
    if tags != (lead.tags or []):
        lead.tags = tags
        work.tell(telling.lead_tagged, lead)
    return lead


def qualify_lead(
    work: Work, *, lead_id: str, version: int, next_action_due: datetime | None
) -> Lead:
    """Find a lead worth working on."""
    lead = _open(work, lead_id, version)
    if lead.status_type is not StatusType.ONGOING:
        _move(lead, records.status(work, lead.entity_id, type_=StatusType.ONGOING))
    lead.qualified_at = work.now
    _go_on(work, lead, next_action_due)
    work.tell(telling.lead_qualified, lead)
    return lead


def disqualify_lead(
    work: Work, *, lead_id: str, version: int, reason: DisqualifyReason, note: str | None
) -> Lead:
    """Give a lead up, with the reason."""
    lead = _open(work, lead_id, version)
    _move(lead, records.status(work, lead.entity_id, type_=StatusType.LOST))
    lead.lost_reason, lead.lost_note = reason, note
    _unplan(work, lead)
    work.tell(telling.lead_disqualified, lead)
    return lead


def close_converted(work: Work, lead: Lead) -> None:
    """Close a lead that became a customer."""
    _move(lead, records.status(work, lead.entity_id, type_=StatusType.CONVERTED))
    lead.converted_at, lead.is_converting = work.now, False
    _unplan(work, lead)


def remind(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Tell that the next action on a lead is overdue, and again later until it is planned anew."""
    lead = records.locked(work, Lead, key)
    if lead is None or lead.status_type in rules.CLOSED or lead.next_action_due is None:
        return
    lead.reminders += 1
    work.at(work.now + rules.reminder_pause(lead.reminders), NEXT_ACTION_DUE, lead.id, data)
    work.tell(telling.lead_overdue, lead)


def _open(work: Work, lead_id: str, version: int) -> Lead:
    lead = work.get(Lead, lead_id, version=version)
    rules.demand_open(lead.status_type, is_converting=lead.is_converting)
    return lead


def _move(lead: Lead, status: LeadStatus) -> None:
    lead.status, lead.status_type = status.key, status.type


def _decide(work: Work, lead: Lead, due: datetime) -> None:
    """Plan what somebody decided on, and tell it."""
    _plan(work, lead, due)
    work.tell(telling.lead_action_planned, lead)


def _go_on(work: Work, lead: Lead, due: datetime | None) -> None:
    """Plan what is decided now, or keep what was planned."""
    if due is not None:
        _decide(work, lead, due)
    else:
        _plan(work, lead, lead.next_action_due)


def _plan(work: Work, lead: Lead, due: datetime | None) -> None:
    lead.next_action_due = rules.demand_next_action(due, work.now)
    lead.reminders = 0
    work.at(lead.next_action_due, NEXT_ACTION_DUE, lead.id, {})


def _unplan(work: Work, lead: Lead) -> None:
    lead.next_action = lead.next_action_due = None
    work.cancel(NEXT_ACTION_DUE, lead.id)
