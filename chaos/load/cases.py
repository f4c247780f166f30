"""Cases that are seen through, and cases that are left lying until somebody above gets them."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

from chaos import times
from chaos.load.counting import ids, once
from chaos.stage import Stage
from chaos.told import told
from chassis.errors import Refused, StaleVersion

CUSTOMERS = 8
URGENT = "incident"  # the type that the policy with short targets is for
TARGETS = {"acknowledge_seconds": 60, "first_response_seconds": 120, "solution_seconds": 240}
WARN_PERCENT = 5  # so that the first warning comes after three seconds
# The business clock goes on by itself, and now and then all at once: past the first promise, or past
# the quarter of an hour in which somebody is called back.
LEAPS = (61.0, 61.0, 61.0, 16 * 60.0)
LEAPING, NEGLECTED = 0.15, 0.3  # shares of the cases
# What is done with a case, in this order, and what its history calls it.
STEPS: tuple[tuple[str, dict[str, str], str], ...] = (
    ("acknowledge_case", {}, "acknowledged"),
    ("respond_case", {"channel": "mail"}, "responded"),
    ("resolve_case", {"resolution": "solved"}, "resolved"),
    ("tell_outcome", {"channel": "mail", "customer_view": "satisfied"}, "outcome_told"),
    ("close_case", {}, "closed"),
)
ONCE = ("opened", *(change for _, _, change in STEPS))
# In one statement, for a timer may fire between two.
HISTORIES = """
select case_id, place, change, changes, subject, cases.state as state from case_changes
 join cases on cases.id = case_id
"""
ENDS = {"opened": "service_desk.case.opened.v1", "closed": "service_desk.case.closed.v1"}


class Cases:
    """Open cases with keys and see most of them through; time goes by faster than it does."""

    name: ClassVar[str] = "cases"
    needs: ClassVar[frozenset[str]] = frozenset({"accounts", "service_desk"})
    per_second: ClassVar[float] = 1.0

    def set_up(self, stage: Stage) -> None:
        """Hire an agent and those above, promise something soon, and have customers."""
        team = {"kind": "team", "values": {"name": "Chaos desk"}}
        team_id = stage.ask("accounts.create_record", team, key="cases-team")["id"]
        staff = [_hire(stage, role, team_id) for role in ("agent", "supervisor", "sales_director")]
        self._agent = staff[0]
        self._customers = [_customer(stage, number) for number in range(CUSTOMERS)]
        promised = {
            "key": "chaos", "label": "Soon", "type": URGENT, "warn_percent": WARN_PERCENT,
            "calendar_id": "service_calendars.always", **TARGETS,
        }  # fmt: skip
        stage.ask("service_desk.write_policy", promised, key="cases-policy")
        _await(stage, "desk_staff_refs", staff)
        _await(stage, "desk_customer_refs", self._customers)

    def step(self, stage: Stage, dice: Random) -> None:
        """Take a case in, and see it through unless it is forgotten."""
        mark = f"{dice.getrandbits(64):016x}"
        new = {
            "type": dice.choice(("question", URGENT)), "channel": "web", "subject": f"Chaos {mark}",
            "customer_id": dice.choice(self._customers), "assignee_id": self._agent,
        }  # fmt: skip
        opened = stage.ask("service_desk.open_case", new, key=f"open-{mark}")
        facts = {"mark": mark, "customer_id": new["customer_id"]}
        stage.ledger.note("case.opened", opened["id"], **facts)
        again = stage.ask("service_desk.open_case", new, key=f"open-{mark}")
        if again["id"] != opened["id"]:
            stage.ledger.note("case.doubled", again["id"], mark=mark)
        if dice.random() < LEAPING:
            times.let_pass(stage, dice.choice(LEAPS))
        if dice.random() < NEGLECTED:
            return
        for method, given, change in STEPS:
            _do(stage, method, opened["id"], given)
            stage.ledger.note(f"case.{change}", opened["id"])

    def settled(self, stage: Stage) -> bool:
        """Every command is answered within a step; what is due later is no concern of it."""
        return True

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Hold the cases, their histories and what was told against what was acknowledged."""
        for entry in stage.ledger.of("case.doubled"):
            yield f"the key of case {entry.facts['mark']} opened a second one, {entry.id}"
        opened = list(stage.ledger.of("case.opened"))
        lines = stage.rows("service_desk", HISTORIES)
        cases = {row["case_id"]: row for row in lines}
        marks = [row["subject"].removeprefix("Chaos ") for row in cases.values()]
        yield from once("case", [entry.facts["mark"] for entry in opened], marks)
        ours = {entry.id for entry in opened}
        done = {change: {e.id for e in stage.ledger.of(f"case.{change}")} for change in ONCE}
        yield from histories([row for row in lines if row["case_id"] in ours], done)
        for id_ in sorted(done["closed"] & cases.keys()):
            if cases[id_]["state"] != "closed":
                yield f"case {id_} was closed and is {cases[id_]['state']}"
        for change, type_ in ENDS.items():
            words = [one["case_id"] for one in told(stage, type_)]
            yield from once(f"the word that it is {change}, case", done[change], words)
        yield from _timelines(stage, done)


def histories(lines: list[Any], done: dict[str, set[str]]) -> Iterator[str]:
    """Yield where a history has a hole, a step twice, or lacks one that was acknowledged."""
    places: dict[tuple[str, int], list[int]] = {}
    for line in lines:
        places.setdefault((line["case_id"], line["changes"]), []).append(line["place"])
    for (id_, length), found in sorted(places.items()):
        if sorted(found) != list(range(1, length + 1)):
            yield f"the history of case {id_} has the places {sorted(found)}, not 1 to {length}"
    counted = Counter((line["case_id"], line["change"]) for line in lines)
    for change, wanted in done.items():
        for id_ in sorted(wanted):
            if counted[id_, change] != 1:
                yield f"the history of case {id_} says {change} {counted[id_, change]} times"


def _timelines(stage: Stage, done: dict[str, set[str]]) -> Iterator[str]:
    """Each customer has a case on the timeline as it was opened, and as it was closed, once."""
    asked = "select source_key, customer_id from interactions where source = 'service_desk.case'"
    noted = [
        (":".join(row["source_key"].split(":")[:2]), row["customer_id"])
        for row in stage.rows("accounts", asked)
    ]
    for change in ENDS:
        wanted = {f"{id_}:{change}" for id_ in done[change]}
        yield from once("entry for the case", wanted, [key for key, _ in noted])
    whose = {entry.id: entry.facts["customer_id"] for entry in stage.ledger.of("case.opened")}
    for key, customer_id in noted:
        case_id = key.partition(":")[0]
        if whose.get(case_id, customer_id) != customer_id:
            yield f"case {case_id} is on the timeline of somebody else"


def _do(stage: Stage, method: str, case_id: str, given: dict[str, str]) -> None:
    """Take a step on a case as it stands: a deadline that passes meanwhile makes it another."""
    while True:
        shown = stage.ask("service_desk.case_file", {"case_id": case_id})["case"]
        named = {"case_id": case_id, "version": shown["version"]}
        key = f"{method}-{case_id}-{shown['version']}"
        try:
            stage.ask(f"service_desk.{method}", named | given, key=key)
        except Refused as refused:
            if refused.code != StaleVersion.code:
                raise
        else:
            return


def _await(stage: Stage, table: str, wanted: list[str]) -> None:
    known = f"the service desk has its {table}"
    stage.wait(lambda: set(wanted) <= set(ids(stage, "service_desk", table)), 120, known)


def _hire(stage: Stage, role: str, team_id: str) -> str:
    person = {"name": f"Chaos {role}", "roles": [role], "team_id": team_id}
    id_: str = stage.ask("accounts.register_staff", person, key=f"cases-{role}")["id"]
    return id_


def _customer(stage: Stage, number: int) -> str:
    described = {"name": f"Plaintiff {number}", "email": f"{number}@cases.example"}
    done = stage.ask("accounts.register_customer", described, key=f"cases-{number}")
    id_: str = done["customer_id"]
    return id_
