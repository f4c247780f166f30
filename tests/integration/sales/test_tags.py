"""Words on leads: found by them, told, and on the customer once there is one."""

import pytest

from chassis.errors import Conflict, Invalid, StaleVersion
from services.accounts.domain.keys import MAX_TAGS
from services.accounts.tables import Customer
from services.marketing.service import Marketing
from services.sales.tables import Lead
from tests.support.leads import A_DEAL, capture, qualified
from tests.support.marketing import a_segment, marketer
from tests.support.sales import a_room

TAGGED = "sales.lead.tagged.v1"


@pytest.fixture
def sales(linked):
    """Sales with accounts next door."""
    return linked


def tag(sales, token, lead, *add, remove=()):
    """Put words on a lead, or take some off, as it stands now."""
    id_ = lead.get("lead_id") or lead["id"]
    version = sales.call("get_record", token, kind="lead", id=id_)["version"]
    return sales.call(
        "tag_lead", token, lead_id=id_, version=version, add=list(add), remove=list(remove)
    )


def found(sales, token, word):
    asked = {"kind": "lead", "filters": {"tag": word}}
    return [one["id"] for one in sales.ask("find_records", token, asked)["items"]]


class TestTagLead:
    def test_puts_words_on_it_and_takes_them_off(self, sales, director):
        lead = capture(sales, director)

        with_them = tag(sales, director, lead, "hot", "golf")
        without = tag(sales, director, lead, "wine", remove=["golf"])

        assert (with_them["tags"], without["tags"]) == (["golf", "hot"], ["hot", "wine"])
        assert [one["tags"] for one in sales.told(TAGGED)] == [["golf", "hot"], ["hot", "wine"]]
        changes = sales.call("change_history", director, kind="lead", id=lead["lead_id"])["items"]
        said = [one["changes"]["tags"] for one in changes if "tags" in one["changes"]]
        assert [["golf", "hot"], ["hot", "wine"]] in said

    def test_what_is_so_already_tells_nothing(self, sales, director):
        lead = capture(sales, director)
        before = tag(sales, director, lead, "hot")

        after = tag(sales, director, lead, "hot", remove=["golf"])

        assert after["version"] == before["version"]
        assert len(sales.told(TAGGED)) == 1

    def test_leads_are_found_by_a_whole_word(self, sales, director):
        hot = capture(sales, director)
        tag(sales, director, hot, "hot", "long_run")
        tag(sales, director, capture(sales, director, name="Bo Bird"), "hot_tub", "longerun")
        capture(sales, director, name="Cy Cole")

        assert found(sales, director, "hot") == [hot["lead_id"]]
        assert found(sales, director, "long_run") == [hot["lead_id"]]
        assert found(sales, director, "golf") == []

    @pytest.mark.parametrize("wrong", ["", 7, None, ["hot"]])
    def test_refuses_to_look_for_what_is_no_word(self, sales, director, wrong):
        with pytest.raises(Invalid) as refused:
            found(sales, director, wrong)

        assert refused.value.code == "record.filter_value"

    def test_refuses_what_somebody_else_has_changed_since(self, sales, director):
        lead = capture(sales, director)
        tag(sales, director, lead, "hot")

        with pytest.raises(StaleVersion):
            sales.call("tag_lead", director, lead_id=lead["lead_id"], version=1, add=["cold"])

        assert [row.tags for row in sales.rows(Lead)] == [["hot"]]

    @pytest.mark.parametrize("wrong", ["Ada Ames", "HOT", "x" * 41, ""])
    def test_refuses_words_in_which_a_name_could_stand(self, sales, director, wrong):
        lead = capture(sales, director)

        with pytest.raises(Invalid):
            tag(sales, director, lead, wrong)

        assert sales.told(TAGGED) == []

    def test_refuses_more_than_anybody_reads(self, sales, director):
        lead = capture(sales, director)
        tag(sales, director, lead, *(f"tag_{number}" for number in range(50)))

        with pytest.raises(Conflict) as refused:
            tag(sales, director, lead, "one_more")

        assert refused.value.code == "sales.lead.too_many_tags"

    def test_refuses_a_lead_that_is_closed(self, sales, director):
        lead = capture(sales, director)
        named = {"lead_id": lead["lead_id"], "version": lead["version"]}
        sales.call("disqualify_lead", director, **named, reason="no_budget")

        with pytest.raises(Conflict) as refused:
            tag(sales, director, lead, "hot")

        assert refused.value.code == "sales.lead.closed"


def convert(sales, accounts, token, *words):
    """Convert a lead with these words on it, and let accounts hear of it."""
    lead = qualified(sales, token)
    tag(sales, token, lead, *words)
    done = sales.call("convert_lead", token, lead_id=lead["id"], **A_DEAL)
    sales.carry_to(accounts)
    return done["customer_id"]


class TestConversion:
    def test_puts_the_words_on_the_customer(self, sales, accounts, director):
        id_ = convert(sales, accounts, director, "golf", "hot")

        (customer,) = accounts.rows(Customer)
        assert (customer.id, customer.tags) == (id_, ["golf", "hot"])
        assert [one["customer_id"] for one in sales.told(TAGGED)] == [None, id_]
        admin = accounts.person("admin", "admin")
        asked = {"kind": "customer", "filters": {"tag": "golf"}}
        assert [one["id"] for one in accounts.ask("find_records", admin, asked)["items"]] == [id_]
        assert accounts.told("accounts.customer.recorded.v1")[-1]["tags"] == ["golf", "hot"]

    def test_keeps_the_words_that_the_customer_had(self, sales, accounts, director):
        admin = accounts.person("admin", "admin")
        entered = {"name": "Ada Ames", "email": "ada@example.com"}
        id_ = accounts.call("register_customer", admin, **entered)["customer_id"]
        mine = [f"tag_{number:02}" for number in range(MAX_TAGS - 1)]
        accounts.call("tag_customer", admin, customer_id=id_, version=1, add=mine)

        convert(sales, accounts, director, "golf", "hot")

        (customer,) = accounts.rows(Customer)
        assert customer.tags == ["golf", *mine]

    def test_no_word_stands_in_the_log(self, sales, accounts, director):
        convert(sales, accounts, director, "zwirbel")

        told = {row.exchange for row in sales.outbox() if "zwirbel" in row.body}
        assert told == {"sales.private"}

    def test_of_a_lead_without_words_changes_none(self, sales, accounts, director):
        lead = qualified(sales, director)
        sales.call("convert_lead", director, lead_id=lead["id"], **A_DEAL)
        before = accounts.rows(Customer)[0].tags
        sales.carry_to(accounts)

        assert (before, accounts.rows(Customer)[0].tags) == (None, None)

    @pytest.mark.spec("ACC-32")
    def test_brings_the_lead_into_a_segment_that_asks_for_its_word(
        self, sales, accounts, director, tmp_path
    ):
        with a_room(Marketing, f"sqlite:///{tmp_path / 'marketing.db'}", tmp_path) as marketing:
            segment = a_segment(marketing, "golfers", [{"fact": "tag", "has": "golf"}])

            id_ = convert(sales, accounts, director, "golf")
            accounts.carry_to(marketing)

            asked = {"segment_id": segment["id"]}
            (member,) = marketing.call("segment_members", marketer(marketing), **asked)["items"]
            assert (member["customer_id"], member["reasons"]) == (id_, ["tag=golf"])
