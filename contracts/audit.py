"""What every service tells of its own audit trail."""

from dataclasses import dataclass

from contracts import SERVICES
from contracts.base import event


def _sealed(service: str) -> type:
    @event(f"{service}.audit.sealed.v1", subject="chain")
    @dataclass(frozen=True, slots=True, kw_only=True)
    class AuditSealed:
        """The audit chain is so long, and ends so: its head, kept where nobody can cut it off."""

        chain: str  # the service
        number: int  # of the last seal
        rows: int  # that are sealed up to there
        hash: str  # of the last seal, SHA-256

    return AuditSealed


SEALED = {service: _sealed(service) for service in SERVICES}
