"""Chapter one: who we are."""

from dataclasses import dataclass

from demo.story.desk import Desk

REPS = ("Kelly Williams", "Anna Andreadi", "Chuck Magee", "Cassandra Brandow")
SECOND_REPS = ("Lee Tanaka", "Maria Gomez", "Omar Haddad", "Ingrid Solberg")
DIRECTOR = "Robin Castle"
# In the captured calls these phones ring.
AGENTS = {"PJSIP/1001": "Ann Archer", "PJSIP/1002": "Bob Baker", "PJSIP/1003": "Dee Dawson"}
SUPERVISOR, MARKETER, ANALYST = "Sam Sullivan", "Mia Moreau", "Noor Nasser"


@dataclass(frozen=True, slots=True)
class Staffing:
    """Whom the directory knows."""

    director: str
    reps: tuple[str, ...]
    territories: dict[str, str]  # region -> territory
    agents: dict[str, str]  # device -> agent
    supervisor: str
    marketer: str
    analyst: str


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
    director = _hired(desk, DIRECTOR, "sales_director")
    agents = {device: _hired(desk, name, "agent") for device, name in AGENTS.items()}
    for device, staff_id in agents.items():
        values = {"device": device, "staff_id": staff_id}
        desk.call("telephony.create_record", {"kind": "agent_device", "values": values})
    staffing = Staffing(
        director,
        tuple(reps),
        territories,
        agents,
        supervisor=_hired(desk, SUPERVISOR, "supervisor", list(territories.values())),
        marketer=_hired(desk, MARKETER, "marketer"),
        analyst=_hired(desk, ANALYST, "data_analyst"),
    )
    everybody = (director, *reps, *agents.values(), staffing.supervisor, staffing.marketer)
    for staff_id in (*everybody, staffing.analyst):
        desk.sign_in(staff_id)
    desk.console.fact("directory", f"{len(everybody) + 1} staff, {len(territories)} territories")
    return staffing


def _hired(desk: Desk, name: str, role: str, territories: list[str] | None = None) -> str:
    """Enter a member of the staff."""
    who = {"name": name, "roles": [role], "territory_ids": territories or []}
    return str(desk.call("accounts.register_staff", who)["id"])
