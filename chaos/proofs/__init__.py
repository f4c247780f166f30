"""What must be so when the dust has settled, whatever the business was."""

from collections.abc import Callable, Iterator

from chaos.proofs.alive import alive
from chaos.proofs.copies import copies
from chaos.proofs.leading import led_by_one
from chaos.proofs.log import log
from chaos.proofs.mails import mails
from chaos.proofs.parked import parked
from chaos.proofs.processes import processes
from chaos.proofs.timers import timers
from chaos.proofs.warehouse import warehouse
from chaos.stage import Stage

PROOFS: tuple[Callable[[Stage], Iterator[str]], ...] = (
    alive,
    led_by_one,
    parked,
    processes,
    timers,
    mails,
    copies,
    log,
    warehouse,
)
