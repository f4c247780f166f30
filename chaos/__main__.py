"""The command: `python -m chaos`."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

import click

from chaos import report
from chaos.faults import FAULTS
from chaos.faults.fault import Fault
from chaos.load import STREAMS
from chaos.load.stream import Stream
from chaos.play import Play
from chaos.stage import Stage
from deploy.local.house import Kind
from deploy.local.machine import CannotRun
from deploy.local.parts import names as part_names
from deploy.local.services import PROJECT

SHORT_SEED = 4
# The short form: what takes seconds and asks the most, two at a time, in the order they strike.
SHORT = (("service-killed", "events-told-again"), ("stolen-credentials", "broker-killed"))
BROKEN, CANNOT_RUN = 1, 2
MOST_TOGETHER = 3
Act = tuple[Fault, ...]  # what strikes together
NAMES = click.Choice([fault.name for fault in FAULTS])


@click.command()
@click.option("--seed", type=int, help="default: another one each time; it is printed")
@click.option("--database", type=click.Choice([kind.value for kind in Kind]), default="sqlite")
@click.option("--fault", "names", type=NAMES, multiple=True, help="only these, each alone")
@click.option("--stream", "streams", multiple=True,
              type=click.Choice([stream.name for stream in STREAMS]), help="only this business")  # fmt: skip
@click.option("--only", help="run only these processes, with a comma between")
@click.option("--replicas", "count", type=click.IntRange(min=1), default=1,
              help="so many processes of each service: PostgreSQL only")  # fmt: skip
@click.option("--short", is_flag=True, help="a fixed seed, and few faults that take seconds")
@click.option("--minutes", type=click.FloatRange(min=0), default=0.0,
              help="then go on so long with several at a time, at random")  # fmt: skip
@click.option("--folder", type=click.Path(path_type=Path), default=PROJECT / "var" / "chaos")
@click.option("--keep", is_flag=True, help="keep databases and logs of a run that held, too")
@click.option("--list", "listed", is_flag=True, help="say what can be done to the house, and end")
def main(  # noqa: PLR0913 - one parameter per option
    *,
    seed: int | None,
    database: str,
    names: Sequence[str],
    streams: Sequence[str],
    only: str | None,
    count: int,
    short: bool,
    minutes: float,
    folder: Path,
    keep: bool,
    listed: bool,
) -> None:
    """Break a running house in every way we know, and account for every acknowledged command.

    Exit status: 0 every promise held, 1 one was broken, 2 it could not run.
    """
    if listed:
        for fault in FAULTS:
            click.echo(f"{fault.name:<34}{fault.about}")
        return
    if count > 1 and database != Kind.POSTGRESQL:
        raise click.UsageError("SQLite serves one process of a service.")
    seed = SHORT_SEED if short else seed if seed is not None else int(time.time())
    parts = tuple(only.split(",")) if only else None
    stage = Stage(folder / f"{database}-{seed}", Kind(database), parts)
    there = set(parts or part_names())
    chosen = [one for one in STREAMS if (not streams or one.name in streams) and one.needs <= there]
    can = {one.name: one for one in FAULTS if _can_strike(one, there, chosen, stage.kind)}
    wanted = SHORT if short and not names else [(one,) for one in can if one in names or not names]
    acts = [tuple(can[one] for one in together if one in can) for together in wanted]
    acts = [act for act in acts if act and not any(_is_skipped(one) for one in act)]
    play = Play(stage, chosen, seed, count)
    held = False
    try:
        held = _run(play, acts, seed, minutes)
    except CannotRun as reason:
        click.echo(f"It could not run: {reason}", err=True)
        sys.exit(CANNOT_RUN)
    finally:
        stage.close(keep=keep or not held)
    sys.exit(0 if held else BROKEN)


def _can_strike(fault: Fault, there: set[str], load: Sequence[Stream], kind: Kind) -> bool:
    streams = {stream.name for stream in load}
    return fault.needs <= there and fault.load <= streams and kind in fault.kinds


def _is_skipped(fault: Fault) -> bool:
    """Say what this machine lacks for a fault, if it lacks something."""
    reason = fault.lacks()
    if reason:
        click.echo(f"{fault.name} is skipped: {reason}")
    return reason is not None


def _run(play: Play, acts: Sequence[Act], seed: int, minutes: float) -> bool:
    click.echo(f"seed {seed}, {play.stage.kind}, evidence in {play.stage.folder}")
    began = time.monotonic()
    with play.running():
        click.echo(f"the house is up after {time.monotonic() - began:.0f} s\n{report.HEADER}")
        until = time.monotonic() + minutes * 60
        for number, faults_ in enumerate(_acts(acts, seed, until)):
            outcome = play.act(faults_, Random(f"{seed} {number}"))
            click.echo(report.line(outcome))
            report.write(play.stage.folder, seed, play.outcomes)
            if not outcome.held:
                break  # what is wrong now would be found wrong after every later act again
    click.echo(report.summary(play.outcomes))
    return all(outcome.held for outcome in play.outcomes)


def _acts(acts: Sequence[Act], seed: int, until: float) -> Iterator[Act]:
    """Yield what was chosen, then several together until the time is over."""
    yield from acts
    mixed = [fault for act in acts for fault in act if fault.together]
    dice = Random(seed)
    while mixed and time.monotonic() < until:
        several: dict[str, Fault] = {}
        for fault in dice.sample(mixed, min(len(mixed), dice.randint(2, MOST_TOGETHER))):
            several.setdefault(fault.site, fault)
        yield tuple(several.values())


if __name__ == "__main__":
    main()
