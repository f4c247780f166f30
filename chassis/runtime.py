"""What one running service holds: its database, clock, keys and links."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeAlias

from prometheus_client import Gauge
from sqlalchemy.orm import Session

from chassis.clock import Clock
from chassis.config import Settings
from chassis.database import Database
from chassis.errors import Unavailable
from chassis.origin import Origin
from chassis.steps import Process
from chassis.tables import CopyRow
from chassis.tokens import Signer, Verifier
from chassis.work import Work, looking, working

RPC_TIMEOUT_SECONDS = 10.0

Figures: TypeAlias = Callable[[Session, datetime], Mapping[str, float]]  # at the business instant


class Link(Protocol):
    """The way to other services (chassis.link in a service, chassis.plain.rpc elsewhere)."""

    def call(self, service: str, method: str, payload: dict[str, Any], **options: Any) -> object:
        """Ask another service and wait for the answer, at most as long as the budget."""


def _asleep() -> None:
    """Do nothing: nobody is waiting to hear of a commit."""


@dataclass(eq=False)
class Runtime:
    """Everything an entrypoint of one service needs; built once when the process starts."""

    settings: Settings
    database: Database
    clock: Clock
    signer: Signer
    verifier: Verifier
    own: Any = None  # the settings that only this service has
    link: Link | None = None
    wake: Callable[[], None] = _asleep  # tells the relay that something was committed
    timers: dict[str, Callable[..., object]] = field(default_factory=dict)
    processes: dict[str, Process[Any]] = field(default_factory=dict)
    copies: dict[str, CopyRow] = field(default_factory=dict)
    gauges: dict[str, tuple[Gauge, Figures]] = field(default_factory=dict)

    @property
    def service(self) -> str:
        """Return the service's name."""
        return self.settings.service

    def working(self, origin: Origin) -> AbstractContextManager[Work]:
        """Open a transaction that writes."""
        return working(self.database, self.clock, origin, self.own)

    def looking(self, origin: Origin) -> AbstractContextManager[Work]:
        """Open a transaction that only reads."""
        return looking(self.database, self.clock, origin, self.own)

    def call(  # noqa: PLR0913  # whom, what, and within which bounds
        self,
        target: str,
        method: str,
        payload: dict[str, Any],
        *,
        origin: Origin,
        budget_seconds: float = RPC_TIMEOUT_SECONDS,
        idempotency_key: str | None = None,
    ) -> object:
        """Ask another service, as this service, on behalf of whoever is behind the work.

        :raises Problem: whatever the callee refuses, or Unavailable within the budget.
        """
        if self.link is None:
            raise Unavailable("This process has no link to other services.", code="rpc.no_link")
        person = origin.actor if origin.actor.startswith("person:") else None
        return self.link.call(
            target,
            method,
            payload,
            token=self.signer.for_service(target, person),
            budget_seconds=budget_seconds,
            idempotency_key=idempotency_key,
            correlation_id=origin.correlation_id,
            causation_id=origin.causation_id,
            traceparent=origin.traceparent,
        )


def build(settings: Settings, *, pool_size: int, own: object = None) -> Runtime:
    """Build the runtime of a service from its settings; connects to nothing yet."""
    return Runtime(
        own=own,
        settings=settings,
        database=Database(settings.database_url, pool_size=pool_size),
        clock=Clock(settings.clock_file, production=settings.production),
        signer=Signer(settings.signing_key, settings.service),
        verifier=Verifier(settings.public_keys, settings.service),
    )
