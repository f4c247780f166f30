"""The bridge as a plain process: one thread reads, one thinks, one publishes; the spool between them."""

from collections.abc import Callable, Mapping

from chassis.config import PlainSettings
from services.telephony.bridge import metrics
from services.telephony.bridge.client import Limits
from services.telephony.bridge.config import Own
from services.telephony.bridge.listening import Listener
from services.telephony.bridge.machine import Machine
from services.telephony.bridge.publishing import Sender
from services.telephony.bridge.spool import Spool

DRAIN_SECONDS = 10.0


class Bridge:
    """Between one PBX and the bus."""

    def __init__(self, amqp_uri: str, own: Own, limits: Limits | None = None) -> None:
        self._spool = Spool(own.spool, own.spool_bytes)
        self._sender = Sender(amqp_uri, self._spool)
        machine = Machine(own.pbx_region, own.trunks())
        self._listener = Listener(
            machine, self._spool, self._sender.wake, own.address(), limits or Limits()
        )

    def start(self) -> None:
        """Begin; the PBX and the broker may come later."""
        metrics.announce()
        self._sender.start()
        self._listener.start()

    def checks(self) -> Mapping[str, Callable[[], str | None]]:
        """Return what readiness asks: a PBX that is away is no reason to take the bridge away."""
        return {"broker": lambda: self._sender.problem, "spool": self._spool_well}

    def alive(self) -> str | None:
        """Say what makes the process worth killing."""
        return self._listener.alive() or (None if self._sender.alive() else "The sender has ended.")

    def stop(self) -> None:
        """Stop listening, publish what is kept as far as time allows; the rest stays in the spool."""
        self._listener.stop()
        self._sender.stop(DRAIN_SECONDS)
        if not self._sender.alive():
            self._spool.close()

    def _spool_well(self) -> str | None:
        return "The spool is more than half full." if self._spool.alarming else None


def make(settings: PlainSettings, own: Own) -> Bridge:
    """Make the bridge of these settings."""
    return Bridge(settings.amqp_uri, own)
