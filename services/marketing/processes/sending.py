"""Sending one message: at most once, whoever dies when.

The ledger and the chassis' mark are committed before anything leaves the house. A process that
finds the mark sends nothing: the message is of unknown fate, and its Message-ID can be looked up.
"""

from dataclasses import dataclass

from chassis import erased
from chassis.errors import Unavailable
from chassis.steps import Act, Process
from chassis.work import Work
from services.marketing.config import Own
from services.marketing.domain.sends import (
    CONFIRMATION,
    Outcome,
    Reason,
    SendStatus,
    new_token,
    token_hash,
)
from services.marketing.domain.templates import Purpose, TemplateWrong, Variant, choose
from services.marketing.processes import smtp
from services.marketing.processes.letters import Letter, compose
from services.marketing.reads import audience
from services.marketing.tables import Campaign, CustomerRef, Send, Template
from services.marketing.usecases import sends

# Put off for a day at most, see domain/sends.py; with pauses of five minutes that is fewer.
MAX_ATTEMPTS = 500


@dataclass
class SendState:
    """Which message, and its letter for as long as it is being sent."""

    send_id: str
    secret: str | None = None
    address: str | None = None
    letter: str | None = None  # as it goes over the wire
    customer_id: str | None = None  # whoever is erased is found by this: the letter says who it is

    def put_off(self) -> None:
        """Keep nothing of whom it is for; the next attempt writes another letter."""
        self.address = self.letter = None

    def forget(self) -> None:
        """Keep nothing of whom it went to."""
        self.secret = self.address = self.letter = None


def _begin(_: Work, *, send_id: str) -> SendState:
    return SendState(send_id)


def _mark(work: Work, state: SendState, own: Own) -> bool:
    """Decide at the last moment whether the customer may be written to, and with what.

    The letter is written here, so that whatever fails in that has handed nothing over.
    """
    send = sends.open_send(work, state.send_id)
    if send is None:
        return False
    customer, state.customer_id = audience.customer(work, send.customer_id), send.customer_id
    if customer is None and erased.is_erased(work.session, send.customer_id):
        _settle(work, state, Outcome(SendStatus.SUPPRESSED, Reason.NO_ADDRESS))
        return False
    if customer is None:
        raise Unavailable("This customer is not known yet.", code="marketing.customer.unknown")
    if not sends.try_now(work, send, customer, state.secret):
        state.forget()
        return False
    try:
        message = compose(_letter(work, send, customer, state.secret), own)
    except TemplateWrong:
        _settle(work, state, Outcome(SendStatus.REFUSED, Reason.NOT_RENDERED))
        return False
    state.address, state.letter = customer.email, message.as_bytes().decode("ascii")
    return True


def _run(state: SendState, own: Own) -> Outcome:
    assert state.address is not None
    assert state.letter is not None
    return smtp.deliver(own, state.address, state.letter.encode())


def _note(work: Work, state: SendState, outcome: Outcome) -> None:
    _settle(work, state, outcome)


def _unknown(work: Work, state: SendState) -> None:
    _settle(work, state, Outcome(SendStatus.UNKNOWN))


def _settle(work: Work, state: SendState, outcome: Outcome) -> None:
    send = sends.open_send(work, state.send_id)
    assert send is not None, "whoever holds the lease settles it"
    sends.settle(work, send, outcome)
    state.forget()


def _letter(work: Work, send: Send, customer: CustomerRef, secret: str | None) -> Letter:
    variants = _variants(work, send)
    language, variant = choose(variants, customer.language)
    send.language = language
    token = None
    if send.purpose is Purpose.MARKETING:
        token = new_token()
        send.token_hash = token_hash(token)
    return Letter(
        message_id=send.message_id,
        address=str(customer.email),
        language=language,
        variant=variant,
        name=customer.name or "",
        tier=customer.tier or "",
        at=work.now,
        token=token,
        secret=secret,
        door="c" if send.step == CONFIRMATION else "s",
        expires_on=send.expires_at.date().isoformat() if send.expires_at else "",
    )


def _variants(work: Work, send: Send) -> dict[str, Variant]:
    stored = None
    if send.campaign_id is not None:
        stored = work.get(Campaign, send.campaign_id).variants
    if stored is None:
        stored = work.get(Template, send.template_id).variants
    return {language: Variant(**one) for language, one in stored.items()}


_DELIVER = Act(
    "deliver",
    run=_run,
    note=_note,
    unknown=_unknown,
    once=True,
    mark=_mark,
    unmark=SendState.put_off,
)
SEND_MESSAGE = Process(
    kind=sends.SEND,
    state=SendState,
    begin=_begin,
    key=lambda state: state.send_id,
    steps=(_DELIVER,),
    answer=lambda state: {"send_id": state.send_id},
    attempts=MAX_ATTEMPTS,
    is_passing=True,
)
