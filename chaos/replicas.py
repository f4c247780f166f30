"""Several processes of one service: which leads, and how many there are."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client.parser import text_string_to_metric_families

from chaos.stage import Stage
from deploy.local import services
from deploy.local.machine import CannotRun

LEADER = "crm_leader"
ELECTION_SECONDS = 20.0


def spread(stage: Stage, count: int) -> None:
    """Run so many processes of every service, and wait until all take work.

    :raises CannotRun: if one does not.
    """
    for service in stage.house.databases:
        for _ in range(count - len(stage.of_service(service))):
            stage.restart(stage.house.replicate(service))
    stage.await_all_ready(services.READY_SECONDS * count)


def leaders_of(stage: Stage, service: str) -> list[str]:
    """Name the processes of a service that say that they lead its database."""
    return [name for name in stage.of_service(service) if _leads(stage, name)]


def leader_of(stage: Stage, service: str) -> str:
    """Name the one that leads, as soon as there is one.

    :raises CannotRun: if none does, or two, for too long.
    """
    stage.wait(
        lambda: len(leaders_of(stage, service)) == 1,
        ELECTION_SECONDS,
        f"one of the processes of {service} leads",
    )
    leaders = leaders_of(stage, service)
    if len(leaders) != 1:
        raise CannotRun(f"{', '.join(leaders) or 'nobody'} leads {service}")
    return leaders[0]


@contextmanager
def accompanied(stage: Stage, service: str) -> Iterator[list[str]]:
    """Run at least two processes of a service for a while."""
    added = []
    if len(stage.of_service(service)) == 1:
        added = [stage.house.replicate(service)]
        stage.house.restart(added[0])
    try:
        yield stage.of_service(service)
    finally:
        for name in added:
            stage.house.retire(name)


def _leads(stage: Stage, name: str) -> bool:
    families = text_string_to_metric_families(services.metrics_text(stage.house.places[name]))
    return any(
        sample.value == 1 for one in families for sample in one.samples if sample.name == LEADER
    )
