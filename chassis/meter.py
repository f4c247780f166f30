"""Every run of an entrypoint, counted, timed and logged in one line."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from chassis import metrics
from chassis.errors import Problem, Refused
from chassis.logs import get_logger

log = get_logger(__name__)


class Meter:
    """Count, time and log the runs of one entrypoint; its series exist from the start."""

    def __init__(self, service: str, entrypoint: str, kind: str) -> None:
        metrics.announce(service, entrypoint, kind)
        self._name = entrypoint
        self._seconds = metrics.DURATION.labels(service, entrypoint, kind)
        self._running = metrics.IN_PROGRESS.labels(service)
        self._ended = {
            outcome: metrics.REQUESTS.labels(service, entrypoint, kind, outcome)
            for outcome in metrics.OUTCOMES
        }

    @contextmanager
    def run(self, correlation_id: str) -> Iterator[None]:
        """Measure one run."""
        started = time.perf_counter()
        self._running.inc()
        outcome, code = "error", "bug"
        try:
            yield
            outcome, code = "success", "ok"
        except Problem as problem:
            outcome = "refused" if isinstance(problem, Refused) else "error"
            code = problem.code
            raise
        finally:
            seconds = time.perf_counter() - started
            self._running.dec()
            self._ended[outcome].inc()
            self._seconds.observe(seconds)
            log.info(
                "done",
                entrypoint=self._name,
                ms=round(seconds * 1000, 2),
                outcome=code,
                correlation_id=correlation_id,
            )
