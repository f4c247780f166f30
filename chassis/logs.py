"""JSON lines on stdout: constant messages, facts apart, no personal data."""

import logging
import re
import sys
from collections.abc import MutableMapping
from contextlib import suppress
from typing import TextIO, TypeAlias

import orjson
import structlog
from structlog.types import FilteringBoundLogger

EventDict: TypeAlias = MutableMapping[str, object]
Logger: TypeAlias = FilteringBoundLogger

_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_PHONE = re.compile(r"(?<![\w-])\+?\d[\d ()-]{7,}\d(?![\w-])")
_UNCHECKED = frozenset({"timestamp", "level", "logger", "service", "correlation_id", "trace_id"})


def redact(text: str) -> str:
    """Blot out mail addresses and phone numbers."""
    return _PHONE.sub("<phone>", _MAIL.sub("<mail>", text))


def _redact_facts(_: object, __: str, event: EventDict) -> EventDict:
    for key, value in event.items():
        if isinstance(value, str) and key not in _UNCHECKED and not key.endswith("_id"):
            event[key] = redact(value)
    return event


class _Lines:
    """Write finished lines; a full disk or a closed pipe fails no work, as in the standard library."""

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self.name = stream, name

    def write(self, line: str) -> None:
        """Write one line."""
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = error = critical = exception = write


def configure(service: str, level: str) -> None:
    """Send every log line of this process to stdout as JSON.

    Our own lines do not pass through the standard library: under eventlet that cost more than all
    the rest of a short request (measured).
    """
    shared: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_facts,
        _name_service(service),
    ]
    structlog.configure(
        processors=[*shared, _as_json],
        logger_factory=lambda name: _Lines(sys.stdout, name),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    _take_foreign_lines(shared, level)


def _take_foreign_lines(shared: list[structlog.types.Processor], level: str) -> None:
    """Send what libraries log the same way."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _as_json],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("amqp", "kombu", "nameko"):
        logging.getLogger(noisy).setLevel(max(logging.getLevelName(level), logging.WARNING))
    # It tells each failed attempt to connect six times over, with a traceback; we tell it once.
    logging.getLogger("pika").setLevel(logging.CRITICAL)


def _as_json(_: object, __: str, event: EventDict) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()


def _name_service(service: str) -> structlog.types.Processor:
    def add(_: object, __: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return add


def get_logger(name: str) -> Logger:
    """Return the logger of a module."""
    logger: Logger = structlog.get_logger(name)
    return logger
