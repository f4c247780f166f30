"""When two descriptions are of the same customer: evidence, score, and what to do about it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from chassis.errors import Invalid
from services.accounts.domain.identity import company_domain
from services.accounts.domain.names import is_slip

CERTAIN = 85  # percent; from here on it is the same customer
MAX_MATCHES = 10
# How much each piece of evidence convinces by itself, percent. A phone is shared by households
# and switchboards, a name by strangers; together they are certain. What is known of a contact
# leads to its customer. A slip of the pen, and where somebody works, make nobody certain
# (docs/adr/0018): ``certain_keys`` says the same in a form that a thousand rows are looked up by.
WEIGHTS = {
    "external_id": 100,
    "email": 90,
    "contact_email": 88,
    "phone": 75,
    "contact_phone": 70,
    "name": 50,
    "contact_name": 50,  # of whoever has that phone
    "similar_name": 25,
    "company_domain": 15,
}
SUPPORTING = frozenset({"company_domain"})  # colleagues are not one customer


class Policy(StrEnum):
    """What an entry point does when the customer is certainly known already."""

    BLOCK = "block"  # refuse
    LINK = "link"  # take the known one
    WARN = "warn"  # enter it all the same and say so


class EntryPoint(StrEnum):
    """By which door a description comes in. Telephony only asks who it is and enters nobody."""

    MANUAL = "manual"
    WEB = "web"
    API = "api"
    LEAD = "lead"
    IMPORT = "import"
    PARTNER = "partner"
    UPDATE = "update"


DEFAULTS = dict.fromkeys(EntryPoint, Policy.BLOCK) | {
    EntryPoint.LEAD: Policy.LINK,
    EntryPoint.PARTNER: Policy.LINK,
}


class OverrideNotAllowed(Invalid):
    """Refuse a choice that the policy of the entry point leaves to nobody."""

    code = "accounts.match_policy.override"


class PolicySenseless(Invalid):
    """Refuse a policy that the entry point cannot follow."""

    code = "accounts.match_policy.senseless"


@dataclass(frozen=True, slots=True)
class Rule:
    """What an entry point does by itself, and what else its callers may ask for."""

    entry_point: EntryPoint
    policy: Policy
    overrides: tuple[Policy, ...] = tuple(Policy)
    version: int = 0  # 0: nobody has decided, it is as it came

    def decide(self, asked: Policy | None) -> Policy:
        """Return what is to be done.

        :raises OverrideNotAllowed: if it is asked for what the policy does not leave open.
        """
        if asked is None or asked is self.policy:
            return self.policy
        if asked not in self.overrides:
            raise OverrideNotAllowed(
                "The policy of this entry point does not leave that open.",
                detail={
                    "entry_point": self.entry_point,
                    "policy": self.policy,
                    "overrides": list(self.overrides),
                },
            )
        return asked


def demand_sense(rule: Rule) -> None:
    """Demand that an entry point can do what its policy says.

    :raises PolicySenseless: if a change of one customer is to become a link to another.
    """
    if rule.entry_point is EntryPoint.UPDATE and rule.policy is Policy.LINK:
        raise PolicySenseless("Whoever changes a customer cannot be linked to another one.")


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
    """A customer that may be the one, with those of its contacts that were found."""

    customer_id: str
    version: int
    owner_id: str | None
    profile: Profile
    people: tuple[Profile, ...] = ()


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


def evidence(given: Profile, known: Profile, people: Iterable[Profile] = ()) -> tuple[str, ...]:
    """Name what two descriptions have in common, the most telling first.

    A fact counts once: whose it is besides proves nothing more.
    """
    domain = company_domain(given.email)
    email, phone = _same(given.email, known.email), _same(given.phone_e164, known.phone_e164)
    name = _same(given.name_key, known.name_key)
    callers = [one for one in people if _same(given.phone_e164, one.phone_e164)]
    shared = {
        "external_id": any(known.has_key(*each) for each in given.external_ids.items()),
        "email": email,
        "contact_email": not email and any(_same(given.email, one.email) for one in people),
        "phone": phone,
        "contact_phone": not phone and bool(callers),
        "name": name,
        "contact_name": not name and any(_same(given.name_key, one.name_key) for one in callers),
        "similar_name": is_slip(given.name_key or "", known.name_key or ""),
        "company_domain": not email
        and domain is not None
        and domain == company_domain(known.email),
    }
    return tuple(reason for reason in WEIGHTS if shared[reason])


def _same(given: str | None, known: str | None) -> bool:
    return bool(given) and given == known


def score(reasons: Iterable[str]) -> int:
    """Add evidence up: each piece leaves its share of the doubt that was left."""
    doubt = 1.0
    for reason in reasons:
        doubt *= 1 - WEIGHTS[reason] / 100
    return round(100 * (1 - doubt))


def is_same(given: Profile, known: Profile) -> bool:
    """Say whether two descriptions are certainly of the same customer."""
    return score(evidence(given, known)) >= CERTAIN


def rank(given: Profile, candidates: Iterable[Candidate]) -> list[Match]:
    """Return the candidates that have something in common, the likeliest first."""
    found = []
    for one in candidates:
        reasons = evidence(given, one.profile, one.people)
        if any(reason not in SUPPORTING for reason in reasons):
            found.append(Match(one.customer_id, one.version, one.owner_id, score(reasons), reasons))
    found.sort(key=lambda match: (-match.score, match.customer_id))
    return found[:MAX_MATCHES]


def certain_keys(profile: Profile, people: Iterable[Profile] = ()) -> tuple[tuple[str, str], ...]:
    """Return (column, key) pairs: whoever shares one of these keys is certainly the same.

    The same rule as ``rank`` for two strangers to each other's systems, in a form that a
    thousand rows can be looked up by at once. With ``people``, the contacts of a known customer.
    """
    keys = _keys(profile.email, profile.phone_e164, profile.name_key)
    for one in people:
        keys += _keys(one.email, one.phone_e164, one.name_key)
        keys += _keys(None, one.phone_e164, profile.name_key)
    return tuple(dict.fromkeys(keys))


def _keys(email: str | None, phone: str | None, name: str | None) -> list[tuple[str, str]]:
    found = [("email", f"mail:{email}")] if email else []
    if phone and name:
        found.append(("phone", f"call:{phone}:{name}"))
    return found


def column_of(reasons: Iterable[str]) -> str:
    """Return which column of a description the most telling reason is about."""
    return next(iter(reasons)).removeprefix("contact_")
