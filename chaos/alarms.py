"""The two alarms of a broker, raised by moving the limits instead of filling the machine."""

from collections.abc import Iterator
from contextlib import contextmanager

from deploy.local.broker import DISK_LIMIT, MEMORY_LIMIT, Broker

TOO_LITTLE_MEMORY, TOO_MUCH_DISK = "1MiB", "1000000GB"


@contextmanager
def short_of_memory(broker: Broker) -> Iterator[None]:
    """Raise the alarm of a node that has too little memory."""
    with _limited(broker, "set_vm_memory_high_watermark", TOO_LITTLE_MEMORY, MEMORY_LIMIT):
        yield


@contextmanager
def short_of_disk(broker: Broker) -> Iterator[None]:
    """Raise the alarm of a node that has too little disk."""
    with _limited(broker, "set_disk_free_limit", TOO_MUCH_DISK, DISK_LIMIT):
        yield


@contextmanager
def _limited(broker: Broker, command: str, alarming: str, usual: str) -> Iterator[None]:
    absolute = () if "disk" in command else ("absolute",)
    broker.control(command, *absolute, alarming)
    try:
        yield
    finally:
        broker.control(command, *absolute, usual)
