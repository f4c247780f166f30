"""The codes that a customer's flags are told as, and what they stop."""

from collections.abc import Collection

BLACKLIST, FRAUD, DO_NOT_CONTACT = "blacklist", "fraud", "do_not_contact"
BARRING = frozenset({BLACKLIST, FRAUD})


def code_of(kind: str, channel: str) -> str:
    """Return the code of a flag; only a stop of one channel names it."""
    return f"{kind}.{channel}" if kind == DO_NOT_CONTACT and channel != "any" else kind


def is_barred(flags: Collection[str] | None) -> bool:
    """Say whether we sell and advertise nothing to whoever has these flags."""
    return not BARRING.isdisjoint(flags or ())


def is_stopped(flags: Collection[str] | None, channel: str) -> bool:
    """Say whether nobody may turn to whoever has these flags on a channel."""
    return not {DO_NOT_CONTACT, code_of(DO_NOT_CONTACT, channel)}.isdisjoint(flags or ())
