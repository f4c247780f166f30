"""Every way into a service from outside, with the permission it needs: the permission matrix."""

from collections.abc import Iterator
from dataclasses import dataclass

from chassis.records import METHODS, READING
from chassis.rows import Records, RpcRow
from chassis.schemas import needs
from contracts.calls import CALLS
from contracts.roles import ROLES, reach
from rapport_cli import services


@dataclass(frozen=True, slots=True)
class Grant:
    """One thing that can be asked of a service by RPC."""

    service: str
    method: str
    verb: str  # command, query or process
    permission: str | None
    record: str = ""  # the kind of plain record, where the method serves several

    def scope_of(self, role: str) -> str | None:
        """Return how far a role reaches here, or None: it may not."""
        return reach((role,), self.permission) if self.permission else None

    @property
    def services(self) -> list[str]:
        """Name the other services that may call it."""
        return sorted(
            caller
            for caller, callees in CALLS.items()
            if self.method in callees.get(self.service, ())
        )


def grants(service: str) -> Iterator[Grant]:
    """List what can be asked of a service, plain records by kind and verb."""
    for row in services.rows(service).values():
        if isinstance(row, RpcRow) and row.needs is not None:
            yield Grant(service, row.name, row.kind, row.needs)
        elif isinstance(row, Records):
            yield from _records(service, row)


def guarded_fields(service: str) -> dict[str, str]:
    """Return which fields of answers take a permission of their own: field -> permission."""
    found: dict[str, str] = {}
    for row in services.rows(service).values():
        if isinstance(row, RpcRow) and row.shows is not None:
            found |= {f"{row.name}: {name}": needed for name, needed in needs(row.shows).items()}
        elif isinstance(row, Records):
            for kind, resource in row.resources.items():
                shown = needs(resource.schema)
                found |= {f"record {kind}: {name}": needed for name, needed in shown.items()}
    return found


def roles() -> tuple[str, ...]:
    """Name all roles, in the order of contracts/roles.py."""
    return tuple(ROLES)


def _records(service: str, row: Records) -> Iterator[Grant]:
    for kind, resource in row.resources.items():
        for verb, method in METHODS.items():
            if verb in resource.verbs:
                reading = verb in READING
                permission = resource.reads if reading else resource.writes
                yield Grant(service, method, "query" if reading else "command", permission, kind)
