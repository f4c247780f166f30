"""The one decision about which records a caller sees: a WHERE over their own columns."""

from typing import Any

from sqlalchemy import ColumnElement, false, or_

from chassis.caller import GROUP_ENTITY, Caller, Scope
from chassis.errors import Forbidden
from chassis.tables import OwnedRecord, Record
from contracts.calls import may_call
from contracts.roles import reach


def scope_of(caller: Caller, permission: str, service: str, method: str) -> Scope:
    """Decide how far a caller may reach with a permission; default deny.

    :raises Forbidden: if the caller may not at all.
    """
    if caller.service is not None:
        if caller.service == service or may_call(caller.service, service, method):
            return Scope.ALL
        raise Forbidden(
            f"{caller.service} may not call {service}.{method}.",
            code="auth.call_not_allowed",
            detail={"method": method},
        )
    scope = reach(caller.roles, permission)
    if scope is None:
        raise Forbidden(
            f"This needs the permission {permission}.",
            code="auth.permission_missing",
            detail={"permission": permission},
        )
    return Scope(scope)


def may_see(caller: Caller, permission: str) -> bool:
    """Say whether a caller may see what takes this permission; services show nobody anything."""
    return caller.service is not None or reach(caller.roles, permission) is not None


def demand_house(caller: Caller) -> None:
    """Demand somebody of the group itself, or a service: what follows is of all its entities.

    :raises Forbidden: if the caller is of one entity, and a part would look like the whole.
    """
    if caller.service is None and caller.entity_id != GROUP_ENTITY:
        raise Forbidden("This is over everything, not over a part.", code="auth.scope")


def visible(caller: Caller, scope: Scope, kind: type[Record]) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions that a record must meet for this caller to see it."""
    if caller.service is not None:
        return ()
    entity = kind.entity_id == caller.entity_id
    if scope is Scope.ALL or not issubclass(kind, OwnedRecord):
        return (entity,)
    own = kind.owner_id == caller.staff_id
    return (entity, or_(own, _shared(caller, scope, kind)))


def _shared(caller: Caller, scope: Scope, kind: type[OwnedRecord]) -> ColumnElement[bool]:
    conditions: list[Any] = []
    if scope in {Scope.TEAM, Scope.TERRITORY} and caller.team_ids:
        conditions.append(kind.team_id.in_(caller.team_ids))
    if scope is Scope.TERRITORY and caller.territory_ids:
        conditions.append(kind.territory_id.in_(caller.territory_ids))
    return or_(*conditions) if conditions else false()
