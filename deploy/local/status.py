"""How the house stands: its processes, queues, outboxes and parked messages."""

from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from deploy.local import management, services
from deploy.local.house import House, Kind
from deploy.local.management import QueueState

OUTBOX_METRIC = "crm_outbox_pending"
PARKED_SUFFIX = ".parked"


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """How one service stands; `outbox_pending` is None where it does not say."""

    name: str
    pid: int | None
    is_ready: bool
    outbox_pending: int | None
    parked: int


@dataclass(frozen=True, slots=True)
class Status:
    """How the house stands at one moment."""

    broker: bool
    database: bool
    services: tuple[ServiceStatus, ...]
    queues: tuple[QueueState, ...]

    @property
    def is_up(self) -> bool:
        """Tell whether everything runs and takes work."""
        ready = all(service.is_ready for service in self.services)
        return self.broker and self.database and bool(self.services) and ready

    @property
    def parked(self) -> int:
        """Count the messages that wait for a person."""
        return sum(service.parked for service in self.services)

    @property
    def outbox_pending(self) -> int:
        """Count the events that are committed but not confirmed, as far as services say."""
        return sum(service.outbox_pending or 0 for service in self.services)


def look(house: House) -> Status:
    """Look at every part of the house, whatever state it is in."""
    queues = tuple(_queues(house))
    parked = {queue.name: queue.ready + queue.unacked for queue in queues}
    found = []
    for name, place in sorted(house.places.items()):
        running = place.process.pid if place.process and place.is_running else None
        found.append(
            ServiceStatus(
                name,
                running,
                running is not None and services.is_ready(place),
                metric(services.metrics_text(place), OUTBOX_METRIC) if running else None,
                parked.get(name + PARKED_SUFFIX, 0),
            )
        )
    serves = house.kind is Kind.SQLITE or house.postgres.is_up()
    return Status(house.broker.is_up(), serves, tuple(found), queues)


def metric(text: str, name: str) -> int | None:
    """Return the sum of one metric's samples, or None if it is not exported."""
    families = text_string_to_metric_families(text)
    values = [
        sample.value for family in families for sample in family.samples if sample.name == name
    ]
    return int(sum(values)) if values else None


def render(status: Status) -> str:
    """Write a status as the lines a person reads."""
    lines = [f"broker    {_word(status.broker)}", f"database  {_word(status.database)}", ""]
    lines.append(f"{'service':<24}{'process':>9}  {'state':<6}{'outbox':>8}{'parked':>8}")
    for one in status.services:
        state = "ready" if one.is_ready else ("up" if one.pid else "down")
        outbox = "-" if one.outbox_pending is None else one.outbox_pending
        lines.append(f"{one.name:<24}{one.pid or '-':>9}  {state:<6}{outbox:>8}{one.parked:>8}")
    lines += ["", f"{'queue':<58}{'kind':<8}{'ready':>8}{'unacked':>9}{'consumers':>11}"]
    lines += [
        f"{one.name:<58}{one.kind:<8}{one.ready:>8}{one.unacked:>9}{one.consumers:>11}"
        for one in status.queues
    ]
    lines += ["", "everything is up" if status.is_up else "something is down"]
    return "\n".join(lines)


def _queues(house: House) -> list[QueueState]:
    if house.broker.management_uri is None:
        return []
    try:
        return management.queues(house.broker.management_uri)
    except httpx.HTTPError:
        return []


def _word(serves: bool) -> str:
    return "up" if serves else "down"
