"""What is done to the house: each a row, struck while the load goes on."""

from chaos.faults import (
    broker,
    clocks,
    database,
    deaths,
    disk,
    ending,
    forgery,
    leading,
    messages,
    network,
    outside,
    poison,
    retention,
    rollouts,
    stopping,
)
from chaos.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *ending.FAULTS,
    *stopping.FAULTS,
    *rollouts.FAULTS,
    *leading.FAULTS,
    *deaths.FAULTS,
    *broker.FAULTS,
    *network.FAULTS,
    *database.FAULTS,
    *disk.FAULTS,
    *clocks.FAULTS,
    *retention.FAULTS,
    *messages.FAULTS,
    *poison.FAULTS,
    *forgery.FAULTS,
    *outside.FAULTS,
)
