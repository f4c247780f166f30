"""The rows of a service's page: what it can do, one line each, without bodies."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from marshmallow import Schema
from prometheus_client import Gauge

from chassis import history
from chassis.records import Resource, offers
from chassis.runtime import RPC_TIMEOUT_SECONDS, Figures
from chassis.steps import Process
from chassis.tables import CopyRow
from contracts import base as contracts
from contracts.base import Copied, EventType

DEFAULT_CONCURRENCY = 5
SHARED_CONCURRENCY = 20  # where all that wait share a transaction (chassis/together.py)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What all rows have in common; ``name`` is the attribute on the page."""

    kind: ClassVar[str]
    name: str = ""

    def named(self, name: str) -> "Row":
        """Return this row with the name it has on its page."""
        return replace(self, name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class RpcRow(Row):
    """A row that is called by RPC."""

    usecase: Callable[..., object]
    accepts: Schema | None = None
    shows: Schema | None = None
    needs: str | None  # a permission; None only where the use case asks for one itself
    timeout_seconds: float = RPC_TIMEOUT_SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Command(RpcRow):
    """A named change; the same key gives the same answer."""

    kind: ClassVar[str] = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query(RpcRow):
    """A question; writes nothing."""

    kind: ClassVar[str] = "query"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report(RpcRow):
    """A question about everything, answered beside the database: no transaction is open.

    One that is not ``of_house`` is about what an entity has; the answer itself sees to that.
    """

    kind: ClassVar[str] = "report"
    of_house: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Started(RpcRow):
    """A process that is started by RPC and answers when it is done."""

    kind: ClassVar[str] = "process"
    process: Process[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandlerRow(Row):
    """A row with a queue: its name is the queue's, renaming is a migration."""

    exchange: str
    keys: tuple[str, ...]
    concurrency: int = DEFAULT_CONCURRENCY


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy(HandlerRow):
    """A copy of another service's records."""

    kind: ClassVar[str] = "copy"
    table: CopyRow

    def named(self, name: str) -> "Copy":
        """Return this row with its name; the copy's state is kept under the same name."""
        return replace(self, name=name, table=replace(self.table, name=name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact(HandlerRow):
    """A handler that applies each event exactly once."""

    kind: ClassVar[str] = "on"
    events: tuple[EventType, ...]
    usecase: Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound(HandlerRow):
    """A handler of what a partner sends; ``refused`` tells the partner why not."""

    kind: ClassVar[str] = "inbound"
    usecase: Callable[..., object]
    accepts: Schema
    refused: Callable[..., object] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer(Row):
    """A use case that runs when a durable timer is due."""

    kind: ClassVar[str] = "timer"
    timer: str
    usecase: Callable[..., object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs(Row):
    """A process that use cases start (``work.start``); nobody calls it from outside."""

    kind: ClassVar[str] = "runs"
    process: Process[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shows(Row):
    """A gauge that is set from this service's database, again and again."""

    kind: ClassVar[str] = "gauge"
    gauge: Gauge
    read: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Records(Row):
    """The plain records: the same RPC methods for all of them."""

    kind: ClassVar[str] = "records"
    resources: dict[str, Resource]

    def methods(self) -> dict[str, RpcRow]:
        """Return the rows that these records stand for."""
        rows: dict[str, RpcRow] = {}
        for name, (usecase, accepts) in offers(self.resources).items():
            make = Query if name in {"get_record", "find_records"} else Command
            rows[name] = make(name=name, usecase=usecase, accepts=accepts, needs=None)
        for name, (read, accepts, needs) in history.offers(self.resources).items():
            rows[name] = Query(name=name, usecase=read, accepts=accepts, needs=needs)
        return rows


def command(
    usecase: Callable[..., object],
    *,
    needs: str,
    accepts: Schema | None = None,
    shows: Schema | None = None,
    timeout_seconds: float = RPC_TIMEOUT_SECONDS,
) -> Any:
    """Offer a use case that changes something."""
    return Command(
        usecase=usecase, accepts=accepts, shows=shows, needs=needs, timeout_seconds=timeout_seconds
    )


def query(
    read: Callable[..., object],
    *,
    needs: str,
    accepts: Schema | None = None,
    shows: Schema | None = None,
    timeout_seconds: float = RPC_TIMEOUT_SECONDS,
) -> Any:
    """Offer a question; a Page is shown as {"items": [...], "next": cursor}."""
    return Query(
        usecase=read, accepts=accepts, shows=shows, needs=needs, timeout_seconds=timeout_seconds
    )


def report(  # noqa: PLR0913  # what every row has, and of whom the question is
    answer: Callable[..., object],
    *,
    needs: str,
    accepts: Schema | None = None,
    shows: Schema | None = None,
    timeout_seconds: float = RPC_TIMEOUT_SECONDS,
    of_house: bool = True,
) -> Any:
    """Offer a question ``(sight, **fields)`` that another store than the database answers."""
    return Report(
        usecase=answer, accepts=accepts, shows=shows, needs=needs, timeout_seconds=timeout_seconds,
        of_house=of_house,
    )  # fmt: skip


def process(
    started: Process[Any],
    *,
    needs: str,
    accepts: Schema | None = None,
    timeout_seconds: float = RPC_TIMEOUT_SECONDS,
) -> Any:
    """Offer a process: stored steps, resumed after any death."""
    return Started(
        usecase=started.begin,
        process=started,
        accepts=accepts,
        needs=needs,
        timeout_seconds=timeout_seconds,
    )


def runs(process: Process[Any]) -> Any:
    """Run a process that use cases start and nobody calls."""
    return Runs(process=process)


def copy(table: type, *, of: Copied) -> Any:
    """Keep a copy of another service's records in a table."""
    told = [contracts.describe(cls) for cls in (of.recorded, of.erased) if cls]
    keys = tuple(event.name for event in told)
    row = CopyRow(name="", table=table, of=of)
    exchange = told[0].exchange
    return Copy(exchange=exchange, keys=keys, table=row, concurrency=SHARED_CONCURRENCY)


def on(
    told: type | tuple[type, ...] | str,
    usecase: Callable[..., object],
    *,
    accepts: Schema | None = None,
    refused: Callable[..., object] | None = None,
    concurrency: int | None = None,
) -> Any:
    """Listen to event classes of one exchange, or to what a partner sends under a routing key.

    Several classes share one queue, in no order that could be relied on.

    :raises ValueError: if a partner's key comes without the schema of its body.
    """
    if not isinstance(told, str):
        events = tuple(map(contracts.describe, told if isinstance(told, tuple) else (told,)))
        (exchange,) = {event.exchange for event in events}
        return Fact(
            exchange=exchange,
            keys=tuple(event.name for event in events),
            events=events,
            usecase=usecase,
            concurrency=concurrency or SHARED_CONCURRENCY,
        )
    if accepts is None:
        raise ValueError(f"{told}: what a partner sends needs a schema")
    return Inbound(
        exchange="crm.inbound",
        keys=(told,),
        usecase=usecase,
        accepts=accepts,
        refused=refused,
        concurrency=concurrency or DEFAULT_CONCURRENCY,
    )


def timer(kind: str, usecase: Callable[..., object]) -> Any:
    """Run a use case ``(work, *, key, data)`` when a timer of this kind is due."""
    return Timer(timer=kind, usecase=usecase)


def gauge(of: Gauge, read: Figures) -> Any:
    """Show what ``read(session, now)`` returns: by the gauge's second label, all of a closed set."""
    return Shows(gauge=of, read=read)


def records(resources: Sequence[Resource]) -> Any:
    """Offer plain records by their methods (chassis/records.py), and the trail of everything."""
    return Records(resources={resource.kind: resource for resource in resources})
