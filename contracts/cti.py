"""What the CTI bridge tells: calls as the PBX sees them (CSTA words), and its link to the PBX.

Each call event carries the whole call as known then and its place in the call's own order
(``seq``, from 1, without gaps): who applies only what is newer is right whatever the order of arrival,
and right again after a miss. Numbers are personal, so calls are told in private and never logged;
telephony owns the call, and tells the house about it.
"""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event, personal


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One party's connection to the call."""

    leg_id: str  # the PBX's own channel id
    role: str  # caller, agent or remote
    device: str  # such as PJSIP/1001
    state: str  # initiated, alerting, connected, held, ended, failed
    started_at: datetime
    alerting_at: datetime | None = None
    connected_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: str | None = None  # answered, busy, no_answer, rejected, invalid_number, ...
    cause: int | None = None  # Q.850


@dataclass(frozen=True, slots=True, kw_only=True)
class CallTold:
    """The whole call as the bridge knows it at this event."""

    call_id: str
    seq: int
    pbx: str  # the PBX's own system name
    boot_id: str  # which run of the PBX
    at: datetime  # the PBX's clock
    basis: str  # live, resync (partly from a snapshot after a gap) or closed_by_bridge: never back
    direction: str  # inbound, outbound, internal
    state: str  # offered, queued, alerting, connected, held, cleared
    linkedid: str  # the PBX's own id of the call
    started_at: datetime
    ani: str | None = personal(None)  # who calls, E.164 where it is a public number
    ani_raw: str | None = personal(None)
    caller_name: str | None = personal(None)  # as the network said it
    dnis: str | None = personal(None)  # the number dialled: ours inbound, the customer's outbound
    queue: str | None = None
    device: str | None = None  # the agent's that rings or talks, or did last, such as PJSIP/1001
    queued_at: datetime | None = None
    delivered_at: datetime | None = None  # the first time an agent's phone rang
    established_at: datetime | None = None
    ended_at: datetime | None = None
    wait_seconds: float | None = (
        None  # from joining the queue (or from ringing) to the end of waiting
    )
    talk_seconds: float | None = None
    hold_seconds: float | None = None
    transfers: int = 0
    # answered, abandoned, timed_out, refused, dropped, self_service, merged (into another call),
    # cancelled, busy, no_answer, rejected, invalid_number, unreachable, failed
    outcome: str | None = None
    end_reason: str | None = None  # caller, agent, remote, pbx, pbx_restart, lost, merged
    data: dict[str, str] | None = personal(None)  # what the caller keyed in, by name
    legs: tuple[Leg, ...] = ()  # of very many the newest


@event("cti.call.offered.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallOffered(CallTold):
    """A call reached the PBX or was begun by it."""


@event("cti.call.queued.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallQueued(CallTold):
    """A caller began to wait in a queue."""


@event("cti.call.delivered.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallDelivered(CallTold):
    """A phone rings; ``device`` is the one."""


@event("cti.call.established.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallEstablished(CallTold):
    """Two parties talk."""


@event("cti.call.held.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallHeld(CallTold):
    """A party was put on hold."""


@event("cti.call.retrieved.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallRetrieved(CallTold):
    """A held party was taken back."""


@event("cti.call.transferred.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallTransferred(CallTold):
    """The call went from one party to another."""


@event("cti.call.diverted.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallDiverted(CallTold):
    """A phone rang in vain, or the caller went on to another queue."""


@event("cti.call.failed.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallFailed(CallTold):
    """A leg could not be connected; its outcome says why."""


@event("cti.call.noted.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallNoted(CallTold):
    """The caller keyed something in, or the dialplan attached data."""


@event("cti.call.cleared.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallCleared(CallTold):
    """The call is over; outcome and times are final."""


CALL_EVENTS = (
    CallOffered,
    CallQueued,
    CallDelivered,
    CallEstablished,
    CallHeld,
    CallRetrieved,
    CallTransferred,
    CallDiverted,
    CallFailed,
    CallNoted,
    CallCleared,
)


@event("cti.link.lost.v1", subject="pbx")
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkLost:
    """The bridge does not hear the PBX any more."""

    pbx: str
    boot_id: str
    at: datetime
    open_calls: int


@event("cti.link.restored.v1", subject="pbx")
@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRestored:
    """The bridge hears the PBX again; in between it was deaf."""

    pbx: str
    boot_id: str
    at: datetime
    gap_from: datetime | None
    gap_to: datetime
    restarted: bool  # the PBX is another run of itself: its calls of before are gone
    closed_calls: int  # calls that were closed because the PBX does not know them any more
