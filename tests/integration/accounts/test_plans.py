"""How the databases mean to answer: by an index, in its order, however many customers there are."""

from typing import Any

import pytest

from chassis.tokens import HOUSE
from services.accounts.resources import RESOURCES
from tests.support.accounts import Desk
from tests.support.plans import stocked, watched

CUSTOMERS = 20_000  # of a few PostgreSQL reads all, and rightly
(CUSTOMER,) = [one for one in RESOURCES if one.kind == "customer"]
VALUES = {
    "kind": "person", "segment": "a", "country": "CN", "state": "State 7", "lifecycle": "loyal",
    "tier": "vip", "owner_id": "s7", "team_id": "t7", "territory_id": "y7", "unowned": True,
    "importance": "high", "scale": "large", "stage": "prospect", "tag": "word7",
    "preferred_channel": "mail", "credit_rating": "good",
}  # fmt: skip
# How each database says that it reads a whole table of ours.
WHOLE = tuple(
    f"{words} {table}"
    for words in ("SCAN", "Seq Scan on")
    for table in ("customers", "search_terms", "customer_tags")
)

ENTITY = "(entity_id=?)\n"  # SQLite would walk through all of the entity


@pytest.fixture(scope="module")
def full(open_desk: Desk) -> Desk:
    """Accounts with some thousand customers."""
    open_desk.forget_all()
    stocked(open_desk, CUSTOMERS)
    return open_desk


def plans_of(desk: Desk, method: str, **asked: Any) -> str:
    """Ask as a person does, and return the plans of all that the database was asked."""
    person = desk.runtime.signer.sign("person:admin", [HOUSE], roles=["admin"])
    with watched(desk) as plans:
        desk.ask(method, as_=person, **asked)
    assert plans
    return "".join(f"{plan}\n" for plan in plans)


class TestPainPoint12SlowLists:
    """Lists get slow with many records (pain point 12)."""

    def test_every_filter_is_tried(self) -> None:
        assert VALUES.keys() == CUSTOMER.filters.keys()

    @pytest.mark.parametrize("sort", CUSTOMER.sorts)
    @pytest.mark.parametrize("name", [None, *VALUES])
    def test_a_first_page_reads_an_index_whatever_the_filter_and_the_sort(
        self, full: Desk, sort: str, name: str | None
    ) -> None:
        filters = {name: VALUES[name]} if name else {}

        plan = plans_of(full, "find_records", kind="customer", sort=sort, filters=filters)

        assert not any(words in plan for words in WHOLE), plan
        assert "customers" in plan
        # SQLite sorts what it finds by an index: of a word's customers, but not of all.
        assert name == "tag" or "TEMP B-TREE" not in plan
        assert "count(" not in plan.lower()

    def test_the_next_page_begins_where_the_last_one_ended(self, full: Desk) -> None:
        after = full.ask("find_records", kind="customer", sort="name")["next"]

        plan = plans_of(full, "find_records", kind="customer", sort="name", after=after)

        assert not any(words in plan for words in WHOLE), plan
        assert "by_name" in plan


class TestSearch:
    @pytest.mark.parametrize("text", ["ba", "bacodi", "ba co", "m77@firm", "5000", "北京"])
    def test_reads_a_range_of_an_index(self, full: Desk, text: str) -> None:
        plan = plans_of(full, "search_customers", text=text)

        assert not any(words in plan for words in WHOLE), plan
        assert "ix_search_terms_term" in plan


class TestOneAmongMany:
    """One customer is found as quickly among a million as among a few."""

    @pytest.mark.parametrize(
        "fact",
        [
            {"phone": "+12125000077"}, {"phone": "2125000077"}, {"email": "m77@firm77.com"},
            {"number": "100078"}, {"system": "erp", "external_id": "A1"},
        ],
    )  # fmt: skip
    def test_an_incoming_party_is_identified_without_reading_the_entity(
        self, full: Desk, fact: dict[str, str]
    ) -> None:
        plan = plans_of(full, "identify", **fact)

        assert not any(words in plan for words in WHOLE), plan
        assert ENTITY not in plan, plan

    def test_a_card_is_read_by_its_customer(self, full: Desk) -> None:
        plan = plans_of(full, "customer_card", customer_id="c0000077")

        assert not any(words in plan for words in WHOLE), plan
        assert ENTITY not in plan, plan

    def test_a_new_customer_is_compared_by_its_own_keys(self, full: Desk) -> None:
        given = {"name": "Badico Fugeha", "email": "new@firm77.com", "phone": "+12125000077"}

        plan = plans_of(full, "find_matches", **given)

        assert not any(words in plan for words in WHOLE), plan
        assert ENTITY not in plan, plan
