"""The headers that say why a message was parked and how it came; shared by whoever parks one."""

from collections.abc import Mapping

import pika

from chassis.clock import isoformat, real_now
from chassis.plain.delivery import Delivery

ATTEMPT = "x-attempt"
FIRST_EXCHANGE = "x-first-exchange"
FIRST_ROUTING_KEY = "x-first-routing-key"
HANDLER = "x-handler"  # the handler's queue
REASON_CODE = "x-reason-code"
REASON = "x-reason"  # a sentence without personal data
PARKED_AT = "x-parked-at"
MAX_REASON = 500


def reasons(queue: str, delivery: Delivery, *, code: str, reason: str) -> dict[str, object]:
    """Return the headers that a message gets when it is parked."""
    came = delivery.headers
    return {
        HANDLER: queue,
        FIRST_EXCHANGE: came.get(FIRST_EXCHANGE, delivery.exchange),
        FIRST_ROUTING_KEY: came.get(FIRST_ROUTING_KEY, delivery.routing_key),
        REASON_CODE: code,
        REASON: reason[:MAX_REASON],
        PARKED_AT: isoformat(real_now()),
    }


def onward(
    properties: pika.BasicProperties, headers: Mapping[str, object] | None
) -> pika.BasicProperties:
    """Return the properties with which a message is sent on, under these headers."""
    # An expiration would end it in the next queue, and the broker refuses a user_id that is not ours.
    dropped = {"expiration": None, "user_id": None}
    return pika.BasicProperties(**vars(properties) | dropped | {"headers": headers})
