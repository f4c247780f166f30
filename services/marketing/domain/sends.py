"""What may become of a message, and who must not get one."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.headerregistry import Address
from enum import StrEnum

from chassis.errors import Conflict
from services.marketing.domain.templates import Purpose

TOKEN_BYTES = 24  # 192 bits
# RFC 2606 keeps this name for nobody, so that no mail server can claim our Message-IDs.
MESSAGE_DOMAIN = "rapport.invalid"
CONFIRMATION = "consent"  # the step of a link that confirms a consent
PATIENCE = timedelta(hours=24)  # business time since the first attempt


class SendStatus(StrEnum):
    """How far a message is; the last four are fates."""

    PLANNED = "planned"
    SENDING = "sending"  # an attempt is under way, or its end was not noted
    SENT = "sent"
    REFUSED = "refused"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"  # perhaps sent: never repeated, settled by a person or by its Message-ID


OPEN = frozenset({SendStatus.PLANNED, SendStatus.SENDING})
NOT_OUT = frozenset({SendStatus.REFUSED, SendStatus.SUPPRESSED})
SETTLED = frozenset({SendStatus.SENT, SendStatus.REFUSED, SendStatus.SUPPRESSED})


class Reason(StrEnum):
    """Why a message was not sent, or not taken."""

    NO_ADDRESS = "no_address"
    NO_CONSENT = "no_consent"
    UNSUBSCRIBED = "unsubscribed"
    SERVICE_REFUSED = "service_refused"  # he wants no mail about his own affairs either
    DO_NOT_CONTACT = "do_not_contact"
    BLACKLISTED = "blacklisted"  # or flagged for fraud: nothing is advertised to him
    ADDRESS_REFUSED = "address_refused"  # for good, now or at an earlier message
    CONTENT_REFUSED = "content_refused"
    NOT_RENDERED = "not_rendered"
    EXPIRED = "expired"  # what it was to say is out of date
    NOT_DELIVERED = "not_delivered"  # the mail server has put us off for too long, or lacks it
    PREFERS_OTHER_CHANNEL = "prefers_other_channel"
    OUTSIDE_WINDOW = "outside_window"  # no fate: it waits until he likes to be written to


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is known of a customer when a message to him is about to go out."""

    address: str | None
    granted_at: datetime | None  # since when marketing by mail is allowed; None = it is not
    service_refused: bool = False
    barred: bool = False  # blacklisted or flagged for fraud
    stop_told: bool = False  # accounts has told that nobody may write to him
    unsubscribed_at: datetime | None = None
    stopped_at: datetime | None = None
    refused_address: str | None = None  # SHA-256


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a mail server said: taken, or why not."""

    fate: SendStatus
    reason: Reason | None = None


class SendNotUnknown(Conflict):
    """Refuse to settle a message whose fate is known."""

    code = "marketing.send.fate_known"


def why_not(purpose: Purpose, standing: Standing) -> Reason | None:
    """Return why a message must not go out now, or None if it may."""
    if not is_address(standing.address):
        return Reason.NO_ADDRESS
    if standing.stopped_at is not None or standing.stop_told:
        return Reason.DO_NOT_CONTACT
    if standing.refused_address == fingerprint(str(standing.address)):
        return Reason.ADDRESS_REFUSED
    if purpose is Purpose.SERVICE:
        return Reason.SERVICE_REFUSED if standing.service_refused else None
    return _why_no_offer(standing)


def waits_until(send_step: str, opens: datetime, expires_at: datetime | None) -> datetime | None:
    """Return until when a message waits that is to go out before its customer likes that.

    A preference yields to what would be lost by it: the link he has asked for himself just now,
    and what is out of date by then.
    """
    if send_step == CONFIRMATION or (expires_at is not None and opens >= expires_at):
        return None
    return opens


def _why_no_offer(standing: Standing) -> Reason | None:
    if standing.barred:
        return Reason.BLACKLISTED
    if is_unsubscribed(standing):
        return Reason.UNSUBSCRIBED
    return Reason.NO_CONSENT if standing.granted_at is None else None


def is_unsubscribed(standing: Standing) -> bool:
    """Say whether somebody unsubscribed and has not allowed it again since."""
    gone, granted = standing.unsubscribed_at, standing.granted_at
    return gone is not None and (granted is None or granted <= gone)


def is_address(address: str | None) -> bool:
    """Say whether mail can be sent to this; what could end a command or a header is no address."""
    if not address or not address.isascii() or not address.isprintable():
        return False
    if set(address) & set(' <>,;:"()[]\\') or address.endswith("@"):
        return False
    try:
        Address(addr_spec=address)  # what no header takes, such as a..b@c.d, would never leave
    except (HeaderParseError, ValueError):
        return False
    return True


def masked(address: str | None) -> str:
    """Return as much of an address as its owner needs to know it again."""
    local, _, domain = (address or "").rpartition("@")
    return f"{local[:1]}***@{domain[:1]}***" if local and domain else "***"


def message_id(send_id: str) -> str:
    """Return the Message-ID of a message, fixed when it is planned."""
    return f"{send_id}@{MESSAGE_DOMAIN}"


def new_token() -> str:
    """Make a token for a link."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def fingerprint(secret: str) -> str:
    """Return what is stored of a token or an address."""
    return hashlib.sha256(secret.strip().lower().encode()).hexdigest()


def token_hash(token: str) -> str:
    """Return what is stored of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
