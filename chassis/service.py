"""The page of rows that a service is, and how nameko finds its entrypoints on it."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from nameko.extensions import DependencyProvider

from chassis.answering import Answer, answerer
from chassis.context import Request
from chassis.handling import handler
from chassis.rows import Copy as CopyRowOnPage
from chassis.rows import HandlerRow, Inbound, Records, Row, RpcRow, Runs, Shows, Started, Timer
from chassis.rpc import RPC_CONCURRENCY, Encoded, RpcEntrypoint
from chassis.runtime import Runtime
from chassis.subscribe import Delivery, Handler, Handling
from chassis.topology.names import handler_queue
from chassis.topology.shapes import HandlerShape, ServiceShape
from contracts.calls import CALLS

RUNTIME_KEY = "rapport.runtime"  # where the container's config carries the runtime


class Bound(DependencyProvider):  # type: ignore[misc]  # nameko is not typed
    """Give each worker the functions that answer and handle, prepared once at the start."""

    def setup(self) -> None:
        """Prepare every row of the page."""
        runtime: Runtime = self.container.config[RUNTIME_KEY]
        page: type[Service] = self.container.service_cls
        self.bound = bind(page, runtime)

    def get_dependency(self, worker_ctx: object) -> "Functions":  # noqa: ARG002  # nameko's
        """Return the prepared functions."""
        return self.bound


class Functions:
    """The prepared functions of one service, by the names on its page."""

    def __init__(
        self, answers: Mapping[str, Answer], handlers: Mapping[str, Callable[[Delivery], None]]
    ) -> None:
        self.answers, self.handlers = answers, handlers


def bind(page: type["Service"], runtime: Runtime) -> Functions:
    """Prepare the rows of a page for one running service."""
    answers, handlers = {}, {}
    for name, row in page.rows.items():
        if isinstance(row, RpcRow):
            answers[name] = answerer(runtime, row)
        if isinstance(row, Started | Runs):
            runtime.processes[row.process.kind] = row.process
        if isinstance(row, HandlerRow):
            handlers[name] = handler(runtime, row)
        if isinstance(row, CopyRowOnPage):
            runtime.copies[name] = row.table
        if isinstance(row, Timer):
            runtime.timers[row.timer] = row.usecase
        if isinstance(row, Shows):
            runtime.gauges[name] = (row.gauge, row.read)
    return Functions(answers, handlers)


class Service:
    """A service: its class attributes are rows, everything it can do on one page."""

    name: ClassVar[str]
    rows: ClassVar[dict[str, Row]]
    bound = Bound()

    def __init_subclass__(cls) -> None:
        """Turn each row into an entrypoint that nameko finds."""
        cls.rows = {}
        for attribute, value in list(vars(cls).items()):
            if isinstance(value, Records):
                cls.rows |= value.methods()
                cls.rows[attribute] = value.named(attribute)
            elif isinstance(value, Row):
                cls.rows[attribute] = value.named(attribute)
        for name, row in cls.rows.items():
            if isinstance(row, RpcRow):
                setattr(cls, name, _answering(name, row))
            elif isinstance(row, HandlerRow):
                setattr(cls, name, _handling(name, cls.name, row))


def shape(page: type[Service]) -> ServiceShape:
    """Return what a service needs of the broker."""
    handlers = tuple(
        HandlerShape(name, tuple((row.exchange, key) for key in row.keys), row.concurrency)
        for name, row in page.rows.items()
        if isinstance(row, HandlerRow)
    )
    calls = tuple(
        f"{callee}.{method}"
        for callee, methods in CALLS.get(page.name, {}).items()
        for method in sorted(methods)
    )
    return ServiceShape(page.name, handlers, calls)


def concurrency(page: type[Service]) -> int:
    """Return how many entrypoints of a page may run at once."""
    handlers = (row for row in page.rows.values() if isinstance(row, HandlerRow))
    return RPC_CONCURRENCY + sum(row.concurrency for row in handlers)


def _answering(name: str, row: RpcRow) -> Any:
    def method(self: Any, payload: dict[str, Any], request: Request) -> Encoded:
        return Encoded(self.bound.answers[name](payload, request))

    return _entrypoint(method, name, RpcEntrypoint(timeout_seconds=row.timeout_seconds))


def _handling(name: str, service: str, row: HandlerRow) -> Any:
    def method(self: Any, delivery: Delivery) -> None:
        self.bound.handlers[name](delivery)

    extension = Handler(
        handler_queue(service, name),
        service,
        prefetch=2 * row.concurrency,  # the next message is here when a worker is free
        foreign=isinstance(row, Inbound),
        handling=Handling(concurrency=row.concurrency),
    )
    return _entrypoint(method, name, extension)


def _entrypoint(method: Any, name: str, extension: Any) -> Any:
    method.__name__ = name
    method.nameko_entrypoints = {extension}
    return method
