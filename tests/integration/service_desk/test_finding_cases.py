"""Cases in lists, and who sees them."""

import pytest

from chassis.errors import Forbidden, Invalid, NotFound, Unavailable
from contracts.accounts import CustomerOwnerChanged
from services.service_desk.tables import Case
from tests.support.sales import know_customer
from tests.support.service_desk import Front


class TestFinding:
    @pytest.mark.spec("SVC-04")
    def test_by_order_call_customer_words_and_number(self, desk, agent):
        know_customer(desk, "c2")
        first = agent.open(order_id="o1", call_id="k1", subject="Späte Lieferung 100%")
        second = agent.open(order_id="o1", customer_id="c2", type="question")
        third = agent.open(subject="桌子坏了")

        assert agent.find(order_id="o1") == [first["id"], second["id"]]
        assert agent.find(call_id="k1") == [first["id"]]
        assert agent.find(customer_id="c1") == [first["id"], third["id"]]
        assert agent.find(words="lieferung 100%") == [first["id"]]
        assert agent.find(words="坏") == [third["id"]]
        assert agent.find(number=second["number"]) == [second["id"]]
        assert agent.find(open=True, type="question") == [second["id"]]
        related = desk.call("related_cases", agent.token, case_id=first["id"], limit=1)
        rest = desk.call("related_cases", agent.token, case_id=first["id"], after=related["next"])
        assert [one["id"] for one in related["items"] + rest["items"]] == [
            third["id"], second["id"],
        ]  # fmt: skip

    def test_pages_without_gaps(self, desk, agent):
        opened = [agent.open()["id"] for _ in range(5)]

        found, after = [], None
        for _ in range(3):
            page = desk.call("find_records", agent.token, kind="case", limit=2, after=after)
            found += [one["id"] for one in page["items"]]
            after = page["next"]

        assert (found, after) == (opened, None)

    def test_refuses_filters_that_it_does_not_know(self, agent):
        for wrong in (
            {"state": "gone"}, {"open": "yes"}, {"number": 7}, {"words": " "}, {"mood": "bad"},
        ):  # fmt: skip
            with pytest.raises(Invalid):
                agent.find(**wrong)


class TestSight:
    def test_follows_the_customers_owner(self, desk, agent):
        case = agent.open()
        rep, other = desk.person("r1", "rep"), desk.person("r2", "rep")

        assert desk.call("get_record", rep, kind="case", id=case["id"])["id"] == case["id"]
        for method in ("case_file", "related_cases"):
            with pytest.raises(NotFound):
                desk.call(method, other, case_id=case["id"])
        with pytest.raises(Forbidden):
            desk.call("acknowledge_case", rep, case_id=case["id"], version=1)

    def test_a_case_for_somebody_elses_customer_is_refused(self, desk):
        staff = desk.person("x1", "relationship_staff", team="t9")

        with pytest.raises(Forbidden) as foreign:
            desk.call("open_case", staff, type="question", channel="mail", subject="?",
                      customer_id="c1")  # fmt: skip

        assert foreign.value.code == "service_desk.customer.not_yours"
        assert desk.rows(Case) == []

    def test_a_change_of_owner_moves_all_cases_once_the_copy_knows(self, desk, agent):
        case = agent.open()
        change = CustomerOwnerChanged(
            customer_id="c1", version=2, previous_owner_id="r1", owner_id="r2", team_id="t2",
            territory_id="north", reason="manual",
        )  # fmt: skip

        with pytest.raises(Unavailable):
            desk.hear("owner_changes", change, 2)
        know_customer(desk, sequence=2, owner_id="r2", team_id="t2", territory_id="north")
        desk.hear("owner_changes", change, 2)

        found = Front(desk).get(case["id"])
        assert (found["owner_id"], found["team_id"], found["territory_id"]) == ("r2", "t2", "north")
