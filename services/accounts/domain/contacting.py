"""Whether a customer may be turned to, or what is known of him used, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from services.accounts.domain.consents import REACHING, Purpose


class Why(StrEnum):
    """What decides it."""

    STOPPED = "do_not_contact"
    BARRED = "blacklisted"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    NEVER_ASKED = "no_consent"
    OWN_AFFAIRS = "own_affairs"  # messages about these need no consent
    ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Barriers:
    """What a customer's flags say of a channel."""

    stopped: bool  # nobody may turn to him there
    barred: bool  # we sell and advertise nothing to him


@dataclass(frozen=True, slots=True)
class Said:
    """What a customer said last of one purpose on one channel."""

    granted: bool
    valid_until: datetime | None

    def holds(self, now: datetime) -> bool:
        """Say whether it is a yes now."""
        return self.granted and (self.valid_until is None or now < self.valid_until)


def decide(
    purpose: Purpose, barriers: Barriers, said: Said | None, now: datetime
) -> tuple[bool, Why]:
    """Decide whether a purpose may be served on a channel now, and say why."""
    if purpose in REACHING and barriers.stopped:
        return False, Why.STOPPED
    if purpose is Purpose.MARKETING and barriers.barred:
        return False, Why.BARRED
    if said is not None:
        if said.holds(now):
            return True, Why.ALLOWED
        return False, Why.EXPIRED if _ran_out(said, now) else Why.WITHDRAWN
    own = purpose is Purpose.SERVICE
    return own, Why.OWN_AFFAIRS if own else Why.NEVER_ASKED


def _ran_out(said: Said, now: datetime) -> bool:
    return said.valid_until is not None and said.valid_until <= now
