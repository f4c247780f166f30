"""An import of customers against an executemany of all the rows that it writes."""

from dataclasses import replace

from bench.ground import Ground
from bench.lines import Bar, Line, ratio
from bench.scale import Scale
from deploy.local.machine import CannotRun

KINDS = ("sqlite", "postgresql")
HALF = 50_000
SPEED, STEADY = Bar(value=0.25), Bar(value=1.2, at_most=True)


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Import two files of the same size one after the other; each beside its floor."""
    return [line for kind in KINDS for line in _of(ground, scale, kind)]


def _of(ground: Ground, scale: Scale, kind: str) -> list[Line]:
    url, floor = ground.database(kind), ground.database(kind)
    importing = ground.child("importing", url=url)
    inserting = ground.child("inserting", url=url, floor=floor)
    count = scale.of(HALF)
    taken, copied = [], []
    importing.ask("take", first=0, count=count // 50)  # warm
    inserting.ask("insert")
    for half in range(2):
        done = importing.ask("take", first=(half + 1) * HALF, count=count)
        if done["created"] != count // 50 + (half + 1) * count:
            raise CannotRun(f"the import created {done['created']} customers in all")
        taken.append(done)
        copied.append(inserting.ask("insert"))
    return _lines(f"{count:,} customers", kind, taken, copied)


def _lines(
    customers: str, kind: str, taken: list[dict[str, float]], copied: list[dict[str, float]]
) -> list[Line]:
    rows = [one["rows"] for one in copied]
    ours = [number / one["seconds"] for number, one in zip(rows, taken, strict=True)]
    plain = [number / one["seconds"] for number, one in zip(rows, copied, strict=True)]
    first, second = taken
    slower = {name: second[name] / first[name] for name in ("seconds", "processor")}
    lines = [
        Line(f"import, first {customers}, in all", first["seconds"], "s"),
        Line(f"import, second {customers}, in all", second["seconds"], "s"),
        Line("rows of all tables by the import", sum(ours) / 2, "/s"),
        Line("rows of all tables by executemany", sum(plain) / 2, "/s"),
        ratio("import / executemany of the same rows", ours, plain, SPEED),
        Line("second half / first half, time", slower["seconds"], "x", STEADY),
        Line("second half / first half, processor", slower["processor"], "x"),
        Line("peak memory after the first half", first["peak"], "MiB"),
        Line("peak memory after the second half", second["peak"], "MiB"),
    ]
    return [replace(one, name=f"{one.name}, {kind}") for one in lines]
