"""What warns of a customer or shields him: stops of contact, the blacklist, fraud, credit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chassis.errors import Conflict, Invalid
from chassis.money import exponent
from services.accounts.domain.consents import Channel

MAX_NOTE = 400

EXPIRY = "flag.expiry"  # the kind of the timer


class FlagKind(StrEnum):
    """What a flag says."""

    DO_NOT_CONTACT = "do_not_contact"  # on one channel or on any
    BLACKLIST = "blacklist"
    FRAUD = "fraud"


JUDGING = frozenset({FlagKind.BLACKLIST, FlagKind.FRAUD})  # a verdict on somebody, not his wish


class FlagReason(StrEnum):
    """Why a flag was raised; a code, because it is told in the log."""

    CUSTOMER_ASKED = "customer_asked"
    LEGAL_DUTY = "legal_duty"
    DECEASED = "deceased"
    ABUSE = "abuse"
    NON_PAYMENT = "non_payment"
    FRAUD_SUSPECTED = "fraud_suspected"
    FRAUD_PROVEN = "fraud_proven"


class LiftReason(StrEnum):
    """Why a flag does not stand any more."""

    CUSTOMER_ASKED = "customer_asked"
    SETTLED = "settled"
    MISTAKE = "mistake"
    EXPIRED = "expired"  # its time ran out; the clock says so, nobody else


LIFTING = tuple(reason for reason in LiftReason if reason is not LiftReason.EXPIRED)
# What each stops, told with the flag: who hears of it knows what is expected of him.
EFFECTS = {
    FlagKind.DO_NOT_CONTACT: ("campaigns_stopped", "mail_stopped", "callbacks_stopped"),
    FlagKind.BLACKLIST: ("orders_refused", "quotes_refused", "campaigns_stopped"),
    FlagKind.FRAUD: ("orders_refused", "quotes_refused", "campaigns_stopped"),
}


class Rating(StrEnum):
    """How good a customer is for what he owes, from the best."""

    EXCELLENT = "excellent"
    GOOD = "good"
    FAIR = "fair"
    POOR = "poor"


class CreditReason(StrEnum):
    """What a credit standing was concluded from."""

    REVIEW = "review"
    PAYMENT_RECORD = "payment_record"
    AGENCY = "agency"
    GUARANTEE = "guarantee"
    INSOLVENCY = "insolvency"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFlag:
    """A flag that is to be raised."""

    kind: FlagKind
    reason: FlagReason
    channel: Channel = Channel.ANY
    until: datetime | None = None  # half-open; None: until it is lifted
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Credit:
    """How far a customer may owe us something."""

    rating: Rating
    reason: CreditReason
    limit_minor: int | None = None  # None: nobody has set one
    currency: str | None = None
    note: str | None = None  # of the payment record


class FlagWrong(Invalid):
    """Refuse a flag that is over already, or that names a channel it does not have."""

    code = "accounts.flag.wrong"


class FlagStands(Conflict):
    """Refuse to raise a flag that stands."""

    code = "accounts.flag.stands"


class FlagLifted(Conflict):
    """Refuse to lift a flag that does not stand any more."""

    code = "accounts.flag.lifted"


class CreditWrong(Invalid):
    """Refuse a limit without a currency, or the other way round."""

    code = "accounts.credit.limit"


def check(flag: NewFlag, now: datetime) -> None:
    """Demand that a flag is one.

    :raises FlagWrong: if it is over already, or is a verdict on one channel only.
    """
    if flag.until is not None and flag.until <= now:
        raise FlagWrong("A flag stands until after now.")
    if flag.kind is not FlagKind.DO_NOT_CONTACT and flag.channel is not Channel.ANY:
        raise FlagWrong("Only a stop of contact is of one channel.")


def check_credit(credit: Credit) -> None:
    """Demand that a limit is an amount of money.

    :raises CreditWrong: if the amount or its currency is missing.
    """
    if (credit.limit_minor is None) is not (credit.currency is None):
        raise CreditWrong("A limit is an amount in a currency.")
    if credit.currency is not None:
        exponent(credit.currency)


def effects_of(kind: FlagKind, channel: Channel) -> tuple[str, ...]:
    """Return what a flag stops; a stop of one channel stops nothing on the others."""
    if kind is not FlagKind.DO_NOT_CONTACT or channel is Channel.ANY:
        return EFFECTS[kind]
    own = {Channel.MAIL: EFFECTS[kind][:2], Channel.PHONE: EFFECTS[kind][2:]}
    return own.get(channel, ())


def joined(codes: Iterable[str], code: str) -> list[str]:
    """Return codes with one more, in their order."""
    return sorted({*codes, code})


def without(codes: Iterable[str], code: str) -> list[str]:
    """Return codes without one of them."""
    return [one for one in codes if one != code]
