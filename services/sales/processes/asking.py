"""How accounts is asked about the person behind a lead, and how its answers are read."""

from typing import Protocol

from chassis.errors import Unavailable


class Described(Protocol):
    """What a process knows of the person behind a lead."""

    name: str
    company: str | None
    email: str | None
    phone: str | None
    country: str | None
    state: str | None
    external_ids: dict[str, str]


def description(lead: Described) -> dict[str, object]:
    """Describe the customer that a lead would be: the company, or the person where there is none."""
    found = {
        "kind": "organisation" if lead.company else "person",
        "name": lead.company or lead.name,
        "email": lead.email,
        "phone": lead.phone,
        "country": lead.country,
        "state": lead.state,
        "external_ids": lead.external_ids or None,
    }
    return {name: value for name, value in found.items() if value is not None}


def certain_match(answer: object) -> str | None:
    """Return the customer that somebody certainly is, if accounts says so of any.

    :raises Unavailable: if the answer cannot be read: the other side may be newer than we are.
    """
    match answer:
        case {"matches": list(found)}:
            sure = [one["customer_id"] for one in found if one.get("certain")]
            return str(sure[0]) if sure else None
    raise _unreadable()


def text(answer: object, name: str) -> str:
    """Return a text out of an answer.

    :raises Unavailable: if it is not there.
    """
    if isinstance(answer, dict) and isinstance(answer.get(name), str):
        return str(answer[name])
    raise _unreadable()


def flag(answer: object, name: str) -> bool:
    """Return a yes or no out of an answer.

    :raises Unavailable: if it is not there.
    """
    if isinstance(answer, dict) and isinstance(answer.get(name), bool):
        return bool(answer[name])
    raise _unreadable()


def _unreadable() -> Unavailable:
    return Unavailable("The answer of accounts cannot be read.", code="sales.accounts.answer")
