"""Who is it: an incoming party told by a number, an address, or another system's key."""

from dataclasses import dataclass, replace

from sqlalchemy import ColumnElement, select

from chassis.errors import Forbidden, Invalid
from chassis.pages import of_few
from chassis.work import Work
from services.accounts.domain import identity
from services.accounts.domain.contact_points import Medium
from services.accounts.domain.identity import Party
from services.accounts.reads import contact_points, windows
from services.accounts.reads.customers import standing
from services.accounts.tables import Contact, ContactPoint, Customer, ExternalId, MergedCustomer

MAX_FOUND = 10
EXACT = 100
SUFFIX_BASE, SUFFIX_STEP, SUFFIX_CAP = 50, 5, 90  # percent for 7 digits, for each more, at most
# The end of the range of a prefix. Not the character after "9": collations of PostgreSQL pass
# over punctuation, while digits are in order everywhere.
_LAST = "9" * 40


@dataclass(frozen=True, slots=True)
class Found:
    """A customer that it may be."""

    customer_id: str
    number: str
    name: str
    owner_id: str | None
    contact_id: str | None
    score: int  # percent, 0 to 100
    reason: str


def identify(work: Work, *, party: Party, entity_id: str | None = None) -> dict[str, object]:
    """Return who it is: none, one or several customers that the asker may see, likeliest first.

    Whom other entities share is told apart (``shared``). A service may ask for any entity, such
    as the one whose number was dialled.

    :raises Invalid: if nothing, or more than one thing, is known.
    :raises Forbidden: if a person asks for another entity than his own.
    """
    _enter(work, entity_id)
    known = [party.number, party.phone, party.email, party.external_id]
    if sum(each is not None for each in known) != 1:
        raise Invalid(
            "Tell one of number, phone, email, or system with external_id.",
            code="accounts.identify.one_fact",
        )
    found = _found(work, party)
    best: dict[str, Found] = {}
    for one in sorted(found, key=lambda one: (-one.score, one.contact_id or "", one.customer_id)):
        best.setdefault(one.customer_id, one)
    customers = list(best.values())[:MAX_FOUND]
    outcome = ("none", "one")[len(customers)] if len(customers) <= 1 else "several"
    return {"outcome": outcome, "customers": customers, "shared": _shared(work, party)}


def _enter(work: Work, entity_id: str | None) -> None:
    if entity_id in {None, work.caller.entity_id}:
        return
    if work.caller.service is None:
        raise Forbidden(
            "People ask for the entity that they work in.", code="accounts.identify.other_entity"
        )
    caller = replace(work.caller, entity_id=str(entity_id))
    work.origin = replace(work.origin, caller=caller)


def _shared(work: Work, party: Party) -> list[windows.SharedFound]:
    """Return whom of other entities' customers it may be, by what their windows show."""
    if party.number is not None:
        return windows.shared_by_number(work, party.number.strip())
    if party.email is not None:
        email = identity.address(party.email)
        return windows.shared_by_email(work, email) if email else []
    if party.phone is None or identity.is_withheld(party.phone):
        return []
    return windows.shared_by_phone(work, identity.phone(party.phone, party.country))


def _found(work: Work, party: Party) -> list[Found]:
    if party.number is not None:
        number = party.number.strip()
        found = _customers(work, Customer.number == number, "number")
        # Somebody still holds the letter with the number of what was merged into another.
        was = select(MergedCustomer.now_id).where(MergedCustomer.number == number)
        return found or _customers(work, Customer.id.in_(was), "former_number")
    if party.email is not None:
        email = identity.address(party.email)
        if email is None:
            return []
        at_contact = _contacts(work, Contact.email == email, "contact_email")
        further = _points(work, Medium.MAIL, ContactPoint.normal == email)
        return _customers(work, Customer.email == email, "email") + at_contact + further
    if party.phone is not None:
        if identity.is_withheld(party.phone):
            return []
        return _by_phone(work, identity.phone(party.phone, party.country))
    key = select(ExternalId.customer_id).where(
        ExternalId.entity_id == work.caller.entity_id,
        ExternalId.system == (party.system or ""),
        ExternalId.key == (party.external_id or "").strip(),
    )
    return _customers(work, Customer.id.in_(key), "external_id")


def _by_phone(work: Work, phone: identity.Phone) -> list[Found]:
    exact: list[Found] = []
    if phone.e164 is not None:
        exact = _customers(work, Customer.phone_e164 == phone.e164, "phone")
        exact += _contacts(work, Contact.phone_e164 == phone.e164, "contact_phone")
        exact += _points(work, Medium.PHONE, ContactPoint.normal == phone.e164)
    end = identity.suffix(phone)
    if exact or end is None:
        return exact
    # The same number may be written without its country or area: compare from the end.
    mine, theirs = Customer.phone_reversed, Contact.phone_reversed
    near = _customers(work, mine.between(end, end + _LAST), "phone_suffix", phone.reversed)
    also = ContactPoint.reversed.between(end, end + _LAST)
    near += _points(work, Medium.PHONE, also, phone.reversed)
    return near + _contacts(
        work, theirs.between(end, end + _LAST), "contact_phone_suffix", phone.reversed
    )


def _customers(
    work: Work, condition: ColumnElement[bool], reason: str, reversed_digits: str | None = None
) -> list[Found]:
    query = select(Customer).where(standing(work), condition, *work.visible(Customer))
    return [
        Found(
            one.id, one.number, one.name, one.owner_id, None,
            _score(reversed_digits, one.phone_reversed), reason,
        )
        for one in work.session.scalars(query.order_by(of_few(work, Customer.id)).limit(MAX_FOUND * 2))
    ]  # fmt: skip


def _contacts(
    work: Work, condition: ColumnElement[bool], reason: str, reversed_digits: str | None = None
) -> list[Found]:
    here = Contact.entity_id == work.caller.entity_id
    query = (
        select(Customer, Contact)
        .join(Contact, Contact.customer_id == Customer.id)
        .where(here, standing(work), condition, *work.visible(Contact), *work.visible(Customer))
    )
    rows = work.session.execute(query.order_by(of_few(work, Contact.id)).limit(MAX_FOUND * 2))
    return [
        Found(
            one.id, one.number, one.name, one.owner_id, contact.id,
            _score(reversed_digits, contact.phone_reversed), reason,
        )
        for one, contact in rows
    ]  # fmt: skip


def _points(
    work: Work, medium: Medium, condition: ColumnElement[bool], reversed_digits: str | None = None
) -> list[Found]:
    """Find whom a further number or address leads to; of a contact only if it is seen too."""
    reason = "email" if medium is Medium.MAIL else "phone"
    suffix = "" if reversed_digits is None else "_suffix"
    return [
        Found(
            one.id, one.number, one.name, one.owner_id, point.contact_id,
            _score(reversed_digits, point.reversed),
            f"{'contact' if point.contact_id else 'further'}_{reason}{suffix}",
        )
        for one, point in contact_points.matching(work, medium, condition, MAX_FOUND * 2)
    ]  # fmt: skip


def _score(asked: str | None, known: str | None) -> int:
    if asked is None or known is None:
        return EXACT
    more = identity.common_digits(asked, known) - identity.MIN_SUFFIX_DIGITS
    return max(1, min(SUFFIX_CAP, SUFFIX_BASE + SUFFIX_STEP * more))
