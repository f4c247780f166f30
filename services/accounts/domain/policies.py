"""What which customers are offered: a matrix of class, importance and scale, with equal rights."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chassis.errors import Invalid
from services.accounts.domain.customers import CustomerKind, Lifecycle
from services.accounts.domain.tiers import Tier


class Importance(StrEnum):
    """How much a customer means to us."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Scale(StrEnum):
    """How big a customer's own business is."""

    LARGE = "large"
    MEDIUM = "medium"
    SMALL = "small"


class Offer(StrEnum):
    """What somebody may be offered: in products, in service, in how he is looked after."""

    SPECIAL_PRODUCTS = "special_products"
    INDIVIDUAL_PRICES = "individual_prices"
    EXPRESS_DELIVERY = "express_delivery"
    PHONE_SUPPORT = "phone_support"
    ON_SITE_SERVICE = "on_site_service"
    ACCOUNT_MANAGER = "account_manager"
    REGULAR_VISITS = "regular_visits"
    GIFTS = "gifts"
    # equal rights: nobody is refused these, whoever he is
    COMPLAINTS = "complaints"
    ORDER_INFORMATION = "order_information"
    BASIC_SUPPORT = "basic_support"
    PRIVACY_REQUESTS = "privacy_requests"


BASELINE = frozenset(
    {Offer.COMPLAINTS, Offer.ORDER_INFORMATION, Offer.BASIC_SUPPORT, Offer.PRIVACY_REQUESTS}
)


class Level(StrEnum):
    """How well somebody is served."""

    PREFERRED = "preferred"
    STANDARD = "standard"
    WITHHELD = "withheld"


class WithheldReason(StrEnum):
    """Why something is withheld; there is no exclusion without one."""

    COST = "cost"
    CAPACITY = "capacity"
    NEEDS_CONTRACT = "needs_contract"
    RISK = "risk"


class How(StrEnum):
    """Where an importance or a scale comes from."""

    TOLD = "told"
    TIER = "tier"
    KIND = "kind"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How one thing is offered in one cell."""

    offer: Offer
    level: Level
    reason: WithheldReason | None = None  # why it is withheld
    instead: Offer | None = None  # what such customers are offered in its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the matrix; None stands for any."""

    customer_class: Lifecycle | None = None
    importance: Importance | None = None
    scale: Scale | None = None

    def covers(self, other: "Place") -> bool:
        """Say whether a customer at another place is meant by this one."""
        return all(
            mine is None or mine is theirs
            for mine, theirs in zip(self.parts(), other.parts(), strict=True)
        )

    def narrowness(self) -> tuple[int, tuple[bool, ...]]:
        """Return what a narrower place has more of; of two as narrow, the class says more."""
        given = tuple(part is not None for part in self.parts())
        return sum(given), given

    def parts(self) -> tuple[object, object, object]:
        """Return class, importance and scale."""
        return self.customer_class, self.importance, self.scale


class BaselineStays(Invalid):
    """Refuse to withhold what everybody has a right to."""

    code = "accounts.policy.baseline"


class ExclusionUnexplained(Invalid):
    """Refuse to withhold something without a reason, or to give a reason for nothing."""

    code = "accounts.policy.unexplained"


class OfferTwice(Invalid):
    """Refuse a cell that says two things of one offer."""

    code = "accounts.policy.offer_twice"


def check(entries: Sequence[Entry]) -> None:
    """Demand that a cell withholds nobody's rights, and says why of all that it withholds.

    :raises BaselineStays: if it withholds what everybody has a right to.
    :raises ExclusionUnexplained: if a reason is missing, or there is one for nothing.
    :raises OfferTwice: if it says two things of one offer.
    """
    if len({entry.offer for entry in entries}) < len(entries):
        raise OfferTwice("A cell says one thing of each offer.")
    for entry in entries:
        withheld = entry.level is Level.WITHHELD
        if withheld and entry.offer in BASELINE:
            raise BaselineStays(
                "Everybody has a right to this.", detail={"offer": entry.offer.value}
            )
        explained = entry.reason is not None
        if withheld is not explained or (entry.instead is not None and not withheld):
            raise ExclusionUnexplained(
                "What is withheld has a reason, and nothing else has.",
                detail={"offer": entry.offer.value},
            )


def importance_of(told: Importance | None, tier: Tier | None) -> tuple[Importance, How]:
    """Return how important a customer is: as told, or as its tier says."""
    if told is not None:
        return told, How.TOLD
    if tier is None:
        return Importance.NORMAL, How.DEFAULT
    by_tier = {Tier.VIP: Importance.HIGH, Tier.MAJOR: Importance.HIGH, Tier.SMALL: Importance.LOW}
    return by_tier.get(tier, Importance.NORMAL), How.TIER


def scale_of(told: Scale | None, kind: CustomerKind) -> tuple[Scale, How]:
    """Return how big a customer's business is: as told, or as its kind suggests."""
    if told is not None:
        return told, How.TOLD
    return (Scale.SMALL if kind is CustomerKind.PERSON else Scale.MEDIUM), How.KIND


def narrowest(places: Iterable[Place], of: Place) -> Place | None:
    """Return the narrowest place that covers a customer's, or None."""
    return max((one for one in places if one.covers(of)), key=Place.narrowness, default=None)


def offers(entries: Iterable[Entry]) -> list[Entry]:
    """Return how everything is offered: what a cell does not speak of is standard."""
    said = {entry.offer: entry for entry in entries}
    return [said.get(offer, Entry(offer=offer, level=Level.STANDARD)) for offer in Offer]
