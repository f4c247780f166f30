"""What a customer is described by, and how a new description meets an old one."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date
from enum import StrEnum

from services.accounts.domain import identity, names
from services.accounts.domain.matching import Policy, Profile
from services.accounts.domain.stages import Stage

MAX_EXTERNAL_IDS = 20
# The longest text each field takes; the database, the RPC schemas and the import agree on these.
LIMITS = {
    "name": 200,
    "email": 254,
    "phone": 40,
    "language": 35,
    "segment": 64,
    "country": 2,
    "state": 80,
    "city": 120,
    "postal_code": 20,
    "region": 80,
    "system": 40,
    "external_id": 80,
}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_COUNTRY = re.compile(r"[A-Z]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class CustomerKind(StrEnum):
    """A human being, or something that human beings work for."""

    PERSON = "person"
    ORGANISATION = "organisation"


class Lifecycle(StrEnum):
    """The class of a customer, decided from what happened (domain/classes.py)."""

    POTENTIAL = "potential"  # never bought
    NEW = "new"  # bought for the first time, recently
    LOYAL = "loyal"  # bought repeatedly and is very satisfied
    REGULAR = "regular"  # buys, but is neither new nor loyal (ADR 0021)
    CHURNED = "churned"  # bought before, nothing recently


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """What is told of a customer; ``derived`` names the fields that were worked out, not told."""

    kind: CustomerKind | None = None  # None: it is not told; who is new is a person then
    name: str
    email: str | None = None
    phone: str | None = None
    language: str | None = None  # BCP 47
    segment: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2
    state: str | None = None
    city: str | None = None
    postal_code: str | None = None
    region: str | None = None
    customer_since: str | None = None  # ISO date
    external_ids: Mapping[str, str] = field(default_factory=dict)  # system -> the key it has there
    derived: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Terms:
    """How a customer is entered."""

    on_match: Policy | None = None  # None: what the policy of the entry point says
    owner_id: str | None = None
    source: str = "manual"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """What is told of somebody to talk to at a customer."""

    name: str
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    role: str | None = None


def newcomer() -> dict[str, object]:
    """Return what is stored of whoever is entered, before anything is known of the dealings."""
    return {
        "lifecycle": Lifecycle.POTENTIAL,
        "stage": Stage.SUSPECT,
        "tier": None,
        "flags": [],
        "credit_rating": None,
        "credit_limit_minor": None,
        "credit_currency": None,
    }


FIELDS = tuple(
    each.name for each in fields(Details) if each.name not in {"external_ids", "derived"}
)
DERIVABLE = tuple(name for name in FIELDS if name not in {"kind", "name"})


def is_language(text: str) -> bool:
    """Say whether a text has the shape of a language tag."""
    return _LANGUAGE.fullmatch(text) is not None


def is_country(text: str) -> bool:
    """Say whether a text has the shape of a country code."""
    return _COUNTRY.fullmatch(text) is not None


def is_day(text: str) -> bool:
    """Say whether a text is a day of the calendar, written year-month-day."""
    if not _DAY.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def columns(details: Details) -> dict[str, object]:
    """Return what is stored of a description, with the forms that it is found by."""
    stored: dict[str, object] = {name: getattr(details, name) for name in FIELDS}
    stored["kind"] = details.kind or CustomerKind.PERSON
    stored["name"] = details.name.strip()
    stored["name_key"] = names.name_key(details.name)
    stored["email"] = identity.normal_email(details.email) if details.email else None
    found = identity.phone(details.phone, details.country) if details.phone else None
    stored["phone"] = found.raw if found else None
    stored["phone_e164"] = found.e164 if found else None
    stored["phone_reversed"] = found.reversed if found else None
    stored["external_ids"] = dict(details.external_ids)
    stored["derived"] = sorted(name for name in details.derived if getattr(details, name))
    return stored


def profile(stored: Mapping[str, object]) -> Profile:
    """Return what stored columns are compared by."""
    return Profile(
        _text(stored["name_key"]),
        _text(stored["email"]),
        _text(stored["phone_e164"]),
        _keys(stored["external_ids"]),
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _keys(value: object) -> Mapping[str, str]:
    return value if isinstance(value, dict) else {}


def changed(known: Details, changes: Mapping[str, object]) -> Details:
    """Apply told changes: what is told is no longer derived."""
    told = replace(known, **changes)  # type: ignore[arg-type]  # the schema gave each its type
    return replace(told, derived=tuple(name for name in known.derived if name not in changes))


def merged(known: Details, given: Details) -> Details:
    """Bring a later description into a known one: empty says nothing, told beats derived."""
    taken: dict[str, object] = {}
    derived = set(known.derived)
    for name in FIELDS:
        value, is_guess = getattr(given, name), name in given.derived
        was_told = getattr(known, name) is not None and name not in known.derived
        if value is None or (is_guess and was_told):
            continue
        taken[name] = value
        (derived.add if is_guess else derived.discard)(name)
    external_ids = {**given.external_ids, **known.external_ids}  # the first key stays the first
    return replace(
        known,
        **taken,  # type: ignore[arg-type]  # values of the same fields
        external_ids=external_ids,
        derived=tuple(sorted(derived)),
    )
