"""Who asks, and what that one may."""

from dataclasses import dataclass
from enum import StrEnum

GROUP_ENTITY = "group"


class Scope(StrEnum):
    """How far a permission reaches, from nothing to everything of the entity."""

    OWN = "own"
    TEAM = "team"
    TERRITORY = "territory"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Caller:
    """The verified sender of a request: a person of the staff, or a service acting as itself."""

    subject: str
    roles: tuple[str, ...] = ()
    entity_id: str = GROUP_ENTITY
    team_ids: tuple[str, ...] = ()
    territory_ids: tuple[str, ...] = ()
    on_behalf_of: str | None = None  # whom a service acts for

    @property
    def staff_id(self) -> str | None:
        """Return the staff member's id, or None for a service."""
        kind, _, name = self.subject.partition(":")
        return name if kind == "person" else None

    @property
    def service(self) -> str | None:
        """Return the service's name, or None for a person."""
        kind, _, name = self.subject.partition(":")
        return name if kind == "service" else None


def as_service(name: str) -> Caller:
    """Return the caller that handlers, timers and processes of a service act as."""
    return Caller(subject=f"service:{name}")
