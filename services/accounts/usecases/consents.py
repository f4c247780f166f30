"""Keep what customers allow us, as they said it last."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from chassis.errors import NotFound, Refused
from chassis.work import Work
from contracts.marketing import Unsubscribed
from services.accounts.domain import consents as rules
from services.accounts.domain.consents import (
    CONFIRM_WITHIN,
    Basis,
    Channel,
    Purpose,
    Statement,
)
from services.accounts.reads import consents as reads
from services.accounts.reads import customers, telling
from services.accounts.tables import Consent, ConsentRequest, Customer
from services.accounts.usecases import traits
from services.accounts.usecases.customers import awaited

RECORDED, REFUSED = "recorded", "refused"
EXPIRY = rules.EXPIRY  # the kind of the timer


def set_consent(work: Work, *, statement: Statement) -> Consent:
    """Record what a customer allows or does not allow.

    :raises BasisContradicts: if what is granted is withdrawn, or the other way round.
    :raises ConsentInFuture: if it was not said yet.
    :raises NewerConsentStands: if the customer said something else later.
    """
    customer = work.get(Customer, statement.customer_id)
    customers.locked(work, [customer.id])
    known = reads.standing(work, [reads.id_of(statement)])
    return _state(work, customer, statement, known)


def set_consents(work: Work, *, statements: Sequence[Statement]) -> dict[str, object]:
    """Record many statements, each by itself, and say of each what became of it."""
    seen = customers.locked(work, {one.customer_id for one in statements})
    known = reads.standing(work, {reads.id_of(one) for one in statements})
    verdicts = []
    for statement in statements:
        code = None
        try:
            customer = _among(seen, statement.customer_id)
            known |= {(stated := _state(work, customer, statement, known)).id: stated}
        except Refused as refusal:
            code = refusal.code
        verdicts.append(
            {
                "customer_id": statement.customer_id,
                "purpose": statement.purpose,
                "channel": statement.channel,
                "verdict": REFUSED if code else RECORDED,
                "code": code,
            }
        )
    refused = sum(one["verdict"] == REFUSED for one in verdicts)
    return {"verdicts": verdicts, "recorded": len(verdicts) - refused, "refused": refused}


def withdraw(work: Work, told: Unsubscribed) -> None:
    """Withdraw a consent because the customer wants no more of it, also if none was recorded.

    What the customer granted after that stands.

    :raises Unavailable: if the customer is not known yet.
    """
    customer = awaited(work, told.customer_id)
    statement = Statement(
        customer_id=customer.id,
        purpose=Purpose(told.purpose),
        channel=Channel(told.channel),
        granted=False,
        basis=Basis.WITHDRAWN,
        evidence=f"send:{told.send_id}" if told.send_id else None,
        at=told.at,
    )
    consent = reads.standing(work, [reads.id_of(statement)]).get(reads.id_of(statement))
    if consent is None or statement.overrules(consent.at, consent.granted):
        _write(work, customer, statement, consent)


def ask_consent(work: Work, *, statement: Statement) -> ConsentRequest:
    """Ask a customer to confirm a consent by a link; until he does it is none.

    Asked again the last link counts, and what he said before stands until he follows it.

    :raises ValidityContradicts: if it would be over before it can be confirmed.
    """
    by = work.now + CONFIRM_WITHIN
    rules.check(statement, by)
    customer = work.get(Customer, statement.customer_id)
    customers.locked(work, [customer.id])
    id_, token = reads.request_id_of(statement), rules.new_token()
    asked = reads.request(work, id_) or work.add(
        ConsentRequest(
            id=id_, entity_id=customer.entity_id, customer_id=customer.id,
            purpose=statement.purpose, channel=statement.channel,
        )
    )  # fmt: skip
    asked.evidence, asked.valid_until = statement.evidence, statement.valid_until
    asked.asked_at, asked.confirm_by, asked.confirmed_at = work.now, by, None
    asked.token_hash = rules.digest(token)
    work.tell(telling.consent_asked(token), asked)
    return asked


def confirm_consent(work: Work, *, token: str) -> dict[str, object]:
    """Record what a customer confirmed by following a link, once.

    Following it again changes nothing, also if he has withdrawn since.

    :raises LinkUnknown: if it leads nowhere, or its time is over.
    """
    asked = reads.by_token(work, token)
    customer = customers.locked(work, [asked.customer_id]).get(asked.customer_id)
    if customer is None:  # of another entity of the group
        raise rules.LinkUnknown("This link leads nowhere, or no longer.")
    work.session.refresh(asked)  # two clicks at a time are one
    if asked.confirmed_at is None:
        asked.confirmed_at = work.now
        said = Statement(
            customer_id=asked.customer_id, purpose=asked.purpose, channel=asked.channel,
            granted=True, basis=Basis.CONSENT, at=work.now, valid_until=asked.valid_until,
            evidence=f"confirmed:{asked.id}", confirmed_at=work.now,
        )  # fmt: skip
        _write(work, customer, said, reads.standing_by_id(work, reads.id_of(said)))
    return reads.shown_outside(asked)


def expire(work: Work, *, key: str, data: Mapping[str, object]) -> None:  # noqa: ARG001  # a timer's
    """Let a consent run out; who reads it at its time counts it as a no already."""
    consent = reads.standing_by_id(work, key)
    if consent is None:
        return
    customers.locked(work, [consent.customer_id])
    work.session.refresh(consent)
    if consent.granted and consent.valid_until is not None and consent.valid_until <= work.now:
        consent.granted, consent.basis = False, Basis.EXPIRED
        work.tell(telling.consent_recorded, consent)
        if consent.purpose is Purpose.SENSITIVE_TRAITS:
            traits.forget_sensitive(work, consent.customer_id)


def watch(work: Work, consent: Consent) -> None:
    """Let a consent run out when its time is over, if it has one."""
    if consent.valid_until is None:
        work.cancel(EXPIRY, consent.id)
    else:
        work.at(consent.valid_until, EXPIRY, consent.id, {})


def _among(seen: dict[str, Customer], customer_id: str) -> Customer:
    if customer_id not in seen:
        raise NotFound("There is no customer with this id.", code="accounts.customer.not_found")
    return seen[customer_id]


def _state(
    work: Work, customer: Customer, statement: Statement, known: dict[str, Consent]
) -> Consent:
    rules.check(statement, work.now)
    said = replace(statement, at=statement.at or work.now)
    consent = known.get(reads.id_of(said))
    if consent is not None and not said.overrules(consent.at, consent.granted):
        raise rules.NewerConsentStands(
            "The customer said something else after that.", detail={"consent_id": consent.id}
        )
    return _write(work, customer, said, consent)


def _write(work: Work, customer: Customer, said: Statement, consent: Consent | None) -> Consent:
    if consent is None:
        consent = work.add(
            Consent(
                id=reads.id_of(said),
                entity_id=customer.entity_id,
                customer_id=customer.id,
                purpose=said.purpose,
                channel=said.channel,
            )
        )
    assert said.at is not None
    consent.granted, consent.basis = said.granted, said.basis
    consent.evidence, consent.at = said.evidence, said.at
    consent.valid_until, consent.confirmed_at = said.valid_until, said.confirmed_at
    watch(work, consent)
    if work.session.is_modified(consent):
        work.tell(telling.consent_recorded, consent)
    if said.purpose is Purpose.SENSITIVE_TRAITS and not said.granted:
        traits.forget_sensitive(work, customer.id)
    return consent
