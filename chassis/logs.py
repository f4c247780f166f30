"""JSON lines on stdout: constant messages, facts apart, no personal data."""

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import TypeAlias

import structlog

EventDict: TypeAlias = MutableMapping[str, object]
Logger: TypeAlias = structlog.stdlib.BoundLogger

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


def configure(service: str, level: str) -> None:
    """Send every log line of this process to stdout as JSON."""
    shared: list[structlog.types.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        _redact_facts,
    ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _name_service(service),
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("amqp", "kombu", "pika", "nameko"):
        logging.getLogger(noisy).setLevel(max(logging.getLevelName(level), logging.WARNING))
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def _name_service(service: str) -> structlog.types.Processor:
    def add(_: object, __: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    return add


def get_logger(name: str) -> Logger:
    """Return the logger of a module."""
    logger: Logger = structlog.stdlib.get_logger(name)
    return logger
