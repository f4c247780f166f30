"""A lead becomes a customer, a contact and an opportunity: each once, whatever dies on the way.

The key is the lead. accounts links to the customer that it knows already, so a lead that came in
by two doors ends at one customer. What accounts entered stays if a later step refuses: a prospect
without an opportunity is a fact, and nobody else's work is undone for it.
"""

from dataclasses import dataclass, field
from datetime import date, datetime

from chassis import aliases
from chassis.clock import isoformat
from chassis.ids import natural_id
from chassis.money import exponent
from chassis.steps import Ask, Process, Step
from chassis.work import Work
from contracts.sales import LeadConverted
from services.sales.domain import leads as rules
from services.sales.domain.leads import StatusType
from services.sales.domain.opportunities import NewOpportunity, StageType, seconds_between
from services.sales.processes.asking import description, flag, text
from services.sales.reads import customers, records, telling
from services.sales.tables import Lead, Opportunity
from services.sales.usecases import leads, opportunities
from services.sales.usecases.ownership import Owner, owner_of

_TOUCH = {"web": "web", "phone": "call", "mail": "mail", "event": "event", "visit": "visit"}


@dataclass
class ConversionState:
    """What is known between the steps; what tells who it is is forgotten with the last one."""

    lead_id: str
    source: str
    captured_at: datetime
    owner_id: str | None
    name: str
    company: str | None
    email: str | None
    phone: str | None
    country: str | None
    state: str | None
    external_ids: dict[str, str]
    title: str
    amount_minor: int
    currency: str
    expected_close_on: str | None
    customer_id: str = ""
    customer_created: bool = False
    contact_id: str = ""
    answer: dict[str, object] = field(default_factory=dict)


def _begin(work: Work, *, lead_id: str, new: NewOpportunity) -> ConversionState:
    lead = work.get(Lead, lead_id)
    if lead.status_type is not StatusType.CONVERTED:
        rules.demand_open(lead.status_type)
        rules.demand_convertible(
            is_qualified=lead.qualified_at is not None, is_assigned=lead.owner_id is not None
        )
        exponent(new.currency)
        records.stage(work, lead.entity_id, type_=StageType.OPEN)
        records.status(work, lead.entity_id, type_=StatusType.CONVERTED)
    return ConversionState(
        lead_id=lead.id,
        source=lead.source,
        captured_at=lead.captured_at,
        owner_id=lead.owner_id,
        name=lead.name,
        company=lead.company,
        email=lead.email,
        phone=lead.phone,
        country=lead.country,
        state=lead.state,
        external_ids=lead.external_ids,
        title=new.title,
        amount_minor=new.amount_minor,
        currency=new.currency,
        expected_close_on=_iso(new.expected_close_on),
    )


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(iso: str | None) -> date | None:
    return None if iso is None else date.fromisoformat(iso)


def _reserve(work: Work, state: ConversionState) -> None:
    lead = _lead(work, state)
    # What was true when it began may have changed before the lock was ours.
    rules.demand_open(lead.status_type, is_converting=lead.is_converting)
    lead.is_converting = True


def _release(work: Work, state: ConversionState) -> None:
    _lead(work, state).is_converting = False


def _customer(state: ConversionState) -> dict[str, object]:
    # What becomes of somebody who is known is accounts' policy for leads: a link unless changed.
    return description(state) | {"owner_id": state.owner_id, "source": "lead"}


def _note_customer(_: Work, state: ConversionState, answer: object) -> None:
    state.customer_id = text(answer, "customer_id")
    state.customer_created = flag(answer, "created")


def _contact(state: ConversionState) -> dict[str, object]:
    told = {"name": state.name, "email": state.email, "phone": state.phone}
    known: dict[str, object] = {name: value for name, value in told.items() if value is not None}
    return known | {"customer_id": state.customer_id}


def _note_contact(_: Work, state: ConversionState, answer: object) -> None:
    state.contact_id = text(answer, "contact_id")


def _interaction(state: ConversionState) -> dict[str, object]:
    return {
        "customer_id": state.customer_id,
        "contact_id": state.contact_id,
        "kind": _TOUCH.get(state.source, "note"),
        "direction": "inbound",
        "subject": f"Inquiry ({state.source})",
        "result": "converted",
        "at": isoformat(state.captured_at),
        "source": "sales.lead",
        "source_key": state.lead_id,
    }


def _note_interaction(_: Work, __: ConversionState, ___: object) -> None:
    """Learn nothing: what counts is that it is on the timeline."""


def _open(work: Work, state: ConversionState) -> None:
    lead = _lead(work, state)
    state.customer_id = aliases.in_use(work.session, state.customer_id)
    one = Opportunity(
        id=natural_id("opportunity", lead.id),
        customer_id=state.customer_id,
        contact_id=state.contact_id,
        lead_id=lead.id,
    )
    new = NewOpportunity(
        title=state.title,
        amount_minor=state.amount_minor,
        currency=state.currency,
        expected_close_on=_day(state.expected_close_on),
    )
    opportunities.enter(work, one, new, _owner(work, lead, state.customer_id))
    lead.customer_id, lead.contact_id = state.customer_id, state.contact_id
    lead.opportunity_id = one.id
    leads.close_converted(work, lead)
    seconds = seconds_between(lead.captured_at, work.now)
    work.tell(lambda done: _converted(done, state, seconds), lead)
    if lead.tags:
        work.tell(telling.lead_tagged, lead)
    state.answer = {
        "lead_id": lead.id,
        "customer_id": state.customer_id,
        "customer_created": state.customer_created,
        "contact_id": state.contact_id,
        "opportunity_id": one.id,
        "seconds_to_convert": seconds,
    }
    _forget(state)


def _owner(work: Work, lead: Lead, customer_id: str) -> Owner:
    """Return the customer's owner; of one that was only just entered it is the lead's."""
    customer = customers.customer(work, customer_id)
    if customer is not None and customer.owner_id is not None:
        return owner_of(customer)
    return Owner(lead.entity_id, lead.owner_id, lead.team_id, lead.territory_id)


def _converted(lead: Lead, state: ConversionState, seconds: int) -> LeadConverted:
    return LeadConverted(
        lead_id=lead.id,
        version=lead.version,
        customer_id=state.customer_id,
        contact_id=state.contact_id,
        opportunity_id=str(lead.opportunity_id),
        customer_created=state.customer_created,
        seconds_to_convert=seconds,
    )


def _forget(state: ConversionState) -> None:
    state.name = state.title = ""
    state.company = state.email = state.phone = None
    state.external_ids = {}


def _lead(work: Work, state: ConversionState) -> Lead:
    lead = records.locked(work, Lead, state.lead_id)
    assert lead is not None, "a lead is never deleted"
    return lead


CONVERT_LEAD = Process(
    kind="convert_lead",
    state=ConversionState,
    begin=_begin,
    key=lambda state: state.lead_id,
    steps=(
        Step("reserve", _reserve, undo=_release),
        Ask("customer", "accounts", "register_customer", _customer, _note_customer),
        Ask("contact", "accounts", "register_contact", _contact, _note_contact),
        # Before the last step: refused after it, it would have to undo a conversion that was told.
        Ask("touch", "accounts", "record_interaction", _interaction, _note_interaction),
        Step("open", _open),
    ),
    answer=lambda state: state.answer,
)
