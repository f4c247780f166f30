"""What customers are to each other: whose parent, partner, supplier, referrer."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict, Invalid
from services.accounts.domain.validity import overlap

MAX_TEXT = 2000
MAX_ABOVE = 500  # parents and their parents that are looked at
MAX_BASIS_POINTS = 10_000


class Relation(StrEnum):
    """What the other one is to the customer."""

    PARENT = "parent"
    SHAREHOLDER = "shareholder"
    PARTNER = "partner"
    SUPPLIER = "supplier"
    COMPETITOR = "competitor"
    GOVERNMENT = "government"
    SOCIAL_ORGANISATION = "social_organisation"
    REFERRER = "referrer"


# What the customer is to the other one.
SEEN_FROM_THERE = {
    Relation.PARENT: "subsidiary",
    Relation.SHAREHOLDER: "holding",
    Relation.PARTNER: "partner",
    Relation.SUPPLIER: "client",
    Relation.COMPETITOR: "competitor",
    Relation.GOVERNMENT: "governed",
    Relation.SOCIAL_ORGANISATION: "member",
    Relation.REFERRER: "referred",
}
ROLES = tuple(dict.fromkeys([*Relation, *SEEN_FROM_THERE.values()]))


class GaveWay(StrEnum):
    """Why a relationship is kept aside when customers become one."""

    ITSELF = "itself"  # it would be somebody's relationship to himself
    KNOWN = "known"  # it would be known twice of one time
    RING = "ring"  # somebody would be his own parent


@dataclass(frozen=True, slots=True)
class Tie:
    """Who is what to whom, and when."""

    id: str
    customer_id: str
    other_id: str
    relation: Relation
    valid_from: datetime | None
    valid_until: datetime | None

    def moved(self, old: str, new: str) -> "Tie":
        """Return it with another customer in the place of one."""
        ends = [new if end == old else end for end in (self.customer_id, self.other_id)]
        return replace(self, customer_id=ends[0], other_id=ends[1])

    def goes_on(self, now: datetime) -> bool:
        """Say whether it is not over."""
        return self.valid_until is None or self.valid_until > now

    def is_alike(self, one: "Tie") -> bool:
        """Say whether another one is of the same two and kind, and of a time that overlaps."""
        same = (self.customer_id, self.other_id, self.relation)
        return (
            self.id != one.id
            and same == (one.customer_id, one.other_id, one.relation)
            and overlap((self.valid_from, self.valid_until), (one.valid_from, one.valid_until))
        )


def gave_way(
    one: Tie, others: Iterable[Tie], above: Callable[[str], Container[str]], now: datetime
) -> GaveWay | None:
    """Say why a relationship may not be one of these two, when customers become one.

    ``above`` returns the parents of a customer, and theirs.
    """
    if one.customer_id == one.other_id:
        return GaveWay.ITSELF
    if any(one.is_alike(other) for other in others):
        return GaveWay.KNOWN
    is_parent = one.relation is Relation.PARENT and one.goes_on(now)
    return GaveWay.RING if is_parent and one.customer_id in above(one.other_id) else None


class Size(StrEnum):
    """How large a parent or shareholder is."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"
    GROUP = "group"


class Degree(StrEnum):
    """How strong, or how promising, somebody is."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class PartnerTier(StrEnum):
    """How close a partner is."""

    STRATEGIC = "strategic"
    PREFERRED = "preferred"
    REGISTERED = "registered"


class OperatingState(StrEnum):
    """How a partnership goes."""

    PLANNED = "planned"
    ACTIVE = "active"
    TROUBLED = "troubled"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What is told of a relationship beside who and which."""

    size: Size | None = None
    strength: Degree | None = None
    industry_rank: int | None = None  # 1 leads its industry
    share_bp: int | None = None  # basis points of the capital, 1 to 10,000
    tier: PartnerTier | None = None
    manager_id: str | None = None  # who of us keeps the partnership
    joint_plan: str | None = None
    background: str | None = None
    potential: Degree | None = None
    operating_state: OperatingState | None = None
    valid_from: datetime | None = None
    valid_until: datetime | None = None


_OWNING = frozenset({"size", "strength", "industry_rank", "share_bp"})
_PARTNERING = frozenset(
    {"tier", "manager_id", "joint_plan", "background", "potential", "operating_state"}
)
_MAY_TELL = {
    Relation.PARENT: _OWNING,
    Relation.SHAREHOLDER: _OWNING,
    Relation.PARTNER: _PARTNERING,
}


class RelatedToItself(Invalid):
    """Refuse that somebody is something to himself."""

    code = "accounts.relationship.itself"


class TermsNotFitting(Invalid):
    """Refuse to say of one kind of relationship what only another kind has."""

    code = "accounts.relationship.terms"


class RelationshipKnown(Conflict):
    """Refuse the same relationship twice at one time."""

    code = "accounts.relationship.known"


class ParentLoop(Conflict):
    """Refuse that somebody would be his own parent."""

    code = "accounts.relationship.loop"


def check_terms(relation: Relation, told: Mapping[str, object]) -> None:
    """Demand that only what this kind of relationship has is told of it.

    :raises TermsNotFitting: if a partner is given a share, a supplier a tier.
    """
    given = {name for name, value in told.items() if value is not None}
    odd = sorted(given & (_OWNING | _PARTNERING) - _MAY_TELL.get(relation, frozenset()))
    if odd:
        raise TermsNotFitting(f"A {relation.replace('_', ' ')} has no such terms.",
                              detail={"terms": odd})  # fmt: skip


def role_of(relation: Relation, *, is_other: bool) -> str:
    """Return what one end is to the other."""
    return relation.value if is_other else SEEN_FROM_THERE[relation]
