"""Taking a lead in: stored at once, then matched with the customers, then given to somebody."""

from dataclasses import dataclass, field
from datetime import datetime

from chassis.ids import natural_id, new_id
from chassis.steps import Ask, Process, Step
from chassis.work import Work
from services.sales.domain.leads import NewLead, demand_next_action
from services.sales.processes.asking import certain_match, description
from services.sales.reads import records
from services.sales.tables import Lead
from services.sales.usecases import assignment, leads


@dataclass
class CaptureState:
    """What is known between the steps; what tells who it is is forgotten with the last one."""

    lead_id: str
    entity_id: str
    source: str
    name: str = ""
    company: str | None = None
    email: str | None = None
    phone: str | None = None
    country: str | None = None
    state: str | None = None
    external_ids: dict[str, str] = field(default_factory=dict)
    campaign_id: str | None = None
    message: str | None = None
    next_action_due: datetime | None = None
    answer: dict[str, object] = field(default_factory=dict)


def _begin(work: Work, *, new: NewLead) -> CaptureState:
    if new.next_action_due is not None:
        demand_next_action(new.next_action_due, work.now)
    return CaptureState(
        lead_id=_id(work, new),
        entity_id=work.caller.entity_id,
        source=new.source,
        name=new.name,
        company=new.company,
        email=new.email,
        phone=new.phone,
        country=new.country,
        state=new.state,
        external_ids=dict(new.external_ids),
        campaign_id=new.campaign_id,
        message=new.message,
        next_action_due=new.next_action_due,
    )


def _id(work: Work, new: NewLead) -> str:
    """A form that is sent twice is one lead; so is a request that the broker delivers twice."""
    if new.submission_id is not None:
        return natural_id("lead", work.caller.entity_id, new.source, new.submission_id)
    if work.origin.key is not None:
        return natural_id("lead", work.caller.subject, work.origin.key)
    return new_id()


def _store(work: Work, state: CaptureState) -> None:
    if records.locked(work, Lead, state.lead_id) is not None:
        return  # an earlier attempt stored it before accounts refused the question
    new = NewLead(
        source=state.source,
        name=state.name,
        company=state.company,
        email=state.email,
        phone=state.phone,
        country=state.country,
        state=state.state,
        external_ids=state.external_ids,
        campaign_id=state.campaign_id,
        message=state.message,
        next_action_due=state.next_action_due,
    )
    leads.store(work, state.lead_id, state.entity_id, new)


def _assign(work: Work, state: CaptureState, answer: object) -> None:
    lead = records.locked(work, Lead, state.lead_id)
    assert lead is not None, "a lead is never deleted"
    customer_id = certain_match(answer)
    if customer_id is not None and lead.customer_id is None:
        assignment.match(work, lead, customer_id)
    # Somebody may have taken it by hand while accounts was away.
    if lead.assignment is None:
        assignment.assign(work, lead)
    work.flush()
    state.answer = _shown(lead)
    _forget(state)


def _shown(lead: Lead) -> dict[str, object]:
    return {
        "lead_id": lead.id,
        "version": lead.version,
        "status": lead.status,
        "customer_id": lead.customer_id,
        "owner_id": lead.owner_id,
        "territory_id": lead.territory_id,
        "assignment": lead.assignment.value if lead.assignment else None,
    }


def _forget(state: CaptureState) -> None:
    state.name = ""
    state.company = state.email = state.phone = state.message = None
    state.external_ids = {}


CAPTURE_LEAD = Process(
    kind="capture_lead",
    state=CaptureState,
    begin=_begin,
    key=lambda state: state.lead_id,
    steps=(
        Step("store", _store),
        Ask("match", "accounts", "find_matches", description, _assign),
    ),
    answer=lambda state: state.answer,
)
