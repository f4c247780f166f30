"""The plain records of telephony; of calls and call-backs only what needs no rule: to read them."""

from chassis import filters
from chassis.records import READING, VERBS, Resource
from services.telephony.domain.callbacks import CallbackReason, CallbackState
from services.telephony.domain.calls import CallState, Direction, Identity
from services.telephony.schemas.callbacks import CallbackShown
from services.telephony.schemas.calls import CallShown
from services.telephony.schemas.words import (
    AgentDeviceFields,
    DialledNumberFields,
    DispositionFields,
    PbxLinkShown,
)
from services.telephony.tables import (
    AgentDevice,
    Call,
    Callback,
    DialledNumber,
    Disposition,
    PbxLink,
)

KEEP = READING | {"create", "update"}  # calls name dispositions: these are retired, not deleted

RESOURCES = (
    Resource(
        kind="call",
        record=Call,
        schema=CallShown(),
        reads="call.read",
        writes="call.write",
        verbs=READING,
        filters={
            "day": filters.day(Call.started_at),
            "customer_id": filters.text(Call.customer_id),
            "agent_id": filters.text(Call.agent_id),
            "outcome": filters.text(Call.outcome),
            "queue": filters.text(Call.queue),
            "number": filters.text(Call.number),
            "disposition": filters.text(Call.disposition),
            "direction": filters.one_of(Call.direction, Direction),
            "state": filters.one_of(Call.state, CallState),
            "identity": filters.one_of(Call.identity, Identity),
        },
        sorts={"started_at": Call.started_at},
    ),
    Resource(
        kind="callback",
        record=Callback,
        schema=CallbackShown(),
        reads="callback.read",
        writes="callback.write",
        verbs=READING,
        filters={
            "state": filters.one_of(Callback.state, CallbackState),
            "reason": filters.one_of(Callback.reason, CallbackReason),
            "customer_id": filters.text(Callback.customer_id),
            "call_id": filters.text(Callback.call_id),
            "queue": filters.text(Callback.queue),
            "due_before": filters.before(Callback.due),
        },
        sorts={"due": Callback.due, "requested_at": Callback.requested_at},
    ),
    Resource(
        kind="agent_device",
        record=AgentDevice,
        schema=AgentDeviceFields(),
        reads="call.read",
        writes="agent.write",
        verbs=VERBS,
        filters={
            "device": filters.text(AgentDevice.device),
            "staff_id": filters.text(AgentDevice.staff_id),
        },
        sorts={"device": AgentDevice.device},
    ),
    Resource(
        kind="dialled_number",
        record=DialledNumber,
        schema=DialledNumberFields(),
        reads="call.read",
        writes="agent.write",
        verbs=VERBS,
        filters={
            "dnis": filters.text(DialledNumber.dnis),
            "queue": filters.text(DialledNumber.queue),
        },
        sorts={"dnis": DialledNumber.dnis},
    ),
    Resource(
        kind="disposition",
        record=Disposition,
        schema=DispositionFields(),
        reads="call.read",
        writes="agent.write",
        verbs=KEEP,
        filters={"key": filters.text(Disposition.key), "active": filters.flag(Disposition.active)},
        sorts={"place": Disposition.place},
    ),
    Resource(
        kind="pbx_link",
        record=PbxLink,
        schema=PbxLinkShown(),
        reads="call.read",
        writes="agent.write",
        verbs=READING,
        filters={"pbx": filters.text(PbxLink.pbx), "is_up": filters.flag(PbxLink.is_up)},
        sorts={"pbx": PbxLink.pbx},
    ),
)
