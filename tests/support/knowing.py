"""All that accounts knows of a customer beside the record itself: a row in each of its tables."""

from typing import Any

from contracts.sales import OpportunityOpened, OpportunityWon
from services.accounts.config import Own
from tests.support.accounts import Desk, a_customer, a_staff
from tests.support.merging import named
from tests.support.pools import a_pool
from tests.support.standing import buy, say

# Every table in which a row is a customer's. Words of a search are beside them: they are made anew.
TABLES = (
    "assets", "behaviour_facts", "bought_orders", "claims", "consent_requests", "consents",
    "contact_points", "contacts", "customer_tags", "dealings", "departments", "external_ids",
    "flags", "interactions", "meeting_series", "members", "ndas", "ownerships", "relationships",
    "sensitive_values", "shared_customers", "stage_changes", "survey_answers", "traits",
)  # fmt: skip


def know(desk: Desk, id_: str, mark: str) -> None:
    """Let accounts know all there is to know of a customer that nobody owns."""
    desk.runtime.own = Own(sensitive_traits=True)
    _claimed(desk, id_, mark)

    def tell(method: str, **more: Any) -> Any:
        return desk.ask(method, customer_id=id_, **more)

    def change(method: str, **more: Any) -> Any:
        return tell(method, version=named(desk, id_)["version"], **more)

    tell("register_contact", name=f"Contact {mark}")
    tell("record_interaction", kind="call", subject="Hello", source="desk", source_key=mark)
    tell("add_contact_point", medium="address", address={"city": f"City {mark}"}, label=mark)
    tell("add_department", name=f"Board {mark}")
    tell("schedule_meetings", subject="Talk", cadence="year", starts_at="2030-01-01T00:00:00Z")
    tell("record_asset", sku="OFF-1", serial=mark)
    tell("set_trait", kind="character", value=mark)
    tell("set_consent", purpose="sensitive_traits", channel="mail", granted=True, basis="consent")
    tell("set_sensitive_trait", kind="belief", value=mark)
    tell("ask_consent", channel="mail")
    tell("record_behaviour", facts=[
        {"kind": "usage", "value": mark, "source": "network",
         "period_start": "2017-01-01", "period_end": "2017-02-01"},
    ])  # fmt: skip
    tell("register_member", number=f"No {mark}", level="gold", joined_on="2016-01-01")
    tell("record_nda", party=mark)
    tell("relate", other_id=a_customer(desk)["customer_id"], relation="partner")
    tell("raise_flag", kind="blacklist", reason="abuse", until=f"204{len(mark)}-01-01T00:00:00Z")
    change("tag_customer", add=[f"word_{mark}", "both"])
    change("add_external_id", system="shop", external_id=mark)
    change("share_customer", shared=True)
    change("set_credit", rating="good", reason="payment_record")
    _done_business(desk, id_, mark)


def _claimed(desk: Desk, id_: str, mark: str) -> None:
    rep = a_staff(desk, name=f"Owner {mark}")["id"]
    pool = a_pool(desk, name=f"Pool {mark}", member_ids=[rep])
    desk.ask("claim_customer", as_=desk.token_of(rep), pool_id=pool, customer_id=id_)


def _done_business(desk: Desk, id_: str, mark: str) -> None:
    for number in range(2):
        opened = OpportunityOpened(
            opportunity_id=f"{mark}{number}", version=1, customer_id=id_, stage="new",
            amount_minor=1, currency="USD", win_chance=10,
        )  # fmt: skip
        desk.hear("business_done", opened)
    won = OpportunityWon(
        opportunity_id=f"{mark}0", version=2, customer_id=id_, amount_minor=1, currency="USD",
        seconds_open=1,
    )  # fmt: skip
    desk.hear("business_done", won)
    buy(desk, id_, id_=f"order {mark}", on=f"2026-0{len(mark)}-20")
    say(desk, id_, "satisfied", survey_id=mark)
