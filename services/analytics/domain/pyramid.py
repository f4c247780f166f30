"""The pyramid: customers by what they spent in a period; the reference that the SQL is held to."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Tier(StrEnum):
    """A layer of the pyramid, from the top."""

    VIP = "vip"
    MAJOR = "major"
    ORDINARY = "ordinary"
    SMALL = "small"


# Cumulative percent of all customers that end each layer; whoever comes after is small.
CUTS: tuple[tuple[Tier, int], ...] = ((Tier.VIP, 1), (Tier.MAJOR, 5), (Tier.ORDINARY, 20))


@dataclass(frozen=True, slots=True)
class Spender:
    """What one customer spent in the period; who bought nothing spent 0."""

    customer_id: str
    spend_minor: int
    last_on: date | None = None  # of the period's orders


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one customer stands; rank 1 spent most."""

    customer_id: str
    rank: int
    tier: Tier


def last_rank(population: int, percent: int) -> int:
    """Return the last rank of a layer: the percentage, rounded up, in integers."""
    return -(-population * percent // 100)


def tier_of(rank: int, population: int, spend_minor: int) -> Tier:
    """Say in which layer a rank is; who spent nothing is small, however few spent anything."""
    if spend_minor <= 0:
        return Tier.SMALL
    for tier, percent in CUTS:
        if rank <= last_rank(population, percent):
            return tier
    return Tier.SMALL


def rank(spenders: Iterable[Spender]) -> list[Standing]:
    """Rank customers: by spend, then the later purchase, then the id."""
    ordered = sorted(spenders, key=_place)
    return [
        Standing(one.customer_id, place, tier_of(place, len(ordered), one.spend_minor))
        for place, one in enumerate(ordered, start=1)
    ]


def _place(one: Spender) -> tuple[int, int, str]:
    last = one.last_on.toordinal() if one.last_on else 0
    return (-one.spend_minor, -last, one.customer_id)
