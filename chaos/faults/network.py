"""The lines between the processes and the broker: cut, reset, dead but open, half open, lossy."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from random import Random

from chaos.faults.fault import Fault
from chaos.lines import Line, lossy
from chaos.stage import Stage

SITE = "network"
LOST_SHARE = 0.1  # of all packets
SILENT_SECONDS = 25.0  # more than two heartbeats of a service

Harm = Callable[[Line, Random], None]
Choice = Callable[[Stage, Random], list[Line]]


def cut(line: Line, _: Random) -> None:
    """End every connection in good order, and refuse new ones."""
    line.refuse()
    line.cut()


def reset(line: Line, _: Random) -> None:
    """Reset every connection; new ones are let through."""
    line.reset()


def freeze(line: Line, _: Random) -> None:
    """Hold every connection open with nothing flowing."""
    line.freeze()


def freeze_there(line: Line, _: Random) -> None:
    """Pass on only what the server says."""
    line.freeze(back=False)


def freeze_back(line: Line, _: Random) -> None:
    """Pass on only what is said to the server."""
    line.freeze(there=False)


def limp(line: Line, dice: Random) -> None:
    """Lose packets."""
    line.limp(lossy(LOST_SHARE, Random(dice.random())))


def every_line(stage: Stage, _: Random) -> list[Line]:
    """Choose the lines of all processes to the broker."""
    return [line for name, line in stage.lines.items() if not name.startswith("db:")]


def one_line(stage: Stage, dice: Random) -> list[Line]:
    """Choose the line of one process to the broker."""
    return [dice.choice(every_line(stage, dice))]


def harmed(
    harm: Harm, choose: Choice, *, forgotten: bool = False
) -> Callable[[Stage, Random], AbstractContextManager[None]]:
    """Return what does something to chosen lines for a while, and heals them.

    ``forgotten``: what was held open is reset then, as by a firewall that has lost its memory of it.
    """

    @contextmanager
    def strike(stage: Stage, dice: Random) -> Iterator[None]:
        lines = choose(stage, dice)
        for line in lines:
            harm(line, dice)
        try:
            yield
        finally:
            for line in lines:
                if forgotten:
                    line.reset()
                line.heal()

    return strike


HARMS: dict[str, tuple[Harm, float, str]] = {
    "cut": (cut, 4.0, "cut, and refused for some seconds"),
    "reset": (reset, 4.0, "reset (RST)"),
    "dead": (freeze, SILENT_SECONDS, "held open with nothing flowing, and then heals"),
    "deaf": (freeze_there, SILENT_SECONDS, "half open: nothing that is sent arrives"),
    "mute": (freeze_back, SILENT_SECONDS, "half open: nothing comes back"),
    "lossy": (limp, 15.0, "losing one packet in ten"),
}
WHOM: dict[str, tuple[Choice, str]] = {
    "one": (one_line, "One process's line to the broker is"),
    "all": (every_line, "Every process's line to the broker is"),
}

FAULTS = (
    *(
        Fault(
            name=f"network-{how}-{whom}",
            about=f"{words} {what}.",
            strike=harmed(harm, choose),
            site=SITE,
            hold_seconds=seconds,
        )
        for how, (harm, seconds, what) in HARMS.items()
        for whom, (choose, words) in WHOM.items()
    ),
    Fault(
        name="network-forgotten",
        about="Every line is held open with nothing flowing, and then reset: the firewall forgot it.",
        strike=harmed(freeze, every_line, forgotten=True),
        site=SITE,
        hold_seconds=SILENT_SECONDS,
    ),
)
