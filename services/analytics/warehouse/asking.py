"""Asking the warehouse over its local socket: for services and plain processes alike, no DuckDB here."""

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from chassis.envelope import Undecodable
from chassis.errors import Invalid, RemoteBug, Unavailable, from_wire
from services.analytics.warehouse import wire

TIMEOUT_SECONDS = 10.0
GRACE_SECONDS = 2.0  # the warehouse itself says that it took too long; this is for when it cannot


@dataclass(frozen=True, slots=True)
class Answer:
    """What the warehouse said, and up to which instant (ISO 8601) it knows the log."""

    rows: object
    as_of: str | None


def ask(
    socket_path: Path | str,
    question: str,
    parameters: Mapping[str, object] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> object:
    """Ask and return what was answered.

    :raises Unavailable: if the warehouse is not there or does not answer in time.
    :raises Refused: if there is no such question or it is not asked rightly.
    """
    return ask_as_of(socket_path, question, parameters, timeout_seconds).rows


def ask_as_of(
    socket_path: Path | str,
    question: str,
    parameters: Mapping[str, object] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Answer:
    """Ask and return what was answered together with its instant.

    :raises Problem: as ``ask`` does.
    """
    request = {
        "ask": question,
        "parameters": dict(parameters or {}),
        "timeout_seconds": timeout_seconds,
    }
    try:
        sent = wire.frame(request, wire.MAX_REQUEST)
    except wire.TooLong as long:
        raise Invalid("The question is too long.", code="warehouse.question.too_long") from long
    try:
        answer = _exchange(str(socket_path), sent, timeout_seconds + GRACE_SECONDS)
    except TimeoutError as late:
        raise Unavailable(
            f"The warehouse did not answer within {timeout_seconds:g} s.", code="warehouse.timeout"
        ) from late
    except (OSError, EOFError) as absent:
        raise Unavailable(
            "The warehouse is not there at present.", code="warehouse.absent"
        ) from absent
    except (wire.TooLong, Undecodable) as wrong:
        raise RemoteBug(f"The warehouse sent what is no answer: {wrong}") from wrong
    if not isinstance(answer, dict) or not answer.keys() & {"rows", "error"}:
        raise RemoteBug("The warehouse sent what is no answer.")
    if answer.get("error") is not None:
        raise from_wire(answer["error"])
    return Answer(answer["rows"], answer.get("as_of"))


def _exchange(path: str, sent: bytes, seconds: float) -> object:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(seconds)
        connection.connect(path)
        connection.sendall(sent)
        return wire.receive(connection, wire.MAX_ANSWER)
