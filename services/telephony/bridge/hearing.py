"""What each event of the PBX says about a call: facts only, whatever order they come in.

Not here on purpose: Cdr and AgentComplete's TalkTime (one call has one to five Cdr), DTMF (a phone's
feature codes and, worse, card numbers: what a caller keyed in is what the dialplan tells by name),
OriginateResponse (its reason is 0 for busy and for unknown numbers alike; a second one may carry
the id of a call that talks).
"""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from contracts import cti
from services.telephony.bridge import numbers
from services.telephony.bridge.calls import Call, Channel, Role
from services.telephony.bridge.messages import Message
from services.telephony.bridge.outcomes import QUEUE_LEFT, Outcome, unanswered

UP, RINGING = "6", "5"
MAX_DATA, MAX_DATA_NAME, MAX_DATA_VALUE = 20, 64, 200
_STANDARD = re.compile(
    r"Event|Privilege|Timestamp|SystemName|(Channel|CallerID|ConnectedLine|ChanVariable)\w*.*|"
    r"Language|AccountCode|Context|Exten|Priority|Uniqueid|Linkedid|UserEvent"
)
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Ear(Protocol):
    """What a fact may ask of whoever keeps the calls."""

    region: str

    def tell(self, cls: type[cti.CallTold], call: Call, at: datetime) -> None:
        """Tell something of a call."""


Fact = Callable[[Ear, Call, Message, datetime], None]


def _newstate(_: Ear, call: Call, message: Message, at: datetime) -> None:
    channel = call.channels.get(message.get("Uniqueid"))
    if channel is None:
        return
    state = message.get("ChannelState")
    if state == RINGING:
        channel.alerting_at = channel.alerting_at or at
    elif state == UP:
        channel.connected_at = channel.connected_at or at


def _new_callerid(ear: Ear, call: Call, message: Message, _: datetime) -> None:
    if message.get("Uniqueid") == call.root and call.ani_raw is None:
        call.ani_raw = numbers.stated(message.get("CallerIDNum"))
        call.ani = numbers.public(call.ani_raw, ear.region)


def _agent_called(_: Ear, call: Call, message: Message, __: datetime) -> None:
    channel = call.channels.get(message.get("DestUniqueid"))
    if channel is not None and channel.role is not Role.GLUE:
        # An agent may be reached over a trunk: who he is, the queue knows, not his channel.
        channel.role = Role.AGENT
        channel.device = message.get("Interface") or channel.device


def _dial_begin(ear: Ear, call: Call, message: Message, _: datetime) -> None:
    channel = call.channels.get(message.get("DestUniqueid"))
    if channel is not None and channel.role is Role.REMOTE and call.dnis is None:
        # The caller id of a channel that we dialled is our own number.
        dialled = message.get("DialString").partition("@")[0].rpartition("/")[2]
        call.dnis = numbers.public(dialled, ear.region) or numbers.stated(dialled)


def _dial_state(_: Ear, call: Call, message: Message, at: datetime) -> None:
    channel = call.channels.get(message.get("DestUniqueid"))
    if channel is not None and message.get("DialStatus") == "RINGING":
        channel.alerting_at = channel.alerting_at or at


def _dial_end(_: Ear, call: Call, message: Message, __: datetime) -> None:
    channel = call.channels.get(message.get("DestUniqueid"))
    if channel is not None and not channel.dial_status:
        channel.dial_status = message.get("DialStatus")


def _queue_join(ear: Ear, call: Call, message: Message, at: datetime) -> None:
    queue = message.get("Queue")
    if call.waiting_since is not None:
        ear.tell(cti.CallDiverted, call, at)
    call.queue, call.waiting = queue or None, True
    call.queued_at = call.queued_at or at
    call.waiting_since = call.waiting_since or at
    call.waited_until, call.queue_outcome = None, None
    ear.tell(cti.CallQueued, call, at)


def _queue_abandon(_: Ear, call: Call, __: Message, at: datetime) -> None:
    # Also raised when the queue's own time is over and when the call is sent to another queue.
    main = call.main()
    gave_up = main is not None and main.hangup_at is not None
    call.queue_outcome = Outcome.ABANDONED if gave_up else Outcome.TIMED_OUT
    _queue_leave(_, call, __, at)


def _queue_leave(_: Ear, call: Call, __: Message, at: datetime) -> None:
    call.waiting = False
    call.waited_until = call.waited_until or at


def _agent_complete(_: Ear, call: Call, message: Message, __: datetime) -> None:
    reason = message.get("Reason")
    if not call.ended_by and reason in {"caller", "agent"}:
        call.ended_by = reason


def _bridge_enter(_: Ear, call: Call, message: Message, at: datetime) -> None:
    channel = call.channels.get(message.get("Uniqueid"))
    if channel is not None:
        channel.bridge = message.get("BridgeUniqueid")
        channel.connected_at = channel.connected_at or at


def _bridge_leave(_: Ear, call: Call, message: Message, __: datetime) -> None:
    channel = call.channels.get(message.get("Uniqueid"))
    if channel is not None and channel.bridge == message.get("BridgeUniqueid"):
        channel.bridge = ""


def _hold(_: Ear, call: Call, message: Message, __: datetime) -> None:
    id_ = message.get("Uniqueid")
    if id_ in call.channels and id_ not in call.holders and call.established_at:
        call.holders.append(id_)


def _unhold(_: Ear, call: Call, message: Message, __: datetime) -> None:
    # A transfer raises it for a call that nobody had put on hold.
    call.holders = [one for one in call.holders if one != message.get("Uniqueid")]


def _transfer(ear: Ear, call: Call, message: Message, at: datetime) -> None:
    if message.get("Result") == "Success":
        call.transfers += 1
        ear.tell(cti.CallTransferred, call, at)


def _user_event(ear: Ear, call: Call, message: Message, at: datetime) -> None:
    name = message.get("UserEvent")
    if name == "CrmQueueLeft":
        left = QUEUE_LEFT.get(message.get("Status"))
        if left is Outcome.REFUSED:
            call.queued_at = call.queued_at or at
            call.waiting_since = call.waiting_since or at
        if left is not None and call.queue_outcome is not Outcome.ABANDONED:
            call.queue_outcome = left
        return
    if not name.startswith("Crm") or name in {"CrmDialResult", "CrmIvrStart"}:
        return
    added = _keyed_in(message) if name == "CrmIvrDigit" else _attached(message)
    before = dict(call.data)
    for key, value in added.items():
        if key in call.data or len(call.data) < MAX_DATA:
            call.data[key] = value[:MAX_DATA_VALUE]
    if call.data != before:
        ear.tell(cti.CallNoted, call, at)


def _keyed_in(message: Message) -> dict[str, str]:
    menu = message.get("Menu")[:MAX_DATA_NAME] or "menu"
    return {menu: message.get("Digit") or message.get("Status").lower()}


def _attached(message: Message) -> dict[str, str]:
    own = {key: value for key, value in message.fields.items() if not _STANDARD.fullmatch(key)}
    return {_WORD.sub("_", key).lower()[:MAX_DATA_NAME]: value for key, value in own.items()}


def _hangup_request(_: Ear, call: Call, message: Message, at: datetime) -> None:
    channel = call.channels.get(message.get("Uniqueid"))
    if channel is None or channel.role is Role.GLUE:
        return
    # A phone that is busy asks to end as well; only who talks, or began it, ends the call.
    if channel.connected_at is not None or channel.id == call.root:
        channel.hangup_at = channel.hangup_at or at
        call.ended_by = channel.role.value


def _hangup(ear: Ear, call: Call, message: Message, at: datetime) -> None:
    channel = call.channels.get(message.get("Uniqueid"))
    if channel is None or not channel.open:
        return
    channel.ended_at, channel.bridge = at, ""
    channel.cause = number(message.get("Cause"))
    if channel.connected_at is not None:
        channel.outcome = None if channel.role is Role.CALLER else Outcome.ANSWERED
    elif channel.role in {Role.AGENT, Role.REMOTE}:
        sip = number(message.get("TechCause"))
        channel.outcome = unanswered(channel.dial_status, channel.cause, sip)
        _tell_in_vain(ear, call, channel, at)


def _tell_in_vain(ear: Ear, call: Call, channel: Channel, at: datetime) -> None:
    if channel.outcome is Outcome.CANCELLED:
        return  # nobody failed: the caller went, or another phone was faster
    if channel.outcome is Outcome.NO_ANSWER and channel.role is Role.AGENT:
        ear.tell(cti.CallDiverted, call, at)
    else:
        ear.tell(cti.CallFailed, call, at)


def number(text: str) -> int | None:
    """Read a small number; None if it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None  # noqa: PLR2004 - digits


FACTS: Mapping[str, Fact] = {
    "AgentCalled": _agent_called,
    "AgentComplete": _agent_complete,
    "AttendedTransfer": _transfer,
    "BlindTransfer": _transfer,
    "BridgeEnter": _bridge_enter,
    "BridgeLeave": _bridge_leave,
    "DialBegin": _dial_begin,
    "DialEnd": _dial_end,
    "DialState": _dial_state,
    "Hangup": _hangup,
    "HangupRequest": _hangup_request,
    "Hold": _hold,
    "NewCallerid": _new_callerid,
    "Newstate": _newstate,
    "QueueCallerAbandon": _queue_abandon,
    "QueueCallerJoin": _queue_join,
    "QueueCallerLeave": _queue_leave,
    "Unhold": _unhold,
    "UserEvent": _user_event,
}
# Heard and of no use to a call; anything else is noted once, for a newer PBX may say more.
PASSED_OVER = frozenset(
    """AGIExecEnd AGIExecStart AgentConnect AgentRingNoAnswer AsyncAGIEnd AsyncAGIExec AsyncAGIStart
    BridgeCreate BridgeDestroy BridgeInfoChannel BridgeInfoComplete BridgeListComplete BridgeListItem
    BridgeMerge CEL Cdr ContactStatus DTMFBegin DTMFEnd DeviceStateChange
    DeviceStateListComplete ExtensionStatus FullyBooted LocalBridge LocalOptimizationBegin
    LocalOptimizationEnd MixMonitorStart MixMonitorStop MusicOnHoldStart MusicOnHoldStop
    NewAccountCode NewConnectedLine NewExten Newexten OriginateResponse PeerStatus PresenceStateChange
    QueueMemberAdded QueueMemberPause QueueMemberPenalty QueueMemberRemoved QueueMemberStatus
    QueueSummary QueueSummaryComplete RTCPReceived RTCPSent Registry Reload Rename Shutdown
    SoftHangupRequest Status StatusComplete SuccessfulAuth TestEvent VarSet""".split()
)
