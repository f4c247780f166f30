"""What a customer allows us, and which of two statements of it stands."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chassis.errors import Conflict, Invalid, NotFound

MAX_EVIDENCE = 120
MAX_AT_ONCE = 500  # consents in one call
CONFIRM_WITHIN = timedelta(days=7)  # business time for following a link of double opt-in
TOKEN_BYTES = 32
EXPIRY = "consent.expiry"  # the kind of the timer


class Purpose(StrEnum):
    """What for a customer is turned to, or what is known of him is used."""

    MARKETING = "marketing"
    SERVICE = "service"  # his own affairs: allowed until he says no
    RESEARCH = "research"
    PROFILING = "profiling"
    SHARING_WITH_PARTNERS = "sharing_with_partners"
    SENSITIVE_TRAITS = "sensitive_traits"  # to keep illness, belief, family, income …


class Channel(StrEnum):
    """How a customer is turned to; ``any`` where nobody turns to him."""

    MAIL = "mail"
    PHONE = "phone"
    SMS = "sms"
    POST = "post"
    SOCIAL = "social"
    ANY = "any"


REACHING = frozenset({Purpose.MARKETING, Purpose.SERVICE, Purpose.RESEARCH})


class Basis(StrEnum):
    """On what ground it is allowed, or why it is not any more."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGITIMATE_INTEREST = "legitimate_interest"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"  # its time ran out; nobody says so, the clock does


REFUSING = frozenset({Basis.WITHDRAWN, Basis.EXPIRED})


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
    valid_until: datetime | None = None  # half-open; None: until it is withdrawn
    confirmed_at: datetime | None = None  # when the customer followed the link (double opt-in)

    def overrules(self, at: datetime, granted: bool) -> bool:
        """Say whether it stands against an earlier one; of one instant, the no stands."""
        assert self.at is not None
        return (self.at, not self.granted) >= (at, not granted)


class BasisContradicts(Invalid):
    """Refuse a consent whose basis says the opposite."""

    code = "accounts.consent.basis"


class ChannelContradicts(Invalid):
    """Refuse a consent on a channel that its purpose does not have."""

    code = "accounts.consent.channel"


class ValidityContradicts(Invalid):
    """Refuse a consent whose time is over before it begins, or a refusal that would run out."""

    code = "accounts.consent.validity"


class LinkUnknown(NotFound):
    """Refuse a link that leads nowhere, or no longer: whoever tries links learns nothing."""

    code = "accounts.consent.link_unknown"


class ConsentInFuture(Invalid):
    """Refuse a consent that nobody can have given yet."""

    code = "accounts.consent.future"


class NewerConsentStands(Conflict):
    """Refuse a statement that is older than what the customer said last."""

    code = "accounts.consent.newer_stands"


def check(statement: Statement, now: datetime) -> None:
    """Demand that a statement is one.

    :raises BasisContradicts: if what is granted is withdrawn, or the other way round.
    :raises ChannelContradicts: if nobody is turned to on ``any`` channel for this purpose.
    :raises ValidityContradicts: if it ran out already, or is a no that would run out.
    :raises ConsentInFuture: if it was not made yet.
    """
    if statement.basis is Basis.EXPIRED or statement.granted is (statement.basis in REFUSING):
        raise BasisContradicts("A consent is granted on a basis, or it is withdrawn.")
    check_channel(statement.purpose, statement.channel)
    until = statement.valid_until
    if until is not None and (not statement.granted or until <= now):
        raise ValidityContradicts("A consent ends after now; a withdrawal does not end.")
    if statement.at is not None and statement.at > now:
        raise ConsentInFuture("A consent is told when it was given, not before.")


def check_channel(purpose: Purpose, channel: Channel) -> None:
    """Demand a channel on which a purpose can be served.

    :raises ChannelContradicts: if it is none.
    """
    if channel is Channel.ANY and purpose in REACHING:
        raise ChannelContradicts("Whoever is turned to is asked for each channel by itself.")


def new_token() -> str:
    """Make the random part of a link that confirms a consent."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def digest(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
