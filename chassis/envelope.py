"""The CloudEvents 1.0 envelope of an event in AMQP headers (binary mode), and JSON."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import orjson

from chassis.clock import isoformat

SEQUENCE_DIGITS = 20
CONTENT_TYPE = "application/json"
INTEGERS = range(-(2**63), 2**63)  # what both databases hold
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
MAX_DEPTH = 64  # of what comes from outside; Python gives up at about a thousand calls
# A datetime is written by our own rule (always microseconds and Z), not by orjson's.
_OPTIONS = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_NON_STR_KEYS


class Undecodable(ValueError):
    """Say that a message is not what it claims to be."""


class NotTaken(Undecodable):
    """Say that a message is JSON, but holds what a database or Python cannot take."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What is known of an event beside its data; ``id`` is the same on every resend."""

    id: str
    source: str
    type: str
    time: str
    subject: str
    dataschema: str
    correlation_id: str
    causation_id: str
    sequence: int  # ascending per subject, one number per event
    traceparent: str | None = None

    def headers(self) -> dict[str, str]:
        """Write the envelope as AMQP headers."""
        headers = {
            "ce-id": self.id,
            "ce-source": self.source,
            "ce-type": self.type,
            "ce-specversion": "1.0",
            "ce-time": self.time,
            "ce-subject": self.subject,
            "ce-dataschema": self.dataschema,
            "ce-correlationid": self.correlation_id,
            "ce-causationid": self.causation_id,
            "ce-sequence": f"{self.sequence:0{SEQUENCE_DIGITS}d}",
        }
        if self.traceparent:
            headers["traceparent"] = self.traceparent
        return headers

    @classmethod
    def of(cls, headers: Mapping[str, object] | None) -> "Envelope":
        """Read the envelope from AMQP headers.

        :raises Undecodable: if a required header is missing or malformed.
        """
        found = headers or {}
        try:
            if found["ce-specversion"] != "1.0":
                raise Undecodable(f"CloudEvents version {found['ce-specversion']!r} is not spoken")
            return cls(
                _text(found, "ce-id"),
                _text(found, "ce-source"),
                _text(found, "ce-type"),
                _text(found, "ce-time"),
                _text(found, "ce-subject"),
                _text(found, "ce-dataschema"),
                _text(found, "ce-correlationid"),
                _text(found, "ce-causationid"),
                int(_text(found, "ce-sequence")),
                _text(found, "traceparent") if "traceparent" in found else None,
            )
        except KeyError as missing:
            raise Undecodable(f"header {missing.args[0]} is missing") from missing
        except (TypeError, ValueError) as wrong:
            raise Undecodable(f"a header is malformed: {wrong}") from wrong


def _text(headers: Mapping[str, object], name: str) -> str:
    value = headers[name]
    if not isinstance(value, str):
        raise Undecodable(f"header {name} is not text")
    return value


def encode(value: object) -> bytes:
    """Write a value as JSON (Decimal as text, instants in UTC with Z, enums by value)."""
    return orjson.dumps(value, default=_default, option=_OPTIONS)


def decode(body: bytes | str) -> object:
    """Read JSON.

    :raises Undecodable: if it is not JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as wrong:
        raise Undecodable(f"the body is not JSON: {wrong}") from wrong


def received(body: bytes) -> object:
    """Read JSON that comes from outside this process.

    :raises Undecodable: if it is not JSON.
    :raises NotTaken: if it holds what a database or Python cannot take.
    """
    found = decode(body)
    # Counted first, in one pass: hardly any message has so many, and only those are walked.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(found) > MAX_DEPTH:
        raise NotTaken(f"the body nests deeper than {MAX_DEPTH} levels")
    if b"\\u0000" in body and any("\0" in one for one in _leaves(found) if isinstance(one, str)):
        raise NotTaken("the body holds a NUL character")
    if _LONG_NUMBER.search(body) and any(
        one not in INTEGERS for one in _leaves(found) if isinstance(one, int)
    ):
        raise NotTaken("the body holds a number of more than 64 bits")
    return found


def _depth(found: object) -> int:
    """Count the levels, without recursion."""
    level, depth = [found], 0
    while level := [one for one in level if isinstance(one, list | dict)]:
        depth += 1
        level = [inner for one in level for inner in _inside(one)]
    return depth


def _leaves(found: object) -> Iterator[object]:
    """Yield every name and every value that holds no others."""
    left = [found]
    while left:
        one = left.pop()
        if isinstance(one, list | dict):
            left += [*_inside(one), *(one if isinstance(one, dict) else ())]
        else:
            yield one


def _inside(one: list[object] | dict[str, object]) -> Iterable[object]:
    return one.values() if isinstance(one, dict) else one


def _default(value: object) -> object:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime):
        return isoformat(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
