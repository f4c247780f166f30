"""A merge decides about every table: counted before and after, and undone it is as it was."""

from typing import Any

import pytest

from chassis.errors import Conflict, Invalid
from chassis.tables import Base
from services.accounts.reads import belongings
from tests.support.accounts import Desk, a_customer
from tests.support.custom import a_field
from tests.support.knowing import TABLES, know
from tests.support.merging import answer, merge, named, two, unmerge
from tests.support.standing import buy, say

# What of the two there is once only gives way, and waits in the notes of the merge.
GAVE_WAY = {
    "claims": 1,
    "consents": 1,
    "dealings": 1,
    "flags": 1,
    "shared_customers": 1,
    "survey_answers": 1,
}
STATED = frozenset({"version", "event_seq", "updated_at"})
BESIDE_CUSTOMERS = {
    "allocation_items": "what became of it in a batch that is over",
    "import_images": "what it was before an import",
    "import_refusals": "what became of a row",
    "import_rows": "what became of a row",
    "merge_members": "who took part in a merge",
    "privacy_requests": "who asked, by the id that was asked by; an old id leads to the winner",
    "search_terms": "made anew from what customers and contacts are called",
}


@pytest.fixture
def known(desk: Desk) -> tuple[str, str]:
    """Two customers of whom all is known, and who are something to each other."""
    winner, loser = two(desk, external_ids={"erp": "E-1"})
    know(desk, winner, "ann")
    know(desk, loser, "bobby")
    desk.ask("relate", customer_id=winner, other_id=loser, relation="competitor")
    return winner, loser


def counted(desk: Desk) -> dict[str, int]:
    return {table: desk.count(table) for table in TABLES}


def stored(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """Return all rows of customers and of what belongs to them, but for their versions."""
    found = {}
    with desk.runtime.database.engine.connect() as connection:
        for table in ("customers", "search_terms", "custom_index", *TABLES):
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()
            own = STATED | ({"id"} if table == "customer_tags" else set())
            plain = [{k: v for k, v in row.items() if k not in own} for row in rows]
            found[table] = sorted(plain, key=str)
    return found


class TestPainPoint3Everything:
    """Merge loses relations or data (pain point 3): every table is decided, none forgotten."""

    def test_every_column_that_names_a_customer_is_decided_or_said_why_not(self) -> None:
        named_so = {
            f"{mapper.class_.__tablename__}.customer_id"
            for mapper in Base.registry.mappers
            if mapper.class_.__module__.startswith("services.accounts.")
            and "customer_id" in mapper.columns
            and mapper.class_.__tablename__ not in BESIDE_CUSTOMERS
        }

        assert named_so <= set(belongings.DECIDED)
        assert {name.split(".")[0] for name in belongings.DECIDED} == set(TABLES)

    @pytest.mark.spec("ACC-40")
    def test_what_was_counted_before_is_the_winners_or_gave_way(
        self, desk: Desk, known: tuple[str, str]
    ) -> None:
        winner, loser = known
        before = counted(desk)
        assert all(before.values())

        merge(desk, winner, loser)

        less = GAVE_WAY | {"relationships": 1, "customer_tags": 1, "contacts": -1}
        assert counted(desk) == {name: n - less.get(name, 0) for name, n in before.items()}
        for table in set(TABLES) - {"relationships"}:
            assert desk.count(table, f"WHERE customer_id = '{winner}'") == desk.count(table), table
        assert desk.count("relationships", f"WHERE '{winner}' IN (customer_id, other_id)") == 2
        aside = desk.count("moved", "WHERE image IS NOT NULL")
        assert aside == sum(GAVE_WAY.values()) + 1  # what they were to each other
        assert desk.count("search_terms", f"WHERE customer_id = '{loser}'") == 0
        assert desk.count("timers", f"WHERE key = '{loser}'") == 0

    def test_undone_everything_is_as_it_was(self, desk: Desk, known: tuple[str, str]) -> None:
        winner, loser = known
        before = stored(desk)
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        after = stored(desk)
        for table, rows in before.items():
            assert after[table] == rows, table
        assert desk.count("moved") == 0


class TestUnited:
    def test_is_what_both_were(self, desk: Desk, known: tuple[str, str]) -> None:
        winner, loser = known

        merge(desk, winner, loser)

        record = desk.ask("get_record", kind="customer", id=winner)
        assert record["tags"] == ["both", "word_ann", "word_bobby"]
        assert record["flags"] == ["blacklist"]
        assert record["stage"] == "customer"
        (flag,) = desk.ask("flags", customer_id=winner)["items"]
        assert flag["until"] == "2045-01-01T00:00:00.000000Z"  # as long as the longer of the two
        assert desk.count("dealings", "WHERE open_opportunities = 2") == 1
        for key in ("ann", "bobby"):
            (found,) = desk.ask("identify", system="shop", external_id=key)["customers"]
            assert found["customer_id"] == winner

    def test_the_class_follows_from_what_happened_and_is_no_choice(self, desk: Desk) -> None:
        winner, loser = two(desk)
        buy(desk, loser, on=str(desk.runtime.clock.now().date()))
        asked = {"winner_id": winner, "loser_ids": [loser]}

        seen = desk.ask("preview_merge", **asked)
        for method, given in (
            ("preview_merge", asked),
            ("merge_customers", {"winner": named(desk, winner), "losers": [named(desk, loser)]}),
        ):
            with pytest.raises(Invalid) as refused:
                desk.ask(method, **given, choices={"lifecycle": loser})
            assert refused.value.code == "accounts.merge.unknown_choice"
        merge(desk, winner, loser)

        assert "lifecycle" not in [one["field"] for one in seen["fields"]]
        assert desk.ask("get_record", kind="customer", id=winner)["lifecycle"] == "new"

    def test_the_class_is_decided_from_what_happened_with_both(self, desk: Desk) -> None:
        winner, loser = two(desk)
        today = desk.runtime.clock.now()
        for id_ in (winner, loser):
            buy(desk, id_, id_=f"order of {id_}", on=str(today.date()))
        say(desk, loser, "highly_satisfied", answered_at=today)
        classes = [desk.ask("explain_class", customer_id=id_) for id_ in (winner, loser)]
        assert [one["customer_class"] for one in classes] == ["new", "new"]

        merge(desk, winner, loser)

        assert desk.ask("get_record", kind="customer", id=winner)["lifecycle"] == "loyal"
        assert desk.told("accounts.customer.class_changed.v1")[-1]["orders"] == 2

    def test_a_flag_of_the_loser_stands_and_is_not_raised_again(self, desk: Desk) -> None:
        winner, loser = two(desk)
        desk.ask("raise_flag", customer_id=loser, kind="blacklist", reason="abuse")
        merge(desk, winner, loser)

        with pytest.raises(Conflict) as refused:
            desk.ask("raise_flag", customer_id=winner, kind="blacklist", reason="abuse")

        assert refused.value.code == "accounts.flag.stands"
        assert desk.count("flags") == 1

    def test_a_flag_of_the_loser_is_lifted_as_any(self, desk: Desk) -> None:
        winner, loser = two(desk)
        flag = desk.ask("raise_flag", customer_id=loser, kind="blacklist", reason="abuse")
        merge(desk, winner, loser)
        assert desk.ask("get_record", kind="customer", id=winner)["flags"] == ["blacklist"]

        now = desk.ask("get_record", kind="flag", id=flag["id"])
        desk.ask("lift_flag", flag_id=flag["id"], version=now["version"], reason="settled")

        assert desk.ask("get_record", kind="customer", id=winner)["flags"] == []

    def test_business_that_came_since_stays_when_it_is_undone(
        self, desk: Desk, known: tuple[str, str]
    ) -> None:
        winner, loser = known
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        desk.ask("tag_customer", customer_id=winner, add=["late"], remove=["both"],
                 version=named(desk, winner)["version"])  # fmt: skip

        unmerge(desk, merge_id)

        tags = {id_: desk.ask("get_record", kind="customer", id=id_)["tags"] for id_ in known}
        assert tags == {winner: ["late", "word_ann"], loser: ["both", "word_bobby"]}

    def test_parents_never_become_a_ring(self, desk: Desk) -> None:
        winner, loser = two(desk)
        between = a_customer(desk)["customer_id"]
        desk.ask("relate", customer_id=winner, other_id=between, relation="parent")
        desk.ask("relate", customer_id=between, other_id=loser, relation="parent")
        merge_id = merge(desk, winner, loser)["merge_id"]
        assert desk.count("relationships") == 1
        answer(desk, merge_id)

        unmerge(desk, merge_id)

        assert desk.count("relationships") == 2


class TestCustomFields:
    def test_each_survives_by_itself_and_a_sole_value_stays_taken(self, desk: Desk) -> None:
        a_field(desk, "card", unique=True)
        a_field(desk, "shoe")
        winner = a_customer(desk, name="Ann", custom={"card": "1"})["customer_id"]
        loser = a_customer(desk, name="Bob", custom={"card": "2", "shoe": "43"})["customer_id"]
        before = stored(desk)

        merge_id = merge(desk, winner, loser)["merge_id"]

        record = desk.ask("get_record", kind="customer", id=winner)
        assert record["custom"] == {"card": "1", "shoe": "43"}
        with pytest.raises(Conflict) as refused:
            a_customer(desk, name="Eve", custom={"card": "2"})
        assert refused.value.code == "custom.taken"
        answer(desk, merge_id)
        unmerge(desk, merge_id)
        assert stored(desk) == before

    def test_come_apart_also_after_another_one_was_changed(self, desk: Desk) -> None:
        a_field(desk, "card", unique=True)
        a_field(desk, "shoe")
        winner = a_customer(desk, name="Ann")["customer_id"]
        loser = a_customer(desk, name="Bob", custom={"card": "2"})["customer_id"]
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        desk.ask("update_customer", customer_id=winner, changes={"custom": {"shoe": "43"}},
                 version=named(desk, winner)["version"])  # fmt: skip

        unmerge(desk, merge_id)

        custom = [
            desk.ask("get_record", kind="customer", id=one)["custom"] for one in (winner, loser)
        ]
        assert custom == [{"shoe": "43"}, {"card": "2"}]

    def test_a_sole_value_that_is_somebody_elses_by_now_stays_his(self, desk: Desk) -> None:
        a_field(desk, "card", unique=True)
        winner = a_customer(desk, name="Ann")["customer_id"]
        loser = a_customer(desk, name="Bob", custom={"card": "2"})["customer_id"]
        merge_id = merge(desk, winner, loser)["merge_id"]
        answer(desk, merge_id)
        desk.ask("update_customer", customer_id=winner, changes={"custom": {"card": "3"}},
                 version=named(desk, winner)["version"])  # fmt: skip
        a_customer(desk, name="Eve", custom={"card": "2"})

        unmerge(desk, merge_id)

        custom = [
            desk.ask("get_record", kind="customer", id=one)["custom"] for one in (winner, loser)
        ]
        assert custom == [{"card": "3"}, {}]

    def test_what_contacts_must_have_stops_no_merge(self, desk: Desk) -> None:
        winner, loser = two(desk)
        desk.put(
            "define_field",
            {"kind": "contact", "key": "desk", "label": "Desk", "type": "text", "required": True},
        )

        merge(desk, winner, loser)

        (contact,) = desk.ask("find_records", kind="contact")["items"]
        assert (contact["email"], contact["custom"]) == ("anna@lee.org", {})
