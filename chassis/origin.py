"""Where a piece of work comes from."""

from dataclasses import dataclass

from chassis.caller import Caller, as_service
from chassis.ids import new_id


@dataclass(frozen=True, slots=True)
class Origin:
    """Who asked for a piece of work, through which channel, in which conversation."""

    service: str  # which service does it
    caller: Caller
    channel: str  # rpc:<method>, event:<handler>, timer:<kind>, process:<kind>
    correlation_id: str
    causation_id: str
    traceparent: str | None = None
    permission: str | None = None
    method: str = ""
    key: str | None = None  # of the request: the same on every resend; None if nobody asked
    told_at: float | None = None  # of an event: when its source committed it, by the real clock

    @property
    def actor(self) -> str:
        """Return who is answerable: the person behind a service, or the service itself."""
        return self.caller.on_behalf_of or self.caller.subject


def internal(service: str, channel: str, correlation_id: str | None = None) -> Origin:
    """Return the origin of what a service does by itself."""
    correlation = correlation_id or new_id()
    return Origin(service, as_service(service), channel, correlation, correlation)
