"""Chapter one: who we are."""

from dataclasses import dataclass

from demo.story.desk import Desk

REPS = ("Kelly Williams", "Anna Andreadi", "Chuck Magee", "Cassandra Brandow")
SECOND_REPS = ("Lee Tanaka", "Maria Gomez", "Omar Haddad", "Ingrid Solberg")
DIRECTOR = "Robin Castle"


@dataclass(frozen=True, slots=True)
class Staffing:
    """Whom the directory knows."""

    director: str
    reps: tuple[str, ...]
    territories: dict[str, str]  # region -> territory


def hire(desk: Desk) -> Staffing:
    """Enter a territory, a team and two reps for each region, and a director over all."""
    regions: dict[str, set[str]] = {}
    for order in desk.history.orders:
        regions.setdefault(order.ship_to.region, set()).add(order.ship_to.state)
    territories, reps = {}, []
    for region, names in zip(sorted(regions), zip(REPS, SECOND_REPS, strict=True), strict=False):
        made = {"name": region, "states": sorted(regions[region])}
        territory = desk.call("accounts.register_territory", made)["id"]
        territories[region] = territory
        team = {"kind": "team", "values": {"name": f"{region} team"}}
        team_id = desk.call("accounts.create_record", team)["id"]
        for name in names:
            rep = {"name": name, "roles": ["rep"], "team_id": team_id}
            one = desk.call("accounts.register_staff", rep | {"territory_ids": [territory]})
            reps.append(one["id"])
    director = {"name": DIRECTOR, "roles": ["sales_director"]}
    director_id = desk.call("accounts.register_staff", director)["id"]
    for staff_id in (director_id, *reps):
        desk.sign_in(staff_id)
    desk.console.fact("directory", f"{len(reps) + 1} staff, {len(territories)} territories")
    return Staffing(director_id, tuple(reps), territories)
