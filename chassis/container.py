"""nameko's container with a worker for every lane, a bound for every worker and for the drain."""

import logging
import sys
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

import eventlet
from eventlet.greenpool import GreenPool
from nameko.containers import ServiceContainer, WorkerContext

from chassis.errors import Unavailable

DRAIN_SECONDS = 25.0
DRAIN_KEY = "drain_seconds"  # in nameko's configuration

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]
Finish = Callable[[WorkerContext, object, ExcInfo | None], tuple[object, ExcInfo | None]]


class Container(ServiceContainer):  # type: ignore[misc]  # nameko has no types
    """Run the entrypoints of one service.

    An entrypoint may offer ``workers()`` (whose they are, how many), ``seconds_left(args)`` and
    ``overdue(started=…)``.
    """

    def __init__(self, service_cls: type, config: dict[str, Any]) -> None:
        super().__init__(service_cls, config)
        # nameko would log every refusal with a traceback; the entrypoints know which are bugs.
        logging.getLogger("nameko.containers").setLevel(logging.CRITICAL)
        # A reader that waits for a worker cannot read: there is one for whatever it may deliver.
        self.max_workers = max(1, workers_needed(self.entrypoints))
        # Twice, because a worker starts the next one before it ends: a full pool would run that
        # one inside the first, and so on until the stack is exhausted.
        self._worker_pool = GreenPool(size=2 * self.max_workers)

    def start(self) -> None:
        """Start everything.

        :raises TopologyMismatch: if the broker does not hold what this service consumes.
        """
        super().start()
        for extension in self.extensions:
            mismatch = getattr(extension, "mismatch", None)
            if mismatch is not None:
                raise mismatch

    def stop(self) -> None:
        """Drain: stop consuming, let running work end and acknowledge, but not for ever."""
        seconds = float(self.config.get(DRAIN_KEY, DRAIN_SECONDS))
        # What is killed was not acknowledged, so that another process does it.
        bound = eventlet.spawn_after(seconds, self.kill)
        try:
            super().stop()
        finally:
            bound.cancel()

    def _run_worker(self, worker_ctx: WorkerContext, handle_result: Finish) -> None:
        if not hasattr(worker_ctx.entrypoint, "seconds_left"):
            super()._run_worker(worker_ctx, handle_result)
            return
        # nameko's own way, without its bound-less call and a tenth of a millisecond of logging.
        self._inject_dependencies(worker_ctx)
        self._worker_setup(worker_ctx)
        result, exc_info = _bounded(worker_ctx)
        result, exc_info = handle_result(worker_ctx, result, exc_info)
        self._worker_result(worker_ctx, result, exc_info)
        self._worker_teardown(worker_ctx)


def _bounded(worker_ctx: WorkerContext) -> tuple[object, ExcInfo | None]:
    """Call the method and return its result or how it failed."""
    entrypoint = worker_ctx.entrypoint
    seconds = entrypoint.seconds_left(worker_ctx.args)
    if seconds <= 0:
        return None, _failure(entrypoint.overdue(started=False))
    method = getattr(worker_ctx.service, entrypoint.method_name)
    bound = eventlet.Timeout(seconds)
    try:
        return method(*worker_ctx.args), None
    except eventlet.Timeout:
        # Not an Exception, so that the method cannot take it for a failure of its own, and the
        # database gives up the connection whose state nobody knows.
        return None, _failure(entrypoint.overdue(started=True))
    except Exception:  # noqa: BLE001 - the one place where work ends; the entrypoint tells bugs apart
        return None, sys.exc_info()  # type: ignore[return-value]  # something is being handled
    finally:
        bound.cancel()


def workers_needed(entrypoints: Iterable[Any]) -> int:
    """Add up the workers of all entrypoints, counting what some share once."""
    needed: dict[object, int] = {}
    for entrypoint in entrypoints:
        workers = getattr(entrypoint, "workers", None)
        owner, count = workers() if workers else (entrypoint, 1)
        needed[owner] = max(needed.get(owner, 0), count)
    return sum(needed.values())


def _failure(problem: Unavailable) -> ExcInfo:
    try:
        raise problem
    except Unavailable:
        return sys.exc_info()  # type: ignore[return-value]  # something is being handled
