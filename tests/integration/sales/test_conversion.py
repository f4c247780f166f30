"""A lead becomes a customer, a contact and an opportunity, each once."""

import pytest

from chassis.errors import Conflict, Unavailable
from services.accounts.tables import Contact, Customer, Interaction
from services.sales.tables import Lead, Opportunity
from tests.support.leads import A_DEAL, capture, count, make_due, qualified


@pytest.fixture
def sales(linked):
    """Sales with accounts next door."""
    return linked


class TestConvertLead:
    @pytest.mark.spec("SAL-02")
    def test_makes_a_customer_a_contact_and_an_opportunity(self, sales, accounts, director):
        lead = qualified(
            sales, director, phone="(202) 555-0142", company="Ames Ltd", external_ids={"erp": "E-1"}
        )
        sales.clock.pass_(hours=5)

        done = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)

        (customer,) = accounts.rows(Customer)
        assert (customer.id, customer.name, customer.kind, customer.phone_e164) == (
            done["customer_id"], "Ames Ltd", "organisation", "+12025550142",
        )  # fmt: skip
        assert (customer.external_ids, customer.state, customer.owner_id) == (
            {"erp": "E-1"}, "California", lead["owner_id"],
        )  # fmt: skip
        (contact,) = accounts.rows(Contact)
        assert (contact.id, contact.name, contact.email) == (
            done["contact_id"], "Ada Ames", "ada@example.com",
        )  # fmt: skip
        (touch,) = accounts.rows(Interaction)
        assert (touch.source_key, touch.kind, touch.contact_id) == (lead["id"], "web", contact.id)
        (one,) = sales.rows(Opportunity)
        assert (one.id, one.lead_id, one.customer_id, one.amount_minor, one.stage, one.owner_id) == (
            done["opportunity_id"], lead["id"], customer.id, 120_000, "prospecting", lead["owner_id"],
        )  # fmt: skip
        assert done["seconds_to_convert"] == 5 * 3600
        (told,) = sales.told("sales.lead.converted.v1")
        assert (told["seconds_to_convert"], told["customer_created"]) == (5 * 3600, True)
        (stored,) = sales.rows(Lead)
        assert (stored.status_type.value, stored.is_converting, stored.next_action_due) == (
            "converted", False, None,
        )  # fmt: skip

    def test_answers_the_same_when_asked_again(self, sales, accounts, director):
        lead = qualified(sales, director)
        first = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)

        second = sales.call(
            "convert_lead", director, lead_id=lead["id"], **A_DEAL | {"title": "More"}
        )

        assert first == second
        assert (count(sales, Opportunity), count(accounts, Customer)) == (1, 1)

    def test_pain_point_2_the_same_person_by_every_door_is_one_customer(
        self, sales, accounts, director
    ):
        doors = ("web", "phone", "event", "import")
        leads = [qualified(sales, director, source=door) for door in doors]
        accounts.call(
            "register_customer", accounts.person("admin", "admin"), name="Ada Ames",
            email="ADA@example.com ", on_match="link",
        )  # fmt: skip

        done = [
            sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL) for lead in leads
        ]

        assert len({one["customer_id"] for one in done}) == 1
        assert len({one["contact_id"] for one in done}) == 1
        assert (count(accounts, Customer), count(accounts, Contact)) == (1, 1)
        assert (count(sales, Opportunity), count(accounts, Interaction)) == (4, 4)

    @pytest.mark.parametrize(
        "step", ["register_customer", "register_contact", "record_interaction"]
    )
    def test_makes_no_duplicate_when_an_answer_is_lost(self, sales, accounts, director, step):
        """The worst moment: accounts has done it, and sales dies before it hears so."""
        lead = qualified(sales, director)
        link = sales.runtime.link
        ask = link.call

        def lose(service, method, payload, **options):
            answer = ask(service, method, payload, **options)
            if method == step and link.asked.count(step) == 1:
                raise Unavailable("The answer was lost.")
            return answer

        link.call = lose
        waiting = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        assert waiting["status"] == "running"

        make_due(sales)

        done = sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        assert done["opportunity_id"]
        assert (
            count(accounts, Customer),
            count(accounts, Contact),
            count(accounts, Interaction),
        ) == (1, 1, 1)
        assert (count(sales, Opportunity), len(sales.told("sales.lead.converted.v1"))) == (1, 1)

    def test_releases_the_lead_when_accounts_refuses(self, sales, director):
        lead = qualified(sales, director)
        sales.runtime.link.closed = Conflict("No.", code="accounts.customer.blocked")

        with pytest.raises(Conflict):
            sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)

        (stored,) = sales.rows(Lead)
        assert (stored.status_type.value, stored.is_converting) == ("ongoing", False)
        assert sales.rows(Opportunity) == []
        sales.runtime.link.closed = None
        assert sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)[
            "customer_created"
        ]

    def test_refuses_a_lead_that_is_not_ready(self, sales, director):
        raw = capture(sales, director)
        with pytest.raises(Conflict) as unready:
            sales.call("convert_lead", director, lead_id=raw["lead_id"], **A_DEAL)
        assert unready.value.code == "sales.lead.not_qualified"

        nobodys = qualified(sales, director, state="Atlantis")
        with pytest.raises(Conflict) as unready:
            sales.call("convert_lead", director, lead_id=nobodys["id"], **A_DEAL)
        assert unready.value.code == "sales.lead.not_assigned"
        assert sales.rows(Opportunity) == []

    def test_is_left_alone_while_it_is_being_converted(self, sales, director):
        lead = qualified(sales, director)
        sales.runtime.link.closed = Unavailable("accounts does not answer.")
        sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        now = sales.call("get_record", director, kind="lead", id=lead["id"])

        with pytest.raises(Conflict) as busy:
            sales.call(
                "disqualify_lead",
                director,
                lead_id=lead["id"],
                version=now["version"],
                reason="other",
            )

        assert busy.value.code == "sales.lead.being_converted"
