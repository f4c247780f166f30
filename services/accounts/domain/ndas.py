"""What is kept confidential: terms with a party, and whether a third one may learn of a customer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MAX_PARTY, MAX_NOTE, MAX_PERMITTED = 120, 400, 20


class Withheld(StrEnum):
    """Why a third party does not learn of a customer."""

    NO_PERMISSION = "no_permission"  # the customer has not allowed to share with partners
    CONFIDENTIAL = "confidential"  # an agreement is running that does not permit this recipient


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What was agreed: with whom, from when until when, and who may learn of it all the same."""

    party: str
    valid_from: datetime | None = None  # now, unless told
    valid_until: datetime | None = None  # half-open; None: until it is ended
    permitted: tuple[str, ...] = ()
    note: str | None = None


def withheld(allowed: bool, running: Iterable[Sequence[str]], recipient: str) -> Withheld | None:
    """Say why a recipient does not learn of a customer, None where he may.

    ``running`` are the recipients that each running agreement permits.
    """
    if not allowed:
        return Withheld.NO_PERMISSION
    name = key(recipient)
    if all(name in map(key, permitted) for permitted in running):
        return None
    return Withheld.CONFIDENTIAL


def key(name: str) -> str:
    """Return what a recipient is compared by."""
    return " ".join(name.split()).casefold()
