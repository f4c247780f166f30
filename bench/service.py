"""A whole service as a process: ``python -m bench.service JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import time

import eventlet
from sqlalchemy import event
from sqlalchemy.orm import Session

from bench.child import config, serve
from bench.housing import opened
from bench.page import NOTE, add_note
from chassis.origin import internal
from chassis.runtime import Runtime

applied: dict[str, float] = {}  # note -> the instant at which its effect was committed


def tell(runtime: Runtime, per_second: int, seconds: int) -> dict[str, float]:
    """Commit notes at a steady pace; return when each was committed."""
    committed: dict[str, float] = {}
    begun = time.monotonic()
    for number in range(per_second * seconds):
        eventlet.sleep(max(0.0, begun + number / per_second - time.monotonic()))
        eventlet.spawn_n(_tell_one, runtime, committed)
    while len(committed) < per_second * seconds:
        eventlet.sleep(0.01)
    return committed


def _tell_one(runtime: Runtime, committed: dict[str, float]) -> None:
    with runtime.working(internal("bench", "bench")) as work:
        note = add_note(work, **NOTE)
    committed[note.id] = time.time()
    runtime.wake()


def main() -> None:
    """Serve until nobody asks any more."""
    runtime = opened(config())

    @event.listens_for(Session, "after_commit")
    def note_instant(session: Session) -> None:
        applied.update(dict.fromkeys(session.info.pop("heard", []), time.time()))

    serve(
        ready=lambda: True,
        tell=lambda per_second, seconds: tell(runtime, per_second, seconds),
        applied=lambda: applied,
    )


if __name__ == "__main__":
    main()
