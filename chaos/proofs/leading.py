"""One process of each service leads its database, however many there are."""

from collections.abc import Iterator
from functools import partial

from chaos.replicas import leaders_of
from chaos.stage import Stage
from deploy.local.machine import CannotRun

PATIENCE_SECONDS = 30.0  # a new leader may just be taking over


def led_by_one(stage: Stage) -> Iterator[str]:
    """Name the services that nobody leads, and those that two lead."""
    for service in stage.house.databases:
        try:
            stage.wait(
                partial(_is_led, stage, service),
                PATIENCE_SECONDS,
                f"one leads {service}",
            )
        except CannotRun:
            leaders = leaders_of(stage, service)
            yield f"{service} is led by {', '.join(leaders) or 'nobody'}"


def _is_led(stage: Stage, service: str) -> bool:
    return len(leaders_of(stage, service)) == 1
