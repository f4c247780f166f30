"""Keep the directory: staff and their roles, absences, the tree of territories."""

from collections.abc import Mapping

from chassis.merging import Based, since
from chassis.visibility import demand_house
from chassis.work import Work
from contracts.roles import ROLES
from services.accounts.domain import staff as rules
from services.accounts.domain import territories
from services.accounts.domain.identity import normal_email
from services.accounts.domain.staff import Away, Leave, StaffDetails
from services.accounts.domain.territories import Node, Region
from services.accounts.reads import customers as reads
from services.accounts.reads import directory, entities, telling
from services.accounts.tables import Absence, Staff, Team, Territory

_TREE = "territories"


def register_staff(work: Work, *, details: StaffDetails) -> Staff:
    """Enter a member of the staff.

    :raises UnknownRole: if a role is not defined.
    :raises UnknownTerritory: if a territory does not exist.
    :raises Forbidden: if it would be in another entity and the caller does not work for the group.
    :raises Invalid: if there is no such entity, or it is closed.
    """
    _check_membership(work, details.team_id, details.territory_ids)
    entity_id = details.entity_id or work.caller.entity_id
    if entity_id != work.caller.entity_id:
        demand_house(work.caller)
    entities.demand_active(work, entity_id)
    staff = work.add(
        Staff(
            entity_id=entity_id,
            name=details.name,
            email=normal_email(details.email) if details.email else None,
            active=True,
            roles=list(rules.check_roles(details.roles, ROLES)),
            away=[],
            team_id=details.team_id,
            territory_ids=sorted(set(details.territory_ids)),
        )
    )
    work.tell(telling.staff_recorded, staff)
    return staff


def update_staff(
    work: Work, *, staff_id: str, based: Based, changes: Mapping[str, object]
) -> Staff:
    """Change name, mail, team, territories, or whether somebody is still with us.

    :raises StaleVersion: if it changed since, unless it is to be merged and others changed other fields.
    :raises UnknownTerritory: if a territory does not exist.
    """
    staff = work.get(Staff, staff_id)
    mine = since(work.session, staff, based).mine(_normal(changes))
    team_id = mine.get("team_id", staff.team_id)
    territory_ids = mine.get("territory_ids", staff.territory_ids)
    assert team_id is None or isinstance(team_id, str)
    assert isinstance(territory_ids, list)
    _check_membership(work, team_id, tuple(territory_ids))
    for name, value in mine.items():
        setattr(staff, name, value)
    if work.session.is_modified(staff):
        work.tell(telling.staff_recorded, staff)
    return staff


def grant_role(work: Work, *, staff_id: str, version: int, role: str) -> Staff:
    """Give somebody a role; a role that he has already changes nothing.

    :raises OwnRole: if he would give it to himself.
    :raises UnknownRole: if it is not defined.
    """
    staff = _for_roles(work, staff_id, version)
    return _set_roles(work, staff, {*staff.roles, role})


def revoke_role(work: Work, *, staff_id: str, version: int, role: str) -> Staff:
    """Take a role from somebody.

    :raises OwnRole: if he would take it from himself.
    """
    staff = _for_roles(work, staff_id, version)
    return _set_roles(work, staff, set(staff.roles) - {role})


def set_absence(work: Work, *, staff_id: str, leave: Leave) -> Absence:
    """Note when somebody is away and who stands in.

    :raises AbsenceOverlaps: if there is another absence in this period.
    """
    staff = work.get(Staff, staff_id)
    if leave.substitute_id is not None:
        directory.owner(work, leave.substitute_id)
    reads.hold(work, [f"absences:{staff_id}"])
    known = directory.periods_away(work, staff_id)
    rules.check_period(leave.period, [one.period for one in known])
    _tell_away(work, staff, [*known, Away(leave.period, leave.substitute_id)])
    return work.add(
        Absence(
            staff_id=staff_id,
            starts_at=leave.period.starts_at,
            ends_at=leave.period.ends_at,
            reason=leave.reason,
            substitute_id=leave.substitute_id,
        )
    )


def cancel_absence(work: Work, *, absence_id: str, version: int) -> None:
    """Take an absence back."""
    absence = work.get(Absence, absence_id, version=version)
    staff = work.get(Staff, absence.staff_id)
    reads.hold(work, [f"absences:{staff.id}"])
    _tell_away(work, staff, directory.periods_away(work, staff.id, besides=absence_id))
    work.remove(absence)


def register_territory(work: Work, *, region: Region) -> Territory:
    """Put a territory into the tree.

    :raises Refused: if it does not fit (see domain.territories.check).
    """
    reads.hold(work, [_TREE])
    territories.check(directory.tree(work), Node("", region.parent_id, region.states))
    territory = work.add(
        Territory(name=region.name, parent_id=region.parent_id, states=list(region.states))
    )
    work.tell(telling.territory_recorded, territory)
    return territory


def update_territory(work: Work, *, territory_id: str, version: int, region: Region) -> Territory:
    """Change a territory's name, place in the tree and states.

    Customers keep the territory they have until their own state changes: moving them is a
    re-setting of territories, which is planned and done as a whole.

    :raises StaleVersion: if it changed since.
    :raises Refused: if it does not fit (see domain.territories.check).
    """
    territory = work.get(Territory, territory_id, version=version)
    reads.hold(work, [_TREE])
    territories.check(directory.tree(work), Node(territory_id, region.parent_id, region.states))
    territory.name, territory.parent_id = region.name, region.parent_id
    territory.states = list(region.states)
    if work.session.is_modified(territory):
        work.tell(telling.territory_recorded, territory)
    return territory


def _normal(changes: Mapping[str, object]) -> dict[str, object]:
    """Return changes as they are stored: a mail address as it is compared, each territory once."""
    told = dict(changes)
    if isinstance(mail := told.get("email"), str):
        told["email"] = normal_email(mail)
    if isinstance(territories := told.get("territory_ids"), list):
        told["territory_ids"] = sorted(set(territories))
    return told


def _tell_away(work: Work, staff: Staff, periods: list[Away]) -> None:
    staff.away = rules.ahead(periods, work.now)
    work.tell(telling.staff_recorded, staff)


def _for_roles(work: Work, staff_id: str, version: int) -> Staff:
    rules.check_grantor(staff_id, work.caller.staff_id)
    return work.get(Staff, staff_id, version=version)


def _set_roles(work: Work, staff: Staff, roles: set[str]) -> Staff:
    wanted = list(rules.check_roles(roles, ROLES))
    if wanted != staff.roles:
        staff.roles = wanted
        work.tell(telling.staff_recorded, staff)
    return staff


def _check_membership(work: Work, team_id: str | None, territory_ids: tuple[str, ...]) -> None:
    if team_id is not None:
        work.get(Team, team_id)
    unknown = sorted(set(territory_ids) - directory.tree(work).keys())
    if unknown:
        raise territories.UnknownTerritory(
            "There is no such territory.", detail={"unknown": unknown}
        )
