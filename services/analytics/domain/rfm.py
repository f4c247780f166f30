"""Recency, frequency, monetary: the scores from 1 to 5; the reference that the SQL is held to."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

BINS = 5  # quintiles; 5 is best


@dataclass(frozen=True, slots=True)
class Bought:
    """What a customer bought until an instant: at least one order."""

    recency_days: int  # since the last order
    frequency: int  # orders
    monetary_minor: int


def scores(bought: Mapping[str, Bought]) -> dict[str, str]:
    """Score each buyer with three digits: recency, frequency, monetary.

    A score counts who is strictly worse, so that equal values never get different scores.
    """
    recency = sorted(-one.recency_days for one in bought.values())
    frequency = sorted(one.frequency for one in bought.values())
    monetary = sorted(one.monetary_minor for one in bought.values())
    return {
        customer_id: f"{_score(recency, -one.recency_days)}"
        f"{_score(frequency, one.frequency)}{_score(monetary, one.monetary_minor)}"
        for customer_id, one in bought.items()
    }


def _score(ascending: Sequence[int], value: int) -> int:
    return 1 + BINS * bisect_left(ascending, value) // len(ascending)
