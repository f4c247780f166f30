"""A complaint: taken on the phone, late, escalated, solved, and judged by the customer."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from demo.findings import Driver, Satisfaction
from demo.result import Check
from demo.story import outside
from demo.story.desk import Desk
from demo.story.staffing import Staffing
from deploy.local.mail.spool import Sink

EXPECTED = {
    "product_features": 8, "channel": 7, "price": 6, "staff_attitude": 9, "service_philosophy": 8,
    "public_image": 7, "promotion": 5,
}  # fmt: skip
PERCEIVED = {
    "product_features": 8, "channel": 8, "price": 5, "staff_attitude": 10,
    "service_philosophy": 9, "public_image": 7, "promotion": 5,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Complaint:
    """What became of the complaint."""

    number: str
    customer_id: str
    checks: tuple[Check, ...]
    opened: int = 1
    closed: int = 1
    invited: int = 1
    answered: int = 1


def complain(desk: Desk, staffing: Staffing, call: dict[str, Any], day: date) -> Complaint:
    """Let a customer complain on a working day, and see it through to the survey."""
    agent = next(iter(staffing.agents.values()))
    _at(desk, day, 10, 0)
    case = desk.call("service_desk.open_case", _opening(call, agent), who=agent)
    _at(desk, day, 10, 10)
    case = _step(desk, "acknowledge_case", case["id"], agent)
    _at(desk, day, 16, 0)  # two hours were promised
    late = desk.wait(
        lambda: (found := _file(desk, case["id"]))["case"]["escalations"] and found,
        "the complaint is escalated",
    )
    boss = late["case"]["assignee_id"]
    _see_through(desk, case["id"], boss, day)
    done = _file(desk, case["id"])
    _tell(desk, done)
    answered = _survey(desk, call["customer_id"])
    return Complaint(
        done["case"]["number"],
        call["customer_id"],
        (*_checks(done, boss, staffing), *answered),
    )


def _opening(call: dict[str, Any], agent: str) -> dict[str, Any]:
    return {
        "type": "complaint",
        "severity": "high",
        "channel": "phone",
        "subject": "A chair arrived with three legs",
        "description": "The fourth leg was not in the box, and nobody called back.",
        "customer_id": call["customer_id"],
        "call_id": call["id"],
        "assignee_id": agent,
    }


def _see_through(desk: Desk, case_id: str, boss: str, day: date) -> None:
    _step(desk, "respond_case", case_id, boss, channel="phone")
    _at(desk, working_day(day), 10, 0)
    _step(desk, "resolve_case", case_id, boss, resolution="compensated")
    view = {"channel": "phone", "customer_view": "satisfied"}
    _step(desk, "tell_outcome", case_id, boss, **view)
    _step(desk, "close_case", case_id, boss)


def _step(desk: Desk, method: str, case_id: str, who: str, **given: Any) -> dict[str, Any]:
    """Take a step on a case as it stands."""
    version = _file(desk, case_id)["case"]["version"]
    named = {"case_id": case_id, "version": version}
    case: dict[str, Any] = desk.call(f"service_desk.{method}", named | given, who=who)
    return case


def _file(desk: Desk, case_id: str) -> dict[str, Any]:
    found: dict[str, Any] = desk.call("service_desk.case_file", {"case_id": case_id})
    return found


def _tell(desk: Desk, done: dict[str, Any]) -> None:
    changes = [one["change"] for one in done["history"]]
    desk.console.fact(f"complaint {done['case']['number']}", " → ".join(dict.fromkeys(changes)))
    for one in done["milestones"]:
        kept = "late" if one["breached_at"] else "in time"
        desk.console.fact("", f"{one['milestone']}: due {one['due'][:16]}, {kept}")


def _survey(desk: Desk, customer_id: str) -> tuple[Check, ...]:
    """Answer the survey by the link in the mail, as the customer does."""
    profile = desk.call("accounts.customer_card", {"customer_id": customer_id})["profile"]
    address = profile["customer"]["email"]
    sink = Sink(desk.house.directory / "mail")
    mails = desk.wait(lambda: sink.messages(address), "the invitation is in the mailbox")
    link = outside.link_in(mails[-1].parsed().get_body(("plain",)).get_content(), "s")
    looked = outside.look(desk, link)
    given = {"expected": EXPECTED, "perceived": PERCEIVED}
    answered, again = (outside.press(desk, link, given) for _ in range(2))
    desk.console.fact("survey", f"answered by its link ({answered.status_code})")
    statuses = (looked.status_code, answered.status_code, again.status_code)
    return (
        Check("One invitation, one mail", len(mails) == 1, f"{len(mails)} mails"),
        Check("The survey is answered by its link, twice the same", statuses == (200, 200, 200),
              f"{statuses}"),
    )  # fmt: skip


def _checks(done: dict[str, Any], boss: str, staffing: Staffing) -> tuple[Check, ...]:
    above = {staffing.supervisor: "to the supervisor", staffing.director: "to the director"}
    late = {one["milestone"] for one in done["milestones"] if one["breached_at"]}
    return (
        Check("The complaint is closed with what the customer said of the result",
              (done["case"]["state"], done["case"]["customer_view"]) == ("closed", "satisfied"),
              done["case"]["state"]),
        Check("Only the late step is noted as late", late == {"first_response"}, ", ".join(late).replace("_", " ")),
        # A customer of no territory is nobody's but the director's.
        Check("The late complaint went up", boss in above, above.get(boss, boss)),
    )  # fmt: skip


def satisfaction(desk: Desk, staffing: Staffing, complaint: Complaint) -> Satisfaction:
    """Ask the warehouse what customers expected and found."""
    found = desk.call("analytics.satisfaction_report", {}, who=staffing.analyst)
    drivers = tuple(
        Driver(
            one["driver"].replace("_", " "),
            float(one["expected"]),
            float(one["perceived"]),
            one["answers"],
        )
        for one in found["drivers"]
    )
    return Satisfaction(complaint.invited, found["surveys"], drivers)


def working_day(after: date) -> date:
    """Return the first day from Monday to Friday that comes after a day."""
    day = after + timedelta(days=1)
    while day.isoweekday() > 5:  # Saturday and Sunday
        day += timedelta(days=1)
    return day


def _at(desk: Desk, day: date, hour: int, minute: int) -> None:
    desk.travel_to(datetime.combine(day, time(hour, minute), UTC))
