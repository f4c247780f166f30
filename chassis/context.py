"""What a request brings with it beside its payload."""

from dataclasses import dataclass

# Only these travel as nameko.<name> headers; whatever else arrives is dropped.
CONTEXT_KEYS = (
    "call_id_stack",
    "auth_token",
    "budget_ms",
    "idempotency_key",
    "correlation_id",
    "causation_id",
    "traceparent",
)


@dataclass(frozen=True, slots=True)
class Request:
    """One RPC request as its handler sees it.

    ``deadline`` is a ``time.monotonic()`` instant of this process: the budget counted from arrival.
    """

    method: str
    message_id: str
    correlation_id: str
    causation_id: str
    token: str | None
    idempotency_key: str | None
    deadline: float
    traceparent: str | None = None
    call_id_stack: tuple[str, ...] = ()
