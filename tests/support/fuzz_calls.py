"""A request as the broker would bring it to a room, and everything that must hold of its answer."""

import contextlib
import json
import re
import sqlite3
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import eventlet
from marshmallow import Schema, fields
from sqlalchemy.engine import make_url

from chassis.errors import CATEGORIES, Problem
from chassis.frames import Message
from chassis.rows import Query, Records, Report, RpcRow, Started
from chassis.rpc import Encoded, RpcConsumer, RpcEntrypoint
from chassis.schemas import WITHHELD, needs
from tests.support.sales import Room

CODE = re.compile(r"\A[a-z][a-z0-9_]*(\.[a-z0-9_]+)*\Z")
INNARDS = re.compile(
    r"Traceback|File \"|\.py\b|sqlalchemy|sqlite|psycopg|marshmallow|orjson|nameko|kombu|greenlet"
    r"|\bSELECT\b|INSERT INTO|UPDATE \w+ SET|<class|<function|object at 0x|NoneType|__\w+__"
    r"|(?:^|[\s'\"(=])/\w[\w.-]*/\w",  # an absolute path
)

MAX_ERROR = 20_000  # characters


@dataclass(frozen=True)
class Answer:
    """What came back, and whether anything was written meanwhile."""

    result: Any
    error: dict[str, Any] | None
    wrote: bool

    @property
    def category(self) -> str:
        """Return "ok" or the category of the error."""
        return "ok" if self.error is None else str(self.error["category"])

    @property
    def code(self) -> str:
        """Return "ok" or the code of the error."""
        return "ok" if self.error is None else str(self.error["code"])


class Counter:
    """Where a room answers requests: the service's own consumer, with a wire that is a list."""

    def __init__(self, room: Room) -> None:
        self.room, self.rows = room, room.page.rows
        self.plain = next(row for row in self.rows.values() if isinstance(row, Records))
        self._consumer = RpcConsumer()
        self._sent: list[bytes] = []
        self.acknowledged = self.parked = 0
        self._consumer.container = self
        self._consumer.queue_consumer = self._consumer.aside = self._consumer.replies = self
        for name, row in self.rpcs().items():
            entrypoint = RpcEntrypoint(timeout_seconds=row.timeout_seconds)
            entrypoint.method_name = name
            self._consumer._methods[name] = entrypoint
        self.bugs: list[str] = []
        url = make_url(room.runtime.settings.database_url)
        self._watching: sqlite3.Connection | None = None
        if url.get_backend_name() == "sqlite":
            self._watching = sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)

    def rpcs(self) -> dict[str, RpcRow]:
        """Return every row that can be asked."""
        return {name: row for name, row in self.rows.items() if isinstance(row, RpcRow)}

    def ask(self, method: str, body: bytes, token: str, **headers: Any) -> Answer:
        """Send a request as bytes and return the one answer."""
        before, acknowledged = self._state(), self.acknowledged
        message = Message(
            body, content_type="application/json", correlation_id="c1", reply_to="reply.test.1",
            message_id=headers.pop("message_id", f"m{time.monotonic_ns()}"),
            application_headers={"nameko.auth_token": token} | headers,
        )  # fmt: skip
        message.arrived = time.monotonic()
        message.delivery_info = {
            "exchange": "nameko-rpc", "routing_key": f"{self.room.page.name}.{method}",
        }  # fmt: skip
        self._sent.clear()
        self._consumer.handle_message(message)
        eventlet.sleep(0)
        assert self.acknowledged == acknowledged + 1, "a request is acknowledged once"
        (found,) = self._sent
        told = json.loads(found)
        return Answer(told["result"], told["error"], self._state() != before)

    def close(self) -> None:
        """Stop watching."""
        if self._watching is not None:
            self._watching.close()

    def _state(self) -> int:
        """Return what changes with every commit of somebody else's, where there is such a thing."""
        if self._watching is None:
            return 0
        return int(self._watching.execute("PRAGMA data_version").fetchone()[0])

    # -- what the consumer asks of its container, its connection and its replies --------------------

    @property
    def service_name(self) -> str:
        return self.room.page.name

    def spawn_worker(
        self, entrypoint: Any, args: Any, _kwargs: Any, *, handle_result: Any, **_: Any
    ) -> None:
        result, failed = None, None
        try:
            result = Encoded(self.room.bound.answers[entrypoint.method_name](*args))
        except Exception as failure:  # noqa: BLE001  # as the container's worker does
            failed = sys.exc_info()
            if not isinstance(failure, Problem):
                self.bugs.append("".join(traceback.format_exception(failure, limit=-3)))
        handle_result(SimpleNamespace(entrypoint=entrypoint), result, failed)

    def ack_message(self, _message: Message) -> None:
        self.acknowledged += 1

    def park(self, _message: Message, _failure: Any) -> bool:
        self.parked += 1
        return True

    def send(self, _properties: Mapping[str, Any], body: bytes) -> None:
        self._sent.append(body)

    def lane(self, _source: Any) -> Any:
        return SimpleNamespace(release=lambda: None)


def wrong(row: RpcRow, answer: Answer, body: bytes, secrets: tuple[str, ...] = ()) -> Iterator[str]:
    """Say in sentences what must not be so about an answer."""
    if answer.error is None:
        if isinstance(row, Query | Report) and answer.wrote:
            yield "a question wrote something"
        if row.shows is not None:
            yield from unlike(row.shows, answer.result)
        return
    yield from _wrong_refusal(row, answer)
    yield from _told(answer.error, body.decode(errors="replace").lower(), secrets)


def _wrong_refusal(row: RpcRow, answer: Answer) -> Iterator[str]:
    if answer.category not in CATEGORIES:
        yield f"an error of no category: {answer.category}"
    if not CODE.match(answer.code):
        yield f"a code that is none: {answer.code!r}"
    # A process that refuses in the end is kept, with what became of it.
    if answer.wrote and not isinstance(row, Started):
        yield f"refused with {answer.code}, and yet something was written"


def _told(error: Mapping[str, Any], asked: str, secrets: tuple[str, ...]) -> Iterator[str]:
    said = json.dumps([error["message"], error["detail"]])
    for found in INNARDS.finditer(said):
        if found.group().lower() not in asked:
            yield f"the error tells of innards: {found.group()!r}"
    for secret in secrets:
        if secret in said and secret.lower() not in asked:
            yield f"the error tells of {secret}"
    if len(said) > MAX_ERROR:
        yield f"an error of {len(said)} characters"


def unlike(schema: Schema, shown: Any) -> Iterator[str]:
    """Say where an answer is not what its schema shows."""
    if isinstance(shown, dict) and set(shown) == {"items", "next"} and "items" not in schema.fields:
        for item in shown["items"]:
            yield from unlike(schema, item)
        return
    if isinstance(shown, list) and schema.many:
        for item in shown:
            yield from _unlike_one(schema, item)
        return
    if shown is not None:
        yield from _unlike_one(schema, shown)


def _unlike_one(schema: Schema, shown: Any) -> Iterator[str]:
    if not isinstance(shown, dict):
        yield f"{type(schema).__name__} shows {type(shown).__name__}"
        return
    declared = {field.data_key or name: field for name, field in schema.dump_fields.items()}
    guarded = {path for path in needs(schema) if "." not in path}
    left_out = set(shown.get(WITHHELD, ())) if guarded else set()  # what the caller may not see
    yield from (f"{name} is withheld and not guarded" for name in left_out - guarded)
    declared_keys = declared.keys() | ({WITHHELD} if guarded else set())
    yield from (f"{name} is not declared" for name in shown.keys() - declared_keys)
    for name, field in declared.items():
        if shown.get(name) is not None:
            yield from _unlike_field(name, field, shown[name])


_KINDS: tuple[tuple[type, type | tuple[type, ...]], ...] = (
    (fields.Boolean, bool), (fields.Integer, int), (fields.Float, (int, float)),
    (fields.Decimal, str), (fields.String, str), (fields.DateTime, str), (fields.Date, str),
    (fields.Dict, dict), (fields.List, list),
)  # fmt: skip


def _unlike_field(name: str, field: fields.Field[Any], value: Any) -> Iterator[str]:
    if isinstance(field, fields.Nested):
        for item in value if field.many else (value,):
            yield from _unlike_one(field.schema, item)
        return
    for kind, python in _KINDS:
        if isinstance(field, kind):
            if not isinstance(value, python):
                yield f"{name} is shown as {type(value).__name__}"
            break
    if isinstance(field, fields.List) and isinstance(value, list):
        for item in value:
            yield from _unlike_field(f"{name}[]", field.inner, item)


@contextlib.contextmanager
def at_the_counters(rooms: Mapping[str, Room]) -> Iterator[dict[str, Counter]]:
    """Open a counter in every room."""
    counters = {name: Counter(room) for name, room in rooms.items()}
    try:
        yield counters
    finally:
        for counter in counters.values():
            counter.close()
