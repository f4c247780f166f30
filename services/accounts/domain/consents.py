"""What a customer allows us, and which of two statements of it stands."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict, Invalid

MAX_EVIDENCE = 120
MAX_AT_ONCE = 500  # consents in one call


class Purpose(StrEnum):
    """What a customer is turned to for; messages about his own affairs need no consent."""

    MARKETING = "marketing"


class Channel(StrEnum):
    """How a customer is turned to."""

    MAIL = "mail"
    PHONE = "phone"


class Basis(StrEnum):
    """On what ground it is allowed, or that it is not any more."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a customer said: yes or no to one purpose on one channel."""

    customer_id: str
    purpose: Purpose
    channel: Channel
    granted: bool
    basis: Basis
    evidence: str | None = None  # where it was said, such as form:17
    at: datetime | None = None  # now, unless told

    def overrules(self, at: datetime, granted: bool) -> bool:
        """Say whether it stands against an earlier one; of one instant, the no stands."""
        assert self.at is not None
        return (self.at, not self.granted) >= (at, not granted)


class BasisContradicts(Invalid):
    """Refuse a consent whose basis says the opposite."""

    code = "accounts.consent.basis"


class ConsentInFuture(Invalid):
    """Refuse a consent that nobody can have given yet."""

    code = "accounts.consent.future"


class NewerConsentStands(Conflict):
    """Refuse a statement that is older than what the customer said last."""

    code = "accounts.consent.newer_stands"


def check(statement: Statement, now: datetime) -> None:
    """Demand that a statement is one.

    :raises BasisContradicts: if what is granted is withdrawn, or the other way round.
    :raises ConsentInFuture: if it was not made yet.
    """
    if statement.granted is (statement.basis is Basis.WITHDRAWN):
        raise BasisContradicts("A consent is granted on a basis, or it is withdrawn.")
    if statement.at is not None and statement.at > now:
        raise ConsentInFuture("A consent is told when it was given, not before.")
