"""Events made of records, with the state these have when the work is done."""

from collections.abc import Callable
from typing import Any

from contracts import telephony
from services.telephony.domain.calls import Direction, Identity, loggable, seconds
from services.telephony.tables import Call, Callback, CallDelivery, CallScreen, CustomerRef

PREFERENCES = (
    "language", "preferred_channel", "preferred_from", "preferred_until", "preferred_zone",
)  # fmt: skip


def call_started(call: Call) -> telephony.CallStarted:
    """Tell that a call reached us or was begun by us."""
    return telephony.CallStarted(
        call_id=call.id,
        version=call.version,
        direction=call.direction.value,
        started_at=call.started_at,
        dnis=_our_number(call),
        entity_id=call.entity_id,
    )


def call_identified(call: Call) -> telephony.CallIdentified:
    """Tell who the other party is."""
    assert call.identity is not None
    return telephony.CallIdentified(
        call_id=call.id,
        version=call.version,
        outcome=call.identity.value,
        customer_id=call.customer_id,
    )


def call_delivered(delivery: CallDelivery) -> Callable[[Call], telephony.CallDelivered]:
    """Tell that an agent's phone rings."""

    def make(call: Call) -> telephony.CallDelivered:
        return telephony.CallDelivered(
            call_id=call.id,
            version=call.version,
            agent_id=delivery.agent_id,
            device=loggable(delivery.device),
            customer_id=call.customer_id,
            queue=call.queue,
        )

    return make


def call_ended(call: Call) -> telephony.CallEnded:
    """Tell that a call is over, and what it came to."""
    return telephony.CallEnded(**_ended(call))


def call_corrected(previous_customer_id: str | None) -> Callable[[Call], telephony.CallCorrected]:
    """Tell an ended call again, for it is another customer's than was told."""

    def make(call: Call) -> telephony.CallCorrected:
        return telephony.CallCorrected(**_ended(call), previous_customer_id=previous_customer_id)

    return make


def call_disposed(call: Call) -> telephony.CallDisposed:
    """Tell what the agent said came of a call."""
    return telephony.CallDisposed(
        call_id=call.id,
        version=call.version,
        disposition=str(call.disposition),
        customer_id=call.customer_id,
        agent_id=call.agent_id,
    )


def screen_popped(
    delivery: CallDelivery,
    screen: CallScreen | None,
    customer: CustomerRef | None,
    *,
    expected: tuple[str, ...],
) -> Callable[[Call], telephony.ScreenPopped]:
    """Tell what the agent whose phone rings should see; ``expected`` are the card's services."""

    def make(call: Call) -> telephony.ScreenPopped:
        identity = call.identity
        if identity is None:
            identity = Identity.NONE if call.number is None else Identity.UNAVAILABLE
        card = screen.card if screen else None
        absent = screen.missing if screen and card is not None else list(expected)
        return telephony.ScreenPopped(
            call_id=call.id,
            agent_id=delivery.agent_id,
            device=delivery.device,
            delivered_at=delivery.delivered_at,
            number=call.number,
            caller_name=call.caller_name,
            outcome=identity.value,
            matches=tuple(screen.matches) if screen else (),
            card=card or None,
            missing=tuple(absent) if identity is Identity.ONE else (),
            data=call.data,
            prefers=_prefers(customer),
        )

    return make


def _prefers(customer: CustomerRef | None) -> dict[str, str] | None:
    """Say how a customer likes to be turned to; whichever card is late."""
    told = {name: getattr(customer, name, None) for name in PREFERENCES}
    return {name: value for name, value in told.items() if value is not None} or None


def callback_requested(callback: Callback) -> telephony.CallbackRequested:
    """Tell that somebody is to be called back."""
    return telephony.CallbackRequested(
        callback_id=callback.id,
        version=callback.version,
        call_id=callback.call_id,
        customer_id=callback.customer_id,
        due=callback.due,
        reason=callback.reason.value,
        queue=callback.queue,
        moved_from=callback.moved_from,
    )


def callback_due(callback: Callback) -> telephony.CallbackDue:
    """Tell that it is time to call back."""
    return telephony.CallbackDue(
        callback_id=callback.id,
        version=callback.version,
        customer_id=callback.customer_id,
        due=callback.due,
        reminders=callback.reminders,
    )


def callback_closed(callback: Callback) -> telephony.CallbackClosed:
    """Tell that nobody needs to call back any more."""
    assert callback.outcome is not None
    return telephony.CallbackClosed(
        callback_id=callback.id,
        version=callback.version,
        customer_id=callback.customer_id,
        outcome=callback.outcome.value,
        call_id=callback.settled_by,
    )


def _our_number(call: Call) -> str | None:
    """Of an outbound call, the number dialled is the customer's."""
    return call.dnis if call.direction is Direction.INBOUND else None


def _ended(call: Call) -> dict[str, Any]:
    return {
        "call_id": call.id,
        "version": call.version,
        "direction": call.direction.value,
        "outcome": call.outcome or "unknown",
        "started_at": call.started_at,
        "ended_at": call.ended_at or call.started_at,
        "dnis": _our_number(call),
        "queue": call.queue,
        "queued_at": call.queued_at,
        "established_at": call.established_at,
        "wait_seconds": seconds(call.wait_ms),
        "talk_seconds": seconds(call.talk_ms),
        "hold_seconds": seconds(call.hold_ms),
        "transfers": call.transfers,
        "agent_id": call.agent_id,
        "device": loggable(call.device),
        "customer_id": call.customer_id,
        "end_reason": call.end_reason,
        "estimated": call.estimated,
        "entity_id": call.entity_id,
        "owner_id": call.owner_id,
        "team_id": call.team_id,
        "territory_id": call.territory_id,
    }
