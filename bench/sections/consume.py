"""A fact handler with inbox and effect against a stock handler that promises nothing."""

from bench.ground import Ground
from bench.lines import Bar, Line, rate, ratio
from bench.scale import Scale
from deploy.local.machine import CannotRun

SHORT_ROUNDS = 2  # more and shorter: what disturbs one side then disturbs the other as well
BARS = {"sqlite": Bar(value=0.5), "postgresql": Bar(value=0.3, goal=0.5)}


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Let each work off a queue that was filled before, in turn."""
    count = scale.of(1000)
    stock = ground.child("stock_events")
    facts = {kind: ground.child("hearing", url=ground.database(kind)) for kind in BARS}
    floor: list[float] = []
    rates: dict[str, list[float]] = {kind: [] for kind in BARS}
    for child in (stock, *facts.values()):
        child.ask("run", count=count // 2)  # warm
    for _ in range(SHORT_ROUNDS * scale.rounds):
        floor.append(count / stock.ask("run", count=count))
        for kind, child in facts.items():
            done = child.ask("run", count=count)
            if done["effects"] != count:
                raise CannotRun(f"{kind}: {done['effects']} effects of {count} events")
            rates[kind].append(count / done["seconds"])
    lines = [rate("stock nameko handler, classic queue, no promise", floor)]
    lines += [rate(f"fact with inbox and effect, {kind}", rates[kind]) for kind in BARS]
    lines += [ratio(f"fact / stock, {kind}", rates[kind], floor, bar) for kind, bar in BARS.items()]
    return lines
