"""One customer of whom every department knows something, and the page that shows all of it."""

import json
from datetime import timedelta
from typing import Any

from click.testing import CliRunner

from chassis.topology.names import OPERATOR
from demo.story.outside import ONE_CLICK, link_in
from deploy.local.mail.spool import Sink
from deploy.local.pbx import Play, ReplayPbx
from rapport_cli.main import main
from tests.e2e.conftest import MONDAY
from tests.support.belongings import furnish
from tests.support.doors import PATIENCE, Door
from tests.support.waiting import eventually

NAME, MAIL, PHONE = "Ada Lovelace", "ada@example.com", "+8613800130001"
CAPTURED = "13800138000"  # who calls in the capture
PRODUCT = {"sku": "CHAIR", "name": "Chair", "category": "Furniture"}
WORDS = {"subject": "Chairs", "text": "New chairs. No more mail: {{ unsubscribe_url }}"}
SCORES = {"expected": {"price": 6}, "perceived": {"price": 5}}
FACT = {
    "kind": "sessions", "period_start": "2024-04-01", "period_end": "2024-05-01", "source": "shop",
    "value": "12",
}  # fmt: skip
COPIES = (
    ("sales", "customer_refs"),
    ("service_desk", "desk_customer_refs"),
    ("telephony", "telephony_customer_refs"),
    ("marketing", "marketing_customer_refs"),
)


class Whole:
    """A customer, and what every department does with her."""

    def __init__(self, door: Door) -> None:
        self.door = door
        entered = {"name": NAME, "email": MAIL, "phone": PHONE, "country": "CN"}
        self.id = str(self._ask("register_customer", **entered)["customer_id"])
        for service, table in COPIES:
            door.until(service, table, 1, f"id = '{self.id}'")

    def known(self) -> None:
        """Tell accounts all that it keeps of a customer."""
        whose = {"customer_id": self.id}
        self._claim()
        other = self._ask("register_customer", name="Bo Carpenter")["customer_id"]
        self._ask("relate", customer_id=other, other_id=self.id, relation="referrer")
        self._ask("register_member", **whose, level="gold", joined_on="2024-01-01")
        self._ask("add_contact_point", **whose, medium="phone", value="+8613900139009")
        self._ask("record_nda", **whose, party="Ada Lovelace")
        self._ask("add_department", **whose, name="Purchasing")
        meeting = {"subject": "Review", "cadence": "month", "starts_at": "2024-06-03T09:00:00Z"}
        self._ask("schedule_meetings", **whose, **meeting)
        self._ask("add_external_id", **self._named(), system="erp", external_id="A-1")
        self._ask("tag_customer", **self._named(), add=["club"])
        self._ask("set_preferences", **self._named(), channel="mail")
        self._ask("raise_flag", **whose, kind="do_not_contact", channel="post",
                  reason="customer_asked")  # fmt: skip
        self._ask("set_trait", **whose, kind="lifestyle", value="outdoors")
        self._ask("record_behaviour", **whose, facts=[FACT])
        self._ask("share_customer", **self._named(), shared=True)

    def done(self) -> None:
        """Let every department do its work with her."""
        self.door.call("sales.create_record", {"kind": "product", "values": PRODUCT})
        furnish(self.door, self.id, "Ada", MAIL)
        self._answer()
        self._score()
        self._campaign()

    def called(self) -> None:
        """Let her call us."""
        house = self.door.house
        with ReplayPbx(house.ports["pbx"], house.pbx_secret, booted=MONDAY) as pbx:
            eventually(lambda: pbx.listeners, seconds=PATIENCE, because="the bridge listens")
            play = Play("01", MONDAY + timedelta(minutes=1), {CAPTURED: PHONE[3:]})
            for event in pbx.events(play):
                pbx.tell(event)
            self.door.until("telephony", "calls", 1, f"customer_id = '{self.id}'")

    def page(self) -> dict[str, Any]:
        """Ask every service at once, as a person does: one page."""
        env = {
            "RAPPORT_AMQP_URI": self.door.house.uri_of(OPERATOR),
            "RAPPORT_TOKEN": self.door.admin,
        }
        asked = ["card", self.id, "--timeout", "20", "--json"]
        done = CliRunner().invoke(main, asked, env=env)
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)["sections"]
        return {service: part["card"] for service, part in found.items()}

    def _claim(self) -> None:
        rita, token = self.door.hire("Rita Rep", "rep")
        pool = self._ask("register_pool", name="East", member_ids=[rita])
        assigned = self._named() | {"owner_id": self.door.hire("Rob Rep", "rep")[0]}
        self._ask("assign_owner", **assigned)
        self._ask("release_customer", **self._named(), pool_id=pool["id"], reason="no_need")
        claimed = {"customer_id": self.id, "pool_id": pool["id"]}
        self.door.call("accounts.claim_customer", claimed, token)

    def _answer(self) -> None:
        sink = Sink(self.door.house.directory / "mail")
        mails = eventually(lambda: sink.messages(MAIL), seconds=PATIENCE, because="she is asked")
        link = link_in(mails[0].parsed().get_body(("plain",)).get_content(), "s")
        assert self.door.visit("POST", link, json=SCORES).status_code == 200

    def _score(self) -> None:
        self.door.travel(MONDAY + timedelta(days=1))
        self.door.read_up()
        self.door.call("analytics.score_customers", {})

    def _campaign(self) -> None:
        door, sink = self.door, Sink(self.door.house.directory / "mail")
        before = len(sink.messages(MAIL))
        tagged = [{"fact": "tag", "has": "ada"}]
        segment = {"key": "ada", "label": "Ada", "all_of": tagged}
        segment_id = door.call("marketing.define_segment", segment)["id"]
        door.until("marketing", "memberships", 1)
        saved = {"key": "chairs", "purpose": "marketing", "variants": {"en": WORDS}}
        plan = {"segment_id": segment_id, "template_id": None, "key": "spring", "label": "Spring"}
        plan["template_id"] = door.call("marketing.save_template", saved)["id"]
        drawn = door.call("marketing.draft_campaign", plan)
        launched = {"campaign_id": drawn["id"], "version": drawn["version"]}
        door.call("marketing.launch_campaign", launched)
        mails = eventually(lambda: sink.messages(MAIL)[before:], seconds=PATIENCE, because="mailed")
        link = link_in(mails[0].parsed()["List-Unsubscribe"], "u")
        assert door.visit("POST", link, data=ONE_CLICK).status_code == 200

    def _named(self) -> dict[str, Any]:
        named = {"kind": "customer", "id": self.id}
        return {"customer_id": self.id, "version": self._ask("get_record", **named)["version"]}

    def _ask(self, method: str, **payload: Any) -> Any:
        return self.door.call(f"accounts.{method}", payload)


def at(page: dict[str, Any], section: str) -> Any:
    """Return what stands in a section of a page, None where there is no such section."""
    found: Any = page
    for name in section.split("."):
        found = found.get(name) if isinstance(found, dict) else None
    return found
