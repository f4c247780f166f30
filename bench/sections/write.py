"""One write use case, with all that is written around it, against a bare insert and commit."""

from bench.ground import Ground
from bench.lines import Bar, Line, rate, ratio
from bench.page import NOTE
from bench.scale import Scale

KINDS = ("sqlite", "postgresql")
SHORT_ROUNDS = 4  # more and shorter: what disturbs one side then disturbs the other as well
IN_PROCESS, THROUGH_RPC = Bar(value=0.35), Bar(value=0.16)


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Write both ways in turn, one at a time; then by RPC from one caller, with the relay at work."""
    token = ground.token()
    writers = {kind: ground.child("writing", url=ground.database(kind), token=token)
               for kind in KINDS}  # fmt: skip
    service = ground.child("service", page="bench", url=ground.database("postgresql"))
    service.ask("ready")
    link = ground.child("bare_rpc", role="call")
    asked = {"target": ["bench", "add_note"], "token": token, "payload": NOTE, "at_once": 1}
    count = scale.of(100)
    bare: dict[str, list[float]] = {kind: [] for kind in KINDS}
    whole: dict[str, list[float]] = {kind: [] for kind in KINDS}
    called: list[float] = []
    link.ask("run", calls=count, **asked)  # warm
    for _ in range(SHORT_ROUNDS * scale.rounds):
        for kind, writer in writers.items():
            bare[kind].append(count / writer.ask("bare", count=count))
            whole[kind].append(count / writer.ask("write", count=count))
        called.append(count / link.ask("run", calls=count, **asked))
    lines = [rate(f"bare insert and commit, {kind}", bare[kind]) for kind in KINDS]
    lines += [rate(f"use case in process, {kind}", whole[kind]) for kind in KINDS]
    lines += [rate("use case by RPC, one caller, postgresql", called)]
    for kind in KINDS:
        lines.append(ratio(f"use case / bare insert, {kind}", whole[kind], bare[kind], IN_PROCESS))
    name = "use case by RPC / bare insert, postgresql"
    return [*lines, ratio(name, called, bare["postgresql"], THROUGH_RPC)]
