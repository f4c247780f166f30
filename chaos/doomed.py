"""A service that dies at a chosen point of its work: `python -m chaos.doomed SERVICE POINT NTH`.

The death is planted from outside, by wrapping functions of the chassis: none of them knows of it.
"""

from chassis import runner  # eventlet patches the standard library before anything imports it

# isort: split
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial, wraps
from typing import Any, TypeAlias

from sqlalchemy import event
from sqlalchemy.orm import Session

from chaos.epitaph import last_words
from chassis import acting, handling, processes, relay, rpc, runtime, subscribe
from chassis.config import environment
from chassis.turn import Turn

EXIT_DOOMED = 9
ARGUMENTS = 4  # the program, the service, the point, and which time it is reached
SECOND = 2

Strike: TypeAlias = Callable[[], None]
When: TypeAlias = Callable[..., bool]


def plant(point: str, nth: int) -> None:
    """Have this process die when it reaches a point for the nth time."""
    left = nth

    def strike() -> None:
        nonlocal left
        left -= 1
        if left == 0:
            print(last_words(point), file=sys.stderr, flush=True)
            os._exit(EXIT_DOOMED)

    POINTS[point](strike)


def _always(*_: object) -> bool:
    return True


def _before(owner: Any, name: str, strike: Strike, when: When = _always) -> None:
    """Strike when a function is called."""
    real = getattr(owner, name)

    @wraps(real)
    def doomed(*args: Any, **options: Any) -> Any:
        if when(*args):
            strike()
        return real(*args, **options)

    setattr(owner, name, doomed)


def _after(owner: Any, name: str, strike: Strike, when: When = _always) -> None:
    """Strike when a function has done its work."""
    real = getattr(owner, name)

    @wraps(real)
    def doomed(*args: Any, **options: Any) -> Any:
        result = real(*args, **options)
        if when(*args):
            strike()
        return result

    setattr(owner, name, doomed)


def _at(moment: str, strike: Strike) -> None:
    """Strike at a moment of each transaction that holds a piece of work."""
    event.listen(Session, moment, lambda session: strike() if "work" in session.info else None)


def _applied(*args: Any) -> bool:
    _, _, _, _, failure = args[1:]  # of Handler._finish
    return failure is None


def _has_more_steps(turn: Turn, _: float) -> bool:
    return bool(turn.row.status == "running" and turn.row.step + 1 < len(turn.process.steps))


def _is_second(*args: Any) -> bool:
    """Say whether an event is the second that was applied in its transaction."""
    info = next(one for one in args if isinstance(one, Session)).info
    info["applied"] = info.get("applied", 0) + 1
    return bool(info["applied"] == SECOND)


POINTS: dict[str, Callable[[Strike], None]] = {
    "before-commit": partial(_at, "before_commit"),
    "after-commit": partial(_at, "after_commit"),
    "in-shared-commit": lambda strike: _after(handling, "_fact", strike, _is_second),
    "before-ack": lambda strike: _before(subscribe.Handler, "_finish", strike, _applied),
    "before-reply": lambda strike: _before(rpc.Replies, "send", strike),
    "after-reply": lambda strike: _after(rpc.Replies, "send", strike),
    "before-confirm": lambda strike: _after(relay.Relay, "_write", strike),
    "before-mark": lambda strike: _before(relay, "delete_sent", strike),
    "between-steps": lambda strike: _after(processes, "take", strike, _has_more_steps),
    "after-answer": lambda strike: _after(runtime.Runtime, "call", strike),
    "before-effect": lambda strike: _before(acting, "_run_once", strike),
    "after-effect": lambda strike: _after(acting, "_run", strike),
}


def main(words: Sequence[str]) -> int:
    """Run a service until it dies, or is told to stop."""
    if len(words) != ARGUMENTS or words[2] not in POINTS or not words[3].isdigit():
        print("usage: python -m chaos.doomed SERVICE POINT NTH", file=sys.stderr)
        print(f"points: {', '.join(POINTS)}", file=sys.stderr)
        return runner.EXIT_USAGE
    plant(words[2], int(words[3]))
    return runner.run(words[1], environment())


if __name__ == "__main__":
    status = main(sys.argv)
    sys.stdout.flush()
    os._exit(status)
