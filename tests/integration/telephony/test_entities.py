"""A call to a number of one entity of the group is that entity's, and so is who calls."""

import pytest

from chassis.errors import NotFound
from contracts.accounts import StaffRecorded
from services.telephony.tables import Call, Callback
from tests.support.sales import know_customer
from tests.support.telephony import ADA, ACall, abandoned_call, answered_call, go_on, hear

NORTHS = "8100"


@pytest.fixture
def north(accounts):
    """The token of an administrator of the entity north, who knows a customer by Ada's number."""
    admin = accounts.person("admin", "admin")
    accounts.call("register_entity", admin, entity_id="north", name="North Ltd")
    return accounts.person("n1", "admin", entity="north")


@pytest.fixture
def theirs(accounts, north):
    """A customer of north with the number that Ada of the group has too."""
    entered = {"name": "Nils North", "phone": ADA, "on_match": "warn"}
    return accounts.call("register_customer", north, **entered)["customer_id"]


@pytest.fixture
def numbered(telephony, theirs):
    """Telephony with a number that north has declared."""
    know_customer(telephony, theirs, sequence=5, name="Nils North", entity_id="north",
                  owner_id="n2")  # fmt: skip
    values = {"dnis": NORTHS, "purpose": "North", "queue": "north"}
    declared = telephony.person("n1", "admin", entity="north")
    telephony.call("create_record", declared, kind="dialled_number", values=values)
    return telephony


class TestACallToANumber:
    @pytest.mark.spec("X-19")
    def test_of_an_entity_is_that_entitys_and_its_caller_is_found_there(
        self, numbered, theirs, agent
    ):
        hear(numbered, *answered_call(dnis=NORTHS))
        go_on(numbered)

        norths = numbered.person("n3", "agent", entity="north")
        call = numbered.call("get_record", norths, kind="call", id="k1")
        assert (call["entity_id"], call["customer_id"]) == ("north", theirs)
        with pytest.raises(NotFound):
            numbered.call("get_record", agent, kind="call", id="k1")

    def test_that_nobody_has_declared_is_the_groups(self, numbered, ada, agent):
        hear(numbered, *answered_call(dnis="8001"))
        go_on(numbered)

        call = numbered.call("get_record", agent, kind="call", id="k1")
        assert (call["entity_id"], call["customer_id"]) == ("group", ada)

    def test_in_whatever_order_it_is_heard_it_is_the_same(self, numbered, theirs):
        hear(numbered, *reversed(answered_call(dnis=NORTHS)))
        go_on(numbered)

        (call,) = numbered.rows(Call)
        assert (call.entity_id, call.customer_id) == ("north", theirs)

    def test_of_a_stranger_stays_with_the_entity_and_so_does_his_call_back(self, numbered):
        hear(numbered, *abandoned_call(dnis=NORTHS, ani="+12025550188"))
        go_on(numbered)
        numbered.clock.pass_(minutes=10)
        numbered.fire()

        (call,), (callback,) = numbered.rows(Call), numbered.rows(Callback)
        assert (call.entity_id, call.customer_id) == ("north", None)
        assert (callback.entity_id, callback.queue) == ("north", "sales")

    def test_two_entities_owe_the_same_number_a_call_back_each(self, numbered):
        for id_, dnis in (("k1", NORTHS), ("k2", "8001")):
            hear(numbered, *abandoned_call(id_, dnis=dnis, ani="+12025550188"))
        go_on(numbered)

        owed = [one.entity_id for one in numbered.rows(Callback)]
        assert sorted(owed) == ["group", "north"]


class TestACallFromAnAgent:
    def test_is_of_the_entity_that_he_works_in(self, numbered, theirs):
        numbered.hear("staff", StaffRecorded(
            staff_id="s1", version=1, name="Nora", entity_id="north", roles=("agent",)
        ))  # fmt: skip
        call = ACall(direction="outbound", ani=None, dnis=ADA).offered().rings().answered()

        hear(numbered, *call.cleared().told)
        go_on(numbered)

        (stored,) = numbered.rows(Call)
        assert (stored.entity_id, stored.customer_id) == ("north", theirs)
