"""Commands of one service on PostgreSQL by one process, by two and by four: what a replica adds and costs."""

from bench.child import Child
from bench.ground import Ground
from bench.lines import Bar, Line, median_of, rate, ratio
from bench.page import NOTE
from bench.processor import used_seconds
from bench.scale import Scale

COUNTS = (1, 2, 4)
IN_FLIGHT = 40
# Broker, PostgreSQL and caller take their share of the same cores: where these are two, a second
# process can add little, and what this shows is that the processes do not stand in each other's way.
BARS = {2: Bar(value=0.9), 4: Bar(value=0.8)}


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Let the same caller ask one process, then two, then four, in each round."""
    url, calls = ground.database("postgresql"), scale.of(600, step=IN_FLIGHT)
    caller = ground.child("bare_rpc", role="call")
    asked = {"payload": NOTE, "target": ["bench", "add_note"], "token": ground.token()}
    rates: dict[int, list[float]] = {count: [] for count in COUNTS}
    costs: dict[int, list[float]] = {count: [] for count in COUNTS}
    for _ in range(scale.rounds):
        replicas: list[Child] = []
        for count in COUNTS:
            while len(replicas) < count:
                replicas.append(ground.child("service", page="bench", url=url))
                replicas[-1].ask("applied")  # when it answers it serves
            caller.ask("run", **asked, calls=IN_FLIGHT * count, at_once=IN_FLIGHT)  # warm
            pids = [one.pid for one in replicas]
            before = used_seconds(pids)
            rates[count].append(calls / caller.ask("run", **asked, calls=calls, at_once=IN_FLIGHT))
            costs[count].append((used_seconds(pids) - before) / calls * 1e6)
        for one in replicas:
            one.close()
    lines = [rate(f"commands, {_named(count)}", rates[count]) for count in COUNTS]
    lines += [
        ratio(f"{_named(count)} / one", rates[count], rates[1], bar) for count, bar in BARS.items()
    ]
    lines += [
        median_of(f"processor of the service per command, {_named(count)}", costs[count], "us")
        for count in COUNTS
    ]
    return lines


def _named(count: int) -> str:
    return "1 process" if count == 1 else f"{count} processes"
