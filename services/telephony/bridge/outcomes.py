"""What came of a leg and of a call, in our words: raw causes are never shown to people."""

from enum import StrEnum


class Outcome(StrEnum):
    """What came of a call, or of one party's leg."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"  # the caller gave up waiting
    TIMED_OUT = "timed_out"  # nobody took the call out of the queue in time
    REFUSED = "refused"  # the queue was full or closed
    DROPPED = "dropped"  # we called, they answered, nobody of ours was free in time
    SELF_SERVICE = "self_service"  # the PBX answered, and no person was asked for
    MERGED = "merged"  # nobody had talked in it when it became one with another call
    CANCELLED = "cancelled"
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    REJECTED = "rejected"
    INVALID_NUMBER = "invalid_number"
    UNREACHABLE = "unreachable"
    FAILED = "failed"


# By the cause of the line (Q.850) and that of the phone's protocol (SIP). The cause decides, for a
# number that does not exist ends with DialStatus NOANSWER.
_CAUSES = {
    **dict.fromkeys((17,), Outcome.BUSY),
    **dict.fromkeys((21,), Outcome.REJECTED),
    **dict.fromkeys((1, 28), Outcome.INVALID_NUMBER),
    **dict.fromkeys((3, 20, 27, 34, 38, 42), Outcome.UNREACHABLE),
}
_SIP = {
    **dict.fromkeys((486,), Outcome.BUSY),
    **dict.fromkeys((603,), Outcome.REJECTED),
    **dict.fromkeys((404, 484), Outcome.INVALID_NUMBER),
    **dict.fromkeys((408, 503), Outcome.UNREACHABLE),
}
_DIALS = {
    "BUSY": Outcome.BUSY,
    "CANCEL": Outcome.CANCELLED,
    "NOANSWER": Outcome.NO_ANSWER,
    "CONGESTION": Outcome.UNREACHABLE,
    "CHANUNAVAIL": Outcome.UNREACHABLE,
    "DONTCALL": Outcome.REJECTED,
    "TORTURE": Outcome.REJECTED,
}
_LATER = {
    **dict.fromkeys((16, 18, 19), Outcome.NO_ANSWER),
    **dict.fromkeys((127,), Outcome.CANCELLED),
}
_LATER_SIP = {480: Outcome.NO_ANSWER, 487: Outcome.CANCELLED}
QUEUE_LEFT = {
    "TIMEOUT": Outcome.TIMED_OUT,
    **dict.fromkeys(
        ("FULL", "JOINEMPTY", "LEAVEEMPTY", "JOINUNAVAIL", "LEAVEUNAVAIL"), Outcome.REFUSED
    ),
}


def unanswered(dial_status: str, cause: int | None, sip: int | None) -> Outcome:
    """Say why a leg that was dialled was never connected."""
    return (
        _CAUSES.get(cause or 0)
        or _SIP.get(sip or 0)
        or _DIALS.get(dial_status)
        or _LATER.get(cause or 0)
        or _LATER_SIP.get(sip or 0)
        or Outcome.FAILED
    )
