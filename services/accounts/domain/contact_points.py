"""Where somebody is reached: phones, mail addresses and postal addresses, and which comes first."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chassis.errors import Conflict, Invalid
from services.accounts.domain import identity, names

MAX_POINTS = 50  # of one customer, and of one contact
MAX_RAW, MAX_NORMAL, MAX_LABEL, MAX_STREET = 700, 254, 80, 200


class Medium(StrEnum):
    """How somebody is reached."""

    PHONE = "phone"
    MAIL = "mail"
    ADDRESS = "address"


class PointKind(StrEnum):
    """What it is for."""

    HOME = "home"
    WORK = "work"
    MOBILE = "mobile"
    FAX = "fax"
    BILLING = "billing"
    DELIVERY = "delivery"
    OTHER = "other"


class PointUnreadable(Invalid):
    """Refuse what is no phone number, mail address or postal address."""

    code = "accounts.contact_point.unreadable"


class TooManyPoints(Conflict):
    """Refuse more ways to reach somebody than anybody has."""

    code = "accounts.contact_point.too_many"


class PrimaryStays(Conflict):
    """Refuse to take away what comes first; another one takes its place before."""

    code = "accounts.contact_point.primary"


class PointOver(Conflict):
    """Refuse to put first what is not valid now."""

    code = "accounts.contact_point.not_valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address; it is taken as a whole."""

    street: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None  # ISO 3166-1 alpha-2


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told of one way to reach somebody."""

    medium: Medium
    kind: PointKind
    value: str | None = None  # a number or a mail address
    address: Address | None = None
    label: str | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """A way to reach somebody as it was told, and as it is compared."""

    raw: str
    normal: str
    reversed: str | None = None  # a number's digits from the end


class Point(Protocol):
    """What decides which one comes first."""

    id: str
    medium: Medium
    normal: str
    address: dict[str, str | None] | None
    is_primary: bool


def written(told: Told, country: str | None) -> Written:
    """Write what was told the way it is compared; ``country`` completes a national number.

    :raises PointUnreadable: if it is not what its medium says.
    """
    if (told.address is None) is (told.medium is Medium.ADDRESS) or (
        (told.value is None) is (told.medium is not Medium.ADDRESS)
    ):
        raise PointUnreadable("A postal address is told as one, anything else as a value.")
    if told.medium is Medium.ADDRESS:
        return _address(told.address or Address())
    raw = (told.value or "").strip()
    if told.medium is Medium.MAIL:
        if not identity.is_email(raw):
            raise PointUnreadable("This is no mail address.")
        return Written(raw, identity.normal_email(raw))
    phone = identity.phone(raw, country)
    if not phone.reversed:
        raise PointUnreadable("This is no phone number.")
    return Written(phone.raw, number_key(phone.e164, phone.reversed), phone.reversed)


def number_key(e164: str | None, reversed_digits: str) -> str:
    """Write a number the way it is compared."""
    return e164 or reversed_digits[::-1]


def place_of(address: Mapping[str, object]) -> tuple[object, ...]:
    """Return what an address has in common with the columns of a customer."""
    return tuple(address.get(name) for name in ("city", "postal_code", "state", "country"))


def first(points: Iterable[Point], known: Mapping[Medium, object]) -> dict[Medium, str]:
    """Return which point comes first by each medium: the one that the record itself names.

    ``known``: medium -> what the record says. Of several that say the same, the one that was
    put first stands, then the oldest.
    """
    found: dict[Medium, str] = {}
    for point in sorted(points, key=lambda one: (not one.is_primary, one.id)):
        said = place_of(point.address or {}) if point.medium is Medium.ADDRESS else point.normal
        if point.medium in known and known[point.medium] in (said, ANYWHERE):
            found.setdefault(point.medium, point.id)
    return found


ANYWHERE = "*"  # the record has no column for this medium: the flag alone decides


def _address(address: Address) -> Written:
    parts = [part.strip() for part in asdict(address).values() if part]
    if not any((address.street, address.city, address.postal_code)):
        raise PointUnreadable("An address names a street, a city or a postal code.")
    key = " ".join(names.runs(names.folded(" ".join(parts))))
    return Written(", ".join(parts), key[:MAX_NORMAL])
