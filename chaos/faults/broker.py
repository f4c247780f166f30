"""The broker: dead, away, standing still, short of memory or disk."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from random import Random

from chaos.alarms import short_of_disk, short_of_memory
from chaos.faults.fault import Fault
from chaos.stage import Stage
from chassis.errors import Unavailable
from deploy.local import services
from deploy.local.broker import Broker
from deploy.local.machine import CannotRun

SITE = "broker"
NOTICE_SECONDS = 20.0  # until a service whose outbox grows says that the broker takes nothing
ANSWER_SECONDS = 6.0  # in which a call is refused meanwhile, on a busy machine too
REFUSES = "the broker refuses publishes"


def own_broker(stage: Stage) -> Broker:
    """Return the broker of this house.

    :raises CannotRun: if it is somebody else's, which nobody may break.
    """
    broker = stage.house.broker
    if not isinstance(broker, Broker):
        raise CannotRun("This broker is not ours to break: unset RAPPORT_AMQP_URI.")
    return broker


@contextmanager
def kill(stage: Stage, dice: Random) -> Iterator[None]:
    """Kill the node at some instant, and start it again on what is on its disk."""
    broker = own_broker(stage)
    time.sleep(dice.uniform(0.0, 1.0))
    broker.kill()
    try:
        yield
    finally:
        broker.start()


@contextmanager
def stop(stage: Stage, _: Random) -> Iterator[None]:
    """Stop the node in good order, and start it again."""
    broker = own_broker(stage)
    broker.stop()
    try:
        yield
    finally:
        broker.start()


@contextmanager
def freeze(stage: Stage, _: Random) -> Iterator[None]:
    """Suspend the node, its connections held open, and let it go on."""
    broker = own_broker(stage)
    broker.freeze(frozen=True)
    try:
        yield
    finally:
        broker.freeze(frozen=False)


def _alarm(
    raised: Callable[[Broker], AbstractContextManager[None]],
) -> Callable[[Stage, Random], AbstractContextManager[None]]:
    @contextmanager
    def strike(stage: Stage, _: Random) -> Iterator[None]:
        with raised(own_broker(stage)):
            _refused_at_once(stage)
            yield
            for name in stage.house.databases:
                stage.wait(
                    partial(_says_so, stage, name),
                    NOTICE_SECONDS,
                    f"{name}, which has something to tell, says that the broker refuses it",
                )

    return strike


def _says_so(stage: Stage, name: str) -> bool:
    """Tell whether a service with a full outbox is not ready; who tells nothing never hears of it."""
    told = REFUSES in services.complaints(stage.house.places[name]).values()
    return told or not stage.rows(name, "select count(*) as n from outbox")[0]["n"]


def _refused_at_once(stage: Stage) -> None:
    """See that a caller is told at once instead of being left to wait."""
    began = time.monotonic()
    try:
        stage.ask_once("accounts.get_record", {"kind": "customer", "id": "nobody"})
    except Unavailable:
        took = time.monotonic() - began
        if took > ANSWER_SECONDS:
            raise CannotRun(f"a call was refused after {took:.1f} s only") from None
    else:
        raise CannotRun("the broker has raised an alarm, and takes messages")


FAULTS = (
    Fault(
        name="broker-killed",
        about="The broker is killed (SIGKILL) and comes back on what is on its disk.",
        strike=kill,
        site=SITE,
    ),
    Fault(
        name="broker-stopped",
        about="The broker is stopped in good order, and started again.",
        strike=stop,
        site=SITE,
    ),
    Fault(
        name="broker-frozen",
        about="The broker stands still for ten seconds (SIGSTOP), its connections held open.",
        strike=freeze,
        site=SITE,
        hold_seconds=10.0,
    ),
    Fault(
        name="broker-frozen-long",
        about="The broker stands still for longer than two heartbeats.",
        strike=freeze,
        site=SITE,
        hold_seconds=25.0,
    ),
    Fault(
        name="memory-alarm",
        about="The broker is short of memory: it takes no messages until it has more.",
        strike=_alarm(short_of_memory),
        site=SITE,
        hold_seconds=8.0,
    ),
    Fault(
        name="disk-alarm",
        about="The broker is short of disk: it takes no messages until it has more.",
        strike=_alarm(short_of_disk),
        site=SITE,
        hold_seconds=8.0,
    ),
)
