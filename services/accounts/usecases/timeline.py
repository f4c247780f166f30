"""Put on a customer's timeline what other departments tell; their own words stay with them."""

from datetime import UTC, datetime

from chassis.money import from_minor
from chassis.work import Work
from contracts.marketing import ResponseRecorded, ResponseWithdrawn, TouchSettled
from contracts.sales import OrderPlaced, QuoteAccepted, QuoteSent
from contracts.service_desk import CaseClosed, CaseOpened, SurveyAnswered
from contracts.telephony import CallEnded
from services.accounts.domain.interactions import (
    MAX_SUBJECT,
    Direction,
    InteractionKind,
    Touch,
    minutes,
    words,
)
from services.accounts.reads import customers as reads
from services.accounts.reads.classes import ORDERS
from services.accounts.tables import Customer, Interaction
from services.accounts.usecases.customers import awaited
from services.accounts.usecases.interactions import write

SENT = "sent"


def note_order(work: Work, customer: Customer, placed: OrderPlaced) -> None:
    """Put an order on its customer's timeline."""
    _put(work, customer, _of_order(placed))


def note_quote(work: Work, told: QuoteSent | QuoteAccepted) -> None:
    """Put a quote that was sent or accepted on its customer's timeline.

    :raises Unavailable: if the customer is not known yet.
    """
    _note(work, told.customer_id, _of_quote(work, told))


def note_call(work: Work, ended: CallEnded) -> None:
    """Put a call on its customer's timeline; a later version of it corrects the entry.

    :raises Unavailable: if the customer is not known yet.
    """
    if ended.customer_id is None:
        return  # a stranger has no timeline; telephony tells it again when it learns who it was
    touch = Touch(
        kind=InteractionKind.CALL,
        direction=Direction(ended.direction),
        subject=_of_call(ended)[:MAX_SUBJECT],
        result=_came_of_call(ended)[:MAX_SUBJECT],
        at=ended.started_at,
        source="telephony.call",
        source_key=ended.call_id,
        version=ended.version,
    )
    _note(work, ended.customer_id, touch)


def note_service(work: Work, told: CaseOpened | CaseClosed | SurveyAnswered) -> None:
    """Put what the service desk did for a customer on the timeline.

    :raises Unavailable: if the customer is not known yet.
    """
    if told.customer_id is None:
        return  # nobody knows yet whose case it is
    match told:
        case CaseOpened():
            touch = _of_opened(told)
        case CaseClosed():
            touch = _of_closed(told)
        case SurveyAnswered():
            touch = _of_survey(told)
    _note(work, told.customer_id, touch)


def note_campaign(work: Work, told: TouchSettled | ResponseRecorded | ResponseWithdrawn) -> None:
    """Put a message that was sent to a customer, or his answer to it, on the timeline.

    :raises Unavailable: if the customer is not known yet.
    """
    if isinstance(told, TouchSettled):
        _note_message(work, told)
    else:
        _note(work, told.customer_id, _of_response(told))


def _note_message(work: Work, settled: TouchSettled) -> None:
    if settled.fate != SENT:
        return  # what did not reach a customer did not touch him
    touch = Touch(
        kind=InteractionKind.MAIL,
        direction=Direction.OUTBOUND,
        subject=f"Mail for {words(settled.purpose)}, step {words(settled.step)}"[:MAX_SUBJECT],
        result=settled.fate,
        at=settled.at,
        source="marketing.send",
        source_key=settled.send_id,
        version=settled.version,
    )
    _note(work, settled.customer_id, touch)


def _note(work: Work, customer_id: str, touch: Touch) -> None:
    _put(work, awaited(work, customer_id), touch)


def _put(work: Work, customer: Customer, touch: Touch) -> None:
    known = reads.interaction_by_source(work, customer.entity_id, touch)
    if known is None:
        work.add(write(work, Interaction(), customer, touch))
    elif touch.version is not None and touch.version > (known.source_version or 0):
        write(work, known, customer, touch)


def _of_order(placed: OrderPlaced) -> Touch:
    return Touch(
        kind=InteractionKind.SALE,
        direction=Direction.INBOUND,
        subject=f"Order {placed.external_id}",
        result=f"{placed.currency} {from_minor(placed.total_minor, placed.currency)}",
        at=datetime.fromisoformat(placed.ordered_on).replace(tzinfo=UTC),
        source=ORDERS,
        source_key=placed.order_id,
    )


def _of_quote(work: Work, told: QuoteSent | QuoteAccepted) -> Touch:
    accepted = isinstance(told, QuoteAccepted)
    return Touch(
        kind=InteractionKind.SALE,
        direction=Direction.INBOUND if accepted else Direction.OUTBOUND,
        subject="Quote accepted" if accepted else "Quote sent",
        result=f"{told.currency} {from_minor(told.total_minor, told.currency)}",
        at=work.now,  # the event tells no instant of its own
        source="sales.quote",
        source_key=f"{told.quote_id}:{'accepted' if accepted else 'sent'}",
    )


def _of_response(told: ResponseRecorded | ResponseWithdrawn) -> Touch:
    withdrawn = isinstance(told, ResponseWithdrawn)
    return Touch(
        kind=InteractionKind.ADVERTISEMENT,
        direction=Direction.INBOUND,
        subject="Campaign answered",
        result="withdrawn" if withdrawn else words(told.response)[:MAX_SUBJECT],
        at=told.at,
        source="marketing.response",
        source_key=told.response_id,
        version=told.version,
    )


def _of_call(ended: CallEnded) -> str:
    subject = "Call"
    if ended.direction == Direction.INBOUND and ended.dnis is not None:
        subject = f"Call to {ended.dnis}"  # ours; of an outbound call it is the customer's
    return f"{subject}, queue {ended.queue}" if ended.queue is not None else subject


def _came_of_call(ended: CallEnded) -> str:
    result = words(ended.outcome)
    if ended.talk_seconds is not None:
        return f"{result}, talked {minutes(ended.talk_seconds)}"
    if ended.wait_seconds is not None:
        return f"{result}, waited {minutes(ended.wait_seconds)}"
    return result


def _of_opened(told: CaseOpened) -> Touch:
    return Touch(
        kind=InteractionKind.SERVICE,
        direction=Direction.INBOUND,
        subject=f"Case {told.number} opened: {words(told.type)}, {words(told.severity)}",
        at=told.opened_at,
        source="service_desk.case",
        source_key=f"{told.case_id}:opened",
    )


def _of_closed(told: CaseClosed) -> Touch:
    view = f", customer {words(told.customer_view)}" if told.customer_view else ""
    return Touch(
        kind=InteractionKind.SERVICE,
        direction=Direction.OUTBOUND,
        subject=f"Case {told.number} closed: {words(told.type)}, {words(told.severity)}",
        result=f"{words(told.resolution)}{view}",
        at=told.closed_at,
        source="service_desk.case",
        source_key=f"{told.case_id}:closed:{told.version}",  # it may be opened again and closed
    )


def _of_survey(told: SurveyAnswered) -> Touch:
    return Touch(
        kind=InteractionKind.SERVICE,
        direction=Direction.INBOUND,
        subject=f"Survey answered: {words(told.moment)}",
        result=f"{words(told.satisfaction)}, gap {told.gap}",
        at=told.answered_at,
        source="service_desk.survey",
        source_key=told.survey_id,
        version=told.version,
    )
