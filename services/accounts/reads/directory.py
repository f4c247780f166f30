"""Questions about who we are: the tree of territories, who belongs where, what somebody may."""

from sqlalchemy import select

from chassis.cursors import DEFAULT_PAGE
from chassis.errors import NotFound
from chassis.pages import Page, page
from chassis.work import Work
from services.accounts.domain.ownership import NOWHERE, Owner, Place
from services.accounts.domain.staff import Away, Period, StaffInactive
from services.accounts.domain.territories import Node, below, covering, state_key
from services.accounts.tables import Absence, Staff, Territory

MAX_TERRITORIES = 5_000
MAX_STAFF = 20_000


class Places:
    """Where customers belong by their state; read once, asked for many rows."""

    def __init__(self, territory_of: dict[str, str], owner_of: dict[str, Owner]) -> None:
        self._territory_of, self._owner_of = territory_of, owner_of

    def of(self, state: str | None) -> Place:
        """Return the territory that covers a state, and its rep if it has exactly one."""
        territory_id = self._territory_of.get(state_key(state)) if state else None
        if territory_id is None:
            return NOWHERE
        return Place(territory_id, self._owner_of.get(territory_id))


def tree(work: Work) -> dict[str, Node]:
    """Return the territories of the caller's entity by id."""
    return tree_of(work, work.caller.entity_id)


def tree_of(work: Work, entity_id: str) -> dict[str, Node]:
    """Return the territories of an entity by id."""
    query = select(Territory.id, Territory.parent_id, Territory.states)
    rows = work.session.execute(
        query.where(Territory.entity_id == entity_id).limit(MAX_TERRITORIES)
    )
    return {row.id: Node(row.id, row.parent_id, tuple(row.states)) for row in rows}


def places(work: Work) -> Places:
    """Return where customers belong by their state."""
    query = select(Staff.id, Staff.team_id, Staff.territory_ids)
    rows = work.session.execute(
        query.where(Staff.entity_id == work.caller.entity_id, Staff.active).limit(MAX_STAFF)
    )
    members: dict[str, list[Owner]] = {}
    for row in rows:
        for territory_id in row.territory_ids:
            members.setdefault(territory_id, []).append(Owner(row.id, row.team_id))
    only = {territory_id: who[0] for territory_id, who in members.items() if len(who) == 1}
    return Places(covering(tree(work).values()), only)


def owner(work: Work, staff_id: str) -> Owner:
    """Return a member of the staff as an owner.

    :raises NotFound: if there is no such member of the staff in this entity.
    :raises StaffInactive: if that one has left.
    """
    query = select(Staff.active, Staff.team_id).where(
        Staff.id == staff_id, Staff.entity_id == work.caller.entity_id
    )
    found = work.session.execute(query).one_or_none()
    if found is None:
        raise NotFound(
            "There is no member of the staff with this id.",
            code="accounts.staff.not_found",
            detail={"id": staff_id},
        )
    if not found.active:
        raise StaffInactive("This member of the staff has left.", detail={"id": staff_id})
    return Owner(staff_id, found.team_id)


def token_claims(work: Work, *, staff_id: str) -> dict[str, object]:
    """Return what a person's token says; accounts' key signs it outside of any use case.

    Who is responsible for a territory is so for all that lie below it.

    :raises StaffInactive: if that one has left.
    """
    staff = work.get(Staff, staff_id)
    if not staff.active:
        raise StaffInactive("This member of the staff has left.", detail={"id": staff_id})
    return {
        "subject": f"person:{staff.id}",
        "roles": list(staff.roles),
        "entity": staff.entity_id,
        "teams": [staff.team_id] if staff.team_id else [],
        "territories": list(below(tree(work).values(), staff.territory_ids)),
    }


def periods_away(work: Work, staff_id: str, *, besides: str | None = None) -> list[Away]:
    """Return when somebody is away, and who stands in; ``besides`` names an absence to pass over."""
    query = select(Absence.id, Absence.starts_at, Absence.ends_at, Absence.substitute_id)
    return [
        Away(Period(row.starts_at, row.ends_at), row.substitute_id)
        for row in work.session.execute(query.where(Absence.staff_id == staff_id))
        if row.id != besides
    ]


def absences(
    work: Work, *, staff_id: str, after: str | None = None, limit: int = DEFAULT_PAGE
) -> Page[Absence]:
    """Page through somebody's absences, the latest first."""
    query = select(Absence).where(Absence.staff_id == staff_id, *work.visible(Absence))
    keys = [Absence.starts_at, Absence.id]
    return page(work, query, keys, limit=limit, after=after, descending=True)
