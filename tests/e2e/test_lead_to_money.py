"""A web lead becomes a customer, an opportunity and money; nothing is entered twice."""

import pytest
from sqlalchemy import create_engine, text

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from tests.support.waiting import eventually

FORM = {
    "source": "web",
    "name": "Ada Byron",
    "email": "ada.byron@example.com",
    "phone": "+1 212 555 0143",
    "country": "US",
    "state": "Ohio",
}


@pytest.fixture(scope="module")
def staff(door):
    """One territory with two reps, and a director."""
    ohio = door.call("accounts.register_territory", {"name": "East", "states": ["Ohio"]})["id"]
    team = {"kind": "team", "values": {"name": "East"}}
    team_id = door.call("accounts.create_record", team)["id"]
    reps = []
    for name in ("Kelly", "Lee"):
        rep = {"name": name, "roles": ["rep"], "team_id": team_id, "territory_ids": [ohio]}
        reps.append(door.call("accounts.register_staff", rep)["id"])
    director = {"name": "Robin", "roles": ["sales_director"]}
    director_id = door.call("accounts.register_staff", director)["id"]
    eventually(lambda: _knows_reps(door), because="sales has its copies of staff and territory")
    return {"reps": reps, "director": director_id, "territory": ohio}


def _knows_reps(door):
    engine = create_engine(door.house.places["sales"].database_url)
    try:
        with engine.connect() as connection:
            tables = ("staff_refs", "territory_refs")
            counts = [
                connection.execute(text(f"select count(*) from {table}")).scalar_one()
                for table in tables
            ]
            return counts[0] >= 3 and counts[1] >= 1
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def lead(door, staff):
    return door.call("sales.capture_lead", FORM | {"submission_id": "form-1"})


@pytest.fixture(scope="module")
def conversion(door, staff, lead):
    rep = door.token_of(lead["owner_id"])
    shown = {"lead_id": lead["lead_id"], "version": lead["version"]}
    door.call("sales.qualify_lead", shown, rep)
    deal = {"lead_id": lead["lead_id"], "title": "Lamps", "amount_minor": 12_50, "currency": "USD"}
    return door.call("sales.convert_lead", deal, rep)


class TestAWebLead:
    @pytest.mark.spec("SAL-01")
    def test_is_given_to_a_rep_of_its_territory(self, staff, lead):
        assert lead["owner_id"] in staff["reps"]
        assert lead["territory_id"] == staff["territory"]

    def test_sent_twice_is_one_lead(self, door, lead):
        again = door.call("sales.capture_lead", FORM | {"submission_id": "form-1"})

        assert again["lead_id"] == lead["lead_id"]

    def test_is_not_seen_by_the_other_rep(self, door, staff, lead):
        (other,) = set(staff["reps"]) - {lead["owner_id"]}

        with pytest.raises(NotFound):
            door.call(
                "sales.get_record", {"kind": "lead", "id": lead["lead_id"]}, door.token_of(other)
            )

    @pytest.mark.spec("SAL-02")
    def test_becomes_customer_contact_and_opportunity(self, door, conversion):
        assert conversion["customer_created"]
        card = door.call("accounts.customer_card", {"customer_id": conversion["customer_id"]})
        assert card["profile"]["customer"]["name"] == "Ada Byron"
        assert [contact["name"] for contact in card["contacts"]["items"]] == ["Ada Byron"]
        assert card["interactions"]["items"][0]["result"] == "converted"

    @pytest.mark.spec("SAL-02")
    def test_converted_again_gives_the_same_answer(self, door, lead, conversion):
        rep = door.token_of(lead["owner_id"])
        deal = {"lead_id": lead["lead_id"], "title": "Lamps", "amount_minor": 12_50}

        again = door.call("sales.convert_lead", deal | {"currency": "USD"}, rep)

        assert again == conversion

    def test_who_is_known_already_is_linked_not_entered_again(self, door, conversion):
        second = FORM | {"name": "A. Byron", "email": "Ada.Byron@Example.com", "phone": None}
        lead = door.call("sales.capture_lead", second | {"submission_id": "form-2"})

        assert lead["customer_id"] == conversion["customer_id"]

    def test_is_quoted_won_and_counted(self, door, lead, conversion):
        rep = door.token_of(lead["owner_id"])
        product = {
            "sku": "LAMP-1",
            "name": "Lamp",
            "category": "Furniture",
            "sub_category": "Lamps",
        }
        made = door.call("sales.create_record", {"kind": "product", "values": product})
        quote = door.call(
            "sales.draft_quote",
            {
                "opportunity_id": conversion["opportunity_id"],
                "currency": "USD",
                "valid_until": "2099-01-01T00:00:00Z",
                "lines": [{"product_id": made["id"], "quantity": 2, "unit_price": "6.25"}],
            },
            rep,
        )
        for method in ("sales.send_quote", "sales.accept_quote"):
            named = {"quote_id": quote["id"], "version": quote["version"]}
            quote = door.call(method, named, rep)

        assert (quote["status"], quote["total_minor"]) == ("accepted", 1250)
        deal = {"kind": "opportunity", "id": conversion["opportunity_id"]}
        assert door.call("sales.get_record", deal, rep)["stage"] == "won"


class TestEveryDoor:
    def test_refuses_a_missing_token(self, door):
        with pytest.raises(Forbidden) as refused:
            door.call("sales.funnel", {}, token="")

        assert refused.value.code == "auth.token_missing"

    def test_refuses_an_unknown_argument_by_name(self, door):
        with pytest.raises(Invalid, match="colour"):
            door.call("sales.totals", {"colour": "red"})

    def test_refuses_an_unknown_method(self, door):
        with pytest.raises(NotFound) as refused:
            door.call("sales.nope", {})

        assert refused.value.code == "rpc.unknown_method"

    def test_answers_a_key_once_and_refuses_it_for_another_body(self, door):
        def make(name):
            record = {"kind": "team", "values": {"name": name}}
            return door.call("accounts.create_record", record, idempotency_key="team-1")

        assert make("North") == make("North")
        with pytest.raises(Conflict) as refused:
            make("South")
        assert refused.value.code == "idempotency.reused"

    def test_refuses_a_stale_version_with_what_is_newer(self, door):
        record = {"kind": "team", "values": {"name": "West"}}
        team = door.call("accounts.create_record", record)
        named = {"kind": "team", "id": team["id"], "version": 1}
        door.call("accounts.update_record", named | {"values": {"name": "Far west"}})

        with pytest.raises(Conflict) as refused:
            door.call("accounts.update_record", named | {"values": {"name": "Wild west"}})

        assert refused.value.detail["version"] == 2
