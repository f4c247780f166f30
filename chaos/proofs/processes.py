"""Every process came to its end, and every acknowledged command is remembered with its answer."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from sqlalchemy import Executable, select

from chaos.stage import Stage
from chassis.envelope import Undecodable, decode
from chassis.rows import Command
from chassis.tables import IDEMPOTENCY, PROCESSES
from deploy.local.machine import CannotRun
from rapport_cli import services

ENDED = frozenset({"done", "refused"})
END_SECONDS = 60.0
SHOWN = 200  # characters of an error


def processes(stage: Stage) -> Iterator[str]:
    """Name the processes that are stuck or unfinished, and the answers that were forgotten."""
    columns = (PROCESSES.c[name] for name in ("kind", "key", "status", "step", "error"))
    open_ = select(*columns).where(PROCESSES.c.status.not_in(ENDED))
    remembered = select(*(IDEMPOTENCY.c[name] for name in ("method", "key", "answer")))
    for service in stage.house.databases:
        with suppress(CannotRun):  # what a timer began a moment ago comes to its end in a moment
            stage.wait(partial(_none, stage, service, open_), END_SECONDS, "they have ended")
        yield from unfinished(service, stage.rows(service, open_))
        commands = {one.name for one in services.rows(service).values() if isinstance(one, Command)}
        answers = {
            (method, key): answer
            for (of, method, key), answer in stage.ledger.answers().items()
            if of == service and method in commands
        }
        yield from forgotten(service, answers, stage.rows(service, remembered))


def _none(stage: Stage, service: str, query: Executable) -> bool:
    return not stage.rows(service, query)


def unfinished(service: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each process that is not at its end."""
    for row in rows:
        where = f"{service}: {row['kind']} {row['key']} is {row['status']} at step {row['step']}"
        yield f"{where}: {row['error'][:SHOWN]}" if row["error"] else where


def forgotten(
    service: str, answers: Mapping[tuple[str, str], object], rows: Iterable[Mapping[str, Any]]
) -> Iterator[str]:
    """Yield a sentence for each answer (by method and key) that is not remembered as it was given."""
    known: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        known.setdefault((row["method"], row["key"]), []).append(row["answer"])
    for (method, key), answer in sorted(answers.items()):
        kept = [_read(one) for one in known.get((method, key), [])]
        if not kept:
            yield f"{service} has forgotten that it answered {method} {key}"
        elif answer not in kept:
            yield f"{service} remembers another answer to {method} {key} than it gave"


def _read(answer: str) -> object:
    try:
        return decode(answer)
    except Undecodable:
        return None
