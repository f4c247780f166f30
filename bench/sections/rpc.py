"""RPC echo: the chassis against stock nameko, each server and each caller a process of its own."""

from dataclasses import dataclass, field

from bench.child import Child
from bench.ground import Ground
from bench.lines import Bar, Line, median_of, rate, ratio
from bench.processor import used_seconds
from bench.scale import Scale

IN_FLIGHT = 30
PAYLOAD = {"text": "sixty characters of text, as a name and an address would be", "number": 4711}
STANDALONE, PROXY = "stock nameko, standalone proxy", "stock nameko, RpcProxy in a service"
BARE, FULL, RAW = "chassis transport", "chassis full entrypoint", "raw py-amqp"
BARS = {(BARE, 1): 2.0, (BARE, IN_FLIGHT): 3.0, (FULL, 1): 1.5, (FULL, IN_FLIGHT): 2.0}


@dataclass(slots=True)
class Contender:
    """A caller and the server that it calls, and what was measured of them by calls in flight."""

    caller: Child
    pids: tuple[int, ...]  # everybody who works for a call, the broker included
    asked: dict[str, object] = field(default_factory=dict)
    rates: dict[int, list[float]] = field(default_factory=lambda: {1: [], IN_FLIGHT: []})
    costs: dict[int, list[float]] = field(default_factory=lambda: {1: [], IN_FLIGHT: []})

    def run(self, calls: int, at_once: int) -> None:
        """Make so many calls; note calls in a second and processor microseconds for each."""
        before = used_seconds(self.pids)
        given = {"payload": PAYLOAD, "calls": calls, "at_once": at_once, **self.asked}
        seconds: float = self.caller.ask("run", **given)
        self.rates[at_once].append(calls / seconds)
        self.costs[at_once].append((used_seconds(self.pids) - before) / calls * 1e6)


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Let every caller ask in turn, one call at a time and thirty in flight."""
    contenders = _contenders(ground)
    calls = {1: scale.of(200), IN_FLIGHT: scale.of(600, step=IN_FLIGHT)}
    for one in contenders.values():
        one.run(calls[IN_FLIGHT] // 2, IN_FLIGHT)  # warm
        one.rates[IN_FLIGHT].clear()
        one.costs[IN_FLIGHT].clear()
    for _ in range(scale.rounds):
        for at_once, count in calls.items():
            for one in contenders.values():
                one.run(count, at_once)
    return [line for at_once in calls for line in _lines(contenders, at_once)]


def _contenders(ground: Ground) -> dict[str, Contender]:
    stock, bare, raw = (
        ground.child(module, role="serve") for module in ("stock_rpc", "bare_rpc", "raw_rpc")
    )
    full = ground.child("service", page="bench", url=ground.database("sqlite"))
    for server in (stock, bare, raw, full):
        server.ask("ready")
    link = ground.child("bare_rpc", role="call")

    def contender(caller: Child, server: Child, **asked: object) -> Contender:
        return Contender(caller, (caller.pid, server.pid, ground.broker.pid or 0), asked)

    return {
        STANDALONE: contender(ground.child("stock_rpc", role="standalone"), stock),
        PROXY: contender(ground.child("stock_rpc", role="asking"), stock),
        BARE: contender(link, bare, target=["bare_echo", "echo"]),
        FULL: contender(link, full, target=["bench", "echo"], token=ground.token()),
        RAW: contender(ground.child("raw_rpc", role="call"), raw),
    }


def _lines(contenders: dict[str, Contender], at_once: int) -> list[Line]:
    how = "one at a time" if at_once == 1 else f"{at_once} in flight"
    rates = {name: one.rates[at_once] for name, one in contenders.items()}
    costs = {name: one.costs[at_once] for name, one in contenders.items()}
    found = [rate(f"{name}, {how}", rates[name]) for name in contenders]
    for name in (BARE, FULL, RAW):
        bar = BARS.get((name, at_once))
        held_to = Bar(value=bar) if bar else None
        found.append(ratio(f"{name} / stock, {how}", rates[name], rates[STANDALONE], held_to))
    found += [
        ratio(f"{name} / RpcProxy, {how}", rates[name], rates[PROXY]) for name in (BARE, FULL)
    ]
    found += [median_of(f"processor per call, {name}, {how}", costs[name], "us") for name in costs]
    return found
