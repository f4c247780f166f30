"""Messages that come twice, late, or in another order than they were told in."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from random import Random

from chaos.courier import courier
from chaos.faults.fault import Fault
from chaos.holding import Held, held_back, holdings
from chaos.replicas import accompanied
from chaos.stage import Stage
from deploy.local.house import Kind
from deploy.local.machine import CannotRun
from rapport_cli import services

ADMINISTRATOR = "administrator"
LATEST = 60  # events, public and private, that are told once more
TIMES = 3
HELD_SECONDS = 6.0


@contextmanager
def tell_again(stage: Stage, dice: Random) -> Iterator[None]:
    """Publish real events once more, each several times at once: to two processes of a service."""
    uri = stage.house.broker.amqp_uri
    with ExitStack() as stack:
        if stage.kind is Kind.POSTGRESQL:  # on SQLite a database has one process
            stack.enter_context(accompanied(stage, dice.choice(_listeners(stage))))
        told = stage.tap.latest(LATEST)
        if not told:
            raise CannotRun("nothing was told yet that could be told again")
        with courier(ADMINISTRATOR, uri) as sender:
            for delivery in told:
                for _ in range(TIMES):
                    sender.pass_on(delivery)
        yield


@contextmanager
def turn_round(stage: Stage, dice: Random) -> Iterator[None]:
    """Hold back what a service should hear, and deliver it last first, behind what came later."""
    held = holdings(services.topology(), dice.choice(_listeners(stage)))
    with held_back(stage.house.broker.amqp_uri, held, lambda messages: messages[::-1]):
        yield


@contextmanager
def shuffle(stage: Stage, dice: Random) -> Iterator[None]:
    """Hold back what every service should hear, and deliver it in any order, some of it twice."""
    topology = services.topology()
    held = [one for service in _listeners(stage) for one in holdings(topology, service)]

    def order(messages: list[Held]) -> list[Held]:
        more = [one for one in messages if dice.random() < 1 / TIMES]
        return dice.sample(messages + more, len(messages) + len(more))

    with held_back(stage.house.broker.amqp_uri, held, order):
        yield


def _listeners(stage: Stage) -> list[str]:
    """List the services that hear anything."""
    topology = services.topology()
    return [one for one in stage.house.databases if holdings(topology, one)]


FAULTS = (
    Fault(
        name="events-told-again",
        about="Events that were told already come three times more, at once and to two processes.",
        strike=tell_again,
        site="messages",
        needs=frozenset({"accounts", "sales"}),
    ),
    Fault(
        name="events-turned-round",
        about="What a service should hear is held back and comes last first, behind newer events.",
        strike=turn_round,
        site="messages",
        hold_seconds=HELD_SECONDS,
        needs=frozenset({"accounts", "sales"}),
    ),
    Fault(
        name="events-shuffled",
        about="What all services should hear is held back and comes in any order, some of it twice.",
        strike=shuffle,
        site="messages",
        hold_seconds=HELD_SECONDS,
        needs=frozenset({"accounts", "sales"}),
    ),
)
