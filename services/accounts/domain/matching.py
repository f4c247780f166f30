"""When two descriptions are of the same customer: evidence, score, and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from services.accounts.domain.contact_points import Medium
from services.accounts.domain.identity import company_domain

CERTAIN = 85  # percent; from here on it is the same customer
MAX_MATCHES = 10
# How much each piece of evidence convinces by itself, percent. A phone is shared by households
# and switchboards, a name by strangers; together they are certain.
WEIGHTS = {"external_id": 100, "email": 90, "phone": 75, "name": 50, "company_domain": 20}


class Policy(StrEnum):
    """What an entry point does when the customer is certainly known already."""

    BLOCK = "block"  # refuse
    LINK = "link"  # take the known one
    WARN = "warn"  # enter it all the same and say so


@dataclass(frozen=True, slots=True)
class Profile:
    """What a customer is compared by, each in its normal form."""

    name_key: str | None = None
    email: str | None = None
    phone_e164: str | None = None
    external_ids: Mapping[str, str] = field(default_factory=dict)  # system -> key
    further_ids: Mapping[str, Sequence[str]] = field(default_factory=dict)  # system -> keys

    def has_key(self, system: str, key: str) -> bool:
        """Say whether another system knows it by this key."""
        return self.external_ids.get(system) == key or key in self.further_ids.get(system, ())


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer that may be the one."""

    customer_id: str
    version: int
    owner_id: str | None
    profile: Profile


@dataclass(frozen=True, slots=True)
class Match:
    """A customer that is the one with this probability, and why."""

    customer_id: str
    version: int
    owner_id: str | None
    score: int  # percent, 0 to 100
    reasons: tuple[str, ...]

    @property
    def certain(self) -> bool:
        """Say whether it is the same customer."""
        return self.score >= CERTAIN


def evidence(given: Profile, known: Profile) -> tuple[str, ...]:
    """Name what two descriptions have in common, the most telling first."""
    domain = company_domain(given.email)
    shared = {
        "external_id": any(known.has_key(*each) for each in given.external_ids.items()),
        "email": given.email is not None and given.email == known.email,
        "phone": given.phone_e164 is not None and given.phone_e164 == known.phone_e164,
        "name": bool(given.name_key) and given.name_key == known.name_key,
        "company_domain": domain is not None and domain == company_domain(known.email),
    }
    if shared["email"]:
        shared["company_domain"] = False  # it is part of the address and proves nothing more
    return tuple(name for name in WEIGHTS if shared[name])


def score(reasons: Iterable[str]) -> int:
    """Add evidence up: each piece leaves its share of the doubt that was left."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - WEIGHTS[reason] / 100
    return round(100 * (1 - doubt))


def rank(given: Profile, candidates: Iterable[Candidate]) -> list[Match]:
    """Return the candidates that have something in common, the likeliest first."""
    found = []
    for one in candidates:
        reasons = evidence(given, one.profile)
        if reasons and reasons != ("company_domain",):
            found.append(Match(one.customer_id, one.version, one.owner_id, score(reasons), reasons))
    found.sort(key=lambda match: (-match.score, match.customer_id))
    return found[:MAX_MATCHES]


def certain_keys(profile: Profile) -> tuple[tuple[str, str], ...]:
    """Return (column, key) pairs: whoever shares one of these keys is certainly the same.

    The same rule as ``rank`` for two strangers to each other's systems, in a form that a
    thousand rows can be looked up by at once.
    """
    keys = []
    if profile.email:
        keys.append(("email", f"mail:{profile.email}"))
    if profile.phone_e164 and profile.name_key:
        keys.append(("phone", f"call:{profile.phone_e164}:{profile.name_key}"))
    return tuple(keys)


def keys_of_point(medium: Medium, normal: str, name_key: str) -> tuple[str, ...]:
    """Return the keys by which a further mail address or number makes a customer certain."""
    is_mail = medium is Medium.MAIL
    further = Profile(name_key, normal if is_mail else None, None if is_mail else normal)
    return tuple(key for _, key in certain_keys(further))
