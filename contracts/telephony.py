"""What telephony tells: calls with their customer, screen pops, call-backs."""

from dataclasses import dataclass
from datetime import datetime

from contracts.base import event, personal


@event("telephony.call.started.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallStarted:
    """A call reached us or was begun by us."""

    call_id: str
    version: int
    direction: str  # inbound, outbound, internal
    started_at: datetime
    dnis: str | None = None  # ours; of an outbound call it is the customer's and stays here
    entity_id: str = "group"


@event("telephony.call.identified.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallIdentified:
    """Accounts said who the other party is."""

    call_id: str
    version: int
    outcome: str  # none, one, several, unavailable
    customer_id: str | None = None  # only where it is one


@event("telephony.call.delivered.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallDelivered:
    """An agent's phone rings."""

    call_id: str
    version: int
    agent_id: str | None  # the staff member, if the device is known to be somebody's
    device: str | None
    customer_id: str | None = None
    queue: str | None = None


@event("telephony.call.ended.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallEnded:
    """A call is over: the grain of the call fact. All seconds by the PBX's clock."""

    call_id: str
    version: int
    direction: str
    outcome: str  # answered, abandoned, timed_out, busy, no_answer, cancelled, failed, ...
    started_at: datetime
    ended_at: datetime
    dnis: str | None = None  # ours: None of an outbound call
    queue: str | None = None
    queued_at: datetime | None = None
    established_at: datetime | None = None
    wait_seconds: float | None = None
    talk_seconds: float | None = None
    hold_seconds: float | None = None
    transfers: int = 0
    agent_id: str | None = None
    device: str | None = None
    customer_id: str | None = None
    end_reason: str | None = None
    estimated: bool = False  # times are not all live: the bridge was deaf meanwhile
    entity_id: str = "group"
    owner_id: str | None = None
    team_id: str | None = None
    territory_id: str | None = None


@event("telephony.call.corrected.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallCorrected(CallEnded):
    """An ended call, told again: only now is it known whose it was, or it was somebody else's."""

    previous_customer_id: str | None = None


@event("telephony.call.disposed.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallDisposed:
    """The agent said what came of the call."""

    call_id: str
    version: int
    disposition: str  # a code of the house's list
    customer_id: str | None = None
    agent_id: str | None = None


@event("telephony.screen.popped.v1", subject="call_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenPopped:
    """What the agent whose phone rings should see now."""

    call_id: str
    agent_id: str | None
    device: str | None
    delivered_at: datetime
    number: str | None = personal(None)
    caller_name: str | None = personal(None)
    outcome: str = "none"  # none, one, several, unavailable
    matches: tuple[dict[str, str], ...] = personal(())  # id, number, name of each that it may be
    card: dict[str, dict[str, str]] | None = personal(None)  # service -> its section, JSON text
    missing: tuple[str, ...] = ()  # services that did not answer in time
    data: dict[str, str] | None = personal(None)  # what the caller keyed in
    # language, preferred_channel, _from, _until and _zone of the customer, as far as they are told
    prefers: dict[str, str] | None = None


@event("telephony.callback.requested.v1", subject="callback_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackRequested:
    """Somebody is to be called back: who gave up waiting, or asked for it."""

    callback_id: str
    version: int
    call_id: str | None
    customer_id: str | None
    due: datetime
    reason: str  # abandoned, asked
    queue: str | None = None
    moved_from: datetime | None = None  # when it was wished for, out of the time that is liked


@event("telephony.callback.due.v1", subject="callback_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackDue:
    """It is time to call back; told again until it is done or given up."""

    callback_id: str
    version: int
    customer_id: str | None
    due: datetime
    reminders: int


@event("telephony.callback.closed.v1", subject="callback_id")
@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackClosed:
    """Nobody needs to call back any more."""

    callback_id: str
    version: int
    customer_id: str | None
    outcome: str  # done, called_again, given_up, merged (with another of the same customer)
    call_id: str | None = None  # the call that settled it


@event("telephony.record.changed.v1", subject="id")
@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChanged:
    """A plain record was created, changed or deleted."""

    id: str
    kind: str
    version: int
    verb: str  # created, updated, deleted
    fields: dict[str, str]  # after-image, values as JSON text
