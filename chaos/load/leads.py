"""Leads that are captured twice over, qualified and converted into customers with an opportunity."""

from collections.abc import Iterator
from random import Random
from typing import Any, ClassVar

from chaos.load.counting import copied, ids, once
from chaos.stage import Stage


class Leads:
    """Capture, qualify, convert: two processes across services and a command between."""

    name: ClassVar[str] = "leads"
    needs: ClassVar[frozenset[str]] = frozenset({"accounts", "sales"})
    per_second: ClassVar[float] = 3.0

    def set_up(self, stage: Stage) -> None:
        """Hire whoever the leads are given to."""
        team = {"kind": "team", "values": {"name": "Chaos"}}
        team_id = stage.ask("accounts.create_record", team, key="leads-team")["id"]
        rep = {"name": "Rep", "roles": ["rep"], "team_id": team_id}
        self._rep: str = stage.ask("accounts.register_staff", rep, key="leads-rep")["id"]
        known = f"select id from staff_refs where id = '{self._rep}'"
        stage.wait(lambda: stage.rows("sales", known), 120, "sales knows the rep")

    def step(self, stage: Stage, dice: Random) -> None:
        """Take one lead all the way."""
        mark = f"{dice.getrandbits(64):016x}"
        form = {
            "source": "web",
            "name": f"Lead {mark}",
            "email": f"{mark}@leads.example",
            "submission_id": f"form-{mark}",
        }
        lead = stage.ask("sales.capture_lead", form, key=f"capture-{mark}")
        stage.ledger.note("lead.captured", lead["lead_id"], mark=mark)
        again = stage.ask("sales.capture_lead", form, key=f"again-{mark}")
        if again["lead_id"] != lead["lead_id"]:
            stage.ledger.note("lead.doubled", again["lead_id"], mark=mark)
        named = _shown(stage, lead["lead_id"]) | {"owner_id": self._rep}
        stage.ask("sales.assign_lead", named, key=f"assign-{mark}")
        named = _shown(stage, lead["lead_id"])
        due = {"next_action_due": "2099-01-01T00:00:00Z"}
        stage.ask("sales.qualify_lead", named | due, key=f"qualify-{mark}")
        deal = {"lead_id": lead["lead_id"], "title": f"Deal {mark}"}
        deal |= {"amount_minor": 100_00, "currency": "EUR"}
        done = stage.ask("sales.convert_lead", deal, key=f"convert-{mark}")
        stage.ledger.note(
            "lead.converted",
            lead["lead_id"],
            mark=mark,
            customer_id=done["customer_id"],
            opportunity_id=done["opportunity_id"],
        )

    def settled(self, stage: Stage) -> bool:
        """Every process is asked to its end within a step."""
        return True

    def wrong(self, stage: Stage) -> Iterator[str]:
        """Count leads, customers, opportunities and copies by what they are known by."""
        for entry in stage.ledger.of("lead.doubled"):
            yield f"the form {entry.facts['mark']} became a second lead, {entry.id}"
        captured = {entry.facts["mark"] for entry in stage.ledger.of("lead.captured")}
        marks = [row["email"].partition("@")[0] for row in stage.rows("sales", LEADS)]
        yield from once("lead", captured, marks)
        converted = list(stage.ledger.of("lead.converted"))
        wanted = {entry.facts["customer_id"] for entry in converted}
        yield from once("customer of a lead", wanted, ids(stage, "accounts", "customers"))
        mails = [row["email"].partition("@")[0] for row in stage.rows("accounts", CUSTOMERS)]
        won = {entry.facts["mark"] for entry in converted}
        yield from once("customer with the mail of lead", won, mails)
        deals = [row["title"].partition(" ")[2] for row in stage.rows("sales", DEALS)]
        yield from once("opportunity", won, deals)
        yield from copied(stage, wanted)


LEADS = "select email from leads where email like '%@leads.example'"
CUSTOMERS = "select email from customers where email like '%@leads.example'"
DEALS = "select title from opportunities where title like 'Deal %'"


def _shown(stage: Stage, lead_id: str) -> dict[str, Any]:
    lead = stage.ask("sales.get_record", {"kind": "lead", "id": lead_id})
    return {"lead_id": lead_id, "version": lead["version"]}
