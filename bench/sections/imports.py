"""An import of customers against an executemany of all the rows that it writes."""

from bench.ground import Ground
from bench.lines import Bar, Line, ratio
from bench.scale import Scale
from deploy.local.machine import CannotRun

HALF = 50_000
SPEED, STEADY = Bar(value=0.25), Bar(value=1.2, at_most=True)


def measure(ground: Ground, scale: Scale) -> list[Line]:
    """Import two files of the same size one after the other; each beside its floor."""
    url, floor = ground.database("sqlite"), ground.database("sqlite")
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
    rows = [one["rows"] for one in copied]
    ours = [number / one["seconds"] for number, one in zip(rows, taken, strict=True)]
    plain = [number / one["seconds"] for number, one in zip(rows, copied, strict=True)]
    first, second = taken
    name = f"{count:,} customers"
    return [
        Line(f"import, first {name}, in all", first["seconds"], "s"),
        Line(f"import, second {name}, in all", second["seconds"], "s"),
        Line("rows written per customer", rows[0] / count, ""),
        Line("rows of all tables by the import", sum(ours) / 2, "/s"),
        Line("rows of all tables by executemany", sum(plain) / 2, "/s"),
        ratio("import / executemany of the same rows, sqlite", ours, plain, SPEED),
        Line("second half / first half, time", second["seconds"] / first["seconds"], "x", STEADY),
        Line("second half / first half, processor", second["processor"] / first["processor"], "x"),
        Line("peak memory after the first half", first["peak"], "MiB"),
        Line("peak memory after the second half", second["peak"], "MiB"),
    ]
