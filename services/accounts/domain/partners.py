"""What an outside system tells of a customer by its own key, revision after revision."""

from dataclasses import dataclass
from enum import StrEnum

from services.accounts.domain.customers import Details


class Outcome(StrEnum):
    """What became of a revision."""

    CREATED = "created"
    LINKED = "linked"  # to one that was known by other facts
    REVISED = "revised"
    UNCHANGED = "unchanged"
    SUPERSEDED = "superseded"  # a newer revision was there before


@dataclass(frozen=True, slots=True)
class CustomerDocument:
    """One revision of a customer as an outside system writes it; what it leaves out stays."""

    external_id: str
    revision: int
    details: Details


def compare(known: int | None, told: int) -> Outcome:
    """Say what a revision does to one that is known; None: none was told so far."""
    if known is None or told > known:
        return Outcome.REVISED
    return Outcome.UNCHANGED if told == known else Outcome.SUPERSEDED
