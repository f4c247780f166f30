"""Ask one service's page what people ask all day: ``python -m bench.asking JSON``."""

import bench.green  # noqa: F401  # eventlet patches the standard library before anything imports it

# isort: split
import random
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.child import config, serve
from bench.filling import fill
from bench.housing import bare_runtime_of
from bench.importing import phone_of, take
from chassis import migrate
from chassis.answering import answerer
from chassis.context import Request
from chassis.ids import new_id
from chassis.logs import configure
from chassis.rows import RpcRow
from chassis.runner import page_of
from chassis.runtime import Runtime
from services.accounts.processes.imports import IMPORT

PIECE = 50_000  # customers in one file
FILTER = {"segment": "Consumer", "state": "Ohio"}

Payload = dict[str, Any]


class Asker:
    """One service on a database that holds so many customers."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._service, self._token = given["service"], given["token"]
        configure(self._service, "ERROR")
        migrate.upgrade(self._service, given["url"])
        self._runtime: Runtime = bare_runtime_of(self._service, given, pool_size=5)
        self._runtime.processes[IMPORT.kind] = IMPORT
        self._page = page_of(self._service)
        self._ids: list[str] = []
        self._random = random.Random(20160513)  # noqa: S311  # the same customers in every run

    def prepare(self, customers: int) -> int:
        """Let so many customers be there; return how many there are."""
        if self._service == "accounts":
            for first in range(0, customers, PIECE):
                take(self._runtime, first, min(PIECE, customers - first))
        self._ids = fill(self._runtime.database.engine, self._service, customers)
        return len(self._ids)

    def ask(self, question: str, count: int) -> list[float]:
        """Ask so many times; return how long each took, in milliseconds."""
        method, payloads = {
            "identify": ("identify", self._phones),
            "list": ("find_records", self._lists),
            "card": ("customer_card", self._cards),
        }[question]
        row = self._page.rows[method]
        assert isinstance(row, RpcRow)
        return [self._timed(answerer(self._runtime, row), method, one) for one in payloads(count)]

    def _timed(self, answer: Callable[..., bytes], method: str, payload: Payload) -> float:
        id_ = new_id()
        request = Request(method, id_, id_, id_, self._token, None, time.monotonic() + 60)
        begun = time.perf_counter()
        answer(payload, request)
        return (time.perf_counter() - begun) * 1000

    def _phones(self, count: int) -> Iterator[Payload]:
        for number in self._random.sample(range(len(self._ids)), count):
            yield {"phone": phone_of(number)}

    def _lists(self, count: int) -> Iterator[Payload]:
        for number in range(count):
            sort = ("name", "created_at")[number % 2]
            yield {"kind": "customer", "filters": FILTER, "sort": sort, "limit": 50}

    def _cards(self, count: int) -> Iterator[Payload]:
        for id_ in self._random.sample(self._ids, count):
            yield {"customer_id": id_}


if __name__ == "__main__":
    asker = Asker(config())
    serve(prepare=asker.prepare, ask=asker.ask)
