"""Parked is what the fault was meant to park, and nothing else."""

import time
from collections import Counter
from collections.abc import Iterator

from chaos.stage import Stage
from chassis import parking
from chassis.parking import Parked

# What the broker parks itself it moves when its queue is settled already.
PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 0.5


def parked(stage: Stage) -> Iterator[str]:
    """Compare what is parked with what was expected, and clear it for the next fault."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while _count(found := _listed(stage)) != +stage.expected.parked:
        if time.monotonic() > deadline:
            break
        time.sleep(PAUSE_SECONDS)
    _drop(stage, found)
    yield from differences(stage.expected.parked, found)


def differences(
    expected: Counter[tuple[str, str]], found: list[tuple[str, Parked]]
) -> Iterator[str]:
    """Yield a sentence for each (service, reason) of which more or fewer are parked than expected."""
    there = _count(found)
    for service, code in sorted(set(there) | set(expected)):
        wanted = expected[service, code]
        if wanted != there[service, code]:
            reasons = {one.reason for of, one in found if (of, one.reason_code) == (service, code)}
            because = f": {'; '.join(sorted(reasons)[:3])}" if reasons else ""
            yield f"{service} has {there[service, code]} parked for {code}, not {wanted}{because}"


def _listed(stage: Stage) -> list[tuple[str, Parked]]:
    uri = stage.house.broker.amqp_uri
    return [
        (service, one)
        for service in stage.house.databases
        for one in parking.list_parked(uri, service)
    ]


def _count(found: list[tuple[str, Parked]]) -> Counter[tuple[str, str]]:
    return Counter((service, one.reason_code) for service, one in found)


def _drop(stage: Stage, found: list[tuple[str, Parked]]) -> None:
    for service in {service for service, _ in found}:
        refs = frozenset(one.ref for of, one in found if of == service)
        choice = parking.Choice(refs=refs)
        parking.drop(stage.house.broker.amqp_uri, service, choice, keep=lambda _: None)
