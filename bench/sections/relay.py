"""The relay against a confirm for each message, to the same quorum queue, with the same events."""

from bench.ground import Ground
from bench.lines import Bar, Line, rate, ratio
from bench.scale import Scale

DATABASES = ("sqlite", "postgresql")
BAR = Bar(value=6.0)


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Send events both ways in turn; the relay's time ends when its outbox is empty."""
    each = ground.child("confirming")
    each.ask("ready")  # it declares the queue
    relays = {kind: ground.child("relaying", url=ground.database(kind)) for kind in DATABASES}
    few, many = scale.of(2000), scale.of(10_000)
    floor: list[float] = []
    rates: dict[str, list[float]] = {kind: [] for kind in DATABASES}
    for relay in relays.values():
        relay.ask("run", count=few)  # warm
    for _ in range(scale.rounds):
        floor.append(few / each.ask("run", count=few))
        for kind, relay in relays.items():
            rates[kind].append(many / relay.ask("run", count=many))
    lines = [rate("confirm per message, py-amqp, no database", floor)]
    lines += [rate(f"relay from {kind}", rates[kind]) for kind in DATABASES]
    lines += [ratio(f"relay / confirm each, {kind}", rates[kind], floor, BAR) for kind in DATABASES]
    return lines
