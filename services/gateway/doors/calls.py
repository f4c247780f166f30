"""Asking a service on behalf of somebody outside, and what its refusals mean out there."""

import asyncio
import time
from typing import Protocol

from chassis import metrics
from chassis.errors import Forbidden, Problem, Refused, RemoteBug, Unavailable
from chassis.logs import get_logger
from chassis.plain.rpc import Ask, Client
from chassis.tokens import Signer

log = get_logger(__name__)

BUDGET_SECONDS = 5.0
_GRACE_SECONDS = 2.0  # the client ends every call in time; this bounds its thread's death
_OURS = ("rpc.", "auth.", "idempotency.")  # codes that nobody outside can do anything about


class ServiceSlow(Unavailable):
    """Say that no answer came in time; what was asked for may still have been done."""

    status = 504
    code = "gateway.service.slow"


class ServiceFailed(Problem):
    """Say that a service failed, or that we asked it wrongly."""

    category = "bug"
    status = 502
    code = "gateway.service.failed"


class Services(Protocol):
    """The way to the services."""

    async def call(
        self, target: str, payload: dict[str, object], *, key: str | None, correlation_id: str
    ) -> object:
        """Call ``service.method`` and return its answer.

        :raises Problem: as it is to be told outside.
        """


class Asker(Client):
    """A client that says how it is."""

    def complaint(self) -> str | None:
        """Say why nobody can be asked at present; None is well."""
        problem = self._link.blocked or self._link.problem
        return problem.message if problem else None


class Bus:
    """The services behind the broker, called with the gateway's own token."""

    def __init__(self, client: Client, signer: Signer, name: str) -> None:
        self._client, self._signer, self._name = client, signer, name

    async def call(
        self, target: str, payload: dict[str, object], *, key: str | None, correlation_id: str
    ) -> object:
        """Call ``service.method`` within the budget."""
        service, _, method = target.partition(".")
        ask = Ask(
            token=self._signer.for_service(service),
            timeout_seconds=BUDGET_SECONDS,
            idempotency_key=key,
            correlation_id=correlation_id,
        )
        started, outcome = time.perf_counter(), "error"
        try:
            answer = asyncio.wrap_future(self._client.submit(service, method, payload, ask=ask))
            found = await asyncio.wait_for(answer, BUDGET_SECONDS + _GRACE_SECONDS)
            outcome = "success"
        except (Problem, RemoteBug, TimeoutError) as error:
            outcome = "refused" if isinstance(error, Refused) else "error"
            raise told_outside(error, target) from error
        finally:
            seconds = metrics.RPC_CLIENT.labels(self._name, service, outcome)
            seconds.observe(time.perf_counter() - started)
        return found


def told_outside(error: Exception, target: str) -> Problem:
    """Turn what a call ended with into what somebody outside is told."""
    if isinstance(error, TimeoutError) or getattr(error, "code", "") == "rpc.timeout":
        return ServiceSlow("No answer came in time; it may still have been done.")
    if isinstance(error, Unavailable):
        return Unavailable("This cannot be done at present; try again later.", code=error.code)
    if isinstance(error, Refused) and not _is_ours(error):
        return error
    log.error("a service failed", target=target, code=getattr(error, "code", "bug"))
    return ServiceFailed("Something went wrong on our side.")


def _is_ours(refused: Refused) -> bool:
    return isinstance(refused, Forbidden) or refused.code.startswith(_OURS)
