"""The processes beside the services: plain threads on pika, each with its own broker user."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PlainProcess:
    """One plain process: whose it is, how it is started, what it needs of the broker."""

    name: str
    module: str  # python -m module
    tells: bool = False  # has exchanges of its own; what it tells never enters the log
    reads_log: bool = False


PLAIN = {
    one.name: one
    for one in (
        PlainProcess("cti", "services.telephony.bridge", tells=True),
        PlainProcess("gateway", "services.gateway"),
        PlainProcess("warehouse", "services.analytics.warehouse", reads_log=True),
    )
}
