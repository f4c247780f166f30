"""What the agent whose phone rings should see: told once for each ringing, and never late."""

from collections.abc import Iterable, Mapping

from chassis.ids import natural_id
from chassis.work import Work
from services.telephony.domain import calls as rules
from services.telephony.domain.calls import Direction, Identity, Leg
from services.telephony.reads import calls as reads
from services.telephony.reads import records, telling
from services.telephony.tables import Call, CallDelivery

POP_DUE = "call.pop_due"  # the kind of the timer
CARD_SERVICES = ("accounts", "sales", "service_desk")


def note_rung(work: Work, call: Call, legs: Iterable[Leg]) -> None:
    """Tell each agent's phone that rang, once, and have something pop there.

    A phone is in every event after its ringing, so a missed or late event loses none.
    """
    fresh = [leg for leg in rules.rung(legs) if _note(work, call, leg)]
    if fresh:
        tell_ready(work, call)


def tell_ready(work: Work, call: Call) -> None:
    """Tell what is to pop wherever this call rang, if all that can be shown is there."""
    if _is_ready(work, call):
        for delivery in reads.untold(work, call.id):
            work.cancel(POP_DUE, delivery.id)
            _tell(work, call, delivery)


def pop_late(work: Work, *, key: str, data: Mapping[str, object]) -> None:
    """Tell what is known by now: an answer that comes later than this is no help to anybody."""
    call = records.call(work, str(data["call_id"]))
    delivery = reads.delivery(work, key)
    if call is not None and delivery is not None and not delivery.popped:
        _tell(work, call, delivery)
        forget(work, call)


def forget(work: Work, call: Call) -> None:
    """Forget what pops show of a customer once nothing can pop any more."""
    screen = reads.screen(work, call.id)
    if screen is not None and call.told_end_at is not None and not reads.untold(work, call.id):
        work.session.delete(screen)
        work.flush()


def _note(work: Work, call: Call, leg: Leg) -> bool:
    assert leg.alerting_at is not None, "only what rang is noted"
    row = {
        "id": natural_id("call_delivery", call.id, leg.leg_id),
        "call_id": call.id,
        "device": leg.device,
        "agent_id": records.agent_of(work, leg.device),
        "delivered_at": leg.alerting_at,
        "popped": call.direction is Direction.INTERNAL,  # colleagues need no card
    }
    if not work.insert_once(CallDelivery.__table__, row):
        return False
    work.tell(telling.call_delivered(CallDelivery(**row)), call)
    if not row["popped"]:
        work.at(work.now + rules.POP_PATIENCE, POP_DUE, str(row["id"]), {"call_id": call.id})
    return True


def _is_ready(work: Work, call: Call) -> bool:
    if call.number is None and call.identity is None:
        # Whom we call may be told with the next event; who calls us without a number stays unknown.
        return call.direction is Direction.INBOUND
    if call.identity is not Identity.ONE:
        return call.identity is not None
    screen = reads.screen(work, call.id)
    return call.is_linked or screen is None or screen.card is not None


def _tell(work: Work, call: Call, delivery: CallDelivery) -> None:
    delivery.popped = True
    work.flush()
    screen = reads.screen(work, call.id)
    customer = records.customer(work, call.customer_id) if call.customer_id else None
    work.tell(telling.screen_popped(delivery, screen, customer, expected=CARD_SERVICES), call)
