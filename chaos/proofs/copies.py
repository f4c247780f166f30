"""Every copy equals its source, field by field, as the owner itself tells it now."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from sqlalchemy import Table, select

from chaos.stage import Stage
from chassis.copies import BOOKKEEPING
from chassis.envelope import decode, encode
from chassis.rows import Copy
from chassis.tables import COPY_STATES, CopyRow
from chassis.tokens import Signer
from contracts import base as contracts
from rapport_cli import services

PAGE = 500


def copies(stage: Stage) -> Iterator[str]:
    """Hold the copies of every service against the snapshots that it would be given."""
    for service in stage.house.databases:
        for row in services.rows(service).values():
            if isinstance(row, Copy) and row.table.of.service in stage.house.databases:
                yield from _of_one(stage, service, row.table)


def differences(
    what: str, row: CopyRow, ours: Iterable[Any], theirs: Iterable[Any]
) -> Iterator[str]:
    """Yield a sentence for each record that only one side has, or that differs.

    ``ours`` are rows of the copy, ``theirs`` items of the owner's snapshot.
    """
    subject = contracts.describe(row.of.recorded).subject
    source = {item[subject]: item for item in theirs}
    kept = {one["id"]: one for one in ours}
    for id_ in sorted(source.keys() - kept.keys()):
        yield f"{what} lacks {id_}"
    for id_, one in sorted(kept.items()):
        if id_ in source:
            yield from _fields(f"{what} has {id_}", row, _plain(one), source[id_])
        elif not one["erased"]:
            yield f"{what} has {id_}, which its owner does not have"


def _of_one(stage: Stage, service: str, row: CopyRow) -> Iterator[str]:
    what = f"the copy {row.name} of {service}"
    states = select(COPY_STATES.c.complete).where(COPY_STATES.c.name == row.name)
    if [one["complete"] for one in stage.rows(service, states)] != [1]:
        yield f"{what} was never read to its end"
    theirs = list(_snapshot(stage, service, row))
    yield from differences(what, row, stage.rows(service, select(table_of(row))), theirs)


def _snapshot(stage: Stage, service: str, row: CopyRow) -> Iterator[Any]:
    """Ask the owner as the service itself does."""
    signer = Signer(stage.house.signing_keys / f"{service}.key", service)
    method, cursor, more = f"{row.of.service}.{row.of.snapshot}", None, True
    while more:
        token = signer.for_service(row.of.service)
        page = stage.ask(method, {"cursor": cursor, "limit": PAGE}, token=token)
        yield from page["items"]
        cursor, more = page["next"], page["more"]


def table_of(row: CopyRow) -> Table:
    """Return the table in which a copy is kept."""
    made = row.table.__table__
    assert isinstance(made, Table)
    return made


def _fields(
    what: str, row: CopyRow, ours: Mapping[str, Any], theirs: Mapping[str, Any]
) -> Iterator[str]:
    if ours["sequence"] > theirs["sequence"]:
        # The owner's counts the events of the record that no copy hears, too.
        yield f"{what} as of event {ours['sequence']}, of {theirs['sequence']} that were told"
    for column in table_of(row).columns:
        name = column.key
        if name in theirs and name not in BOOKKEEPING and ours[name] != theirs[name]:
            yield f"{what} with {name} {ours[name]!r}, its owner with {theirs[name]!r}"


def _plain(one: Mapping[str, Any]) -> Mapping[str, Any]:
    """Write a row's values as they would go over the wire."""
    plain = decode(encode(dict(one)))
    assert isinstance(plain, dict)
    return plain
